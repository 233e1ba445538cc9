//! Servers that never end, never begin, or answer with something else: each call
//! returns, soon, with an error that says so.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use provider_tree::placement::{
    Client, Error, Filter, HttpTransport, Inventories, NoAuth, TransportError,
};
use uuid::Uuid;

crate::tests![
    a_body_without_end_is_too_large,
    a_body_that_announces_too_much_is_too_large,
    a_head_without_end_is_no_answer,
    a_server_that_drips_is_timed_out,
    a_silent_server_is_timed_out,
    a_server_that_hangs_up_is_lost,
    a_server_of_another_protocol_is_lost,
    a_closed_port_is_not_sent,
    a_redirect_is_refused_and_not_followed,
    retry_after_is_read,
    a_page_of_html_is_its_own_detail,
    as_many_connections_are_kept_as_are_used,
    an_idle_connection_is_not_used_again_after_a_while,
    by_default_an_idle_connection_is_not_used_again_after_two_seconds,
    settings_are_checked,
];

/// How long a call may take: enough on a busy machine, too.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long it may take if it is to be timed out.
const SHORT_TIMEOUT: Duration = Duration::from_secs(1);

/// Most bytes of a body.
const MAX_BODY: u64 = 100_000;

/// A server that answers each connection's first request with a function.
fn server(answer: fn(&mut TcpStream) -> std::io::Result<()>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    thread::spawn(move || {
        for stream in listener.incoming() {
            count.fetch_add(1, Relaxed);
            thread::spawn(move || {
                let mut stream = stream?;
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") {
                    stream.read_exact(&mut byte)?;
                    head.push(byte[0]);
                }
                answer(&mut stream)
            });
        }
    });
    (url, connections)
}

fn client(url: &str) -> Client {
    client_with(url, TIMEOUT)
}

fn client_with(url: &str, timeout: Duration) -> Client {
    Client::builder(url)
        .auth(NoAuth::admin())
        .timeout(timeout)
        .max_body(MAX_BODY)
        .build()
        .unwrap()
}

/// The error of a call that reads and of one that writes, each in time.
fn errors(timeout: Duration, answer: fn(&mut TcpStream) -> std::io::Result<()>) -> [Error; 2] {
    let (url, _) = server(answer);
    let client = client_with(&url, timeout);
    let start = Instant::now();
    let read = client.get_provider(Uuid::nil()).unwrap_err();
    let written = client
        .put_inventories(Uuid::nil(), 0, &Inventories::new())
        .unwrap_err();
    assert!(start.elapsed() < 2 * TIMEOUT, "{:?}", start.elapsed());
    assert!(!read.is_unknown_outcome(), "{read:?}");
    assert!(written.is_unknown_outcome(), "{written:?}");
    [read, written]
}

fn is_too_large(error: &Error) -> bool {
    let too_large = matches!(
        error,
        Error::Transport {
            source: TransportError::TooLarge {
                limit: MAX_BODY,
                ..
            },
            ..
        }
    );
    too_large && !error.is_unavailable()
}

fn is_timed_out(error: &Error) -> bool {
    let timed_out = matches!(
        error,
        Error::Transport {
            source: TransportError::TimedOut(SHORT_TIMEOUT),
            ..
        }
    );
    timed_out && error.is_unavailable()
}

fn is_lost(error: &Error) -> bool {
    let lost = matches!(
        error,
        Error::Transport {
            source: TransportError::Lost(_),
            ..
        }
    );
    lost && error.is_unavailable()
}

fn a_body_without_end_is_too_large() {
    for error in errors(TIMEOUT, |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        loop {
            write!(stream, "400\r\n{:1024}\r\n", "")?;
        }
    }) {
        assert!(is_too_large(&error), "{error:?}");
    }
}

fn a_body_that_announces_too_much_is_too_large() {
    for error in errors(TIMEOUT, |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")?;
        loop {
            stream.write_all(&[b' '; 1000])?;
        }
    }) {
        assert!(is_too_large(&error), "{error:?}");
    }
}

fn a_head_without_end_is_no_answer() {
    for error in errors(TIMEOUT, |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
        loop {
            stream.write_all(b"X-Header: xxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n")?;
        }
    }) {
        assert!(is_lost(&error), "{error:?}");
    }
}

fn a_server_that_drips_is_timed_out() {
    for error in errors(SHORT_TIMEOUT, |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")?;
        loop {
            stream.write_all(b" ")?;
            thread::sleep(Duration::from_millis(20));
        }
    }) {
        assert!(is_timed_out(&error), "{error:?}");
    }
}

fn a_silent_server_is_timed_out() {
    for error in errors(SHORT_TIMEOUT, |_| {
        thread::sleep(30 * SHORT_TIMEOUT);
        Ok(())
    }) {
        assert!(is_timed_out(&error), "{error:?}");
        assert!(error.to_string().ends_with("no answer"));
    }
}

fn a_server_that_hangs_up_is_lost() {
    for error in errors(TIMEOUT, |_| Ok(())) {
        assert!(is_lost(&error), "{error:?}");
    }
}

fn a_server_of_another_protocol_is_lost() {
    for error in errors(TIMEOUT, |stream| {
        stream.write_all(b"220 mail.example ESMTP\r\n\r\n")
    }) {
        assert!(is_lost(&error), "{error:?}");
    }
}

