//! `Check`: what the text of an option may be, so that it is inert in every language that it can land in.

use serde::Deserialize;

/// What a text must look like. None of them lets a quote, a line break, `#`, `$`, `\`, `<` or `]` through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Letters, digits, space and `. , : ; ( ) / _ @ + -`.
    #[default]
    Text,
    /// A letter, then letters, digits, `_`, `-` or `.`; at most 63 characters.
    Identifier,
    /// The same, at least two characters of which the last is a letter, a digit or `_`.
    ClosedIdentifier,
    /// An absolute path of letters, digits and `. _ - /` without `..`, below the root.
    Path,
    /// `name:port` or `address:port`.
    HostPort,
    /// `DIRECT` or `PROXY name:port`.
    Route,
    /// A network such as `10.0.0.0/8`.
    Cidr,
    /// The same, of IPv4 alone.
    #[serde(rename = "cidr4")]
    Cidr4,
    /// `http://…` or `https://…` of at most 200 plain characters.
    Url,
}

impl Check {
    /// Whether `text` passes.
    pub fn passes(self, text: &str) -> bool {
        match self {
            Self::Text => text.len() <= 200 && all(text, " .,:;()/_@+-"),
            Self::Identifier => {
                text.len() <= 63 && text.starts_with(|c: char| c.is_ascii_alphabetic()) && all(text, "_-.")
            }
            Self::ClosedIdentifier => {
                text.len() >= 2 && !text.ends_with(['-', '.']) && Self::Identifier.passes(text)
            }
            Self::Path => {
                text.len() <= 200
                    && !text.trim_end_matches('/').is_empty()
                    && text.starts_with('/')
                    && all(text, "._-/")
                    && !text.split('/').any(|segment| segment == "..")
            }
            Self::HostPort => is_host_port(text),
            Self::Route => text == "DIRECT" || text.strip_prefix("PROXY ").is_some_and(is_host_port),
            Self::Cidr => text.parse::<ipnet::IpNet>().is_ok_and(|net| net.trunc() == net),
            Self::Cidr4 => text.parse::<ipnet::Ipv4Net>().is_ok_and(|net| net.trunc() == net),
            Self::Url => is_url(text),
        }
    }

    /// A text that passes, as it is used: of a path no slash stands twice or at the end.
    pub fn normal(self, text: &str) -> String {
        if self != Self::Path {
            return text.to_owned();
        }
        let parts = text.split('/').filter(|part| !part.is_empty());
        parts.fold(String::with_capacity(text.len()), |path, part| path + "/" + part)
    }

    /// What passes, for a message.
    pub fn expected(self) -> &'static str {
        match self {
            Self::Text => "plain text of letters, digits, spaces and `. , : ; ( ) / _ @ + -`",
            Self::Identifier => "a letter, then letters, digits, `_`, `-` or `.`",
            Self::ClosedIdentifier => {
                "two characters or more: a letter, then letters, digits, `_`, `-` or `.`, at the end a letter, a digit or `_`"
            }
            Self::Path => "an absolute path below `/` of letters, digits, `.`, `_`, `-` and `/`",
            Self::HostPort => "`name:port`",
            Self::Route => "`DIRECT` or `PROXY name:port`",
            Self::Cidr => "a network such as `10.0.0.0/8`, without host bits",
            Self::Cidr4 => "an IPv4 network such as `10.0.0.0/8`, without host bits",
            Self::Url => {
                "`https://name/path` of letters, digits, `.`, `_`, `-`, `:` and `/`, without a slash at the end"
            }
        }
    }

    /// A regular expression for editors. All that passes has its form, and hardly anything else.
    pub(super) fn pattern(self) -> &'static str {
        match self {
            Self::Text => "^[A-Za-z0-9 .,:;()/_@+-]{0,200}$",
            Self::Identifier => "^[A-Za-z][A-Za-z0-9_.-]{0,62}$",
            Self::ClosedIdentifier => "^[A-Za-z][A-Za-z0-9_.-]{0,61}[A-Za-z0-9_]$",
            Self::Path => r"^(?!/*$)(?!.*/\.\.(/|$))/[A-Za-z0-9._/-]{0,199}$",
            Self::HostPort => "^[A-Za-z0-9.-]{1,253}:0*[1-9][0-9]{0,4}$",
            Self::Route => "^(DIRECT|PROXY [A-Za-z0-9.-]{1,253}:0*[1-9][0-9]{0,4})$",
            Self::Cidr => "^[0-9A-Fa-f.:]+/[0-9]{1,3}$",
            Self::Cidr4 => r"^[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}$",
            Self::Url => "^https?://[A-Za-z0-9]([A-Za-z0-9._:/-]{0,190}[A-Za-z0-9._:-])?$",
        }
    }
}

fn all(text: &str, others: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

fn is_host_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
        !host.is_empty()
            && host.len() <= 253
            && all(host, ".-")
            && digits
            && port.parse::<u16>().is_ok_and(|p| p > 0)
    })
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    text.len() <= 200
        && !text.ends_with('/')
        && rest
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()) && all(rest, "._-:/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_check_lets_a_character_through_that_means_something_elsewhere() {
        let checks = [
            (Check::Text, "text"),
            (Check::Identifier, "text"),
            (Check::ClosedIdentifier, "text"),
            (Check::Path, "/text"),
            (Check::HostPort, "text:1"),
            (Check::Route, "PROXY text:1"),
            (Check::Cidr, "10.0.0.0/8"),
            (Check::Cidr4, "10.0.0.0/8"),
            (Check::Url, "https://text"),
        ];
        let hostile = [
            "\"", "'", "\n", "\r", "\t", "\0", "#", "$", "${x}", "\\", "`", "<", ">", "&", "]]>", "[", "{",
            "}", "|", "%", "\u{e9}", "\u{202e}", "!", "*", "?",
        ];
        for (check, sound) in checks {
            assert!(check.passes(sound), "{check:?}");
            for text in hostile {
                assert!(!check.passes(&format!("{sound}{text}")), "{check:?} {text:?}");
                let has_word = sound.contains("text");
                assert!(!has_word || !check.passes(&sound.replace("text", &format!("te{text}xt"))));
            }
        }
    }

    #[test]
    fn routes_are_single() {
        assert!(Check::Route.passes("DIRECT"));
        assert!(!Check::Route.passes("PROXY a:1; DIRECT"));
        assert!(!Check::Route.passes("PROXY a:0"));
        assert!(!Check::Cidr.passes("10.0.0.1/8"));
        assert!(Check::Cidr.passes("2001:db8::/32"));
        assert!(!Check::Cidr4.passes("2001:db8::/32"));
        assert!(!Check::Cidr4.passes("10.0.0.1/8"));
        assert!(!Check::Path.passes("/etc/../x"));
        assert!(!Check::Path.passes("//"));
    }

    #[test]
    fn a_closed_identifier_ends_as_it_may() {
        for text in ["mde-allow", "m1", "m_", "a.b"] {
            assert!(Check::ClosedIdentifier.passes(text), "{text}");
        }
        for text in ["x", "x.", "mde-", "1x", "", "_x", "-x"] {
            assert!(!Check::ClosedIdentifier.passes(text), "{text}");
        }
    }

    #[test]
    fn a_path_is_used_without_needless_slashes() {
        assert_eq!(Check::Path.normal("/etc//squid/mde/"), "/etc/squid/mde");
        assert_eq!(Check::Text.normal("a//b/"), "a//b/");
    }
}
