//! Subsystem hooks that only count: osd, DTrace, audit, hwpmc, KTR, witness, sanitizers.
