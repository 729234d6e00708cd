//! The checked-in contracts and the contract file format.

mod support;

use std::path::{Path, PathBuf};

use kt_audit::{Contract, Error, contract_for};
use support::Sample;

const DEFAULT: [&str; 2] = ["SMP", "KDTRACE_HOOKS"];

fn contract(profile: &str, options: &[&str]) -> Contract {
    on("amd64", profile, options)
}

fn on(machine: &str, profile: &str, options: &[&str]) -> Contract {
    let options: Vec<String> = options.iter().map(|o| o.to_string()).collect();
    contract_for(profile, machine, &options).unwrap()
}

fn entries(contract: &Contract) -> usize {
    contract.sets.values().map(|set| set.entries.len()).sum()
}

/// Reads `text` as a contract file.
fn load(name: &str, text: &str) -> Result<Contract, Error> {
    let path = scratch(name);
    std::fs::write(&path, text).unwrap();
    let result = Contract::load(&path, &[]);
    std::fs::remove_file(&path).unwrap();
    result
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.toml", std::process::id()))
}

#[track_caller]
fn one_line(error: Error, text: &str) {
    let error = error.to_string();
    assert!(error.contains(text) && !error.contains('\n'), "{error}");
}

#[test]
fn the_reference_shows_29_functions_5_data_symbols_and_8_set_entries() {
    let contract = contract("ref", &DEFAULT);
    assert_eq!(contract.functions.len(), 29);
    assert_eq!(contract.data.len(), 5);
    assert_eq!(entries(&contract), 8);
    assert_eq!(contract.lines.unwrap().sizes, [32, 4]);
    assert_eq!(contract.origin, "contract ref");
}

#[test]
fn without_kdtrace_hooks_there_is_no_probe() {
    let contract = contract("ref", &["SMP"]);
    assert_eq!(contract.data.len(), 4);
    assert_eq!(entries(&contract), 7);
    for gone in ["lockstat_enabled", "kdtrace_thread_ctor", "sdt_probe_func"] {
        assert!(!contract.undefined.contains(gone), "{gone}");
    }
}

#[test]
fn each_option_adds_what_it_calls() {
    let options = [
        ("INVARIANTS", "__mtx_assert"),
        ("WITNESS", "witness_save"),
        ("LOCK_PROFILING", "lock_profile_thread_exit"),
        ("MUTEX_NOINLINE", "__mtx_lock_flags"),
        ("RWLOCK_NOINLINE", "_rw_wlock_cookie"),
        ("AUDIT", "audit_thread_alloc"),
        ("HWPMC_HOOKS", "pmc_hook"),
        ("KTR", "ktr_tracepoint"),
        ("KASAN", "kasan_thread_alloc"),
        ("KMSAN", "kmsan_thread_free"),
        ("NUMA", "mem_affinity"),
        ("SMP", "forward_signal"),
    ];
    for (option, name) in options {
        assert!(!contract("ref", &[]).undefined.contains(name), "{name}");
        assert!(
            contract("ref", &[option]).undefined.contains(name),
            "{name}"
        );
    }
}

#[test]
fn lock_debugging_turns_inlined_locks_into_calls() {
    let inlined = contract("ref", &DEFAULT).undefined;
    for debug in ["INVARIANTS", "WITNESS", "LOCK_PROFILING", "KTR"] {
        let calls = contract("ref", &["SMP", "KDTRACE_HOOKS", debug]).undefined;
        for name in [
            "__mtx_lock_sleep",
            "__rw_wlock_hard",
            "spinlock_enter",
            "lockstat_enabled",
        ] {
            assert!(
                inlined.contains(name) && !calls.contains(name),
                "{debug} {name}"
            );
        }
        for name in ["__mtx_lock_flags", "_rw_wlock_cookie", "__rw_rlock"] {
            assert!(
                !inlined.contains(name) && calls.contains(name),
                "{debug} {name}"
            );
        }
    }
}

#[test]
fn lockstat_stays_while_one_kind_of_lock_is_inlined() {
    let has = |options: &[&str]| {
        contract("ref", options)
            .undefined
            .contains("lockstat_enabled")
    };
    assert!(has(&["KDTRACE_HOOKS", "MUTEX_NOINLINE"]));
    assert!(has(&["KDTRACE_HOOKS", "RWLOCK_NOINLINE"]));
    assert!(!has(&[
        "KDTRACE_HOOKS",
        "MUTEX_NOINLINE",
        "RWLOCK_NOINLINE"
    ]));
}

#[test]
fn profile_14_has_thread_alloc_stack_in_place_of_thread_recycle() {
    let (base, contract) = (contract("ref", &DEFAULT), contract("14", &DEFAULT));
    let gone: Vec<_> = base.functions.difference(&contract.functions).collect();
    let new: Vec<_> = contract.functions.difference(&base.functions).collect();
    assert_eq!(gone, ["thread_recycle"]);
    assert_eq!(new, ["thread_alloc_stack"]);
    assert_eq!(
        (base.undefined, base.data),
        (contract.undefined, contract.data)
    );
    assert_eq!(base.sets, contract.sets);
}

#[test]
fn profile_15_has_no_swapper_and_patched_probe_sites() {
    let (base, contract) = (contract("ref", &DEFAULT), contract("15", &DEFAULT));
    assert_eq!(base.functions, contract.functions);
    let gone: Vec<_> = base.undefined.difference(&contract.undefined).collect();
    assert_eq!(
        gone,
        [
            "kick_proc0",
            "rlqentry_free",
            "sdt_probe_func",
            "sdt_probes_enabled"
        ]
    );
    assert!(contract.undefined.contains("sdt_probe"));
    assert_eq!(contract.data["sdt_proc___lwp__exit"].size, 112);
    assert_eq!(contract.sets["set_sdt_tracepoint_set"].entries.len(), 2);
    assert!(contract.sets["set_sysinit_set"].entries[0].contains("ks_version = 0x78a4e729"));
}

