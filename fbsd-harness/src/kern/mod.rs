//! The kernel's services.  Each module owns one concern: its data, the C
//! functions that the object under test calls, and safe-as-can-be Rust
//! functions for the other modules.

// The machine's side: locks, scheduling, sleeping, time.
pub mod ast;
pub mod callout;
pub mod gate;
pub mod idle;
pub mod lock;
pub mod mutex;
pub mod rwlock;
pub mod sched;
pub mod sleep;
pub mod sleepq;
pub mod spin;
pub mod switch;
pub mod taskqueue;
pub mod thread;
pub mod time;
pub mod turnstile;

// Services.
pub mod boot;
pub mod console;
pub mod cpu;
pub mod cpuset;
pub mod cred;
pub mod eventhandler;
pub mod hooks;
pub mod host_lock;
pub mod inspect;
pub mod keg;
pub mod leak;
pub mod limits;
pub mod malloc;
pub mod privilege;
pub mod quiesce;
pub mod ratecheck;
pub mod rusage;
pub mod sdt;
pub mod settings;
pub mod sigqueue;
pub mod sysctl;
pub mod uma;
pub mod umtx;
pub mod vm;
pub mod vmmeter;

// Processes.
pub mod exec;
pub mod exit;
pub mod exit_wait;
pub mod fork;
pub mod kthread;
pub mod proc;
pub mod proc_check;
pub mod proc_events;
pub mod procctl;
pub mod ptrace;
pub mod sig;
pub mod sig_set;
pub mod sig_stop;
pub mod sig_take;
pub mod stopall;
pub mod thr;
