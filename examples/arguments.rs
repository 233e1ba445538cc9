//! The command line of `fleet` and `mirror`.

use std::error::Error;

use clap::Parser;

/// Reads the command line. `--help` prints the help and exits; an error is one line.
pub fn parse<T: Parser>() -> Result<T, Box<dyn Error>> {
    T::try_parse().map_err(|error| {
        if !error.use_stderr() {
            error.exit();
        }
        // After the first empty line, clap gives advice.
        let text = error.to_string();
        let what = text.split("\n\n").next().unwrap_or_default();
        format!("{}; see --help", what.trim_start_matches("error: ")).into()
    })
}
