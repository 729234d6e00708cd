//! Both bitmaps against a model that can't be wrong, a bool for each bit, and
//! against each other where that would take too long.

use super::flat::FlatBitmap;
use super::summary::SummaryBitmap;
use super::*;
use crate::kpi::fake::cases;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseError;

/// Lengths around the edges of words.
const LENGTHS: &[usize] = &[1, 63, 64, 65, 127, 128, 129, 1000];

/// Around the edges of the summaries: a word of one level, of two.
const EDGES: &[usize] = if cfg!(miri) {
    &[4095, 4096, 4097, 4161]
} else {
    &[
        4095, 4096, 4097, 4161, 262_143, 262_144, 262_145, 262_209, 266_241,
    ]
};

/// A bitmap and its memory, which is touched through it alone.
pub struct Stored<Map> {
    pub map: Map,
    pub len: usize,
    pub words: Vec<c_ulong>,
}

impl<Map: IdBitmap> Stored<Map> {
    pub fn new(len: usize) -> Self {
        let mut words = vec![0; Map::bytes(len) / size_of::<c_ulong>()];
        // SAFETY: as many bytes as the map takes, which live beside it.
        let map = unsafe { Map::from_raw(words.as_mut_ptr(), len) };
        Self { map, len, words }
    }

    pub fn full(len: usize) -> Self {
        let mut full = Self::new(len);
        (0..len).for_each(|bit| full.set(bit));
        full
    }

    pub fn set(&mut self, bit: usize) {
        // SAFETY: below the length, or the assertion says otherwise.
        unsafe { self.map.set(slot(bit)) }
    }

    pub fn clear(&mut self, bit: usize) {
        // SAFETY: as above.
        unsafe { self.map.clear(slot(bit)) }
    }

    fn is_set(&self, bit: usize) -> bool {
        assert!(bit < self.len);
        // SAFETY: below the length.
        unsafe { self.map.test(slot(bit)) }
    }

    fn search(&self, start: usize, end: usize) -> Option<usize> {
        let found = self.map.first_clear_from(slot(start), slot(end));
        found.map(|slot| slot.0 as usize)
    }
}

fn slot(bit: usize) -> TidSlot {
    TidSlot(bit as i32)
}

/// A step of a test.
#[derive(Clone, Copy, Debug)]
enum Step {
    Set(usize),
    Clear(usize),
    Search(usize, usize),
    /// So many from there on, up to the end.
    SetAll(usize, usize),
    ClearAll(usize, usize),
    /// As ids are handed out below some end, which may be less than the map's
    /// or more: next fit.
    Take(usize),
}

fn steps(
    len: impl Strategy<Value = usize>,
    most: usize,
) -> impl Strategy<Value = (usize, bool, Vec<Step>)> {
    len.prop_flat_map(move |len| {
        let step = prop_oneof![
            2 => (0..len).prop_map(Step::Set),
            4 => (0..len).prop_map(Step::Clear),
            // Also from behind the end, where nothing is, and up to there.
            4 => (0..=len + 70, 0..=len + 70).prop_map(|(start, end)| Step::Search(start, end)),
            1 => (0..len, 1..=len).prop_map(|(from, count)| Step::SetAll(from, count)),
            1 => (0..len, 1..200usize).prop_map(|(from, count)| Step::ClearAll(from, count)),
            6 => prop_oneof![Just(len), 0..=len + 70].prop_map(Step::Take),
        ];
        (Just(len), any::<bool>(), vec(step, 1..most))
    })
}

/// What a bitmap does, as far as the steps need it.
trait Bits {
    fn put(&mut self, bit: usize, set: bool);
    fn find(&self, start: usize, end: usize) -> Option<usize>;
}

impl<Map: IdBitmap> Bits for Stored<Map> {
    fn put(&mut self, bit: usize, set: bool) {
        match set {
            true => self.set(bit),
            false => self.clear(bit),
        }
    }

    fn find(&self, start: usize, end: usize) -> Option<usize> {
        self.search(start, end)
    }
}

