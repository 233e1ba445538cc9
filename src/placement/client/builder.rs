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

    /// Who asks. There is no default.
    pub fn auth(mut self, auth: impl Auth + 'static) -> Self {
        self.auth = Some(Arc::new(auth));
        self
    }

    /// How many requests may be under way at the same time; 4 unless given,
    /// which is as much as Placement gains from.
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// How long a request may take as a whole; 30 s unless given.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.http = self.http.timeout(timeout);
        self
    }

    /// How many bytes the body of an answer may have; 128 MiB unless given.
    pub fn max_body(mut self, bytes: u64) -> Self {
        self.http = self.http.max_body(bytes);
        self
    }

    /// A PEM file with the authorities to trust in place of the built-in ones.
    #[cfg(feature = "placement-tls")]
    pub fn ca_file(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.http = self.http.ca_file(path);
        self
    }

    /// Sends requests by another transport than an [`HttpTransport`]. The limits
    /// of time and length, and the authorities, are its own then.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// The client. It sends nothing yet.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if no [`auth`](Self::auth) is given, the endpoint is
    /// no URL of HTTP or HTTPS, it is HTTPS and this build has no TLS, or the
    /// file of authorities can't be read.
    pub fn build(self) -> Result<Client, Error> {
        let auth = self
            .auth
            .ok_or_else(|| Error::setting("auth", "it is not given"))?;
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
