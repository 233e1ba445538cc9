//! Placement's microversions.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::Value;

use super::Client;
use crate::placement::exchange::problem;
use crate::placement::{Error, Response};

/// A version of Placement's API, such as 1.39.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Microversion {
    /// What stands before the dot.
    pub major: u32,
    /// What stands after it.
    pub minor: u32,
}

impl Microversion {
    /// The one that every request asks for.
    pub const NEEDED: Self = Self {
        major: 1,
        minor: 39,
    };

    pub(super) fn header(self) -> String {
        format!("placement {self}")
    }

    /// The error that an answer of status 406 is.
    pub(super) fn unsupported(response: &Response) -> Error {
        let document = serde_json::from_slice::<Value>(&response.body).ok();
        let version = |name| {
            let document = document.as_ref().and_then(problem)?;
            document.get(name)?.as_str()?.parse().ok()
        };
        Error::UnsupportedMicroversion {
            wanted: Self::NEEDED,
            min: version("min_version"),
            max: version("max_version"),
        }
    }
}

impl fmt::Display for Microversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Microversion {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (major, minor) = text.split_once('.').ok_or(())?;
        Ok(Self {
            major: major.parse().map_err(|_| ())?,
            minor: minor.parse().map_err(|_| ())?,
        })
    }
}

impl Client {
    /// The least and the greatest microversion that the service speaks.
    pub fn microversions(&self) -> Result<(Microversion, Microversion), Error> {
        #[derive(Deserialize)]
        struct Document {
            versions: Vec<Version>,
        }
        #[derive(Deserialize)]
        struct Version {
            min_version: String,
            max_version: String,
        }

        let (exchange, response) = self.send(crate::placement::Method::Get, "/", None)?;
        let Document { versions } = exchange.success(&response)?;
        versions
            .first()
            .and_then(|v| Some((v.min_version.parse().ok()?, v.max_version.parse().ok()?)))
            .ok_or_else(|| exchange.malformed(&response, "no microversions in it"))
    }
}