impl Bits for Vec<bool> {
    fn put(&mut self, bit: usize, set: bool) {
        self[bit] = set;
    }

    fn find(&self, start: usize, end: usize) -> Option<usize> {
        (start..end.min(self.len())).find(|&bit| !self[bit])
    }
}

/// Takes the steps; gives what every search found.
fn history(bits: &mut impl Bits, len: usize, full: bool, steps: &[Step]) -> Vec<Option<usize>> {
    let (mut found, mut next) = (Vec::new(), 0);
    if full {
        (0..len).for_each(|bit| bits.put(bit, true));
    }
    for &step in steps {
        match step {
            Step::Set(bit) => bits.put(bit, true),
            Step::Clear(bit) => bits.put(bit, false),
            Step::Search(start, end) => found.push(bits.find(start, end)),
            Step::SetAll(from, count) => {
                (from..len.min(from + count)).for_each(|bit| bits.put(bit, true));
            }
            Step::ClearAll(from, count) => {
                (from..len.min(from + count)).for_each(|bit| bits.put(bit, false));
            }
            Step::Take(end) => {
                let start = if next >= end { 0 } else { next };
                let taken = bits.find(start, end).or_else(|| bits.find(0, end));
                if let Some(bit) = taken {
                    bits.put(bit, true);
                    next = bit + 1;
                }
                found.push(taken);
            }
        }
    }
    found
}

/// Each operation does to a map what it does to the model, and to no other bit.
fn agrees<Map: IdBitmap>(len: usize, full: bool, steps: &[Step]) -> Result<(), TestCaseError> {
    let (mut stored, mut model) = (Stored::<Map>::new(len), vec![false; len]);
    let found = history(&mut stored, len, full, steps);
    prop_assert_eq!(found, history(&mut model, len, full, steps));
    for (bit, &set) in model.iter().enumerate() {
        prop_assert_eq!(stored.is_set(bit), set, "bit {}", bit);
    }
    Ok(())
}

/// Bits beyond the length are clear, and never found.
fn finds_nothing_beyond<Map: IdBitmap>(len: usize, from: usize) -> Result<(), TestCaseError> {
    let full = Stored::<Map>::full(len);
    prop_assert_eq!(full.search(from, len), None);
    prop_assert_eq!(full.search(from, len + 100), None);
    Ok(())
}

