//! A proxy that does one thing wrong at a chosen request.
//!
//! It forwards HTTP/1.1 to a service, numbers the requests from 0 in the order in
//! which they have come in whole, and remembers each. A test gives it a [`Fault`]
//! for a number.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What goes wrong with a request.
pub enum Fault {
    /// The service never gets it, and the connection closes.
    DropRequest,
    /// The service carries it out, and the connection closes without an answer.
    DropAnswer,
    /// The service carries it out, and the connection closes half-way through
    /// the answer.
    CutAnswer,
    /// The service gets it later.
    Delay(Duration),
    /// The service gets it twice, and its second answer is returned.
    Repeat,
    /// The service never gets it, and this is the answer.
    Answer(u16, &'static str),
    /// The service carries it out, and this is the answer.
    AnswerInstead(u16, &'static str),
    /// This runs before the service gets it.
    Before(Box<dyn FnOnce() + Send>),
}

/// A request that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub method: String,
    pub path: String,
    /// The status that the service answered, to its last answer.
    pub status: Option<u16>,
}

pub struct Proxy {
    address: String,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: String,
    state: Mutex<State>,
    stopping: AtomicBool,
}

#[derive(Default)]
struct State {
    seen: Vec<Seen>,
    faults: HashMap<usize, Fault>,
}

impl Proxy {
    /// A proxy of the service at this URL, which has no path.
    pub fn start(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            upstream: url.strip_prefix("http://").unwrap().to_owned(),
            state: Mutex::default(),
            stopping: AtomicBool::new(false),
        });
        let to_accept = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if to_accept.stopping.load(Relaxed) {
                    break;
                }
                let shared = Arc::clone(&to_accept);
                // A connection that ends in any way is closed: nothing to report.
                thread::spawn(move || shared.serve(stream?));
            }
        });
        Self { address, shared }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Does this to the request with this number.
    pub fn inject(&self, number: usize, fault: Fault) {
        self.shared.lock(|state| state.faults.insert(number, fault));
    }

    /// The requests so far, in order.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.lock(|state| state.seen.clone())
    }

    /// How many requests had this method and a path with this in it.
    pub fn count(&self, method: &str, part_of_path: &str) -> usize {
        let seen = self.seen();
        let alike = seen
            .iter()
            .filter(|seen| seen.method == method && seen.path.contains(part_of_path));
        alike.count()
    }

    /// Forgets requests and faults: the next request has the number 0.
    pub fn reset(&self) {
        self.shared.lock(|state| *state = State::default());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Relaxed);
        // Wakes the thread that accepts.
        drop(TcpStream::connect(&self.address));
    }
}

/// A request or an answer: its head with the empty line, and its body.
struct Message {
    head: Vec<u8>,
    body: Vec<u8>,
}

impl Message {
    /// The next message of a connection; none if it has ended.
    fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut head = Vec::new();
        let mut length = 0;
        let mut is_chunked = false;
        loop {
            let start = head.len();
            from.read_until(b'\n', &mut head)?;
            let line = str::from_utf8(&head[start..]).map_err(io::Error::other)?;
            match line.trim_end() {
                "" if start == 0 => return Ok(None),
                "" => break,
                line => {
                    let line = line.to_ascii_lowercase();
                    is_chunked |= line == "transfer-encoding: chunked";
                    if let Some(number) = line.strip_prefix("content-length:") {
                        length = number.trim().parse().map_err(io::Error::other)?;
                    }
                }
            }
        }
        let body = if is_chunked {
            Self::read_chunks(from)?
        } else {
            let mut body = vec![0; length];
            from.read_exact(&mut body)?;
            body
        };
        Ok(Some(Self { head, body }))
    }

    /// A body in chunks, with their sizes.
    fn read_chunks(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let start = body.len();
            from.read_until(b'\n', &mut body)?;
            let size = str::from_utf8(&body[start..]).map_err(io::Error::other)?;
            let size = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
            let start = body.len();
            body.resize(start + size + b"\r\n".len(), 0);
            from.read_exact(&mut body[start..])?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    /// A word of the first line.
    fn word(&self, number: usize) -> String {
        let head = String::from_utf8_lossy(&self.head);
        head.split(' ').nth(number).unwrap_or_default().to_owned()
    }

    fn status(&self) -> Option<u16> {
        self.word(1).parse().ok()
    }

    fn whole(&self) -> Vec<u8> {
        [&self.head[..], &self.body].concat()
    }
}

impl Shared {
    fn lock<R>(&self, edit: impl FnOnce(&mut State) -> R) -> R {
        edit(&mut self.state.lock().unwrap())
    }

    fn serve(&self, client: TcpStream) -> io::Result<()> {
        let mut answers = client.try_clone()?;
        let mut requests = BufReader::new(client);
        let mut upstream = BufReader::new(TcpStream::connect(&self.upstream)?);
        while let Some(request) = Message::read(&mut requests)? {
            let (number, fault) = self.lock(|state| {
                state.seen.push(Seen {
                    method: request.word(0),
                    path: request.word(1),
                    status: None,
                });
                let number = state.seen.len() - 1;
                (number, state.faults.remove(&number))
            });
            let mut forward = || {
                upstream.get_mut().write_all(&request.whole())?;
                let answer = Message::read(&mut upstream)?
                    .ok_or_else(|| io::Error::other("the service closed the connection"))?;
                self.lock(|state| {
                    if let Some(seen) = state.seen.get_mut(number) {
                        seen.status = answer.status();
                    }
                });
                Ok::<_, io::Error>(answer)
            };
            match fault {
                None => answers.write_all(&forward()?.whole())?,
                Some(Fault::DropRequest) => return Ok(()),
                Some(Fault::DropAnswer) => return forward().map(drop),
                Some(Fault::CutAnswer) => {
                    let answer = forward()?;
                    let sent = match answer.body.len() {
                        0 => answer.head.len() / 2,
                        length => answer.head.len() + length / 2,
                    };
                    return answers.write_all(&answer.whole()[..sent]);
                }
                Some(Fault::Delay(time)) => {
                    thread::sleep(time);
                    answers.write_all(&forward()?.whole())?;
                }
                Some(Fault::Repeat) => {
                    forward()?;
                    answers.write_all(&forward()?.whole())?;
                }
                Some(Fault::Answer(status, body)) => answers.write_all(&made(status, body))?,
                Some(Fault::AnswerInstead(status, body)) => {
                    forward()?;
                    answers.write_all(&made(status, body))?;
                }
                Some(Fault::Before(run)) => {
                    run();
                    answers.write_all(&forward()?.whole())?;
                }
            }
        }
        Ok(())
    }
}

/// An answer that the service did not give.
fn made(status: u16, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} Made\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}
