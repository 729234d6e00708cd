//! Many runs on both sides.

use fbsd_program::{Program, Situation};
use proptest::strategy::ValueTree;

use crate::Result;
use crate::allowed::Entry;
use crate::generate::Source;
use crate::report::Fields;
use crate::run::{Ended, Run, Subject};
use crate::shrink;
use crate::side::{Event, Side};

/// The two programs.
pub struct Sides {
    /// The one that is right by definition.
    pub c: Side,
    /// The one that is compared with it.
    pub rust: Side,
    /// What may differ, and whether it did.
    allowed: Vec<(Entry, bool)>,
}

impl Sides {
    /// Two programs between which nothing may differ.
    pub fn new(c: Side, rust: Side) -> Self {
        Self {
            c,
            rust,
            allowed: Vec::new(),
        }
    }

    /// The same, but for what the entries allow.
    pub fn allowing(mut self, entries: &[Entry], fields: &Fields) -> Result<Self> {
        for (index, entry) in entries.iter().enumerate() {
            for request in entry.requests(index, fields)? {
                self.c.allow(&request)?;
                self.rust.allow(&request)?;
            }
            self.allowed.push((entry.clone(), false));
        }
        Ok(self)
    }

    /// The first entry that allows what no run did so far, though one should have.
    pub fn unused(&self) -> Option<&Entry> {
        let mut allowed = self.allowed.iter();
        let unused = allowed.find(|(entry, used)| !used && !entry.seldom);
        unused.map(|(entry, _)| entry)
    }

    /// Carries a run out on both sides at once.
    pub fn both(&mut self, run: &Run) -> Result<(Ended, Ended)> {
        self.c.request(run)?;
        self.rust.request(run)?;
        let (c, rust) = (self.c.ended()?, self.rust.ended()?);
        for ((_, used), differs) in self.allowed.iter_mut().zip(differing(&c, &rust)) {
            *used |= differs;
        }
        Ok((c, rust))
    }

    /// Whether both sides did the same in a run: all of it, or what comes before
    /// the first wait for a lock that only one of them need have.
    pub fn same(&mut self, run: &Run, c: &Ended, rust: &Ended) -> Result<bool> {
        let Some(events) = c.parted.into_iter().chain(rust.parted).min() else {
            return Ok(c.equals(rust));
        };
        let (c, rust) = (self.c.trace(run)?, self.rust.trace(run)?);
        Ok(equal_up_to(&c, &rust, events))
    }

    /// Whether a run shows what another one did, which ended with `verdict`.
    fn show(&mut self, run: &Run, what: What, verdict: &str) -> Result<bool> {
        let (c, rust) = self.both(run)?;
        Ok(match what {
            What::Divergence => !self.same(run, &c, &rust)?,
            What::Failure => c.verdict == verdict && self.same(run, &c, &rust)?,
        })
    }
}

/// Which allowed divergences there were in a run.
fn differing(c: &Ended, rust: &Ended) -> Vec<bool> {
    let pairs = c.aside.iter().zip(&rust.aside);
    pairs.map(|(c, rust)| c != rust).collect()
}

/// Whether the first `events` events of two traces are the same.
fn equal_up_to(c: &[Event], rust: &[Event], events: u64) -> bool {
    let first = |trace: &[Event]| -> Vec<Event> {
        let trace = trace.iter().filter(|event| event.position < events);
        trace.cloned().collect()
    };
    first(c) == first(rust)
}

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Order {
    /// Other seeds give other programs and schedules.
    pub seed: u64,
    /// How many runs.
    pub runs: u64,
    /// The ids of the scenarios.
    pub scenarios: Vec<String>,
    /// The runs of the regression list.
    pub seeds: Vec<Run>,
    /// Whether to run generated programs after the scenarios.
    pub programs: bool,
    /// After so many divergences it ends.
    pub enough: usize,
    /// Whether to look for the least run that shows a finding.
    pub reduce: bool,
}

/// What a run showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The sides differ.
    Divergence,
    /// Both sides fail alike: the program, or the simulated kernel, is wrong.
    Failure,
}

/// A run that showed something, and the least one that does.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What.
    pub what: What,
    /// The run that was made.
    pub found: Run,
    /// The run it was reduced to.
    pub least: Run,
}

/// What came of an order.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Runs on each side, those for reducing a finding not counted.
    pub runs: u64,
    /// In the order in which they were found.
    pub findings: Vec<Finding>,
    /// Runs of generated programs.
    pub programs: u64,
    /// How many of those met each situation.
    pub met: [u64; Situation::ALL.len()],
}

impl Outcome {
    /// How many findings are of one kind.
    pub fn count(&self, what: What) -> usize {
        let found = self.findings.iter();
        found.filter(|finding| finding.what == what).count()
    }

