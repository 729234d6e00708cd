//! Small changes to source, told without quoting more of it than is changed: which
//! function, which tokens of it, and what stands there instead.
//!
//! ```toml
//! [[edit]]
//! id = "exit-wakes-late"
//! breaks = "the last thread to exit wakes the one that waits for it"
//! noticed-by = "S41"
//! file = "src/exit.rs"        # of the library; the C file if it is left out
//! function = "thread_exit"
//! find = "p_suspcount"        # or call = "name": the whole call
//! nth = 2                     # the first one if it is left out
//! becomes = "p_suspcount + 1"
//! equivalent = "nobody reads it"   # only if nothing can tell
//! ```

use std::ops::Range;

use crate::error::{Error, Result, bail};

/// One change.
#[derive(Debug, Clone)]
pub struct Edit {
    /// Its name, unique.
    pub id: String,
    /// The rule that the changed file breaks.
    pub breaks: String,
    /// The scenarios that are to notice first.
    pub noticed_by: String,
    /// Why no run can tell the changed object from the unchanged one.
    pub equivalent: Option<String>,
    /// The file of the library that is changed, instead of the C file.
    pub file: Option<String>,
    function: String,
    target: Target,
    nth: usize,
    becomes: String,
}

/// What is replaced.
#[derive(Debug, Clone)]
enum Target {
    /// Tokens, whatever space is between them.
    Tokens(String),
    /// A call: the function's name up to the closing parenthesis.
    Call(String),
}

/// Reads the edits of a TOML file.
pub fn parse(text: &str) -> Result<Vec<Edit>> {
    let table: toml::Table = text
        .parse()
        .map_err(|cause: toml::de::Error| Error::new(cause.message()))?;
    let Some(edits) = table.get("edit").and_then(toml::Value::as_array) else {
        bail!("there is no [[edit]]");
    };
    edits.iter().map(edit).collect()
}

fn edit(value: &toml::Value) -> Result<Edit> {
    let string = |name: &str| value.get(name).and_then(toml::Value::as_str);
    let id = string("id").unwrap_or_default().to_string();
    let needed = |name: &str| match string(name) {
        Some(text) => Ok(text.to_string()),
        None => Err(Error::new(format!("edit {id}: {name} is missing"))),
    };
    needed("id")?;
    let target = match (string("find"), string("call")) {
        (Some(tokens), None) => Target::Tokens(tokens.to_string()),
        (None, Some(name)) => Target::Call(name.to_string()),
        _ => bail!("edit {id}: give either find or call"),
    };
    let nth = value.get("nth").map_or(Some(1), toml::Value::as_integer);
    let Some(nth) = nth
        .and_then(|nth| usize::try_from(nth).ok())
        .filter(|&nth| nth > 0)
    else {
        bail!("edit {id}: nth counts from 1");
    };
    Ok(Edit {
        breaks: needed("breaks")?,
        noticed_by: needed("noticed-by")?,
        equivalent: string("equivalent").map(str::to_string),
        file: string("file").map(str::to_string),
        function: needed("function")?,
        becomes: needed("becomes")?,
        id,
        target,
        nth,
    })
}

impl Edit {
    /// The changed source.
    pub fn apply(&self, source: &str) -> Result<String> {
        let body = match self.file {
            None => function(source, &self.function),
            Some(_) => rust_function(source, &self.function),
        };
        let Some(body) = body else {
            bail!("edit {}: there is no function {}", self.id, self.function);
        };
        let tokens = tokens(source, body);
        let found = match &self.target {
            Target::Tokens(text) => self.find(source, &tokens, text),
            Target::Call(name) => self.call(source, &tokens, name),
        };
        let Some(place) = found else {
            bail!(
                "edit {}: {} does not have what it wants to change",
                self.id,
                self.function
            );
        };
        Ok(format!(
            "{}{}{}",
            &source[..place.start],
            self.becomes,
            &source[place.end..]
        ))
    }

    fn find(&self, source: &str, within: &[Range<usize>], text: &str) -> Option<Range<usize>> {
        let wanted: Vec<&str> = tokens(text, 0..text.len())
            .into_iter()
            .map(|range| &text[range])
            .collect();
        let same = |window: &&[Range<usize>]| {
            let texts = window.iter().map(|range| &source[range.clone()]);
            texts.eq(wanted.iter().copied())
        };
        let window = within
            .windows(wanted.len().max(1))
            .filter(same)
            .nth(self.nth - 1)?;
        Some(window.first()?.start..window.last()?.end)
    }

    fn call(&self, source: &str, within: &[Range<usize>], name: &str) -> Option<Range<usize>> {
        let text = |index: usize| within.get(index).map(|range| &source[range.clone()]);
        let first = (0..within.len())
            .filter(|&index| text(index) == Some(name) && text(index + 1) == Some("("))
            .nth(self.nth - 1)?;
        let mut depth = 0;
        for (index, range) in within.iter().enumerate().skip(first + 1) {
            match text(index) {
                Some("(") => depth += 1,
                Some(")") => depth -= 1,
                _ => (),
            }
            if depth == 0 {
                return Some(within[first].start..range.end);
            }
        }
        None
    }
}

