//! umtx: per-thread queues, exit.
