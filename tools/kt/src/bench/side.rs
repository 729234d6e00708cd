//! A program that measures: one object on the simulated kernel, asked a line at
//! a time and answering in JSON.
//!
//! | request | answer |
//! |---|---|
//! | `list` | a [`Case`] a line, then `end` |
//! | `prepare CASE` | `{"ready":true}` |
//! | `run N` | `{"ops":N,"ns":x}` |
//! | `count` | `{"instructions":x}`: of one operation, inside the object |
//! | `finish` | `{"finished":true}` |
//! | `memory` | `{"bytes":x}` |
//!
//! Any of them may be answered by `{"error":"..."}`.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::process::Pid;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, bail};

/// One thing that is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// `group/what-is-done`.
    #[serde(rename = "case")]
    pub name: String,
    /// Cases that belong together.
    pub group: String,
    /// How much of something there is, for cases that differ in this alone.
    pub size: Option<u64>,
    /// Host threads that run at once.
    pub threads: u64,
    /// What one operation is.
    pub unit: String,
}

/// Operations, and how long they took together.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Batch {
    /// How many.
    pub ops: u64,
    /// Nanoseconds.
    pub ns: f64,
}

impl Batch {
    /// Nanoseconds of one.
    pub fn each(&self) -> f64 {
        self.ns / self.ops as f64
    }
}

#[derive(Deserialize)]
struct Ready {
    ready: bool,
}

#[derive(Deserialize)]
struct Finished {
    finished: bool,
}

#[derive(Deserialize)]
struct Count {
    instructions: Option<f64>,
}

#[derive(Deserialize)]
struct Memory {
    bytes: u64,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

/// One of the two programs.
pub struct Side {
    name: &'static str,
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Side {
    /// Starts a program; it is called `name` in messages.
    pub fn start(name: &'static str, program: &Path) -> Result<Self> {
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|cause| Error::io("run", program, &cause))?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("cannot talk to {}", program.display());
        };
        Ok(Self {
            name,
            child,
            requests,
            answers: BufReader::new(answers),
        })
    }

