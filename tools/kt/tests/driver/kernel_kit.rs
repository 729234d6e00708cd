//! The kernel kit on small trees: adding, removing, and every refusal, after
//! which the tree is what it was, byte for byte and to the file's time.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::support::{folder, kt_alone, refusal, result};

/// Blanks as wild as a tree may have them.
const FILES: &str = "# The files of a kernel.\n\
kern/kern_thr.c\t\t\tstandard\n\
kern/kern_thread.c \t\tstandard\n\
kern/kern_time.c\t\tstandard \\\n\
\tcompile-with \"${NORMAL_C}\"\n";
const OPTIONS: &str = "KDTRACE_HOOKS\topt_global.h\nKSTACK_MAX_PAGES\nKSTACK_PAGES\nKTRACE\n";

/// A `sys` folder with as much as the kit looks at, and a bystander.
fn tree(name: &str) -> PathBuf {
    let tree = folder(name);
    for (file, text) in [
        ("conf/files", FILES),
        ("conf/options", OPTIONS),
        ("conf/kern.mk", "# not the kit's\n"),
        ("kern/kern_thread.c", "int threads;\n"),
        (
            "sys/param.h",
            "#define __FreeBSD_version 1400097 /* Master */\n",
        ),
    ] {
        write(&tree, file, text);
    }
    tree
}

fn write(tree: &Path, file: &str, text: &str) {
    let path = tree.join(file);
    fs::create_dir_all(path.parent().expect("below the tree")).expect("folder");
    fs::write(path, text).expect("written");
}

/// Replaces a piece of a file that has to be there.
fn edit(tree: &Path, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(tree.join(file)).expect("readable");
    assert!(text.contains(from), "{file} has no {from}");
    write(tree, file, &text.replacen(from, to, 1));
}

/// Every file with its contents, mode and time.
type Everything = BTreeMap<PathBuf, (Vec<u8>, u32, SystemTime)>;

fn everything(dir: &Path) -> Everything {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(everything(&path));
        } else {
            let metadata = fs::metadata(&path).expect("there");
            let held = (
                fs::read(&path).expect("readable"),
                metadata.permissions().mode(),
                metadata.modified().expect("a time"),
            );
            found.insert(path, held);
        }
    }
    found
}

/// What the files hold, whenever it was written.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = everything(dir).into_iter();
    files.map(|(path, held)| (path, held.0)).collect()
}

fn run(subcommand: &str, tree: &Path) -> std::process::Output {
    kt_alone(&[subcommand], &[("SYSDIR", &tree.display().to_string())])
}

/// Runs what must be refused for a reason and must change nothing.
fn refused(subcommand: &str, tree: &Path, expected: &str) {
    let before = everything(tree);
    let line = refusal(&run(subcommand, tree));
    assert!(line.contains(expected), "{subcommand}: {line}");
    assert!(everything(tree) == before, "{subcommand} changed the tree");
}

#[test]
fn added_twice_is_added_once_and_removing_gives_every_byte_back() {
    let tree = tree("kit-round");
    let before = everything(&tree);
    assert!(result(&run("kernel-status", &tree)).starts_with("not added: "));
    assert!(result(&run("kernel-add", &tree)).starts_with("added: "));
    let added = everything(&tree);
    let line = result(&run("kernel-add", &tree));
    assert!(line.starts_with("already added: "), "{line}");
    assert!(line.ends_with("nothing was changed"), "{line}");
    assert!(
        everything(&tree) == added,
        "the second time changed something"
    );
    assert!(result(&run("kernel-status", &tree)).starts_with("added: "));

    let changed =
        |(path, held): (&PathBuf, _)| (before.get(path) != Some(held)).then_some(path.clone());
    let changed: Vec<_> = added.iter().filter_map(changed).collect();
    assert_eq!(
        changed,
        [tree.join("conf/files"), tree.join("conf/options")]
    );

    assert!(result(&run("kernel-remove", &tree)).starts_with("removed: "));
    let removed = everything(&tree);
    for (path, held) in &before {
        assert_eq!(held.0, removed[path].0, "{}", path.display());
        assert_eq!(held.1, removed[path].1, "{}", path.display());
        if !changed.contains(path) {
            assert_eq!(held.2, removed[path].2, "{}", path.display());
        }
    }
    assert_eq!(before.len(), removed.len());
}

