//! The list of changes that no test notices (`tools/mutants/survivors.toml`),
//! compared with what a run of cargo-mutants has found.

use crate::error::{Error, Result, bail};

/// A change to the library: where it is said without its position, which any
/// edit above it would move.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mutant {
    /// `src/<file>.rs: <change>`.
    pub name: String,
    /// The source line that it begins on.
    pub line: String,
}

/// What the list says that the run does not, and the other way round.
#[derive(Debug, Default)]
pub struct Differences {
    /// Survivors without a reason.
    pub unlisted: Vec<Mutant>,
    /// Entries whose change was noticed.
    pub caught: Vec<Mutant>,
    /// Entries for which there is no such change.
    pub unknown: Vec<Mutant>,
}

/// Reads the list.
pub fn parse(text: &str) -> Result<Vec<Mutant>> {
    let table: toml::Table = text
        .parse()
        .map_err(|cause: toml::de::Error| Error::new(cause.message()))?;
    let Some(entries) = table.get("survivor") else {
        return Ok(Vec::new());
    };
    let entries = entries.as_array().map(Vec::as_slice).unwrap_or_default();
    entries.iter().map(entry).collect()
}

fn entry(value: &toml::Value) -> Result<Mutant> {
    let text = |name: &str| value.get(name).and_then(toml::Value::as_str);
    let (Some(name), Some(line)) = (text("mutant"), text("line")) else {
        bail!("a [[survivor]] needs mutant and line");
    };
    if text("reason").is_none_or(|reason| reason.trim().is_empty()) {
        bail!("survivor {name}: give the reason");
    }
    Ok(Mutant {
        name: name.to_string(),
        line: line.to_string(),
    })
}

/// Compares the list with a run, in which the same change may be possible in
/// several places of one line: then the list has it as often.
pub fn compare(listed: &[Mutant], survived: &[Mutant], noticed: &[Mutant]) -> Differences {
    let mut differences = Differences::default();
    let mut open = listed.to_vec();
    let mut take = |mutant: &Mutant| {
        let found = open.iter().position(|entry| entry == mutant);
        found.map(|index| open.swap_remove(index)).is_some()
    };
    differences.unlisted = survived.iter().filter(|m| !take(m)).cloned().collect();
    differences.caught = noticed.iter().filter(|m| take(m)).cloned().collect();
    differences.unknown = open;
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(name: &str) -> Mutant {
        Mutant {
            name: name.to_string(),
            line: "a < b".to_string(),
        }
    }

    #[test]
    fn an_entry_needs_its_reason() {
        let text = "[[survivor]]\nmutant = \"src/a.rs: replace < with <=\"\nline = \"a < b\"\n";
        let message = parse(text).expect_err("no reason").to_string();
        assert!(message.contains("give the reason"), "{message}");
        let list = parse(&format!("{text}reason = \"equal\"\n")).expect("valid");
        assert_eq!(list, [mutant("src/a.rs: replace < with <=")]);
        assert!(parse("# empty\n").expect("valid").is_empty());
    }

    #[test]
    fn every_kind_of_difference_is_told() {
        let [a, b, c, d] = ["a", "b", "c", "d"].map(mutant);
        let listed = [a.clone(), b.clone(), c.clone()];
        let found = compare(
            &listed,
            &[a.clone(), a.clone(), d.clone()],
            std::slice::from_ref(&b),
        );
        assert_eq!(found.unlisted, [a, d]);
        assert_eq!(found.caught, [b]);
        assert_eq!(found.unknown, [c]);
    }
}
