//! The bitmap against a model that can't be wrong: a bool for each bit.

use super::*;
use crate::kpi::fake::cases;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Lengths around the edges of words.
const LENGTHS: &[usize] = &[1, 63, 64, 65, 127, 128, 129, 1000];

/// A bitmap, its memory, and the model of it.
struct Both {
    map: TidBitmap,
    model: Vec<bool>,
    /// Touched through `map` only.
    _words: Vec<c_ulong>,
}

impl Both {
    fn new(len: usize, full: bool) -> Self {
        let mut words = vec![0; TidBitmap::bytes(len) / size_of::<c_ulong>()];
        // SAFETY: as many bytes as the map takes, which live beside it.
        let map = unsafe { TidBitmap::from_raw(words.as_mut_ptr(), len) };
        let mut both = Self {
            map,
            model: vec![false; len],
            _words: words,
        };
        if full {
            (0..len).for_each(|bit| both.set(bit));
        }
        both
    }

    fn set(&mut self, bit: usize) {
        // SAFETY: below the length.
        unsafe { self.map.set(slot(bit)) }
        self.model[bit] = true;
    }

    fn clear(&mut self, bit: usize) {
        // SAFETY: below the length.
        unsafe { self.map.clear(slot(bit)) }
        self.model[bit] = false;
    }

    /// What the model says of `first_clear_from`.
    fn expected(&self, start: usize, end: usize) -> Option<TidSlot> {
        (start..end.min(self.model.len()))
            .find(|&bit| !self.model[bit])
            .map(slot)
    }
}

fn slot(bit: usize) -> TidSlot {
    TidSlot(bit as i32)
}

/// A step of a test: which operation, and where as a share of the length.
#[derive(Clone, Copy, Debug)]
enum Step {
    Set(usize),
    Clear(usize),
    Search(usize, usize),
}

fn steps() -> impl Strategy<Value = (usize, bool, Vec<Step>)> {
    select(LENGTHS).prop_flat_map(|len| {
        let step = prop_oneof![
            (0..len).prop_map(Step::Set),
            (0..len).prop_map(Step::Clear),
            // Also from behind the end, where nothing is, and up to there.
            (0..=len + 70, 0..=len + 70).prop_map(|(start, end)| Step::Search(start, end)),
        ];
        (Just(len), any::<bool>(), vec(step, 1..150))
    })
}

proptest! {
    #![proptest_config(cases(256))]

    /// Each operation does to the map what it does to the model, and to no
    /// other bit.
    #[test]
    fn agrees_with_the_model((len, full, steps) in steps()) {
        let mut both = Both::new(len, full);
        for step in steps {
            match step {
                Step::Set(bit) => both.set(bit),
                Step::Clear(bit) => both.clear(bit),
                Step::Search(start, end) => {
                    let found = both.map.first_clear_from(slot(start), slot(end));
                    prop_assert_eq!(found, both.expected(start, end));
                }
            }
        }
        for bit in 0..len {
            // SAFETY: below the length.
            let set = unsafe { both.map.test(slot(bit)) };
            prop_assert_eq!(set, both.model[bit], "bit {}", bit);
        }
    }

    /// The bits of the last word that are beyond the length are clear, and
    /// never found.
    #[test]
    fn bits_beyond_the_length_are_never_found(len in select(LENGTHS), from in 0usize..1100) {
        let both = Both::new(len, true);
        prop_assert_eq!(both.map.first_clear_from(slot(from), slot(len)), None);
    }

    /// One clear bit in a full map is found from everywhere below it, and
    /// from nowhere above.
    #[test]
    fn lone_clear_bit_is_found_from_below(
        (len, bit) in select(LENGTHS).prop_flat_map(|len| (Just(len), 0..len)),
    ) {
        let mut both = Both::new(len, true);
        both.clear(bit);
        for start in 0..len {
            let expected = (start <= bit).then_some(slot(bit));
            let found = both.map.first_clear_from(slot(start), slot(len));
            prop_assert_eq!(found, expected, "from {}", start);
        }
    }
}

#[test]
fn empty_map_has_no_clear_bit() {
    assert_eq!(
        TidBitmap::EMPTY.first_clear_from(TidSlot(0), TidSlot(64)),
        None
    );
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
        assert_eq!(TidBitmap::bytes(len), words * WORD, "{len} bits");
    }
}

#[test]
#[should_panic(expected = "slot beyond the bitmap")]
#[cfg(debug_assertions)]
fn slot_beyond_the_length_is_caught_in_debug_builds() {
    let mut both = Both::new(65, false);
    // SAFETY: the contract is broken, and the assertion says so.
    unsafe { both.map.set(slot(65)) }
}
