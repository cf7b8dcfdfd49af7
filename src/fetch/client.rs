//! `Client`: one file by one address, with redirects, retries and bounds.

use std::error::Error;
use std::io::{self, Read};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use backon::{BackoffBuilder, ExponentialBuilder};
use httpdate::parse_http_date;
use reqwest::blocking::{Client as Http, ClientBuilder, Response};
use reqwest::header::{
    ACCEPT, CONTENT_LENGTH, DATE, ETAG, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    LOCATION, RETRY_AFTER,
};
use reqwest::{Certificate, Proxy, Url, redirect};

use super::{Fault, Validators};
use crate::cache::LARGEST;
use crate::certificate;

/// Redirects that are followed; published lists take one or two.
const MOST_REDIRECTS: usize = 10;

/// A server that wants a longer pause is asked another time.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Pages are sent as Markdown to those who ask for it.
const WANTED: &str = "text/markdown, application/json;q=0.9, \
    application/vnd.openxmlformats-officedocument.spreadsheetml.sheet;q=0.9, */*;q=0.5";

/// How to ask.
#[derive(Clone, Debug)]
pub struct Options {
    /// Proxy for all requests, in place of the system's settings.
    pub proxy: Option<String>,
    /// Certificate authorities to trust besides the system's, PEM.
    pub ca_bundle: Option<Vec<u8>>,
    /// Whether servers without TLS are asked as well.
    pub allow_http: bool,
    /// How long one attempt may take, from the first byte of the request to the last one of the file.
    pub timeout: Duration,
    /// How often a request is repeated after a failure that may pass.
    pub retries: usize,
}

/// A file that arrived whole.
#[derive(Clone, Debug)]
pub struct Download {
    /// Its content, decompressed.
    pub bytes: Vec<u8>,
    /// The address that gave it.
    pub url: String,
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub modified: Option<String>,
    /// `Date`.
    pub date: Option<String>,
}

/// What a server says.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The copy that was asked about is still the published one.
    NotModified,
    /// A file.
    File(Download),
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What went wrong the last time.
    pub fault: Fault,
    /// The address that was asked for.
    pub url: String,
    /// How often it was asked for.
    pub attempts: usize,
}

/// Is told of the bytes that arrived, and of those that the server announced.
pub type Progress<'a> = &'a dyn Fn(u64, Option<u64>);

/// Asks servers.
#[derive(Debug)]
pub struct Client {
    http: Http,
    options: Options,
}

impl Client {
    /// A client; the error says which option cannot be used. It must not live inside an asynchronous runtime.
    pub fn new(options: Options) -> Result<Self, String> {
        // An error only says that there is a provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = ClientBuilder::new()
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false);
        if let Some(proxy) = &options.proxy {
            // The address may hold a password, so that no message repeats it.
            let proxy = Proxy::all(proxy).map_err(|_| {
                "`--proxy` needs an address such as `http://proxy.example.com:8080`".to_owned()
            })?;
            builder = builder.proxy(proxy);
        }
        if let Some(bundle) = &options.ca_bundle {
            builder = builder.tls_certs_merge(authorities(bundle)?);
        }
        let http = builder.build().map_err(|error| format!("TLS cannot be set up: {}", innermost(&error)))?;
        Ok(Self { http, options })
    }

    /// Asks for a file, again and again while a failure may pass.
    pub fn get(
        &self,
        url: &str,
        validators: Option<&Validators>,
        progress: Progress<'_>,
    ) -> Result<Answer, Failure> {
        let mut pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(300))
            .with_max_delay(Duration::from_secs(10))
            .with_max_times(self.options.retries)
            .with_jitter()
            .build();
        let mut attempts = 1;
        loop {
            let fault = match self.attempt(url, validators, progress) {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            let wanted = match &fault {
                Fault::Status { retry_after, .. } => retry_after.unwrap_or_default(),
                _ => Duration::ZERO,
            };
            let pause = if fault.may_pass() && wanted <= LONGEST_PAUSE { pauses.next() } else { None };
            let Some(pause) = pause else { return Err(Failure { fault, url: url.to_owned(), attempts }) };
            thread::sleep(pause.max(wanted));
            attempts += 1;
        }
    }

    fn attempt(
        &self,
        start: &str,
        validators: Option<&Validators>,
        progress: Progress<'_>,
    ) -> Result<Answer, Fault> {
        let mut url = Url::parse(start).map_err(|error| Fault::Unreachable(error.to_string()))?;
        let end = Instant::now() + self.options.timeout;
        let late = |got| Fault::TimedOut { seconds: self.options.timeout.as_secs(), got };
        for _ in 0..=MOST_REDIRECTS {
            if url.scheme() != "https" && !(url.scheme() == "http" && self.options.allow_http) {
                return Err(Fault::NoTls { url: shown(&url) });
            }
            // Of another address, or behind a redirect that leads elsewhere now, they say nothing.
            let asked = validators.filter(|validators| validators.url == url.as_str());
            let left = end.saturating_duration_since(Instant::now());
            let request = self.request(&url, asked).timeout(left);
            let response = request.send().map_err(|error| send_fault(&error, late(0)))?;
            match response.status().as_u16() {
                200 => return body(response, progress, late).map(Answer::File),
                301 | 302 | 303 | 307 | 308 => url = target(&url, &response).ok_or(Fault::NoTarget)?,
                304 => return self.not_modified(start, asked, &response, progress),
                407 => return Err(Fault::ProxyLogin),
                code => return Err(Fault::Status { code, retry_after: retry_after(&response) }),
            }
        }
        Err(Fault::Redirects { followed: MOST_REDIRECTS, last: shown(&url) })
    }

    fn request(&self, url: &Url, asked: Option<&Validators>) -> reqwest::blocking::RequestBuilder {
        let mut request = self.http.get(url.clone()).header(ACCEPT, WANTED);
        if let Some(Validators { etag, modified, .. }) = asked {
            if let Some(etag) = etag {
                request = request.header(IF_NONE_MATCH, etag);
            }
            if let Some(modified) = modified {
                request = request.header(IF_MODIFIED_SINCE, modified);
            }
        }
        request
    }

    /// "Not modified" counts if it was asked for and if the answer does not name another version.
    fn not_modified(
        &self,
        start: &str,
        asked: Option<&Validators>,
        response: &Response,
        progress: Progress<'_>,
    ) -> Result<Answer, Fault> {
        let Some(asked) = asked else { return Err(Fault::NotModified) };
        let (etag, modified) = (header(response, ETAG), header(response, LAST_MODIFIED));
        if asked.confirmed_by(etag.as_deref(), modified.as_deref()) {
            return Ok(Answer::NotModified);
        }
        self.attempt(start, None, progress)
    }
}