#[test]
fn what_is_added_is_the_option_and_either_file() {
    let tree = tree("kit-text");
    result(&run("kernel-add", &tree));
    let options = fs::read_to_string(tree.join("conf/options")).expect("readable");
    assert!(options.contains("\nKERN_THREAD_RS\topt_dontuse.h\n"));
    let files = fs::read_to_string(tree.join("conf/files")).expect("readable");
    assert!(files.contains("\nkern/kern_thread.c \t\toptional !kern_thread_rs\n"));
    assert!(!files.contains("kern_thread.c \t\tstandard"));
    let rule = files
        .split_once("\nkern_thread.o\t\t\toptional kern_thread_rs")
        .expect("the object's entry")
        .1;
    // In the place of the C file, which is its place in the link.
    let (rule, _) = rule
        .split_once("\nkern/kern_time.c")
        .expect("the next file");
    assert!(rule.contains("/fbsd-harness/kernel/object.sh $S ${MACHINE_ARCH} ${.TARGET}\""));
    assert!(rule.contains("no-implicit-rule"));
    assert!(rule.contains("no-ctfconvert"));
    // Every path to this project can be overridden.
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let project = project.canonicalize().expect("there").display().to_string();
    let overridden = format!("${{KERN_THREAD_RS_DIR:U{project}}}");
    assert_eq!(
        rule.matches(&*project).count(),
        rule.matches(&overridden).count()
    );
}

#[test]
fn a_folder_that_is_no_sys_folder() {
    let empty = folder("kit-empty");
    for subcommand in ["kernel-add", "kernel-remove", "kernel-status"] {
        refused(subcommand, &empty, "has no conf/files");
        let line = refusal(&run(subcommand, &empty.join("missing")));
        assert!(line.contains("has no conf/files"), "{line}");
        let line = refusal(&kt_alone(&[subcommand], &[]));
        assert!(line.contains("give SYSDIR="), "{line}");
    }
    let parent = folder("kit-parent");
    write(&parent, "sys/conf/files", FILES);
    refused("kernel-add", &parent, "kit-parent/sys");
    let tree = tree("kit-headless");
    fs::remove_file(tree.join("sys/param.h")).expect("removed");
    refused("kernel-add", &tree, "has no sys/param.h");
}

#[test]
fn a_tree_that_the_kit_does_not_know() {
    for (name, file, from, to, expected) in [
        (
            "kit-13",
            "sys/param.h",
            "1400097",
            "1303001",
            "follows 1400063",
        ),
        ("kit-16", "sys/param.h", "1400097", "1600000", "to 15.x"),
        (
            "kit-none",
            "sys/param.h",
            "FreeBSD",
            "Other",
            "does not say __FreeBSD_version",
        ),
        (
            "kit-gone",
            "conf/files",
            "kern/kern_thread.c",
            "kern/kern_lwp.c",
            "exactly once",
        ),
        (
            "kit-twice",
            "conf/files",
            "kern/kern_thr.c",
            "kern/kern_thread.c",
            "exactly once",
        ),
        (
            "kit-opt",
            "conf/files",
            "thread.c \t\tstandard",
            "thread.c optional x",
            "exactly once",
        ),
        (
            "kit-pages",
            "conf/options",
            "\nKSTACK_PAGES",
            "\nPAGES",
            "`KSTACK_PAGES` exactly once",
        ),
    ] {
        let tree = tree(name);
        edit(&tree, file, from, to);
        refused("kernel-add", &tree, expected);
        refused("kernel-remove", &tree, expected);
    }
}

