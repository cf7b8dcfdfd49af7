//! Whose names stand below a zone, by the Public Suffix List: a registry's, many customers', or one owner's.

use super::Host;

/// Whether a company shares `zone` with its customers: anybody may own a name below it.
///
/// `blob.core.windows.net` is such a zone: every tenant has names below it. Source of the fact: private section of the
/// Public Suffix List.
pub fn is_shared(zone: &str) -> bool {
    psl::suffix(zone.as_bytes()).is_some_and(|suffix| is_whole(&suffix, zone) && is_private(&suffix))
}

/// Whether `zone` is a registry's own suffix (`com`, `co.uk`) or unknown: no pattern may reach across it.
pub fn is_registry(zone: &str) -> bool {
    psl::suffix(zone.as_bytes()).is_none_or(|suffix| is_whole(&suffix, zone) && !is_private(&suffix))
}

fn is_whole(suffix: &psl::Suffix<'_>, zone: &str) -> bool {
    suffix.as_bytes().len() == zone.len()
}

fn is_private(suffix: &psl::Suffix<'_>) -> bool {
    suffix.typ() == Some(psl::Type::Private)
}

/// The shared suffix that a wildcard host reaches across, such as `blob.core.windows.net`.
pub fn shared_suffix(host: &Host) -> Option<&str> {
    let base = match host {
        Host::Subdomains(name) => name.as_str(),
        // The star stands for a part of the first label, so the zone is what follows it.
        Host::Suffix(name) => name.as_str().split_once('.')?.1,
        Host::Infix(_, end) => end.split_once('.')?.1,
        Host::Exact(_) | Host::Net(_) => return None,
    };
    is_shared(base).then_some(base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::parse_address;

    #[test]
    fn blob_storage_is_shared_and_its_parent_is_not() {
        assert!(is_shared("blob.core.windows.net"));
        assert!(!is_shared("ussus1.blob.core.windows.net"));
        assert!(!is_shared("windowsupdate.com"));
        assert!(!is_shared("co.uk"));
    }

    #[test]
    fn registries_are_told_from_owners() {
        for zone in ["co.uk", "com", "no-such-registry", ""] {
            assert!(is_registry(zone), "{zone}");
        }
        for zone in ["windowsupdate.com", "blob.core.windows.net"] {
            assert!(!is_registry(zone), "{zone}");
        }
    }

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
