//! Shortening a schedule that fails.

use crate::schedule::Schedule;

/// A schedule with as few departures from the preferred order as can be found
/// with `tries` runs of `fails`, which tells whether a schedule still fails.
///
/// First the end is cut off, as early as can be; then groups of departures are
/// undone, halves first and single ones at last (Zeller's delta debugging).
/// The rest of the run goes as it will, so a shorter schedule may well fail at
/// another step.
pub fn shrink(
    schedule: &Schedule,
    tries: u32,
    mut fails: impl FnMut(&Schedule) -> bool,
) -> Schedule {
    let mut best = schedule.clone();
    let mut left = tries;
    let mut attempt = |candidate: &Schedule| {
        if left == 0 {
            return None;
        }
        left -= 1;
        Some(fails(candidate))
    };
    let all = departures(schedule);
    let mut passing = 0;
    let mut failing = all.len();
    while passing < failing {
        let middle = passing + (failing - passing) / 2;
        let candidate = without(schedule, &all[middle..]);
        match attempt(&candidate) {
            None => return best,
            Some(true) => {
                failing = middle;
                best = candidate;
            }
            Some(false) => passing = middle + 1,
        }
    }
    let mut group = departures(&best).len();
    while group > 0 {
        let mut start = 0;
        let mut shorter = false;
        loop {
            let places = departures(&best);
            if start >= places.len() {
                break;
            }
            let undone = &places[start..places.len().min(start + group)];
            match attempt(&without(&best, undone)) {
                None => return best,
                Some(true) => {
                    best = without(&best, undone);
                    shorter = true;
                }
                Some(false) => start += group,
            }
        }
        if !shorter || group > 1 {
            group /= 2;
        }
    }
    best
}

fn departures(schedule: &Schedule) -> Vec<usize> {
    let ranks = schedule.ranks().iter().enumerate();
    ranks
        .filter(|(_, rank)| **rank > 0)
        .map(|(index, _)| index)
        .collect()
}

fn without(schedule: &Schedule, undone: &[usize]) -> Schedule {
    let mut ranks = schedule.ranks().to_vec();
    for &index in undone {
        ranks[index] = 0;
    }
    Schedule::new(ranks)
}