fn a_closed_port_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = client(&url).delete_provider(Uuid::nil()).unwrap_err();
    let is_not_sent = matches!(
        error,
        Error::Transport {
            source: TransportError::NotSent(_),
            ..
        }
    );
    assert!(is_not_sent, "{error:?}");
    assert!(error.is_unavailable() && !error.is_unknown_outcome());
}

fn a_redirect_is_refused_and_not_followed() {
    let (url, connections) = server(|stream| {
        let port = stream.local_addr()?.port();
        write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: http://localhost:{port}/\r\nContent-Length: 0\r\n\r\n"
        )
    });
    let error = client(&url).get_provider(Uuid::nil()).unwrap_err();
    assert_eq!(error.refusal().unwrap().status, 302);
    assert!(!error.is_unavailable() && !error.is_unknown_outcome());
    assert_eq!(connections.load(Relaxed), 1);
}

fn retry_after_is_read() {
    let (url, _) = server(|stream| {
        stream.write_all(
            b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n",
        )
    });
    let error = client(&url).delete_provider(Uuid::nil()).unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(17)));
    // It was refused: nothing was done.
    assert!(error.is_unavailable() && !error.is_unknown_outcome());
}

fn a_page_of_html_is_its_own_detail() {
    let (url, _) = server(|stream| {
        let page = format!("<html>\n<h1>No   server</h1>\x1b[31m{}", "x".repeat(2_000));
        let length = page.len();
        write!(
            stream,
            "HTTP/1.1 503 Busy\r\nContent-Length: {length}\r\n\r\n{page}"
        )
    });
    let error = client(&url).get_provider(Uuid::nil()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("503"), "{text}");
    assert!(
        text.contains(": <html> <h1>No server</h1>\\u{1b}[31mxxx"),
        "{text}"
    );
    assert_eq!(error.refusal().unwrap().detail.chars().count(), 500);
}

/// A server that answers every request of a connection, and counts connections.
fn patient_server() -> (String, Arc<AtomicUsize>) {
    server(|stream| {
        let mut end = Vec::new();
        loop {
            stream.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n{\"resource_providers\": []}",
            )?;
            end.clear();
            while !end.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte)?;
                end.push(byte[0]);
            }
        }
    })
}

fn as_many_connections_are_kept_as_are_used() {
    let (url, connections) = patient_server();
    let client = Client::builder(url)
        .auth(NoAuth::admin())
        .connections(6)
        .build()
        .unwrap();
    let all_at_once = Barrier::new(6);
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                // Each thread reaches every barrier, also if a call of it has failed.
                let calls = (0..20).map(|_| {
                    all_at_once.wait();
                    client.list_providers(&Filter::default())
                });
                for result in calls.collect::<Vec<_>>() {
                    result.unwrap();
                }
            });
        }
    });
    // On a busy machine they may be idle for too long meanwhile: each once in 1.5 s at most.
    let pauses = (start.elapsed().as_secs_f64() / 1.5) as usize;
    let connections = connections.load(Relaxed);
    assert!(
        (1..=6 * (1 + pauses)).contains(&connections),
        "{connections}"
    );
}

fn an_idle_connection_is_not_used_again_after_a_while() {
    let connections_after = |idle_timeout, pause| {
        let (url, connections) = patient_server();
        let transport = HttpTransport::builder().idle_timeout(idle_timeout);
        let client = Client::builder(url)
            .auth(NoAuth::admin())
            .transport(transport.build().unwrap());
        let client = client.build().unwrap();
        client.list_providers(&Filter::default()).unwrap();
        thread::sleep(pause);
        client.list_providers(&Filter::default()).unwrap();
        connections.load(Relaxed)
    };
    let (short, long) = (Duration::from_millis(100), Duration::from_secs(600));
    assert_eq!(connections_after(long, 2 * short), 1);
    assert_eq!(connections_after(short, 2 * short), 2);
}

/// gunicorn closes a connection that is idle for 2 s.
fn by_default_an_idle_connection_is_not_used_again_after_two_seconds() {
    let (url, connections) = patient_server();
    let client = client(&url);
    client.list_providers(&Filter::default()).unwrap();
    thread::sleep(Duration::from_millis(1_600));
    client.list_providers(&Filter::default()).unwrap();
    assert_eq!(connections.load(Relaxed), 2);
}

fn settings_are_checked() {
    let setting = |result: Result<Client, Error>| match result.unwrap_err() {
        Error::Setting { name, reason, .. } => (name, reason),
        other => panic!("{other:?}"),
    };
    let (name, _) = setting(Client::builder("http://host:1").build());
    assert_eq!(name, "auth");
    for url in [
        "",
        "host",
        "host:8778",
        "ftp://host",
        "http://",
        "http://host/?a=b",
        "http://a b",
    ] {
        let (name, _) = setting(Client::builder(url).auth(NoAuth::admin()).build());
        assert_eq!(name, format!("URL `{url}`"));
    }
    for url in [
        "http://host",
        "http://host:80/",
        "http://[::1]:80/placement",
        "https://host",
    ] {
        Client::builder(url).auth(NoAuth::admin()).build().unwrap();
    }
    let (name, reason) = setting(
        Client::builder("http://nova:hunter2@host")
            .auth(NoAuth::admin())
            .build(),
    );
    assert_eq!((&*name, &*reason), ("URL", "it must have no user name"));
    let file = Client::builder("https://host")
        .auth(NoAuth::admin())
        .ca_file("/no/such/file");
    assert_eq!(setting(file.build()).0, "/no/such/file");
}
