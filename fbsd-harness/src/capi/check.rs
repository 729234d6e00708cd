//! Checks and standing invariants.

use core::ffi::{c_char, c_int, c_long};

use super::text;
use crate::kern::{proc, proc_check};
use crate::machine::api::*;
use crate::sys::{
    P_HADTHREADS, P_SINGLE_BOUNDARY, P_SINGLE_EXIT, P_STOPPED_SIG, P_STOPPED_SINGLE,
    P_STOPPED_TRACE, P_TOTAL_STOP, proc_,
};

/// The flags that `CHECK_STATE` compares, with the names that scenarios give.
const FLAGS: [(u32, &str); 7] = [
    (P_STOPPED_SINGLE, "SS"),
    (P_STOPPED_SIG, "SIG"),
    (P_STOPPED_TRACE, "TRC"),
    (P_SINGLE_EXIT, "SX"),
    (P_SINGLE_BOUNDARY, "SB"),
    (P_TOTAL_STOP, "TOT"),
    (P_HADTHREADS, "HAD"),
];

fn flag_names(flags: c_int) -> String {
    let names: Vec<_> = FLAGS
        .iter()
        .filter(|(bit, _)| flags & *bit as c_int != 0)
        .map(|(_, name)| *name)
        .collect();
    if names.is_empty() {
        "none".into()
    } else {
        names.join("|")
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_check_failed(
    file: *const c_char,
    line: c_int,
    what: *const c_char,
    found: c_long,
    expected: c_long,
) -> ! {
    let (file, what) = (text(file).to_string_lossy(), text(what).to_string_lossy());
    fail(
        Kind::Check,
        format!("{file}:{line}: {what}: found {found}, expected {expected}"),
    )
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_check_str(
    file: *const c_char,
    line: c_int,
    what: *const c_char,
    found: *const c_char,
    expected: *const c_char,
) {
    let found = if found.is_null() {
        c"(null)"
    } else {
        text(found)
    };
    if found != text(expected) {
        let (file, what) = (text(file).to_string_lossy(), text(what).to_string_lossy());
        fail(
            Kind::Check,
            format!(
                "{file}:{line}: {what}: found {found:?}, expected {:?}",
                text(expected)
            ),
        );
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_check_state(
    file: *const c_char,
    line: c_int,
    p: *mut proc_,
    nthr: c_int,
    susp: c_int,
    bnd: c_int,
    exitth: c_int,
    flags: c_int,
) {
    let mask = FLAGS.iter().fold(0, |mask, (bit, _)| mask | *bit as c_int);
    // No lock: the scenario knows that nothing moves.
    let found = [
        (&raw const (*p).p_numthreads).read_volatile(),
        (&raw const (*p).p_suspcount).read_volatile(),
        (&raw const (*p).p_boundary_count).read_volatile(),
        (&raw const (*p).p_exitthreads).read_volatile(),
        (&raw const (*p).p_flag).read_volatile() & mask,
    ];
    if found == [nthr, susp, bnd, exitth, flags] {
        return;
    }
    let file = text(file).to_string_lossy();
    let [f_nthr, f_susp, f_bnd, f_exitth, f_flags] = found;
    fail(
        Kind::Check,
        format!(
            "{file}:{line}: state of {}: found nthr {f_nthr} susp {f_susp} bnd {f_bnd} exitth {f_exitth} flags {}, \
             expected nthr {nthr} susp {susp} bnd {bnd} exitth {exitth} flags {}",
            name_of(p as usize),
            flag_names(f_flags),
            flag_names(flags)
        ),
    )
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_hazard(p: *mut proc_, what: c_int) {
    proc::ext(p).hazards |= what;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_check_invariants() {
    // SAFETY: the caller holds no lock.
    unsafe { proc_check::all() };
}
