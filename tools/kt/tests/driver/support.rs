//! Runs the driver as make does, and builds header trees for it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// Runs `kt` with nothing but these variables set.
///
/// Tests run side by side and the set-up is one for all: the first call makes it.
pub fn kt(subcommand: &[&str], variables: &[(&str, &str)]) -> Output {
    set_up();
    run(subcommand, variables)
}

/// The same for what needs no set-up.
pub fn kt_alone(subcommand: &[&str], variables: &[(&str, &str)]) -> Output {
    run(subcommand, variables)
}

/// The object of the default configuration, built once.
pub fn default_object() -> &'static str {
    static OBJECT: OnceLock<String> = OnceLock::new();
    OBJECT.get_or_init(|| result(&kt(&["object"], &[])))
}

fn set_up() {
    static SET_UP: OnceLock<()> = OnceLock::new();
    SET_UP.get_or_init(|| drop(result(&run(&["setup"], &[]))));
}

fn run(subcommand: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kt"));
    command
        .args(subcommand)
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    without_variables(&mut command)
        .envs(variables.iter().copied())
        .output()
        .expect("kt starts")
}

/// Takes the variables of the make that runs these tests from a command.
pub fn without_variables(command: &mut Command) -> &mut Command {
    for name in [
        "PROFILE",
        "ARCH",
        "OPTIONS",
        "SYSDIR",
        "KERNBUILDDIR",
        "KERN_THREAD_C",
        "TOOLCHAIN",
        "FEATURES",
        "IMPL",
        "ONLY",
        "KERNEL_CFLAGS",
        "DESTDIR",
        "PREFIX",
        "MAKEFLAGS",
    ] {
        command.env_remove(name);
    }
    command
}

/// The result on stdout of a run that succeeds.
pub fn result(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().last().unwrap_or_default().to_string()
}

/// The one line of a run that fails; lines about stages that went well before do not count.
pub fn refusal(output: &Output) -> String {
    assert!(
        !output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert!(
        output.stdout.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<&str> = text.lines().filter(|line| !line.ends_with(" s)")).collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert!(lines[0].starts_with("error: "), "{text}");
    lines[0].to_string()
}

/// An empty folder that stays the same from run to run.
pub fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("folder");
    path
}

/// A tree shaped like FreeBSD's `sys`, made of the packaged 14.x headers.
pub fn source_tree(name: &str) -> PathBuf {
    let tree = folder(name);
    let include = packaged_headers();
    for entry in fs::read_dir(include.join("generic-freebsd")).expect("headers") {
        let entry = entry.expect("headers");
        symlink(entry.path(), tree.join(entry.file_name())).expect("link");
    }
    fs::create_dir(tree.join("amd64")).expect("folder");
    let machine = include.join("x86_64-freebsd-none/machine");
    symlink(machine, tree.join("amd64/include")).expect("link");
    fs::remove_file(tree.join("x86")).expect("removed");
    fs::create_dir(tree.join("x86")).expect("folder");
    let x86 = include.join("generic-freebsd/x86");
    symlink(x86, tree.join("x86/include")).expect("link");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
    let ck = tree.join("contrib/ck/include");
    fs::create_dir_all(&ck).expect("folder");
    for header in ["ck_epoch.h", "ck_queue.h"] {
        fs::copy(own.join(header), ck.join(header)).expect("copy");
    }
    tree
}

/// Edits one header of the tree's `sys` folder.
pub fn edit(tree: &Path, header: &str, from: &str, to: &str) {
    edit_in(tree, "sys", header, |text| {
        assert!(text.contains(from), "{header} has no {from}");
        text.replacen(from, to, 1)
    });
}

/// Edits one header of a folder of the tree, which then has its own.
pub fn edit_in(tree: &Path, folder: &str, header: &str, change: impl FnOnce(String) -> String) {
    let folder = tree.join(folder);
    if let Ok(original) = fs::read_link(&folder) {
        fs::remove_file(&folder).expect("removed");
        fs::create_dir(&folder).expect("folder");
        for entry in fs::read_dir(&original).expect("headers") {
            let entry = entry.expect("headers");
            symlink(entry.path(), folder.join(entry.file_name())).expect("link");
        }
    }
    let path = folder.join(header);
    let text = fs::read_to_string(&path).expect("the header");
    fs::remove_file(&path).expect("removed");
    fs::write(&path, change(text)).expect("written");
}

fn packaged_headers() -> PathBuf {
    set_up();
    let lib = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/lib");
    for entry in fs::read_dir(lib).expect("set up").filter_map(Result::ok) {
        let include = entry.path().join("site-packages/ziglang/lib/libc/include");
        if include.is_dir() {
            return include.canonicalize().expect("a folder");
        }
    }
    panic!("the packaged headers are not installed");
}
