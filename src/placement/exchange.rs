//! One request and its answer: what is reported, and what is an error.

use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::excerpt;
use crate::placement::error::{Error, Refusal};
use crate::placement::transport::{Headers, Method, Request, Response, Transport};

/// A service that asks for a longer pause is taken to ask for this one.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3_600);

/// A request that was sent.
#[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "only reported"))]
pub(super) struct Exchange {
    method: Method,
    path: String,
    status: Option<u16>,
    elapsed: Duration,
}

impl Exchange {
    /// Sends one request. An answer of any status is a response.
    pub(super) fn send(
        transport: &dyn Transport,
        endpoint: &str,
        method: Method,
        path: &str,
        headers: &Headers,
        body: Option<&[u8]>,
    ) -> (Self, Result<Response, Error>) {
        let url = format!("{endpoint}{path}");
        let started = Instant::now();
        let answer = transport.send(&Request::new(method, &url, headers, body));
        let exchange = Self {
            method,
            path: path.to_owned(),
            status: answer.as_ref().ok().map(|response| response.status),
            elapsed: started.elapsed(),
        };
        let answer = answer.map_err(|source| Error::Transport {
            method,
            path: path.to_owned(),
            source,
        });
        (exchange, answer)
    }

    /// Reports it as a `tracing` event. Runs foreign code.
    #[cfg(feature = "tracing")]
    pub(super) fn report(&self) {
        let Self {
            method,
            path,
            status,
            elapsed,
        } = self;
        tracing::debug!(
            target: "provider_tree",
            method = method.as_str(),
            path = &**path,
            status,
            ms = elapsed.as_secs_f64() * 1e3,
            "request"
        );
    }

    #[cfg(not(feature = "tracing"))]
    pub(super) fn report(&self) {}

    /// Parses an answer that reports success.
    pub(super) fn success<T: DeserializeOwned>(&self, response: &Response) -> Result<T, Error> {
        self.check(response)?;
        serde_json::from_slice(&response.body)
            .map_err(|error| self.malformed(response, &error.to_string()))
    }

    /// Checks that an answer reports success.
    fn check(&self, response: &Response) -> Result<(), Error> {
        match response.status {
            200..300 => Ok(()),
            _ => Err(self.refused(response)),
        }
    }

    /// Checks that an answer without a document reports success, and is not another server's
    /// page.
    pub(super) fn made(&self, response: &Response) -> Result<(), Error> {
        self.check(response)?;
        match response.status {
            201 | 204 => Ok(()),
            _ => Err(self.malformed(response, "neither 201 nor 204")),
        }
    }

    pub(super) fn malformed(&self, response: &Response, reason: &str) -> Error {
        Error::Malformed {
            method: self.method,
            path: self.path.clone(),
            status: response.status,
            reason: reason.to_owned(),
        }
    }

    /// Turns a refusal into an error.
    fn refused(&self, response: &Response) -> Error {
        let document = serde_json::from_slice::<Value>(&response.body).ok();
        let field = |name| document.as_ref().and_then(problem)?.get(name)?.as_str();
        let header = |name| response.headers.get(name);
        let detail = match &document {
            Some(_) => field("detail").or_else(|| field("message")).unwrap_or(""),
            // Another server's page, most likely.
            None => &String::from_utf8_lossy(&response.body),
        };
        Error::Refused(Box::new(Refusal {
            method: self.method,
            path: self.path.clone(),
            status: response.status,
            code: field("code")
                .filter(|code| code.starts_with("placement."))
                .map(str::to_owned),
            title: excerpt(field("title").unwrap_or("")),
            detail: excerpt(detail),
            request_id: field("request_id")
                .or_else(|| header("x-openstack-request-id"))
                .map(excerpt),
            retry_after: header("retry-after")
                .and_then(|seconds| seconds.trim().parse().ok())
                .map(|seconds| Duration::from_secs(seconds).min(LONGEST_PAUSE)),
        }))
    }
}

/// The part of an error document that says what was wrong. Placement has a list of `errors`,
/// Keystone and its middleware one `error`, `noauth2` neither.
pub(super) fn problem(document: &Value) -> Option<&Value> {
    let errors = document.get("errors").and_then(|errors| errors.get(0));
    errors.or_else(|| document.get("error")).or(Some(document))
}
