//! The program's commands, a line each on the standard input, and the answers,
//! a line of JSON each:
//!
//! ```text
//! list           a line for each case, then: end
//! prepare CASE   {"ready":true}
//! run N          {"ops":N,"ns":...}: N operations by each of its threads
//! count          {"instructions":...}: the object's own, of one operation
//! finish         {"finished":true}
//! memory         {"bytes":...}: what the object asked for at boot
//! quit
//! ```
//!
//! What cannot be done is answered by `{"error":"..."}`.

use std::ffi::c_int;
use std::io::{self, BufRead, Write};

use crate::cases::{self, Entry, Prepared};
use crate::kernel::boot;

/// Answers until there are no more commands.
pub fn serve() -> c_int {
    let entries = cases::all();
    let mut prepared = None;
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else {
            break;
        };
        let mut words = line.split_whitespace();
        let answer = match (words.next(), words.next()) {
            (None, _) => continue,
            (Some("quit"), _) => break,
            (Some("list"), None) => Ok(list(&entries)),
            (Some("memory"), None) => Ok(format!(r#"{{"bytes":{}}}"#, boot::bytes())),
            (Some("prepare"), Some(name)) => prepare(&entries, name, &mut prepared),
            (Some("run"), Some(count)) => run(&mut prepared, count),
            (Some("count"), None) => count(&mut prepared),
            (Some("finish"), None) => finish(&mut prepared),
            _ => Err(format!("there is no command {line}")),
        };
        let answer = answer.unwrap_or_else(|error| format!(r#"{{"error":{}}}"#, quoted(&error)));
        if writeln!(io::stdout(), "{answer}").is_err() {
            break;
        }
    }
    0
}

/// Text as JSON.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn list(entries: &[Entry]) -> String {
    let lines = entries.iter().map(|entry| {
        let size = entry
            .size
            .map_or("null".to_string(), |size| size.to_string());
        format!(
            "{{\"case\":\"{}\",\"group\":\"{}\",\"size\":{size},\"threads\":{},\"unit\":\"{}\"}}\n",
            entry.name, entry.group, entry.threads, entry.unit
        )
    });
    lines.collect::<String>() + "end"
}

fn prepare(
    entries: &[Entry],
    name: &str,
    prepared: &mut Option<Prepared>,
) -> Result<String, String> {
    finish(prepared)?;
    let entry = entries
        .iter()
        .find(|entry| entry.name == name)
        .ok_or_else(|| format!("there is no case {name}"))?;
    *prepared = Some(Prepared::new(entry)?);
    Ok(r#"{"ready":true}"#.to_string())
}

fn run(prepared: &mut Option<Prepared>, count: &str) -> Result<String, String> {
    let prepared = prepared.as_mut().ok_or(NOTHING)?;
    let count: u64 = match count.parse() {
        Ok(count) if count > 0 => count,
        _ => return Err(format!("{count} is no number of operations")),
    };
    let ns = prepared.run(count);
    Ok(format!(r#"{{"ops":{count},"ns":{ns:.1}}}"#))
}

fn count(prepared: &mut Option<Prepared>) -> Result<String, String> {
    let prepared = prepared.as_mut().ok_or(NOTHING)?;
    Ok(match prepared.count() {
        Some(instructions) => format!(r#"{{"instructions":{instructions:.1}}}"#),
        None => r#"{"instructions":null}"#.to_string(),
    })
}

fn finish(prepared: &mut Option<Prepared>) -> Result<String, String> {
    if let Some(prepared) = prepared.take() {
        prepared.finish();
    }
    Ok(r#"{"finished":true}"#.to_string())
}

const NOTHING: &str = "no case is prepared: use prepare CASE";
