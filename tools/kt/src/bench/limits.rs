//! What the figures ought to be: each limit with what was found.  A missed limit
//! is no error, because a host that is busy with other things misses them, too.

use serde::{Deserialize, Serialize};

use super::figures::{self, Figures, Measured};
use super::sizes;

/// A case may be so much slower than C's.
const SLOWEST: f64 = 1.05;
/// The geometric mean of all cases.
const MEAN: f64 = 0.85;
/// The geometric mean of a group.
const GROUP: f64 = 0.95;
/// A thread of the largest process, or of any size between, may cost so much
/// more than one of another.
const GROWTH: f64 = 1.20;
/// Sizes that growth is about.
const GROWS: std::ops::RangeInclusive<u64> = 64..=32_768;
/// Code, with C's algorithms and with others.
const TEXT: (f64, f64) = (1.00, 1.15);

/// The feature by which the library has the C file's own algorithms.
const C_ALGORITHMS: &str = "c-algorithms";

/// A limit and what was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What is limited.
    pub what: String,
    /// What it may be.
    pub wanted: String,
    /// What it is.
    pub found: String,
    /// Whether it is kept; none if it was not measured.
    pub kept: Option<bool>,
}

/// What of a case is limited.
#[derive(Clone, Copy)]
enum Of {
    Time,
    Instructions,
}

/// A limit on some cases.
struct Limit {
    what: &'static str,
    /// Names of cases, or how they begin when a `*` follows.
    cases: &'static [&'static str],
    of: Of,
    most: f64,
    /// Whether it is about an algorithm that C does not have.
    algorithm: bool,
}

const LIMITS: &[Limit] = &[
    Limit {
        what: "instructions of the fast paths",
        cases: &[
            "tdfind/self",
            "tdfind/hit-*",
            "check/suspend-check",
            "check/check-susp",
        ],
        of: Of::Instructions,
        most: 1.0,
        algorithm: false,
    },
    Limit {
        what: "the id part with 2 ids free",
        cases: &["ids/2-free"],
        of: Of::Time,
        most: 0.01,
        algorithm: true,
    },
    Limit {
        what: "thread_alloc and thread_free with 2 ids free",
        cases: &["alloc/2-free"],
        of: Of::Time,
        most: 0.1,
        algorithm: true,
    },
    Limit {
        what: "the id part with 100 ids free, spread",
        cases: &["ids/spread-999900"],
        of: Of::Time,
        most: 1.0 / 3.0,
        algorithm: true,
    },
    Limit {
        what: "tdfind by two threads in one stripe",
        cases: &["tdfind/two-one-stripe"],
        of: Of::Time,
        most: 0.5,
        algorithm: true,
    },
];

/// Judges a run by all limits.
pub fn judge(figures: &Figures) -> Vec<Verdict> {
    let other = !figures.configuration.contains(C_ALGORITHMS);
    let mut verdicts = vec![slowest(&figures.cases)];
    if other {
        verdicts.push(at_most("geometric mean of all cases", MEAN, figures.mean()));
        for (group, cases) in figures.groups() {
            let what = format!("geometric mean of {group}");
            verdicts.push(at_most(&what, GROUP, figures::mean(cases)));
        }
    }
    let limits = LIMITS.iter().filter(|limit| other || !limit.algorithm);
    verdicts.extend(limits.map(|limit| limited(limit, &figures.cases)));
    verdicts.extend(growth(figures));
    let text = if other { TEXT.1 } else { TEXT.0 };
    let code = figures.sizes.iter().find(|size| size.name == sizes::TEXT);
    verdicts.push(at_most(
        sizes::TEXT,
        text,
        code.and_then(|size| size.ratio()),
    ));
    verdicts
}

fn at_most(what: &str, most: f64, found: Option<f64>) -> Verdict {
    Verdict {
        what: what.to_string(),
        wanted: format!("at most {most:.2} of C's"),
        found: found.map_or_else(String::new, |ratio| format!("{ratio:.3}")),
        kept: found.map(|ratio| ratio <= most),
    }
}

