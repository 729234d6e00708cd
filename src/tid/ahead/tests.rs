//! What is known ahead, against the search that it saves.

use super::*;

/// The first free one of those, on a search's way from `start` to `end` and
/// around.
fn search(free: &[i32], start: i32, end: i32) -> TidSlot {
    let mut way = (start..end).chain(0..start);
    TidSlot(way.find(|slot| free.contains(slot)).expect("one is free"))
}

#[test]
fn nothing_is_known_at_first_nor_after_it_was_taken() {
    let mut ahead = Ahead::UNKNOWN;
    assert_eq!(ahead.get(TidSlot(10)), None);
    ahead.set(TidSlot(3), TidSlot(10));
    assert_eq!(ahead.get(TidSlot(10)), Some(TidSlot(3)));
    ahead.forget();
    assert_eq!(ahead.get(TidSlot(10)), None);
}

#[test]
fn it_is_known_for_one_end() {
    let mut ahead = Ahead::UNKNOWN;
    ahead.set(TidSlot(3), TidSlot(10));
    assert_eq!(ahead.get(TidSlot(9)), None);
    assert_eq!(ahead.get(TidSlot(11)), None);
}

/// Whatever is freed, before the start or behind it: what a search would find.
#[test]
fn a_freed_one_takes_its_place_where_a_search_would_find_it() {
    const END: i32 = 7;
    for start in 0..END {
        for first in 0..END {
            for second in 0..END {
                let mut ahead = Ahead::UNKNOWN;
                ahead.set(search(&[first], start, END), TidSlot(END));
                ahead.freed(TidSlot(second), TidSlot(start));
                let wanted = search(&[first, second], start, END);
                assert_eq!(ahead.get(TidSlot(END)), Some(wanted));
            }
        }
    }
}

/// One above a limit that was lowered is not handed out before the limit rises.
#[test]
fn one_beyond_the_end_is_left_out() {
    let mut ahead = Ahead::UNKNOWN;
    ahead.set(TidSlot(2), TidSlot(10));
    ahead.freed(TidSlot(12), TidSlot(5));
    assert_eq!(ahead.get(TidSlot(10)), Some(TidSlot(2)));
}
