//! The levels: their sizes, and that each says what the one below is.

use super::super::flat::FlatBitmap;
use super::super::tests::Stored;
use super::*;
use crate::kpi::fake::cases;
use proptest::collection::vec;
use proptest::prelude::*;

/// How many words the levels of a map of `len` bits have, level 0 first.
fn counts(len: usize) -> Vec<usize> {
    let map = SummaryBitmap {
        words: core::ptr::null_mut(),
        full: core::ptr::null_mut::<c_ulong>().wrapping_add(len.div_ceil(WORD_BITS)),
        len,
    };
    let mut level = map.full();
    assert_eq!(map.below(level).words, map.words);
    let mut counts = vec![map.count(0), map.count(level.shift)];
    while let Some(above) = map.above(level) {
        let back = map.below(above);
        assert_eq!((back.words, back.shift), (level.words, level.shift));
        counts.push(map.count(above.shift));
        level = above;
    }
    counts
}

#[test]
fn each_level_is_a_64th_of_the_one_below() {
    assert_eq!(counts(1), [1, 1]);
    assert_eq!(counts(64), [1, 1]);
    assert_eq!(counts(65), [2, 1]);
    assert_eq!(counts(4096), [64, 1]);
    assert_eq!(counts(4097), [65, 2, 1]);
    assert_eq!(counts(1_000_000), [15_625, 245, 4, 1]);
    // As large as kern.maxthread can be.
    assert_eq!(
        counts(i32::MAX as usize),
        [33_554_432, 524_288, 8192, 128, 2, 1]
    );
}

#[test]
fn the_block_has_room_for_all_levels() {
    for len in [1, 64, 65, 4096, 4097, 262_145, 1_000_000, i32::MAX as usize] {
        let words: usize = counts(len).iter().sum();
        assert_eq!(SummaryBitmap::bytes(len), words * size_of::<c_ulong>());
    }
}

/// The summaries may cost 2 percent, where a word of rounding for each level
/// does not count.
#[test]
fn summaries_are_small() {
    for len in (50_000..2_000_000usize).step_by(777) {
        let flat = FlatBitmap::bytes(len);
        let more = SummaryBitmap::bytes(len) - flat;
        assert!(more * 50 <= flat, "{more} of {flat} bytes for {len} bits");
    }
}

/// Every bit of a summary says whether its word is full; bits that stand for
/// nothing are clear.
fn check_levels(stored: &Stored<SummaryBitmap>) {
    let (mut below, mut above) = (0, 0);
    for count in counts(stored.len) {
        if above > 0 {
            let full = |word: usize| word < above - below && stored.words[below + word] == FULL;
            for bit in 0..count * WORD_BITS {
                let set = stored.words[above + bit / WORD_BITS] >> (bit % WORD_BITS) & 1 == 1;
                assert_eq!(set, full(bit), "summary of word {bit}");
            }
            below = above;
        }
        above += count;
    }
    assert_eq!(above, stored.words.len());
}

#[test]
fn a_full_map_has_full_summaries() {
    for len in [1, 64, 65, 128, 4096, 4097, 8192] {
        let mut stored = Stored::<SummaryBitmap>::full(len);
        check_levels(&stored);
        for bit in [0, len / 2, len - 1] {
            stored.clear(bit);
            check_levels(&stored);
            stored.set(bit);
        }
        check_levels(&stored);
    }
}

/// With two words in level 2, and a level 3: a word of level 1 fills up, then
/// one of level 2, and opens again.
#[test]
#[cfg_attr(miri, ignore = "half a million steps")]
fn summaries_follow_on_every_level() {
    let under_level_2 = WORD_BITS.pow(3);
    let len = 2 * under_level_2 + WORD_BITS + 1;
    let mut stored = Stored::<SummaryBitmap>::new(len);
    let mut next = 0;
    for end in [WORD_BITS.pow(2), under_level_2, under_level_2 + 1, len] {
        (next..end).for_each(|bit| stored.set(bit));
        next = end;
        check_levels(&stored);
    }
    for bit in [1, under_level_2 - 1, under_level_2, len - 1] {
        stored.clear(bit);
        check_levels(&stored);
        stored.set(bit);
        check_levels(&stored);
    }
}

proptest! {
    #![proptest_config(cases(64))]

    /// Also when a bit is set or cleared that was so before.
    #[test]
    fn summaries_follow_the_bits(
        (len, flips) in (1usize..9000).prop_flat_map(|len| (Just(len), vec(0..len, 1..60))),
    ) {
        let mut stored = Stored::<SummaryBitmap>::full(len);
        for (turn, bit) in flips.into_iter().enumerate() {
            match turn % 3 {
                0 | 1 => stored.clear(bit),
                _ => stored.set(bit),
            }
            check_levels(&stored);
        }
    }
}
