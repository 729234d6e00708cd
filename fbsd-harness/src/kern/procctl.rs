//! procctl REAPER_KILL on the taskqueue.
