//! Transports for tests: answers from a function, and counting.

use std::sync::Mutex;

use provider_tree::placement::{Headers, Method, Request, Response, Transport, TransportError};

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