/// Cases that are slower than they may be, the slowest first.
fn slowest(cases: &[Measured]) -> Verdict {
    let mut above: Vec<&Measured> = cases
        .iter()
        .filter(|case| case.ratio.median > SLOWEST)
        .collect();
    above.sort_by(|a, b| b.ratio.median.total_cmp(&a.ratio.median));
    let found = match above.len() {
        0 => "none above".to_string(),
        number => {
            let named = above
                .iter()
                .map(|case| format!("{} {:.2}", case.case.name, case.ratio.median));
            format!("{number}: {}", named.collect::<Vec<_>>().join(", "))
        }
    };
    Verdict {
        what: "time of each case".to_string(),
        wanted: format!("at most {SLOWEST:.2} of C's"),
        found,
        kept: (!cases.is_empty()).then_some(above.is_empty()),
    }
}

/// The worst of the cases that a limit is about.
fn limited(limit: &Limit, cases: &[Measured]) -> Verdict {
    let named = |case: &&Measured| {
        limit.cases.iter().any(|name| match name.strip_suffix('*') {
            Some(beginning) => case.case.name.starts_with(beginning),
            None => case.case.name == *name,
        })
    };
    let ratio = |case: &Measured| match limit.of {
        Of::Time => Some(case.ratio.median),
        Of::Instructions => case.instructions(),
    };
    let worst = cases
        .iter()
        .filter(named)
        .filter_map(|case| Some((ratio(case)?, case)))
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    Verdict {
        what: limit.what.to_string(),
        wanted: format!("at most {:.2} of C's", limit.most),
        found: worst.map_or_else(String::new, |(ratio, case)| {
            format!("{ratio:.4} ({})", case.case.name)
        }),
        kept: worst.map(|(ratio, _)| ratio <= limit.most),
    }
}

/// How the cost of a thread grows with the number of threads, C's beside it.
fn growth(figures: &Figures) -> Vec<Verdict> {
    let curves = figures.curves().into_iter();
    let single = curves.filter(|curve| curve.group() == SINGLE);
    single
        .filter_map(|curve| {
            let points = curve.points.iter().filter_map(|point| {
                let size = point.case.size.filter(|size| GROWS.contains(size))?;
                Some((size as f64, point))
            });
            let rust = spread(points.clone().map(|(size, point)| point.rust.ns / size))?;
            let c = spread(points.map(|(size, point)| point.c.ns / size))?;
            Some(Verdict {
                what: format!("{}: a thread's cost from 64 to 32,768", curve.name),
                wanted: format!("at most {GROWTH:.2} times the least"),
                found: format!("{rust:.2} (C {c:.2})"),
                kept: Some(rust <= GROWTH),
            })
        })
        .collect()
}

/// The group of cases in which all threads of a process are stopped.
const SINGLE: &str = "single";

/// The largest value divided by the least; none of less than two.
fn spread(values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let least = values.clone().min_by(f64::total_cmp)?;
    let most = values.clone().max_by(f64::total_cmp)?;
    (values.count() > 1).then_some(most / least)
}

/// How many limits are missed.
pub fn missed(verdicts: &[Verdict]) -> usize {
    verdicts
        .iter()
        .filter(|verdict| verdict.kept == Some(false))
        .count()
}

#[cfg(test)]
mod tests {
    use super::super::figures::sample::{case, figures};
    use super::*;

    const SAME: [f64; 2] = [10.0, 10.0];

    fn kept(verdicts: &[Verdict], what: &str) -> Option<bool> {
        let found = verdicts.iter().find(|verdict| verdict.what.contains(what));
        found.unwrap_or_else(|| panic!("{what} is not judged")).kept
    }

