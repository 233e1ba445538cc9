//! Why a call to Placement failed, and what a caller can do next.

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

use super::microversion::Microversion;
use super::transport::{Method, TransportError};
use crate::text::Escaped;

/// How much of an answer's text an error quotes, in characters.
const EXCERPT: usize = 500;

/// Why a call to Placement failed.
///
/// The predicates say what a caller can do next; more than one may hold. What they say about
/// providers is Placement's word alone: they don't take it from Keystone, nor from a server in
/// front of Placement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The service answered with an error.
    #[error(transparent)]
    Refused(#[from] Box<Refusal>),
    /// There was no complete answer.
    #[error("{method} {path}: no answer")]
    #[non_exhaustive]
    Transport {
        /// The method of the request.
        method: Method,
        /// Its path and query.
        path: String,
        /// What went wrong.
        source: TransportError,
    },
    /// The answer reports success, but can't be read.
    #[error("{method} {path}: the answer, of status {status}, can't be read: {reason}")]
    #[non_exhaustive]
    Malformed {
        /// The method of the request.
        method: Method,
        /// Its path and query.
        path: String,
        /// The status of the answer.
        status: u16,
        /// What is wrong with it.
        reason: String,
    },
    /// The service does not support the microversion that this client needs.
    #[error("Placement microversion {wanted} is needed, and the service has {}", range(*.min, *.max))]
    #[non_exhaustive]
    UnsupportedMicroversion {
        /// The microversion that was asked for.
        wanted: Microversion,
        /// The lowest that the service supports, if it said so.
        min: Option<Microversion>,
        /// The highest that the service supports, if it said so.
        max: Option<Microversion>,
    },
    /// There are no credentials to send a request with, so it was not sent.
    #[error("authentication at {url} failed")]
    #[non_exhaustive]
    Login {
        /// The address of Keystone, or of whatever was asked.
        url: String,
        /// What went wrong: if Keystone was asked, another error of this type.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Other clients changed a provider each time a mirror read it.
    #[error("provider {uuid} was changed each time it was read")]
    #[non_exhaustive]
    Unsettled {
        /// The provider.
        uuid: Uuid,
    },
    /// The tree refuses what Placement has, or the call was made inside the closure of one of
    /// its updates.
    #[error(transparent)]
    Tree(#[from] crate::error::Error),
    /// A mirror was stopped before it was done.
    #[error("the mirror was stopped")]
    Stopped,
    /// A setting is missing or wrong.
    #[error("{name}: {reason}")]
    #[non_exhaustive]
    Setting {
        /// The setting, or the environment variable.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// What the service said when it refused a request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refusal {
    /// The method of the request.
    pub method: Method,
    /// Its path and query.
    pub path: String,
    /// The HTTP status.
    pub status: u16,
    /// Placement's error code, such as `placement.concurrent_update`.
    pub code: Option<String>,
    /// The status as text.
    pub title: String,
    /// What was wrong, in the service's words, cut at 500 characters.
    pub detail: String,
    /// The request's ID in the service's log.
    pub request_id: Option<String>,
    /// How long the service asks callers to wait, a day at most.
    pub retry_after: Option<Duration>,
}

impl Error {
    /// The error of an [`Auth`](crate::placement::Auth) of your own that has no credentials to
    /// give: `url` says where it looked for them, `source` what went wrong.
    ///
    /// If the source is a [`TransportError`], the same request may succeed later:
    /// [`is_unavailable`](Self::is_unavailable), so a mirror tries again.
    ///
    /// ```
    /// use std::fs;
    /// use provider_tree::placement::{Auth, Error, Headers};
    ///
    /// /// A token that another program renews.
    /// struct TokenFile(String);
    ///
    /// impl Auth for TokenFile {
    ///     fn headers(&self) -> Result<Headers, Error> {
    ///         let token = fs::read_to_string(&self.0);
    ///         let token = token.map_err(|error| Error::login(&self.0, error))?;
    ///         Ok(Headers::from_iter([("x-auth-token", token.trim())]))
    ///     }
    ///
    ///     /// Does nothing: the file is read for each request.
    ///     fn invalidate(&self, _: &Headers) {}
    /// }
    ///
    /// let error = TokenFile("/no/such/file".to_owned()).headers().unwrap_err();
    /// assert_eq!(error.to_string(), "authentication at /no/such/file failed");
    /// ```
    pub fn login(
        url: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Login {
            url: url.into(),
            source: source.into(),
        }
    }

    /// What the service said, if it refused the request. After a failed
    /// [`Login`](Self::Login), what Keystone said.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Login { source, .. } => source.downcast_ref::<Self>()?.refusal(),
            _ => None,
        }
    }

    /// Whether the provider has another generation than the one given: read it again. Any 409
    /// of Placement's that no other predicate covers counts too.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.placement_said(409) && !(self.is_in_use() || self.is_duplicate() || self.is_parent())
    }

    /// Whether allocations use what would be removed. Repeating the request doesn't help.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        self.has_code("placement.inventory.inuse")
            || self.has_code("placement.resource_provider.inuse")
    }

    /// Whether another provider has the name or the UUID.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        self.has_code("placement.duplicate_name")
    }

    /// Whether the provider can't be deleted because it has children.
    #[must_use]
    pub fn is_parent(&self) -> bool {
        self.has_code("placement.resource_provider.cannot_delete_parent")
    }

    /// Whether there is no such provider.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.placement_said(404)
    }

    /// Whether the token, or the credentials, were refused, by Placement or by Keystone.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.has_status(401)
    }

    /// Whether the user lacks a role: see [`Refusal::missing_role`].
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.has_status(403)
    }

    /// Whether the same request may succeed later: no connection, no answer, an answer that is
    /// not the service's, 429 or 5xx.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Refused(refusal) => {
                refusal.status == 429 || refusal.status >= 500 || refusal.is_foreign()
            }
            Self::Transport { source, .. } => may_pass(source),
            Self::Malformed { .. } => true,
            Self::Login { source, .. } => match source.downcast_ref::<Self>() {
                Some(error) => error.is_unavailable(),
                None => source.downcast_ref().is_some_and(may_pass),
            },
            _ => false,
        }
    }

    /// Whether the change may or may not have been made: read before you repeat it. Never true
    /// of a call that only reads.
    #[must_use]
    pub fn is_unknown_outcome(&self) -> bool {
        match self {
            Self::Refused(refusal) => {
                refusal.method.is_change() && (refusal.status >= 500 || refusal.is_foreign())
            }
            Self::Transport { method, source, .. } => {
                method.is_change() && !matches!(source, TransportError::NotSent(_))
            }
            Self::Malformed { method, .. } => method.is_change(),
            _ => false,
        }
    }

    /// How long the service asks callers to wait before they try again (`Retry-After` in
    /// seconds; a date is ignored).
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.refusal()?.retry_after
    }

    fn has_status(&self, status: u16) -> bool {
        self.refusal()
            .is_some_and(|refusal| refusal.status == status)
    }

    /// What Placement itself said about the request: each of its refusals has a code.
    fn of_placement(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) if refusal.code.is_some() => Some(refusal),
            _ => None,
        }
    }

    fn placement_said(&self, status: u16) -> bool {
        self.of_placement()
            .is_some_and(|refusal| refusal.status == status)
    }

    fn has_code(&self, code: &str) -> bool {
        self.of_placement()
            .is_some_and(|refusal| refusal.code.as_deref() == Some(code))
    }

    pub(super) fn setting(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Setting {
            name: name.into(),
            reason: reason.into(),
        }
    }
}

