//! Owns the part of the report that shows a kernel beside the C kernel: sizes
//! in two columns, then every difference under its reason.

use kt_audit::Error;

use crate::code;
use crate::compare;
use crate::expected::Expected;
use crate::image::{Image, Symbol};
use crate::origin;
use crate::reasons;
use crate::report::{Report, Table};

/// The comparison, with a problem for each difference that has no reason.
pub fn report(kernel: &Image, baseline: &Image, expected: &Expected) -> Result<Report, Error> {
    let mut report = Report::default();
    report.tables.push(functions(kernel, baseline, expected));
    report.tables.push(sizes(kernel, baseline));

    let reasons = reasons::read()?;
    let differences = compare::differences(kernel, baseline, expected);
    let mut unexplained = Vec::new();
    let mut explained: Vec<Table> = reasons
        .iter()
        .map(|reason| Table::lines(reason.why.clone()))
        .collect();
    for difference in &differences {
        let reason = reasons
            .iter()
            .position(|reason| reason.explains(difference, &expected.functions));
        match reason {
            Some(reason) => explained[reason].rows.push(vec![difference.to_string()]),
            None => unexplained.push(difference.to_string()),
        }
    }
    let count = differences.len() - unexplained.len();
    report.tables.push(Table::lines(format!(
        "differences from {}: {count} expected, {} not",
        baseline.path.display(),
        unexplained.len()
    )));
    if kernel.files.is_empty() {
        report.tables.push(Table::lines(
            "local symbols are not compared: both kernels have lost their STT_FILE entries",
        ));
    }
    for mut table in explained.into_iter().filter(|table| !table.rows.is_empty()) {
        table.heading = format!("expected, {}: {}", table.rows.len(), table.heading);
        report.tables.push(table);
    }
    for difference in unexplained {
        report.problem(format!("unexpected difference: {difference}"));
    }
    Ok(report)
}

/// Sizes and frames of each function in both kernels.
fn functions(kernel: &Image, baseline: &Image, expected: &Expected) -> Table {
    let found = |image: &'_ Image| -> Vec<Symbol> {
        let names = expected.functions.iter();
        names
            .filter_map(|name| image.defined(name).find(|s| !s.is_local()).cloned())
            .collect()
    };
    let (new, old) = (found(kernel), found(baseline));
    let frames = |image: &Image, functions: &[Symbol]| {
        code::frames(image, &functions.iter().collect::<Vec<_>>())
    };
    let (new_frames, old_frames) = (frames(kernel, &new), frames(baseline, &old));
    let bytes = |functions: &[Symbol]| functions.iter().map(|s| s.size).sum::<u64>();
    let mut table = Table::new(
        format!(
            "functions beside C: {} bytes, C {} bytes",
            bytes(&new),
            bytes(&old)
        ),
        &["function", "size", "C", "frame", "C"],
    );
    for name in &expected.functions {
        let size = |functions: &[Symbol]| {
            let found = functions.iter().find(|s| s.name == *name);
            found.map_or_else(|| "-".into(), |s| s.size.to_string())
        };
        let frame = |frames: &[kt_audit::Frame]| {
            let found = frames.iter().find(|f| f.function == *name);
            found.map_or_else(|| "-".into(), |f| f.bytes.to_string())
        };
        table.push([
            name.clone(),
            size(&new),
            size(&old),
            frame(&new_frames),
            frame(&old_frames),
        ]);
    }
    table
}

/// Sizes of the object's parts and of the sections in both kernels.
fn sizes(kernel: &Image, baseline: &Image) -> Table {
    let mut table = Table::new("sizes beside C", &["what", "bytes", "C", "difference"]);
    let mut push = |what: String, new: u64, old: u64| {
        let difference = new as i64 - old as i64;
        if difference != 0 {
            table.push([
                what,
                new.to_string(),
                old.to_string(),
                format!("{difference:+}"),
            ]);
        }
    };
    let local = |image: &Image, pick: fn(&Symbol) -> bool| -> u64 {
        let own = image
            .symbols
            .iter()
            .filter(|s| pick(s) && s.is_placed() && origin::maker_of(image, s).is_some());
        own.map(|s| s.size).sum()
    };
    // Without STT_FILE entries not all of them are known.
    if !kernel.files.is_empty() {
        for (what, pick) in [
            ("functions", Symbol::is_func as fn(&Symbol) -> bool),
            ("data", Symbol::is_object),
        ] {
            let what = format!("local {what} of the object");
            push(what, local(kernel, pick), local(baseline, pick));
        }
    }
    for section in kernel.sections.iter().filter(|s| !s.name.is_empty()) {
        let old = baseline.section(&section.name).map_or(0, |s| s.size);
        push(format!("section {}", section.name), section.size, old);
    }
    push(
        "file".into(),
        kernel.data.len() as u64,
        baseline.data.len() as u64,
    );
    table
}