    /// Counts what a run of a generated program met.
    fn meet(&mut self, met: u64) {
        self.programs += 1;
        for (situation, runs) in Situation::ALL.iter().zip(&mut self.met) {
            *runs += u64::from(met & situation.bit() != 0);
        }
    }

    /// The table of situations: how many runs met each.
    pub fn situations(&self) -> String {
        let lines = Situation::ALL.iter().zip(self.met);
        let lines = lines.map(|(situation, runs)| format!("  {runs:>7}  {}\n", situation.name()));
        format!(
            "diff: of {} runs of generated programs met\n{}",
            self.programs,
            lines.collect::<String>()
        )
    }
}

/// A part of an order's runs is scenarios: one of so many.
const SCENARIO_SHARE: u64 = 3;
/// Runs of one program, each under another schedule.
const SCHEDULES: u64 = 4;
/// Findings of each kind that are reduced: it takes hundreds of runs.
const REDUCED: usize = 5;
/// Change points of PCT schedules.
const DEPTH: u32 = 3;

/// Carries an order out; `heard` is told the number of runs so far, and of each
/// finding.
pub fn compare(
    sides: &mut Sides,
    order: &Order,
    mut heard: impl FnMut(u64, Option<(&Finding, &mut Sides)>) -> Result<()>,
) -> Result<Outcome> {
    let mut campaign = Campaign {
        sides,
        outcome: Outcome::default(),
        order,
    };
    for run in &order.seeds {
        campaign.one(run, None::<&mut NoTree>, &mut heard)?;
    }
    campaign.scenarios(&mut heard)?;
    if order.programs {
        campaign.programs(&mut heard)?;
    }
    Ok(campaign.outcome)
}

struct Campaign<'a> {
    sides: &'a mut Sides,
    outcome: Outcome,
    order: &'a Order,
}

/// What a scenario has in place of a program that shrinks.
struct NoTree;

impl ValueTree for NoTree {
    type Value = Program;
    fn current(&self) -> Program {
        Program::default()
    }
    fn simplify(&mut self) -> bool {
        false
    }
    fn complicate(&mut self) -> bool {
        false
    }
}

