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

/// Nanoseconds of a tick.
static TICK: OnceLock<f64> = OnceLock::new();

/// How long the comparison with the host's clock takes.
const COMPARISON: Duration = Duration::from_millis(50);

fn tick() -> f64 {
    *TICK.get_or_init(|| {
        let start = (Instant::now(), now());
        while start.0.elapsed() < COMPARISON {
            std::hint::spin_loop();
        }
        let ticks = now() - start.1;
        start.0.elapsed().as_nanos() as f64 / ticks as f64
    })
}

/// Compares the clocks, so that no measurement has to.
pub fn init() {
    tick();
}

/// An interval with nothing in it that is so many times the shortest was disturbed.
const DISTURBED: u64 = 3;

/// Time that was measured, or instructions that were counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watch {
    ticks: u64,
    /// Ticks of intervals with nothing in them, one beside each that was measured:
    /// how long a look at the clock takes changes with the processor's frequency.
    empty: u64,
    /// The shortest of these; 0 before the first.
    least: u64,
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
        let before = now();
        let start = now();
        let result = work();
        let end = now();
        self.add_empty(before, start);
        self.ticks += end.wrapping_sub(start);
        result
    }

    /// Adds the interval between two looks at the clock.
    #[inline(always)]
    pub fn add(&mut self, start: u64, end: u64) {
        let before = now();
        self.add_empty(before, now());
        self.ticks += end.wrapping_sub(start);
    }

    /// Adds an interval with nothing in it, unless something came in between.
    #[inline(always)]
    fn add_empty(&mut self, start: u64, end: u64) {
        let interval = end.wrapping_sub(start);
        if self.least == 0 || interval < self.least {
            self.least = interval;
        }
        self.empty += interval.min(DISTURBED * self.least);
    }

    /// Nanoseconds, without what looking at the clock took.
    pub fn nanoseconds(&self) -> f64 {
        self.ticks.saturating_sub(self.empty) as f64 * tick()
    }
}
