//! Make's variables, as the requests of subcommands read them.  A variable
//! that is empty, or blank, is not set.

use crate::error::{Result, bail};

/// Gives the value of a variable that is set.
pub fn set(lookup: impl Fn(&str) -> Option<String>) -> impl Fn(&str) -> Option<String> {
    move |name| lookup(name).filter(|text| !text.trim().is_empty())
}

/// The number that a variable has.
pub fn number(lookup: impl Fn(&str) -> Option<String>, name: &str) -> Result<Option<u64>> {
    match set(lookup)(name) {
        None => Ok(None),
        Some(text) => match text.trim().parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => bail!("{name}={text} is no number"),
        },
    }
}

/// A lookup of these variables.
#[cfg(test)]
pub fn of<'a>(variables: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
    |name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_others_are_named() {
        let lookup = of(&[("RUNS", " 20"), ("SEED", " "), ("TIME", "long")]);
        assert_eq!(number(&lookup, "RUNS").expect("valid"), Some(20));
        assert_eq!(number(&lookup, "SEED").expect("valid"), None);
        assert_eq!(number(&lookup, "JOBS").expect("valid"), None);
        let message = number(&lookup, "TIME").expect_err("refused").to_string();
        assert_eq!(message, "TIME=long is no number");
    }
}
