//! `ask_all`: asks for every URL of a plan, some at a time, each within bounds of time and memory.
//!
//! No credentials are sent, and nothing is read of an answer but its head.

mod connect;
mod http;
mod resolve;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::{Chain, End, Head, Hop, Lost, Observation, Probe, Silence, Step};
use crate::pattern::Scheme;
use connect::connect;
use http::{exchange, request};
pub use resolve::Resolve;
use tls::Tls;

/// A whole URL may take so many times as long as one of its steps.
const STEPS: u32 = 3;

/// How to ask.
#[derive(Debug)]
pub struct Options {
    /// Host and port of the proxy.
    pub proxy: Option<(String, u16)>,
    /// Addresses to use in place of those that the system knows.
    pub resolve: Vec<Resolve>,
    /// Certificates of authorities that count as public beside those of browsers.
    pub authorities: Vec<CertificateDer<'static>>,
    /// Names of the headers with which a proxy says that an answer is its own.
    pub reasons: Vec<String>,
    /// How long one step may take.
    pub timeout: Duration,
    /// How many URLs are asked for at a time.
    pub jobs: usize,
}

/// What comes back for each of the probes, in their order. `done` is told how many are. The error says which option
/// cannot be used, or that the system gives no sockets.
pub fn ask_all(probes: &[Probe], options: Options, done: &dyn Fn(usize)) -> Result<Vec<Observation>, String> {
    let tls = Tls::new(&options.authorities)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(|error| format!("the network cannot be used: {error}"))?;
    let seen = runtime.block_on(in_parallel(probes, Arc::new(Asker { options, tls }), done));
    // A look-up that the system does not end must not keep the program.
    runtime.shutdown_background();
    seen.into_iter().collect::<Option<Vec<_>>>().ok_or_else(|| "a probe ended without a result".to_owned())
}

async fn in_parallel(probes: &[Probe], asker: Arc<Asker>, done: &dyn Fn(usize)) -> Vec<Option<Observation>> {
    let mut seen = vec![None; probes.len()];
    let mut waiting = probes.iter().cloned().enumerate();
    let mut running = JoinSet::new();
    let mut finished = 0;
    loop {
        while running.len() < asker.options.jobs
            && let Some((at, probe)) = waiting.next()
        {
            let asker = Arc::clone(&asker);
            running.spawn(async move { (at, asker.ask(&probe).await) });
        }
        let Some(ended) = running.join_next().await else { return seen };
        if let Ok((at, observation)) = ended
            && let Some(place) = seen.get_mut(at)
        {
            *place = Some(observation);
        }
        finished += 1;
        done(finished);
    }
}

/// Asks for one URL after the other.
struct Asker {
    options: Options,
    tls: Tls,
}

impl Asker {
    async fn ask(&self, probe: &Probe) -> Observation {
        let mut chain = None;
        let end = self.way(probe, &mut chain).await.unwrap_or_else(|end| end);
        Observation { chain, end }
    }

    /// All steps to an answer. `Err` is an end as well: one on the way.
    async fn way(&self, probe: &Probe, chain: &mut Option<Chain>) -> Result<End, End> {
        let clock = Clock { step: self.options.timeout, end: Instant::now() + STEPS * self.options.timeout };
        let proxy = self.options.proxy.as_ref().filter(|_| !probe.direct);
        let (hop, host, port) = match proxy {
            Some((host, port)) => (Hop::Proxy, host, *port),
            None => (Hop::Host, &probe.host, probe.port),
        };
        let mut stream = connect(&self.options.resolve, host, port, hop, &clock).await?;
        if probe.scheme == Scheme::Http {
            let sent = request(probe, proxy.is_some());
            return Ok(End::Answered(self.head(&mut stream, &sent, (hop, Step::Answer), &clock).await?));
        }
        if proxy.is_some() {
            self.tunnel(&mut stream, probe, &clock).await?;
        }
        let (mut stream, shown) = self.tls.start(stream, &probe.host, &clock).await?;
        *chain = Some(shown);
        let sent = request(probe, false);
        Ok(End::Answered(self.head(&mut stream, &sent, (Hop::Host, Step::Answer), &clock).await?))
    }

    /// Has the proxy connect to the server, without any credentials.
    async fn tunnel(&self, stream: &mut TcpStream, probe: &Probe, clock: &Clock) -> Result<(), End> {
        let place = format!("{}:{}", probe.host, probe.port);
        let sent = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n");
        let head = self.head(stream, &sent, (Hop::Proxy, Step::Tunnel), clock).await?;
        if (200..300).contains(&head.status) { Ok(()) } else { Err(End::NoTunnel(head)) }
    }

    /// The head of the answer to a request.
    async fn head<S>(&self, stream: &mut S, sent: &str, at: (Hop, Step), clock: &Clock) -> Result<Head, Lost>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (hop, step) = at;
        let head = clock.within(hop, step, exchange(stream, sent, &self.options.reasons)).await?;
        head.map_err(|fault| fault.lost(hop, step))
    }
}

/// How long a step may take, and all of them.
struct Clock {
    step: Duration,
    end: Instant,
}

impl Clock {
    fn left(&self) -> Duration {
        self.step.min(self.end.saturating_duration_since(Instant::now()))
    }

    async fn within<T>(&self, hop: Hop, step: Step, work: impl Future<Output = T>) -> Result<T, Lost> {
        let left = self.left();
        let late = |_| Lost::Silent { hop, step, silence: Silence::TimedOut(self.step.as_secs()) };
        timeout(left, work).await.map_err(late)
    }
}
