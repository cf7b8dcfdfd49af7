//! Shared suffixes: zones below which anybody may own a name.

use super::Host;

/// The shared suffix that a wildcard host reaches across, such as `blob.core.windows.net`.
///
/// Source of the fact: private section of the Public Suffix List.
pub fn shared_suffix(host: &Host) -> Option<&str> {
    let base = match host {
        Host::Subdomains(name) => name.as_str(),
        // The star stands for a part of the first label, so the zone is what follows it.
        Host::Suffix(name) => name.as_str().split_once('.')?.1,
        Host::Infix(_, end) => end.split_once('.')?.1,
        Host::Exact(_) | Host::Net(_) => return None,
    };
    let suffix = psl::suffix(base.as_bytes())?;
    let private = suffix.typ() == Some(psl::Type::Private);
    (private && suffix.as_bytes().len() == base.len()).then_some(base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::parse_address;

    #[test]
    fn only_wildcards_below_a_suffix_of_many_owners_are_shared() {
        for (text, shared) in [
            ("*.blob.core.windows.net", Some("blob.core.windows.net")),
            ("*.blob.core.usgovcloudapi.net", Some("blob.core.usgovcloudapi.net")),
            ("*eastprod.blob.core.windows.net", Some("blob.core.windows.net")),
            ("ussus*eastprod.blob.core.windows.net", Some("blob.core.windows.net")),
            ("ussus1eastprod.blob.core.windows.net", None),
            ("*.wns.windows.com", None),
            ("*download.windowsupdate.com", None),
        ] {
            let host = parse_address(text).map(|parsed| parsed.host);
            assert_eq!(host.as_ref().ok().and_then(|host| shared_suffix(host)), shared, "{text}");
        }
    }
}
