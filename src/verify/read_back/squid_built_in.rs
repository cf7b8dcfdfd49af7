//! Acls that Squid has by itself.

use super::squid_values::network;

/// Addresses of the proxy itself, as acls that Squid has.
pub(super) const OWN_ADDRESSES: [(&str, &[&str]); 2] = [
    ("to_localhost", &["127.0.0.0/8", "0.0.0.0/32", "::1/128", "::/128"]),
    ("to_linklocal", &["169.254.0.0/16", "fe80::/10"]),
];

/// Whether an acl that Squid has by itself holds a value already.
pub(super) fn is_known_of(name: &str, value: &str) -> bool {
    let is_below = |networks: &[&str]| {
        let value = network(value);
        value.is_some_and(|net| networks.iter().filter_map(|own| network(own)).any(|own| own.contains(&net)))
    };
    let own_addresses = || OWN_ADDRESSES.iter().find(|(own, _)| *own == name).map(|(_, networks)| *networks);
    match name {
        "all" => matches!(value, "all" | "0.0.0.0/0" | "::/0"),
        "connect" => value == "CONNECT",
        "localhost" => is_below(&["127.0.0.1/32", "::1/128"]),
        _ => own_addresses().is_some_and(is_below),
    }
}
