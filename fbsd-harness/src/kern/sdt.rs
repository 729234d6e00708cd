//! Statically defined tracing: the providers and hooks behind the probes of
//! the object under test.

use core::ffi::c_char;
use core::sync::atomic::{AtomicU64, Ordering};

use crate::machine::api::note;
use crate::sys::{sdt_probe, sdt_provider};

/// `sdt_probes_enabled`: is any probe on?
#[unsafe(no_mangle)]
pub static mut sdt_probes_enabled: bool = false;

/// What DTrace installs: called with the id of a probe that is on.
pub type ProbeFn = unsafe extern "C" fn(u32, usize, usize, usize, usize, usize);

/// `sdt_probe_func`: what a probe calls that is on.
#[unsafe(no_mangle)]
pub static mut sdt_probe_func: ProbeFn = fired;

static FIRED: AtomicU64 = AtomicU64::new(0);

unsafe extern "C" fn fired(id: u32, a0: usize, _: usize, _: usize, _: usize, _: usize) {
    FIRED.fetch_add(1, Ordering::Relaxed);
    note("sdt_probe", &[id as usize, a0]);
}

/// How often a probe that is on was passed.
pub fn count() -> u64 {
    FIRED.load(Ordering::Relaxed)
}

/// Turns a probe on, with this id, or off with id 0.
///
/// # Safety
/// `probe` is a probe; nobody else turns probes on or off meanwhile.
pub unsafe fn enable(probe: *mut sdt_probe, id: u32) {
    // SAFETY: the caller's promise.
    unsafe {
        (*probe).id = i64::from(id) as _;
        sdt_probes_enabled = id != 0;
    }
}

const fn provider(name: &'static core::ffi::CStr) -> sdt_provider {
    // SAFETY: a provider is made of pointers that may be NULL and integers.
    let mut provider: sdt_provider = unsafe { core::mem::zeroed() };
    provider.name = name.as_ptr().cast::<c_char>().cast_mut();
    provider
}

/// The provider "proc".
#[unsafe(no_mangle)]
pub static mut sdt_provider_proc: [sdt_provider; 1] = [provider(c"proc")];

/// The lockstat probe that the inlined release of a spin mutex passes.
// SAFETY: a probe of zeros is off.
#[unsafe(no_mangle)]
pub static mut sdt_lockstat___spin__release: [sdt_probe; 1] = [unsafe { core::mem::zeroed() }];