    /// The process.
    pub fn process(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// What it can measure.
    pub fn cases(&mut self) -> Result<Vec<Case>> {
        self.ask("list")?;
        let mut cases = Vec::new();
        loop {
            let line = self.line("list")?;
            if line == "end" {
                return Ok(cases);
            }
            cases.push(self.read("list", &line)?);
        }
    }

    /// Makes it ready for a case.
    pub fn prepare(&mut self, case: &str) -> Result<()> {
        let request = format!("prepare {case}");
        let Ready { ready } = self.answer(&request)?;
        match ready {
            true => Ok(()),
            false => bail!("the {} program cannot prepare {case}", self.name),
        }
    }

    /// Measures so many operations.
    pub fn run(&mut self, operations: u64) -> Result<Batch> {
        let request = format!("run {operations}");
        let batch: Batch = self.answer(&request)?;
        if batch.ops == 0 || !batch.ns.is_finite() || batch.ns < 0.0 {
            bail!(
                "the {} program answers {request} with {} operations in {} ns",
                self.name,
                batch.ops,
                batch.ns
            );
        }
        Ok(batch)
    }

    /// Instructions of one operation; none where they cannot be counted.
    pub fn count(&mut self) -> Result<Option<f64>> {
        let Count { instructions } = self.answer("count")?;
        Ok(instructions)
    }

    /// Ends a case.
    pub fn finish(&mut self) -> Result<()> {
        let Finished { finished } = self.answer("finish")?;
        match finished {
            true => Ok(()),
            false => bail!("the {} program cannot finish its case", self.name),
        }
    }

    /// Bytes that the object asks the kernel for with as many threads as there
    /// may be.
    pub fn memory(&mut self) -> Result<u64> {
        let Memory { bytes } = self.answer("memory")?;
        Ok(bytes)
    }

    fn answer<T: DeserializeOwned>(&mut self, request: &str) -> Result<T> {
        self.ask(request)?;
        let line = self.line(request)?;
        self.read(request, &line)
    }

    fn ask(&mut self, request: &str) -> Result<()> {
        let written = writeln!(self.requests, "{request}");
        if written.and_then(|()| self.requests.flush()).is_err() {
            return Err(self.ended(request));
        }
        Ok(())
    }

    fn line(&mut self, request: &str) -> Result<String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(0) | Err(_) => Err(self.ended(request)),
            Ok(_) => Ok(line.trim_end().to_string()),
        }
    }

    fn read<T: DeserializeOwned>(&self, request: &str, line: &str) -> Result<T> {
        if let Ok(Refusal { error }) = serde_json::from_str(line) {
            bail!("the {} program at {request}: {error}", self.name);
        }
        serde_json::from_str(line).map_err(|cause| {
            Error::new(format!(
                "the {} program answers {request} with {line:?}: {cause}",
                self.name
            ))
        })
    }

    /// It is gone: how.
    fn ended(&mut self, request: &str) -> Error {
        let how = match self.child.wait() {
            Ok(status) => status.to_string(),
            Err(cause) => cause.to_string(),
        };
        Error::new(format!(
            "the {} program ended at {request}: {how}",
            self.name
        ))
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        // It has nothing to save, and may be in the middle of something.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::scratch::Scratch;

    const LIST: &str = r#"list) echo '{"case":"a/b-16","group":"a","size":16,"threads":1,"unit":"call"}'
        echo '{"case":"a/c","group":"a","size":null,"threads":2,"unit":"call"}'
        echo end ;;"#;

    /// A program that answers by a shell's case statement.
    fn program(dir: &Scratch, cases: &str) -> Side {
        let script =
            format!("#!/bin/sh\nwhile read -r word rest; do case $word in {cases}\nesac done\n");
        dir.write("bench", &script);
        let path = dir.path().join("bench");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
        Side::start("Rust", &path).expect("started")
    }

    #[test]
    fn requests_are_answered() {
        let dir = Scratch::new("bench-answers");
        let answers = r#"prepare) echo '{"ready":true}' ;;
            run) echo "{\"ops\":$rest,\"ns\":50}" ;;
            count) echo '{"instructions":12.5}' ;;
            finish) echo '{"finished":true}' ;;
            memory) echo '{"bytes":125000}' ;;"#;
        let mut side = program(&dir, &format!("{LIST} {answers}"));
        let cases = side.cases().expect("cases");
        let seen: Vec<_> = cases
            .iter()
            .map(|c| (c.name.as_str(), c.size, c.threads))
            .collect();
        assert_eq!(seen, [("a/b-16", Some(16), 1), ("a/c", None, 2)]);
        side.prepare("a/c").expect("ready");
        let batch = side.run(20).expect("run");
        assert_eq!((batch.ops, batch.each()), (20, 2.5));
        assert_eq!(side.count().expect("counted"), Some(12.5));
        side.finish().expect("finished");
        assert_eq!(side.memory().expect("bytes"), 125_000);
    }

    /// What goes wrong is one line that says which program it was, and at what.
    #[test]
    fn what_goes_wrong_is_told() {
        for (cases, wanted) in [
            (
                "run) exit 3 ;;",
                "the Rust program ended at run 7: exit status: 3",
            ),
            (
                "run) kill -SEGV $$ ;;",
                "the Rust program ended at run 7: signal: 11",
            ),
            (
                "run) echo 'panic!' ;;",
                "the Rust program answers run 7 with \"panic!\"",
            ),
            ("run) echo '{\"ops\":7}' ;;", "missing field `ns`"),
            (
                "run) echo '{\"ops\":0,\"ns\":1}' ;;",
                "answers run 7 with 0 operations",
            ),
            (
                "run) echo '{\"error\":\"nothing is prepared\"}' ;;",
                "the Rust program at run 7: nothing is prepared",
            ),
        ] {
            let dir = Scratch::new("bench-wrong");
            let message = program(&dir, cases).run(7).expect_err(cases).to_string();
            assert!(message.contains(wanted), "{message}");
        }
    }

    #[test]
    fn a_list_that_breaks_off_is_told() {
        let dir = Scratch::new("bench-list");
        let cut = LIST.replace("echo end", "exit 0");
        let message = program(&dir, &cut)
            .cases()
            .expect_err("cut off")
            .to_string();
        assert!(message.contains("ended at list"), "{message}");
    }

    #[test]
    fn a_program_that_hangs_is_not_waited_for() {
        let dir = Scratch::new("bench-hangs");
        let mut side = program(
            &dir,
            "prepare) echo '{\"ready\":false}'; exec sleep 1000 ;;",
        );
        let message = side.prepare("a/c").expect_err("not ready").to_string();
        assert!(message.contains("cannot prepare a/c"), "{message}");
    }
}
