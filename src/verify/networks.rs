//! Addresses: every range that a list of networks can tell apart, with the sets that hold it.

use std::net::IpAddr;

use foldhash::{HashMap, HashMapExt};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::words::Sets;

/// The sets that hold a range of addresses, and its first address.
pub(super) type Ranges = HashMap<Sets, IpAddr>;

/// The ranges that `networks` can tell apart; `everything` holds all of them.
pub(super) fn ranges(networks: &[(IpNet, u32)], everything: &[u32]) -> Ranges {
    let mut found = Ranges::new();
    let mut of_all = everything.to_vec();
    of_all.sort_unstable();
    of_all.dedup();
    let all = [IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())];
    for whole in all {
        let mut of_family: Vec<(IpNet, Option<u32>)> = networks
            .iter()
            .filter(|(net, _)| net.addr().is_ipv4() == whole.addr().is_ipv4())
            .map(|(net, set)| (net.trunc(), Some(*set)))
            .collect();
        of_family.push((whole, None));
        // A network stands in front of those within it.
        of_family.sort_unstable_by_key(|(net, set)| (net.network(), net.prefix_len(), *set));
        sweep(&of_family, &of_all, &mut found);
    }
    found
}

/// Networks that are open at some address: they nest, for two networks never just overlap.
struct Open {
    net: IpNet,
    /// In order, none twice.
    sets: Vec<u32>,
    /// The first address in it that no network within it has taken so far.
    next: Option<IpAddr>,
}

fn sweep(networks: &[(IpNet, Option<u32>)], everything: &[u32], found: &mut Ranges) {
    let mut open: Vec<Open> = Vec::new();
    for (net, set) in networks {
        while let Some(last) = open.pop_if(|last| !last.net.contains(net)) {
            close(last, &mut open, found);
        }
        match open.last_mut() {
            Some(last) if last.net == *net => add(&mut last.sets, *set),
            parent => {
                let mut sets = everything.to_vec();
                if let Some(parent) = parent {
                    sets.clone_from(&parent.sets);
                    if parent.next.is_some_and(|next| next < net.network()) {
                        record(found, &parent.sets, parent.next);
                    }
                    parent.next = None;
                }
                add(&mut sets, *set);
                open.push(Open { net: *net, sets, next: Some(net.network()) });
            }
        }
    }
    while let Some(last) = open.pop() {
        close(last, &mut open, found);
    }
}

fn add(sets: &mut Vec<u32>, set: Option<u32>) {
    if let Some(set) = set
        && let Err(place) = sets.binary_search(&set)
    {
        sets.insert(place, set);
    }
}

/// Ends a network: what is left of it is a range, and the one around it goes on behind it.
fn close(last: Open, open: &mut [Open], found: &mut Ranges) {
    let end = last.net.broadcast();
    if last.next.is_some_and(|next| next <= end) {
        record(found, &last.sets, last.next);
    }
    if let Some(parent) = open.last_mut() {
        parent.next = after(end).filter(|next| parent.net.contains(next));
    }
}

fn after(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(v4) => u32::from(v4).checked_add(1).map(|next| IpAddr::V4(next.into())),
        IpAddr::V6(v6) => u128::from(v6).checked_add(1).map(|next| IpAddr::V6(next.into())),
    }
}

fn record(found: &mut Ranges, sets: &[u32], first: Option<IpAddr>) {
    let Some(first) = first else { return };
    match found.get_mut(sets) {
        Some(known) => *known = first.min(*known),
        None => drop(found.insert(sets.into(), first)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_and_neighbouring_networks_give_every_range_once() {
        let nets =
            [("10.0.0.0/8", 0), ("10.1.0.0/16", 1), ("10.0.0.0/9", 2), ("10.128.0.0/9", 2), ("::1/128", 0)];
        let nets: Vec<(IpNet, u32)> =
            nets.iter().filter_map(|(net, set)| Some((net.parse().ok()?, *set))).collect();
        let mut found: Vec<(Vec<u32>, String)> =
            ranges(&nets, &[9]).into_iter().map(|(sets, first)| (sets.to_vec(), first.to_string())).collect();
        found.sort();
        let expected: [(&[u32], &str); 4] =
            [(&[0, 1, 2, 9], "10.1.0.0"), (&[0, 2, 9], "10.0.0.0"), (&[0, 9], "::1"), (&[9], "0.0.0.0")];
        assert_eq!(found, expected.map(|(sets, first)| (sets.to_vec(), first.to_owned())));
    }
}
