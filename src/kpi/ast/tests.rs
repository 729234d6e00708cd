//! The AST that looks for stops, in either form.

#[cfg(not(has_ast_register))]
use super::*;
use crate::here;
use crate::kpi::fake::world::World;
use crate::thread::Thread;

#[test]
fn scheduled_ast_is_pending_until_it_is_unscheduled() {
    let _world = World::new();
    let td = Thread::current();
    assert!(!td.suspend_ast_pending());
    let mut tl = td.lock(here!());
    tl.schedule_suspend_ast();
    assert!(td.suspend_ast_pending());
    tl.unschedule_suspend_ast();
    assert!(!td.suspend_ast_pending());
    tl.unlock(here!());
}

/// `ast()` looks at the flags only if some AST is pending, and finds others
/// that are pending where they were.
#[test]
#[cfg(not(has_ast_register))]
fn flags_of_others_stay() {
    let _world = World::new();
    let td = Thread::current().add_flags(sys::TDF_SBDRY);
    let mut tl = td.lock(here!());
    tl.schedule_suspend_ast();
    assert!(td.has_flags(sys::TDF_ASTPENDING | sys::TDF_NEEDSUSPCHK | sys::TDF_SBDRY));
    tl.unschedule_suspend_ast();
    assert!(td.has_flags(sys::TDF_ASTPENDING | sys::TDF_SBDRY));
    tl.unlock(here!());
}

/// What soft updates have left a thread is taken over, once, if they are there
/// at all.
#[test]
#[cfg(not(has_ast_register))]
fn soft_updates_get_back_what_they_left() {
    let world = World::new();
    let td = Thread::current().as_ptr();
    // SAFETY: the world's own thread; what it has been left is only compared.
    unsafe {
        clear(td);
        assert!(world.log().is_empty());
        (*td).td_su = td.cast();
        clear(td);
    }
    assert_eq!(world.log(), ["softdep_ast_cleanup self"]);
}

#[test]
#[cfg(all(INVARIANTS, not(has_ast_register)))]
fn what_soft_updates_do_not_take_back_is_caught() {
    let world = World::new();
    let td = Thread::current().as_ptr();
    // SAFETY: as above; the hook is put back.
    let text = unsafe {
        let hook = (&raw mut sys::softdep_ast_cleanup).replace(None);
        (*td).td_su = td.cast();
        let text = world.panics(|| clear(td));
        sys::softdep_ast_cleanup = hook;
        text
    };
    assert!(
        text.starts_with("Assertion td->td_su == NULL failed at "),
        "{text}"
    );
}