fn authorities(bundle: &[u8]) -> Result<Vec<Certificate>, String> {
    let wrong = "`--ca-bundle` needs a file with certificates in PEM";
    let authorities = Certificate::from_pem_bundle(bundle).map_err(|_| wrong.to_owned())?;
    if authorities.is_empty() { Err(format!("{wrong}; this one has none")) } else { Ok(authorities) }
}

fn body(
    mut response: Response,
    progress: Progress<'_>,
    late: impl Fn(u64) -> Fault,
) -> Result<Download, Fault> {
    let announced = header(&response, CONTENT_LENGTH).and_then(|length| length.parse().ok());
    if announced.is_some_and(|length: u64| length > LARGEST) {
        return Err(Fault::TooLarge { most: LARGEST });
    }
    let mut bytes = Vec::new();
    let mut chunk = vec![0; 64 << 10];
    loop {
        let got = bytes.len() as u64;
        progress(got, announced);
        let length = match response.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if is_timeout(&error) => return Err(late(got)),
            Err(error) => return Err(Fault::Cut { got, why: innermost(&error) }),
        };
        if got + length as u64 > LARGEST {
            return Err(Fault::TooLarge { most: LARGEST });
        }
        bytes.extend_from_slice(chunk.get(..length).unwrap_or_default());
    }
    Ok(Download {
        bytes,
        url: response.url().to_string(),
        etag: header(&response, ETAG),
        modified: header(&response, LAST_MODIFIED),
        date: header(&response, DATE),
    })
}

fn is_timeout(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<reqwest::Error>());
    error.kind() == io::ErrorKind::TimedOut || inner.is_some_and(reqwest::Error::is_timeout)
}

fn target(from: &Url, response: &Response) -> Option<Url> {
    from.join(&header(response, LOCATION)?).ok()
}

/// A pause in seconds, or until a time by the server's own clock.
fn retry_after(response: &Response) -> Option<Duration> {
    let wanted = header(response, RETRY_AFTER)?;
    let now = header(response, DATE).and_then(|date| parse_http_date(date.trim()).ok());
    pause(wanted.trim(), now)
}

/// A time is one of the server's clock, so that it counts from the server's `now`; ours may be wrong.
fn pause(wanted: &str, now: Option<SystemTime>) -> Option<Duration> {
    if let Ok(seconds) = wanted.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = parse_http_date(wanted).ok()?;
    Some(until.duration_since(now?).unwrap_or_default())
}

/// A header in plain characters.
fn header(response: &Response, name: HeaderName) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(str::to_owned)
}

/// An address without what may be secret in it.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url.to_string()
}

/// What stopped a request before its answer.
fn send_fault(error: &reqwest::Error, late: Fault) -> Fault {
    match tls_error(error) {
        Some(rustls::Error::InvalidCertificate(error)) => {
            let (what, help) = certificate::words(error);
            return Fault::Certificate { what, help };
        }
        Some(error) => return Fault::Tls(error.to_string()),
        None => {}
    }
    if error.is_timeout() {
        return late;
    }
    let why = innermost(error);
    // The type of this error is not public.
    match why.strip_prefix("tunnel error: ") {
        Some("proxy authorization required") => Fault::ProxyLogin,
        Some("unsuccessful") => Fault::ProxyRefuses("it denies it".to_owned()),
        Some(why) => Fault::ProxyRefuses(why.to_owned()),
        None => Fault::Unreachable(why),
    }
}

fn tls_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    // An `io::Error` does not count what it wraps among its sources.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error
        .downcast_ref()
        .or_else(|| wrapped.and_then(|inner| tls_error(inner)))
        .or_else(|| error.source().and_then(tls_error))
}

/// The first cause, without addresses: only the lowest layer says what happened.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    match error.to_string().split(": http").next().unwrap_or_default() {
        "tls handshake eof" => "the connection was closed before TLS was set up".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{parse_http_date, pause};

    #[test]
    fn a_wanted_pause_is_a_number_or_a_time_of_the_servers_clock() {
        let noon = "Tue, 03 Mar 2026 12:00:00 GMT";
        for (wanted, now, seconds) in [
            ("7", None, Some(7)),
            ("Tue, 03 Mar 2026 12:00:20 GMT", Some(noon), Some(20)),
            ("Tue, 03 Mar 2026 11:59:00 GMT", Some(noon), Some(0)),
            ("Tue, 03 Mar 2026 12:00:20 GMT", None, None),
            ("-1", Some(noon), None),
            ("soon", Some(noon), None),
        ] {
            let now = now.and_then(|date| parse_http_date(date).ok());
            assert_eq!(pause(wanted, now).map(|pause| pause.as_secs()), seconds, "{wanted}");
        }
    }
}
