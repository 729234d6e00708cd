//! taskqueue_thread: tasks that a kernel thread runs one after another.

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::ptr;

use super::{lock, mutex, sleep, thread};
use crate::machine::names;
use crate::machine::point::point;
use crate::sys::{self, lock_object, mtx, task};

/// A task queue.
pub struct Queue {
    lock: mtx,
    first: *mut task,
    last: *mut task,
    running: *mut task,
}

struct Cell(UnsafeCell<Queue>);

// SAFETY: guarded by the lock in it.
unsafe impl Sync for Cell {}

static QUEUE: Cell = Cell(UnsafeCell::new(Queue {
    lock: mtx {
        lock_object: lock_object {
            lo_name: c"taskqueue".as_ptr(),
            lo_flags: 0,
            lo_data: 0,
            lo_witness: ptr::null_mut(),
        },
        mtx_lock: sys::KT_MTX_UNOWNED,
    },
    first: ptr::null_mut(),
    last: ptr::null_mut(),
    running: ptr::null_mut(),
}));

/// The pointer that the kernel's code finds the queue by.
#[repr(transparent)]
struct Pointer(*mut Queue);

// SAFETY: a constant.
unsafe impl Sync for Pointer {}

#[unsafe(no_mangle)]
static taskqueue_thread: Pointer = Pointer(QUEUE.0.get());

/// taskqueue_thread.
pub fn queue() -> *mut Queue {
    taskqueue_thread.0
}

/// Calls `f` with the task that runs (0) and those that are pending (1..),
/// without locks.
pub fn for_each(mut f: impl FnMut(usize, *mut task)) {
    // SAFETY: det looks while nobody runs.
    unsafe {
        let queue = queue();
        f(0, (*queue).running);
        let (mut place, mut t) = (1, (*queue).first);
        while !t.is_null() {
            f(place, t);
            (place, t) = (place + 1, (*t).ta_link.stqe_next);
        }
    }
}

/// Starts the queue's thread.
pub unsafe fn start() {
    names::register(queue() as usize, size_of::<Queue>(), "taskqueue");
    let td = thread::new_internal("taskqueue", serve, ptr::null_mut());
    thread::start(td);
}

/// TASK_INIT.
pub unsafe fn task_init(
    t: *mut task,
    function: unsafe extern "C" fn(*mut c_void, c_int),
    context: *mut c_void,
) {
    t.write_bytes(0, 1);
    (*t).ta_func = Some(function);
    (*t).ta_context = context;
}

/// Enqueues a task, or counts one more run if it is pending.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn taskqueue_enqueue(queue: *mut Queue, t: *mut task) -> c_int {
    point("taskqueue_enqueue", &[t as usize]);
    mutex::mtx_lock(&raw mut (*queue).lock);
    if (*t).ta_pending != 0 {
        (*t).ta_pending += 1;
        mutex::mtx_unlock(&raw mut (*queue).lock);
        return 0;
    }
    (*t).ta_pending = 1;
    (*t).ta_link.stqe_next = ptr::null_mut();
    if (*queue).last.is_null() {
        (*queue).first = t;
    } else {
        (*(*queue).last).ta_link.stqe_next = t;
    }
    (*queue).last = t;
    sleep::wakeup_one(queue.cast());
    mutex::mtx_unlock(&raw mut (*queue).lock);
    0
}

/// Waits until a task is neither pending nor running.  No locks held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn taskqueue_drain(queue: *mut Queue, t: *mut task) {
    point("taskqueue_drain", &[t as usize]);
    lock::assert_none("taskqueue_drain");
    mutex::mtx_lock(&raw mut (*queue).lock);
    while (*t).ta_pending != 0 || (*queue).running == t {
        sleep::sleep(t.cast(), &raw mut (*queue).lock, 0, c"tq_drain", 0);
    }
    mutex::mtx_unlock(&raw mut (*queue).lock);
}

/// The queue's thread.
unsafe fn serve(_arg: *mut c_void) {
    let queue = queue();
    let m = &raw mut (*queue).lock;
    mutex::mtx_lock(m);
    loop {
        let t = (*queue).first;
        if t.is_null() {
            sleep::sleep(queue.cast(), m, 0, c"-", 0);
            continue;
        }
        (*queue).first = (*t).ta_link.stqe_next;
        if (*queue).first.is_null() {
            (*queue).last = ptr::null_mut();
        }
        let pending = c_int::from((*t).ta_pending);
        (*t).ta_pending = 0;
        (*queue).running = t;
        mutex::mtx_unlock(m);
        point("task", &[t as usize, pending as usize]);
        if let Some(function) = (*t).ta_func {
            function((*t).ta_context, pending);
        }
        lock::assert_none("end of a task");
        mutex::mtx_lock(m);
        (*queue).running = ptr::null_mut();
        sleep::wakeup(t.cast());
    }
}
