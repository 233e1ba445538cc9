//! Settings of a client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Client;
use crate::placement::auth::Auth;
use crate::placement::error::Error;
use crate::placement::http::{HttpTransport, HttpTransportBuilder};
use crate::placement::transport::Transport;

/// Settings of a [`Client`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    endpoint: String,
    connections: usize,
    auth: Option<Arc<dyn Auth>>,
    http: HttpTransportBuilder,
    transport: Option<Arc<dyn Transport>>,
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("endpoint", &self.endpoint)
            .field("connections", &self.connections)
            .field("http", &self.http)
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    pub(super) fn new(endpoint: String) -> Self {
        Self {
            endpoint,
            connections: 4,
            auth: None,
            http: HttpTransport::builder(),
            transport: None,
        }
    }

    /// The credentials. Required.
    pub fn auth(mut self, auth: impl Auth + 'static) -> Self {
        self.auth = Some(Arc::new(auth));
        self
    }

    /// How many requests a mirror sends at the same time, and how many idle connections are
    /// kept; 4 by default. Placement gains nothing from more.
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// How long a request may take as a whole; 30 s by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.http = self.http.timeout(timeout);
        self
    }

    /// The maximum length of an answer's body, in bytes; 128 MiB by default.
    pub fn max_body(mut self, bytes: u64) -> Self {
        self.http = self.http.max_body(bytes);
        self
    }

    /// A PEM file of the certificate authorities to trust instead of the built-in ones.
    #[cfg(feature = "placement-tls")]
    pub fn ca_file(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.http = self.http.ca_file(path);
        self
    }

    /// Sends requests through this transport instead of an [`HttpTransport`]. The settings for
    /// time, length and certificate authorities then don't apply.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Builds the client. Sends nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if no [`auth`](Self::auth) is given, the endpoint is not an HTTP
    /// URL, it is HTTPS and this build has no TLS, or the PEM file can't be read.
    pub fn build(self) -> Result<Client, Error> {
        let auth = self
            .auth
            .ok_or_else(|| Error::setting("auth", "it is missing: give the builder one"))?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(HttpTransport::for_url(
                &self.endpoint,
                self.http.connections(self.connections),
            )?),
        };
        Ok(Client {
            endpoint: self.endpoint.trim_end_matches('/').into(),
            connections: self.connections,
            auth,
            transport,
        })
    }
}
