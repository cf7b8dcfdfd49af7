//! The answer to one request: what is asked for, in the form that the client takes, or that it has it already.

use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, Response, StatusCode};
use bytes::Bytes;
use httpdate::{fmt_http_date, parse_http_date};

use super::encoding::takes_gzip;
use super::login::Logins;
use super::range::{Asked, asked};
use super::site::{Resource, Site};

/// What is the same for all answers of a server.
#[derive(Debug)]
pub(super) struct Manners {
    pub(super) logins: Logins,
    /// Seconds for which an answer may be used again without asking.
    pub(super) max_age: u32,
}

/// Where the figures are.
const METRICS: &str = "/metrics";

/// The answer to `method` on `path`; `metrics` makes the figures.
pub(super) fn answer(
    site: &Site,
    manners: &Manners,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    metrics: impl FnOnce() -> String,
) -> Response<Body> {
    let is_head = method == Method::HEAD;
    if !is_head && method != Method::GET {
        let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered\n");
        set(&mut response, header::ALLOW, "GET, HEAD");
        // What the client still wants to send is not read.
        set(&mut response, header::CONNECTION, "close");
        return response;
    }
    let resource = site.resources.get(path);
    let admitted = || manners.logins.admits(headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes));
    // Whether something exists is told only to those who may read it.
    if !resource.is_some_and(|resource| resource.public) && !admitted() {
        let mut response = text(StatusCode::UNAUTHORIZED, "a user and a password are needed\n");
        set(&mut response, header::WWW_AUTHENTICATE, "Basic realm=\"allowlistc\", charset=\"UTF-8\"");
        return without_body(response, is_head);
    }
    let response = match resource {
        Some(resource) => found(resource, manners, headers),
        // The version of the format belongs to its media type.
        None if path == METRICS => {
            let mut response = text(StatusCode::OK, metrics());
            set(&mut response, header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
            response
        }
        None => text(StatusCode::NOT_FOUND, "there is no such file in this set; `/` lists what there is\n"),
    };
    without_body(response, is_head)
}

fn found(resource: &Resource, manners: &Manners, headers: &HeaderMap) -> Response<Body> {
    let word = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let range = word(header::RANGE).filter(|_| same_as_before(resource, word(header::IF_RANGE)));
    // A range is one of the bytes as they are.
    let gzip = resource.gzip.as_ref().filter(|_| range.is_none());
    let gzip =
        gzip.filter(|_| all_words(headers, &header::ACCEPT_ENCODING).is_some_and(|all| takes_gzip(&all)));
    let etag = if gzip.is_some() { resource.gzip_etag() } else { resource.etag.clone() };
    if is_known(&etag, resource.modified, headers) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        common(&mut response, resource, manners, &etag);
        // Not the length of this answer but of the one that it stands for.
        set(&mut response, header::CONTENT_LENGTH, &gzip.unwrap_or(&resource.bytes).len().to_string());
        return response;
    }
    let length = resource.bytes.len();
    let asked = range.map_or(Asked::Whole, |range| asked(range, length));
    let (status, body) = match asked {
        Asked::Whole => (StatusCode::OK, gzip.unwrap_or(&resource.bytes).clone()),
        Asked::Part(first, last) => (StatusCode::PARTIAL_CONTENT, resource.bytes.slice(first..=last)),
        Asked::Outside => (StatusCode::RANGE_NOT_SATISFIABLE, Bytes::new()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    match asked {
        Asked::Part(first, last) => {
            set(&mut response, header::CONTENT_RANGE, &format!("bytes {first}-{last}/{length}"));
        }
        Asked::Outside => set(&mut response, header::CONTENT_RANGE, &format!("bytes */{length}")),
        Asked::Whole if gzip.is_some() => set(&mut response, header::CONTENT_ENCODING, "gzip"),
        Asked::Whole => {}
    }
    set(&mut response, header::CONTENT_TYPE, &resource.media_type);
    common(&mut response, resource, manners, &etag);
    if let Some(policy) = resource.policy {
        set(&mut response, header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// What a 304 says as well.
fn common(response: &mut Response<Body>, resource: &Resource, manners: &Manners, etag: &str) {
    set(response, header::ETAG, etag);
    set(response, header::LAST_MODIFIED, &fmt_http_date(resource.modified));
    set(response, header::VARY, "Accept-Encoding");
    set(response, header::ACCEPT_RANGES, "bytes");
    let shared = if resource.public || manners.logins.is_open() { "public" } else { "private" };
    set(response, header::CACHE_CONTROL, &format!("{shared}, max-age={}", manners.max_age));
    set(response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
}

/// Whether the client has it already: by the tag if it gives one, else by the time.
fn is_known(etag: &str, modified: SystemTime, headers: &HeaderMap) -> bool {
    if let Some(tags) = all_words(headers, &header::IF_NONE_MATCH) {
        let tag = |text: &str| text.trim().trim_start_matches("W/") == etag;
        return tags.trim() == "*" || tags.split(',').any(tag);
    }
    let since = headers.get(header::IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok());
    since.and_then(|since| parse_http_date(since).ok()).is_some_and(|since| whole_seconds(modified) <= since)
}

/// HTTP dates have no fractions of seconds.
fn whole_seconds(time: SystemTime) -> SystemTime {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

/// `If-Range`: a range is wanted only of the bytes that the client knows.
fn same_as_before(resource: &Resource, condition: Option<&str>) -> bool {
    condition.is_none_or(|condition| {
        let date = || parse_http_date(condition).is_ok_and(|date| date == whole_seconds(resource.modified));
        condition.trim() == resource.etag || date()
    })
}

/// All values of a header that may stand several times, as one list.
fn all_words(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let all: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!all.is_empty()).then(|| all.join(","))
}

/// A short answer for people.
pub(super) fn text(status: StatusCode, words: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(words.into());
    *response.status_mut() = status;
    set(&mut response, header::CONTENT_TYPE, "text/plain; charset=utf-8");
    set(&mut response, header::CACHE_CONTROL, "no-store");
    set(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    response
}

/// HEAD gets the headers alone, with the length that GET would have.
fn without_body(mut response: Response<Body>, is_head: bool) -> Response<Body> {
    use axum::body::HttpBody;
    if is_head {
        let length = response.body().size_hint().exact().unwrap_or_default();
        if response.status() != StatusCode::NOT_MODIFIED {
            set(&mut response, header::CONTENT_LENGTH, &length.to_string());
        }
        *response.body_mut() = Body::empty();
    }
    response
}

pub(super) fn set(response: &mut Response<Body>, name: HeaderName, value: &str) {
    // Media types and tags were checked when the set was read; nothing else comes from outside.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
