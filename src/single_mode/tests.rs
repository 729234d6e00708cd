//! Which ints are modes, and how many threads each leaves.

use super::*;
use crate::kpi::fake::cases;
use proptest::prelude::*;

/// The modes, by C's value.
const MODES: [SingleMode; 4] = [
    SingleMode::NoExit,
    SingleMode::Exit,
    SingleMode::Boundary,
    SingleMode::AllProc,
];

#[test]
fn modes_have_c_values() {
    for (value, mode) in (0..).zip(MODES) {
        assert_eq!(SingleMode::from_c(value), Some(mode));
        assert_eq!(mode as c_int, value);
    }
}

#[test]
fn edge_values_are_no_modes() {
    for value in [
        c_int::MIN,
        c_int::MIN + 1,
        -1,
        4,
        c_int::MAX - 1,
        c_int::MAX,
    ] {
        assert_eq!(SingleMode::from_c(value), None, "{value}");
    }
}

/// The single-threader counts itself unless it is of another process.
#[test]
fn remainder_is_the_single_threader() {
    assert_eq!(MODES.map(SingleMode::remainder), [1, 1, 1, 0]);
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn any_other_int_is_no_mode(value: c_int) {
        prop_assert_eq!(SingleMode::from_c(value).is_some(), (0..=3).contains(&value));
    }
}
