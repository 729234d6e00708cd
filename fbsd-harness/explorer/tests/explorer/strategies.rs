//! The strategies find planted bugs, and are what they claim to be.

use std::collections::HashSet;

use crate::toy::{COUNTERS, End, LOST_WAKEUP, Op, TWO_PREEMPTIONS, counted, run, spinner};
use fbsd_explorer::{Frontier, Pct, Random, Replay, Schedule, Strategy};
use proptest::prelude::*;

/// All runs with at most so many preemptions.
fn all_runs(programs: &[&[Op]], bound: u32) -> Vec<crate::toy::Run> {
    let mut frontier = Frontier::new(bound);
    let mut runs = Vec::new();
    while let Some(strategy) = frontier.strategy() {
        let run = run(programs, Box::new(strategy));
        frontier.record(&run.decisions).expect("deterministic");
        runs.push(run);
        assert!(runs.len() < 100_000, "the search does not end");
    }
    runs
}

fn finds(programs: &[&[Op]], bound: u32, bad: impl Fn(&End) -> bool) -> bool {
    all_runs(programs, bound).iter().any(|run| bad(&run.end))
}

#[test]
fn racing_counters_take_one_preemption() {
    assert!(!finds(COUNTERS, 0, |end| !counted(end)));
    assert!(finds(COUNTERS, 1, |end| !counted(end)));
}

#[test]
fn a_lost_wakeup_takes_one_preemption() {
    let lost = |end: &End| *end == End::Deadlock;
    // Without preemption the first thread may also begin, and then it sleeps
    // before the other one wakes it.
    assert!(!finds(LOST_WAKEUP, 0, lost));
    assert!(finds(LOST_WAKEUP, 1, lost));
}

#[test]
fn the_bound_is_a_bound() {
    let failed = |end: &End| *end == End::Failed;
    assert!(!finds(TWO_PREEMPTIONS, 1, failed));
    assert!(finds(TWO_PREEMPTIONS, 2, failed));
    for run in all_runs(TWO_PREEMPTIONS, 2) {
        let preemptions = run.decisions.iter().filter(|decision| decision.preempts());
        assert!(preemptions.count() <= 2);
    }
}

#[test]
fn without_a_bound_every_interleaving_comes_once() {
    let thread: &[Op] = &[Op::Load(0), Op::Load(0), Op::Load(0)];
    let runs = all_runs(&[thread, thread], 100);
    let orders: HashSet<Vec<u16>> = runs.iter().map(|run| run.order.clone()).collect();
    // Six steps, three of which are the first thread's.
    assert_eq!(orders.len(), 20);
    assert_eq!(runs.len(), 20);
    let three = all_runs(&[thread, thread, thread], 100);
    let orders: HashSet<Vec<u16>> = three.iter().map(|run| run.order.clone()).collect();
    assert_eq!((orders.len(), three.len()), (1680, 1680));
}

#[test]
fn one_preemption_more_only_adds_schedules() {
    let orders = |bound| -> HashSet<Vec<u16>> {
        let runs = all_runs(TWO_PREEMPTIONS, bound);
        runs.into_iter().map(|run| run.order).collect()
    };
    for bound in 0..4 {
        assert!(orders(bound).is_subset(&orders(bound + 1)));
    }
}

fn seeds_that_find(
    programs: &[&[Op]],
    strategy: impl Fn(u64) -> Box<dyn Strategy>,
    bad: impl Fn(&End) -> bool,
) -> usize {
    (0..1000)
        .filter(|&seed| bad(&run(programs, strategy(seed)).end))
        .count()
}

#[test]
fn random_schedules_find_all_of_them() {
    let random = |seed| -> Box<dyn Strategy> { Box::new(Random::new(seed)) };
    assert!(seeds_that_find(COUNTERS, random, |end| !counted(end)) > 20);
    assert!(seeds_that_find(LOST_WAKEUP, random, |end| *end == End::Deadlock) > 20);
    assert!(seeds_that_find(TWO_PREEMPTIONS, random, |end| *end == End::Failed) > 5);
}

#[test]
fn pct_keeps_its_promise() {
    // Depth 2: at least 1 in threads * length, here 1 in 2 * 4.
    let pct = |seed| -> Box<dyn Strategy> { Box::new(Pct::new(seed, 2, 4)) };
    assert!(seeds_that_find(COUNTERS, pct, |end| !counted(end)) >= 1000 / 8);
    let pct = |seed| -> Box<dyn Strategy> { Box::new(Pct::new(seed, 2, 5)) };
    assert!(seeds_that_find(LOST_WAKEUP, pct, |end| *end == End::Deadlock) >= 1000 / 10);
    // Depth 3, seven steps: 1 in 2 * 49.
    let pct = |seed| -> Box<dyn Strategy> { Box::new(Pct::new(seed, 3, 7)) };
    assert!(seeds_that_find(TWO_PREEMPTIONS, pct, |end| *end == End::Failed) >= 1000 / 98);
}

#[test]
fn nobody_loops_for_ever() {
    for op in [Op::SpinWhileZero as fn(usize) -> Op, Op::YieldWhileZero] {
        let programs = spinner(op);
        let programs: Vec<&[Op]> = programs.iter().map(Vec::as_slice).collect();
        let strategies: [Box<dyn Strategy>; 3] = [
            Box::new(Replay::new(Schedule::default())),
            Box::new(Random::new(1)),
            Box::new(Pct::new(7, 3, 10)),
        ];
        for strategy in strategies {
            let name = strategy.name();
            let run = run(&programs, strategy);
            assert!(matches!(run.end, End::Done(_)), "{name}: {:?}", run.end);
        }
        for seed in 0..200 {
            let run = run(&programs, Box::new(Pct::new(seed, 3, 10)));
            assert!(matches!(run.end, End::Done(_)), "seed {seed}");
        }
    }
}

#[test]
fn a_machine_that_is_not_deterministic_is_noticed() {
    let mut frontier = Frontier::new(2);
    let first = frontier.strategy().expect("work");
    let first = run(COUNTERS, Box::new(first));
    frontier.record(&first.decisions).expect("the first run");
    assert!(frontier.strategy().is_some());
    let other: &[Op] = &[Op::Load(0)];
    let second = run(&[other, other, other], Box::new(Random::new(3)));
    assert!(frontier.record(&second.decisions).is_err());
}

proptest! {
    #[test]
    fn a_run_replays_from_its_text(seed: u64) {
        for strategy in [
            Box::new(Random::new(seed)) as Box<dyn Strategy>,
            Box::new(Pct::new(seed, 3, 9)),
        ] {
            let first = run(TWO_PREEMPTIONS, strategy);
            let schedule: Schedule = first.schedule().to_string().parse().expect("valid");
            let again = run(TWO_PREEMPTIONS, Box::new(Replay::new(schedule)));
            prop_assert_eq!(&again.order, &first.order);
            prop_assert_eq!(&again.decisions, &first.decisions);
            prop_assert_eq!(&again.end, &first.end);
        }
    }

    #[test]
    fn a_seed_is_a_schedule(seed: u64) {
        let order = || run(COUNTERS, Box::new(Random::new(seed))).order;
        prop_assert_eq!(order(), order());
        let order = || run(COUNTERS, Box::new(Pct::new(seed, 2, 4))).order;
        prop_assert_eq!(order(), order());
    }
}
