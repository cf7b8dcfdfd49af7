//! `exchange`: one request, and the head of its answer.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::connect::plain;
use crate::diagnostic::visible;
use crate::pattern::Scheme;
use crate::probe::{Head, Hop, Lost, Probe, Silence, Step};

/// Largest head of an answer, in bytes.
const LARGEST: usize = 64 << 10;

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
        if let Some(end) = end_of_head(bytes, from) {
            return Ok(end);
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

/// Where the empty line behind a head ends, if it is there; up to `from` there is none. A line may end by a line feed
/// alone, which RFC 9112 lets everybody take for an end.
fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
    let mut ends = memchr::memchr_iter(b'\n', bytes.get(from..)?).map(|at| from + at + 1);
    let empty = |at: usize| match bytes.get(at..)? {
        [b'\n', ..] => Some(at + 1),
        [b'\r', b'\n', ..] => Some(at + 2),
        _ => None,
    };
    ends.find_map(empty)
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

/// A head whose first line has no control characters: they can only stand in the words behind the status, which say
/// nothing.
fn with_plain_reason(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let end = memchr::memchr(b'\n', &bytes).unwrap_or(bytes.len());
    let end = if bytes.get(..end).is_some_and(|line| line.ends_with(b"\r")) { end - 1 } else { end };
    bytes.iter_mut().take(end).filter(|byte| byte.is_ascii_control()).for_each(|byte| *byte = b'?');
    bytes
}

fn parse(bytes: &[u8], reasons: &[String]) -> Result<Head, Fault> {
    let bytes = with_plain_reason(bytes);
    // As many as the head, which has a bound, can hold.
    let mut headers = vec![httparse::EMPTY_HEADER; memchr::memchr_iter(b'\n', &bytes).count()];
    let mut answer = httparse::Response::new(&mut headers);
    // A header that holds control characters is left out; the others and the status count.
    let mut config = httparse::ParserConfig::default();
    config.ignore_invalid_headers_in_responses(true);
    let parsed = config.parse_response(&mut answer, &bytes);
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