#[test]
fn what_another_kit_added_or_somebody_edited() {
    for (name, file, from, to) in [
        (
            "kit-edited",
            "conf/files",
            "opt_global.h\"",
            "opt_other.h\"",
        ),
        (
            "kit-unmarked",
            "conf/options",
            "# End kern_thread in Rust\n",
            "",
        ),
        (
            "kit-by-hand",
            "conf/options",
            "KTRACE",
            "KERN_THREAD_RS\nKTRACE",
        ),
        (
            "kit-moved",
            "conf/options",
            "KSTACK_PAGES\n",
            "KTHREADS\nKSTACK_PAGES\n",
        ),
    ] {
        let tree = tree(name);
        result(&run("kernel-add", &tree));
        edit(&tree, file, from, to);
        for subcommand in ["kernel-add", "kernel-remove", "kernel-status"] {
            refused(subcommand, &tree, "are not this kit's");
        }
    }
    let tree = tree("kit-half");
    result(&run("kernel-add", &tree));
    write(&tree, "conf/options", OPTIONS);
    refused("kernel-add", &tree, "disagree about KERN_THREAD_RS");
    refused("kernel-remove", &tree, "disagree about KERN_THREAD_RS");
}

#[test]
fn what_another_project_added_is_removed_but_not_replaced() {
    let tree = tree("kit-other");
    let before = contents(&tree);
    result(&run("kernel-add", &tree));
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let project = project.canonicalize().expect("there").display().to_string();
    for file in ["conf/files", "conf/options"] {
        let text = fs::read_to_string(tree.join(file)).expect("readable");
        write(&tree, file, &text.replace(&project, "/home/other/project"));
    }
    refused("kernel-add", &tree, "from /home/other/project already");
    result(&run("kernel-remove", &tree));
    assert_eq!(contents(&tree), before);
}

#[test]
fn removing_what_was_not_added() {
    refused(
        "kernel-remove",
        &tree("kit-absent"),
        "there is nothing to remove",
    );
}

#[test]
fn a_tree_that_is_read_only() {
    let tree = tree("kit-readonly");
    // Root may write to these all the same; the kit must not.
    for (path, mode) in [
        ("conf/files", 0o444),
        ("conf/options", 0o444),
        ("conf", 0o555),
    ] {
        let path = tree.join(path);
        let was = fs::metadata(&path).expect("there").permissions();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("mode");
        refused("kernel-add", &tree, "is read-only");
        fs::set_permissions(&path, was).expect("mode");
    }
    result(&run("kernel-add", &tree));
    let files = tree.join("conf/files");
    fs::set_permissions(&files, fs::Permissions::from_mode(0o444)).expect("mode");
    refused("kernel-remove", &tree, "conf/files is read-only");
    // Nothing to write, nothing to refuse.
    assert!(result(&run("kernel-add", &tree)).starts_with("already added: "));
}

#[test]
fn a_kernel_that_was_configured_without_the_option() {
    let dir = folder("kit-kernel");
    let status = || {
        kt_alone(
            &["kernel-status"],
            &[("KERNBUILDDIR", &dir.display().to_string())],
        )
    };
    assert!(refusal(&status()).contains("holds no opt_global.h"));
    write(&dir, "opt_global.h", "#define SMP 1\n");
    write(&dir, "opt_dontuse.h", "#define FFS 1\n");
    assert!(refusal(&status()).contains("add `options KERN_THREAD_RS`"));
    write(&dir, "opt_dontuse.h", "#define KERN_THREAD_RS 1\n");
    write(&dir, "Makefile", "kern_thread.o: $S/kern/kern_thread.c\n");
    assert!(refusal(&status()).contains("still compiles kern/kern_thread.c"));
    write(
        &dir,
        "Makefile",
        "kern_thread.o: /p/fbsd-harness/kernel/object.sh\n",
    );
    assert!(result(&status()).starts_with("configured: "));
}
