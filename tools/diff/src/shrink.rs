//! The least run that still shows what a run showed.

use fbsd_explorer::{Schedule, shrink};
use fbsd_program::Program;
use proptest::strategy::ValueTree;

use crate::Result;
use crate::run::{Run, Subject};

/// Runs that making a program simpler may take.
const PROGRAM_TRIES: u32 = 400;
/// Runs that shortening a schedule may take.
const SCHEDULE_TRIES: u32 = 300;

/// The simplest program of `tree` that still shows it under the schedule.
pub fn program(
    tree: &mut impl ValueTree<Value = Program>,
    schedule: &str,
    mut shows: impl FnMut(&Run) -> Result<bool>,
) -> Result<Run> {
    let run = |tree: &dyn ValueTree<Value = Program>| Run {
        subject: Subject::Program(tree.current()),
        schedule: schedule.to_string(),
    };
    let mut best = run(tree);
    let mut left = PROGRAM_TRIES;
    let mut simpler = tree.simplify();
    while simpler && left > 0 {
        left -= 1;
        let candidate = run(tree);
        simpler = if shows(&candidate)? {
            best = candidate;
            tree.simplify()
        } else {
            tree.complicate()
        };
    }
    Ok(best)
}

/// The run under a schedule as short as can be found.  `schedule` is what the
/// run did, written out.
pub fn schedule(
    run: &Run,
    schedule: &str,
    mut shows: impl FnMut(&Run) -> Result<bool>,
) -> Result<Run> {
    let Ok(whole) = schedule.parse::<Schedule>() else {
        return Ok(run.clone());
    };
    // It may not show it when it is replayed: one side went on differently.
    if !shows(&run.under(schedule))? {
        return Ok(run.clone());
    }
    let mut trouble = None;
    let shortest = shrink::shrink(&whole, SCHEDULE_TRIES, |candidate| {
        match shows(&run.under(&candidate.to_string())) {
            Ok(shown) => shown,
            Err(cause) => {
                trouble = Some(cause);
                false
            }
        }
    });
    match trouble {
        Some(cause) => Err(cause),
        None => Ok(run.under(&shortest.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::Source;
    use fbsd_program::Call;

    fn forks(program: &Program) -> bool {
        program
            .bodies
            .iter()
            .flatten()
            .any(|call| matches!(call, Call::Fork { .. }))
    }

    /// The simplest program that forks has one step of a thread: the fork.
    #[test]
    fn what_does_not_matter_is_dropped() {
        let mut source = Source::new(1);
        let mut tree = loop {
            let tree = source.program().expect("a program");
            if forks(&tree.current()) {
                break tree;
            }
        };
        let run = program(&mut tree, "-", |run| match &run.subject {
            Subject::Program(program) => Ok(forks(program)),
            Subject::Scenario(_) => Ok(false),
        })
        .expect("no trouble");
        let Subject::Program(program) = run.subject else {
            panic!("a program becomes a program");
        };
        assert!(forks(&program));
        assert!(program.bodies.iter().flatten().count() <= 2, "{program}");
    }

    #[test]
    fn a_schedule_becomes_short() {
        let run = Run {
            subject: Subject::Scenario("S40".to_string()),
            schedule: "random:1".to_string(),
        };
        let long = "5A1cB9A2AAA4B";
        let shown = schedule(&run, long, |run| Ok(run.schedule.contains('B'))).expect("no trouble");
        assert!(shown.schedule.len() < long.len(), "{}", shown.schedule);
        assert!(shown.schedule.contains('B'));
    }
}
