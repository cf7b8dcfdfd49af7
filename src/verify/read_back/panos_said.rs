//! What PAN-OS objects are said to be. What is said twice, each time otherwise, is nothing that can be followed.

use std::collections::BTreeSet;

use super::address;
use crate::verify::ports::Ports;
use crate::verify::ruleset::HostShape;

/// Values that are said once, or each time the same. Of several nobody can say which one counts: the last one of
/// commands does, a file with two of them may not load.
#[derive(Clone, Default)]
pub(super) struct Once<'o>(pub(super) BTreeSet<&'o str>);

impl<'o> Once<'o> {
    pub(super) fn set(&mut self, value: &'o str) {
        self.0.insert(value);
    }

    /// The value; empty where there is none.
    pub(super) fn get(&self) -> Result<&'o str, String> {
        let mut values = self.0.iter();
        match (values.next().copied().unwrap_or_default(), values.next()) {
            (one, None) => Ok(one),
            (one, Some(other)) => Err(format!("`{one}` and `{other}` are set at once")),
        }
    }
}

/// A service: what it asks for, such as `tcp port 443`.
pub(super) type Service = BTreeSet<[String; 3]>;

/// The ports of a service.
pub(super) fn ports_of(name: &str, service: &Service) -> Result<Ports, String> {
    let said: Vec<[&str; 3]> = service.iter().map(|said| said.each_ref().map(String::as_str)).collect();
    match said.as_slice() {
        [["tcp", "port", ports]] => {
            address::ports(ports).map_err(|reason| format!("service `{name}`: {reason}"))
        }
        [["udp" | "sctp", ..], rest @ ..] if rest.iter().all(|[protocol, ..]| *protocol != "tcp") => {
            Ok(Ports::none())
        }
        [] => Err(format!("service `{name}` has no port")),
        [["tcp", "source-port", _]] => Err(format!("service `{name}` asks for a source port")),
        several => {
            let several: Vec<String> = several.iter().map(|said| format!("`{}`", said.join(" "))).collect();
            Err(format!("service `{name}` asks for {}", several.join(" and ")))
        }
    }
}

/// The networks of an address object.
pub(super) fn shapes_of(name: &str, said: &BTreeSet<[&str; 2]>) -> Result<Vec<HostShape>, String> {
    let mut all = said.iter();
    match (all.next(), all.next()) {
        (Some(["ip-netmask" | "ip-range", address]), None) => {
            address::networks(address).ok_or_else(|| format!("address `{name}` is no address"))
        }
        (_, None) => Err(format!("`{name}` is compared with addresses that are not in the files")),
        (_, Some(_)) => Err(format!("address `{name}` is said twice")),
    }
}
