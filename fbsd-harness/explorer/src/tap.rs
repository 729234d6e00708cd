//! Lines of the Test Anything Protocol, version 14.

use std::fmt::Write as _;

/// The first two lines.
pub fn head(tests: usize) -> String {
    format!("TAP version 14\n1..{tests}\n")
}

/// A test's line, with a comment that may be empty.
pub fn test(ok: bool, number: usize, title: &str, comment: &str) -> String {
    let mut line = format!(
        "{} {number} - {}",
        if ok { "ok" } else { "not ok" },
        escape(title)
    );
    if !comment.is_empty() {
        let _ = write!(line, " # {}", one_line(comment));
    }
    line.push('\n');
    line
}

/// The line of a test that was not run.
pub fn skip(number: usize, title: &str, reason: &str) -> String {
    format!(
        "ok {number} - {} # SKIP {}\n",
        escape(title),
        one_line(reason)
    )
}

/// A comment, each of its lines marked.
pub fn comment(text: &str) -> String {
    let mut lines = String::new();
    for line in text.lines() {
        let _ = writeln!(lines, "# {line}");
    }
    lines
}

/// Named facts about the test before, as a YAML block of strings.
pub fn facts(facts: &[(&str, &str)]) -> String {
    let mut block = "  ---\n".to_string();
    for (name, value) in facts {
        if value.contains('\n') {
            let _ = writeln!(block, "  {name}: |");
            for line in value.lines() {
                let _ = writeln!(block, "    {line}");
            }
        } else {
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
            let _ = writeln!(block, "  {name}: \"{quoted}\"");
        }
    }
    block.push_str("  ...\n");
    block
}

/// Marks of a directive within a title are escaped.
fn escape(text: &str) -> String {
    one_line(text).replace('\\', "\\\\").replace('#', "\\#")
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}
