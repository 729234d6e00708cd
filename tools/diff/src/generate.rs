//! Programs at random: proptest's strategies, so that they shrink.
//!
//! The weights lead to where the file under test has rare paths: threads that
//! are made and end while somebody single-threads their process, stops and
//! debuggers in the middle of that, processes that are swapped out, limits that are reached, kernel stacks that
//! cannot be had, several memory domains, one to eight CPUs.

use fbsd_program::{Action, Call, Program, Setting};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::Result;

/// Bodies of a program, at most.
const BODIES: usize = 4;
/// Calls of a body, at most.
const CALLS: usize = 7;
/// Actions of the controller, at most.
const ACTIONS: usize = 14;

/// A number of something: most programs have few.
fn few() -> impl Strategy<Value = u16> {
    0..4u16
}

/// Ticks to sleep: short ones race with each other; 0 is for ever.
fn ticks() -> impl Strategy<Value = u16> {
    prop_oneof![4 => 1..4u16, 1 => Just(0), 1 => 4..40u16]
}

/// A signal's number: one of each kind.
fn signal() -> impl Strategy<Value = u16> {
    0..14u16
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        8 => few().prop_map(|body| Call::New { body }),
        4 => (1..6u16).prop_map(|n| Call::Spin { n }),
        3 => Just(Call::ThrExit {}),
        3 => few().prop_map(|body| Call::Fork { body }),
        1 => few().prop_map(|body| Call::Vfork { body }),
        3 => Just(Call::Rfork {}),
        4 => few().prop_map(|body| Call::Exec { body }),
        2 => Just(Call::NoExec {}),
        3 => few().prop_map(|code| Call::Exit { code }),
        4 => ticks().prop_map(|ticks| Call::Sleep { ticks }),
        1 => Just(Call::SigSuspend {}),
        2 => Just(Call::Crash {}),
        2 => (1..4u16).prop_map(|ticks| Call::Disk { ticks }),
        2 => Just(Call::Read {}),
        2 => Just(Call::Write {}),
        2 => ticks().prop_map(|ticks| Call::UmtxWait { ticks }),
        2 => few().prop_map(|n| Call::UmtxWake { n }),
        1 => few().prop_map(|sleeps| Call::Cas { sleeps }),
        2 => few().prop_map(|mode| Call::Defer { mode }),
        2 => ticks().prop_map(|ticks| Call::Suspend { ticks }),
        2 => Just(Call::Wake {}),
        3 => signal().prop_map(|signal| Call::ThrKill { signal }),
        3 => signal().prop_map(|signal| Call::Kill { signal }),
        2 => signal().prop_map(|signal| Call::Catch { signal }),
        1 => signal().prop_map(|signal| Call::Block { signal }),
        1 => signal().prop_map(|signal| Call::Unblock { signal }),
        2 => (0..3u16).prop_map(|uid| Call::SetUid { uid }),
        2 => (1..9u16).prop_map(|limit| Call::SetLimit { limit }),
        2 => Just(Call::Wait {}),
        1 => Just(Call::Abi {}),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        5 => few().prop_map(|body| Action::Start { body }),
        5 => (few(), signal()).prop_map(|(process, signal)| Action::Kill { process, signal }),
        3 => (few(), few(), signal())
            .prop_map(|(process, thread, signal)| Action::ThrKill { process, thread, signal }),
        6 => (1..5u16).prop_map(|ticks| Action::Ticks { ticks }),
        1 => Just(Action::Rest {}),
        2 => few().prop_map(|process| Action::Attach { process }),
        2 => few().prop_map(|process| Action::Detach { process }),
        2 => (few(), signal())
            .prop_map(|(process, signal)| Action::Continue { process, signal }),
        1 => (few(), few())
            .prop_map(|(process, thread)| Action::TraceSuspend { process, thread }),
        1 => (few(), few())
            .prop_map(|(process, thread)| Action::TraceResume { process, thread }),
        1 => few().prop_map(|process| Action::TraceKill { process }),
        3 => (few(), signal())
            .prop_map(|(process, signal)| Action::Reaper { process, signal }),
        1 => Just(Action::StopAll {}),
        1 => Just(Action::ResumeAll {}),
        1 => ticks().prop_map(|ticks| Action::KernelThread { ticks }),
        1 => few().prop_map(|on| Action::Conflict { on }),
        1 => Just(Action::Write {}),
        2 => (few(), 1..8u16).prop_map(|(process, ticks)| Action::Single { process, ticks }),
        2 => (few(), 1..8u16).prop_map(|(process, ticks)| Action::Swap { process, ticks }),
        1 => (1..6u16).prop_map(|n| Action::Alloc { n }),
        1 => few().prop_map(|after| Action::Stacks { after }),
        2 => Just(Action::Reap {}),
    ]
}

