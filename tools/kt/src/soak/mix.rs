//! The kinds of work that are mixed, and which one is next.
//!
//! A kind has a share of the time.  Its work comes in jobs of a second or so,
//! which have numbers; what a job tries follows from the seed and its number.

use serde::{Deserialize, Serialize};

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A generated program, compared under some schedules.
    Programs,
    /// A scenario, compared under some schedules.
    Compared,
    /// A scenario on one object, under many schedules.
    Schedules,
    /// A scenario on one object, with preemptions between its instructions.
    Preempt,
    /// Scenarios on one object whose CPUs are threads of the host.
    Smp,
}

/// What is known of a kind.
struct Row {
    kind: Kind,
    /// Its part of the time, in hundredths.
    share: u64,
    /// Whether it is nothing without the C object.
    needs_c: bool,
}

/// All kinds.
const MIX: [Row; 5] = [
    Row {
        kind: Kind::Programs,
        share: 35,
        needs_c: false,
    },
    Row {
        kind: Kind::Compared,
        share: 15,
        needs_c: true,
    },
    Row {
        kind: Kind::Schedules,
        share: 20,
        needs_c: false,
    },
    Row {
        kind: Kind::Preempt,
        share: 20,
        needs_c: false,
    },
    Row {
        kind: Kind::Smp,
        share: 10,
        needs_c: false,
    },
];

/// The kinds that can be done with the Rust object, and the C object if it is
/// there.
pub fn kinds(with_c: bool) -> Vec<Kind> {
    let rows = MIX.iter().filter(|row| with_c || !row.needs_c);
    rows.map(|row| row.kind).collect()
}

/// What has been spent on a kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    /// Milliseconds of all its jobs that are done.
    pub milliseconds: u64,
    /// Its jobs that go on.
    pub open: u64,
}

/// The one of `kinds` that is furthest behind its share.
pub fn next(kinds: &[Kind], spent: impl Fn(Kind) -> Spent) -> Option<Kind> {
    kinds.iter().copied().min_by_key(|kind| {
        let spent = spent(*kind);
        (spent.milliseconds * 100 / kind.share(), spent.open)
    })
}

impl Kind {
    fn share(self) -> u64 {
        let row = MIX.iter().find(|row| row.kind == self);
        row.map_or(1, |row| row.share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// The shares are what the documentation says: hundredths, all of them.
    #[test]
    fn shares_are_hundredths() {
        assert_eq!(MIX.iter().map(|row| row.share).sum::<u64>(), 100);
        assert_eq!(kinds(true).len(), MIX.len());
        assert!(!kinds(false).contains(&Kind::Compared));
    }

    /// However long the jobs of a kind take, each gets its part of the time.
    #[test]
    fn every_kind_gets_its_part_of_the_time() {
        let kinds = kinds(true);
        let mut spent: BTreeMap<Kind, u64> = BTreeMap::new();
        let mut sum = 0;
        while sum < 1_000_000 {
            let kind = next(&kinds, |kind| Spent {
                milliseconds: spent.get(&kind).copied().unwrap_or_default(),
                open: 0,
            });
            let kind = kind.expect("some kind");
            let took = match kind {
                Kind::Smp => 2000,
                Kind::Programs => 30,
                Kind::Compared => 70,
                Kind::Schedules => 400,
                Kind::Preempt => 1300,
            };
            *spent.entry(kind).or_default() += took;
            sum += took;
        }
        for kind in kinds {
            let part = spent[&kind] * 100 / sum;
            assert!(part.abs_diff(kind.share()) <= 1, "{kind:?} has {part}");
        }
    }

    /// Two workers that begin at once begin with different kinds.
    #[test]
    fn of_equals_the_one_that_nobody_does_is_next() {
        let busy = |kind| Spent {
            milliseconds: 0,
            open: u64::from(kind == Kind::Programs),
        };
        assert_eq!(next(&kinds(true), busy), Some(Kind::Compared));
        assert_eq!(next(&[], busy), None);
    }
}
