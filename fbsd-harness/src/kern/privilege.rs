//! Privileges: who may use the last threads of the system.

use core::ffi::c_int;
use core::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use crate::kern::cred;
use crate::machine::api::point;
use crate::sys::{EPERM, ucred};

/// `suser_enabled`: does real uid 0 have privileges at all?
static SUSER_ENABLED: AtomicBool = AtomicBool::new(true);
/// What a security policy says: 0 nothing, positive grant, negative veto.
static POLICY: AtomicI32 = AtomicI32::new(0);

/// Sets whether root has privileges.
pub fn set_suser_enabled(enabled: bool) {
    SUSER_ENABLED.store(enabled, Ordering::Relaxed);
}

/// Sets what a security policy says: 0 nothing, positive grant, negative veto.
pub fn set_policy(verdict: i32) {
    POLICY.store(verdict, Ordering::Relaxed);
}

/// 0 if the credential has the privilege: a prisoner never, else real uid 0.
///
/// # Safety
/// `cr` is a credential that stays during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn priv_check_cred(cr: *mut ucred, privilege: c_int) -> c_int {
    point("priv_check_cred", &[cr.addr(), privilege as usize]);
    let policy = POLICY.load(Ordering::Relaxed);
    // SAFETY: the caller's promise; identities don't change.
    let (jailed, root) = unsafe { (cred::jailed(cr), (*cr).cr_ruid == 0) };
    let allowed =
        policy >= 0 && !jailed && ((root && SUSER_ENABLED.load(Ordering::Relaxed)) || policy > 0);
    if allowed { 0 } else { EPERM as c_int }
}
