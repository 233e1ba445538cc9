//! HTTPS, by the built-in transport: the authority of a private cloud is trusted where it
//! is given, and nothing else is.

use std::env;
use std::error::Error as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use provider_tree::placement::{Client, Filter, NoAuth};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use uuid::Uuid;

use crate::service::unique;

crate::tests![
    a_given_authority_is_trusted,
    an_unknown_authority_is_refused,
    a_certificate_of_another_host_is_refused,
];

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A file that is deleted at the end.
struct File(PathBuf);

impl File {
    fn new(authority: &Authority) -> Self {
        let path = env::temp_dir().join(unique("authority.pem"));
        fs::write(&path, authority.pem()).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // If it is left behind, no test is wrong because of that.
        let _ = fs::remove_file(&self.0);
    }
}

/// A service on loopback that lists no providers.
struct Server {
    url: String,
    /// How many requests have come in.
    requests: Arc<AtomicUsize>,
}

impl Server {
    /// With a certificate for a name, by an authority.
    fn start(name: &str, authority: &Authority) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, authority).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!(
            "https://localhost:{}",
            listener.local_addr().unwrap().port()
        );
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                // One that refuses the certificate hangs up.
                let _ = answer(&config, stream.unwrap(), &count);
            }
        });
        Self { url, requests }
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// A client that trusts the authorities of a file, or the built-in ones.
    fn client(&self, file: Option<&File>) -> Client {
        let mut builder = Client::builder(&self.url).auth(NoAuth::admin());
        if let Some(File(path)) = file {
            builder = builder.ca_file(path);
        }
        builder.timeout(Duration::from_secs(10)).build().unwrap()
    }
}

fn answer(
    config: &Arc<ServerConfig>,
    stream: TcpStream,
    count: &AtomicUsize,
) -> std::io::Result<()> {
    let connection = ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        request.extend(byte);
    }
    count.fetch_add(1, Ordering::Relaxed);
    let body = r#"{"resource_providers": []}"#;
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )?;
    stream.conn.send_close_notify();
    stream.flush()
}

/// That a request is not sent, and why. Nobody may have to find out whether it was.
#[track_caller]
fn assert_refused(server: &Server, client: &Client, why: &str) {
    let name = unique("host");
    let created = client.create_provider(Uuid::new_v4(), &name, None);
    let error = created.unwrap_err();
    assert!(!error.is_unknown_outcome(), "{error:?}");
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    assert!(text.contains("not sent") && text.contains(why), "{text}");
    assert_eq!(server.requests(), 0);
}

fn a_given_authority_is_trusted() {
    let authority = authority();
    let server = Server::start("localhost", &authority);
    let file = File::new(&authority);
    let client = server.client(Some(&file));
    assert_eq!(client.list_providers(&Filter::default()).unwrap(), []);
    assert_eq!(server.requests(), 1);
}

fn an_unknown_authority_is_refused() {
    let server = Server::start("localhost", &authority());
    assert_refused(&server, &server.client(None), "UnknownIssuer");
    let another = File::new(&authority());
    assert_refused(&server, &server.client(Some(&another)), "certificate");
}

fn a_certificate_of_another_host_is_refused() {
    let authority = authority();
    let server = Server::start("elsewhere", &authority);
    let file = File::new(&authority);
    assert_refused(&server, &server.client(Some(&file)), "localhost");
}
