//! Strategies by name, as they are written on a command line.

use crate::pct::Pct;
use crate::point::Strategy;
use crate::random::Random;
use crate::replay::Replay;
use crate::schedule::Schedule;

/// The strategy that `text` names: `random:SEED`, `pct:SEED:DEPTH:LENGTH` or
/// the text of a schedule; or one line that says what is wrong.
pub fn parse(text: &str) -> Result<Box<dyn Strategy>, String> {
    let words: Vec<&str> = text.split(':').collect();
    match words[..] {
        ["random", seed] => Ok(Box::new(Random::new(number(text, seed)?))),
        ["pct", seed, depth, length] => Ok(Box::new(Pct::new(
            number(text, seed)?,
            number(text, depth)?,
            number(text, length)?,
        ))),
        [schedule] => match schedule.parse::<Schedule>() {
            Ok(schedule) => Ok(Box::new(Replay::new(schedule))),
            Err(error) => Err(error.to_string()),
        },
        _ => Err(format!(
            "{text} is no schedule: use random:SEED, pct:SEED:DEPTH:LENGTH or the text that a failure prints"
        )),
    }
}

fn number<T: std::str::FromStr>(text: &str, word: &str) -> Result<T, String> {
    word.parse()
        .map_err(|_| format!("{text}: {word} is no number for a schedule"))
}
