//! Two traces side by side, and what the state has in it that differs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::Result;
use crate::compare::{Finding, Sides, What};
use crate::run::Run;
use crate::side::Event;

/// Events before the first difference, and after it.
const BEFORE: usize = 12;
const AFTER: usize = 4;
/// Columns of one side.
const WIDTH: usize = 62;
/// Words of the state that are shown.
const WORDS: usize = 24;

/// How the name of an object begins that is no thread and no process.
const OTHER: char = '*';

/// Names of the fields of threads and processes, by offset.
#[derive(Debug, Default)]
pub struct Fields {
    thread: BTreeMap<usize, String>,
    process: BTreeMap<usize, String>,
    /// Structure, field, offset and size.
    places: Vec<(String, String, usize, usize)>,
}

impl Fields {
    /// Reads the layout that the build driver wrote: `layout_field!(thread,
    /// td_flags, "struct thread", "td_flags", 264, 4);`
    pub fn parse(layout: &str) -> Self {
        let mut fields = Self::default();
        for line in layout.lines() {
            let Some(inner) = line
                .strip_prefix("layout_field!(")
                .and_then(|rest| rest.strip_suffix(");"))
            else {
                continue;
            };
            let parts: Vec<&str> = inner.split(", ").collect();
            let [structure, _, _, name, offset, size] = parts[..] else {
                continue;
            };
            let (Ok(offset), Ok(size)) = (offset.parse(), size.parse()) else {
                continue;
            };
            let name = name.trim_matches('"').to_string();
            let place = (structure.to_string(), name.clone(), offset, size);
            fields.places.push(place);
            match structure {
                "thread" => fields.thread.entry(offset).or_insert(name),
                "proc_" => fields.process.entry(offset).or_insert(name),
                _ => continue,
            };
        }
        fields
    }

    /// The offset and the size of a field of a `thread` or a `proc`.
    pub fn place(&self, structure: &str, field: &str) -> Option<(usize, usize)> {
        let structure = match structure {
            "thread" => "thread",
            "proc" => "proc_",
            _ => return None,
        };
        let mut places = self.places.iter();
        let found = places.find(|(of, name, _, _)| of == structure && name == field);
        found.map(|&(_, _, offset, size)| (offset, size))
    }

    /// What the word at an offset is called: the fields that begin in it, or
    /// the one that it lies in.
    fn of(&self, object: &str, offset: usize) -> String {
        if object.starts_with(OTHER) {
            return format!("{offset:#x}");
        }
        // The harness names threads "p.T0" or after what they are.
        let fields = match self.is_thread(object) {
            true => &self.thread,
            false => &self.process,
        };
        let within: Vec<&str> = fields
            .range(offset..offset + size_of::<usize>())
            .map(|(_, name)| name.as_str())
            .collect();
        if !within.is_empty() {
            return within.join("/");
        }
        match fields.range(..offset).next_back() {
            Some((start, name)) => format!("{name}+{}", offset - start),
            None => format!("{offset:#x}"),
        }
    }

    fn is_thread(&self, object: &str) -> bool {
        object.contains(".T")
            || matches!(object, "ctl" | "taskqueue" | "softclock")
            || object.starts_with("idle")
    }
}

/// Describes a finding: what, how to see it again and where the sides part.
pub fn describe(
    finding: &Finding,
    sides: &mut Sides,
    fields: &Fields,
    again: &str,
) -> Result<String> {
    let run = &finding.least;
    let mut text = String::new();
    let what = match finding.what {
        What::Divergence => "divergence",
        What::Failure => "failure on both sides",
    };
    let _ = writeln!(text, "{what}: {run}");
    let _ = writeln!(text, "  found by: {}", finding.found);
    let _ = writeln!(text, "  again:    {again} {}", run.variables());
    let (c, rust) = sides.both(run)?;
    for (name, ended) in [(sides.c.name(), &c), (sides.rust.name(), &rust)] {
        let _ = writeln!(
            text,
            "  {name:<5} {} after {} steps {}",
            ended.verdict, ended.steps, ended.message
        );
    }
    if finding.what == What::Divergence {
        text.push_str(&difference(sides, run, fields)?);
    }
    Ok(text)
}

