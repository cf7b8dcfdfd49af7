//! How one entry of a list is spelled in the lists of some vendors, and what it means there.

use super::read_back::address;
use super::regular::Regular;
use super::ruleset::{HostShape, PathShape};
use super::universe::Universe;

/// A vendor's way to write an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// `name`, or `*.name` for what is below it at any depth; nothing else.
    Names,
    /// `name` for the name and everything below it.
    NamesAndBelow,
    /// `name`, or `.name` for the name and everything below it.
    Dstdomain,
    /// An address, a network or a range of addresses; behind a space a comment.
    Network,
    /// PAN-OS URL lists: `*` is one or more tokens, `^` exactly one; without an ending `/` the end is open only
    /// where the firewall does not append it (it does by default from 10.2).
    PanUrl,
    /// The same on a firewall that does not append the ending token.
    PanUrlOpen,
    /// The same where nobody knows whether the firewall appends it: an entry that depends on it is not read.
    PanUrlEither,
    /// PAN-OS domain lists: `*.name` is what is below, `^name` that name.
    PanDomain,
    /// PAN-OS exclusions from decryption: `*` is exactly one label.
    PanExclusion,
    /// Azure target FQDNs: a star in front stands for any text.
    AzureFqdn,
    /// Azure target URLs: the same, with a path that may end in a star.
    AzureUrl,
}

/// Host and path of one entry; an entry is allowed to come to several.
pub type Meaning = Vec<(HostShape, PathShape)>;

impl Dialect {
    /// Whether it is `other` or something else, depending on the firewall.
    #[must_use]
    pub fn may_be(self, other: Self) -> bool {
        self == Self::PanUrlEither && matches!(other, Self::PanUrl | Self::PanUrlOpen)
    }

    /// Why an entry for which `read` gives `reason` leaves a list undecided, and what to do.
    pub(super) fn open(self, entry: &str, reason: &str) -> String {
        if self == Self::PanUrlEither && pan_url(entry, true).is_ok() {
            return format!("`{entry}` {reason}: write `{entry}/`");
        }
        format!(
            "`{entry}` {reason}, and nothing is known of what the firewall does with it: mend it or take it out"
        )
    }

    /// Whether it is known that the firewall takes nothing else than what [`Dialect::read`] reads, and matches nothing
    /// by it.
    pub(super) fn ignores_others(self) -> bool {
        // Squid compares the text as it stands.
        self == Self::Dstdomain
    }

    /// What `entry` means, or why the firewall does not take it.
    pub fn read(self, entry: &str) -> Result<Meaning, String> {
        let any_path = |host| vec![(host, PathShape::Any)];
        match self {
            Self::Names => names(entry).map(any_path),
            Self::NamesAndBelow => name(entry).map(|base| any_path(HostShape::Below { base, apex: true })),
            Self::Dstdomain => match entry.strip_prefix('.') {
                Some(base) => name(base).map(|base| any_path(HostShape::Below { base, apex: true })),
                None => name(entry).map(|name| any_path(HostShape::Exact(name))),
            },
            Self::Network => networks(entry),
            Self::PanUrl => pan_url(entry, true),
            Self::PanUrlOpen => pan_url(entry, false),
            Self::PanUrlEither => pan_url_either(entry),
            Self::PanDomain => match entry.strip_prefix('^') {
                Some(exact) => name(exact).map(|name| any_path(HostShape::Exact(name))),
                None => names(entry).map(any_path),
            },
            Self::PanExclusion => labels(entry).map(any_path),
            Self::AzureFqdn => starred_name(entry).map(any_path),
            Self::AzureUrl => azure_url(entry),
        }
    }
}

/// A name in lower case, or an address as it is written.
fn name(text: &str) -> Result<String, String> {
    lower_name(text.to_ascii_lowercase())
}

/// The same of a text that is in lower case already.
fn lower_name(lower: String) -> Result<String, String> {
    if Universe::Names.holds(&lower) || lower.parse::<std::net::IpAddr>().is_ok() {
        Ok(lower)
    } else {
        Err("is no host name".into())
    }
}

fn names(entry: &str) -> Result<HostShape, String> {
    match entry.strip_prefix("*.") {
        Some(base) => name(base).map(|base| HostShape::Below { base, apex: false }),
        None => name(entry).map(HostShape::Exact),
    }
}

fn networks(entry: &str) -> Result<Meaning, String> {
    // What follows a space is a comment in lists of addresses.
    let text = entry.split(' ').next().unwrap_or_default();
    let shapes = address::networks(text).ok_or("is no address, no network and no range of addresses")?;
    Ok(shapes.into_iter().map(|host| (host, PathShape::Any)).collect())
}

fn starred_name(entry: &str) -> Result<HostShape, String> {
    match entry.strip_prefix('*') {
        _ if entry.get(1..).is_some_and(|rest| rest.contains('*')) => {
            Err("has a star that is not in front".into())
        }
        None => name(entry).map(HostShape::Exact),
        Some("") => Ok(HostShape::Any),
        Some(rest) => match rest.strip_prefix('.') {
            Some(base) => name(base).map(|base| HostShape::Below { base, apex: false }),
            None => name(rest).map(HostShape::Ends),
        },
    }
}