/// The body of a function whose name begins a line, as the kernel's style has
/// it: up to the brace that begins a line.
fn function(source: &str, name: &str) -> Option<Range<usize>> {
    let start = source
        .match_indices(&format!("\n{name}("))
        .map(|(index, _)| index + 1)
        .find(|&index| {
            let rest = &source[index..];
            let semicolon = rest.find(';').unwrap_or(usize::MAX);
            rest.find("\n{").is_some_and(|brace| brace < semicolon)
        })?;
    let end = source[start..].find("\n}")?;
    Some(start..start + end)
}

/// A function of Rust source as rustfmt leaves it: up to the brace that begins a
/// line as far to the left as the function.
fn rust_function(source: &str, name: &str) -> Option<Range<usize>> {
    let start = ["(", "<"]
        .iter()
        .find_map(|end| source.find(&format!("fn {name}{end}")))?;
    let line = source[..start].rfind('\n').map_or(0, |end| end + 1);
    let indent = source[line..].len() - source[line..].trim_start().len();
    let last = format!("\n{}}}", &source[line..line + indent]);
    let end = source[start..].find(&last)?;
    Some(start..start + end)
}

/// The tokens of a part of source, without comments.
fn tokens(source: &str, part: Range<usize>) -> Vec<Range<usize>> {
    const PAIRS: [&str; 20] = [
        "==", "!=", "<=", ">=", "&&", "||", "->", "++", "--", "+=", "-=", "|=", "&=", "<<", ">>",
        "*=", "/=", "%=", "^=", "##",
    ];
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let mut at = part.start;
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    while at < part.end {
        let rest = &source[at..part.end];
        let length = if rest.starts_with("/*") {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            continue;
        } else if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        } else if bytes[at].is_ascii_whitespace() {
            at += 1;
            continue;
        } else if is_word(bytes[at]) {
            rest.bytes().take_while(|&byte| is_word(byte)).count()
        } else if bytes[at] == b'"' {
            string_length(rest)
        } else if PAIRS.iter().any(|pair| rest.starts_with(pair)) {
            2
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
        found.push(at..at + length);
        at += length;
    }
    found
}

/// How long the string literal is that `text` begins with.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => (),
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "
int f(int);

int
f(int a)
{

\t/* a == 1 */
\tif (a == 1)
\t\tlog(\"a == 1 (\", g(a));
\treturn (a ==
\t    2 ? 1 : 0);
}

void
other(void)
{
\tf(1 == 1);
}
";

    fn change(fields: &str) -> Result<String> {
        let text = format!(
            "[[edit]]\nid = \"x\"\nbreaks = \"\"\nnoticed-by = \"\"\nfunction = \"f\"\n{fields}"
        );
        parse(&text)?[0].apply(SOURCE)
    }

    #[test]
    fn tokens_are_found_in_their_function_and_not_in_comments_or_strings() {
        let changed = change("find = \"a == 1\"\nbecomes = \"0\"").expect("found");
        assert!(changed.contains("if (0)") && changed.contains("/* a == 1 */"));
        assert!(changed.contains("\"a == 1 (\"") && changed.contains("f(1 == 1)"));
        let changed = change("find = \"a==2\"\nbecomes = \"a\"").expect("found");
        assert!(changed.contains("return (a ? 1 : 0);"), "{changed}");
        let changed = change("find = \"==\"\nnth = 2\nbecomes = \"!=\"").expect("found");
        assert!(changed.contains("return (a !=\n"), "{changed}");
    }

    #[test]
    fn a_call_goes_up_to_its_parenthesis() {
        let changed = change("call = \"log\"\nbecomes = \"(void)0\"").expect("found");
        assert!(changed.contains("\t\t(void)0;\n"), "{changed}");
    }

    #[test]
    fn a_function_of_the_library_ends_where_its_indentation_does() {
        let source = "impl T {\n    fn f(&self) {\n        // x()\n        if y {\n            x();\n        }\n    }\n    fn g<A>() {\n        x();\n    }\n}\n";
        let text = |function: &str| {
            format!(
                "[[edit]]\nid = \"x\"\nbreaks = \"\"\nnoticed-by = \"\"\nfile = \"src/t.rs\"\nfunction = \"{function}\"\ncall = \"x\"\nbecomes = \"z()\""
            )
        };
        let change = |function: &str| parse(&text(function))?[0].apply(source);
        let changed = change("f").expect("found");
        assert!(changed.contains("// x()\n") && changed.contains("            z();\n"));
        let changed = change("g").expect("found");
        assert!(changed.contains("            x();\n") && changed.contains("{\n        z();\n"));
        assert!(change("h").is_err());
    }

    #[test]
    fn what_cannot_be_applied_is_named() {
        for (fields, words) in [
            (
                "find = \"a == 1\"\nnth = 2\nbecomes = \"\"",
                "does not have",
            ),
            ("call = \"g\"\nnth = 3\nbecomes = \"\"", "does not have"),
            ("becomes = \"\"", "either find or call"),
            ("find = \"a\"", "becomes is missing"),
            ("find = \"a\"\nnth = 0\nbecomes = \"\"", "counts from 1"),
        ] {
            let message = change(fields).expect_err("refused").to_string();
            assert!(
                message.contains(words) && message.contains("edit x"),
                "{message}"
            );
        }
        assert!(parse("x = 1").is_err());
    }
}