/// One clear bit in a full map is found from everywhere below it, and from
/// nowhere above.
fn finds_a_lone_clear_bit<Map: IdBitmap>(len: usize, bit: usize) -> Result<(), TestCaseError> {
    let mut stored = Stored::<Map>::full(len);
    stored.clear(bit);
    for start in 0..len {
        let expected = (start <= bit).then_some(bit);
        prop_assert_eq!(stored.search(start, len), expected, "from {}", start);
        prop_assert_eq!(stored.search(start, bit), None, "from {}", start);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn flat_agrees_with_the_model((len, full, steps) in steps(select(LENGTHS), 150)) {
        agrees::<FlatBitmap>(len, full, &steps)?;
    }

    #[test]
    fn summary_agrees_with_the_model((len, full, steps) in steps(select(LENGTHS), 150)) {
        agrees::<SummaryBitmap>(len, full, &steps)?;
    }

    #[test]
    fn bits_beyond_the_length_are_never_found(len in select(LENGTHS), from in 0usize..1100) {
        finds_nothing_beyond::<FlatBitmap>(len, from)?;
        finds_nothing_beyond::<SummaryBitmap>(len, from)?;
    }

    #[test]
    fn lone_clear_bit_is_found_from_below(
        (len, bit) in select(LENGTHS).prop_flat_map(|len| (Just(len), 0..len)),
    ) {
        finds_a_lone_clear_bit::<FlatBitmap>(len, bit)?;
        finds_a_lone_clear_bit::<SummaryBitmap>(len, bit)?;
    }

    /// Both find the same in every history, and the bits of the ids lie in the
    /// same places.
    #[test]
    fn both_are_the_same((len, full, steps) in steps(1usize..5000, 300)) {
        same(len, full, &steps)?;
    }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn both_are_the_same_at_the_edges_of_levels(
        (len, full, steps) in steps(select(EDGES), 300),
    ) {
        same(len, full, &steps)?;
    }

    /// In any order, with neighbours and without: as if each were cleared alone.
    #[test]
    fn clearing_some_is_clearing_each(
        (len, bits) in select(EDGES)
            .prop_flat_map(|len| (Just(len), vec((0..len, 1usize..4), 0..20))),
    ) {
        let bits: Vec<usize> = bits
            .into_iter()
            .flat_map(|(first, count)| (first..len).take(count))
            .collect();
        let (mut some, mut each) = (
            Stored::<SummaryBitmap>::full(len),
            Stored::<SummaryBitmap>::full(len),
        );
        // SAFETY: below the length.
        unsafe { some.map.clear_all(bits.iter().copied().map(slot)) }
        bits.iter().for_each(|&bit| each.clear(bit));
        prop_assert_eq!(some.words, each.words);
    }
}

fn same(len: usize, full: bool, steps: &[Step]) -> Result<(), TestCaseError> {
    let (mut flat, mut summary) = (
        Stored::<FlatBitmap>::new(len),
        Stored::<SummaryBitmap>::new(len),
    );
    let found = history(&mut flat, len, full, steps);
    prop_assert_eq!(history(&mut summary, len, full, steps), found);
    prop_assert!(summary.words.starts_with(&flat.words));
    Ok(())
}

#[test]
fn empty_map_has_no_clear_bit() {
    let (all, none) = (TidSlot(64), TidSlot(0));
    assert_eq!(FlatBitmap::EMPTY.first_clear_from(none, all), None);
    assert_eq!(SummaryBitmap::EMPTY.first_clear_from(none, all), None);
}

/// An end below the start, as after a limit was lowered, and one that makes no
/// sense.
#[test]
fn an_end_may_be_anywhere() {
    fn check<Map: IdBitmap>() {
        let mut stored = Stored::<Map>::full(200);
        stored.clear(150);
        for (start, end, found) in [
            (100, 90, None),
            (100, 100, None),
            (0, 150, None),
            (0, 151, Some(TidSlot(150))),
            (0, -1, Some(TidSlot(150))),
            (-1, 200, None),
        ] {
            let (start, end) = (TidSlot(start), TidSlot(end));
            assert_eq!(stored.map.first_clear_from(start, end), found);
        }
    }
    check::<FlatBitmap>();
    check::<SummaryBitmap>();
}

#[test]
fn bytes_are_whole_words() {
    const WORD: usize = size_of::<c_ulong>();
    for (len, words) in [
        (0, 0),
        (1, 1),
        (WORD_BITS - 1, 1),
        (WORD_BITS, 1),
        (WORD_BITS + 1, 2),
        (2 * WORD_BITS, 2),
        (2 * WORD_BITS + 1, 3),
    ] {
        assert_eq!(FlatBitmap::bytes(len), words * WORD, "{len} bits");
        let above = usize::from(words > 0);
        assert_eq!(
            SummaryBitmap::bytes(len),
            (words + above) * WORD,
            "{len} bits"
        );
    }
}

#[test]
#[should_panic(expected = "slot beyond the bitmap")]
#[cfg(debug_assertions)]
fn slot_beyond_the_length_is_caught_in_debug_builds() {
    Stored::<FlatBitmap>::new(65).set(65);
}

#[test]
#[should_panic(expected = "slot beyond the bitmap")]
#[cfg(debug_assertions)]
fn setting_beyond_the_length_is_caught_in_debug_builds() {
    Stored::<SummaryBitmap>::new(65).set(65);
}

#[test]
#[should_panic(expected = "slot beyond the bitmap")]
#[cfg(debug_assertions)]
fn clearing_beyond_the_length_is_caught_in_debug_builds() {
    Stored::<SummaryBitmap>::new(65).clear(65);
}
