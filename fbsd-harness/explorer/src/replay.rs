//! Replaying a schedule.

use crate::point::{Point, Strategy};
use crate::schedule::Schedule;

/// Takes the places of a schedule, and the first one after its end.
pub struct Replay {
    schedule: Schedule,
    next: usize,
}

impl Replay {
    /// Replays `schedule`.
    pub fn new(schedule: Schedule) -> Self {
        Self { schedule, next: 0 }
    }
}

impl Strategy for Replay {
    fn choose(&mut self, point: &Point<'_>) -> usize {
        let rank = usize::from(self.schedule.rank(self.next));
        self.next += 1;
        point
            .ranked()
            .nth(rank.min(point.ways.len().saturating_sub(1)))
            .unwrap_or(0)
    }

    fn name(&self) -> String {
        self.schedule.to_string()
    }
}
