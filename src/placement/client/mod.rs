//! The calls of Placement's API, one method each.

mod builder;
mod catalog;
mod content;
mod microversion;
mod providers;
mod reshaper;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::builder::ClientBuilder;
pub use self::content::{AtGeneration, Inventories};
pub use self::providers::{Filter, ListedProvider};

use super::exchange::Exchange;
use crate::placement::auth::Auth;
use crate::placement::error::Error;
use crate::placement::microversion::Microversion;
use crate::placement::transport::{Headers, Method, Response, Transport};

/// A client of one Placement service. Each method is one request and blocks until it is
/// answered.
///
/// Clones share connections and credentials. Requests use microversion 1.39; unknown fields of
/// an answer are ignored.
///
/// # Errors
///
/// Every method that sends a request returns an [`Error`] if there is no usable answer or the
/// service refuses; each method lists the refusals that are specific to it. After a 401 the
/// request is repeated once, with new credentials; nothing else is repeated.
#[derive(Clone)]
pub struct Client {
    endpoint: Arc<str>,
    connections: usize,
    auth: Arc<dyn Auth>,
    transport: Arc<dyn Transport>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.endpoint)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Settings of a client for the service at this address, such as `http://controller:8778`
    /// or `https://cloud.example/placement`.
    pub fn builder(endpoint: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(endpoint.into())
    }

    /// How many requests to send at the same time, as set by the builder.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections
    }

    fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let (exchange, response) = self.send(Method::Get, path, None)?;
        exchange.success(&response)
    }

    fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Error> {
        self.write(Method::Put, path, body)
    }

    fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Error> {
        self.write(Method::Post, path, body)
    }

    fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        let (exchange, response) = self.send(method, path, Some(&json(body)))?;
        exchange.success(&response)
    }

    /// Sends one request, and once more if its credentials are refused.
    fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&[u8]>,
    ) -> Result<(Exchange, Response), Error> {
        let (credentials, exchange, response) = self.send_once(method, path, body)?;
        if response.status != 401 {
            return Ok((exchange, response));
        }
        self.auth.invalidate(&credentials);
        let (_, exchange, response) = self.send_once(method, path, body)?;
        Ok((exchange, response))
    }

    fn send_once(
        &self,
        method: Method,
        path: &str,
        body: Option<&[u8]>,
    ) -> Result<(Headers, Exchange, Response), Error> {
        let credentials = self.auth.headers()?;
        let mut headers = credentials.clone();
        headers.push("accept", "application/json");
        headers.push("openstack-api-version", Microversion::NEEDED.header());
        if body.is_some() {
            headers.push("content-type", "application/json");
        }
        let (exchange, response) = Exchange::send(
            &*self.transport,
            &self.endpoint,
            method,
            path,
            &headers,
            body,
        );
        exchange.report();
        let response = response?;
        if response.status == 406 {
            return Err(microversion::unsupported(&response));
        }
        Ok((credentials, exchange, response))
    }
}

/// Serialises a body. This can't fail: this API's bodies are plain data with strings as keys.
fn json(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("plain data with strings as keys")
}