/// Where the traces of a run part.
fn difference(sides: &mut Sides, run: &Run, fields: &Fields) -> Result<String> {
    let (c, rust) = (sides.c.trace(run)?, sides.rust.trace(run)?);
    let Some(place) = first_difference(&c, &rust) else {
        return Ok("  the traces are equal when the run is repeated\n".to_string());
    };
    let mut text = format!("  {:<WIDTH$}  {}\n", sides.c.name(), sides.rust.name());
    for index in place.saturating_sub(BEFORE)..=place + AFTER {
        let (left, right) = (shown(&c, index), shown(&rust, index));
        if left.is_empty() && right.is_empty() {
            break;
        }
        let mark = if index == place { '>' } else { ' ' };
        let _ = writeln!(text, "{mark} {left:<WIDTH$}  {right}");
    }
    let same_event = match (c.get(place), rust.get(place)) {
        (Some(c), Some(rust)) if c.text == rust.text => Some(c.position),
        _ => None,
    };
    if let Some(position) = same_event {
        let (c, rust) = (
            sides.c.state(run, position)?,
            sides.rust.state(run, position)?,
        );
        text.push_str(&states(&c, &rust, fields));
    }
    Ok(text)
}

/// The place of the first event that differs in its text or its state.
fn first_difference(c: &[Event], rust: &[Event]) -> Option<usize> {
    let common = c.len().min(rust.len());
    let differs = |index: &usize| {
        c[*index].text != rust[*index].text || c[*index].state != rust[*index].state
    };
    (0..common)
        .find(differs)
        .or((c.len() != rust.len()).then_some(common))
}

fn shown(events: &[Event], index: usize) -> String {
    let text = events.get(index).map_or("", |event| event.text.as_str());
    text.chars().take(WIDTH).collect()
}

/// The words that differ, with what each side has.
fn states(c: &[String], rust: &[String], fields: &Fields) -> String {
    let read = |lines: &[String]| -> BTreeMap<(String, usize), String> {
        let words = lines.iter().filter_map(|line| {
            let (rest, value) = line.rsplit_once(' ')?;
            let (object, offset) = rest.rsplit_once(' ')?;
            let offset = usize::from_str_radix(offset.trim_start_matches("0x"), 16).ok()?;
            Some(((object.to_string(), offset), value.to_string()))
        });
        words.collect()
    };
    let (c, rust) = (read(c), read(rust));
    let keys: std::collections::BTreeSet<_> = c.keys().chain(rust.keys()).collect();
    let mut text = String::new();
    let zero = "0".to_string();
    for key in keys {
        let (left, right) = (c.get(key).unwrap_or(&zero), rust.get(key).unwrap_or(&zero));
        if left != right && text.lines().count() < WORDS {
            let (object, offset) = key;
            let field = fields.of(object, *offset);
            let _ = writeln!(text, "  {object}.{field}: {left} in C, {right} in Rust");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(texts: &[(&str, &str)]) -> Vec<Event> {
        let events = texts
            .iter()
            .enumerate()
            .map(|(position, (state, text))| Event {
                position: position as u64,
                state: state.to_string(),
                text: text.to_string(),
            });
        events.collect()
    }

    #[test]
    fn the_first_difference_is_found() {
        let c = events(&[("1", "a"), ("2", "b"), ("3", "c")]);
        assert_eq!(first_difference(&c, &c), None);
        assert_eq!(
            first_difference(&c, &events(&[("1", "a"), ("2", "x"), ("3", "c")])),
            Some(1)
        );
        assert_eq!(
            first_difference(&c, &events(&[("1", "a"), ("2", "b"), ("4", "c")])),
            Some(2)
        );
        assert_eq!(first_difference(&c, &c[..2]), Some(2));
    }

    #[test]
    fn words_that_differ_have_their_fields_names() {
        let fields = Fields::parse(
            "layout_field!(thread, td_lock, \"struct thread\", \"td_lock\", 0, 8);\n\
             layout_field!(thread, td_flags, \"struct thread\", \"td_flags\", 264, 4);\n\
             layout_field!(thread, td_inhibitors, \"struct thread\", \"td_inhibitors\", 268, 4);\n\
             layout_field!(proc_, p_flag, \"struct proc\", \"p_flag\", 184, 4);\n",
        );
        let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_string).collect() };
        let text = states(
            &lines("p.T0 0x108 0x4\np 0xb8 0x1\nidle 0 0x0 sched_lock_0\n*block cred 0x20 0x2"),
            &lines("p.T0 0x108 0x6\nidle 0 0x0 sched_lock_0\n*block cred 0x20 0x3"),
            &fields,
        );
        assert_eq!(
            text,
            "  *block cred.0x20: 0x2 in C, 0x3 in Rust\n  p.p_flag: 0x1 in C, 0 in Rust\n  \
             p.T0.td_flags/td_inhibitors: 0x4 in C, 0x6 in Rust\n"
        );
    }
}
