//! A client and a mirror for OpenStack Placement, the service that tracks a cloud's resource
//! providers (feature `placement`; `placement-tls` for HTTPS).
//!
//! [`Client`] has one method per call of Placement's API; each is one blocking request. It
//! keeps a few connections open and may be shared by threads. It repeats a request only after
//! a 401, once, with a new token: any other [`Error`] is left to the caller, and its
//! predicates say what can be done.
//!
//! A [`State`] is what Placement knows of some providers. [`Merge`] combines three of them:
//! what both sides last agreed on, ours and theirs. [`merge_into`] does so in a transaction of
//! the tree. A [`Plan`] is what to send to the service. A [`Mirror`] does all of it: it reads,
//! merges, plans and sends, and recovers from failures.
//!
//! ```no_run
//! use provider_tree::placement::{Client, Filter, NoAuth};
//!
//! let client = Client::builder("http://127.0.0.1:8778").auth(NoAuth::admin()).build()?;
//! for provider in client.list_providers(&Filter::default())? {
//!     println!("{} {} {}", provider.uuid, provider.generation, provider.name);
//! }
//! # Ok::<(), provider_tree::placement::Error>(())
//! ```

mod auth;
mod client;
mod error;
mod exchange;
mod http;
mod merge;
mod microversion;
mod mirror;
mod plan;
mod state;
mod transport;

pub use self::auth::{ApplicationCredential, Auth, NoAuth, Password, Token, auth_from_env};
pub use self::client::{AtGeneration, Client, ClientBuilder, Filter, Inventories, ListedProvider};
pub use self::error::{Error, Refusal};
pub use self::http::{HttpTransport, HttpTransportBuilder};
pub use self::merge::{ConflictKind, FieldConflict, Merge, Policy, merge_into};
pub use self::microversion::Microversion;
pub use self::mirror::{
    Failure, Mirror, Pulled, Pushed, Reason, Retry, Round, RunOptions, Stop, Synced, Trigger,
};
pub use self::plan::{Call, Plan, Step, Vocabulary};
pub use self::state::{ProviderState, Scope, State};
pub use self::transport::{Headers, Method, Request, Response, Transport, TransportError};
