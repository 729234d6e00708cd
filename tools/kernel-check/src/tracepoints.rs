//! Rule on the places in the object's code that FreeBSD 15 patches when a
//! probe is switched on: each is listed, for a probe that C's object has, and
//! holds the instruction that may be patched.

use std::collections::BTreeSet;
use std::ops::Range;

use kt_audit::machine::Machine;

use crate::expected::Expected;
use crate::image::Image;
use crate::records;
use crate::report::{Report, Table};

/// The set, whose entries are the records themselves.
pub const SET: &str = "set_sdt_tracepoint_set";
/// Pointers in a record: probe, place, where the patched jump goes, link.
const POINTERS: u64 = 4;
/// The probe that the object has whatever the options are.
const ALWAYS: &str = "sdt_proc___lwp__exit";

/// All rules of this module; `own` are the addresses of the object's code.
pub fn check(image: &Image, expected: &Expected, own: &[Range<u64>]) -> Report {
    let mut report = Report::default();
    let (Some(section), Some(wanted)) = (image.section(SET), expected.sets.get(SET)) else {
        return report;
    };
    let known: BTreeSet<&str> = wanted
        .iter()
        .flatten()
        .filter(|(name, _)| name == "probe")
        .map(|(_, probe)| probe.as_str())
        .collect();
    let patchable = Machine::from_elf(image.machine.number())
        .map(|machine| machine.facts().patchpoint)
        .unwrap_or_default();
    let mut table = Table::new(
        "tracepoints of the object",
        &["probe", "place", "where the probe is called"],
    );
    let mut found = BTreeSet::new();
    let size = POINTERS * image.pointer;
    for record in (section.address..section.address + section.size).step_by(size as usize) {
        let pointer = |n: u64| image.pointer_at(record + n * image.pointer);
        let (Some(probe), Some(place), Some(target)) = (pointer(0), pointer(1), pointer(2)) else {
            continue;
        };
        if !own.iter().any(|code| code.contains(&place)) {
            continue;
        }
        let probe = records::name(image, probe);
        let at = records::name(image, place);
        if !known.contains(probe.as_str()) {
            report.problem(format!("tracepoint {at} is for {probe}, which C's has not"));
        }
        if image.bytes(place, patchable.len() as u64) != Some(patchable) {
            report.problem(format!(
                "tracepoint {at} holds no instruction that may be patched"
            ));
        }
        if !own.iter().any(|code| code.contains(&target)) {
            report.problem(format!("tracepoint {at} leads out of the object"));
        }
        table.push([probe.clone(), at, records::name(image, target)]);
        found.insert(probe);
    }
    if !found.contains(ALWAYS) {
        report.problem(format!(
            "{SET} has no tracepoint for {ALWAYS} in the object"
        ));
    }
    report.tables.push(table);
    report
}
