//! Statically defined tracing probes, `SDT(9)`.
//!
//! Up to FreeBSD 14 a probe's code looks at a flag and at the probe's id, and
//! calls through a variable.  From 15 on it is a no-op instruction and a
//! record in the linker set `sdt_tracepoint_set` that tells the kernel where
//! the instruction is, and where to jump from it once the probe is enabled.

/// `SDT_PROBE1`: fires a probe with one argument, if somebody has enabled it.
///
/// The probe is a static, of the kernel or of this library.
#[macro_export]
#[doc(hidden)]
macro_rules! sdt_probe {
    ($probe:path, $arg0:expr) => {{
        #[cfg(not(has_sdt_tracepoints))]
        {
            let probe = (&raw const $probe).cast::<$crate::kpi::sys::sdt_probe>();
            // SAFETY: the static lives for ever.
            unsafe { $crate::kpi::sdt::fire_if_enabled(probe, $arg0) }
        }
        #[cfg(has_sdt_tracepoints)]
        // SAFETY: an instruction without effect, and a record in the shape of
        // struct sdt_tracepoint: probe, place, target, list link.
        unsafe {
            ::core::arch::asm!(
                $crate::sdt_place!(),
                ".pushsection set_sdt_tracepoint_set, \"awR\"",
                $crate::sdt_word!("{probe}"),
                $crate::sdt_word!("2b"),
                $crate::sdt_word!("{fire}"),
                $crate::sdt_word!("0"),
                ".popsection",
                probe = sym $probe,
                fire = label {
                    let probe = (&raw const $probe).cast::<$crate::kpi::sys::sdt_probe>();
                    // SAFETY: the kernel jumps here while the probe is enabled.
                    unsafe { $crate::kpi::sdt::fire(probe, $arg0) }
                },
                options(nomem, nostack, preserves_flags),
            );
        }
    }};
}

/// The instruction that a jump takes the place of: `_SDT_ASM_PATCH_INSTR`.
#[macro_export]
#[doc(hidden)]
#[cfg(all(has_sdt_tracepoints, target_arch = "x86_64"))]
macro_rules! sdt_place {
    () => {
        "2: nop word ptr [rax + rax]"
    };
}

/// See the first form.
#[macro_export]
#[doc(hidden)]
#[cfg(all(has_sdt_tracepoints, target_arch = "x86"))]
macro_rules! sdt_place {
    () => {
        "2: nop; nop; nop; nop; nop"
    };
}

/// See the first form.
#[macro_export]
#[doc(hidden)]
#[cfg(all(has_sdt_tracepoints, target_arch = "aarch64"))]
macro_rules! sdt_place {
    () => {
        "2: nop"
    };
}

/// See the first form.
#[macro_export]
#[doc(hidden)]
#[cfg(all(has_sdt_tracepoints, target_arch = "riscv64"))]
macro_rules! sdt_place {
    () => {
        "2: .option push; .option norvc; nop; .option pop"
    };
}

/// A word of a record, as wide as an address: `_SDT_ASM_WORD`.
#[macro_export]
#[doc(hidden)]
#[cfg(all(has_sdt_tracepoints, target_pointer_width = "64"))]
macro_rules! sdt_word {
    ($value:literal) => {
        concat!(".quad ", $value)
    };
}

/// See the first form.
#[macro_export]
#[doc(hidden)]
#[cfg(all(has_sdt_tracepoints, target_pointer_width = "32"))]
macro_rules! sdt_word {
    ($value:literal) => {
        concat!(".long ", $value)
    };
}

/// One load and one branch while nothing at all is enabled; which probe it is
/// is looked at out of line.
///
/// # Safety
///
/// `probe` points at a probe.
#[inline(always)]
#[cfg(all(KDTRACE_HOOKS, not(has_sdt_tracepoints)))]
pub unsafe fn fire_if_enabled(probe: *const super::sys::sdt_probe, arg0: usize) {
    // SAFETY: a bool that dtrace(1) sets at any moment; a stale value makes one
    // firing too many or too few.
    unsafe {
        if core::ptr::read_volatile(&raw const super::sys::sdt_probes_enabled) {
            super::seldom::seldom();
            fire(probe, arg0);
        }
    }
}

/// Calls into DTrace, if it is this probe that is enabled.
///
/// # Safety
///
/// `probe` points at a probe.
#[cold]
#[inline(never)]
#[cfg(KDTRACE_HOOKS)]
pub unsafe fn fire(probe: *const super::sys::sdt_probe, arg0: usize) {
    // SAFETY: the kernel keeps a function in the variable from boot on.  The
    // id is 32 bits wide where it is used, though its type is wider.
    unsafe {
        let id = (*probe).id as u32;
        #[cfg(not(has_sdt_tracepoints))]
        if id == 0 {
            return;
        }
        #[cfg(not(has_sdt_tracepoints))]
        super::sys::sdt_probe_func.unwrap_unchecked()(id, arg0, 0, 0, 0, 0);
        #[cfg(has_sdt_tracepoints)]
        super::sys::sdt_probe(id, arg0 as _, 0, 0, 0, 0);
    }
}

/// The probe lockstat:::spin-release.
#[inline(always)]
#[cfg(not(any(LOCK_DEBUG, MUTEX_NOINLINE)))]
pub fn lockstat_spin_release(lock: *mut super::sys::mtx) {
    #[cfg(KDTRACE_HOOKS)]
    crate::sdt_probe!(super::sys::sdt_lockstat___spin__release, lock as usize);
    #[cfg(not(KDTRACE_HOOKS))]
    let _ = lock;
}
