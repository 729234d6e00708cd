//! Headers from a source tree and options from a kernel build directory.

use std::fs;
use std::path::Path;

use crate::support::{folder, kt, result, source_tree};

#[test]
fn a_source_tree_gives_the_same_layout_as_the_packaged_headers() {
    let tree = source_tree("sysdir");
    let from_tree = result(&kt(
        &["bindings"],
        &[("SYSDIR", &tree.display().to_string()), ("PROFILE", "14")],
    ));
    let packaged = result(&kt(&["bindings"], &[("PROFILE", "14")]));
    let layout =
        |dir: &str| fs::read_to_string(Path::new(dir).join("layout.rs")).expect("generated");
    assert!(layout(&from_tree).contains("layout_field!(thread, td_flags, "));
    assert_eq!(layout(&from_tree), layout(&packaged));
}

#[test]
fn a_kernel_build_directory_decides_the_options() {
    let dir = folder("kernbuild");
    let global =
        "#define INVARIANTS 1\n#define INVARIANT_SUPPORT 1\n#define SMP 1\n#define VIMAGE 1\n";
    fs::write(dir.join("opt_global.h"), global).expect("written");
    fs::write(dir.join("opt_witness.h"), "").expect("written");
    let out = result(&kt(
        &["bindings"],
        &[("KERNBUILDDIR", &dir.display().to_string())],
    ));
    let bindings = fs::read_to_string(Path::new(&out).join("bindings.rs")).expect("generated");
    assert!(bindings.contains("pub const KT_LOCK_DEBUG: ::core::ffi::c_int = 1;"));
    let staged = fs::read_to_string(Path::new(&out).join("include/opt_global.h")).expect("staged");
    assert_eq!(staged, global);
}
