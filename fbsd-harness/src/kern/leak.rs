//! Checks at the end of a run: references, items, ids, locks.
