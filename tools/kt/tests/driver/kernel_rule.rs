//! The rule by which a kernel's makefile gets the object: what reaches this
//! project out of a kernel build, what comes back, and what a failure leaves.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{folder, kt_alone, result};

/// Stands for this project: notes what reaches it and names an object.
const PROJECT: &str = "\
object:
\t@env >seen
\t@echo '$(SYSDIR) $(KERNBUILDDIR) $(ARCH) $(TOOLCHAIN) $(PROFILE).' >arguments
\t@echo progress >&2
\t@echo 'a line of no meaning'
\t@echo \"$$(pwd)/out/kern_thread.o\"
";

/// What a kernel build has in its environment and nobody else wants.
const KERNEL_BUILD: &[(&str, &str)] = &[
    ("MAKEFLAGS", "-m /usr/src/share/mk -j 8 -J 15,16"),
    ("MAKEOBJDIRPREFIX", "/usr/obj"),
    ("MAKESYSPATH", "/usr/src/share/mk"),
    ("MACHINE_ARCH", "arm64"),
    ("CC", "/nonexistent/cc -target none"),
    ("CFLAGS", "-mretpoline"),
    ("LD", "/nonexistent/ld"),
    ("PROFILE", "15"),
    ("OPTIONS", "NONSENSE"),
    ("TOOLCHAIN", "nonsense"),
];

/// A folder with a stand-in project, a `sys` folder and a kernel's folder.
struct Kernel(PathBuf);

impl Kernel {
    fn new(name: &str, makefile: &str) -> Self {
        let dir = folder(name).canonicalize().expect("there");
        let kit = dir.join("project/fbsd-harness/kernel");
        for folder in ["project/out", "sys", "build"] {
            fs::create_dir_all(dir.join(folder)).expect("folder");
        }
        fs::create_dir_all(&kit).expect("folder");
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fbsd-harness/kernel");
        fs::copy(own.join("object.sh"), kit.join("object.sh")).expect("copied");
        for (file, text) in [
            ("project/Makefile", makefile),
            ("project/out/kern_thread.o", "an object"),
            ("project/out/kern_thread.d", "kern_thread.o: \\\n\t/a/b.h\n"),
        ] {
            fs::write(dir.join(file), text).expect("written");
        }
        Self(dir)
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
    }

    /// Runs object.sh as the kernel's makefile does.
    fn run(&self, variables: &[(&str, &str)]) -> Output {
        let script = self.0.join("project/fbsd-harness/kernel/object.sh");
        Command::new("sh")
            .arg(script)
            .args(["../sys", "amd64", "kern_thread.o"])
            .current_dir(self.0.join("build"))
            .envs(KERNEL_BUILD.iter().copied())
            .envs(variables.iter().copied())
            .output()
            .expect("sh starts")
    }

    /// The files in the kernel's folder.
    fn built(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.join("build")).expect("readable");
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<_> = entries
            .map(|entry| name(entry.expect("an entry")))
            .collect();
        names.sort();
        names
    }
}

#[test]
fn nothing_of_a_kernel_build_gets_through_but_what_is_meant_to() {
    let kernel = Kernel::new("rule-environment", PROJECT);
    let cflags = "-O2 -DNAME=\"it's\" -mretpoline";
    let path = std::env::var("PATH").expect("a path") + ":/somewhere/else";
    let output = kernel.run(&[
        ("KERNEL_CFLAGS", cflags),
        ("KERN_THREAD_RS_PATH", &path),
        ("KERN_THREAD_RS_ARGS", "TOOLCHAIN=none FEATURES="),
        ("CARGO_HOME", "/home/me/my cargo"),
        ("https_proxy", "http://proxy:3128"),
    ]);
    assert!(output.status.success(), "{output:?}");
    let seen = kernel.read("project/seen");
    let value = |name: &str| {
        seen.lines()
            .find_map(|line| line.strip_prefix(&format!("{name}=")))
    };
    assert_eq!(value("KERNEL_CFLAGS"), Some(cflags));
    assert_eq!(value("PATH"), Some(&*path));
    assert_eq!(value("CARGO_HOME"), Some("/home/me/my cargo"));
    assert_eq!(value("https_proxy"), Some("http://proxy:3128"));
    for (name, polluted) in KERNEL_BUILD {
        assert_ne!(value(name), Some(*polluted), "{name}");
    }
    let dir = kernel.0.display();
    let arguments = format!("{dir}/sys {dir}/build amd64 none .\n");
    assert_eq!(kernel.read("project/arguments"), arguments);
}

