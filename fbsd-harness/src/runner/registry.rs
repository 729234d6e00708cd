//! The scenarios that are linked into the program.

use std::ffi::{CStr, c_char, c_ulong};
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::program;

/// `struct sim_scenario` of `scenarios/sim.h`.
#[repr(C)]
pub struct Scenario {
    id: *const c_char,
    title: *const c_char,
    guards: *const c_char,
    /// What it wants before boot.
    pub setup: Option<unsafe extern "C" fn()>,
    /// Its body, for the thread "ctl".
    pub run: unsafe extern "C" fn(),
    skip: *const c_char,
}

// SAFETY: the strings and functions that a record points to are constants of
// the program.
unsafe impl Sync for Scenario {}

/// The run of a generated program.
pub static PROGRAM: Scenario = Scenario {
    id: c"program".as_ptr(),
    title: c"A generated program".as_ptr(),
    guards: c"any difference between two objects".as_ptr(),
    setup: Some(program::setup),
    run: program::run,
    skip: std::ptr::null(),
};

unsafe extern "C" {
    fn sim_catalogue(count: *mut c_ulong) -> *const Scenario;
}

/// The one that this process runs.
#[unsafe(no_mangle)]
static sim_running: AtomicPtr<Scenario> = AtomicPtr::new(std::ptr::null_mut());

/// The groups of scenarios: the letter, what they are about, the last number.
const GROUPS: &[(char, &str, u32)] = &[
    ('A', "boot, limits, ids, allocation", 11),
    ('B', "linkage and copy-on-write", 17),
    ('C', "exit, zombies, reaping", 30),
    ('D', "single-threading", 45),
    ('E', "stopping other processes", 53),
    ('F', "suspension", 65),
    ('G', "tid hash", 70),
];

impl Scenario {
    /// "S32", or "S34_stop" for a variant.
    pub fn id(&self) -> &str {
        text(self.id)
    }

    /// What happens, in one line.
    pub fn title(&self) -> &str {
        text(self.title)
    }

    /// Both, for reports.
    pub fn heading(&self) -> String {
        format!("{} {}", self.id(), self.title())
    }

    /// The defect that it would find.
    pub fn guards(&self) -> &str {
        text(self.guards)
    }

    /// Why it is not run, if so.
    pub fn skip(&self) -> Option<&str> {
        (!self.skip.is_null()).then(|| text(self.skip))
    }

    /// This process runs it.
    pub fn begin(&'static self) {
        sim_running.store(std::ptr::from_ref(self).cast_mut(), Ordering::Relaxed);
    }

    /// The group that it belongs to, for the summary.
    pub fn group(&self) -> String {
        if self.id().starts_with('X') {
            return "X the simulation itself".to_string();
        }
        let number = self.number();
        let group = GROUPS.iter().find(|(_, _, last)| number <= *last);
        group.map_or("H hazards".to_string(), |(letter, about, _)| {
            format!("{letter} {about}")
        })
    }

    /// Whether `word` of a command line means this scenario: its id, the id
    /// that it is a variant of, or the letter of its group; `=S33` is the one
    /// with this id alone.
    pub fn is_meant(&self, word: &str) -> bool {
        if let Some(id) = word.strip_prefix('=') {
            return id.eq_ignore_ascii_case(self.id());
        }
        let base = self.id().split('_').next().unwrap_or_default();
        word.eq_ignore_ascii_case(self.id())
            || word.eq_ignore_ascii_case(base)
            || word.eq_ignore_ascii_case(&self.group()[..1])
    }

    fn number(&self) -> u32 {
        let digits: String = self
            .id()
            .chars()
            .skip(1)
            .take_while(char::is_ascii_digit)
            .collect();
        match self.id().starts_with('S') {
            true => digits.parse().unwrap_or(u32::MAX),
            false => u32::MAX,
        }
    }
}

fn text(string: *const c_char) -> &'static str {
    // SAFETY: the record's strings are literals of the scenarios.
    let string = unsafe { CStr::from_ptr(string) };
    string.to_str().unwrap_or("(not UTF-8)")
}

/// All scenarios, by number and then by name.
pub fn scenarios() -> Vec<&'static Scenario> {
    let mut count = 0;
    // SAFETY: an array of so many records that nothing changes.
    let records: &'static [Scenario] = unsafe {
        let start = sim_catalogue(&raw mut count);
        std::slice::from_raw_parts(start, count as usize)
    };
    let mut scenarios: Vec<&Scenario> = records.iter().collect();
    scenarios.sort_by_key(|scenario| (scenario.number(), scenario.id()));
    scenarios
}

/// The scenario with this id, variants not included.
pub fn find(id: &str) -> Result<&'static Scenario, String> {
    let known = scenarios()
        .into_iter()
        .find(|scenario| id.eq_ignore_ascii_case(scenario.id()));
    known.ok_or_else(|| format!("there is no scenario {id}: see list"))
}

/// The scenarios that a list of words means, separated by commas or spaces;
/// all of them for an empty list.  An unknown word is an error of one line.
pub fn select(words: &str) -> Result<Vec<&'static Scenario>, String> {
    let all = scenarios();
    let words: Vec<&str> = words
        .split([',', ' '])
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() {
        return Ok(all);
    }
    if let Some(unknown) = words
        .iter()
        .find(|word| !all.iter().any(|scenario| scenario.is_meant(word)))
    {
        return Err(format!("there is no scenario {unknown}: see list"));
    }
    Ok(all
        .into_iter()
        .filter(|scenario| words.iter().any(|word| scenario.is_meant(word)))
        .collect())
}
