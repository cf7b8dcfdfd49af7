//! `connect`: a name's addresses and a TCP connection to one of them.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::{Clock, Resolve};
use crate::probe::{Hop, Lost, Silence, Step};

/// Addresses of a name that are tried.
const TRIED: usize = 4;

/// Connects to a host. Addresses are tried one after the other, IPv4 first, since the sensors need it.
pub(super) async fn connect(
    known: &[Resolve],
    host: &str,
    port: u16,
    hop: Hop,
    clock: &Clock,
) -> Result<TcpStream, Lost> {
    let addresses = addresses(known, host, port, hop, clock).await?;
    let share = clock.left() / u32::try_from(addresses.len()).unwrap_or(1).max(1);
    let mut silence = Silence::Closed;
    for address in addresses {
        match attempt(address, share, clock).await {
            Ok(stream) => return Ok(stream),
            Err(failed) => silence = failed,
        }
    }
    Err(Lost::Silent { hop, step: Step::Connect, silence })
}

async fn addresses(
    known: &[Resolve],
    host: &str,
    port: u16,
    hop: Hop,
    clock: &Clock,
) -> Result<Vec<SocketAddr>, Lost> {
    if let Some(address) = known.iter().find_map(|resolve| resolve.find(host, port)) {
        return Ok(vec![address]);
    }
    let unresolved = |why: &str| Lost::Unresolved { hop, why: why.to_owned() };
    let found = timeout(clock.left(), lookup_host((host, port))).await;
    let Ok(found) = found else { return Err(unresolved("no answer came from the name server")) };
    let found = found.map_err(|error| unresolved(&plain(&error)))?;
    let mut addresses: Vec<SocketAddr> = found.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    addresses.dedup();
    addresses.truncate(TRIED);
    if addresses.is_empty() { Err(unresolved("it has no address")) } else { Ok(addresses) }
}

async fn attempt(address: SocketAddr, share: Duration, clock: &Clock) -> Result<TcpStream, Silence> {
    let late = |_| Silence::TimedOut(clock.step.as_secs());
    timeout(share, TcpStream::connect(address)).await.map_err(late)?.map_err(|error| match error.kind() {
        io::ErrorKind::ConnectionRefused => Silence::Refused,
        io::ErrorKind::TimedOut => Silence::TimedOut(clock.step.as_secs()),
        _ => Silence::Broken(plain(&error)),
    })
}

/// The system's words without what the layers around them add.
pub(super) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    text.strip_prefix("failed to lookup address information: ").unwrap_or(text).to_lowercase()
}
