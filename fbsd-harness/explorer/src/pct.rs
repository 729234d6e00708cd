//! Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi and
//! Nagarakatte, ASPLOS 2010).
//!
//! Every thread has a random priority and the highest one that can run does.
//! At `depth - 1` random decisions the running thread drops below all others.
//! A bug that needs `depth` ordering constraints is found with a probability
//! of at least 1 / (threads * length^(depth - 1)), however long the run is
//! apart from that.

use crate::point::{Point, Strategy, ThreadId};
use crate::rng::Rng;

/// Priorities that are drawn lie above this; lowered ones below.
const BASE: u64 = 1 << 32;

/// The PCT schedule of a seed.
pub struct Pct {
    seed: u64,
    depth: u32,
    length: u64,
    rng: Rng,
    priorities: Vec<Option<u64>>,
    changes: Vec<u64>,
    decisions: u64,
    lowest: u64,
}

impl Pct {
    /// Depth `depth`, in a run of about `length` decisions.
    pub fn new(seed: u64, depth: u32, length: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x7063_745f_7365_6564);
        let mut changes: Vec<u64> = (1..depth).map(|_| rng.below(length.max(1))).collect();
        changes.sort_unstable();
        Self {
            seed,
            depth,
            length,
            rng,
            priorities: Vec::new(),
            changes,
            decisions: 0,
            lowest: BASE,
        }
    }

    fn priority(&mut self, thread: ThreadId) -> u64 {
        let index = usize::from(thread);
        if self.priorities.len() <= index {
            self.priorities.resize(index + 1, None);
        }
        let rng = &mut self.rng;
        *self.priorities[index].get_or_insert_with(|| BASE + 1 + (rng.draw() >> 24))
    }

    fn lower(&mut self, thread: ThreadId) {
        self.priority(thread);
        self.lowest -= 1;
        self.priorities[usize::from(thread)] = Some(self.lowest);
    }

    /// The way whose thread has the highest priority, the first of equals.
    fn best(&mut self, point: &Point<'_>) -> usize {
        let mut best = (0, 0);
        for (index, way) in point.ways.iter().enumerate() {
            let priority = self.priority(way.thread);
            if priority > best.1 {
                best = (index, priority);
            }
        }
        best.0
    }
}

impl Strategy for Pct {
    fn choose(&mut self, point: &Point<'_>) -> usize {
        let decision = self.decisions;
        self.decisions += 1;
        while self.changes.first() == Some(&decision) {
            self.changes.remove(0);
            let best = self.best(point);
            self.lower(point.ways[best].thread);
        }
        // A thread that waits for others lets all of them go first.
        if let Some(thread) = point.yielding() {
            self.lower(thread);
        }
        self.best(point)
    }

    fn name(&self) -> String {
        format!("pct:{}:{}:{}", self.seed, self.depth, self.length)
    }
}
