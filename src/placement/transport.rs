//! The [`Transport`] trait, and the requests and answers it carries. Knows nothing of
//! Placement.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Sends requests. Implement it to use another HTTP stack.
///
/// An implementation sends a request at most once, follows no redirect (the headers carry a
/// token), returns answers of every status, and limits the time and length of an answer.
pub trait Transport: Send + Sync {
    /// Sends one request and returns its whole answer.
    ///
    /// # Errors
    ///
    /// A [`TransportError`], as soon as it is clear that there will be no complete answer.
    fn send(&self, request: &Request<'_>) -> Result<Response, TransportError>;
}

/// To share one among clients and their credentials.
impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
        (**self).send(request)
    }
}

/// The methods that Placement and Keystone use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "HTTP's own names")]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
}

impl Method {
    /// Its name in HTTP.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }

    /// Whether a request with it may change something.
    pub(super) const fn is_change(self) -> bool {
        !matches!(self, Self::Get)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Names and values of HTTP headers. `Debug` shows only names, since a value may be a token.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// Adds a header.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// The first value of a header, whatever the case of its name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    /// All headers, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(headers: I) -> Self {
        let pairs = headers.into_iter();
        Self(
            pairs
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(|(name, _)| name))
            .finish()
    }
}

/// A request. `Debug` shows neither the values of headers nor the body, which may hold a token
/// or a password.
#[derive(Clone)]
#[non_exhaustive]
pub struct Request<'a> {
    /// Its method.
    pub method: Method,
    /// The whole URL.
    pub url: &'a str,
    /// Its headers.
    pub headers: &'a Headers,
    /// Its body, a JSON document.
    pub body: Option<&'a [u8]>,
}

impl<'a> Request<'a> {
    /// A request to a whole URL.
    pub const fn new(
        method: Method,
        url: &'a str,
        headers: &'a Headers,
        body: Option<&'a [u8]>,
    ) -> Self {
        Self {
            method,
            url,
            headers,
            body,
        }
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            url,
            headers,
            body,
        } = self;
        f.debug_struct("Request")
            .field("method", method)
            .field("url", url)
            .field("headers", headers)
            .field("body_bytes", &body.map(<[u8]>::len))
            .finish()
    }
}

/// An answer. `Debug` shows neither the values of headers nor the body: Keystone answers with
/// a token.
#[derive(Clone, Default)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: Headers,
    /// The whole body.
    pub body: Vec<u8>,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            status,
            headers,
            body,
        } = self;
        f.debug_struct("Response")
            .field("status", status)
            .field("headers", headers)
            .field("body_bytes", &body.len())
            .finish()
    }
}

/// Why there is no complete answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The request was not sent: there was no connection.
    #[error("not sent")]
    NotSent(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The connection failed before the answer was complete. The request may have been carried
    /// out.
    #[error("the connection failed before the answer was complete")]
    Lost(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer was not complete in time. The request may have been carried out.
    #[error("no complete answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// The answer is longer than the limit. The request was carried out.
    #[error("the answer is longer than {limit} bytes")]
    #[non_exhaustive]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
}

impl TransportError {
    /// An answer that is longer than the limit.
    pub const fn too_large(limit: u64) -> Self {
        Self::TooLarge { limit }
    }
}
