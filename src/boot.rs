//! `threadinit`: everything that threads need is made, once, while the machine
//! boots on one CPU with thread0 alone.
//!
//! Ports reference lines 533-593.

use crate::count;
use crate::reap;
use crate::tid;
use crate::tidhash;
use crate::zone;

/// Makes ids, zone, hash, reaper and AST, and counts thread0.
///
/// thread0 gets the first id reserved; its caller writes it and puts thread0
/// into the hash.
///
/// # Safety
///
/// Called once, at boot, with no locks held.
pub unsafe fn threadinit() {
    // SAFETY: each is called once, here, in the order in which they need each
    // other.
    unsafe {
        count::init_limit();
        tid::init(count::maxthread());
        // With kern.maxthread at 101 or below this asks for a privilege of
        // credentials that thread0 does not have yet, and faults, as in C.
        tid::assert_thread0(count::admit_thread0());
        zone::init();
        tidhash::init();
        reap::init();
        #[cfg(has_ast_register)]
        crate::kpi::ast::register(crate::suspend_check::ast_suspend);
    }
}

#[cfg(test)]
mod tests;
