//! Connections: accepted up to a limit, each with time limits, ended in good order.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, RwLock};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::answer::{Manners, answer, text};
use super::login::Logins;
use super::metrics::Metrics;
use super::site::Site;
use super::slow::Impatient;

/// A client has so long for the head of a request, and for a TLS handshake.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// A connection may be silent, or read nothing of an answer, for so long.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of the head of a request.
const LARGEST_HEAD: usize = 16 << 10;
/// After the signal to stop, answers under way have so long.
const GRACE: Duration = Duration::from_secs(10);
/// File handles for everything else.
#[cfg(unix)]
const SPARE_HANDLES: usize = 64;
/// After a failed accept (no more file handles): a rest, for others to end.
const REST: Duration = Duration::from_millis(50);

/// How to serve.
#[derive(Debug)]
pub struct Options {
    /// Where to listen; port 0 is any free one.
    pub listen: SocketAddr,
    /// Certificate and key, if TLS is wanted.
    pub tls: Option<Arc<ServerConfig>>,
    /// Who may read what is not public.
    pub logins: Logins,
    /// Connections open at once; more wait.
    pub most_connections: usize,
    /// Seconds for which answers may be used again without asking.
    pub max_age: u32,
}

/// What a look at the inputs gave.
#[derive(Debug)]
pub enum Reload {
    /// Nothing changed.
    Same,
    /// There is a new set.
    Changed(Box<Site>),
    /// There was a change that gave no set; the text was told already.
    Failed,
}

/// Why serving ended before it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The address cannot be listened to.
    #[error("listening on `{address}`: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The runtime could not be started.
    #[error("starting to serve: {0}")]
    Start(#[from] io::Error),
}

/// What all connections share.
struct Shared {
    site: RwLock<Arc<Site>>,
    manners: Manners,
    metrics: Metrics,
}

impl Shared {
    fn site(&self) -> Arc<Site> {
        let site = self.site.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(&site)
    }

    fn replace(&self, site: Site) {
        *self.site.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(site);
    }
}

/// Serves until the process is asked to end. `started` is told the address; `reload`, if there is one, is asked
/// every `interval` whether there is a new set, with the one that is served.
pub fn serve(
    options: Options,
    site: Site,
    started: impl FnOnce(SocketAddr),
    reload: Option<(Duration, impl FnMut(&Site) -> Reload + Send + 'static)>,
) -> Result<(), Stopped> {
    let Options { listen, tls, logins, most_connections, max_age } = options;
    let most_connections = most_connections.min(room_for_connections());
    let manners = Manners { logins, max_age };
    let shared = Arc::new(Shared { site: RwLock::new(Arc::new(site)), manners, metrics: Metrics::default() });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let fault = |source| Stopped::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(fault)?;
        started(listener.local_addr()?);
        if let Some((interval, reload)) = reload {
            let shared = Arc::clone(&shared);
            // Builds take long and block: a thread of their own, which ends with the process.
            thread::Builder::new().name("reload".into()).spawn(move || watch(&shared, interval, reload))?;
        }
        let tls = tls.map(TlsAcceptor::from);
        accept_all(listener, tls, most_connections, shared).await;
        Ok(())
    })
}

/// How many connections the system lets this process have: idle ones must not use up the handles of all others.
#[cfg(unix)]
fn room_for_connections() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let most = if raised.is_ok() { maximum } else { current };
    let most = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
    most.saturating_sub(SPARE_HANDLES).max(1)
}

#[cfg(not(unix))]
fn room_for_connections() -> usize {
    usize::MAX
}

fn watch(shared: &Shared, interval: Duration, mut reload: impl FnMut(&Site) -> Reload) {
    loop {
        thread::sleep(interval);
        match reload(&shared.site()) {
            Reload::Same => {}
            Reload::Changed(site) => {
                shared.replace(*site);
                shared.metrics.reloaded(true);
            }
            Reload::Failed => shared.metrics.reloaded(false),
        }
    }
}

async fn accept_all(listener: TcpListener, tls: Option<TlsAcceptor>, most: usize, shared: Arc<Shared>) {
    let places = Arc::new(Semaphore::new(most));
    let connections = GracefulShutdown::new();
    let router = router(Arc::clone(&shared));
    let mut stop = std::pin::pin!(stop_signal());
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.ok();
            (place, listener.accept().await)
        };
        tokio::select! {
            (place, accepted) = next => match (place, accepted) {
                (Some(place), Ok((stream, _))) => {
                    let connection = Connection { shared: Arc::clone(&shared), place, router: router.clone() };
                    tokio::spawn(connection.run(stream, tls.clone(), connections.watcher()));
                }
                _ => tokio::time::sleep(REST).await,
            },
            () = &mut stop => break,
        }
    }
    drop(listener);
    let _ = timeout(GRACE, connections.shutdown()).await;
}

/// Ends when the process is asked to end.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = tokio::signal::ctrl_c() => return,
            }
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { text(StatusCode::OK, "ok\n") }))
        .fallback(file)
        .with_state(shared)
}

/// `/metrics` as well: it names the profile and so needs the login that the lists need.
async fn file(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let site = shared.site();
    let (method, path, headers) = (request.method(), request.uri().path(), request.headers());
    let answer = answer(&site, &shared.manners, method, path, headers, || shared.metrics.text(&site));
    shared.metrics.answered(answer.status().as_u16());
    answer
}

/// One connection and what it takes up.
struct Connection {
    shared: Arc<Shared>,
    place: OwnedSemaphorePermit,
    router: Router,
}

impl Connection {
    async fn run(
        self,
        stream: TcpStream,
        tls: Option<TlsAcceptor>,
        watcher: hyper_util::server::graceful::Watcher,
    ) {
        let metrics = &self.shared.metrics;
        metrics.connections.fetch_add(1, Ordering::Relaxed);
        metrics.open.fetch_add(1, Ordering::Relaxed);
        let _ = stream.set_nodelay(true);
        let stream = Impatient::new(stream, PATIENCE);
        let sound = match tls {
            None => self.talk(stream, watcher).await,
            Some(tls) => match timeout(HEAD_PATIENCE, tls.accept(stream)).await {
                Ok(Ok(stream)) => self.talk(stream, watcher).await,
                Ok(Err(_)) | Err(_) => false,
            },
        };
        if !sound {
            metrics.broken.fetch_add(1, Ordering::Relaxed);
        }
        metrics.open.fetch_sub(1, Ordering::Relaxed);
        drop(self.place);
    }

    async fn talk(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        watcher: hyper_util::server::graceful::Watcher,
    ) -> bool {
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE).max_buf_size(LARGEST_HEAD);
        let service = TowerToHyperService::new(self.router.clone());
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        watcher.watch(connection).await.is_ok()
    }
}