/// What a debugger does to a process, in an order in which it works.
fn session() -> impl Strategy<Value = Vec<Action>> {
    (few(), few(), signal(), 1..4u16, 1..4u16).prop_map(
        |(process, thread, signal, before, after)| {
            vec![
                Action::Attach { process },
                Action::Ticks { ticks: before },
                Action::TraceSuspend { process, thread },
                Action::Continue { process, signal },
                Action::Ticks { ticks: after },
            ]
        },
    )
}

/// One action, or several that belong together.
fn actions() -> impl Strategy<Value = Vec<Action>> {
    prop_oneof![
        24 => action().prop_map(|action| vec![action]),
        2 => session(),
    ]
}

fn settings() -> impl Strategy<Value = Vec<(Setting, u16)>> {
    let setting = |setting: Setting, values: BoxedStrategy<u16>, weight: f64| {
        prop::option::weighted(weight, values)
            .prop_map(move |value| value.map(|value| (setting, value)))
    };
    (
        setting(Setting::Cpus, (1..=8u16).boxed(), 0.6),
        setting(Setting::MaxThread, (110..=125u16).boxed(), 0.1),
        setting(Setting::MaxThreadsPerProcess, (2..=5u16).boxed(), 0.15),
        setting(Setting::Domains, (2..=4u16).boxed(), 0.25),
    )
        .prop_map(|(cpus, total, each, domains)| {
            [cpus, total, each, domains].into_iter().flatten().collect()
        })
}

/// How many programs have a crowd of threads: digesting them takes time.
const CROWDS: f64 = 0.02;

/// kern.maxthread as low as can be, and so many threads at once that it is
/// reached, or nearly, and that thread ids are used again.
fn crowd() -> impl Strategy<Value = (u16, u16)> {
    (110..=112u16, 96..=127u16)
}

/// Programs.
pub fn program() -> impl Strategy<Value = Program> {
    (
        settings(),
        vec(vec(call(), 0..=CALLS), 1..=BODIES),
        vec(actions(), 0..=ACTIONS),
        prop::option::weighted(CROWDS, (crowd(), any::<prop::sample::Index>())),
    )
        .prop_map(|(mut settings, bodies, actions, crowd)| {
            // Without a process there is nothing to see.
            let mut all = vec![Action::Start { body: 0 }];
            all.extend(actions.into_iter().flatten());
            if let Some(((most, n), place)) = crowd {
                settings.retain(|(setting, _)| *setting != Setting::MaxThread);
                settings.push((Setting::MaxThread, most));
                all.insert(place.index(all.len()) + 1, Action::Alloc { n });
            }
            Program {
                settings,
                bodies,
                actions: all,
            }
        })
}

/// A source of programs, the same for the same seed.
pub struct Source {
    runner: TestRunner,
}

impl Source {
    /// The source of a seed.
    pub fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        Self {
            runner: TestRunner::new_with_rng(Config::default(), rng),
        }
    }

    /// The next program, as something that can be made simpler.
    pub fn program(&mut self) -> Result<impl ValueTree<Value = Program> + use<>> {
        let tree = program().new_tree(&mut self.runner);
        tree.map_err(|reason| format!("no program can be made: {reason}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_programs_again() {
        let ten = |seed| -> Vec<Program> {
            let mut source = Source::new(seed);
            (0..10)
                .map(|_| source.program().expect("a program").current())
                .collect()
        };
        assert_eq!(ten(7), ten(7));
        assert_ne!(ten(7), ten(8));
    }

    #[test]
    fn programs_are_what_the_harness_reads() {
        let mut source = Source::new(1);
        for _ in 0..200 {
            let program = source.program().expect("a program").current();
            assert_eq!(program.to_string().parse(), Ok(program));
        }
    }

    #[test]
    fn a_program_becomes_simpler() {
        let mut tree = Source::new(3).program().expect("a program");
        while tree.simplify() {}
        assert!(tree.current().steps() <= 2, "{}", tree.current());
    }
}
