//! What is written for others to read: schedules, tapes, TAP, tables, pictures.

use std::time::Duration;

use fbsd_explorer::history::History;
use fbsd_explorer::picture::{perfetto, svg};
use fbsd_explorer::summary::{Outcome, Summary};
use fbsd_explorer::trace::event::NO_THREAD;
use fbsd_explorer::trace::{Arg, Entry, Event, State, Trace, text};
use fbsd_explorer::{Decision, Preempted, Preemption, Schedule, Tape, tap, tape};
use proptest::prelude::*;

proptest! {
    #[test]
    fn schedules_survive_their_text(ranks in prop::collection::vec(0u8..27, 0..200)) {
        let schedule = Schedule::new(ranks);
        let text = schedule.to_string();
        prop_assert!(!text.contains(char::is_whitespace));
        prop_assert_eq!(text.parse::<Schedule>(), Ok(schedule));
    }

    #[test]
    fn preempted_runs_survive_their_text(
        ranks in prop::collection::vec(0u8..27, 0..20),
        steps in prop::collection::vec((1u64..1 << 40, 0u8..26), 0..4),
    ) {
        let mut instruction = 0;
        let preemptions = steps.into_iter().map(|(step, way)| {
            instruction += step;
            Preemption { instruction, way }
        });
        let run = Preempted {
            schedule: Schedule::new(ranks).to_string(),
            preemptions: preemptions.collect(),
        };
        let text = run.to_string();
        prop_assert!(!text.contains(char::is_whitespace));
        prop_assert_eq!(text.parse::<Preempted>(), Ok(run));
    }

    #[test]
    fn nonsense_is_refused_and_never_more(text in "[ -~]{0,40}") {
        if let Ok(schedule) = text.parse::<Schedule>() {
            prop_assert_eq!(schedule.to_string().parse::<Schedule>(), Ok(schedule));
        }
    }

    #[test]
    fn tapes_keep_what_fits(
        decisions in prop::collection::vec((0u8..27, 2u8..28, any::<bool>()), 0..50),
        room in 0usize..60,
    ) {
        let mut block = vec![0xff; Tape::size(room)];
        let mut tape = Tape::new(&mut block);
        let decisions: Vec<Decision> = decisions
            .into_iter()
            .map(|(rank, ways, current)| Decision { rank, ways, current })
            .collect();
        for (index, decision) in decisions.iter().enumerate() {
            prop_assert_eq!(tape.push(*decision), index < room);
        }
        let kept = &decisions[..room.min(decisions.len())];
        prop_assert_eq!(tape.decisions(), kept);
        prop_assert_eq!(tape::decisions(&block), kept);
    }
}

#[test]
fn what_is_wrong_with_a_preempted_run_is_named() {
    let run: Preempted = "random:7@12A,90C".parse().expect("valid");
    assert_eq!(run.schedule, "random:7");
    assert_eq!(run.without(0).to_string(), "random:7@90C");
    for (text, words) in [
        ("-@12", "no preemption"),
        ("-@A", "no preemption"),
        ("-@", "no preemption"),
        ("-@9A,9B", "not in their order"),
        ("!@9A", "of the schedule"),
    ] {
        let message = text.parse::<Preempted>().expect_err("refused");
        assert!(message.contains(words), "{text}: {message}");
    }
}

#[test]
fn a_schedule_is_short_where_little_happens() {
    let mut ranks = vec![0; 5];
    ranks.push(1);
    ranks.extend(vec![0; 48]);
    ranks.push(2);
    ranks.extend(vec![0; 900]);
    assert_eq!(Schedule::new(ranks).to_string(), "5A1cB");
    assert_eq!(Schedule::default().to_string(), "-");
    let message = |text: &str| text.parse::<Schedule>().expect_err("refused").to_string();
    assert!(message("5A1").contains("without the letter"));
    assert!(message("5A?").contains("character 3"));
    assert!(message("zzzzzzzzzzzzzzzzzzzzzA").contains("more decisions"));
}

#[test]
fn tap_is_tap() {
    assert_eq!(tap::head(2), "TAP version 14\n1..2\n");
    assert_eq!(
        tap::test(true, 1, "S01 a # b", "200 schedules, 0.12 s"),
        "ok 1 - S01 a \\# b # 200 schedules, 0.12 s\n"
    );
    assert_eq!(tap::test(false, 2, "x", ""), "not ok 2 - x\n");
    assert_eq!(tap::skip(3, "x", "why"), "ok 3 - x # SKIP why\n");
    assert_eq!(
        tap::facts(&[("kind", "a \"b\""), ("text", "one\ntwo")]),
        "  ---\n  kind: \"a \\\"b\\\"\"\n  text: |\n    one\n    two\n  ...\n"
    );
    assert_eq!(tap::comment("a\nb\n"), "# a\n# b\n");
}

