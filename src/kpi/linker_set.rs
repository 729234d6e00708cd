//! Linker sets: records that the kernel finds by the section they are in.
//!
//! A set is an array of pointers in a section `set_<name>`; the linker puts
//! the arrays of all objects together and the kernel walks the whole.  Here
//! each set is one static, so that its entries keep the order in which they
//! stand; `#[used]` keeps it through the compiler, the object's own link and
//! an archive.  The sections of SYSINIT and SYSUNINIT are writable, as C's
//! are, because the linker merges sections of different flags silently.

use super::cell::Global;
use super::sys;
use core::ffi::c_void;
use core::mem;

/// The entries of a set, in a section that C makes writable.
pub type WritableSet<T, const N: usize> = Global<[*mut T; N]>;

/// The entries of a set, in a read-only section.
#[repr(transparent)]
pub struct Set<T, const N: usize>(pub [*const T; N]);

// SAFETY: written by nobody; the entries point at statics.
unsafe impl<T, const N: usize> Sync for Set<T, N> {}

/// What a SYSINIT or SYSUNINIT calls.
pub type InitFn = unsafe extern "C" fn(*const c_void);

/// The record of a SYSINIT or SYSUNINIT: has `func(arg)` called when the boot,
/// or the end, reaches subsystem and order.
pub const fn sysinit(
    subsystem: sys::sysinit_sub_id,
    order: sys::sysinit_elem_order,
    func: InitFn,
    arg: *const c_void,
) -> Global<sys::sysinit> {
    // SAFETY: integers and pointers, for which zero is a value.  Headers from
    // 2023 on have a link to the next record besides those that are set here.
    let mut record: sys::sysinit = unsafe { mem::zeroed() };
    record.subsystem = subsystem;
    record.order = order;
    record.func = Some(func);
    record.udata = arg;
    Global::new(record)
}
