//! A scripted web server on loopback, with TLS of an own authority, and a proxy that leads to it.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A certificate authority of a test.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Its certificate.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// TLS with a certificate that is its own authority.
    pub fn own(name: &str) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("names");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        config(certificate.der(), &key)
    }

    /// TLS for some names, with a certificate that is valid in the years `from..to`.
    pub fn tls(&self, names: &[&str], from: i32, to: i32) -> Arc<ServerConfig> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        config(certificate.der(), &key)
    }
}

fn config(certificate: &CertificateDer<'static>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("a certificate with its key");
    Arc::new(config)
}

/// What a client asked for.
pub struct Request {
    /// `GET`, `CONNECT`.
    pub method: String,
    /// `/list.xlsx`; to a proxy also `http://host/list.xlsx` and `host:443`.
    pub target: String,
    /// The whole head, as sent.
    pub head: String,
    /// How often this method and target were asked for before.
    pub before: usize,
}

impl Request {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// What a server does with a request; after it the connection is closed.
pub enum Reply {
    /// These bytes, head and body.
    Bytes(Vec<u8>),
    /// These bytes, a pause, and these.
    Slowly(Vec<u8>, Duration, Vec<u8>),
    /// A head, and then zeros until the client has enough.
    Endless(Vec<u8>),
    /// A head, and then a zero after each pause until the client has enough.
    Dripping(Vec<u8>, Duration),
    /// Nothing for so long.
    Silence(Duration),
}

impl Reply {
    /// 200 with a body and more header lines.
    pub fn file(headers: &str, body: &[u8]) -> Self {
        Self::Bytes(response("200 OK", headers, body))
    }

    /// A status without a body, with more header lines.
    pub fn status(status: &str, headers: &str) -> Self {
        Self::Bytes(response(status, headers, b""))
    }
}

/// An answer with its length.
pub fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

type Handler = dyn Fn(&Request) -> Reply + Send + Sync;

/// A server; it ends with the value.
pub struct Server {
    address: SocketAddr,
    tls: bool,
    log: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// A server, with TLS or without. As a proxy it answers CONNECT itself, by TLS with that configuration.
    pub fn start(
        tls: Option<Arc<ServerConfig>>,
        is_proxy: bool,
        handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (log, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let shared = Arc::new(Shared {
            tls: tls.clone(),
            is_proxy,
            log: Arc::clone(&log),
            handler: Box::new(handler),
        });
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let shared = Arc::clone(&shared);
                // A client that goes away in the middle is what some tests are about.
                thread::spawn(move || drop(shared.serve(stream)));
            }
        });
        Self { address, tls: tls.is_some() && !is_proxy, log, stop, thread: Some(thread) }
    }

    /// The address of a path: by the name `localhost`.
    pub fn url(&self, path: &str) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://localhost:{}{path}", self.address.port())
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// `GET /list.xlsx`, in order.
    pub fn requests(&self) -> Vec<String> {
        self.log.lock().expect("the log").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Shared {
    tls: Option<Arc<ServerConfig>>,
    is_proxy: bool,
    log: Arc<Mutex<Vec<String>>>,
    handler: Box<Handler>,
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        match &self.tls {
            Some(tls) if !self.is_proxy => self.answer(&mut encrypted(tls, stream)),
            Some(tls) => {
                let request = self.read(&mut stream)?;
                match (self.handler)(&request) {
                    Reply::Bytes(bytes)
                        if bytes.starts_with(b"HTTP/1.1 200") && request.method == "CONNECT" =>
                    {
                        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
                        self.answer(&mut encrypted(tls, stream))
                    }
                    reply => send(&mut stream, reply),
                }
            }
            None => self.answer(&mut stream),
        }
    }

    fn answer(&self, stream: &mut (impl Read + Write)) -> std::io::Result<()> {
        let request = self.read(stream)?;
        send(stream, (self.handler)(&request))
    }

    fn read(&self, stream: &mut impl Read) -> std::io::Result<Request> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            head.extend(byte);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut words = head.split_whitespace().map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let line = format!("{method} {target}");
        let mut log = self.log.lock().expect("the log");
        let before = log.iter().filter(|known| **known == line).count();
        log.push(line);
        Ok(Request { method, target, head, before })
    }
}

fn encrypted(tls: &Arc<ServerConfig>, stream: TcpStream) -> StreamOwned<ServerConnection, TcpStream> {
    StreamOwned::new(ServerConnection::new(Arc::clone(tls)).expect("a connection"), stream)
}

fn send(stream: &mut (impl Read + Write), reply: Reply) -> std::io::Result<()> {
    match reply {
        Reply::Bytes(bytes) => stream.write_all(&bytes)?,
        Reply::Slowly(first, pause, rest) => {
            stream.write_all(&first)?;
            stream.flush()?;
            thread::sleep(pause);
            stream.write_all(&rest)?;
        }
        Reply::Endless(head) => {
            stream.write_all(&head)?;
            let zeros = vec![b'0'; 64 << 10];
            loop {
                match stream.write_all(&zeros) {
                    Err(error) if error.kind() != ErrorKind::Interrupted => return Ok(()),
                    _ => {}
                }
            }
        }
        Reply::Dripping(head, pause) => {
            stream.write_all(&head)?;
            while stream.write_all(b"0").and_then(|()| stream.flush()).is_ok() {
                thread::sleep(pause);
            }
        }
        Reply::Silence(pause) => thread::sleep(pause),
    }
    stream.flush()
}