#[test]
fn the_table_adds_up() {
    let mut summary = Summary::default();
    let time = Duration::from_millis(1500);
    summary.add("A boot", Outcome::Passed, 200, time);
    summary.add("B linkage", Outcome::Skipped, 0, Duration::ZERO);
    assert!(summary.ok());
    summary.add("A boot", Outcome::Failed, 7, time);
    assert!(!summary.ok());
    assert_eq!(summary.last_line(), "1 passed, 1 failed, 1 skipped");
    let table = summary.table();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(
        lines[1].starts_with("A boot") && lines[1].contains("207"),
        "{table}"
    );
    assert!(
        lines[3].starts_with("total") && lines[3].ends_with("3.00 s"),
        "{table}"
    );
}

/// Two threads and a lock: one sleeps, the other one wakes it.
fn story() -> Trace {
    let mut entries = Vec::new();
    let mut step = 0;
    let mut at = |thread, cpu, event| {
        step += 1;
        entries.push(Entry {
            step,
            cpu,
            thread,
            event,
        });
    };
    let thread = |thread, name: &str| Event::Thread {
        thread,
        process: 1,
        name: name.to_string(),
    };
    let state = |thread, state, on| Event::State { thread, state, on };
    let call = |name: &str, args| Event::Call {
        name: name.to_string(),
        args,
    };
    let name = "p <1>".to_string();
    at(NO_THREAD, 0, Event::Process { process: 1, name });
    at(NO_THREAD, 0, thread(1, "p.T0"));
    at(NO_THREAD, 0, thread(2, "p.T1"));
    let object = Event::Object {
        object: 7,
        class: "lock".to_string(),
        name: "p \"lock\"".to_string(),
    };
    at(NO_THREAD, 0, object);
    at(1, 0, state(1, State::Running, None));
    let lock = Event::Acquire {
        object: 7,
        shared: false,
    };
    at(1, 0, call("mtx_lock", vec![Arg::Object(7)]));
    at(1, 0, lock.clone());
    at(2, 1, state(2, State::Running, None));
    at(2, 1, call("mtx_lock", vec![Arg::Object(7)]));
    at(2, 1, state(2, State::Blocked, Some(7)));
    at(
        1,
        0,
        call(
            "msleep",
            vec![Arg::Word("thrsgl".to_string()), Arg::Int(-1)],
        ),
    );
    at(1, 0, Event::Release { object: 7 });
    at(1, 0, state(1, State::Sleeping, None));
    at(2, 1, state(2, State::Running, None));
    at(2, 1, lock);
    at(2, 1, call("setrunnable", vec![Arg::Thread(1)]));
    let how = "wakes".to_string();
    at(2, 1, Event::Wake { thread: 1, how });
    at(1, 0, state(1, State::Runnable, None));
    Trace {
        entries,
        cut: false,
    }
}

#[test]
fn a_trace_reads_as_lines() {
    let lines = text::lines(&story());
    assert!(
        lines.contains("cpu1  p.T1            setrunnable(p.T0)"),
        "{lines}"
    );
    assert!(lines.contains("msleep(thrsgl, -1)"), "{lines}");
    assert!(
        lines.contains("p.T1 is blocked on a lock: p \"lock\""),
        "{lines}"
    );
    assert!(!lines.contains("process"), "{lines}");
}

#[test]
fn history_knows_states_owners_and_arrows() {
    let history = History::of(&story());
    let first = history.lane(1).expect("p.T0");
    let states: Vec<State> = first.states.iter().map(|span| span.what.state).collect();
    assert_eq!(states, [State::Running, State::Sleeping, State::Runnable]);
    assert!(
        first
            .states
            .windows(2)
            .all(|pair| pair[0].to == pair[1].from),
        "no gaps"
    );
    assert_eq!(history.owners(7), [2]);
    assert_eq!(first.locks.len(), 1);
    assert!(first.locks[0].to <= history.columns);
    assert_eq!(history.arrows.len(), 1);
    assert_eq!((history.arrows[0].from, history.arrows[0].to), (Some(2), 1));
}

#[test]
fn the_picture_shows_all_of_it() {
    let picture = svg::draw("S01 <title>", "failed & drawn", &History::of(&story()));
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
    assert!(picture.contains("S01 &lt;title&gt;") && picture.contains("failed &amp; drawn"));
    for lane in ["p.T0", "p.T1", "cpu 0", "cpu 1", "p &quot;lock&quot;"] {
        assert!(picture.contains(lane), "{lane}");
    }
    for part in ["setrunnable(p.T0)", "p.T1 wakes p.T0", "class=\"arrow\""] {
        assert!(picture.contains(part), "{part}");
    }
    assert_eq!(
        picture.matches("<text").count(),
        picture.matches("</text>").count()
    );
}

#[test]
fn the_trace_file_is_json() {
    let json = perfetto::export("a \"title\"", &History::of(&story()));
    assert!(json.contains(r#""title":"a \"title\"""#));
    assert!(json.contains(r#""name":"p \"lock\"""#));
    let mut depth = 0i32;
    let mut quoted = false;
    let mut escaped = false;
    for character in json.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth -= 1,
            _ => (),
        }
        assert!(depth >= 0);
    }
    assert_eq!((depth, quoted), (0, false));
    assert_eq!(json.matches(r#""ph":"s""#).count(), 1);
    assert_eq!(json.matches(r#""ph":"f""#).count(), 1);
    assert!(!json.contains(",\n]") && !json.contains(",,"));
}
