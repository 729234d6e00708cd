//! What a soak asks of the host: CPUs for its workers, to be told when it is to
//! stop, and to be the only one of its folder.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::fs::{FlockOperation, flock};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::error::{Error, Result};
use crate::files;

/// More workers would wait for each other on the hosts that this is for.
const WORKERS: usize = 2;

/// The host's CPUs that the driver may use.
#[derive(Clone, Copy)]
pub struct Cpus(CpuSet);

impl Cpus {
    /// Asks for them.
    pub fn all() -> Result<Self> {
        let set = sched_getaffinity(None)
            .map_err(|cause| Error::new(format!("cannot ask which CPUs there are: {cause}")))?;
        Ok(Self(set))
    }

    /// How many workers they are enough for.
    pub fn workers(&self) -> usize {
        (self.0.count() as usize).clamp(1, WORKERS)
    }

    /// Makes this thread, and what it starts, stay on the nth of them.  A host
    /// that refuses makes it slower and nothing else.
    pub fn stay_on(&self, nth: usize) {
        let mut cpus = (0..CpuSet::MAX_CPU).filter(|&cpu| self.0.is_set(cpu));
        if let Some(cpu) = cpus.nth(nth) {
            let mut one = CpuSet::new();
            one.set(cpu);
            let _ = sched_setaffinity(None, &one);
        }
    }

    /// Makes this thread, and what it starts, use all of them.
    pub fn use_all(&self) {
        let _ = sched_setaffinity(None, &self.0);
    }
}

/// Makes SIGINT and SIGTERM set `stop`; one that comes after it ends the driver
/// at once.
pub fn stop_on_signals(stop: &Arc<AtomicBool>) -> Result<()> {
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(stop))
            .and_then(|_| flag::register(signal, Arc::clone(stop)))
            .map_err(|cause| Error::new(format!("cannot listen for signals: {cause}")))?;
    }
    Ok(())
}

/// A folder that no other soak writes to while this lives.
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes it.
    pub fn take(folder: &Path) -> Result<Self> {
        files::make_dir(folder)?;
        let path = folder.join("lock");
        let file = File::create(&path).map_err(|cause| Error::io("write", &path, &cause))?;
        flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|_| {
            Error::new(format!(
                "another soak works in {}: wait for its end, or interrupt it",
                folder.display()
            ))
        })?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_folder_has_one_soak() {
        let dir = Scratch::new("soak-lock");
        let first = Lock::take(dir.path()).expect("free");
        let Err(error) = Lock::take(dir.path()) else {
            panic!("two soaks in one folder");
        };
        assert!(error.to_string().contains("another soak"), "{error}");
        drop(first);
        Lock::take(dir.path()).expect("free again");
    }
}
