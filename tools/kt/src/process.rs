//! Running other programs: their output is kept back and shown only as the one
//! line that matters when they fail.

use std::process::{Command, Output};

use crate::error::{Error, Result};

/// Runs `command` to its end and gives its output, whatever its exit status.
pub fn output(command: &mut Command) -> Result<Output> {
    command.output().map_err(|cause| {
        let program = command.get_program().to_string_lossy().into_owned();
        Error::new(format!("cannot run {program}: {cause}"))
    })
}

/// Runs `command`; when it fails, `what` and the first line that looks like an
/// error become the message.
pub fn run(command: &mut Command, what: &str) -> Result<Output> {
    let output = output(command)?;
    if output.status.success() {
        return Ok(output);
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let line = first_error(&text).unwrap_or_else(|| "no message".to_string());
    Err(Error::new(format!("{what}: {line}")))
}

/// The first line that a compiler marks as an error, with the place that rustc
/// names on the next, else the first line with that word in it, else the last
/// line with anything in it.
pub fn first_error(text: &str) -> Option<String> {
    let marked = |line: &str| {
        line.starts_with("error") || line.contains(": error: ") || line.contains(": fatal error: ")
    };
    let mut lines = text.lines();
    if let Some(line) = lines.by_ref().find(|line| marked(line)) {
        let place = lines
            .next()
            .and_then(|next| next.trim().strip_prefix("--> "));
        return Some(match place {
            Some(place) => format!("{} ({place})", line.trim()),
            None => line.trim().to_string(),
        });
    }
    let mentioned = |line: &&str| line.to_ascii_lowercase().contains("error");
    text.lines()
        .find(mentioned)
        .or_else(|| text.lines().rfind(|line| !line.trim().is_empty()))
        .map(|line| line.trim().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_line_is_quoted() {
        let text = "warning: old\nfile.c:3:1: error: unknown type name 'foo'\nerror: two\n";
        let found = |text| first_error(text).unwrap_or_default();
        assert_eq!(found(text), "file.c:3:1: error: unknown type name 'foo'");
        let text =
            "note: a hard error\nerror[E0080]: evaluation panicked\n  --> src/layout.rs:3:1\n";
        assert_eq!(
            found(text),
            "error[E0080]: evaluation panicked (src/layout.rs:3:1)"
        );
        assert_eq!(found("one\nlast words\n\n"), "last words");
        assert_eq!(first_error(""), None);
    }

    #[test]
    fn a_program_that_is_not_there_is_one_line() {
        let message = run(&mut Command::new("/nonexistent/program"), "compile")
            .expect_err("no such program")
            .to_string();
        assert!(
            message.contains("cannot run /nonexistent/program"),
            "{message}"
        );
    }
}
