//! The clock: the processor's time stamp counter, in nanoseconds by comparison
//! with the host's clock.

use std::arch::x86_64::{_mm_lfence, _rdtsc};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::step;

/// The counter, read after all that comes before and before all that follows.
#[inline(always)]
pub fn now() -> u64 {
    // SAFETY: every amd64 processor has both instructions.
    unsafe {
        _mm_lfence();
        let ticks = _rdtsc();
        _mm_lfence();
        ticks
    }
}

struct Scale {
    /// Nanoseconds of a tick.
    tick: f64,
    /// Ticks that two looks at the clock take with nothing in between.
    empty: u64,
}

static SCALE: OnceLock<Scale> = OnceLock::new();

/// How long the comparison with the host's clock takes.
const COMPARISON: Duration = Duration::from_millis(50);
/// Empty intervals that are tried.
const EMPTY: usize = 10_000;

fn scale() -> &'static Scale {
    SCALE.get_or_init(|| {
        let start = (Instant::now(), now());
        while start.0.elapsed() < COMPARISON {
            std::hint::spin_loop();
        }
        let ticks = now() - start.1;
        let tick = start.0.elapsed().as_nanos() as f64 / ticks as f64;
        let mut intervals: Vec<u64> = (0..EMPTY)
            .map(|_| {
                let start = now();
                now() - start
            })
            .collect();
        intervals.sort_unstable();
        Scale {
            tick,
            empty: intervals[EMPTY / 2],
        }
    })
}

/// Compares the clocks, so that no measurement has to.
pub fn init() {
    scale();
}

/// Time that was measured, or instructions that were counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watch {
    ticks: u64,
    laps: u64,
    /// Counts the object's instructions instead.
    steps: bool,
}

impl Watch {
    /// One that counts instructions: [`step::taken`] has them.
    pub fn of_instructions() -> Self {
        Self {
            steps: true,
            ..Self::default()
        }
    }

    /// Measures `work`.
    #[inline(always)]
    pub fn lap<R>(&mut self, work: impl FnOnce() -> R) -> R {
        if self.steps {
            return step::through(work);
        }
        let start = now();
        let result = work();
        self.add(start, now());
        result
    }

    /// Adds the interval between two looks at the clock.
    #[inline(always)]
    pub fn add(&mut self, start: u64, end: u64) {
        self.ticks += end.wrapping_sub(start);
        self.laps += 1;
    }

    /// Nanoseconds, without what looking at the clock took.
    pub fn nanoseconds(&self) -> f64 {
        let scale = scale();
        let looks = self.laps * scale.empty;
        self.ticks.saturating_sub(looks) as f64 * scale.tick
    }
}