    #[test]
    fn a_case_above_its_limit_is_named_and_the_worst_first() {
        let run = figures(vec![
            case("tdfind/self", None, [10.0, 10.4], SAME),
            case("tdfind/miss", None, [10.0, 10.6], SAME),
            case("reap/one", None, [10.0, 20.0], SAME),
        ]);
        let verdicts = judge(&run);
        assert_eq!(verdicts[0].kept, Some(false));
        assert_eq!(verdicts[0].found, "2: reap/one 2.00, tdfind/miss 1.06");
        assert_eq!(kept(&verdicts, "mean of all"), Some(false));
        // Every group has a mean of its own.
        assert_eq!(kept(&verdicts, "mean of tdfind"), Some(false));
        assert_eq!(kept(&verdicts, "mean of reap"), Some(false));
        assert!(missed(&verdicts) >= 4);
    }

    #[test]
    fn limits_are_kept_at_their_edge() {
        let run = figures(vec![
            case("a/x", None, [100.0, 85.0], SAME),
            case("tdfind/two-one-stripe", None, [100.0, 50.0], SAME),
        ]);
        let verdicts = judge(&run);
        assert_eq!(kept(&verdicts, "one stripe"), Some(true));
        assert_eq!(kept(&verdicts, "mean of a"), Some(true));
        assert_eq!(missed(&verdicts), 0, "{verdicts:?}");
        let run = figures(vec![case("a/x", None, [100.0, 85.1], SAME)]);
        assert_eq!(kept(&judge(&run), "mean of all"), Some(false));
    }

    #[test]
    fn the_fast_paths_are_judged_by_instructions() {
        let quick = |instructions| {
            let run = figures(vec![
                case("tdfind/self", None, [10.0, 5.0], SAME),
                case("tdfind/hit-16", Some(16), [10.0, 5.0], instructions),
                case("tdfind/miss", None, [10.0, 5.0], [10.0, 99.0]),
            ]);
            kept(&judge(&run), "fast paths")
        };
        assert_eq!(quick(SAME), Some(true));
        assert_eq!(quick([10.0, 10.1]), Some(false));
    }

    #[test]
    fn what_was_not_measured_is_neither_kept_nor_missed() {
        let verdicts = judge(&figures(vec![case("reap/one", None, [10.0, 5.0], SAME)]));
        assert_eq!(kept(&verdicts, "id part with 2"), None);
        assert_eq!(kept(&verdicts, ".text"), Some(true));
        assert_eq!(missed(&verdicts), 0);
        assert_eq!(judge(&figures(Vec::new()))[0].kept, None);
    }

    #[test]
    fn with_the_c_files_algorithms_only_the_rest_is_judged() {
        let mut run = figures(vec![case("ids/2-free", None, SAME, SAME)]);
        assert_eq!(kept(&judge(&run), "id part with 2"), Some(false));
        run.configuration = "ref-amd64-c-algorithms".to_string();
        let verdicts = judge(&run);
        assert!(!verdicts.iter().any(|v| v.what.contains("ids free")));
        // Its code is not to be larger than C's at all.
        assert_eq!(kept(&verdicts, ".text"), Some(false));
    }

    #[test]
    fn growth_is_of_a_thread_and_from_64_on() {
        let curve = |last: f64| {
            let at = |size: u64, each: f64| {
                let ns = size as f64 * each;
                case(
                    &format!("single/exit-{size}"),
                    Some(size),
                    [ns * 3.0, ns],
                    SAME,
                )
            };
            let run = figures(vec![
                at(1, 500.0),
                at(64, 100.0),
                at(512, 110.0),
                at(32_768, last),
            ]);
            judge(&run)
                .into_iter()
                .find(|v| v.what.starts_with("single/exit"))
        };
        let found = curve(119.0).expect("judged");
        assert_eq!(
            (found.found.as_str(), found.kept),
            ("1.19 (C 1.19)", Some(true))
        );
        assert_eq!(curve(121.0).expect("judged").kept, Some(false));
    }
}
