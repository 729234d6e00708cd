//! The C unit tests and the scenarios as a cargo test, for a program that
//! changes `src/` and asks cargo whether anything notices: `make mutants`.
//!
//! Not among the tests of a plain `cargo test`: `make test` runs all of this on
//! its own.

use std::env;
use std::process::Command;

#[test]
fn the_kernel_object_of_these_sources_passes() {
    let driver = env::var_os("KT_JUDGE").expect("KT_JUDGE is the path of the build driver");
    let status = Command::new(driver).arg("judge").status();
    assert!(status.expect("the driver starts").success());
}
