//! What the program asks of the host.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;

/// Makes the addresses of this process the same each time it is started.
///
/// A run does not depend on addresses, but a crash of wrong code may; so the
/// program starts itself again without randomisation, where the host lets it.
pub fn fix_addresses() {
    // SAFETY: reads, and then sets, a flag of this process.
    unsafe {
        let now = libc::personality(0xffff_ffff);
        let wanted = now | libc::ADDR_NO_RANDOMIZE;
        if now == -1 || now == wanted || libc::personality(wanted as libc::c_ulong) == -1 {
            return;
        }
    }
    let Ok(program) = CString::new(c"/proc/self/exe".to_bytes()) else {
        return;
    };
    let words: Vec<CString> = std::env::args_os()
        .filter_map(|word| CString::new(word.as_bytes()).ok())
        .collect();
    let mut pointers: Vec<*const libc::c_char> = words.iter().map(|word| word.as_ptr()).collect();
    pointers.push(std::ptr::null());
    // SAFETY: a null-terminated array of strings that live until the call is
    // over; if it fails, the program goes on as it is.
    unsafe { libc::execv(program.as_ptr(), pointers.as_ptr()) };
}

/// The host's CPUs that this process may use.
pub fn cpus() -> Vec<usize> {
    // SAFETY: an all-zero set is a valid one, and the call fills it.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set);
        (0..libc::CPU_SETSIZE as usize)
            .filter(|&cpu| libc::CPU_ISSET(cpu, &set))
            .collect()
    }
}

/// Makes this process stay on one CPU.
pub fn stay_on(cpu: usize) {
    // SAFETY: a set that lives during the call; a failure leaves the process
    // where it is, which is slower and nothing else.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set);
    }
}

/// Makes this process die with its parent, leave no core file, and be killed
/// after so many seconds of CPU time, or of real time.
pub fn limit(seconds: u32, real_time: bool) {
    let which = if real_time {
        libc::ITIMER_REAL
    } else {
        libc::ITIMER_PROF
    };
    let zero = libc::timeval {
        tv_sec: 0,
        tv_usec: 0,
    };
    let timer = libc::itimerval {
        it_interval: zero,
        it_value: libc::timeval {
            tv_sec: libc::time_t::from(seconds),
            tv_usec: 0,
        },
    };
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: all pointers are to live variables of the types that the calls
    // want; a failure leaves the run without that convenience.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
        libc::setitimer(which, &raw const timer, std::ptr::null_mut());
    }
}

/// Gives memory that was freed back to the host.
pub fn give_back() {
    // SAFETY: has no preconditions.
    unsafe { libc::malloc_trim(0) };
}