impl Refusal {
    /// The policy that a 403 names, such as `placement:reshaper:reshape`.
    #[must_use]
    pub fn policy(&self) -> Option<&str> {
        let (_, rest) = self.detail.split_once("Policy does not allow ")?;
        let (policy, _) = rest.split_once(" to be performed")?;
        (self.status == 403).then_some(policy)
    }

    /// The role that the user lacks after a 403, by Placement's default policy. If it names
    /// two, either will do.
    #[must_use]
    pub fn missing_role(&self) -> Option<&'static str> {
        self.policy().map(|policy| match policy {
            "placement:reshaper:reshape" => "`service`",
            _ => "`admin` or `service`",
        })
    }

    /// Whether it is most likely the page of a server in front of the service, such as an
    /// ingress during a rollout: it has neither a code of Placement's nor a title, as both
    /// services' errors do. A 401 is any server's to give, and a 429 says enough.
    fn is_foreign(&self) -> bool {
        matches!(self.status, 400 | 402..=428 | 430..=499)
            && self.code.is_none()
            && self.title.is_empty()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            path,
            status,
            code,
            title,
            detail,
            request_id,
            retry_after: _,
        } = self;
        write!(f, "{method} {path}: {status} {}", Escaped(title))?;
        if !detail.is_empty() {
            write!(f, ": {}", Escaped(detail))?;
        }
        if let Some(role) = self.missing_role() {
            write!(f, ": the user needs the role {role}")?;
        }
        match (code, request_id) {
            (Some(code), Some(id)) => write!(f, " ({}, {})", Escaped(code), Escaped(id)),
            (Some(text), None) | (None, Some(text)) => write!(f, " ({})", Escaped(text)),
            (None, None) => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

/// Whether an answer may be complete the next time.
fn may_pass(error: &TransportError) -> bool {
    !matches!(error, TransportError::TooLarge { .. })
}

/// A service's text as one line, cut at the limit.
pub(super) fn excerpt(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.chars().count() > EXCERPT {
            return line.chars().take(EXCERPT).collect();
        }
    }
    line
}

fn range(min: Option<Microversion>, max: Option<Microversion>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!("{min} to {max}"),
        _ => "another".to_owned(),
    }
}
