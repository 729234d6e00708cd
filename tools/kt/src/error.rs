//! The one error type of the driver: a single line that says what is wrong and
//! how to mend it.

use std::fmt;
use std::path::Path;

/// One line for the user; nothing matches on it.
#[derive(Debug)]
pub struct Error(String);

/// Result of every stage.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Makes an error; line breaks in `text` become blanks, so that one line stays one line.
    pub fn new(text: impl AsRef<str>) -> Self {
        let words: Vec<&str> = text.as_ref().split_whitespace().collect();
        Self(words.join(" "))
    }

    /// An I/O error on `path`: `what` is the verb ("read", "write", ...).
    pub fn io(what: &str, path: &Path, cause: &std::io::Error) -> Self {
        Self::new(format!("cannot {what} {}: {cause}", path.display()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// Returns early with an [`Error`] made from a format string.
macro_rules! bail {
    ($($arg:tt)*) => {
        return Err($crate::error::Error::new(format!($($arg)*)))
    };
}
pub(crate) use bail;
