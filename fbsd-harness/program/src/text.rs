//! A program as a line of text, and back.

use std::fmt;
use std::str::FromStr;

use crate::Program;
use crate::step::{Action, Call, MOST, Setting};

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings: Vec<String> = self
            .settings
            .iter()
            .map(|(setting, value)| format!("{}={value}", setting.name()))
            .collect();
        let bodies: Vec<String> = self
            .bodies
            .iter()
            .map(|body| words(body.iter().map(Call::parts)))
            .collect();
        let actions = words(self.actions.iter().map(Action::parts));
        write!(
            f,
            "{}; {}; {actions}",
            settings.join(" "),
            bodies.join(" | ")
        )
    }
}

/// Steps as words.
fn words(steps: impl Iterator<Item = (&'static str, Vec<u16>)>) -> String {
    let words: Vec<String> = steps
        .map(|(word, numbers)| {
            let numbers: String = numbers.iter().map(|number| format!(":{number}")).collect();
            format!("{word}{numbers}")
        })
        .collect();
    words.join(" ")
}

impl FromStr for Program {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let parts: Vec<&str> = line.split(';').collect();
        let [settings, bodies, actions] = parts[..] else {
            return Err("a program has three parts: settings; bodies; actions".to_string());
        };
        let bodies = bodies
            .split('|')
            .map(|body| steps(body, Call::from_parts))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            settings: settings
                .split_whitespace()
                .map(setting)
                .collect::<Result<_, _>>()?,
            bodies,
            actions: steps(actions, Action::from_parts)?,
        })
    }
}

/// `cpus=2`.
fn setting(word: &str) -> Result<(Setting, u16), String> {
    let (name, value) = word
        .split_once('=')
        .ok_or_else(|| format!("{word} is no setting: use name=value"))?;
    let setting = Setting::ALL
        .into_iter()
        .find(|setting| setting.name() == name)
        .ok_or_else(|| format!("there is no setting {name}"))?;
    let value = number(word, value)?;
    if !setting.range().contains(&value) {
        return Err(format!("{word}: the value is not in {:?}", setting.range()));
    }
    Ok((setting, value))
}

/// `new:1 sleep:3`.
fn steps<T>(text: &str, make: impl Fn(&str, &[u16]) -> Option<T>) -> Result<Vec<T>, String> {
    text.split_whitespace()
        .map(|step| {
            let mut parts = step.split(':');
            let word = parts.next().unwrap_or_default();
            let numbers = parts
                .map(|part| number(step, part))
                .collect::<Result<Vec<_>, _>>()?;
            make(word, &numbers).ok_or_else(|| format!("{step} is no step of a program"))
        })
        .collect()
}

fn number(word: &str, text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(number) if number <= MOST => Ok(number),
        _ => Err(format!("{word}: {text} is no number up to {MOST}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_program_is_read_as_it_was_written() {
        let line = "cpus=2 maxthread=110; new:1 sleep:3 exec:1 | spin:2 threxit; \
                    start:0 kill:0:17 ticks:2";
        let program: Program = line.parse().expect("valid");
        assert_eq!(program.bodies.len(), 2);
        assert_eq!(program.steps(), 8);
        assert_eq!(program.to_string(), line);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, wrong) in [
            ("spin:1", "three parts"),
            ("; jump:1;", "jump:1"),
            ("; spin;", "spin"),
            ("; spin:1:2;", "spin:1:2"),
            ("; spin:x;", "spin:x"),
            ("; spin:1000;", "1000"),
            ("cpus=9; ;", "cpus=9"),
            ("cpu=1; ;", "cpu"),
            ("; ; kill:1", "kill:1"),
        ] {
            let error = line.parse::<Program>().expect_err(line);
            assert!(error.contains(wrong), "{line}: {error}");
        }
    }

    proptest! {
        /// Every word of both tables survives being written and read.
        #[test]
        fn every_step_is_read_as_it_was_written(
            calls in prop::collection::vec((0..Call::WORDS.len(), [0..=MOST, 0..=MOST]), 0..8),
            actions in prop::collection::vec(
                (0..Action::WORDS.len(), [0..=MOST, 0..=MOST, 0..=MOST]), 0..8),
        ) {
            let call = |&(index, numbers): &(usize, [u16; 2])| {
                let (word, count) = Call::WORDS[index];
                Call::from_parts(word, &numbers[..count]).expect("a word of the table")
            };
            let action = |&(index, numbers): &(usize, [u16; 3])| {
                let (word, count) = Action::WORDS[index];
                Action::from_parts(word, &numbers[..count]).expect("a word of the table")
            };
            let program = Program {
                settings: vec![(Setting::Cpus, 3)],
                bodies: vec![calls.iter().map(call).collect(), Vec::new()],
                actions: actions.iter().map(action).collect(),
            };
            prop_assert_eq!(program.to_string().parse::<Program>(), Ok(program));
        }
    }
}