#[test]
fn the_object_comes_with_its_dependencies() {
    let kernel = Kernel::new("rule-copy", PROJECT);
    let output = kernel.run(&[(
        "KERN_THREAD_RS_PATH",
        &std::env::var("PATH").expect("a path"),
    )]);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("progress"));
    assert_eq!(kernel.built(), [".depend.kern_thread.o", "kern_thread.o"]);
    assert_eq!(kernel.read("build/kern_thread.o"), "an object");
    let depend = kernel.read("build/.depend.kern_thread.o");
    assert_eq!(depend, "kern_thread.o: \\\n\t/a/b.h\n");
}

#[test]
fn a_failure_is_one_and_leaves_nothing() {
    let path = std::env::var("PATH").expect("a path");
    for (name, makefile) in [
        ("rule-fails", "object:\n\t@echo /etc/passwd\n\t@exit 3\n"),
        ("rule-silent", "object:\n\t@true\n"),
        ("rule-talks", "object:\n\t@echo no path\n"),
        ("rule-absent", "other:\n"),
    ] {
        let kernel = Kernel::new(name, makefile);
        let output = kernel.run(&[("KERN_THREAD_RS_PATH", &path)]);
        assert!(!output.status.success(), "{name}");
        assert!(!output.stderr.is_empty(), "{name}");
        assert_eq!(kernel.built(), [""; 0], "{name}");
    }
    let kernel = Kernel::new("rule-alone", PROJECT);
    fs::remove_file(kernel.0.join("project/Makefile")).expect("removed");
    let output = kernel.run(&[]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("give KERN_THREAD_RS_DIR="), "{said}");
}

/// The strings of the entry in `conf/files`, as config(8) writes them into a
/// kernel's Makefile.
fn rule(files: &str) -> String {
    let entry = files.split_once("\nkern_thread.o\t").expect("the entry").1;
    let quoted = |word: &str| {
        let rest = entry.split_once(word).expect(word).1;
        rest.split('"').nth(1).expect("a quoted word").to_string()
    };
    format!(
        "kern_thread.o: {}\n\t{}\n",
        quoted("dependency"),
        quoted("compile-with")
    )
}

#[test]
fn a_kernel_s_makefile_runs_it() {
    let make = if cfg!(target_os = "freebsd") {
        "make"
    } else {
        "bmake"
    };
    if Command::new(make)
        .args(["-V", "MAKE_VERSION"])
        .output()
        .is_err()
    {
        println!("skipped: bmake is not installed");
        return;
    }
    let kernel = Kernel::new("rule-make", PROJECT);
    for (file, text) in [
        ("sys/conf/files", "kern/kern_thread.c\tstandard\n"),
        ("sys/conf/options", "KSTACK_PAGES\n"),
        ("sys/kern/kern_thread.c", ""),
        ("sys/sys/param.h", "#define __FreeBSD_version 1400063\n"),
        ("build/opt_global.h", ""),
    ] {
        let path = kernel.0.join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
        fs::write(path, text).expect("written");
    }
    let sysdir = kernel.0.join("sys").display().to_string();
    result(&kt_alone(&["kernel-add"], &[("SYSDIR", &sysdir)]));
    let cflags = "-O2 -DNAME=\"it's $$HOME\" -I.";
    let makefile = format!(
        "S=../sys\nMACHINE_ARCH=amd64\nCFLAGS={cflags}\nkernel: kern_thread.o\n\
         {}.dinclude \".depend.kern_thread.o\"\n",
        rule(&kernel.read("sys/conf/files"))
    );
    fs::write(kernel.0.join("build/Makefile"), makefile).expect("written");
    let run = || {
        let output = Command::new(make)
            .args(["-r", "-j2", "kernel"])
            .arg(format!(
                "KERN_THREAD_RS_DIR={}",
                kernel.0.join("project").display()
            ))
            .arg(format!(
                "KERN_THREAD_RS_PATH={}",
                std::env::var("PATH").expect("a path")
            ))
            .current_dir(kernel.0.join("build"))
            .env("HOME", "/home/me")
            .output()
            .expect("make starts");
        assert!(output.status.success(), "{output:?}");
    };
    run();
    assert_eq!(kernel.read("build/kern_thread.o"), "an object");
    let seen = kernel.read("project/seen");
    assert!(
        seen.contains("\nKERNEL_CFLAGS=-O2 -DNAME=\"it's $HOME\" -I.\n"),
        "{seen}"
    );
    // The dependencies that came with it are read; none of them has changed.
    fs::remove_file(kernel.0.join("project/seen")).expect("removed");
    fs::write(
        kernel.0.join("build/.depend.kern_thread.o"),
        "kern_thread.o: opt_global.h\n",
    )
    .expect("written");
    run();
    assert!(!kernel.0.join("project/seen").exists(), "made again");
}
