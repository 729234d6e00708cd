//! A shorter run that still fails in the same way.

use std::io;
use std::time::Instant;

use fbsd_explorer::{Preempted, Schedule};

use super::super::child::Ended;
use super::super::failure::{LONGEST, shortest};

/// Leaves preemptions out, then departures from the schedule without
/// preemption; `again` runs what is left.
pub fn shorten(
    failed: &Preempted,
    mut again: impl FnMut(&Preempted) -> io::Result<Ended>,
) -> io::Result<Preempted> {
    let started = Instant::now();
    let verdict = again(failed)?.verdict;
    let mut best = failed.clone();
    let mut index = 0;
    while index < best.preemptions.len() {
        let fewer = best.without(index);
        if again(&fewer)?.verdict == verdict {
            best = fewer;
        } else {
            index += 1;
        }
    }
    let preemptions = best.preemptions.clone();
    let with = |schedule: &Schedule| Preempted {
        schedule: schedule.to_string(),
        preemptions: preemptions.clone(),
    };
    let whole = Schedule::of(&again(&best)?.decisions);
    let short = shortest(&whole, verdict, started, |candidate| {
        again(&with(candidate))
    })?;
    let short = with(&short);
    let fits = short.schedule.len() <= LONGEST || short.schedule.len() < best.schedule.len();
    Ok(match fits && again(&short)?.verdict == verdict {
        true => short,
        false => best,
    })
}
