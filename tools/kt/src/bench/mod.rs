//! `kt bench`: both objects measured side by side.
//!
//! | file | owns |
//! |---|---|
//! | `programs.rs` | how the two programs are built |
//! | `side.rs` | what is said to a program, and its answers |
//! | `measure.rs` | how a case is measured |
//! | `stats.rs` | medians and intervals |
//! | `machine.rs` | the host |
//! | `sizes.rs` | what the objects take |
//! | `figures.rs` | the numbers of a run |
//! | `limits.rs` | what they ought to be |
//! | `text.rs`, `chart.rs`, `scale.rs`, `page.rs` | how they are shown |

mod chart;
mod figures;
mod limits;
mod machine;
mod measure;
mod page;
mod programs;
mod scale;
mod side;
mod sizes;
mod stats;
mod text;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use serde::Serialize;

use self::figures::{Figures, Measured};
use self::limits::Verdict;
use self::machine::Cpus;
use self::measure::Samples;
use self::side::{Case, Side};
use crate::config::Config;
use crate::error::{Error, Result, bail};
use crate::files;

/// Seconds for the pairs of a case: the whole takes about six minutes.
const TIME: f64 = 1.0;
/// How often both programs are started: where code and data lie differs from one
/// start to the next, and decides about several percent of the shortest cases.
const LAUNCHES: u32 = 11;
/// The same for cases with several threads: how they get into each other's way
/// differs by a tenth from one start to the next.
const LAUNCHES_OF_SEVERAL: u32 = 33;
/// Seconds between two lines about how far it is.
const INTERVAL: u64 = 10;

/// What is to be measured: make's variables.
#[derive(Debug)]
pub struct Request {
    /// `ONLY=`: groups, cases, or how their names begin.
    only: Vec<String>,
    /// `TIME=`: seconds for each case.
    time: Duration,
    /// `SEED=`: of the order in pairs, and of the bootstrap.
    seed: u64,
    /// `CHARTS=`: where the charts of a document go.
    charts: Option<PathBuf>,
    /// Figures of an earlier run, to be shown again.
    from: Option<PathBuf>,
}

impl Request {
    /// Reads the request; `lookup` gives the value of a variable.
    pub fn read(
        lookup: impl Fn(&str) -> Option<String>,
        cwd: &Path,
        from: Option<PathBuf>,
    ) -> Result<Self> {
        let value = |name: &str| {
            let text = lookup(name).map(|text| text.trim().to_string());
            text.filter(|text| !text.is_empty())
        };
        let only = value("ONLY").unwrap_or_default();
        let words = only.split([',', ' ']).filter(|word| !word.is_empty());
        let seconds = match value("TIME") {
            None => TIME,
            Some(text) => match text.parse() {
                Ok(seconds) if (0.0..=86_400.0).contains(&seconds) => seconds,
                _ => bail!("TIME={text} is no number of seconds"),
            },
        };
        Ok(Self {
            only: words.map(str::to_string).collect(),
            time: Duration::from_secs_f64(seconds),
            seed: crate::variables::number(&lookup, "SEED")?.unwrap_or(1),
            charts: value("CHARTS").map(|folder| cwd.join(folder)),
            from,
        })
    }

    /// Whether a case is wanted.
    fn wants(&self, case: &Case) -> bool {
        self.only.is_empty() || self.only.iter().any(|word| case.name.starts_with(word))
    }
}

/// What `bench.json` has besides the figures.
#[derive(Serialize)]
struct Judged<'a> {
    #[serde(flatten)]
    figures: &'a Figures,
    /// The geometric mean of all cases.
    mean: Option<f64>,
    /// That of each group.
    means: Vec<(&'a str, Option<f64>)>,
    limits: &'a [Verdict],
}

/// Measures, prints the tables, writes the files.
pub fn run(config: &Config, request: &Request) -> Result<()> {
    let figures = match &request.from {
        Some(path) => serde_json::from_str(&files::read(path)?)
            .map_err(|cause| Error::new(format!("{}: {cause}", path.display())))?,
        None => measured(config, request)?,
    };
    let verdicts = limits::judge(&figures);
    let folder = config.root.join("target/bench");
    let json = serde_json::to_string_pretty(&Judged {
        figures: &figures,
        mean: figures.mean(),
        means: figures
            .groups()
            .into_iter()
            .map(|(group, cases)| (group, figures::mean(cases)))
            .collect(),
        limits: &verdicts,
    });
    let json = json.map_err(|cause| Error::new(format!("the figures: {cause}")))?;
    files::write(&folder.join("bench.json"), json + "\n")?;
    let page = folder.join("index.html");
    files::write(&page, page::page(&figures, &verdicts))?;
    if let Some(folder) = &request.charts {
        document(folder, &figures, &verdicts)?;
    }
    println!(
        "{}",
        text::report(&figures, &verdicts, &page.display().to_string())
    );
    Ok(())
}

