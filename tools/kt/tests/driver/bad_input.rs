//! Bad input: one line that says what is wrong and how to mend it, a non-zero
//! exit, nothing half-written.

use std::fs;

use crate::support::{edit, folder, kt, refusal, result, source_tree};

#[test]
fn unknown_and_contradictory_options() {
    for (options, expected) in [
        ("NONSENSE", "unknown word NONSENSE"),
        ("SMP -SMP", "contradict"),
        ("INVARIANTS", "needs INVARIANT_SUPPORT"),
        ("MAXMEMDOM", "needs a value"),
    ] {
        let line = refusal(&kt(&["object"], &[("OPTIONS", options)]));
        assert!(line.contains(expected), "{line}");
    }
}

#[test]
fn machines_and_what_they_do_not_have() {
    for (subcommand, variables, expected) in [
        ("object", vec![("ARCH", "vax")], "use amd64, i386, aarch64"),
        (
            "audit",
            vec![("ARCH", "aarch64"), ("TOOLCHAIN", "host")],
            "no core for aarch64 kernels",
        ),
        (
            "scenarios",
            vec![("ARCH", "i386")],
            "a program for amd64 alone",
        ),
    ] {
        let line = refusal(&kt(&[subcommand], &variables));
        assert!(line.contains(expected), "{line}");
    }
}

#[test]
fn a_sysdir_that_is_none() {
    let empty = folder("empty-sysdir");
    let line = refusal(&kt(
        &["object"],
        &[("SYSDIR", &empty.display().to_string())],
    ));
    assert!(line.contains("has no sys/proc.h"), "{line}");
}

#[test]
fn a_c_file_that_is_missing() {
    let line = refusal(&kt(
        &["cobject"],
        &[("KERN_THREAD_C", "/nonexistent/kern_thread.c")],
    ));
    assert!(line.contains("is not a file"), "{line}");
    let line = refusal(&kt(&["cobject"], &[]));
    assert!(line.contains("give KERN_THREAD_C"), "{line}");
}

#[test]
fn a_c_file_that_does_not_compile() {
    let dir = folder("bad-c");
    let source = dir.join("kern_thread.c");
    fs::write(&source, "int f(void) { return nothing; }\n").expect("written");
    let variables = [
        ("KERN_THREAD_C", &*source.display().to_string()),
        ("OPTIONS", "RWLOCK_NOINLINE"),
    ];
    let line = refusal(&kt(&["cobject"], &variables));
    assert!(line.contains("does not compile"), "{line}");
    assert!(
        line.contains("use of undeclared identifier 'nothing'"),
        "{line}"
    );
    fs::write(&source, "int f(void) { return 0; }\n").expect("written");
    let object = result(&kt(&["cobject"], &variables));
    assert!(fs::exists(&object).expect("readable"));
    fs::write(&source, "#error\n").expect("written");
    refusal(&kt(&["cobject"], &variables));
    assert!(
        !fs::exists(&object).expect("readable"),
        "the old object is left behind"
    );
}

#[test]
fn a_c_file_for_another_profile() {
    let variables = [("KERN_THREAD_C", file!()), ("PROFILE", "14")];
    let line = refusal(&kt(&["cobject"], &variables));
    assert!(line.contains("PROFILE=ref alone"), "{line}");
}

#[test]
fn headers_of_another_release() {
    let tree = source_tree("release-14");
    // The tree says itself which release it is; packaged headers leave that to the compiler.
    let guard = "#define _SYS_PARAM_H_\n";
    let release = "#undef __FreeBSD_version\n#define __FreeBSD_version 1403000\n";
    edit(&tree, "param.h", guard, &format!("{guard}{release}"));
    let variables = [("SYSDIR", &*tree.display().to_string()), ("PROFILE", "15")];
    let line = refusal(&kt(&["bindings"], &variables));
    assert!(
        line.contains("does not fit headers of FreeBSD 14"),
        "{line}"
    );
}

#[test]
fn headers_whose_layout_differs() {
    let tree = source_tree("other-layout");
    fs::create_dir(tree.join("kern")).expect("folder");
    fs::write(
        tree.join("kern/kern_thread.c"),
        "#ifdef __amd64__\n_Static_assert(offsetof(struct thread, td_flags) == 0x108,\n",
    )
    .expect("written");
    let variables = [("SYSDIR", &*tree.display().to_string()), ("PROFILE", "14")];
    result(&kt(&["bindings"], &variables));
    edit(
        &tree,
        "proc.h",
        "struct thread {",
        "struct thread {\n\tlong td_inserted;\n",
    );
    let line = refusal(&kt(&["object"], &variables));
    assert!(
        line.contains("promises modules td_flags at 0x108"),
        "{line}"
    );
    assert!(line.contains("have it at 0x110"), "{line}");
}

/// What the headers lack is named before rustc runs: a field, a function, and
/// what the compiler itself misses.
#[test]
fn headers_that_lack_what_the_library_needs() {
    for (header, from, to, expected) in [
        (
            "proc.h",
            "struct thread *td_zombie;",
            "struct thread *td_zombies;",
            "sys/proc.h: struct thread has no td_zombie, which src/reap.rs needs: this tree is not supported",
        ),
        (
            "sleepqueue.h",
            "sleepq_remove_nested(struct thread",
            "sleepq_remove_deep(struct thread",
            "sys/sleepqueue.h: no sleepq_remove_nested, which src/suspend.rs needs: this tree is not supported",
        ),
        (
            "proc.h",
            "\tTDA_SUSPEND,",
            "",
            "use of undeclared identifier 'TDA_SUSPEND': this tree is not supported",
        ),
    ] {
        let tree = source_tree("lacking");
        edit(&tree, header, from, to);
        let line = refusal(&kt(&["object"], &[("SYSDIR", &tree.display().to_string())]));
        assert!(line.ends_with(expected), "{line}");
    }
}

#[test]
fn a_toolchain_that_is_not_installed_says_how_to_install_it() {
    let output = kt(&["object"], &[("TOOLCHAIN", "none")]);
    if !output.status.success() {
        assert!(refusal(&output).contains("rustup target add x86_64-unknown-none"));
    }
}
