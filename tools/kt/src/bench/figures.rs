//! What was measured: the numbers of one run, as `bench.json` has them.

use serde::{Deserialize, Serialize};

use super::measure::Times;
use super::side::Case;
use super::stats::{self, Estimate};

/// One run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Figures {
    /// Profile, machine and options of both objects, features of the Rust one.
    pub configuration: String,
    /// Where it was measured, and when.
    pub machine: Machine,
    /// Cases in the programs' order, those of a group together.
    pub cases: Vec<Measured>,
    /// What the objects take.
    pub sizes: Vec<Size>,
}

/// What a reader has to know of the host.
#[derive(Debug, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name.
    pub cpu: String,
    /// CPUs that the programs could use.
    pub cores: u64,
    /// System and release.
    pub kernel: String,
    /// The Rust compiler.
    pub rustc: String,
    /// The C compiler.
    pub clang: String,
    /// The day, in UTC.
    pub date: String,
    /// How many others wanted to run when it began.
    pub load: f64,
}

/// One case on both objects.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Which.
    #[serde(flatten)]
    pub case: Case,
    /// Pairs of batches.
    pub pairs: usize,
    /// The C object's.
    pub c: Cost,
    /// The Rust object's.
    pub rust: Cost,
    /// Rust's time divided by C's.
    pub ratio: Estimate,
}

/// What one operation costs.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Cost {
    /// Nanoseconds: the median.
    pub ns: f64,
    /// Instructions of the object.
    pub instructions: Option<f64>,
}

/// How large something is.
#[derive(Debug, Serialize, Deserialize)]
pub struct Size {
    /// What.
    pub name: String,
    /// Bytes of the C object.
    pub c: u64,
    /// Bytes of the Rust object.
    pub rust: u64,
    /// What else there is to say of the two.
    pub note: String,
}

impl Size {
    /// Rust's divided by C's; none where C has nothing.
    pub fn ratio(&self) -> Option<f64> {
        (self.c > 0).then(|| self.rust as f64 / self.c as f64)
    }
}

impl Measured {
    /// Puts together what was found out about a case.
    pub fn new(case: Case, times: &Times, instructions: [Option<f64>; 2]) -> Self {
        let [of_c, of_rust] = instructions;
        Self {
            case,
            pairs: times.pairs,
            c: Cost {
                ns: times.c,
                instructions: of_c,
            },
            rust: Cost {
                ns: times.rust,
                instructions: of_rust,
            },
            ratio: times.ratio,
        }
    }

    /// Rust's instructions divided by C's.
    pub fn instructions(&self) -> Option<f64> {
        let c = self.c.instructions.filter(|&number| number > 0.0)?;
        Some(self.rust.instructions? / c)
    }

    /// The name without the size: cases that share it are points of one curve.
    pub fn curve(&self) -> String {
        let Some(size) = self.case.size.map(|size| size.to_string()) else {
            return self.case.name.clone();
        };
        let words = self.case.name.split('-').filter(|word| *word != size);
        words.collect::<Vec<_>>().join("-")
    }
}

/// Cases of one curve.
pub struct Curve<'a> {
    /// What they have in common.
    pub name: String,
    /// By rising size.
    pub points: Vec<&'a Measured>,
}

impl Curve<'_> {
    /// The group of its cases.
    pub fn group(&self) -> &str {
        self.points.first().map_or("", |point| &point.case.group)
    }
}

impl Figures {
    /// The groups, in their order, each with its cases.
    pub fn groups(&self) -> Vec<(&str, Vec<&Measured>)> {
        let mut groups: Vec<(&str, Vec<&Measured>)> = Vec::new();
        for measured in &self.cases {
            let name = measured.case.group.as_str();
            match groups.iter_mut().find(|(known, _)| *known == name) {
                Some((_, cases)) => cases.push(measured),
                None => groups.push((name, vec![measured])),
            }
        }
        groups
    }

    /// The geometric mean of the ratios of all cases.
    pub fn mean(&self) -> Option<f64> {
        mean(&self.cases)
    }

