//! Flag sets: laws, and the two questions that stopping turns on.

use super::*;
use crate::kpi::fake::cases;
use proptest::prelude::*;

/// The bits of `P_STOPPED`, each of its own.
const STOP_BITS: [ProcFlags; 3] = [
    ProcFlags::STOPPED_SIG,
    ProcFlags::STOPPED_SINGLE,
    ProcFlags::STOPPED_TRACE,
];

/// Every combination of the stop bits, as indices into [`STOP_BITS`].
fn combinations() -> impl Iterator<Item = (u32, ProcFlags)> {
    (0..8u32).map(|mask| {
        let set = STOP_BITS
            .iter()
            .enumerate()
            .filter(|(i, _)| mask & (1 << i) != 0)
            .fold(ProcFlags::from_bits(0), |set, (_, bit)| set.or(*bit));
        (mask, set)
    })
}

/// `P_SHOULDSTOP` is those of the three bits that are set, whatever else is.
#[test]
fn should_stop_keeps_the_stop_bits_alone() {
    for (_, set) in combinations() {
        for other in [0, !ProcFlags::STOPPED.bits()] {
            let flags = set.or(ProcFlags::from_bits(other));
            assert!(flags.should_stop() == set, "{:#x}", flags.bits());
        }
    }
}

/// `P_SHOULDSTOP(p) == P_STOPPED_SINGLE`: that bit, and neither of the others.
#[test]
fn only_single_means_no_other_reason() {
    for (mask, set) in combinations() {
        for other in [0, !ProcFlags::STOPPED.bits()] {
            let flags = set.or(ProcFlags::from_bits(other));
            assert_eq!(flags.only_single(), mask == 0b010, "{:#x}", flags.bits());
        }
    }
}

/// The library puts `P_STOPPED` together from its parts.
#[test]
fn stopped_is_the_headers_mask() {
    assert_eq!(ProcFlags::STOPPED.bits(), sys::P_STOPPED as c_int);
}

/// Flags of one word have a bit each, or one would stand for another.
#[test]
fn flags_of_a_word_are_distinct_bits() {
    let thread = [
        ThreadFlags::ALLPROCSUSP,
        ThreadFlags::BOUNDARY,
        ThreadFlags::INMEM,
        ThreadFlags::SBDRY,
        ThreadFlags::SEINTR,
        ThreadFlags::SERESTART,
        ThreadFlags::SINTR,
    ];
    let process = [
        ProcFlags::HADTHREADS,
        ProcFlags::HWPMC,
        ProcFlags::SINGLE_EXIT,
        ProcFlags::SINGLE_BOUNDARY,
        ProcFlags::STOPPED_SIG,
        ProcFlags::STOPPED_SINGLE,
        ProcFlags::STOPPED_TRACE,
        ProcFlags::TOTAL_STOP,
        ProcFlags::TRACED,
    ];
    let thread_bits = thread.map(ThreadFlags::bits);
    let process_bits = process.map(ProcFlags::bits);
    for bits in [&thread_bits[..], &process_bits[..]] {
        let together = bits.iter().fold(0, |all, bit| all | bit);
        assert_eq!(together.count_ones() as usize, bits.len());
        assert!(bits.iter().all(|bit| bit.count_ones() == 1));
    }
}

/// A set is as large as the C field it is read from.
#[test]
fn sets_are_an_int() {
    assert_eq!(size_of::<ProcFlags>(), size_of::<c_int>());
    assert_eq!(size_of::<ThreadFlags>(), size_of::<c_int>());
    assert_eq!(size_of::<Inhibitors>(), size_of::<c_int>());
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn set_laws(a: i32, b: i32, c: i32) {
        let [a, b, c] = [a, b, c].map(ProcFlags::from_bits);
        prop_assert!(a.or(b) == b.or(a));
        prop_assert!(a.and(b) == b.and(a));
        prop_assert!(a.or(b).or(c) == a.or(b.or(c)));
        prop_assert!(a.and(b.or(c)) == a.and(b).or(a.and(c)));
        prop_assert!(a.or(a) == a && a.and(a) == a);
        prop_assert!(a.without(a).is_empty());
        prop_assert!(a.without(b).or(a.and(b)) == a);
        prop_assert!(!a.without(b).intersects(b));
        prop_assert_eq!(a.intersects(b), !a.and(b).is_empty());
        prop_assert_eq!(ProcFlags::from_bits(a.bits()).bits(), a.bits());
    }
}
