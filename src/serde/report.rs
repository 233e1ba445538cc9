//! What a reader found wrong, and where.

use std::fmt::Display;

use crate::error::excerpt;
use crate::text::Escaped;

/// Where a reader is, and the first thing that it has found wrong.
///
/// Data that is well formed but invalid is noted here, and reading continues: the
/// provider's name may be later in the document. An error of the format ends the reading;
/// the report then still says where.
#[derive(Default)]
pub(super) struct Report {
    path: String,
    wrong: Option<String>,
}

impl Report {
    /// Reads a named part. After an error the report stays there.
    pub(super) fn within<T, E>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let outer = self.path.len();
        if outer > 0 {
            self.path.push('.');
        }
        self.path.push_str(name);
        let value = read(self)?;
        self.path.truncate(outer);
        Ok(value)
    }

    pub(super) fn note(&mut self, wrong: impl Display) {
        if self.wrong.is_none() {
            self.wrong = Some(self.located(wrong));
        }
    }

    /// The value; if it is wrong, notes that.
    pub(super) fn keep<T>(&mut self, value: Result<T, impl Display>) -> Option<T> {
        value.map_err(|wrong| self.note(wrong)).ok()
    }

    /// What is wrong: what was noted first, or else the error that ended the reading of a
    /// field. `None` if there is neither.
    pub(super) fn conclude(&self, error: Option<&impl Display>) -> Option<String> {
        match error {
            Some(error) if self.wrong.is_none() && !self.path.is_empty() => {
                Some(self.located(shown(&error.to_string())))
            }
            _ => self.wrong.clone(),
        }
    }

    fn located(&self, wrong: impl Display) -> String {
        if self.path.is_empty() {
            wrong.to_string()
        } else {
            format!("{}: {wrong}", self.path)
        }
    }
}

/// Foreign text, escaped and shortened for an error.
pub(super) fn shown(text: &str) -> String {
    Escaped(&excerpt(text)).to_string()
}
