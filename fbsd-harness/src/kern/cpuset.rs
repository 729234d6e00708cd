//! CPU sets' references.
