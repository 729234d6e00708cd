//! Plans are kept whatever the order in which runs end; failures get shorter.

use crate::toy::{COUNTERS, LOST_WAKEUP, Op, TWO_PREEMPTIONS, counted, run};
use fbsd_explorer::plan::{Goal, Next, Plan, RunId};
use fbsd_explorer::{Random, Replay, Schedule, shrink, spec};

/// Works a plan off, `width` runs at once, the last one started ending first
/// if `reverse`.  The runs in order, the failure, and the plan.
fn work_off(
    programs: &[&[Op]],
    goal: Goal,
    width: usize,
    reverse: bool,
    bad: impl Fn(&crate::toy::End) -> bool,
) -> (Vec<(RunId, String)>, Plan) {
    let mut plan = Plan::new(goal);
    let mut going = Vec::new();
    let mut done = Vec::new();
    loop {
        match plan.issue() {
            Next::Run(id, strategy) if going.len() < width => {
                done.push((id, strategy.name()));
                going.push((id, run(programs, strategy)));
                if going.len() < width {
                    continue;
                }
            }
            Next::Run(..) => unreachable!("more than asked for"),
            Next::Done => break,
            Next::Wait => (),
        }
        let index = if reverse { going.len() - 1 } else { 0 };
        let (id, run) = going.remove(index);
        plan.record(id, &run.decisions, bad(&run.end))
            .expect("deterministic");
    }
    done.sort();
    (done, plan)
}

const GOAL: Goal = Goal {
    schedules: 200,
    seed: 1,
    bound: None,
    random: false,
};

#[test]
fn a_small_program_is_enumerated_and_the_rest_is_random() {
    let (runs, plan) = work_off(TWO_PREEMPTIONS, GOAL, 1, false, |_| false);
    assert_eq!(plan.runs(), 200);
    assert_eq!(runs.len(), 200);
    let (bound, count) = plan.complete().expect("something is complete");
    assert!(bound >= 2 && count > 10, "{bound} {count}");
    let random = runs.iter().filter(|(_, name)| name.starts_with("random"));
    let pct = runs.iter().filter(|(_, name)| name.starts_with("pct"));
    assert!(random.count().abs_diff(pct.count()) <= 1);
}

/// What other seeds would only repeat is left out.
#[test]
fn a_random_plan_enumerates_one_run() {
    let goal = Goal {
        random: true,
        ..GOAL
    };
    for seed in [1, 2] {
        let goal = Goal { seed, ..goal };
        let (runs, plan) = work_off(TWO_PREEMPTIONS, goal, 2, false, |_| false);
        assert_eq!(plan.runs(), 200);
        let enumerated = runs
            .iter()
            .filter(|(id, _)| matches!(id, RunId::Enumerated(_)));
        assert_eq!(enumerated.count(), 1);
    }
}

#[test]
fn overlapping_runs_change_nothing() {
    let bad = |end: &crate::toy::End| *end == crate::toy::End::Failed;
    let passing = work_off(TWO_PREEMPTIONS, GOAL, 1, false, |_| false).0;
    let failing = work_off(TWO_PREEMPTIONS, GOAL, 1, false, bad).1.failed();
    assert!(failing.is_some());
    for (width, reverse) in [(2, false), (2, true), (5, false), (5, true)] {
        let runs = work_off(TWO_PREEMPTIONS, GOAL, width, reverse, |_| false).0;
        assert_eq!(runs, passing);
        let failed = work_off(TWO_PREEMPTIONS, GOAL, width, reverse, bad)
            .1
            .failed();
        assert_eq!(failed, failing);
    }
}

#[test]
fn a_failure_ends_the_plan() {
    let (runs, plan) = work_off(COUNTERS, GOAL, 1, false, |_| true);
    assert_eq!(runs.len(), 1);
    assert_eq!(plan.failed(), Some(RunId::Enumerated(0)));
}

#[test]
fn a_bound_is_run_to_its_end() {
    let goal = Goal {
        schedules: 1,
        bound: Some(3),
        ..GOAL
    };
    let (runs, plan) = work_off(LOST_WAKEUP, goal, 2, false, |_| false);
    assert_eq!(plan.complete(), Some((3, runs.len() as u64)));
    assert!(runs.len() > 5);
}

#[test]
fn failures_shrink_to_what_they_need() {
    let fails = |schedule: &Schedule| {
        let run = run(COUNTERS, Box::new(Replay::new(schedule.clone())));
        !counted(&run.end)
    };
    let mut seen = 0;
    for seed in 0..100 {
        let found = run(COUNTERS, Box::new(Random::new(seed))).schedule();
        if fails(&found) {
            let short = shrink::shrink(&found, 100, fails);
            assert!(fails(&short));
            assert_eq!(short.departures(), 1, "{found} became {short}");
            seen += 1;
        }
    }
    assert!(seen > 0);
}

#[test]
fn shrinking_stops_when_it_may_not_try_any_more() {
    let long: Schedule = "AAAAAAAA".parse().expect("valid");
    let mut tries = 0;
    let same = shrink::shrink(&long, 5, |_| {
        tries += 1;
        false
    });
    assert_eq!((tries, same), (5, long));
}

#[test]
fn strategies_have_names_that_are_read_again() {
    for text in ["random:17", "pct:18446744073709551615:3:400", "5A1cB", "-"] {
        assert_eq!(spec::parse(text).expect("valid").name(), text);
    }
    for text in ["", "random", "random:x", "pct:1:2", "5A1", "a b", "dfs:1"] {
        let message = spec::parse(text).err().expect("refused");
        assert!(!message.contains('\n'), "{message}");
    }
}
