//! The four events of a thread's life that the rest of the kernel can follow:
//! its structure is made (`thread_init`), a thread begins in it
//! (`thread_ctor`), ends (`thread_dtor`), and the structure goes away
//! (`thread_fini`, which a zone that frees nothing never gets to).
//!
//! The lists' addresses are symbols of the kernel's interface, filled at boot
//! by a SYSINIT each; their records stand in the set in [`crate::records`].
//! Handlers run unlocked and may sleep.
//!
//! Ports the `EVENTHANDLER_LIST_DEFINE`s (reference lines 170-173).

use crate::kpi::cell::Global;
use crate::kpi::eventhandler::{self, List};
use crate::kpi::linker_set;
use crate::kpi::site::Site;
use crate::kpi::sys;
use crate::thread::Thread;
use core::ffi::c_void;
use core::ptr;

/// Defines a list's symbol, the SYSINIT that creates it, and the function
/// that tells its handlers.
macro_rules! thread_event {
    ($(#[$doc:meta])* $name:ident, $text:literal, $list:ident, $create:ident, $record:ident, $trace:literal) => {
        /// The list of handlers; created at boot, never replaced.
        #[unsafe(no_mangle)]
        pub static $list: List = List::new(ptr::null_mut());

        /// Creates the list.
        ///
        /// # Safety
        ///
        /// Called once, by the boot.
        unsafe extern "C" fn $create(_ctx: *const c_void) {
            // SAFETY: nobody uses the list before SI_SUB_EVENTHANDLER ends.
            unsafe { *$list.get() = sys::eventhandler_create_list($text.as_ptr()) }
        }

        /// Has the boot create the list.
        pub static $record: Global<sys::sysinit> = linker_set::sysinit(
            sys::SI_SUB_EVENTHANDLER,
            sys::SI_ORDER_ANY,
            $create,
            ptr::null(),
        );

        $(#[$doc])*
        ///
        /// # Safety
        ///
        /// The lists have been created, `td` is in the state that the event
        /// stands for, and the caller holds no locks and may sleep.
        #[inline(always)]
        pub unsafe fn $name(td: Thread, site: Site) {
            // SAFETY: by the caller's contract.
            unsafe { eventhandler::invoke(&$list, $trace, td.as_ptr(), site) }
        }
    };
}

thread_event!(
    /// A thread is ready to be linked to a process.
    thread_ctor,
    c"thread_ctor",
    _eventhandler_list_thread_ctor,
    create_thread_ctor,
    CREATE_THREAD_CTOR,
    c"eventhandler_invoke(\"thread_ctor\")"
);
thread_event!(
    /// A thread is dead; its structure is as it was.
    thread_dtor,
    c"thread_dtor",
    _eventhandler_list_thread_dtor,
    create_thread_dtor,
    CREATE_THREAD_DTOR,
    c"eventhandler_invoke(\"thread_dtor\")"
);
thread_event!(
    /// The structure is new.
    thread_init,
    c"thread_init",
    _eventhandler_list_thread_init,
    create_thread_init,
    CREATE_THREAD_INIT,
    c"eventhandler_invoke(\"thread_init\")"
);
thread_event!(
    /// The structure's memory is about to be given back.
    thread_fini,
    c"thread_fini",
    _eventhandler_list_thread_fini,
    create_thread_fini,
    CREATE_THREAD_FINI,
    c"eventhandler_invoke(\"thread_fini\")"
);
