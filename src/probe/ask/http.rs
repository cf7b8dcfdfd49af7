//! `exchange`: one request, and the head of its answer.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::connect::plain;
use crate::diagnostic::visible;
use crate::pattern::Scheme;
use crate::probe::{Head, Hop, Lost, Probe, Silence, Step};

/// Largest head of an answer, in bytes.
const LARGEST: usize = 64 << 10;

/// Most headers of an answer.
const HEADERS: usize = 128;

/// Most letters of a header that are shown.
const SHOWN: usize = 120;

/// Why there is no head.
pub(super) enum Fault {
    /// Nothing, or only a part of it, came.
    Silence(Silence),
    /// Something else came.
    NotHttp(&'static str),
}

impl Fault {
    pub(super) fn lost(self, hop: Hop, step: Step) -> Lost {
        match self {
            Self::Silence(silence) => Lost::Silent { hop, step, silence },
            Self::NotHttp(why) => Lost::NotHttp { hop, why },
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Silence(match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Silence::Closed,
            _ => Silence::Broken(plain(&error)),
        })
    }
}

/// The request for a probe, as a server or a proxy takes it.
pub(super) fn request(probe: &Probe, to_proxy: bool) -> String {
    let method = probe.method.as_str();
    let host = match probe.port {
        port if port == probe.scheme.port() => probe.host.clone(),
        port => format!("{}:{port}", probe.host),
    };
    let start =
        if to_proxy && probe.scheme == Scheme::Http { format!("http://{host}") } else { String::new() };
    let agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
    format!(
        "{method} {start}{} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        probe.target
    )
}

/// Sends a request and reads the head of the answer.
pub(super) async fn exchange<S>(stream: &mut S, request: &str, reasons: &[String]) -> Result<Head, Fault>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut bytes = Vec::new();
    loop {
        let end = read_head(stream, &mut bytes).await?;
        let head = parse(bytes.get(..end).unwrap_or_default(), reasons)?;
        // An answer that only announces the real one.
        if !(100..200).contains(&head.status) {
            return Ok(head);
        }
        bytes.drain(..end);
    }
}

/// Reads on until an empty line; how many bytes there are up to it.
async fn read_head<S: AsyncRead + Unpin>(stream: &mut S, bytes: &mut Vec<u8>) -> Result<usize, Fault> {
    let mut from = 0;
    loop {
        let empty_line = memchr::memmem::find(bytes.get(from..).unwrap_or_default(), b"\r\n\r\n");
        if let Some(at) = empty_line {
            return Ok(from + at + 4);
        }
        from = bytes.len().saturating_sub(3);
        if !b"HTTP/1.".starts_with(bytes.get(..bytes.len().min(7)).unwrap_or_default()) {
            return Err(Fault::NotHttp("its answer does not start as one of HTTP/1"));
        }
        if bytes.len() > LARGEST {
            return Err(Fault::NotHttp("its answer has a head without end"));
        }
        if stream.read_buf(bytes).await? == 0 {
            return Err(Fault::Silence(Silence::Closed));
        }
    }
}

/// The text of a header. Bytes that are none, and characters that nobody would see, are written out.
fn shown(value: &[u8]) -> String {
    let mut text = String::new();
    for chunk in value.utf8_chunks() {
        text.push_str(&visible(chunk.valid()));
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

fn parse(bytes: &[u8], reasons: &[String]) -> Result<Head, Fault> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut answer = httparse::Response::new(&mut headers);
    // A header that holds control characters is left out; the others and the status count.
    let mut config = httparse::ParserConfig::default();
    config.ignore_invalid_headers_in_responses(true);
    let parsed = config.parse_response(&mut answer, bytes);
    let (Ok(httparse::Status::Complete(_)), Some(status)) = (parsed, answer.code) else {
        return Err(Fault::NotHttp("the head of its answer cannot be read"));
    };
    let mut head = Head { status, ..Head::default() };
    for header in answer.headers.iter() {
        let value = || shown(header.value).chars().take(SHOWN).collect::<String>();
        if head.said.is_none() && reasons.iter().any(|reason| header.name.eq_ignore_ascii_case(reason)) {
            head.said = Some(format!("{}: {}", header.name, value().trim()));
        }
        if header.name.eq_ignore_ascii_case("proxy-authenticate") {
            let way = value().split([' ', ',']).next().unwrap_or_default().to_owned();
            if !head.logins.contains(&way) {
                head.logins.push(way);
            }
        }
    }
    Ok(head)
}
