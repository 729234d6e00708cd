//! Owns the counting: the lines and branches of an object, covered and not.
//!
//! A line is covered if one of its instructions was run, wherever the compiler
//! has put copies of it.  A branch is a way out of a conditional jump, or out of
//! a jump through a table, of the object: a condition that is inlined in ten
//! places counts in each of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::Result;
use crate::code::{Block, Code};
use crate::plan::{Plan, Seen};
use crate::source::{self, Line, Lines};

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Covered.
    pub covered: usize,
    /// All.
    pub all: usize,
}

impl Share {
    fn add(&mut self, covered: bool) {
        self.covered += usize::from(covered);
        self.all += 1;
    }

    /// Of thousand, rounded down, so that 1000 means all of them.
    pub fn of_thousand(&self) -> usize {
        match self.all {
            0 => 1000,
            all => self.covered * 1000 / all,
        }
    }

    /// As a percentage with one digit behind the point.
    pub fn percent(&self) -> String {
        let share = self.of_thousand();
        format!("{}.{}", share / 10, share % 10)
    }
}

/// One way out of a jump.
#[derive(Clone, Debug)]
pub struct Arm {
    /// The line that it leads to; none if it leaves the function.
    pub to: Option<Line>,
    /// Whether it was taken.
    pub covered: bool,
    /// Why it can't be taken, if that is known.
    pub reason: Option<String>,
}

/// A jump with a choice.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Its offset in the text.
    pub at: u32,
    /// The function of the object that holds it.
    pub function: String,
    /// Its ways out.
    pub arms: Vec<Arm>,
}

/// A line with instructions.
#[derive(Clone, Debug, Default)]
pub struct LineCount {
    /// Whether one of them was run.
    pub covered: bool,
    /// Why none can be, if that is known.
    pub reason: Option<String>,
    /// The functions of the object that hold them.
    pub functions: BTreeSet<String>,
    /// The jumps of the line.
    pub branches: Vec<Branch>,
}

/// Lines and branches of a file, a function or an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Lines.
    pub lines: Share,
    /// Branches.
    pub branches: Share,
}

impl Totals {
    /// Adds a line with its branches.
    pub fn add(&mut self, line: &LineCount) {
        self.lines.add(line.covered);
        for arm in line.branches.iter().flat_map(|branch| &branch.arms) {
            self.branches.add(arm.covered);
        }
    }
}

/// A source file.
#[derive(Clone, Debug, Default)]
pub struct FileCount {
    /// Its text.
    pub text: Vec<String>,
    /// The lines that have instructions.
    pub lines: BTreeMap<u32, LineCount>,
}

/// An object's coverage.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// `rust` or `c`.
    pub object: String,
    /// By the files' names.
    pub files: BTreeMap<String, FileCount>,
}

impl Coverage {
    /// Counts what was seen of `bytes`, an object file.  `own` names the files of
    /// the sources, `read` reads one.
    pub fn new(
        object: &str,
        bytes: &[u8],
        seen: &[u8],
        own: impl Fn(&str) -> Option<String>,
        read: impl Fn(&str) -> Result<String>,
    ) -> Result<Self> {
        let code = Code::read(bytes)?;
        let plan = Plan::new(&code);
        let seen = Seen::read(&plan, seen)?;
        let lines = source::lines(bytes, &code, own)?;
        let mut files: BTreeMap<String, FileCount> = BTreeMap::new();
        for line in lines.values() {
            if !files.contains_key(&line.file) {
                let text = read(&line.file)?.lines().map(str::to_string).collect();
                let file = FileCount {
                    text,
                    ..FileCount::default()
                };
                files.insert(line.file.clone(), file);
            }
        }
        for block in code.blocks.values() {
            count(block, &code, &seen, &lines, &mut files);
        }
        Ok(Self {
            object: object.to_string(),
            files,
        })
    }

    /// Everything together.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for line in self.files.values().flat_map(|file| file.lines.values()) {
            totals.add(line);
        }
        totals
    }
}

/// Adds a block to the files that its instructions come from.
fn count(
    block: &Block,
    code: &Code,
    seen: &Seen,
    lines: &Lines,
    files: &mut BTreeMap<String, FileCount>,
) {
    let entered = seen.entered(block.start);
    let function = match code.function(block.start) {
        Some(function) => function.name.clone(),
        None => String::new(),
    };
    for &at in &block.instructions {
        if let Some(line) = line_of(files, lines, at) {
            line.covered |= entered;
            line.functions.insert(function.clone());
        }
    }
    let (Some(&at), arms) = (block.instructions.last(), block.arms(code)) else {
        return;
    };
    if arms.is_empty() {
        return;
    }
    let arms = arms.iter().map(|arm| Arm {
        to: arm.to.and_then(|to| first_line(code, lines, to)),
        covered: seen.took(at, arm),
        reason: None,
    });
    let branch = Branch {
        at,
        function: function.clone(),
        arms: arms.collect(),
    };
    if let Some(line) = line_of(files, lines, at) {
        line.branches.push(branch);
    }
}

/// The line of an instruction.
fn line_of<'a>(
    files: &'a mut BTreeMap<String, FileCount>,
    lines: &Lines,
    at: u32,
) -> Option<&'a mut LineCount> {
    let line = lines.get(&at)?;
    let file = files.get_mut(&line.file)?;
    Some(file.lines.entry(line.number).or_default())
}

/// The line of the first instruction of a block that has one.
fn first_line(code: &Code, lines: &Lines, start: u32) -> Option<Line> {
    let block = code.blocks.get(&start)?;
    block
        .instructions
        .iter()
        .find_map(|at| lines.get(at).cloned())
}