    /// The curves: what was measured at three sizes or more.
    pub fn curves(&self) -> Vec<Curve<'_>> {
        let mut curves: Vec<Curve<'_>> = Vec::new();
        for measured in self.cases.iter().filter(|m| m.case.size.is_some()) {
            let name = measured.curve();
            match curves.iter_mut().find(|curve| curve.name == name) {
                Some(curve) => curve.points.push(measured),
                None => curves.push(Curve {
                    name,
                    points: vec![measured],
                }),
            }
        }
        curves.retain(|curve| curve.points.len() >= 3);
        for curve in &mut curves {
            curve.points.sort_by_key(|point| point.case.size);
        }
        curves
    }
}

/// The geometric mean of the ratios of some cases.
pub fn mean<'a>(cases: impl IntoIterator<Item = &'a Measured>) -> Option<f64> {
    stats::geometric_mean(cases.into_iter().map(|case| case.ratio.median))
}

/// Figures for tests.
#[cfg(test)]
pub mod sample {
    use super::*;

    /// A case with these nanoseconds and instructions of C and of Rust.
    pub fn case(name: &str, size: Option<u64>, ns: [f64; 2], instructions: [f64; 2]) -> Measured {
        let group = name.split('/').next().unwrap_or_default().to_string();
        let [c, rust] = ns;
        Measured {
            case: Case {
                name: name.to_string(),
                group,
                size,
                threads: 1,
                unit: "call".to_string(),
            },
            pairs: 60,
            c: Cost {
                ns: c,
                instructions: Some(instructions[0]),
            },
            rust: Cost {
                ns: rust,
                instructions: Some(instructions[1]),
            },
            ratio: Estimate {
                median: rust / c,
                low: rust / c * 0.98,
                high: rust / c * 1.03,
            },
        }
    }

    /// A run with these cases.
    pub fn figures(cases: Vec<Measured>) -> Figures {
        Figures {
            configuration: "ref-amd64".to_string(),
            machine: Machine {
                cpu: "A processor <64>".to_string(),
                cores: 2,
                kernel: "Linux 6.1".to_string(),
                rustc: "rustc 1.95.0".to_string(),
                clang: "clang 18.1.6".to_string(),
                date: "2026-11-24".to_string(),
                load: 0.1,
            },
            cases,
            sizes: vec![Size {
                name: ".text".to_string(),
                c: 10_000,
                rust: 11_000,
                note: String::new(),
            }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::sample::{case, figures};
    use super::*;

    #[test]
    fn groups_keep_their_order_and_their_means() {
        let one = [1.0, 1.0];
        let run = figures(vec![
            case("b/x", None, [10.0, 5.0], one),
            case("a/x", None, [10.0, 10.0], one),
            case("b/y", None, [10.0, 20.0], one),
        ]);
        let groups = run.groups();
        let names: Vec<_> = groups
            .iter()
            .map(|(name, cases)| (*name, cases.len()))
            .collect();
        assert_eq!(names, [("b", 2), ("a", 1)]);
        let mean = mean(groups[0].1.iter().copied()).expect("two");
        assert!((mean - 1.0).abs() < 1e-12, "{mean}");
    }

    #[test]
    fn a_curve_has_three_sizes_and_is_in_order() {
        let at = |name: &str, size| case(name, Some(size), [1.0, 1.0], [1.0, 1.0]);
        let run = figures(vec![
            at("single/exit-64-sleeping", 64),
            at("single/exit-8-sleeping", 8),
            at("single/exit-8-runnable", 8),
            at("single/exit-512-sleeping", 512),
        ]);
        let curves = run.curves();
        assert_eq!(curves.len(), 1);
        assert_eq!(curves[0].name, "single/exit-sleeping");
        let sizes: Vec<_> = curves[0].points.iter().map(|p| p.case.size).collect();
        assert_eq!(sizes, [Some(8), Some(64), Some(512)]);
    }

    #[test]
    fn figures_survive_their_file() {
        let run = figures(vec![case("a/x-2", Some(2), [10.0, 5.0], [8.0, 7.0])]);
        let text = serde_json::to_string(&run).expect("written");
        let read: Figures = serde_json::from_str(&text).expect("read");
        assert_eq!(read.cases[0].case, run.cases[0].case);
        assert_eq!(read.cases[0].ratio, run.cases[0].ratio);
        assert_eq!(read.cases[0].instructions(), Some(0.875));
    }
}
