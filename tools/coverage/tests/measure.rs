//! The runtime and the counting, on an object whose branches are known.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kt_coverage::code::{Code, Ending};
use kt_coverage::count::{Coverage, Share};
use kt_coverage::plan::{Kind, Plan, Point, Seen};

/// A built program, in a folder of its own.
struct Program {
    folder: PathBuf,
    object: Vec<u8>,
    code: Code,
}

fn compile(arguments: &[&str]) {
    let status = Command::new("cc").args(arguments).status().expect("cc");
    assert!(status.success(), "cc {arguments:?}");
}

impl Program {
    fn new(name: &str) -> Self {
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).expect("a folder");
        let source = |path: &str| home.join(path).display().to_string();
        let built = |path: &str| folder.join(path).display().to_string();
        let flags = ["-O0", "-g", "-fno-pic", "-fcf-protection=none"];
        let object = built("measured.o");
        let measured = source("tests/program/measured.c");
        compile(&[&flags[..], &["-c", &measured, "-o", &object]].concat());
        compile(&[
            "-O1",
            "-static",
            "-no-pie",
            "-fno-pic",
            "-o",
            &built("program"),
            &source("tests/program/main.c"),
            &source("runtime/coverage.c"),
            &object,
        ]);
        let object = fs::read(object).expect("an object");
        let code = Code::read(&object).expect("its code");
        Self {
            folder,
            object,
            code,
        }
    }

    fn write(&self, plan: &Plan) {
        fs::write(self.folder.join("plan"), plan.file(&self.code)).expect("a plan");
    }

    /// Runs it; it has to do what it does without being measured.
    fn run(&self, arguments: [&str; 2]) {
        let status = Command::new(self.folder.join("program"))
            .args(arguments)
            .env("KT_COVERAGE", self.folder.join("plan"))
            .status()
            .expect("it runs");
        assert!(status.success(), "{arguments:?}: {status}");
    }

    fn seen(&self) -> Vec<u8> {
        fs::read(self.folder.join("plan")).expect("what was seen")
    }

    /// For each way out of the jumps of a function whether it was taken.
    fn arms(&self, plan: &Plan, function: &str) -> Vec<bool> {
        let seen = Seen::read(plan, &self.seen()).expect("what was seen");
        let blocks = self.code.blocks.values().filter(|block| {
            let found = self.code.function(block.start);
            found.is_some_and(|found| found.name == function)
        });
        blocks
            .flat_map(|block| {
                let at = *block.instructions.last().expect("an instruction");
                let arms = block.arms(&self.code);
                arms.iter()
                    .map(|arm| seen.took(at, arm))
                    .collect::<Vec<_>>()
            })
            .collect()
    }
}

/// Each of the sixteen conditions, under all flags, as the processor has it.
#[test]
fn jumps_go_where_the_processor_goes() {
    let program = Program::new("conditions");
    let mut plan = Plan::new(&program.code);
    let mut jumps = 0;
    for block in program.code.blocks.values() {
        if let Ending::Branch { at, .. } = block.ending {
            // It stays, however often it was seen.
            let (kind, need) = (Kind::Branch, u64::MAX);
            plan.points.insert(at, Point { kind, need });
            jumps += 1;
        }
    }
    assert_eq!(jumps, 17);
    program.write(&plan);
    program.run(["conditions", ""]);
    for condition in [
        "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g",
    ] {
        let arms = program.arms(&plan, &format!("jump_{condition}"));
        assert_eq!(arms, [true, true], "{condition}");
    }
    assert_eq!(program.arms(&plan, "with_lines"), [false, false]);
}

/// What one run has seen is added to what earlier ones saw.
#[test]
fn a_table_has_a_branch_for_each_target() {
    let program = Program::new("table");
    let plan = Plan::new(&program.code);
    program.write(&plan);
    assert_eq!(program.arms(&plan, "through_table"), [false, false]);
    program.run(["table", "2"]);
    assert_eq!(program.arms(&plan, "through_table"), [true, false]);
    program.run(["table", "1"]);
    assert_eq!(program.arms(&plan, "through_table"), [true, true]);
}

/// Two ways into one block are told apart by the jump through the table.
#[test]
fn a_table_is_gone_through_as_by_the_processor() {
    let program = Program::new("entries");
    let mut plan = Plan::new(&program.code);
    for block in program.code.blocks.values() {
        if let Ending::Table { at, .. } = block.ending {
            let (kind, need) = (Kind::Table, u64::MAX);
            plan.points.insert(at, Point { kind, need });
        }
    }
    program.write(&plan);
    for entry in ["0", "1", "2"] {
        program.run(["table", entry]);
    }
    assert_eq!(program.arms(&plan, "through_table"), [true, true]);
}

fn coverage(program: &Program) -> Coverage {
    let own = |path: &str| {
        path.ends_with("/measured.c")
            .then(|| "measured.c".to_string())
    };
    let text = include_str!("program/measured.c");
    Coverage::new("c", &program.object, &program.seen(), own, |_| {
        Ok(text.to_string())
    })
    .expect("counted")
}

/// The lines of a function of which one side was run.
#[test]
fn lines_and_branches_are_counted() {
    let program = Program::new("lines");
    program.write(&Plan::new(&program.code));
    program.run(["lines", "1"]);
    let counted = coverage(&program);
    let file = &counted.files["measured.c"];
    let covered = |text: &str| {
        let index = file.text.iter().position(|line| line.trim() == text);
        let number = index.expect("a line of the file") as u32 + 1;
        file.lines[&number].covered
    };
    assert!(covered("y = 1;"));
    assert!(!covered("y = 2;"));
    assert!(covered("return (y);"));
    let branches = file.lines.values().flat_map(|line| &line.branches);
    let arms = branches
        .filter(|branch| branch.function == "with_lines")
        .flat_map(|branch| &branch.arms);
    assert_eq!(arms.filter(|arm| arm.covered).count(), 1);
}

/// A child's text is its parent's.
#[test]
fn children_are_measured() {
    let program = Program::new("fork");
    let plan = Plan::new(&program.code);
    program.write(&plan);
    program.run(["fork", ""]);
    assert_eq!(program.arms(&plan, "with_lines"), [true, true]);
}

#[test]
fn percentages_are_rounded_down() {
    let share = |covered, all| Share { covered, all }.percent();
    assert_eq!(share(999, 1000), "99.9");
    assert_eq!(share(9999, 10000), "99.9");
    assert_eq!(share(1, 3), "33.3");
    assert_eq!(share(0, 0), "100.0");
}
