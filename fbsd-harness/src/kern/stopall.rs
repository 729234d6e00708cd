//! stop_all_proc and resume_all_proc.
