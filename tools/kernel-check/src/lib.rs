//! The check of a linked FreeBSD kernel: is the Rust object in it in place of
//! C's, whole and in order?
//!
//! [`Image`] is the kernel, [`check`] reads one and applies the rules, and
//! [`Report`] is what comes out: tables, and one line for each problem.
//!
//! | module | owns |
//! |---|---|
//! | [`image`], [`halves`], [`machine`] | reading a kernel and its debug data, what depends on the architecture |
//! | [`expected`] | what the contract of the audit says of this kernel |
//! | [`origin`], [`dwarf`] | which compiler made a function |
//! | [`code`], [`references`] | what a function uses, and its frame |
//! | [`records`] | what linker sets point to |
//! | [`functions`], [`sets`], [`tracepoints`], [`names`], [`relocs`], [`layout`] | the rules |
//! | [`compare`], [`reasons`], [`beside`] | differences from a kernel with the C file, those that are in order, how both are shown |
//! | [`report`] | tables and problems |

pub mod beside;
pub mod code;
pub mod compare;
pub mod dwarf;
pub mod expected;
pub mod functions;
pub mod halves;
pub mod image;
pub mod layout;
pub mod machine;
pub mod names;
pub mod origin;
pub mod reasons;
pub mod records;
pub mod references;
pub mod relocs;
pub mod report;
pub mod sets;
pub mod tracepoints;

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use kt_audit::Error;

use expected::Expected;
pub use image::Image;
use image::Symbol;
use origin::{Maker, Origin};
pub use report::{Report, Table};

/// Checks the kernel at `path`, and compares it with the one at `baseline`.
pub fn check(path: &Path, baseline: Option<&Path>) -> Result<Report, Error> {
    let kernel = halves::read(path)?;
    match baseline {
        Some(baseline) => check_beside(&kernel, &halves::read(baseline)?),
        None => check_image(&kernel),
    }
}

/// Checks a kernel and compares it with one that is linked with the C file.
pub fn check_beside(kernel: &Image, baseline: &Image) -> Result<Report, Error> {
    compare::demand_comparable(kernel, baseline)?;
    let expected = expected::of(kernel)?;
    let origins = origin::of(baseline, &expected.functions)?;
    if origins.values().any(|o| o.maker() == Some(Maker::Rust)) {
        return Err(Error::new(format!(
            "{} has the Rust object's functions: give as BASELINE a kernel that is linked with the C file",
            baseline.path.display()
        )));
    }
    let mut report = check_image(kernel)?;
    report.extend(beside::report(kernel, baseline, &expected)?);
    Ok(report)
}

/// Checks a kernel that has been read.
pub fn check_image(image: &Image) -> Result<Report, Error> {
    let expected = expected::of(image)?;
    let origins = origin::of(image, &expected.functions)?;
    let makers: BTreeSet<Maker> = origins.values().filter_map(Origin::maker).collect();
    if makers.contains(&Maker::C) && !makers.contains(&Maker::Rust) {
        return Err(Error::new(format!(
            "{} has the C file's functions, not the Rust object's: link it with kern_thread.o",
            image.path.display()
        )));
    }
    let functions = own_functions(image, &expected);
    let own: Vec<Range<u64>> = functions
        .iter()
        .map(|s| s.value..s.value + s.size)
        .collect();
    let mut report = functions::check(image, &expected, &origins, &functions);
    report.extend(sets::check(image, &expected));
    report.extend(tracepoints::check(image, &expected, &own));
    report.extend(names::check(image, &expected));
    report.extend(relocs::check(image, &own));
    report.extend(layout::check(image, &own));
    Ok(report)
}

/// The object's functions, exported and local.
fn own_functions<'a>(image: &'a Image, expected: &Expected) -> Vec<&'a Symbol> {
    let ours = |symbol: &&Symbol| {
        let exported = !symbol.is_local() && expected.functions.contains(&symbol.name);
        symbol.is_func() && (exported || origin::maker_of(image, symbol) == Some(Maker::Rust))
    };
    image.places().filter(ours).collect()
}
