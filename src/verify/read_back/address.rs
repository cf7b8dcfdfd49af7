//! Ports and addresses as firewalls write them.

use ipnet::IpNet;

use crate::verify::ports::Ports;
use crate::verify::ruleset::HostShape;

/// `80,443,8000-8010`.
pub(super) fn ports(text: &str) -> Result<Ports, String> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
    };
    let ranges: Option<Vec<(u16, u16)>> = text.split(',').map(range).collect();
    ranges.map(Ports::new).ok_or_else(|| format!("`{text}` are no ports"))
}

/// An address, a network or a range of addresses.
pub(in crate::verify) fn networks(text: &str) -> Option<Vec<HostShape>> {
    let nets: Vec<IpNet> = match text.split_once('-') {
        Some((first, last)) => {
            use std::net::IpAddr::{V4, V6};
            match (first.trim().parse().ok()?, last.trim().parse().ok()?) {
                (V4(first), V4(last)) if first <= last => {
                    ipnet::Ipv4Subnets::new(first, last, 0).map(IpNet::V4).collect()
                }
                (V6(first), V6(last)) if first <= last => {
                    ipnet::Ipv6Subnets::new(first, last, 0).map(IpNet::V6).collect()
                }
                _ => return None,
            }
        }
        None => {
            let one = || text.parse::<std::net::IpAddr>().ok().map(IpNet::from);
            vec![text.parse().ok().or_else(one)?]
        }
    };
    Some(nets.into_iter().map(HostShape::Net).collect())
}
