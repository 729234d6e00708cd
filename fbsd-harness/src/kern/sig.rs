//! Signals: posting, stopping, delivery.
