//! User mode: bodies, system call entry, the scenarios' C API.
