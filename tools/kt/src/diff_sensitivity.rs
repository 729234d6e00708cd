//! `kt diff-sensitivity`: wrong versions of the C file against the Rust object.
//!
//! A comparison that finds nothing says nothing unless it would have found
//! something.  So every wrong version that `make sensitivity` tries on the
//! scenarios is compared here as `make diff` compares the C file, and has to be
//! told apart.

use std::path::Path;

use kt_diff::compare::{self, Finding, Order, Sides, What};
use kt_diff::run::Run;
use kt_diff::side::{Memory, Side};

use crate::config::{Config, Implementation};
use crate::diff::{self, Allowed};
use crate::edits::Edit;
use crate::error::{Error, Result, bail};
use crate::program::{self, Suite};
use crate::report::Stage;
use crate::variables;
use crate::wrong::{self, Bench};

/// Runs of a comparison unless `RUNS` says otherwise.
const RUNS: u64 = 2000;

/// What is to be compared: make's variables.
#[derive(Debug)]
pub struct Request {
    /// `SEED=`.
    seed: u64,
    /// `RUNS=`.
    runs: u64,
    /// `ONLY=`: ids of wrong versions.
    only: Vec<String>,
}

impl Request {
    /// Reads the request; `lookup` gives the value of a variable.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let only = lookup("ONLY").unwrap_or_default();
        Ok(Self {
            seed: variables::number(&lookup, "SEED")?.unwrap_or(1),
            runs: variables::number(&lookup, "RUNS")?.unwrap_or(RUNS),
            only: only
                .split([',', ' '])
                .filter(|id| !id.is_empty())
                .map(str::to_string)
                .collect(),
        })
    }

    /// The wrong versions that are asked for.
    fn choose(&self, edits: Vec<Edit>) -> Result<Vec<Edit>> {
        let known = |id: &&String| edits.iter().any(|edit| edit.id == **id);
        if let Some(unknown) = self.only.iter().find(|id| !known(id)) {
            bail!("ONLY={unknown}: fbsd-harness/sensitivity has no such wrong version");
        }
        let wanted = |edit: &Edit| self.only.is_empty() || self.only.contains(&edit.id);
        Ok(edits.into_iter().filter(wanted).collect())
    }
}

/// What told a wrong version apart.
struct Told {
    run: Run,
    after: u64,
}

/// Compares every wrong version; prints what told which apart.
pub fn run(config: &Config, request: &Request) -> Result<()> {
    let edits = request.choose(wrong::edits(config, wrong::FOLDER)?)?;
    let bench = Bench::new(config, "diff-sensitivity")?;
    let stage = Stage::start("diff", &format!("{}: the object", config.name()));
    let rust = program::build(
        Suite::Scenarios,
        &Config {
            implementation: Implementation::Rust,
            ..config.clone()
        },
    )?;
    stage.done();
    let order = Order {
        enough: 1,
        reduce: false,
        ..diff::order(config, request.seed, request.runs, None, &rust)?
    };
    let (memory, allowed) = (Memory::default(), Allowed::read(config)?);
    let sides = |c: &Path| {
        let (c, rust) = (Side::start("C", c), Side::start("Rust", &rust));
        let rust = rust.map_err(Error::new)?.with_memory(&memory);
        allowed.between(c.map_err(Error::new)?, rust)
    };
    let results = wrong::each(
        &edits,
        |edit| bench.with(edit, |c| tell(&mut sides(c)?, &order)),
        |told| match told {
            Some(told) => format!("{} runs", told.after),
            None => "not told apart".to_string(),
        },
    )?;
    report(&edits, &results)
}

/// Compares one wrong version with the object.
fn tell(sides: &mut Sides, order: &Order) -> Result<Option<Told>> {
    let mut told = None;
    let heard = |runs: u64, finding: Option<(&Finding, &mut Sides)>| {
        if let Some((finding, _)) = finding
            && finding.what == What::Divergence
        {
            told = Some(Told {
                run: finding.found.clone(),
                after: runs,
            });
        }
        Ok(())
    };
    compare::compare(sides, order, heard).map_err(Error::new)?;
    Ok(told)
}

/// A line for each wrong version and the count; an error if one was not told
/// apart without a reason, or has a reason and was told apart.
fn report(edits: &[Edit], results: &[Option<Told>]) -> Result<()> {
    let width = edits.iter().map(|edit| edit.id.len()).max().unwrap_or(0);
    println!("{:width$}  {:>5}  told apart by", "wrong version", "runs");
    let (mut wrong, mut apart) = (Vec::new(), 0);
    for (edit, told) in edits.iter().zip(results) {
        let (runs, by) = match (told, &edit.equivalent) {
            (Some(told), reason) => {
                apart += 1;
                if reason.is_some() {
                    wrong.push(format!("{} is told apart, and called equivalent", edit.id));
                }
                (told.after.to_string(), told.run.to_string())
            }
            (None, Some(reason)) => ("-".to_string(), format!("nothing: {reason}")),
            (None, None) => {
                wrong.push(format!("{} is not told apart", edit.id));
                ("-".to_string(), "NOTHING".to_string())
            }
        };
        println!("{:width$}  {runs:>5}  {by}", edit.id);
    }
    println!("diff-sensitivity: {apart} of {} told apart", edits.len());
    match wrong.first() {
        None => Ok(()),
        Some(first) => bail!(
            "{} wrong versions are not as fbsd-harness/sensitivity says: {first}",
            wrong.len()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edits;
    use kt_diff::run::Subject;

    fn two() -> Vec<Edit> {
        let edit = |id: &str, more: &str| {
            format!(
                "[[edit]]\nid = \"{id}\"\nbreaks = \"x\"\nnoticed-by = \"S01\"\n\
                 function = \"f\"\nfind = \"a\"\nbecomes = \"b\"\n{more}\n"
            )
        };
        let text = edit("one", "") + &edit("two", "equivalent = \"nobody reads it\"");
        edits::parse(&text).expect("two edits")
    }

    fn told() -> Option<Told> {
        let run = Run {
            subject: Subject::Scenario("S01".to_string()),
            schedule: "-".to_string(),
        };
        Some(Told { run, after: 3 })
    }

    /// A wrong version that nothing tells apart has to say why, and must not
    /// say so otherwise.
    #[test]
    fn the_reason_has_to_be_there_and_true() {
        let edits = two();
        assert!(report(&edits, &[told(), None]).is_ok());
        for results in [[None, None], [told(), told()]] {
            assert!(report(&edits, &results).is_err());
        }
    }

    #[test]
    fn an_unknown_wrong_version_is_named() {
        let request = |only: &str| {
            Request::read(|name| (name == "ONLY").then(|| only.to_string())).expect("valid")
        };
        assert_eq!(request("two").choose(two()).expect("known").len(), 1);
        assert_eq!(request("").choose(two()).expect("known").len(), 2);
        let error = request("one,three").choose(two()).expect_err("unknown");
        assert!(error.to_string().contains("ONLY=three"), "{error}");
    }
}
