//! Remembers requests, and sends them again without a mirror.

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use provider_tree::placement::{
    Headers, HttpTransport, Method, Request, Response, Transport, TransportError,
};
use serde_json::Value;

/// A transport that remembers what is sent. Clones share it.
#[derive(Clone)]
pub struct Recorder {
    http: Arc<HttpTransport>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

#[derive(Clone)]
pub struct Sent {
    method: Method,
    url: String,
    headers: Headers,
    body: Option<Vec<u8>>,
    /// What the answer had.
    status: Option<u16>,
}

impl Recorder {
    pub fn new(connections: usize) -> Result<Self, Box<dyn Error>> {
        let http = HttpTransport::builder().connections(connections).build()?;
        Ok(Self {
            http: Arc::new(http),
            sent: Arc::default(),
        })
    }

    /// The requests since the last call.
    pub fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut *lock(&self.sent))
    }

    /// Sends requests as fast as their order allows, by as many threads as there are
    /// connections: whatever lists first, classes and traits before content, a parent
    /// before its children, and what concerns one provider in the order in which it was
    /// sent. `bumps` is by how much generations have moved since. Each has to be answered
    /// with the status that it was answered with before.
    pub fn replay(
        &self,
        sent: &[Sent],
        connections: usize,
        bumps: u64,
    ) -> Result<Duration, Box<dyn Error>> {
        let requests: Vec<Sent> = sent.iter().map(|sent| sent.bumped(bumps)).collect();
        let queue = Queue::new(&requests);
        let started = Instant::now();
        let answers: Result<Vec<()>, String> = thread::scope(|scope| {
            let work = || scope.spawn(|| queue.work(|number| self.send_again(&requests[number])));
            let threads: Vec<_> = (0..connections).map(|_| work()).collect();
            let joined = threads.into_iter().map(|thread| thread.join());
            joined
                .map(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        answers?;
        Ok(started.elapsed())
    }

    fn send_again(&self, sent: &Sent) -> Result<(), String> {
        let Sent {
            method,
            url,
            headers,
            body,
            status,
        } = sent;
        let request = Request::new(*method, url, headers, body.as_deref());
        match self.http.send(&request) {
            Ok(answer) if status.is_none_or(|status| answer.status == status) => Ok(()),
            Ok(answer) => Err(format!("{method} {url}: now {}", answer.status)),
            Err(error) => Err(format!("{method} {url}: {error}")),
        }
    }
}

impl Transport for Recorder {
    fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
        let number = {
            let sent = &mut *lock(&self.sent);
            sent.push(Sent {
                method: request.method,
                url: request.url.to_owned(),
                headers: request.headers.clone(),
                body: request.body.map(<[u8]>::to_vec),
                status: None,
            });
            sent.len() - 1
        };
        let answer = self.http.send(request)?;
        lock(&self.sent)[number].status = Some(answer.status);
        Ok(answer)
    }
}

impl Sent {
    fn document(&self) -> Option<Value> {
        serde_json::from_slice(self.body.as_deref()?).ok()
    }

    fn bumped(&self, bumps: u64) -> Self {
        const GENERATION: &str = "resource_provider_generation";
        let mut sent = self.clone();
        let generation = |document: &Value| document.get(GENERATION)?.as_u64();
        if bumps > 0
            && let Some(mut document) = self.document()
            && let Some(generation) = generation(&document)
        {
            document[GENERATION] = (generation + bumps).into();
            sent.body = Some(document.to_string().into_bytes());
        }
        sent
    }

    /// What it is about: one provider, classes and traits, or several providers.
    fn subject(&self) -> Subject {
        let Some((_, rest)) = self.url.split_once("/resource_providers") else {
            return Subject::Word;
        };
        let field = |name| Some(self.document()?.get(name)?.as_str()?.to_owned());
        match (rest.split('/').nth(1), field("uuid")) {
            (Some(uuid), _) => Subject::Provider(uuid.to_owned(), None),
            (None, Some(uuid)) => Subject::Provider(uuid, field("parent_provider_uuid")),
            (None, None) => Subject::Several,
        }
    }
}

/// The requests of a read, with the traits of each provider asked for by itself instead of
/// by listings.
pub fn one_by_one(sent: &[Sent]) -> Vec<Sent> {
    let lists_by_trait = |sent: &&Sent| {
        ["/traits?", "required="]
            .iter()
            .any(|it| sent.url.contains(it))
    };
    let mut single = Vec::new();
    for sent in sent.iter().filter(|sent| !lists_by_trait(sent)) {
        single.push(sent.clone());
        if let Some(provider) = sent.url.strip_suffix("/inventories") {
            let url = format!("{provider}/traits");
            single.push(Sent {
                url,
                ..sent.clone()
            });
        }
    }
    single
}

enum Subject {
    Word,
    Provider(String, Option<String>),
    Several,
}

/// Which requests wait for which.
struct Queue {
    waits_for: Vec<BTreeSet<usize>>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Those that have not been begun, in order.
    left: BTreeSet<usize>,
    done: BTreeSet<usize>,
    failed: bool,
}

impl Queue {
    fn new(requests: &[Sent]) -> Self {
        let mut last: HashMap<String, usize> = HashMap::new();
        let mut words = BTreeSet::new();
        let mut listing = None;
        let mut waits_for = Vec::new();
        for (number, request) in requests.iter().enumerate() {
            let mut before: BTreeSet<usize> = listing.into_iter().collect();
            match request.subject() {
                Subject::Word => drop(words.insert(number)),
                Subject::Several => listing = Some(number),
                Subject::Provider(uuid, parent) => {
                    let creates = request.method == Method::Post;
                    before.extend(last.get(&uuid));
                    before.extend(parent.and_then(|parent| last.get(&parent)));
                    if !creates && request.method == Method::Put {
                        before.extend(&words);
                    }
                    last.insert(uuid, number);
                }
            }
            waits_for.push(before);
        }
        let state = State {
            left: (0..requests.len()).collect(),
            ..State::default()
        };
        Self {
            waits_for,
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    fn work(&self, send: impl Fn(usize) -> Result<(), String>) -> Result<(), String> {
        while let Some(number) = self.next() {
            let sent = send(number);
            let mut state = lock(&self.state);
            state.done.insert(number);
            state.failed |= sent.is_err();
            self.changed.notify_all();
            drop(state);
            sent?;
        }
        Ok(())
    }

    fn next(&self) -> Option<usize> {
        let mut state = lock(&self.state);
        loop {
            if state.failed || state.left.is_empty() {
                return None;
            }
            let mut left = state.left.iter().copied();
            let may_go = |number: &usize| self.waits_for[*number].is_subset(&state.done);
            if let Some(number) = left.find(may_go) {
                state.left.remove(&number);
                return Some(number);
            }
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Nothing is left half-done in what is locked here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
