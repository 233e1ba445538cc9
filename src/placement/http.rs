//! HTTP/1.1 over blocking sockets, by ureq.

use std::time::Duration;

use ureq::http;
use ureq::{Agent, Timeout};

use crate::placement::error::Error;
use crate::placement::transport::{Headers, Method, Request, Response, Transport, TransportError};

/// The built-in [`Transport`]: blocking HTTP/1.1 that keeps connections open between requests.
/// HTTPS needs the feature `placement-tls`.
///
/// It uses the proxy that the usual environment variables (`HTTP_PROXY`, `NO_PROXY` ...) name.
#[derive(Debug)]
pub struct HttpTransport {
    agent: Agent,
    timeout: Duration,
    max_body: u64,
}

/// Settings of an [`HttpTransport`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct HttpTransportBuilder {
    connections: usize,
    timeout: Duration,
    idle_timeout: Duration,
    max_body: u64,
    #[cfg(feature = "placement-tls")]
    ca_file: Option<std::path::PathBuf>,
}

impl HttpTransport {
    /// Settings with their defaults: 4 connections, 30 s for a request, 1.5 s for an idle
    /// connection, answers of 128 MiB at most.
    pub fn builder() -> HttpTransportBuilder {
        HttpTransportBuilder {
            connections: 4,
            timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_millis(1500),
            max_body: 128 << 20,
            #[cfg(feature = "placement-tls")]
            ca_file: None,
        }
    }

    /// A transport for one service.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if the URL is not an HTTP URL, or is HTTPS and this build has no
    /// TLS.
    pub(in crate::placement) fn for_url(
        url: &str,
        settings: HttpTransportBuilder,
    ) -> Result<Self, Error> {
        if url.contains('@') {
            // The part before it may hold a password, which must not be shown.
            return Err(Error::setting("URL", "it must have no user name"));
        }
        let wrong = |reason: &str| Err(Error::setting(format!("URL `{url}`"), reason));
        match url.parse::<http::Uri>() {
            Ok(parsed) if parsed.query().is_none() => match parsed.scheme_str() {
                Some("http") => settings.build(),
                Some("https") if cfg!(feature = "placement-tls") => settings.build(),
                Some("https") => wrong("https needs the feature `placement-tls`"),
                _ => wrong("it must begin with http:// or https://"),
            },
            Ok(_) => wrong("it must have no query"),
            Err(error) => wrong(&error.to_string()),
        }
    }
}

impl HttpTransportBuilder {
    /// How many idle connections are kept: give the number of threads that send requests.
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// How long one request may take, from connecting to the last byte of the answer.
    /// Connecting may take up to 5 s of it.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long an idle connection is kept. Keep it below the server's keep-alive (gunicorn's
    /// default is 2 s), or requests fail on connections that the server is closing.
    pub fn idle_timeout(mut self, idle_timeout: Duration) -> Self {
        self.idle_timeout = idle_timeout;
        self
    }

    /// The maximum length of an answer's body, in bytes. A listing takes some 800 bytes per
    /// provider.
    pub fn max_body(mut self, bytes: u64) -> Self {
        self.max_body = bytes;
        self
    }

    /// A PEM file of the certificate authorities to trust instead of the built-in ones.
    #[cfg(feature = "placement-tls")]
    pub fn ca_file(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// Builds the transport, which connects on its first request.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if the PEM file can't be read.
    pub fn build(self) -> Result<HttpTransport, Error> {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(self.connections)
            .max_idle_connections_per_host(self.connections)
            .max_idle_age(self.idle_timeout)
            .timeout_global(Some(self.timeout))
            .timeout_connect(Some(self.timeout.min(Duration::from_secs(5))))
            .user_agent(concat!("provider-tree/", env!("CARGO_PKG_VERSION")));
        #[cfg(feature = "placement-tls")]
        let config = match &self.ca_file {
            Some(path) => config.tls_config(tls::trusting(path)?),
            None => config,
        };
        Ok(HttpTransport {
            agent: config.build().into(),
            timeout: self.timeout,
            max_body: self.max_body,
        })
    }
}

#[cfg(feature = "placement-tls")]
mod tls {
    use std::path::Path;
    use std::{fs, io};

    use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

    use crate::placement::error::Error;

    pub(super) fn trusting(path: &Path) -> Result<TlsConfig, Error> {
        let wrong = |reason: String| Error::setting(path.display().to_string(), reason);
        let pem = fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let mut authorities = Vec::new();
        for item in parse_pem(&pem) {
            match item.map_err(|error| wrong(error.to_string()))? {
                PemItem::Certificate(certificate) => authorities.push(certificate),
                _ => continue,
            }
        }
        if authorities.is_empty() {
            return Err(wrong("it holds no certificate".to_owned()));
        }
        let roots = RootCerts::new_with_certs(&authorities);
        Ok(TlsConfig::builder().root_certs(roots).build())
    }

    /// Certificates are checked before the request is sent.
    pub(super) fn is_bad_certificate(error: &io::Error) -> bool {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
        matches!(inner, Some(rustls::Error::InvalidCertificate(_)))
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
        let mut head = http::Request::builder()
            .method(match request.method {
                Method::Get => http::Method::GET,
                Method::Post => http::Method::POST,
                Method::Put => http::Method::PUT,
                Method::Delete => http::Method::DELETE,
            })
            .uri(request.url);
        for (name, value) in request.headers.iter() {
            head = head.header(name, value);
        }
        let unsent = |error: http::Error| TransportError::NotSent(error.into());
        let answer = match request.body {
            Some(body) => self.agent.run(head.body(body).map_err(unsent)?),
            None => self.agent.run(head.body(()).map_err(unsent)?),
        };
        let mut answer = answer.map_err(|error| self.failed(error))?;
        let status = answer.status().as_u16();
        let mut headers = Headers::default();
        for (name, value) in answer.headers() {
            headers.push(name.as_str(), String::from_utf8_lossy(value.as_bytes()));
        }
        let body = answer.body_mut().with_config().limit(self.max_body);
        Ok(Response {
            status,
            headers,
            body: body.read_to_vec().map_err(|error| self.failed(error))?,
        })
    }
}

impl HttpTransport {
    fn failed(&self, error: ureq::Error) -> TransportError {
        use std::io::ErrorKind;

        match error {
            ureq::Error::BodyExceedsLimit(_) => TransportError::too_large(self.max_body),
            ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect)
            | ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::ConnectProxyFailed(_)
            | ureq::Error::BadUri(_)
            | ureq::Error::Http(_)
            | ureq::Error::Tls(_)
            | ureq::Error::TlsRequired => TransportError::NotSent(error.into()),
            ureq::Error::Timeout(_) => TransportError::TimedOut(self.timeout),
            ureq::Error::Io(error) => match error.kind() {
                ErrorKind::ConnectionRefused
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable
                | ErrorKind::AddrNotAvailable => TransportError::NotSent(error.into()),
                #[cfg(feature = "placement-tls")]
                _ if tls::is_bad_certificate(&error) => TransportError::NotSent(error.into()),
                _ => TransportError::Lost(error.into()),
            },
            error => TransportError::Lost(error.into()),
        }
    }
}