/// Measures both objects.
fn measured(config: &Config, request: &Request) -> Result<Figures> {
    let built = programs::build(config)?;
    let cpus = Cpus::all()?;
    let machine = machine::describe(config, &cpus)?;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(request.seed);
    let mut progress = Progress::start();
    let mut cases: Vec<Measuring> = Vec::new();
    let mut memory = [0; 2];
    for launch in 0..LAUNCHES_OF_SEVERAL {
        if launch > 0 && !cases.iter().any(|case| launch < case.launches()) {
            break;
        }
        let mut c = Side::start("C", &built.c.program)?;
        let mut rust = Side::start("Rust", &built.rust.program)?;
        if launch == 0 {
            cases = wanted(request, &mut c, &mut rust)?;
            memory = [c.memory()?, rust.memory()?];
        }
        let number = cases.len();
        let left = cases.iter_mut().enumerate();
        for (nth, measuring) in left.filter(|(_, case)| launch < case.launches()) {
            let most = measuring.launches();
            progress.tell(&format!(
                "launch {} of {most}, {nth} of {number} cases",
                launch + 1
            ));
            let time = request.time / LAUNCHES;
            measuring.launch([&mut c, &mut rust], &cpus, time, &mut random)?;
        }
    }
    let mut done = Vec::new();
    for Measuring {
        case,
        samples,
        instructions,
    } in cases
    {
        let times = samples.times(&case, &mut random)?;
        done.push(Measured::new(case, &times, instructions));
    }
    let mut sizes = sizes::of_objects(&built.c.object, &built.rust.object)?;
    let [of_c, of_rust] = memory;
    sizes.push(sizes::of_memory(of_c, of_rust));
    Ok(Figures {
        configuration: config.name(),
        machine,
        cases: done,
        sizes,
    })
}

/// The cases that are wanted, of which nothing is measured yet.
fn wanted(request: &Request, c: &mut Side, rust: &mut Side) -> Result<Vec<Measuring>> {
    let cases = c.cases()?;
    if rust.cases()? != cases {
        bail!("the two programs have different cases: run make clean, then again");
    }
    let wanted = cases.into_iter().filter(|case| request.wants(case));
    let wanted: Vec<_> = wanted.map(Measuring::new).collect();
    if wanted.is_empty() {
        bail!(
            "ONLY={} is the beginning of no case's name",
            request.only.join(",")
        );
    }
    Ok(wanted)
}

/// A case that is being measured.
struct Measuring {
    case: Case,
    samples: Samples,
    /// C's and Rust's, which are the same in each launch.
    instructions: [Option<f64>; 2],
}

impl Measuring {
    fn new(case: Case) -> Self {
        Self {
            case,
            samples: Samples::default(),
            instructions: [None; 2],
        }
    }

    /// In how many launches of the programs it is measured.
    fn launches(&self) -> u32 {
        match self.case.threads {
            1 => LAUNCHES,
            _ => LAUNCHES_OF_SEVERAL,
        }
    }

    /// Measures it in one launch of the programs.
    fn launch(
        &mut self,
        [c, rust]: [&mut Side; 2],
        cpus: &Cpus,
        time: Duration,
        random: &mut Xoshiro256PlusPlus,
    ) -> Result<()> {
        for side in [&mut *c, &mut *rust] {
            cpus.place(side.process(), self.case.threads)?;
            side.prepare(&self.case.name)?;
        }
        self.samples.measure(c, rust, time, random)?;
        if self.instructions == [None; 2] {
            self.instructions = [c.count()?, rust.count()?];
        }
        c.finish()?;
        rust.finish()
    }
}

/// Lines about how far it is.
struct Progress {
    started: Instant,
    told: u64,
}

impl Progress {
    fn start() -> Self {
        Self {
            started: Instant::now(),
            told: 0,
        }
    }

    /// Says so, unless it has just said something.
    fn tell(&mut self, how_far: &str) {
        let seconds = self.started.elapsed().as_secs();
        if seconds >= self.told + INTERVAL {
            self.told = seconds;
            eprintln!("bench     {how_far} ({seconds} s)");
        }
    }
}

/// What stands around the tables of a document.
const MARKS: (&str, &str) = (
    "<!-- bench: written by `make bench CHARTS=` -->\n",
    "<!-- /bench -->",
);

