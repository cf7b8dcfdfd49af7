//! Whose names stand below a zone, by the Public Suffix List: a registry's, many customers', or one owner's.

use std::cell::Cell;

use psl::{Info, List, Psl, Type};

use super::{Fqdn, Host, Path};

/// Whether anybody may own a name below `zone`: a company shares it, or a zone below it, with its customers.
///
/// `blob.core.windows.net` is such a zone, for every tenant has names below it, and so is `windows.net` above it. Source
/// of the fact: private section of the Public Suffix List.
pub fn is_shared(zone: &str) -> bool {
    let beyond = Cell::new(false);
    // The list asks for a label more than the zone has only where it knows suffixes below the zone.
    let labels = zone.rsplit('.').map(|label| Some(label.as_bytes()));
    let end = std::iter::once_with(|| {
        beyond.set(true);
        None
    });
    let Info { len, typ } = List.find(labels.chain(end).map_while(|label| label));
    let is_private = len == zone.len() && typ == Some(Type::Private);
    is_private || (beyond.get() && !is_registry(zone))
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

/// Top-level names that are kept for tests and for networks of one's own. Source: RFC 2606, RFC 6761, RFC 6762, and ICANN's
/// resolution 2024.07.29.06 on `internal`.
const OWN_NAMES: [&str; 6] = ["example", "internal", "invalid", "local", "localhost", "test"];

/// The last label of a host, where it is none that any registry has: the rest of a name that was torn, or a slip.
pub fn unknown_top_level(host: &Host) -> Option<&str> {
    let end = match host {
        Host::Infix(_, end) => end,
        _ => host.base()?.as_str(),
    };
    let top = end.rsplit('.').next()?;
    let is_listed = |name: &str| psl::suffix(name.as_bytes()).is_some_and(|suffix| suffix.is_known());
    // Of some domains the list knows only what stands below them, as `*.ck`.
    let is_known = is_listed(top) || OWN_NAMES.contains(&top) || is_listed(&format!("x.{top}"));
    (!is_known).then_some(top)
}

/// Whether a path starts with what looks like a second host: a name below a known suffix, of three labels or more or below
/// the suffix of `host`, for `/setup.zip` is a file.
pub fn starts_like_a_host(host: &Host, path: &Path) -> bool {
    let first = path.text().trim_start_matches('/').split('/').next().unwrap_or_default();
    let Some(name) = Fqdn::parse(first) else { return false };
    let known = |name: &Fqdn| {
        let suffix = psl::suffix(name.as_str().as_bytes()).filter(psl::Suffix::is_known)?;
        (suffix.as_bytes().len() < name.as_str().len()).then(|| suffix.as_bytes().to_vec())
    };
    let Some(suffix) = known(&name) else { return false };
    name.as_str().split('.').count() > 2 || host.base().and_then(known) == Some(suffix)
}

/// The zone of many owners that a wildcard host reaches into, such as `blob.core.windows.net`.
pub fn shared_suffix(host: &Host) -> Option<&str> {
    match host {
        Host::Subdomains(name) => Some(name.as_str()).filter(|zone| is_shared(zone)),
        Host::Suffix(name) => shared_end(name.as_str()),
        Host::Infix(_, end) => shared_end(end),
        Host::Exact(_) | Host::Net(_) => None,
    }
}

/// The zone of many owners that names ending in `end` reach into: `end` as a whole, or what follows its first label,
/// for the star may stand for a part of that.
pub fn shared_end(end: &str) -> Option<&str> {
    let parent = end.split_once('.').map(|(_, parent)| parent);
    Some(end).into_iter().chain(parent).find(|zone| is_shared(zone))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::parse_address;

    #[test]
    fn blob_storage_and_the_zones_above_it_are_shared() {
        assert!(is_shared("blob.core.windows.net"));
        assert!(!is_shared("ussus1.blob.core.windows.net"));
        for above in ["core.windows.net", "windows.net", "amazonaws.com", "core.usgovcloudapi.net"] {
            assert!(is_shared(above), "{above}");
        }
        for owned in ["microsoft.com", "wns.windows.com", "opinsights.azure.com", "no-such-zone.net", ""] {
            assert!(!is_shared(owned), "{owned}");
        }
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
    fn paths_that_start_with_a_name_are_told_from_files() {
        for (text, expected) in [
            ("a.example.com/b.example.com", true),
            ("a.example.com/b.example.net/*", true),
            ("a.example.com/example.com", true),
            ("a.example.com/setup.zip", false),
            ("a.example.com/list.aspx", false),
            ("a.example.com/p/b.example.com", false),
            ("a.example.com/v1.2.3/*", false),
            ("a.example.com/co.uk", false),
            ("a.example.com/pki/crl/*", false),
            ("a.example.com", false),
            ("203.0.113.0/24", false),
        ] {
            let parsed = parse_address(text).unwrap();
            assert_eq!(starts_like_a_host(&parsed.host, &parsed.path), expected, "{text}");
        }
    }

    #[test]
    fn only_wildcards_below_a_suffix_of_many_owners_are_shared() {
        for (text, shared) in [
            ("*.blob.core.windows.net", Some("blob.core.windows.net")),
            ("*.blob.core.usgovcloudapi.net", Some("blob.core.usgovcloudapi.net")),
            ("*eastprod.blob.core.windows.net", Some("blob.core.windows.net")),
            ("ussus*eastprod.blob.core.windows.net", Some("blob.core.windows.net")),
            ("*blob.core.windows.net", Some("blob.core.windows.net")),
            ("*s3.amazonaws.com", Some("s3.amazonaws.com")),
            ("*.core.windows.net", Some("core.windows.net")),
            ("*.windows.net", Some("windows.net")),
            ("*.amazonaws.com", Some("amazonaws.com")),
            ("*.core.usgovcloudapi.net", Some("core.usgovcloudapi.net")),
            ("*ob.core.windows.net", Some("core.windows.net")),
            ("ussus1eastprod.blob.core.windows.net", None),
            ("*.wns.windows.com", None),
            ("*download.windowsupdate.com", None),
        ] {
            let host = parse_address(text).map(|parsed| parsed.host);
            assert_eq!(host.as_ref().ok().and_then(|host| shared_suffix(host)), shared, "{text}");
        }
    }

    #[test]
    fn top_levels_are_those_of_registries_and_of_networks_of_ones_own() {
        for (text, unknown) in [
            ("a.contoso.com", None),
            ("*.contoso.co.uk", None),
            ("www.contoso.ck", None),
            ("a.contoso.com.np", None),
            ("a.contoso.local", None),
            ("us*x.contoso.com", None),
            ("10.0.0.0/8", None),
            ("*.settings.d", Some("d")),
            ("us*x.settings.d", Some("d")),
            ("client.asmx", Some("asmx")),
        ] {
            let host = parse_address(text).map(|parsed| parsed.host);
            assert_eq!(host.as_ref().ok().and_then(|host| unknown_top_level(host)), unknown, "{text}");
        }
    }
}
