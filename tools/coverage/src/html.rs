//! The report as a page.
use crate::count::Coverage;

/// The page.
pub fn page(_name: &str, _measured: &[Coverage]) -> String {
    String::new()
}
