//! Transports for tests: answers from a function, and counting.

use std::sync::Mutex;

use provider_tree::placement::{Headers, Method, Request, Response, Transport, TransportError};
use serde_json::{Value, json};
use uuid::Uuid;

/// A request as a transport got it.
#[derive(Clone, Debug)]
pub struct Sent {
    pub method: Method,
    pub url: String,
    pub body: Option<String>,
}

/// Answers with what a function makes of a request and its number, from 0.
pub struct Fake<F> {
    answer: F,
    sent: Mutex<Vec<Sent>>,
}

impl<F: Fn(usize, &Sent) -> Result<Response, TransportError> + Send + Sync> Fake<F> {
    pub fn new(answer: F) -> Self {
        Self {
            answer,
            sent: Mutex::default(),
        }
    }

    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }
}

impl<F: Fn(usize, &Sent) -> Result<Response, TransportError> + Send + Sync> Transport for Fake<F> {
    fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
        let sent = Sent {
            method: request.method,
            url: request.url.to_owned(),
            body: request
                .body
                .map(|body| String::from_utf8(body.to_vec()).unwrap()),
        };
        let number = {
            let mut all = self.sent.lock().unwrap();
            all.push(sent.clone());
            all.len() - 1
        };
        (self.answer)(number, &sent)
    }
}

pub fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    Response {
        status,
        headers: headers.iter().copied().collect::<Headers>(),
        body: body.as_bytes().to_vec(),
    }
}

/// An error document of Placement's.
pub fn refusal(status: u16, code: &str) -> Response {
    let body = json!({"errors": [{"status": status, "title": "No", "code": code}]});
    answer(status, &[], &body.to_string())
}

/// A listing of providers by UUID, name, generation and parent.
pub fn listing<'a>(
    providers: impl IntoIterator<Item = (Uuid, &'a str, u64, Option<Uuid>)>,
) -> Response {
    let listed = providers
        .into_iter()
        .map(|(uuid, name, generation, parent)| {
            json!({"uuid": uuid, "name": name, "generation": generation,
            "parent_provider_uuid": parent, "root_provider_uuid": parent.unwrap_or(uuid)})
        });
    let listed = listed.collect::<Vec<_>>();
    answer(200, &[], &json!({"resource_providers": listed}).to_string())
}

/// A part of a provider's content, with nothing in it.
pub fn no_content(url: &str, generation: u64) -> Response {
    let part = url.rsplit('/').next().unwrap();
    let nothing = match part {
        "inventories" => json!({}),
        _ => json!([]),
    };
    let body = json!({"resource_provider_generation": generation, part: nothing});
    answer(200, &[], &body.to_string())
}

/// What an empty Placement answers to a request that it carries out. It remembers nothing.
pub fn agree(sent: &Sent) -> Response {
    let path = sent.url.strip_prefix("http://placement").unwrap();
    let body = sent.body.as_deref().unwrap_or("null");
    let mut body: Value = serde_json::from_str(body).unwrap();
    match (sent.method, path) {
        (Method::Get, "/resource_classes") => answer(200, &[], r#"{"resource_classes": []}"#),
        (Method::Get, "/traits") => answer(200, &[], r#"{"traits": []}"#),
        (Method::Get, _) => listing([]),
        (Method::Post, "/resource_providers") => {
            body["generation"] = json!(0);
            body["root_provider_uuid"] = body["uuid"].clone();
            answer(200, &[], &body.to_string())
        }
        (Method::Put, _) if path.starts_with("/resource_providers/") => {
            let generation = body["resource_provider_generation"].as_u64().unwrap();
            body["resource_provider_generation"] = json!(generation + 1);
            answer(200, &[], &body.to_string())
        }
        _ => answer(204, &[], ""),
    }
}
