//! The addresses of one cell: split at white space and where two names were glued together.

use std::borrow::Cow;

use crate::pattern::{Host, parse_address, unknown_top_level};

/// What stands in an address cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AddressCell {
    /// Nothing.
    Blank,
    /// Addresses as written; some may be wrong, which a later stage tells.
    Addresses {
        /// In the order of the cell.
        addresses: Vec<String>,
        /// Whether two of them stood without white space between them.
        glued: bool,
    },
    /// Words.
    Prose {
        /// Whether one of them looks like an address.
        names_host: bool,
    },
}

/// Longest cell that is taken for an address with slips in it rather than for words.
const MOST_STRAY_WORDS: usize = 3;

/// Takes an address cell apart.
pub(super) fn split_address_cell(text: &str) -> AddressCell {
    let spaced = with_line_breaks(text);
    let tokens: Vec<&str> = spaced.split_whitespace().map(bare).filter(|token| !token.is_empty()).collect();
    if tokens.is_empty() {
        return AddressCell::Blank;
    }
    let words = tokens.iter().filter(|token| !looks_like_address(token)).count();
    if words == tokens.len() || words > MOST_STRAY_WORDS {
        return AddressCell::Prose {
            names_host: tokens.iter().any(|token| token.contains("://") || names_host(token)),
        };
    }
    if words > 0 {
        // One address with a slip in it, or several with words between them: to choose a part could open another
        // host than the one that is meant, so the whole text goes on and is refused there.
        return AddressCell::Addresses { addresses: vec![text.trim().to_owned()], glued: false };
    }
    let mut addresses = Vec::with_capacity(tokens.len());
    for token in &tokens {
        unglue(token, &mut addresses);
    }
    let glued = addresses.len() > tokens.len();
    AddressCell::Addresses { addresses, glued }
}

/// Whether a token is meant as an address, right or wrong.
pub(super) fn looks_like_address(token: &str) -> bool {
    let scheme = token.contains("://");
    let star = token == "*" || token.starts_with("*.") || token.starts_with("xn--");
    let number = || parse_address(token).is_ok() || is_like_ipv6(token);
    scheme || star || has_inner_dot(token) || names_host(token) || (token.contains(':') && number())
}

/// Whether a name with a dot in it stands anywhere in a token, with whatever is wrong around it: `https:/x.com`, `(x.com)`,
/// dots of other scripts. Not `e.g.`, whose parts are single letters.
fn names_host(token: &str) -> bool {
    let labels = token.split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}']);
    let mut before_ends_a_name = false;
    for label in labels {
        let letters = label.chars().take_while(|c| c.is_alphanumeric()).count();
        if before_ends_a_name && letters > 1 && label.starts_with(char::is_alphabetic) {
            return true;
        }
        before_ends_a_name = label.ends_with(|c: char| c.is_alphanumeric() || c == '*');
    }
    false
}

/// `[2001:db8::2]:443` or `::/0`: nothing but the characters of such addresses, and two colons.
fn is_like_ipv6(token: &str) -> bool {
    let is_part = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.' | '/' | '[' | ']');
    token.matches(':').count() >= 2 && token.chars().all(is_part)
}

/// Whether a label of an address ends with a `_`, which is rather a mark that sets it off.
pub(super) fn ends_a_label_oddly(address: &str) -> bool {
    let host = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or_default();
    host.split('.').any(|label| label.ends_with('_'))
}

/// A dot between two characters of a name: `x.com`, not `e.g.` and not `control.`.
fn has_inner_dot(token: &str) -> bool {
    let host = token.split('/').next().unwrap_or_default();
    let inner = host.trim_end_matches('.').trim_start_matches('.');
    inner.len() > 3 && inner.contains('.') && !inner.contains(['(', ')', '\'', '"'])
}

fn bare(token: &str) -> &str {
    let mut bare = token.trim_matches([',', ';', '`']);
    while let Some(inner) =
        PAIRS.iter().find_map(|(open, close)| bare.strip_prefix(*open)?.strip_suffix(*close))
    {
        // `<del>x</del>` is no address between angle brackets.
        if inner.contains(['<', '>']) {
            break;
        }
        bare = inner.trim_matches([',', ';', '`']);
    }
    bare
}

