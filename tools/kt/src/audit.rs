//! `kt audit`: the shipped object against the C object of the same
//! configuration, or against the checked-in contract where no C file is given.

use std::path::Path;

use kt_audit::{Contract, Report, Rules, Subject};

use crate::config::{C_ALGORITHMS, Config};
use crate::error::{Error, Result};
use crate::object_file;
use crate::options::Options;
use crate::oracle;

/// The default object's code may be this many times as large as C's.
const TEXT_RATIO: f64 = 1.15;

/// The same with the C file's own algorithms.
const TEXT_RATIO_C_ALGORITHMS: f64 = 1.00;

/// The outcome.
pub struct Audited {
    /// What the object was compared with.
    pub baseline: String,
    /// One row a rule.
    pub report: Report,
}

/// Builds and audits the object of a configuration.
pub fn run(config: &Config) -> Result<Audited> {
    let object = object_file::build(config)?;
    let mut rules = Rules::shipped();
    let config = &with_the_trees_own_file(config);
    let contract = if config.oracle.is_some() {
        let oracle = oracle::build(config)?;
        if config.options == Options::default() {
            rules.text_ratio = Some(match config.features.contains(&C_ALGORITHMS) {
                true => TEXT_RATIO_C_ALGORITHMS,
                false => TEXT_RATIO,
            });
        }
        Contract::from_object(&read(&oracle)?)
    } else {
        let words: Vec<String> = config
            .options
            .words()
            .split(' ')
            .map(str::to_string)
            .collect();
        kt_audit::contract_for(
            &config.profile.to_string(),
            config.arch.facts().name,
            &words,
        )
        .map_err(|e| Error::new(e.to_string()))?
    };
    rules.forbidden_paths = vec![config.root.display().to_string()];
    rules
        .forbidden_paths
        .extend(std::env::var("HOME").ok().filter(|home| home.len() > 1));
    let report = kt_audit::audit(&read(&object)?, &contract, &rules);
    Ok(Audited {
        baseline: contract.origin.clone(),
        report,
    })
}

/// A source tree brings its own C file, which is the oracle unless another is
/// given.
fn with_the_trees_own_file(config: &Config) -> Config {
    let mut config = config.clone();
    if let (None, Some(sysdir)) = (&config.oracle, &config.sysdir) {
        config.oracle = Some(sysdir.join("kern/kern_thread.c")).filter(|file| file.is_file());
    }
    config
}

fn read(path: &Path) -> Result<Subject> {
    Subject::read(path).map_err(|e| Error::new(e.to_string()))
}
