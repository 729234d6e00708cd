//! thr_new, thr_exit and the other thread system calls.
