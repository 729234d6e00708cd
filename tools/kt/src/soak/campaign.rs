//! The soak itself: workers that carry jobs out, and the one thread that counts,
//! saves, keeps failures and says when it is over.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::failures::{Failure, Failures};
use super::mix::Kind;
use super::state::{Job, State, Totals};
use crate::error::{Result, bail};

/// How often the time is looked at.
const GLANCE: Duration = Duration::from_millis(50);
/// Time between two lines.
const LINE: Duration = Duration::from_secs(60);
/// Time between two savings of the state.
const SAVE: Duration = Duration::from_secs(15);
/// Time that jobs have to end when the soak is over.
const GRACE: Duration = Duration::from_secs(3);
/// Time after which workers are left behind.
const PATIENCE: Duration = Duration::from_secs(5);

/// Carries jobs out.
pub trait Hand: Send + 'static {
    /// Is called once, in the worker's thread.
    fn settle(&mut self);

    /// Carries a job out and tells each failure to `found`; `None` if it was
    /// cut off.
    fn carry_out(&mut self, job: Job, found: &mut dyn FnMut(Failure)) -> Result<Option<Totals>>;
}

/// What a soak is to do.
pub struct Campaign {
    /// How long.
    pub time: Duration,
    /// The kinds of work.
    pub kinds: Vec<Kind>,
    /// Raised from outside when it is to stop.
    pub stop: Arc<AtomicBool>,
    /// Raised by it when jobs are not worth finishing.
    pub give_up: Arc<AtomicBool>,
    /// Where its state is saved.
    pub path: PathBuf,
    /// Where failures are kept.
    pub failures: Failures,
}

/// What a worker has to say.
enum Word {
    Found(Failure),
    Done(Job, Duration, Totals),
    Trouble(crate::error::Error),
}

impl Campaign {
    /// Goes on from `state` and gives the state at its end, which is saved.
    pub fn run<H: Hand>(
        mut self,
        state: State,
        hands: Vec<H>,
        mut say: impl FnMut(&str),
    ) -> Result<State> {
        state.save(&self.path)?;
        let state = Arc::new(Mutex::new(state));
        let over = Arc::new(AtomicBool::new(false));
        let (sender, words) = mpsc::channel();
        for mut hand in hands {
            let (state, over, sender) = (Arc::clone(&state), Arc::clone(&over), sender.clone());
            let kinds = self.kinds.clone();
            thread::spawn(move || {
                hand.settle();
                work(&mut hand, &kinds, &state, &over, &sender);
            });
        }
        // The workers have the others: when they are gone, so is the channel.
        drop(sender);
        let ended = self.listen(&words, &state, &over, &mut say);
        over.store(true, Ordering::Relaxed);
        let state = lock(&state).clone();
        state.save(&self.path)?;
        ended.map(|()| state)
    }

    /// Hears the workers until they are done.
    fn listen(
        &mut self,
        words: &Receiver<Word>,
        state: &Mutex<State>,
        over: &AtomicBool,
        say: &mut impl FnMut(&str),
    ) -> Result<()> {
        let started = Instant::now();
        let before = lock(state).totals.milliseconds;
        let (mut told, mut saved) = (started, started);
        let mut stopped = None;
        let mut trouble = None;
        loop {
            let word = words.recv_timeout(GLANCE);
            let mut state = lock(state);
            state.totals.milliseconds = before + started.elapsed().as_millis() as u64;
            match word {
                Ok(Word::Found(failure)) => {
                    if self.failures.keep(&failure)? {
                        say(&failure.to_string());
                    }
                }
                Ok(Word::Done(job, took, counted)) => state.done(job, took, counted),
                Ok(Word::Trouble(error)) => {
                    over.store(true, Ordering::Relaxed);
                    trouble.get_or_insert(error);
                }
                Err(RecvTimeoutError::Timeout) => (),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if told.elapsed() >= LINE {
                told = Instant::now();
                say(&state.totals.to_string());
            }
            if saved.elapsed() >= SAVE {
                saved = Instant::now();
                state.save(&self.path)?;
            }
            if started.elapsed() >= self.time || self.stop.load(Ordering::Relaxed) {
                over.store(true, Ordering::Relaxed);
            }
            if over.load(Ordering::Relaxed) {
                let since = stopped.get_or_insert_with(Instant::now).elapsed();
                self.give_up.store(since >= GRACE, Ordering::Relaxed);
                if since >= PATIENCE {
                    break;
                }
            }
        }
        match trouble {
            // What an interrupt did to a child is no trouble.
            Some(error) if !self.stop.load(Ordering::Relaxed) => Err(error),
            _ if stopped.is_none() => bail!("the soak's workers ended before their time"),
            _ => Ok(()),
        }
    }
}

/// One worker: job after job.
fn work(
    hand: &mut impl Hand,
    kinds: &[Kind],
    state: &Mutex<State>,
    over: &AtomicBool,
    words: &Sender<Word>,
) {
    while !over.load(Ordering::Relaxed) {
        let Some(job) = lock(state).take(kinds) else {
            return;
        };
        let started = Instant::now();
        let mut found = |failure| {
            let _ = words.send(Word::Found(failure));
        };
        let word = match hand.carry_out(job, &mut found) {
            Ok(Some(counted)) => Word::Done(job, started.elapsed(), counted),
            // It stays open, and is done when the soak is resumed.
            Ok(None) => return,
            Err(error) => Word::Trouble(error),
        };
        let troubled = matches!(word, Word::Trouble(_));
        if words.send(word).is_err() || troubled {
            return;
        }
    }
}

/// A worker that panicked has not left the state half changed.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::scratch::Scratch;

