//! How a case is measured: batches of both programs by turns, so that what
//! disturbs one of a pair (another program, a clock that changes) disturbs the
//! other, and the ratio of a pair says little about it.

use std::time::{Duration, Instant};

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

use super::side::{Batch, Case, Side};
use super::stats::{self, Estimate};
use crate::error::{Result, bail};

/// Nanoseconds that a batch ought to take: long enough for the clock, short
/// enough for both of a pair to see the same host.
const BATCH: f64 = 2e6;
/// A batch does not grow any more when it takes so long with what is prepared
/// for it, which is not measured.
const LONGEST: Duration = Duration::from_millis(25);
/// Operations of a batch, at most.
const MOST: u64 = 1_000_000_000;
/// Fewer pairs of a launch than this say too little, whatever the time.
const FEWEST: usize = 5;

/// What runs batches: a program.
pub trait Runs {
    /// Runs so many operations.
    fn run(&mut self, operations: u64) -> Result<Batch>;
}

impl Runs for Side {
    fn run(&mut self, operations: u64) -> Result<Batch> {
        Side::run(self, operations)
    }
}

/// Times of one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Times {
    /// Pairs that were measured.
    pub pairs: usize,
    /// Nanoseconds of an operation, C's.
    pub c: f64,
    /// The Rust object's.
    pub rust: f64,
    /// Rust's time divided by C's: the median of the launches' medians.
    pub ratio: Estimate,
}

/// What was measured of a case, launch by launch.
#[derive(Default)]
pub struct Samples {
    c: Vec<f64>,
    rust: Vec<f64>,
    /// Rust's time divided by C's, of the pairs of each launch.
    ratios: Vec<Vec<f64>>,
}

impl Samples {
    /// Measures a case that both programs are ready for: one launch of them.
    pub fn measure(
        &mut self,
        c: &mut impl Runs,
        rust: &mut impl Runs,
        time: Duration,
        random: &mut Xoshiro256PlusPlus,
    ) -> Result<()> {
        let operations = (batch_size(c)?, batch_size(rust)?);
        let mut ratios = Vec::new();
        let started = Instant::now();
        while ratios.len() < FEWEST || started.elapsed() < time {
            let (c, rust) = if random.random_bool(0.5) {
                let first = c.run(operations.0)?;
                (first, rust.run(operations.1)?)
            } else {
                let first = rust.run(operations.1)?;
                (c.run(operations.0)?, first)
            };
            self.c.push(c.each());
            self.rust.push(rust.each());
            ratios.push(rust.each() / c.each());
        }
        self.ratios.push(ratios);
        Ok(())
    }

    /// The figures of all launches.
    pub fn times(&self, case: &Case, random: &mut Xoshiro256PlusPlus) -> Result<Times> {
        let medians = (stats::median(&self.c), stats::median(&self.rust));
        let (Some(c), Some(rust), Some(ratio)) = (
            medians.0.filter(|&ns| ns > 0.0),
            medians.1.filter(|&ns| ns > 0.0),
            stats::bootstrap(&self.ratios, random),
        ) else {
            bail!("{} takes no time that the clock shows", case.name);
        };
        Ok(Times {
            pairs: self.c.len(),
            c,
            rust,
            ratio,
        })
    }
}

/// How many operations make a batch; finding out warms the caches, too.
fn batch_size(program: &mut impl Runs) -> Result<u64> {
    let mut operations = 1;
    loop {
        let started = Instant::now();
        let batch = program.run(operations)?;
        // What it would take, if operations were all; at the beginning the
        // clock and the first misses are, so it grows by steps.
        let factor = (BATCH / batch.ns.max(1.0)).clamp(0.1, 10.0);
        if factor < 1.5 || started.elapsed() > LONGEST || operations >= MOST {
            return Ok(((operations as f64 * factor.min(1.0)) as u64).max(1));
        }
        operations = (operations as f64 * factor).ceil() as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    const LAUNCHES: usize = 3;

    /// A program whose operations take `each` and whose batches take `start`
    /// besides; every eighth is disturbed.
    struct Fake {
        each: f64,
        asked: Vec<u64>,
    }

    impl Fake {
        fn new(each: f64) -> Self {
            Self {
                each,
                asked: Vec::new(),
            }
        }
    }

    impl Runs for Fake {
        fn run(&mut self, operations: u64) -> Result<Batch> {
            self.asked.push(operations);
            let disturbed = if self.asked.len().is_multiple_of(8) {
                3.0
            } else {
                1.0
            };
            Ok(Batch {
                ops: operations,
                ns: operations as f64 * self.each * disturbed,
            })
        }
    }

    fn case() -> Case {
        Case {
            name: "tdfind/hit-16".to_string(),
            group: "tdfind".to_string(),
            size: Some(16),
            threads: 1,
            unit: "lookup".to_string(),
        }
    }

    fn times(c: &mut Fake, rust: &mut Fake) -> Result<Times> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
        let mut samples = Samples::default();
        for _ in 0..LAUNCHES {
            samples.measure(c, rust, Duration::ZERO, &mut random)?;
        }
        samples.times(&case(), &mut random)
    }

    #[test]
    fn the_ratio_is_found_though_batches_are_disturbed() {
        let (mut c, mut rust) = (Fake::new(40.0), Fake::new(10.0));
        let times = times(&mut c, &mut rust).expect("measured");
        assert_eq!(
            (times.pairs, times.c, times.rust),
            (FEWEST * LAUNCHES, 40.0, 10.0)
        );
        assert_eq!(times.ratio.median, 0.25);
        // Each has batches of about the same time; a disturbed trial makes them
        // shorter.
        let last = |fake: &Fake| *fake.asked.last().expect("batches") as f64 * fake.each;
        for fake in [&c, &rust] {
            assert!(
                (BATCH * 0.2..=BATCH * 1.5).contains(&last(fake)),
                "{}",
                last(fake)
            );
        }
    }

    #[test]
    fn an_operation_longer_than_a_batch_is_run_alone() {
        let (mut c, mut rust) = (Fake::new(3e7), Fake::new(3e6));
        times(&mut c, &mut rust).expect("measured");
        assert!(
            c.asked
                .iter()
                .chain(&rust.asked)
                .all(|&operations| operations == 1)
        );
    }

    #[test]
    fn no_time_is_said_and_not_divided_by() {
        struct Nothing(u32);
        impl Runs for Nothing {
            fn run(&mut self, operations: u64) -> Result<Batch> {
                self.0 += 1;
                // Preparing takes long, the operation nothing.
                std::thread::sleep(if self.0 == 1 {
                    LONGEST * 2
                } else {
                    Duration::ZERO
                });
                Ok(Batch {
                    ops: operations,
                    ns: 0.0,
                })
            }
        }
        let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
        let (mut c, mut rust) = (Nothing(0), Nothing(0));
        let mut samples = Samples::default();
        samples
            .measure(&mut c, &mut rust, Duration::ZERO, &mut random)
            .expect("answers");
        let message = samples
            .times(&case(), &mut random)
            .expect_err("no time")
            .to_string();
        assert!(message.contains("tdfind/hit-16 takes no time"), "{message}");
    }
}