/// What people put around an address to set it off.
const PAIRS: [(char, char); 9] = [
    ('<', '>'),
    ('(', ')'),
    ('[', ']'),
    ('\'', '\''),
    ('"', '"'),
    ('\u{201c}', '\u{201d}'),
    ('\u{201e}', '\u{201c}'),
    ('\u{2018}', '\u{2019}'),
    ('\u{ab}', '\u{bb}'),
];

/// `<br>`, `<br/>`, `<BR />` as a line break.
pub(crate) fn with_line_breaks(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let tag = from.get(1..3).is_some_and(|name| name.eq_ignore_ascii_case("br"));
        let after = from.get(3..).filter(|_| tag);
        let after = after.and_then(|after| after.trim_start_matches([' ', '/']).strip_prefix('>'));
        out.push(if after.is_some() { '\n' } else { '<' });
        rest = after.or_else(|| from.get(1..)).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Two names that were pasted without a space share their parent domain or start with a scheme each.
fn unglue(token: &str, addresses: &mut Vec<String>) {
    const LONGEST: usize = 4096;
    let mut starts = vec![0];
    if token.len() <= LONGEST && !token.contains('?') {
        starts.extend(scheme_starts(token));
        starts.extend(name_starts(token));
        starts.sort_unstable();
        starts.dedup();
    }
    starts.push(token.len());
    addresses.extend(starts.windows(2).filter_map(|pair| match pair {
        [from, to] => token.get(*from..*to).filter(|part| !part.is_empty()).map(str::to_owned),
        _ => None,
    }));
}

fn scheme_starts(token: &str) -> impl Iterator<Item = usize> + '_ {
    let schemes = token.match_indices("https://").chain(token.match_indices("http://"));
    let after_name =
        |at: usize| token.as_bytes().get(at.wrapping_sub(1)).is_some_and(u8::is_ascii_alphanumeric);
    schemes.map(|(at, _)| at).filter(move |at| *at > 0 && after_name(*at))
}

/// Where names start in `a.example.comb.example.com`: behind a repetition of the parent domain.
fn name_starts(token: &str) -> Vec<usize> {
    let host_end = token.find("://").map_or(0, |at| at + 3);
    let name = token.get(host_end..).unwrap_or_default();
    let parent = match name.rmatch_indices('.').nth(1) {
        Some((at, _)) if !name.contains('/') => name.get(at..).unwrap_or_default(),
        _ => return Vec::new(),
    };
    let starts_name = |at: &usize| {
        let next = name.as_bytes().get(*at);
        next.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'*')
    };
    let ends = name.match_indices(parent).map(|(at, found)| at + found.len());
    ends.filter(starts_name).map(|at| at + host_end).collect()
}

/// What ends a word of a text, so that an address in it can be seen.
const ENDS_OF_WORDS: [char; 10] = [' ', '\t', '\n', '\r', '\u{a0}', ',', ';', '|', '(', ')'];

/// A text with a comma in place of each word that is `left_out`; what stands between words stays.
pub(super) fn without(text: &str, left_out: impl Fn(&str) -> bool) -> String {
    let mut rest = String::with_capacity(text.len());
    for piece in text.split_inclusive(ENDS_OF_WORDS) {
        let word = piece.trim_end_matches(ENDS_OF_WORDS);
        if left_out(word) {
            rest.push(',');
            rest.push_str(piece.get(word.len()..).unwrap_or_default());
        } else {
            rest.push_str(piece);
        }
    }
    rest
}

/// A word without what stands around it.
pub(super) fn bare_word(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric() && c != '*')
}

/// Whether an address stands in a text, alone or among words.
pub(super) fn names_an_address(text: &str) -> bool {
    text.split(ENDS_OF_WORDS).any(is_address_in_text)
}

