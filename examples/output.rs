//! What `fleet` and `mirror` write to standard output and standard error.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Writes results to standard output. A reader that stops early, like `head`, is no error:
/// the exit code still counts.
pub fn print(text: &str) -> Result<(), String> {
    let mut output = io::stdout().lock();
    let written = output.write_all(text.as_bytes());
    match written.and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("standard output: {error}"))
        }
        _ => Ok(()),
    }
}

/// Writes one line to standard error, whatever the text quotes.
pub fn complain<T: Display + ?Sized>(what: &str, text: &T) {
    let line = text.to_string().replace(char::is_control, " ");
    // If this fails there is nobody left to tell.
    let _ = writeln!(io::stderr(), "{what}: {line}");
}
