//! Tokens from Keystone (API version 3), by password or application credential.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Auth, Secret, TOKEN, expiry};
use crate::placement::error::Error;
use crate::placement::exchange::Exchange;
use crate::placement::http::HttpTransport;
use crate::placement::transport::{Headers, Method, Response, Transport};

/// How long before it expires a token is replaced, since the request that uses it may take a
/// while. For a short-lived token, a tenth of its life at most.
const MARGIN: Duration = Duration::from_secs(60);

/// A token is replaced after this time even if it never expires.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 3_600);

/// The assumed life of a token whose times can't be parsed.
const UNKNOWN_LIFE: Duration = Duration::from_secs(300);

/// Logs in to Keystone with a user's name and password, for a project.
///
/// It asks for a token with the first request and keeps it until a minute before it expires;
/// threads that need one at the same time wait for the same request. Its own transport must not
/// ask it for one.
#[derive(Debug)]
pub struct Password {
    session: Session,
    username: String,
    password: Secret,
    user_domain: Domain,
    project: String,
    project_domain: Domain,
}

/// A domain, by name or by ID.
#[derive(Debug)]
enum Domain {
    Name(String),
    Id(String),
}

impl Domain {
    fn json(&self) -> Value {
        match self {
            Self::Name(name) => json!({"name": name}),
            Self::Id(id) => json!({"id": id}),
        }
    }
}

impl Password {
    /// A user and a project in the domain named `Default`. `auth_url` is Keystone's address,
    /// with or without `/v3`.
    pub fn new(
        auth_url: impl Into<String>,
        username: impl Into<String>,
        password: impl Into<String>,
        project: impl Into<String>,
    ) -> Self {
        Self {
            session: Session::new(auth_url.into()),
            username: username.into(),
            password: Secret(password.into()),
            user_domain: Domain::Name("Default".to_owned()),
            project: project.into(),
            project_domain: Domain::Name("Default".to_owned()),
        }
    }

    /// The name of the user's domain.
    pub fn user_domain(mut self, name: impl Into<String>) -> Self {
        self.user_domain = Domain::Name(name.into());
        self
    }

    /// The ID of the user's domain.
    pub fn user_domain_id(mut self, id: impl Into<String>) -> Self {
        self.user_domain = Domain::Id(id.into());
        self
    }

    /// The name of the project's domain.
    pub fn project_domain(mut self, name: impl Into<String>) -> Self {
        self.project_domain = Domain::Name(name.into());
        self
    }

    /// The ID of the project's domain.
    pub fn project_domain_id(mut self, id: impl Into<String>) -> Self {
        self.project_domain = Domain::Id(id.into());
        self
    }

    /// Sends requests to Keystone through this transport; an [`HttpTransport`] by default.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.session.transport = Some(Box::new(transport));
        self
    }
}

impl Auth for Password {
    fn headers(&self) -> Result<Headers, Error> {
        self.session.headers(|| {
            json!({
                "identity": {
                    "methods": ["password"],
                    "password": {
                        "user": {
                            "name": self.username,
                            "password": self.password.0,
                            "domain": self.user_domain.json(),
                        },
                    },
                },
                "scope": {
                    "project": {
                        "name": self.project,
                        "domain": self.project_domain.json(),
                    },
                },
            })
        })
    }

    fn invalidate(&self, refused: &Headers) {
        self.session.invalidate(refused);
    }
}

/// Logs in to Keystone with an application credential: a program's own secret, limited to one
/// project and to some roles of the user who created it.
///
/// It keeps its token like [`Password`].
#[derive(Debug)]
pub struct ApplicationCredential {
    session: Session,
    id: String,
    secret: Secret,
}

impl ApplicationCredential {
    /// A credential by its ID. `auth_url` is Keystone's address, with or without `/v3`.
    pub fn new(
        auth_url: impl Into<String>,
        id: impl Into<String>,
        secret: impl Into<String>,
    ) -> Self {
        Self {
            session: Session::new(auth_url.into()),
            id: id.into(),
            secret: Secret(secret.into()),
        }
    }

    /// Sends requests to Keystone through this transport; an [`HttpTransport`] by default.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.session.transport = Some(Box::new(transport));
        self
    }
}

