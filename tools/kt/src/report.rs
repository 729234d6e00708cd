//! Progress: one line a stage with its time, on stderr, so that stdout carries
//! results alone.

use std::time::Instant;

/// A stage that is running.
pub struct Stage {
    name: &'static str,
    what: String,
    since: Instant,
}

impl Stage {
    /// Starts the clock.
    pub fn start(name: &'static str, what: &str) -> Self {
        Self {
            name,
            what: what.to_string(),
            since: Instant::now(),
        }
    }

    /// Says that it is done.
    pub fn done(self) {
        let seconds = self.since.elapsed().as_secs_f64();
        eprintln!("{:<9} {} ({seconds:.1} s)", self.name, self.what);
    }
}
