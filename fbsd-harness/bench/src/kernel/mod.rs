//! The kernel around the object: what the object calls, each function doing
//! what the real one does for the object and its callers and nothing more.

pub mod arena;
pub mod ast;
pub mod boot;
pub mod cred;
pub mod hooks;
pub mod limit;
pub mod lock;
pub mod memory;
pub mod proc;
pub mod registered;
pub mod rwlock;
pub mod sched;
pub mod sleep;
pub mod usage;
pub mod zone;