impl Auth for ApplicationCredential {
    fn headers(&self) -> Result<Headers, Error> {
        self.session.headers(|| {
            json!({
                "identity": {
                    "methods": ["application_credential"],
                    "application_credential": {"id": self.id, "secret": self.secret.0},
                },
            })
        })
    }

    fn invalidate(&self, refused: &Headers) {
        self.session.invalidate(refused);
    }
}

/// One token, and how to get the next.
struct Session {
    /// Keystone's address, without `/v3` and trailing slashes.
    url: String,
    transport: Option<Box<dyn Transport>>,
    /// Locked while a token is fetched, so that threads share one.
    cached: Mutex<Option<Cached>>,
}

struct Cached {
    token: String,
    until: Instant,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

impl Session {
    fn new(url: String) -> Self {
        let url = url.trim_end_matches('/');
        Self {
            url: url.strip_suffix("/v3").unwrap_or(url).to_owned(),
            transport: None,
            cached: Mutex::new(None),
        }
    }

    fn headers(&self, credentials: impl FnOnce() -> Value) -> Result<Headers, Error> {
        let (token, exchange) = {
            let mut cached = self.lock();
            match &*cached {
                Some(Cached { token, until }) if Instant::now() < *until => {
                    (Ok(token.clone()), None)
                }
                _ => {
                    *cached = None;
                    let (fetched, exchange) = self.fetch(&credentials());
                    let token = fetched.map(|fetched| cached.insert(fetched).token.clone());
                    (token, exchange)
                }
            }
        };
        // Tracing layers must not run under the lock.
        if let Some(exchange) = exchange {
            exchange.report();
        }
        token
            .map(|token| Headers::from_iter([(TOKEN, token)]))
            .map_err(|error| match error {
                setting @ Error::Setting { .. } => setting,
                source => Error::login(&self.url, source),
            })
    }

    fn invalidate(&self, refused: &Headers) {
        let mut cached = self.lock();
        // Another thread may have replaced the token already.
        cached.take_if(|cached| refused.get(TOKEN) == Some(&cached.token));
    }

    /// A transport that panics leaves nothing half-done under the lock, so poisoning is
    /// ignored.
    fn lock(&self) -> MutexGuard<'_, Option<Cached>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fetch(&self, credentials: &Value) -> (Result<Cached, Error>, Option<Exchange>) {
        const PATH: &str = "/v3/auth/tokens";
        // A token's life counts from before the request, to be on the safe side.
        let asked = Instant::now();
        let default;
        let transport: &dyn Transport = match &self.transport {
            Some(transport) => &**transport,
            None => match HttpTransport::for_url(&self.url, HttpTransport::builder()) {
                Ok(transport) => {
                    default = transport;
                    &default
                }
                Err(error) => return (Err(error), None),
            },
        };
        let (exchange, response) = Exchange::send(
            transport,
            &self.url,
            Method::Post,
            PATH,
            &Headers::from_iter([
                ("accept", "application/json"),
                ("content-type", "application/json"),
            ]),
            Some(json!({"auth": credentials}).to_string().as_bytes()),
        );
        let cached = response.and_then(|response| read(&exchange, &response, asked));
        (cached, Some(exchange))
    }
}

fn read(exchange: &Exchange, response: &Response, asked: Instant) -> Result<Cached, Error> {
    #[derive(Deserialize)]
    struct Document {
        token: Times,
    }
    #[derive(Deserialize)]
    struct Times {
        issued_at: String,
        expires_at: Option<String>,
    }

    let Document { token: times } = exchange.success(response)?;
    let token = response.headers.get("x-subject-token");
    let token = token.ok_or_else(|| exchange.malformed(response, "no header X-Subject-Token"))?;
    let life = match times.expires_at {
        Some(expires) => expiry::between(&times.issued_at, &expires).unwrap_or(UNKNOWN_LIFE),
        None => LONGEST_LIFE,
    };
    let life = life.min(LONGEST_LIFE);
    Ok(Cached {
        token: token.to_owned(),
        until: asked + life - MARGIN.min(life / 10),
    })
}
