//! Wrong versions of the C file: those that a folder of the harness describes,
//! each built into a program with the simulated kernel.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::config::{Config, Implementation};
use crate::edits::{self, Edit};
use crate::error::{Error, Result, bail};
use crate::files;
use crate::hosted;
use crate::program::{Parts, Suite};
use crate::report::Stage;
use crate::staging::{self, Staged};

/// Where those are that `make sensitivity` tries.
pub const FOLDER: &str = "fbsd-harness/sensitivity";

/// Wrong versions that are tried at a time.
const WORKERS: usize = 2;

/// The file name of a wrong version's object, beside its program.
pub const OBJECT: &str = "hosted.o";

/// The edits of all files in a folder, each id once.
pub fn edits(config: &Config, folder: &str) -> Result<Vec<Edit>> {
    let mut edits: Vec<Edit> = Vec::new();
    for path in files::tree(&config.root.join(folder))? {
        let read = edits::parse(&files::read(&path)?)
            .map_err(|cause| Error::new(format!("{}: {cause}", path.display())))?;
        for edit in read {
            if edits.iter().any(|known| known.id == edit.id) {
                bail!("{}: edit {} is there twice", path.display(), edit.id);
            }
            edits.push(edit);
        }
    }
    Ok(edits)
}

/// What every wrong version is built with.
pub struct Bench {
    staged: Staged,
    parts: Parts,
    folder: PathBuf,
    source: String,
}

impl Bench {
    /// A bench that builds in the folder `name` of the configuration.
    pub fn new(config: &Config, name: &str) -> Result<Self> {
        let Some(oracle) = &config.oracle else {
            bail!("nothing to change: give KERN_THREAD_C=<path of FreeBSD's kern_thread.c>");
        };
        let config = &Config {
            implementation: Implementation::C,
            ..config.clone()
        };
        Ok(Self {
            source: files::read(oracle)?,
            staged: staging::stage(config)?,
            parts: Parts::build(Suite::Scenarios, config)?,
            folder: config.out.join(name),
        })
    }

    /// Builds a wrong version, lets `judge` look at the program, and removes it.
    pub fn with<T>(&self, edit: &Edit, judge: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
        let folder = self.folder.join(&edit.id);
        let file = folder.join("kern_thread.c");
        files::write(&file, edit.apply(&self.source)?)?;
        let object = folder.join("kern_thread_c.o");
        let copy = folder.join(OBJECT);
        self.staged
            .compiler
            .compile(&file, &object, &[])
            .map_err(|cause| Error::new(format!("edit {}: {cause}", edit.id)))?;
        files::write(&copy, hosted::convert(&object)?)?;
        let judged = judge(&self.parts.link(&copy, &folder)?)?;
        fs::remove_dir_all(&folder).map_err(|cause| Error::io("remove", &folder, &cause))?;
        Ok(judged)
    }
}

/// Tries every edit, some at a time; `word` is shown when one is done.
pub fn each<T: Send>(
    edits: &[Edit],
    attempt: impl Fn(&Edit) -> Result<T> + Sync,
    word: impl Fn(&T) -> String + Sync,
) -> Result<Vec<T>> {
    let stage = Stage::start("edits", &format!("{} wrong versions", edits.len()));
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<Result<T>>>> = edits.iter().map(|_| Mutex::new(None)).collect();
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(edit), Some(result)) = (edits.get(index), results.get(index)) else {
                        break;
                    };
                    let tried = attempt(edit);
                    let word = tried.as_ref().map_or("error".to_string(), &word);
                    eprintln!("{:<3} of {} {}: {word}", index + 1, edits.len(), edit.id);
                    if let Ok(mut result) = result.lock() {
                        *result = Some(tried);
                    }
                }
            });
        }
    });
    stage.done();
    let tried = edits.iter().zip(results);
    tried
        .map(|(edit, result)| match result.into_inner().ok().flatten() {
            Some(result) => result,
            None => bail!("the wrong version {} was not tried", edit.id),
        })
        .collect()
}
