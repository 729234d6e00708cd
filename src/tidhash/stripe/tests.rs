//! Where stripes are in the memory that malloc gives.

use super::*;

/// In C an array of locks, and no more.
#[test]
#[cfg(feature = "c-algorithms")]
fn stripes_are_locks() {
    assert_eq!(size_of::<Line>(), size_of::<sys::rwlock>());
    assert_eq!(SLACK, 0);
}

/// Each stripe has a cache line for itself, and all of them fit, wherever the
/// memory begins.
#[test]
#[cfg(not(feature = "c-algorithms"))]
fn stripes_have_lines_of_their_own() {
    let line = sys::KT_CACHE_LINE_SIZE as usize;
    assert_eq!(size_of::<Line>(), line);
    for begin in (4096..4096 + line).step_by(align_of::<sys::rwlock>()) {
        let first = first_line(std::ptr::without_provenance_mut(begin)).addr();
        assert!(first.is_multiple_of(line));
        assert!((begin..=begin + SLACK).contains(&first), "{begin}: {first}");
    }
}