    /// Every job takes a millisecond; job 5 fails, and job `bad` is trouble.
    struct Fake {
        seen: Arc<Mutex<Vec<u64>>>,
        bad: u64,
    }

    impl Hand for Fake {
        fn settle(&mut self) {}

        fn carry_out(
            &mut self,
            job: Job,
            found: &mut dyn FnMut(Failure),
        ) -> Result<Option<Totals>> {
            thread::sleep(Duration::from_millis(1));
            if job.number == self.bad {
                return Err(Error::new("the C side has ended"));
            }
            self.seen.lock().expect("no panic").push(job.number);
            let failures = u64::from(job.number == 5);
            for _ in 0..failures {
                found(Failure {
                    what: "divergence".to_string(),
                    again: "make diff".to_string(),
                });
            }
            Ok(Some(Totals {
                schedules: 1,
                failures,
                ..Totals::default()
            }))
        }
    }

    struct Ran {
        ended: Result<State>,
        seen: Vec<u64>,
        said: Vec<String>,
    }

    fn ran(dir: &Scratch, state: State, bad: u64, stop: bool, milliseconds: u64) -> Ran {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let campaign = Campaign {
            time: Duration::from_millis(milliseconds),
            kinds: vec![Kind::Schedules],
            stop: Arc::new(AtomicBool::new(stop)),
            give_up: Arc::new(AtomicBool::new(false)),
            path: dir.path().join("state.json"),
            failures: Failures::open(&dir.path().join("failures.txt")).expect("a folder"),
        };
        let hands = (0..2).map(|_| Fake {
            seen: Arc::clone(&seen),
            bad,
        });
        let mut said = Vec::new();
        let ended = campaign.run(state, hands.collect(), |line| said.push(line.to_string()));
        let seen = seen.lock().expect("no panic").clone();
        Ran { ended, seen, said }
    }

    /// Two soaks of a seed together do what one of twice the time does: no job
    /// is left out and none is done twice, and a failure is kept once.
    #[test]
    fn what_is_resumed_goes_on() {
        let dir = Scratch::new("soak-campaign");
        let path = dir.path().join("state.json");
        let first = ran(&dir, State::new(1, "a"), u64::MAX, false, 300);
        let totals = first.ended.expect("no trouble").totals;
        assert_eq!(totals.schedules, first.seen.len() as u64);
        assert_eq!((totals.failures, first.said.len()), (1, 1));
        assert!(totals.milliseconds >= 300, "{totals}");

        let state = State::resume(&path, 1, "a").expect("read").expect("saved");
        let second = ran(&dir, state, u64::MAX, false, 300);
        let mut all = [first.seen, second.seen].concat();
        all.sort_unstable();
        assert_eq!(all, (0..all.len() as u64).collect::<Vec<u64>>());
        let totals = second.ended.expect("no trouble").totals;
        assert_eq!(totals.schedules, all.len() as u64);
        let kept = std::fs::read_to_string(dir.path().join("failures.txt")).expect("kept");
        assert_eq!(kept, "divergence\tmake diff\n");

        // The same jobs again: the failure counts, but is not kept twice.
        let again = ran(&dir, State::new(1, "a"), u64::MAX, false, 300);
        assert_eq!(again.ended.expect("no trouble").totals.failures, 1);
        assert_eq!(again.said, Vec::<String>::new());
    }

    /// What cannot be run ends the soak with its message; the job is tried
    /// again when it is resumed.
    #[test]
    fn trouble_is_told_and_its_job_stays_open() {
        let dir = Scratch::new("soak-trouble");
        let path = dir.path().join("state.json");
        let first = ran(&dir, State::new(1, "a"), 7, false, 60_000);
        let message = first.ended.expect_err("trouble").to_string();
        assert_eq!(message, "the C side has ended");
        let state = State::resume(&path, 1, "a").expect("read").expect("saved");
        let second = ran(&dir, state, u64::MAX, false, 50);
        // Another job begins with it and may end first.
        assert_eq!(second.seen.iter().min(), Some(&7));
    }

    /// A signal that comes at once leaves a state that can be resumed.
    #[test]
    fn a_signal_ends_it_and_saves() {
        let dir = Scratch::new("soak-signal");
        let started = Instant::now();
        let stopped = ran(&dir, State::new(1, "a"), u64::MAX, true, 60_000);
        assert!(started.elapsed() < PATIENCE);
        let state = State::resume(&dir.path().join("state.json"), 1, "a");
        let totals = state.expect("read").expect("saved").totals;
        assert_eq!(totals, stopped.ended.expect("no trouble").totals);
    }
}
