//! Headers older than the revision that was ported.
//!
//! No such headers are packaged, so those of 14.x are aged by edits: what
//! FreeBSD changed in the year before that revision, backwards.  The library
//! has to notice each change in the headers, ask for what they have, and work.

use std::path::{Path, PathBuf};
use std::process::Command;

use kt_audit::{Contract, Report, Rules, Subject};

use crate::support::{edit, edit_in, kt, result, source_tree, without_variables};

/// The words of `OPTIONS` of the unit tests.
const CHECKED: &str = "INVARIANTS INVARIANT_SUPPORT WITNESS";

/// What the headers say since, and what they said before.
const SINCE: &[(&str, &str, &str)] = &[
    // ASTs were flags, and ast() called who they were for.
    ("proc.h", "\tint\t\ttd_ast;", "\t/*"),
    ("proc.h", "/* (t) TDA_* indicators */", " no td_ast */"),
    ("proc.h", "TDF_UNUSED1\t", "TDF_ASTPENDING\t"),
    ("proc.h", "TDF_UNUSED3\t", "TDF_NEEDSUSPCHK\t"),
    ("proc.h", "#define\tTDAI(tda)", "#define\tno_TDAI(tda)"),
    ("proc.h", "void\tast_kclear(struct thread *td);", ""),
    (
        "proc.h",
        "void\tast_sched_locked(struct thread *td, int tda);",
        "extern void (*softdep_ast_cleanup)(struct thread *);",
    ),
    (
        "proc.h",
        "void\tast_unsched_locked(struct thread *td, int tda);",
        "",
    ),
    (
        "proc.h",
        "void\tast_register(int ast,",
        "void\tno_register(int ast,",
    ),
    // Who stops another process said so.
    ("proc.h", "TDF_UNUSED6\t", "TDF_DOING_SA\t"),
    // Counts of locks and references were smaller.
    (
        "proc.h",
        "u_char\t\ttd_stopsched;",
        "short\t\ttd_stopsched;",
    ),
    ("proc.h", "\tint\t\ttd_locks;", "\tshort\t\ttd_locks;"),
    (
        "proc.h",
        "\tint\t\ttd_rw_rlocks;",
        "\tshort\t\ttd_rw_rlocks;",
    ),
    (
        "proc.h",
        "\tint\t\ttd_sx_slocks;",
        "\tshort\t\ttd_sx_slocks;",
    ),
    (
        "proc.h",
        "\tint\t\ttd_lk_slocks;",
        "\tshort\t\ttd_lk_slocks;",
    ),
    (
        "proc.h",
        "\tlong\t\ttd_ucredref;",
        "\tu_int\t\ttd_ucredref;",
    ),
    ("ucred.h", "\tlong\tcr_ref;", "\tu_int\tcr_ref;"),
    // Limits had no batch.
    ("resourcevar.h", "struct limbatch {", "struct no_limbatch {"),
    (
        "resourcevar.h",
        "limbatch_prep(struct limbatch *lb)",
        "no_prep(struct no_limbatch *lb)",
    ),
    (
        "resourcevar.h",
        "void    limbatch_add(struct limbatch *lb, struct thread *td);",
        "",
    ),
    (
        "resourcevar.h",
        "limbatch_process(struct limbatch *lb",
        "no_process(struct no_limbatch *lb",
    ),
    (
        "resourcevar.h",
        "void    limbatch_final(struct limbatch *lb);",
        "",
    ),
    // Events were not told from packets.
    ("time.h", "int\teventratecheck(", "int\tppsratecheck("),
    (
        "time.h",
        "#define\tppsratecheck(t, c, m) eventratecheck(t, c, m)",
        "",
    ),
    // Records of the boot were in no list, sysctl's in a simpler one.
    ("kernel.h", "\tSTAILQ_ENTRY(sysinit)\tnext;", "\t/*"),
    ("kernel.h", "/* singly-linked list */", " no next */"),
    (
        "sysctl.h",
        "RB_HEAD(sysctl_oid_list,",
        "SLIST_HEAD(sysctl_oid_list,",
    ),
    (
        "sysctl.h",
        "RB_ENTRY(sysctl_oid) oid_link",
        "SLIST_ENTRY(sysctl_oid) oid_link",
    ),
    (
        "sysctl.h",
        "RB_PROTOTYPE(sysctl_oid_list,",
        "SLIST_HEAD(no_list, sysctl_oid); //",
    ),
    ("sysctl.h", "RB_INITIALIZER(", "SLIST_HEAD_INITIALIZER("),
];

