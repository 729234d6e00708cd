//! Picks the bindings and turns kernel options into `cfg`s.
//!
//! By itself (`cargo build`) it takes the checked-in bindings of the default
//! configuration.  The build driver names others:
//!
//! - `KERN_THREAD_BINDINGS`: a folder with `bindings.rs` and `layout.rs`;
//! - `KERN_THREAD_OPTIONS`: the kernel options that are on, by their names.
//!
//! What differs between releases of FreeBSD is read off the bindings, not off
//! a version number.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

/// The options that the library knows.
const OPTIONS: &[&str] = &[
    "AUDIT",
    "EPOCH_TRACE",
    "HWPMC_HOOKS",
    "INVARIANTS",
    "INVARIANT_SUPPORT",
    "KASAN",
    "KDTRACE_HOOKS",
    "KMSAN",
    "KTR",
    "LOCK_PROFILING",
    "MUTEX_NOINLINE",
    "NUMA",
    "QUEUE_MACRO_DEBUG_TRASH",
    "RWLOCK_NOINLINE",
    "SMP",
    "WITNESS",
];

/// `cfg`s read off the bindings: what has to stand in them.
const DETECTED: &[(&str, &str)] = &[
    // A member of INVARIANTS, WITNESS, LOCK_PROFILING, KTR is on.
    (
        "LOCK_DEBUG",
        "pub const KT_LOCK_DEBUG: ::core::ffi::c_int = 1;",
    ),
    // CACHE_LINE_SIZE: 64 where this is not set.
    (
        "cache_line_128",
        "pub const KT_CACHE_LINE_SIZE: ::core::ffi::c_int = 128;",
    ),
    ("has_ast_register", "pub fn ast_register("),
    ("has_cache_align_mask", "pub fn uma_get_cache_align_mask("),
    (
        "has_callout_drain_arg",
        "pub fn _callout_stop_safe(arg1: *mut callout, arg2: ::core::ffi::c_int, arg3:",
    ),
    ("has_doing_sa", "pub const TDF_DOING_SA:"),
    ("has_eventratecheck", "pub fn eventratecheck("),
    ("has_kasan_thread_alloc", "pub fn kasan_thread_alloc("),
    ("has_kmsan_thread_alloc", "pub fn kmsan_thread_alloc("),
    ("has_limbatch", "pub fn limbatch_add("),
    ("has_rlqe", "pub td_rlqe:"),
    ("has_scheduler_stopped", "pub static mut scheduler_stopped:"),
    ("has_sdt_tracepoints", "pub fn sdt_probe("),
    ("has_swapper", "pub fn kick_proc0("),
    ("has_thread_recycle", "pub fn thread_recycle("),
];

/// FreeBSD 14's promise to modules binds where its headers come without the
/// file that says it: `cfg(kbi_14)`.
fn promises_kbi_14(bindings: &str) -> bool {
    let has = |mark: &str| bindings.contains(&without_blanks(mark));
    has("pub fn kick_proc0(") && !has("pub const KT_SOURCE_TREE:")
}

/// The options of the default configuration.
const DEFAULT_OPTIONS: &str = "KDTRACE_HOOKS SMP";

fn main() {
    for cfg in OPTIONS
        .iter()
        .copied()
        .chain(DETECTED.iter().map(|(cfg, _)| *cfg))
    {
        println!("cargo:rustc-check-cfg=cfg({cfg})");
    }
    println!("cargo:rustc-check-cfg=cfg(kbi_14)");
    println!("cargo:rerun-if-env-changed=KERN_THREAD_BINDINGS");
    println!("cargo:rerun-if-env-changed=KERN_THREAD_OPTIONS");

    let manifest_dir = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let folder = match env::var_os("KERN_THREAD_BINDINGS") {
        Some(folder) => PathBuf::from(folder),
        None => manifest_dir.join("src/bindings/ref-amd64"),
    };
    let bindings = file(&folder, "bindings.rs");
    let layout = file(&folder, "layout.rs");
    println!(
        "cargo:rustc-env=KERN_THREAD_BINDINGS_RS={}",
        bindings.display()
    );
    println!("cargo:rustc-env=KERN_THREAD_LAYOUT_RS={}", layout.display());

    let text = fs::read_to_string(&bindings).unwrap_or_else(|error| {
        fail(&format!("can't read {}: {error}", bindings.display()));
    });
    let text = without_blanks(&text);
    for (cfg, mark) in DETECTED {
        if text.contains(&without_blanks(mark)) {
            println!("cargo:rustc-cfg={cfg}");
        }
    }

    if promises_kbi_14(&text) {
        println!("cargo:rustc-cfg=kbi_14");
    }

    let options = env::var("KERN_THREAD_OPTIONS").unwrap_or_else(|_| DEFAULT_OPTIONS.into());
    for word in options.split_whitespace() {
        // An option with a value, such as MAXMEMDOM=8, is in the bindings.
        if word.contains('=') {
            continue;
        }
        if !OPTIONS.contains(&word) {
            fail(&format!(
                "KERN_THREAD_OPTIONS has the unknown option {word}"
            ));
        }
        println!("cargo:rustc-cfg={word}");
    }
}

/// How the bindings are laid out in lines does not count.
fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// A file of the bindings' folder, which cargo shall watch.
fn file(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    println!("cargo:rerun-if-changed={}", path.display());
    path
}

/// One line, and no build.
fn fail(message: &str) -> ! {
    eprintln!("kern_thread: {message}; run `make bindings`, or unset KERN_THREAD_BINDINGS");
    process::exit(1)
}
