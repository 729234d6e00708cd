//! Boot: link sets, proc0 and thread0, the first threads.
