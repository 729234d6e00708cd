//! fork1 and its relatives.
