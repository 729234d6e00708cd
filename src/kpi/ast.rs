//! Asynchronous system traps: what a thread has to see to on its way to user
//! mode.  This library asks for one, a look whether to stop.
//!
//! | headers | who calls | what is pending |
//! |---|---|---|
//! | `ast_register` (FreeBSD 14 and later) | the handler that was registered | a bit of `td_ast` |
//! | before it | `ast()`, by itself | `TDF_NEEDSUSPCHK` in `td_flags`, and `TDF_ASTPENDING` for any |

use super::sys;
use core::sync::atomic::{AtomicI32, Ordering};

pub use form::*;

/// Is any of these bits in a word of the thread?  Racy.
///
/// # Safety
///
/// The word is an int of a `struct thread`.
#[inline(always)]
unsafe fn any(word: *mut core::ffi::c_int, bits: core::ffi::c_int) -> bool {
    // SAFETY: by the caller's contract; an int can't tear.
    unsafe { AtomicI32::from_ptr(word) }.load(Ordering::Relaxed) & bits != 0
}

/// Each trap has a number, a bit and a handler.
#[cfg(has_ast_register)]
mod form {
    use super::{any, sys};
    use core::ffi::c_int;

    /// `ast_register(TDA_SUSPEND, ASTR_ASTF_REQUIRED, 0, handler)`.
    ///
    /// # Safety
    ///
    /// Called once, at boot.
    #[inline(always)]
    pub unsafe fn register(handler: unsafe extern "C" fn(*mut sys::thread, c_int)) {
        // SAFETY: by the caller's contract.
        unsafe {
            sys::ast_register(
                sys::KT_TDA_SUSPEND,
                sys::ASTR_ASTF_REQUIRED as c_int,
                0,
                Some(handler),
            );
        }
    }

    /// `ast_sched_locked(td, TDA_SUSPEND)`.
    ///
    /// # Safety
    ///
    /// The thread lock is held.
    #[inline(always)]
    pub unsafe fn schedule_suspend(td: *mut sys::thread) {
        // SAFETY: by the caller's contract.
        unsafe { sys::ast_sched_locked(td, sys::KT_TDA_SUSPEND) }
    }

    /// `ast_unsched_locked(td, TDA_SUSPEND)`.
    ///
    /// # Safety
    ///
    /// The thread lock is held.
    #[inline(always)]
    pub unsafe fn unschedule_suspend(td: *mut sys::thread) {
        // SAFETY: by the caller's contract.
        unsafe { sys::ast_unsched_locked(td, sys::KT_TDA_SUSPEND) }
    }

    /// `td_ast_pending(td, TDA_SUSPEND)`: racy.
    ///
    /// # Safety
    ///
    /// `td` is a `struct thread`.
    #[inline(always)]
    pub unsafe fn suspend_pending(td: *mut sys::thread) -> bool {
        // SAFETY: of type-stable memory.
        unsafe { any(&raw mut (*td).td_ast, 1 << sys::KT_TDA_SUSPEND) }
    }

    /// `ast_kclear(td)`: what is pending and must not be lost with the thread
    /// is seen to.
    ///
    /// # Safety
    ///
    /// The thread is dead and the caller's alone.
    #[inline(always)]
    pub unsafe fn clear(td: *mut sys::thread) {
        // SAFETY: by the caller's contract.
        unsafe { sys::ast_kclear(td) }
    }
}

/// The traps are flags of the thread, and `ast()` knows them all.
#[cfg(not(has_ast_register))]
mod form {
    use super::{any, sys};
    use core::ffi::c_int;

    /// Some trap is pending, and it is this one.
    const WANTED: c_int = (sys::TDF_ASTPENDING | sys::TDF_NEEDSUSPCHK) as c_int;
    /// It is this one.
    const NEEDSUSPCHK: c_int = sys::TDF_NEEDSUSPCHK as c_int;

    /// `td_flags |= TDF_ASTPENDING | TDF_NEEDSUSPCHK`.
    ///
    /// # Safety
    ///
    /// The thread lock is held.
    #[inline(always)]
    pub unsafe fn schedule_suspend(td: *mut sys::thread) {
        // SAFETY: the lock guards the field.
        unsafe { (*td).td_flags |= WANTED }
    }

    /// `td_flags &= ~TDF_NEEDSUSPCHK`.
    ///
    /// # Safety
    ///
    /// The thread lock is held.
    #[inline(always)]
    pub unsafe fn unschedule_suspend(td: *mut sys::thread) {
        // SAFETY: the lock guards the field.
        unsafe { (*td).td_flags &= !NEEDSUSPCHK }
    }

    /// `(td_flags & TDF_NEEDSUSPCHK) != 0`: racy.
    ///
    /// # Safety
    ///
    /// `td` is a `struct thread`.
    #[inline(always)]
    pub unsafe fn suspend_pending(td: *mut sys::thread) -> bool {
        // SAFETY: of type-stable memory.
        unsafe { any(&raw mut (*td).td_flags, NEEDSUSPCHK) }
    }

    /// `td_softdep_cleanup(td)`: the one trap that must not be lost with the
    /// thread is a reference that soft updates have left it.
    ///
    /// # Safety
    ///
    /// The thread is dead and the caller's alone.
    #[inline(always)]
    pub unsafe fn clear(td: *mut sys::thread) {
        // SAFETY: by the caller's contract; the file system sets the hook
        // before it leaves a thread anything, and is not unloaded meanwhile.
        unsafe {
            if !(*td).td_su.is_null()
                && let Some(cleanup) = sys::softdep_ast_cleanup
            {
                cleanup(td);
            }
            crate::mpass!((*td).td_su.is_null(), c"td->td_su == NULL");
        }
    }
}

#[cfg(test)]
mod tests;
