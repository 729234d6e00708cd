//! A program that carries runs out: one object on the simulated kernel.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use crate::Result;
use crate::run::{Ended, Run};

/// How the runs of one program ended, by what was asked for: for those who
/// compare it with many others.  A run ends the same way whenever it is made.
pub type Memory = Arc<Mutex<BTreeMap<String, Ended>>>;

/// One of the two programs.
pub struct Side {
    name: String,
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    memory: Option<Memory>,
    asked: String,
    /// What it remembers of the run that was asked for.
    known: Option<Ended>,
}

/// An event of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its position in the trace.
    pub position: u64,
    /// The digest of all threads and processes.
    pub state: String,
    /// Step, CPU, thread and what happened.
    pub text: String,
}

impl Side {
    /// Starts a program.
    pub fn start(name: &str, program: &Path) -> Result<Self> {
        Self::start_as(name, program, &mut Command::new(program))
    }

    /// Starts a program by a command of one's own.
    pub fn start_as(name: &str, program: &Path, command: &mut Command) -> Result<Self> {
        let mut child = command
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|cause| format!("cannot run {}: {cause}", program.display()))?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("cannot talk to {}", program.display()));
        };
        Ok(Self {
            name: name.to_string(),
            child,
            requests: Some(requests),
            answers: BufReader::new(answers),
            memory: None,
            asked: String::new(),
            known: None,
        })
    }

    /// The same program, which need not repeat what `memory` knows.
    pub fn with_memory(mut self, memory: &Memory) -> Self {
        self.memory = Some(Arc::clone(memory));
        self
    }

    /// What it is called in reports: "C" or "Rust".
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells the program of what it is to leave out.
    pub fn allow(&mut self, request: &str) -> Result<()> {
        self.ask(request)?;
        self.lines().map(drop)
    }

    /// Asks for a run; [`Side::ended`] waits for it.
    pub fn request(&mut self, run: &Run) -> Result<()> {
        self.asked = run.fields();
        self.known = self.remembered();
        if self.known.is_some() {
            return Ok(());
        }
        self.ask(&format!("run\t{}", self.asked))
    }

    /// How the run that was asked for ended.
    pub fn ended(&mut self) -> Result<Ended> {
        if let Some(ended) = self.known.take() {
            return Ok(ended);
        }
        let line = self.line()?;
        let ended = Ended::parse(&line)
            .ok_or_else(|| format!("the {} side answers {line:?}", self.name))?;
        if let Some(memory) = &self.memory {
            let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
            memory.insert(self.asked.clone(), ended.clone());
        }
        Ok(ended)
    }

    fn remembered(&self) -> Option<Ended> {
        let memory = self.memory.as_ref()?.lock();
        let memory = memory.unwrap_or_else(PoisonError::into_inner);
        memory.get(&self.asked).cloned()
    }

    /// Carries a run out and tells its events.
    pub fn trace(&mut self, run: &Run) -> Result<Vec<Event>> {
        self.ask(&format!("trace\t{}", run.fields()))?;
        let lines = self.lines()?;
        let events = lines.iter().map(|line| {
            let mut fields = line.splitn(3, '\t');
            let position = fields.next()?.parse().ok()?;
            Some(Event {
                position,
                state: fields.next()?.to_string(),
                text: fields.next()?.to_string(),
            })
        });
        let events: Option<Vec<Event>> = events.collect();
        events.ok_or_else(|| format!("the {} side's trace cannot be read", self.name))
    }

    /// Carries a run out up to an event and tells every thread and process:
    /// lines of an object, an offset and a word.
    pub fn state(&mut self, run: &Run, position: u64) -> Result<Vec<String>> {
        self.ask(&format!("state\t{position}\t{}", run.fields()))?;
        self.lines()
    }

    fn ask(&mut self, request: &str) -> Result<()> {
        let Some(requests) = &mut self.requests else {
            return Err(format!("the {} side is gone", self.name));
        };
        writeln!(requests, "{request}")
            .and_then(|()| requests.flush())
            .map_err(|cause| format!("the {} side does not listen: {cause}", self.name))
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(0) => Err(format!("the {} side has ended", self.name)),
            Ok(_) => Ok(line.trim_end_matches('\n').to_string()),
            Err(cause) => Err(format!("the {} side cannot be heard: {cause}", self.name)),
        }
    }

    fn lines(&mut self) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        loop {
            let line = self.line()?;
            if line == "." {
                return Ok(lines);
            }
            lines.push(line);
        }
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        // The end of its requests is the end of the program.
        self.requests = None;
        let _ = self.child.wait();
    }
}