/// Whether a word is an address that a device can reach, with whatever stands around it: a network, or a name below a known
/// top-level domain.
pub(super) fn is_address_in_text(word: &str) -> bool {
    if !word.contains(['.', ':']) {
        return false;
    }
    let word = bare_word(word);
    let is_named = |host: &Host| match host {
        Host::Net(_) => true,
        _ => word.contains('.') && unknown_top_level(host).is_none(),
    };
    parse_address(word).is_ok_and(|parsed| is_named(&parsed.host))
}

/// Whether a cell is taken for addresses, right or wrong.
pub(super) fn holds_addresses(text: &str) -> bool {
    matches!(split_address_cell(text), AddressCell::Addresses { .. })
}

/// A host name below a known kind of top-level domain, not a file name or version.
pub(super) fn is_certain_address(text: &str) -> bool {
    let host = text.trim_start_matches("https://").trim_start_matches("http://");
    let host = host.split('/').next().unwrap_or_default();
    let top = host.rsplit('.').next().unwrap_or_default();
    host.matches('.').count() >= 2
        && top.len() >= 2
        && top.bytes().all(|b| b.is_ascii_alphabetic())
        && parse_address(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        match split_address_cell(text) {
            AddressCell::Blank => vec!["blank".into()],
            AddressCell::Prose { names_host: false } => vec!["prose".into()],
            AddressCell::Prose { names_host: true } => vec!["prose with a host".into()],
            AddressCell::Addresses { addresses, .. } => addresses,
        }
    }

    #[test]
    fn every_way_of_writing_several_addresses_is_split() {
        for (text, expected) in [
            ("*.a.com\n*.b.com", vec!["*.a.com", "*.b.com"]),
            ("a.com<br>b.com<br />c.com", vec!["a.com", "b.com", "c.com"]),
            ("a.com  b.com", vec!["a.com", "b.com"]),
            ("login.x.net\u{a0}\u{a0}", vec!["login.x.net"]),
            ("gw-e.example.comgw-s.example.com", vec!["gw-e.example.com", "gw-s.example.com"]),
            ("a.x.com*.x.com", vec!["a.x.com", "*.x.com"]),
            ("https://a.comhttps://b.com", vec!["https://a.com", "https://b.com"]),
            ("foo.company.com", vec!["foo.company.com"]),
            ("a.x.com/x.com", vec!["a.x.com/x.com"]),
            ("10.0.0.0/8, 2603:1000::1", vec!["10.0.0.0/8", "2603:1000::1"]),
            ("<https://a.com>", vec!["https://a.com"]),
            ("(a.example.com)", vec!["a.example.com"]),
            ("'a.example.com', \u{201c}b.example.com\u{201d}", vec!["a.example.com", "b.example.com"]),
            ("[2001:db8::2]", vec!["2001:db8::2"]),
        ] {
            assert_eq!(split(text), expected, "{text}");
        }
    }

    #[test]
    fn words_are_no_address_and_a_broken_address_is_kept_whole() {
        assert_eq!(
            split("Root URLs for public CDN endpoints (see Channel) - for the updated URL, see a page"),
            ["prose"]
        );
        assert_eq!(split("N/A"), ["prose"]);
        assert_eq!(split(" \u{a0}\n"), ["blank"]);
        assert_eq!(split("micro soft.com"), ["micro soft.com"]);
        assert_eq!(split("micr\u{43e}soft.com"), ["micr\u{43e}soft.com"]);
        assert_eq!(split("*"), ["*"]);
        for slip in [
            "https:/a.example.com",
            "https//a.example.com",
            "a\u{ff0e}example\u{ff0e}com",
            "[2001:db8::2]:443",
            "::/0",
            "(a.example.com",
            "<del>a.example.com</del>",
        ] {
            assert_eq!(split(slip), [slip]);
        }
        assert_eq!(split("the hosts below (a.example.com) of your own region"), ["prose with a host"]);
        assert_eq!(split("Addresses of your region, e.g. those of v2.0 or n/a."), ["prose"]);
    }
}
