//! malloc(9), hashinit(9) and their accounting.
