//! The host: what a reader has to know of it, and on which of its CPUs a
//! program runs.

use std::process::Command;

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::figures::Machine;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::files;
use crate::process;
use crate::rust::Rustc;
use crate::staging;

/// Describes the host and the compilers.
pub fn describe(config: &Config, cpus: &Cpus) -> Result<Machine> {
    let mut date = Command::new("date");
    let mut system = Command::new("uname");
    Ok(Machine {
        cpu: cpu_name(&files::read("/proc/cpuinfo".as_ref())?),
        cores: cpus.count(),
        kernel: format!(
            "{}, large pages: {}",
            said(system.arg("-sr"))?,
            large_pages(&files::read(LARGE_PAGES.as_ref()).unwrap_or_default())
        ),
        rustc: Rustc::find(config)?.name().to_string(),
        clang: staging::stage(config)?.compiler.version()?,
        date: said(date.args(["-u", "+%Y-%m-%d"]))?,
        load: load(&files::read("/proc/loadavg".as_ref())?),
    })
}

/// What a command says.
fn said(command: &mut Command) -> Result<String> {
    let output = process::run(command, "the host cannot be described")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// The processor's name from the list of processors.
fn cpu_name(list: &str) -> String {
    let named = list.lines().find(|line| line.starts_with("model name"));
    let name = named.and_then(|line| line.split_once(':'));
    name.map_or("unknown", |(_, name)| name.trim()).to_string()
}

/// Where Linux says whether programs get large pages.
const LARGE_PAGES: &str = "/sys/kernel/mm/transparent_hugepage/enabled";

/// The word in brackets: `always`, `madvise` (those who ask, as the programs do) or
/// `never`.
fn large_pages(words: &str) -> &str {
    let inside = words
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'));
    inside.map_or("never", |(word, _)| word)
}

/// The load of the last minute.
fn load(averages: &str) -> f64 {
    let first = averages.split_whitespace().next();
    first.and_then(|word| word.parse().ok()).unwrap_or(0.0)
}

/// The CPUs that programs may use.
pub struct Cpus(CpuSet);

impl Cpus {
    /// Asks for them.
    pub fn all() -> Result<Self> {
        let set = sched_getaffinity(None)
            .map_err(|cause| Error::new(format!("cannot ask which CPUs there are: {cause}")))?;
        Ok(Self(set))
    }

    fn count(&self) -> u64 {
        self.0.count().into()
    }

    /// Makes a program with one thread stay on one CPU, the last, which does
    /// the least for others; lets one with several use all of them.  Threads
    /// that it has already stay where they are.
    pub fn place(&self, program: Pid, threads: u64) -> Result<()> {
        let mut set = self.0;
        let last = (0..CpuSet::MAX_CPU).rfind(|&cpu| self.0.is_set(cpu));
        if let (1, Some(last)) = (threads, last) {
            set = CpuSet::new();
            set.set(last);
        }
        sched_setaffinity(Some(program), &set)
            .map_err(|cause| Error::new(format!("cannot keep a program on one CPU: {cause}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_described_from_its_files() {
        let list = "processor\t: 0\nmodel name\t: AMD EPYC: 9\nflags\t: fpu\n";
        assert_eq!(cpu_name(list), "AMD EPYC: 9");
        assert_eq!(cpu_name(""), "unknown");
        assert_eq!(large_pages("always [madvise] never\n"), "madvise");
        assert_eq!(large_pages(""), "never");
        assert_eq!(load("0.25 0.10 0.05 1/234 5678\n"), 0.25);
    }

    #[test]
    fn one_thread_has_one_cpu_and_two_have_all() {
        let cpus = Cpus::all().expect("CPUs");
        let mut child = Command::new("sleep").arg("100").spawn().expect("sleep");
        let pid = Pid::from_child(&child);
        for (threads, wanted) in [(1, 1), (2, cpus.count())] {
            cpus.place(pid, threads).expect("placed");
            let set = sched_getaffinity(Some(pid)).expect("asked");
            assert_eq!(u64::from(set.count()), wanted);
        }
        child.kill().and_then(|()| child.wait()).expect("ended");
    }
}
