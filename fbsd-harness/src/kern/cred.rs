//! Credentials: references, users, the batches of the reaper.
