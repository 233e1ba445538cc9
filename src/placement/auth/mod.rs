//! Authentication with Placement. Knows no client.

mod env;
mod expiry;
mod keystone;

use std::fmt;
use std::sync::Arc;

pub use self::env::auth_from_env;
pub use self::keystone::{ApplicationCredential, Password};

use crate::placement::error::Error;
use crate::placement::transport::Headers;

/// Provides the headers that authenticate a request.
pub trait Auth: Send + Sync {
    /// The headers to send with a request. Called for each request, from any thread: cache
    /// what is costly to get.
    ///
    /// # Errors
    ///
    /// If no token can be obtained: [`Error::login`]. The request is then not sent.
    fn headers(&self) -> Result<Headers, Error>;

    /// Drops the token in `refused`: the service answered 401 to a request with these headers.
    /// Each thread that shares a token may call this, so ignore headers that are no longer in
    /// use.
    fn invalidate(&self, refused: &Headers);
}

impl<A: Auth + ?Sized> Auth for Box<A> {
    fn headers(&self) -> Result<Headers, Error> {
        (**self).headers()
    }

    fn invalidate(&self, refused: &Headers) {
        (**self).invalidate(refused);
    }
}

/// To share one with other clients.
impl<A: Auth + ?Sized> Auth for Arc<A> {
    fn headers(&self) -> Result<Headers, Error> {
        (**self).headers()
    }

    fn invalidate(&self, refused: &Headers) {
        (**self).invalidate(refused);
    }
}

/// A string that `Debug` does not show.
#[derive(Clone, PartialEq, Eq)]
struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

const TOKEN: &str = "x-auth-token";

/// A token that you obtain and renew yourself.
#[derive(Clone, Debug)]
pub struct Token(Secret);

impl Token {
    /// Uses a token issued by Keystone.
    pub fn new(token: impl Into<String>) -> Self {
        Self(Secret(token.into()))
    }
}

impl Auth for Token {
    fn headers(&self) -> Result<Headers, Error> {
        Ok(Headers::from_iter([(TOKEN, &*self.0.0)]))
    }

    /// Does nothing: there is no other token.
    fn invalidate(&self, _: &Headers) {}
}

/// For a Placement with `auth_strategy = noauth2`, which believes whatever a request claims:
/// for tests and development.
#[derive(Clone, Debug)]
pub struct NoAuth {
    user: String,
    roles: String,
}

impl NoAuth {
    /// The user `admin` with the roles `admin` and `service`, who may do everything.
    pub fn admin() -> Self {
        Self::new("admin", &["admin", "service"])
    }

    /// A user with these roles.
    pub fn new(user: impl Into<String>, roles: &[&str]) -> Self {
        Self {
            user: user.into(),
            roles: roles.join(","),
        }
    }
}

impl Auth for NoAuth {
    fn headers(&self) -> Result<Headers, Error> {
        Ok(Headers::from_iter([
            (TOKEN, &self.user),
            ("x-roles", &self.roles),
        ]))
    }

    /// Does nothing: there is no token.
    fn invalidate(&self, _: &Headers) {}
}
