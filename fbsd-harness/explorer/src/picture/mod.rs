//! A run as something to look at.
//!
//! * [`svg`]: a timeline for people, laid out by `layout` and coloured by
//!   `style`;
//! * [`perfetto`]: the same for ui.perfetto.dev, in Chrome's trace format.

mod layout;
pub mod perfetto;
mod style;
pub mod svg;

pub use style::is_idle;

/// Text as it may stand in XML.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            character if character.is_control() => escaped.push(' '),
            character => escaped.push(character),
        }
    }
    escaped
}