/// A URL says the path itself, and the same with a slash behind it.
fn azure_url(entry: &str) -> Result<Meaning, String> {
    if entry.contains("://") || entry.contains(['?', '#']) {
        return Err("has a scheme or a query".into());
    }
    let (host, path) = entry.split_at(entry.find('/').unwrap_or(entry.len()));
    let host = starred_name(host)?;
    let (body, starred) = path.strip_suffix('*').map_or((path, false), |body| (body, true));
    if body.contains('*') {
        return Err("has a star within the path".into());
    }
    if starred && matches!(host, HostShape::Ends(_) | HostShape::Below { .. }) {
        return Err("has a star at both ends, which is not documented".into());
    }
    Ok(match body {
        "" => vec![(host, PathShape::Exact("/".into()))],
        _ if starred => vec![(host, PathShape::Prefix(body.into()))],
        "/" => vec![(host, PathShape::Exact("/".into()))],
        _ => {
            let bare = body.trim_end_matches('/');
            let both = [bare.to_owned(), format!("{bare}/")];
            both.map(|path| (host.clone(), PathShape::Exact(path))).into()
        }
    })
}

/// `*` for exactly one label.
fn labels(entry: &str) -> Result<HostShape, String> {
    let stars = entry.split('.').take_while(|label| *label == "*").count();
    let rest = entry.splitn(stars + 1, '.').last().unwrap_or_default();
    if rest.contains('*') {
        let whole = entry.replace('*', "x");
        name(&whole)?;
        if entry.split('.').any(|label| label.contains('*') && label != "*") {
            return Err("has a star for a part of a label".into());
        }
        return regular(&regex_syntax::escape(entry).replace(r"\*", "[^.]+")).map(HostShape::Regular);
    }
    let count = u8::try_from(stars).map_err(|_| "has too many stars".to_owned())?;
    let base = name(rest)?;
    Ok(if count == 0 { HostShape::Exact(base) } else { HostShape::Labels { count, base } })
}

/// An expression for a whole text, lower case or not.
fn regular(text: &str) -> Result<Regular, String> {
    Regular::new(&format!("^{text}$"), false).map_err(|error| error.to_string())
}

/// What stands between the tokens of a PAN-OS URL.
const SEPARATORS: [char; 7] = ['.', '/', '?', '&', '=', ';', '+'];

fn pan_url(entry: &str, appends: bool) -> Result<Meaning, String> {
    check_pan_url(entry)?;
    let (host, path) = entry.split_at(entry.find('/').unwrap_or(entry.len()));
    let host = host.to_ascii_lowercase();
    if path.is_empty() && !appends && !host.ends_with('*') {
        let open = format!("{}(\\..+)?", pan_tokens(&host));
        return Ok(vec![(HostShape::Regular(regular(&open)?), PathShape::Any)]);
    }
    Ok(vec![(pan_host(host)?, pan_path(path)?)])
}

fn pan_url_either(entry: &str) -> Result<Meaning, String> {
    let (closed, open) = (pan_url(entry, true)?, pan_url(entry, false)?);
    if closed == open {
        return Ok(closed);
    }
    Err("depends on the setting `append ending token`".into())
}

fn check_pan_url(entry: &str) -> Result<(), String> {
    if entry.len() > 255 {
        return Err("is longer than 255 characters".into());
    }
    if entry.contains("://") {
        return Err("has a scheme".into());
    }
    if !entry.contains(['*', '^']) {
        return Ok(());
    }
    let tokens: Vec<&str> = entry.split(SEPARATORS).collect();
    if tokens.iter().any(|token| token.len() > 1 && token.contains(['*', '^'])) {
        return Err("has a wildcard for a part of a token".into());
    }
    if tokens.windows(2).any(|pair| pair == ["*", "*"]) {
        return Err("has two `*` in a row".into());
    }
    if tokens.windows(10).any(|run| run.iter().all(|token| *token == "^")) {
        return Err("has more than nine `^` in a row".into());
    }
    Ok(())
}

fn pan_host(host: String) -> Result<HostShape, String> {
    let carets = host.split('.').take_while(|label| *label == "^").count();
    let rest = host.splitn(carets + 1, '.').last().unwrap_or_default();
    if !rest.contains(['*', '^']) && carets > 0 {
        let count = u8::try_from(carets).map_err(|_| "has too many wildcards".to_owned())?;
        return lower_name(rest.to_owned()).map(|base| HostShape::Labels { count, base });
    }
    if host == "*" {
        return Ok(HostShape::Any);
    }
    match host.strip_prefix("*.") {
        Some(base) if !base.contains(['*', '^']) => {
            lower_name(base.to_owned()).map(|base| HostShape::Below { base, apex: false })
        }
        _ if host.contains(['*', '^']) => regular(&pan_tokens(&host)).map(HostShape::Regular),
        _ => lower_name(host).map(HostShape::Exact),
    }
}

/// The labels of a host as an expression.
fn pan_tokens(host: &str) -> String {
    let label = |label: &str| match label {
        "*" => r"[^.]+(\.[^.]+)*".to_owned(),
        "^" => "[^.]+".to_owned(),
        literal => regex_syntax::escape(literal),
    };
    host.split('.').map(label).collect::<Vec<_>>().join(r"\.")
}

fn pan_path(path: &str) -> Result<PathShape, String> {
    if path.contains('?') {
        return Err("has a query".into());
    }
    if matches!(path, "" | "/") {
        return Ok(PathShape::Any);
    }
    let (body, starred) = path.strip_suffix('*').map_or((path, false), |body| (body, true));
    if !body.contains(['*', '^']) {
        return Ok(match body {
            // The star wants one token at least.
            _ if starred => PathShape::Longer(body.into()),
            _ if body.ends_with('/') => PathShape::Prefix(body.into()),
            _ => PathShape::Folder(body.into()),
        });
    }
    let open = if starred || body.ends_with('/') { ".*" } else { "(/.*)?" };
    let text = regex_syntax::escape(path);
    let text = text.replace(r"\^", "[^./?&=;+]+").replace(r"\*", ".+");
    regular(&format!("{text}{open}")).map(PathShape::Regular)
}