/// Undefined symbols that a kernel of that age does not have, and those that
/// it has in their place.
const SYMBOLS: &[(&[&str], &[&str])] = &[
    (
        &[
            "ast_kclear",
            "ast_register",
            "ast_sched_locked",
            "ast_unsched_locked",
        ],
        &["softdep_ast_cleanup"],
    ),
    (&["limbatch_add", "limbatch_final"], &["lim_freen"]),
    (&["eventratecheck"], &["ppsratecheck"]),
    (&["uma_get_cache_align_mask"], &[]),
];

/// Records whose size has changed: now, and then.
const RECORDS: &[(&str, &str)] = &[
    ("sysinit of 32 bytes", "sysinit of 24 bytes"),
    ("sysctl_oid of 112 bytes", "sysctl_oid of 96 bytes"),
];

fn aged(name: &str) -> PathBuf {
    let tree = source_tree(name);
    for (header, now, then) in SINCE {
        edit(&tree, header, now, then);
    }
    // The zone of threads asked for its alignment by itself.
    edit_in(&tree, "vm", "uma.h", |text| {
        text.replace("#include <vm/uma_align_mask.h>", "")
            .replace("(uma_get_cache_align_mask())", "(0 - 1)")
    });
    tree
}

/// The contract of 14, aged like the headers.
fn contract(options: &[String]) -> Contract {
    let mut contract = kt_audit::contract_for("14", "amd64", options).expect("a contract");
    for (gone, instead) in SYMBOLS {
        for name in *gone {
            assert!(contract.undefined.remove(*name), "14 has no {name}");
        }
        let instead = instead.iter().map(ToString::to_string);
        contract.undefined.extend(instead);
    }
    for entry in contract.sets.values_mut().flat_map(|set| &mut set.entries) {
        for (now, then) in RECORDS {
            *entry = entry.replace(now, then);
        }
    }
    contract
}

fn audit(object: &str, options: &[&str]) -> (Report, Subject) {
    let options: Vec<String> = options.iter().map(ToString::to_string).collect();
    let subject = Subject::read(Path::new(object)).expect("an object");
    let report = kt_audit::audit(&subject, &contract(&options), &Rules::shipped());
    (report, subject)
}

/// The object for such a kernel calls what that kernel has, and its records
/// are of that kernel's sizes.
#[test]
fn the_object_is_one_for_that_kernel() {
    let tree = aged("older-object").display().to_string();
    let object = result(&kt(&["object"], &[("SYSDIR", &tree)]));
    let (report, subject) = audit(&object, &["KDTRACE_HOOKS", "SMP"]);
    assert!(report.ok(), "{report}");
    for (_, instead) in SYMBOLS {
        for name in *instead {
            let mut symbols = subject.symbols.iter();
            assert!(
                symbols.any(|symbol| symbol.name == *name),
                "{name} is not asked for"
            );
        }
    }
}

/// The library's unit tests hold on those headers: they know what differs.
#[test]
fn the_unit_tests_hold() {
    let tree = aged("older-units").display().to_string();
    let variables = [("SYSDIR", &*tree), ("OPTIONS", CHECKED)];
    let bindings = result(&kt(&["bindings"], &variables));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new(env!("CARGO"))
        .current_dir(root)
        .args([
            "test",
            "--locked",
            "--quiet",
            "--package",
            "kern_thread",
            "--lib",
        ])
        .arg("--target-dir")
        .arg(Path::new(&bindings).join("cargo"))
        .env("KERN_THREAD_BINDINGS", &bindings)
        .env(
            "KERN_THREAD_OPTIONS",
            format!("KDTRACE_HOOKS SMP {CHECKED}"),
        )
        .output()
        .expect("cargo starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.contains("test result: ok."), "{text}");
}

/// The C unit tests, compiled with those headers, pass on the object.
#[test]
fn the_c_unit_tests_pass() {
    let tree = aged("older-c-tests");
    let output = without_variables(&mut Command::new("make"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .args(["-C", "c-tests", "PROFILE=14"])
        .arg(format!("SYSDIR={}", tree.display()))
        .arg(format!("OPTIONS={CHECKED}"))
        .output()
        .expect("make starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains(" passed, 0 failed, "),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        text.contains("thread_unsuspend: a thread that stops another process stays"),
        "the tests took these headers for newer ones"
    );
}
