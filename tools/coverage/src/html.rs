//! The report: one page, an object a column, the sources with what was reached.

use std::fmt::Write;

use crate::count::{Branch, Coverage, FileCount, LineCount, Share, Totals};
use crate::table;

/// How it looks.
const STYLE: &str = include_str!("html/style.css");
/// Shows a function in both columns.
const SCRIPT: &str = include_str!("html/script.js");

/// The page for all objects that were measured with a configuration.
pub fn page(configuration: &str, measured: &[Coverage]) -> String {
    let columns: String = measured.iter().map(column).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <title>Coverage of kern_thread, {name}</title>\n<style>\n{STYLE}</style>\n\
         <header><h1>Coverage of kern_thread, {name}</h1>\
         <p>Measured on the objects, by program counter. A branch is a way out of a jump of the \
         object. <span class=\"run\">run</span> <span class=\"part\">a branch was not taken</span> \
         <span class=\"known\">not reached, with a reason</span> \
         <span class=\"miss\">not reached</span>. A function's name shows it in both columns.</p>\
         </header>\n<main>{columns}</main>\n<script>\n{SCRIPT}</script>\n</html>\n",
        name = escape(configuration),
    )
}

fn column(coverage: &Coverage) -> String {
    let totals = coverage.totals();
    let mut text = format!(
        "<article data-object=\"{object}\"><h2>{object}: lines {}, branches {}</h2>\n<table>\
         <tr><th></th><th>lines</th><th>%</th><th>branches</th><th>%</th></tr>\n",
        ratio(totals.lines),
        ratio(totals.branches),
        object = escape(&coverage.object),
    );
    for (name, totals) in table::rows(coverage) {
        row(&mut text, coverage, &name, &totals);
    }
    text.push_str("</table>\n");
    for (name, file) in &coverage.files {
        source(&mut text, coverage, name, file);
    }
    text.push_str("</article>\n");
    text
}

fn row(text: &mut String, coverage: &Coverage, name: &str, totals: &Totals) {
    let link = match coverage.files.contains_key(name) {
        true => format!("href=\"#{}-{}\"", coverage.object, escape(name)),
        false => format!("href=\"#\" data-show=\"{}\"", escape(name)),
    };
    let _ = write!(text, "<tr><td><a {link}>{}</a></td>", escape(name));
    for share in [totals.lines, totals.branches] {
        let _ = write!(
            text,
            "<td>{}/{}</td><td class=\"{}\">{}</td>",
            share.covered,
            share.all,
            match share.covered == share.all {
                true => "run",
                false => "part",
            },
            share.percent()
        );
    }
    text.push_str("</tr>\n");
}

fn source(text: &mut String, coverage: &Coverage, name: &str, file: &FileCount) {
    let _ = write!(
        text,
        "<h3 id=\"{}-{name}\">{name}</h3>\n<pre>",
        coverage.object,
        name = escape(name)
    );
    for (number, line) in (1..).zip(&file.text) {
        let count = file.lines.get(&number);
        let branches = count.map_or_else(String::new, branches);
        let code = match function(line) {
            Some(function) => {
                let name = format!(
                    "<a href=\"#\" data-show=\"{function}\" data-function=\"{function}\">{function}</a>"
                );
                escape(line).replacen(function, &name, 1)
            }
            None => escape(line),
        };
        let _ = write!(
            text,
            "<span class=\"{}\" id=\"{}-{}-{number}\"><b>{number:>5}</b><i>{branches:>7}</i> {code}</span>",
            count.map_or("", class),
            coverage.object,
            escape(name),
        );
        if let Some(count) = count {
            notes(text, count);
        }
    }
    text.push_str("</pre>\n");
}

/// The function that a line defines: in the first column in C, after `fn` in
/// Rust.
fn function(line: &str) -> Option<&str> {
    let name = match line.split_once("fn ") {
        Some((before, after)) if !before.contains('/') => after,
        _ => line,
    };
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let called = &name[..end];
    (name[end..].starts_with('(') && called.contains(|c: char| c.is_ascii_lowercase()))
        .then_some(called)
        .filter(|called| !called.is_empty() && (name.len() < line.len() || !line.ends_with(';')))
}

fn class(line: &LineCount) -> &'static str {
    let mut arms = line.branches.iter().flat_map(|branch| &branch.arms);
    let known = line.reason.is_some() || !line.branches.is_empty();
    match line.covered {
        false if line.reason.is_some() => "known",
        false => "miss",
        true if arms.clone().all(|arm| arm.covered) => "run",
        true if known && arms.all(|arm| arm.covered || arm.reason.is_some()) => "known",
        true => "part",
    }
}

/// "3/4": so many of the line's branches were taken.
fn branches(line: &LineCount) -> String {
    let arms = line.branches.iter().flat_map(|branch| &branch.arms);
    match arms.clone().count() {
        0 => String::new(),
        all => format!("{}/{all}", arms.filter(|arm| arm.covered).count()),
    }
}

/// Below a line, what of it was not reached.
fn notes(text: &mut String, line: &LineCount) {
    if let Some(reason) = &line.reason {
        note(text, "not run", Some(reason));
    }
    for branch in &line.branches {
        for arm in branch.arms.iter().filter(|arm| !arm.covered) {
            let to = match &arm.to {
                Some(to) => format!("to {}:{}", to.file, to.number),
                None => "out of the function".to_string(),
            };
            note(
                text,
                &format!("{}: never {to}", place(branch)),
                arm.reason.as_deref(),
            );
        }
    }
}

fn place(branch: &Branch) -> String {
    format!("in {} at {:#x}", branch.function, branch.at)
}

fn note(text: &mut String, what: &str, reason: Option<&str>) {
    let _ = write!(
        text,
        "<span class=\"note\">{:13} {}{}</span>",
        "",
        escape(what),
        reason.map_or_else(String::new, |reason| format!(": {}", escape(reason)))
    );
}

fn ratio(share: Share) -> String {
    format!("{}/{} ({})", share.covered, share.all, share.percent())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_found_in_both_languages() {
        assert_eq!(function("thread_exit(void)"), Some("thread_exit"));
        assert_eq!(
            function("pub unsafe extern \"C\" fn tdfind(tid: lwpid_t) {"),
            Some("tdfind")
        );
        for line in [
            "\tthread_lock(td);",
            "tidhash_add(td);",
            "MTX_SYSINIT(a,",
            "// fn x(",
            "",
        ] {
            assert_eq!(function(line), None, "{line}");
        }
    }

    #[test]
    fn sources_are_text() {
        assert_eq!(escape("a < b && c"), "a &lt; b &amp;&amp; c");
    }
}