/// Writes the charts into a folder, and the tables and the charts' names into
/// the document of the same name beside it.
fn document(folder: &Path, figures: &Figures, verdicts: &[Verdict]) -> Result<()> {
    let path = folder.with_extension("md");
    let text = files::read(&path)?;
    let parts = text.split_once(MARKS.0).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(MARKS.1)?;
        Some((before, after))
    });
    let Some((before, after)) = parts else {
        bail!(
            "{} has no place for the tables: put {} and {} into it",
            path.display(),
            MARKS.0.trim(),
            MARKS.1
        );
    };
    for old in files::tree(folder).unwrap_or_default() {
        if old.extension().is_some_and(|kind| kind == "svg") {
            std::fs::remove_file(&old).map_err(|cause| Error::io("remove", &old, &cause))?;
        }
    }
    for (name, chart) in chart::all(figures) {
        files::write(&folder.join(format!("{name}.svg")), chart.file())?;
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let tables = text::markdown(figures, verdicts, &name);
    files::write(
        &path,
        format!("{before}{}\n{tables}\n{}{after}", MARKS.0, MARKS.1),
    )
}

#[cfg(test)]
mod tests {
    use super::figures::sample::{case, figures};
    use super::*;
    use crate::scratch::Scratch;

    fn request(variables: &[(&str, &str)]) -> Result<Request> {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.to_string())
        };
        Request::read(lookup, Path::new("/home"), None)
    }

    #[test]
    fn only_is_a_group_or_a_beginning() {
        let run = figures(vec![
            case("tdfind/self", None, [1.0, 1.0], [1.0, 1.0]),
            case("tdfind/hit-16", Some(16), [1.0, 1.0], [1.0, 1.0]),
            case("reap/one", None, [1.0, 1.0], [1.0, 1.0]),
        ]);
        let wanted = |only: &str| -> Vec<&str> {
            let request = request(&[("ONLY", only)]).expect("valid");
            let cases = run
                .cases
                .iter()
                .filter(|measured| request.wants(&measured.case));
            cases.map(|measured| measured.case.name.as_str()).collect()
        };
        assert_eq!(wanted("").len(), 3);
        assert_eq!(wanted("tdfind"), ["tdfind/self", "tdfind/hit-16"]);
        assert_eq!(wanted("tdfind/hit, reap"), ["tdfind/hit-16", "reap/one"]);
    }

    #[test]
    fn seconds_may_be_parts() {
        let request = request(&[("TIME", "0.25"), ("CHARTS", "docs/performance")]).expect("valid");
        assert_eq!(request.time, Duration::from_millis(250));
        assert_eq!(
            request.charts.as_deref(),
            Some(Path::new("/home/docs/performance"))
        );
        for wrong in ["soon", "-1", "inf", "NaN"] {
            let message = self::request(&[("TIME", wrong)])
                .expect_err("refused")
                .to_string();
            assert!(message.contains(&format!("TIME={wrong}")), "{message}");
        }
    }

    /// Without the C file the answer is one line.
    #[test]
    fn without_the_c_file_it_says_what_it_needs() {
        let config = Config::read(|_| None, Path::new(env!("CARGO_MANIFEST_DIR"))).expect("valid");
        let request = request(&[]).expect("valid");
        let message = run(&config, &request)
            .expect_err("nothing to compare with")
            .to_string();
        assert!(message.contains("give KERN_THREAD_C="), "{message}");
    }

    /// What a document says around the tables stays; charts of earlier runs go.
    #[test]
    fn a_document_gets_tables_and_charts() {
        let dir = Scratch::new("bench-document");
        let (begin, end) = MARKS;
        dir.write("speed.md", &format!("# Speed\n{begin}old{end}\nThe end.\n"));
        dir.write("speed/gone.svg", "<svg/>");
        let folder = dir.path().join("speed");
        let run = figures(vec![case("a/x", None, [10.0, 5.0], [1.0, 1.0])]);
        document(&folder, &run, &limits::judge(&run)).expect("written");
        let text = files::read(&dir.path().join("speed.md")).expect("document");
        assert!(
            text.starts_with("# Speed\n") && text.ends_with("\nThe end.\n"),
            "{text}"
        );
        assert!(
            text.contains("| a/x | 10.0 ns | 5.00 ns |") && !text.contains("old"),
            "{text}"
        );
        assert!(text.contains("![a](speed/a.svg)"), "{text}");
        let charts = files::tree(&folder).expect("charts");
        let names: Vec<_> = charts.iter().filter_map(|path| path.file_name()).collect();
        assert_eq!(names, ["a.svg", "overview.svg"]);

        dir.write("speed.md", "# Speed\n");
        let message = document(&folder, &run, &[])
            .expect_err("no marks")
            .to_string();
        assert!(message.contains("has no place for the tables"), "{message}");
    }
}
