//! Owns the conditions of a contract file: which kernel options an entry is
//! for.
//!
//! A condition is made of option words, `!`, `&`, `|` and parentheses; `&`
//! binds tighter than `|`.  A word is true when the option is set.  A contract
//! file may name a condition and use the name as a word.

use std::collections::{BTreeMap, BTreeSet};

use crate::Error;

/// The options that are set, and the conditions that a file has named.
pub struct Options<'a> {
    words: BTreeSet<&'a str>,
    named: &'a BTreeMap<String, String>,
}

impl<'a> Options<'a> {
    /// `words` as the driver resolved them; `WORD=value` counts as `WORD`.
    pub fn new(words: &'a [String], named: &'a BTreeMap<String, String>) -> Self {
        let words = words
            .iter()
            .map(|w| w.split_once('=').map_or(w.as_str(), |(w, _)| w));
        Self {
            words: words.collect(),
            named,
        }
    }

    /// Whether `condition` holds; an empty one always does.
    pub fn allow(&self, condition: &str) -> Result<bool, Error> {
        if condition.trim().is_empty() {
            return Ok(true);
        }
        let mut parser = Parser {
            options: self,
            rest: condition,
        };
        let value = parser.either();
        match value {
            Some(value) if parser.rest.trim().is_empty() => Ok(value),
            _ => Err(Error::new(format!(
                "cannot read the condition `{condition}` of a contract: \
                 write option words with !, &, | and parentheses"
            ))),
        }
    }

    fn word(&self, word: &str) -> Option<bool> {
        match self.named.get(word) {
            // A named condition is made of option words only.
            Some(text) => {
                let none = BTreeMap::new();
                let plain = Options {
                    words: self.words.clone(),
                    named: &none,
                };
                plain.allow(text).ok()
            }
            None => Some(self.words.contains(word)),
        }
    }
}

/// Recursive descent over what is left of the text.
struct Parser<'a> {
    options: &'a Options<'a>,
    rest: &'a str,
}

impl Parser<'_> {
    fn eat(&mut self, token: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn either(&mut self) -> Option<bool> {
        let mut value = self.both()?;
        while self.eat('|') {
            value |= self.both()?;
        }
        Some(value)
    }

    fn both(&mut self) -> Option<bool> {
        let mut value = self.one()?;
        while self.eat('&') {
            value &= self.one()?;
        }
        Some(value)
    }

    fn one(&mut self) -> Option<bool> {
        if self.eat('!') {
            return self.one().map(|value| !value);
        }
        if self.eat('(') {
            let value = self.either()?;
            return self.eat(')').then_some(value);
        }
        let rest = self.rest.trim_start();
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let (word, rest) = rest.split_at(end);
        self.rest = rest;
        if word.is_empty() {
            None
        } else {
            self.options.word(word)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(condition: &str, words: &[&str]) -> Result<bool, Error> {
        let words: Vec<String> = words.iter().map(|w| w.to_string()).collect();
        let named = BTreeMap::from([("DEBUG".to_owned(), "WITNESS | KTR".to_owned())]);
        Options::new(&words, &named).allow(condition)
    }

    #[test]
    fn an_empty_condition_always_holds() {
        assert_eq!(holds("", &[]), Ok(true));
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert_eq!(holds("A | B & C", &["A"]), Ok(true));
        assert_eq!(holds("(A | B) & C", &["A"]), Ok(false));
        assert_eq!(holds("!A & B", &["B"]), Ok(true));
        assert_eq!(holds("!(A | B)", &["B"]), Ok(false));
    }

    #[test]
    fn a_named_condition_is_used_like_a_word() {
        assert_eq!(holds("!DEBUG & SMP", &["SMP"]), Ok(true));
        assert_eq!(holds("!DEBUG & SMP", &["SMP", "KTR"]), Ok(false));
    }

    #[test]
    fn a_word_with_a_value_counts_as_set() {
        assert_eq!(holds("MAXMEMDOM", &["MAXMEMDOM=8"]), Ok(true));
    }

    #[test]
    fn broken_conditions_are_refused() {
        for text in ["A &", "A B", "(A", "A)", "|", "A = B"] {
            assert!(holds(text, &["A"]).is_err(), "{text}");
        }
    }
}
