//! Which microversions the service supports.

use serde::Deserialize;
use serde_json::Value;

use super::Client;
use crate::placement::error::Error;
use crate::placement::exchange::problem;
use crate::placement::microversion::Microversion;
use crate::placement::transport::{Method, Response};

/// The error for an answer of status 406.
pub(super) fn unsupported(response: &Response) -> Error {
    let document = serde_json::from_slice::<Value>(&response.body).ok();
    let version = |name| {
        let document = document.as_ref().and_then(problem)?;
        document.get(name)?.as_str()?.parse().ok()
    };
    Error::UnsupportedMicroversion {
        wanted: Microversion::NEEDED,
        min: version("min_version"),
        max: version("max_version"),
    }
}

impl Client {
    /// The lowest and the highest microversion that the service supports.
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

        let (exchange, response) = self.send(Method::Get, "/", None)?;
        let Document { versions } = exchange.success(&response)?;
        versions
            .first()
            .and_then(|v| Some((v.min_version.parse().ok()?, v.max_version.parse().ok()?)))
            .ok_or_else(|| exchange.malformed(&response, "it names no microversions"))
    }
}