#[test]
fn profile_15_without_probes_has_no_probe_sites() {
    let contract = contract("15", &["SMP"]);
    assert!(!contract.sets.contains_key("set_sdt_tracepoint_set"));
    assert!(!contract.undefined.contains("sdt_probe"));
}

#[test]
fn profile_15_with_called_locks_keeps_the_exit_probe_alone() {
    let contract = contract("15", &["SMP", "KDTRACE_HOOKS", "WITNESS"]);
    let sites = &contract.sets["set_sdt_tracepoint_set"].entries;
    assert_eq!(sites.len(), 1);
    assert!(sites[0].contains("probe = sdt_proc___lwp__exit"));
}

#[test]
fn an_unknown_profile_is_refused_with_the_known_ones() {
    one_line(
        contract_for("13", "amd64", &[]).unwrap_err(),
        "use one of ref, 14, 15",
    );
}

#[test]
fn a_contract_that_is_saved_and_loaded_is_the_same() {
    let mut contract = Contract::from_object(&Sample::good().subject());
    let path = scratch("saved");
    contract.save(&path).unwrap();
    let loaded = Contract::load(&path, &[]).unwrap();
    std::fs::remove_file(&path).unwrap();
    // The file says nothing about the size of the code.
    contract.text = None;
    contract.origin = path.display().to_string();
    assert_eq!(loaded, contract);
}

#[test]
fn a_contract_that_cannot_be_written_leaves_nothing_behind() {
    let contract = Contract::from_object(&Sample::good().subject());
    let path = Path::new("/nowhere/contract.toml");
    one_line(
        contract.save(path).unwrap_err(),
        "cannot write /nowhere/contract.toml",
    );
    assert!(!path.exists());
}

#[test]
fn a_missing_contract_file_is_named() {
    let error = Contract::load(Path::new("/nowhere/contract.toml"), &[]).unwrap_err();
    one_line(error, "cannot read the contract /nowhere/contract.toml");
}

#[test]
fn a_misspelt_key_of_a_contract_is_refused() {
    let text = "machine = \"amd64\"\n[[functions]]\nwenn = \"SMP\"\nnames = [\"f\"]\n";
    one_line(load("key", text).unwrap_err(), "wenn");
}

#[test]
fn a_difference_from_the_base_without_a_reason_is_refused() {
    let text = "base = \"ref\"\n[[without]]\nnames = [\"tdfind\"]\n";
    one_line(
        load("reason", text).unwrap_err(),
        "changes tdfind without a reason: add `why`",
    );
}

#[test]
fn a_difference_from_the_base_with_a_reason_is_applied() {
    let text = "base = \"ref\"\n[[without]]\nwhy = \"it is gone\"\nnames = [\"tdfind\"]\n";
    let contract = load("applied", text).unwrap();
    assert!(!contract.functions.contains("tdfind"));
    assert_eq!(contract.functions.len(), 28);
}

#[test]
fn a_broken_condition_is_refused() {
    let text = "[[functions]]\nwhen = \"SMP &\"\nnames = [\"f\"]\n";
    one_line(
        load("condition", text).unwrap_err(),
        "cannot read the condition `SMP &`",
    );
}

#[test]
fn other_machines_have_the_contract_of_amd64_but_for_what_their_files_list() {
    let amd64 = contract("ref", &DEFAULT);
    for machine in ["i386", "aarch64", "riscv64"] {
        let other = on(machine, "ref", &DEFAULT);
        assert_eq!(other.machine, machine);
        assert_eq!(other.functions, amd64.functions);
        assert!(other.undefined.is_superset(&amd64.undefined));
        assert_eq!(entries(&other), entries(&amd64));
        let names = |contract: &Contract| contract.data.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&other), names(&amd64));
        assert!(other.origin.contains(machine));
    }
    let aarch64 = on("aarch64", "ref", &DEFAULT);
    assert_eq!(aarch64.sets, amd64.sets);
    assert!(aarch64.undefined.contains("lse_supported"));
    let i386 = on("i386", "ref", &DEFAULT);
    for (name, set) in &i386.sets {
        assert!(set.shape.contains("align 4 "), "{name}");
    }
    one_line(
        contract_for("ref", "vax", &[]).unwrap_err(),
        "use amd64, i386",
    );
}

#[test]
fn a_machine_follows_the_release() {
    let size = |profile: &str, options: &[&str]| {
        on("i386", profile, options).data["sdt_proc___lwp__exit"].size
    };
    assert_eq!(size("14", &DEFAULT), 52);
    assert_eq!(size("15", &DEFAULT), 60);
    let sites = |options: &[&str]| {
        on("i386", "15", options).sets["set_sdt_tracepoint_set"]
            .entries
            .len()
    };
    assert_eq!(sites(&DEFAULT), 2);
    assert_eq!(sites(&["SMP", "KDTRACE_HOOKS", "MUTEX_NOINLINE"]), 1);
    assert!(
        on("aarch64", "14", &DEFAULT)
            .functions
            .contains("thread_alloc_stack")
    );
    assert!(
        !on("i386", "ref", &["SMP"])
            .data
            .contains_key("sdt_proc___lwp__exit")
    );
}