impl Campaign<'_> {
    fn is_over(&self) -> bool {
        self.outcome.count(What::Divergence) >= self.order.enough
    }

    /// Every scenario under the schedule without preemption, then under others
    /// by turns; long ones not in every round.
    fn scenarios(
        &mut self,
        heard: &mut impl FnMut(u64, Option<(&Finding, &mut Sides)>) -> Result<()>,
    ) -> Result<()> {
        let share = match self.order.programs {
            true => self.order.runs / SCENARIO_SHARE,
            false => self.order.runs,
        };
        let mut steps = vec![0; self.order.scenarios.len()];
        for round in 0.. {
            for (id, steps) in self.order.scenarios.iter().zip(&mut steps) {
                if self.outcome.runs >= share || self.is_over() {
                    return Ok(());
                }
                if !has_turn(round, *steps) {
                    continue;
                }
                let run = Run {
                    subject: Subject::Scenario(id.clone()),
                    schedule: nth_schedule(round, self.order.seed, *steps),
                };
                let ended = self.one(&run, None::<&mut NoTree>, heard)?;
                *steps = ended.steps;
            }
            if self.order.scenarios.is_empty() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Programs, each under some schedules.
    fn programs(
        &mut self,
        heard: &mut impl FnMut(u64, Option<(&Finding, &mut Sides)>) -> Result<()>,
    ) -> Result<()> {
        let mut source = Source::new(self.order.seed);
        for number in 0.. {
            let mut tree = source.program()?;
            let mut steps = 0;
            for round in 0..SCHEDULES {
                if self.outcome.runs >= self.order.runs || self.is_over() {
                    return Ok(());
                }
                let seed = self.order.seed.wrapping_add(number);
                let run = Run {
                    subject: Subject::Program(tree.current()),
                    schedule: nth_schedule(round, seed, steps),
                };
                let found = self.outcome.findings.len();
                let ended = self.one(&run, Some(&mut tree), heard)?;
                self.outcome.meet(ended.met);
                steps = ended.steps;
                if self.outcome.findings.len() > found {
                    // The tree is that of the least program now.
                    break;
                }
            }
        }
        Ok(())
    }

    /// One run on both sides, and what it shows.
    fn one(
        &mut self,
        run: &Run,
        tree: Option<&mut impl ValueTree<Value = Program>>,
        heard: &mut impl FnMut(u64, Option<(&Finding, &mut Sides)>) -> Result<()>,
    ) -> Result<Ended> {
        let (c, rust) = self.sides.both(run)?;
        self.outcome.runs += 1;
        let what = match (self.sides.same(run, &c, &rust)?, c.passed()) {
            (true, true) => {
                heard(self.outcome.runs, None)?;
                return Ok(c);
            }
            (true, false) => What::Failure,
            (false, _) => What::Divergence,
        };
        let first_ones = self.outcome.count(what) < REDUCED;
        let least = match self.order.reduce && first_ones {
            true => self.reduce(run, what, &c, tree)?,
            false => run.clone(),
        };
        let finding = Finding {
            what,
            found: run.clone(),
            least,
        };
        heard(self.outcome.runs, Some((&finding, self.sides)))?;
        self.outcome.findings.push(finding);
        Ok(c)
    }

    /// The least run that shows the same.
    fn reduce(
        &mut self,
        run: &Run,
        what: What,
        ended: &Ended,
        tree: Option<&mut impl ValueTree<Value = Program>>,
    ) -> Result<Run> {
        let sides = &mut *self.sides;
        let mut shows = |run: &Run| sides.show(run, what, &ended.verdict);
        let least = match tree {
            Some(tree) => shrink::program(tree, &run.schedule, &mut shows)?,
            None => run.clone(),
        };
        let (c, _) = self.sides.both(&least)?;
        let sides = &mut *self.sides;
        shrink::schedule(&least, &c.schedule, |run| {
            sides.show(run, what, &ended.verdict)
        })
    }
}

/// Whether a scenario whose last run had so many steps has a run in a round.  A
/// few with thousands of threads would take half of the time.
fn has_turn(round: u64, steps: u64) -> bool {
    /// A run with more steps is long.
    const LONG: u64 = 10_000;
    /// A long one has one round of so many.
    const RARELY: u64 = 8;
    steps <= LONG || round.is_multiple_of(RARELY)
}

/// The schedule of a round: first the one without preemption, then random and
/// PCT by turns, for which the number of steps of a run is wanted.
fn nth_schedule(round: u64, seed: u64, steps: u64) -> String {
    let seed = seed.wrapping_mul(1_000_003).wrapping_add(round);
    match round {
        0 => "-".to_string(),
        odd if odd % 2 == 1 => format!("random:{seed}"),
        _ => format!("pct:{seed}:{DEPTH}:{}", steps.max(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two sides of which one waits for a lock of its own at the third event
    /// are compared up to there.
    #[test]
    fn a_run_counts_up_to_where_it_parts() {
        let trace = |states: &[&str]| -> Vec<Event> {
            let events = states.iter().enumerate().map(|(position, state)| Event {
                position: position as u64,
                state: state.to_string(),
                text: "mtx_lock(P1)".to_string(),
            });
            events.collect()
        };
        let (c, rust) = (trace(&["1", "2", "3"]), trace(&["1", "2", "4", "5"]));
        assert!(equal_up_to(&c, &rust, 2));
        assert!(!equal_up_to(&c, &rust, 3));
        assert!(!equal_up_to(&c, &trace(&["1"]), 2));
    }

    /// An allowed divergence is used when the sides left different things out.
    #[test]
    fn an_allowed_divergence_is_used_where_the_sides_differ() {
        let ended = |aside: &str| {
            let line = format!("passed\tabc\t12\t5A\t0\t-\t{aside}\t");
            Ended::parse(&line).expect("eight fields")
        };
        let (c, rust) = (ended("0,5,7"), ended("0,5,8"));
        assert!(c.equals(&rust));
        assert_eq!(differing(&c, &rust), [false, false, true]);
    }

    #[test]
    fn situations_are_counted_by_run() {
        let mut outcome = Outcome::default();
        outcome.meet(Situation::Exit.bit() | Situation::NoStack.bit());
        outcome.meet(Situation::NoStack.bit());
        let table = outcome.situations();
        for line in [
            "of 2 runs",
            "1  single-threading to exit",
            "2  no kernel",
            "0  kern.max",
        ] {
            assert!(table.contains(line), "{line}: {table}");
        }
    }

    #[test]
    fn long_scenarios_have_fewer_runs() {
        assert!((0..20).all(|round| has_turn(round, 3000)));
        let rounds: Vec<_> = (0..20).filter(|&round| has_turn(round, 25_000)).collect();
        assert_eq!(rounds, [0, 8, 16]);
    }

    #[test]
    fn schedules_alternate_and_depend_on_the_seed() {
        assert_eq!(nth_schedule(0, 5, 100), "-");
        assert!(nth_schedule(1, 5, 100).starts_with("random:"));
        assert!(nth_schedule(2, 5, 100).ends_with(":3:100"));
        assert_ne!(nth_schedule(1, 5, 0), nth_schedule(3, 5, 0));
        assert_ne!(nth_schedule(1, 5, 0), nth_schedule(1, 6, 0));
        for round in 0..6 {
            let spec = nth_schedule(round, 9, 40);
            assert!(fbsd_explorer::spec::parse(&spec).is_ok(), "{spec}");
        }
    }
}
