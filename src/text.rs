//! Callers' text, printed so that it can't pass for other lines of a log.

use std::fmt::{self, Write};

/// Prints a text with backslashes and control characters escaped, and with them the
/// characters that change the direction or the lines of the text around them.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            if character.is_control() || character == '\\' || is_formatting(character) {
                write!(f, "{}", character.escape_default())?;
            } else {
                f.write_char(character)?;
            }
        }
        Ok(())
    }
}

/// Line and paragraph separators, and Unicode's directional marks, embeddings, overrides
/// and isolates.
fn is_formatting(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}
