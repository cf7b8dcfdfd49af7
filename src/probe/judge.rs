//! `judge`: what an observation says about the way to a host.

use std::borrow::Cow;

use super::lost::words;
use super::{Chain, End, Head, Observation, Probe, Trust};

/// What stands in the way, or that nothing does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Situation {
    /// The server answers as it should.
    Reachable,
    /// The server itself answers, where nothing is known of what it should answer, and not as the vendor's tool expects.
    AnsweredOtherwise,
    /// The way is open, and TLS is inspected on it.
    Inspected,
    /// The server answers with another status than it should.
    OtherStatus,
    /// The certificate proves nothing, and not because it is an inspecting proxy's.
    CertificateUnsound,
    /// TLS cannot be set up.
    NoTls,
    /// The proxy does not let the request through.
    Denied,
    /// The proxy wants a login first.
    LoginDemanded,
    /// The proxy has no connection to the server.
    ProxyCannotReach,
    /// A name has no address.
    Unresolved,
    /// Nothing answers.
    NoAnswer,
    /// What answers does not speak HTTP.
    NotHttp,
}

impl Situation {
    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reachable => "reachable",
            Self::AnsweredOtherwise => "answered-otherwise",
            Self::Inspected => "inspected",
            Self::OtherStatus => "other-status",
            Self::CertificateUnsound => "certificate-unsound",
            Self::NoTls => "no-tls",
            Self::Denied => "denied",
            Self::LoginDemanded => "login-demanded",
            Self::ProxyCannotReach => "proxy-cannot-reach",
            Self::Unresolved => "unresolved",
            Self::NoAnswer => "no-answer",
            Self::NotHttp => "not-http",
        }
    }
}

/// A situation with its details.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Which one.
    pub situation: Situation,
    /// What was seen, in words: the same for all URLs with one cause.
    pub what: String,
    /// What to do about it.
    pub help: Cow<'static, str>,
}

impl Judged {
    /// Whether nothing stands in the way of what is asked for.
    pub fn is_reached(&self, probe: &Probe) -> bool {
        match self.situation {
            Situation::Reachable | Situation::AnsweredOtherwise => true,
            Situation::Inspected => !probe.bypass,
            _ => false,
        }
    }
}

/// Judges what came back for a URL. `accepted` are the statuses with which the vendor's tool is content.
pub fn judge(probe: &Probe, seen: &Observation, accepted: &[u16]) -> Judged {
    let trust = seen.chain.as_ref().map(|chain| &chain.trust);
    let ended = match &seen.end {
        End::NoTunnel(head) => return by_proxy(head, ""),
        // A proxy that inspects TLS shows its refusals inside of it. In sound TLS nobody but the server answers.
        End::Answered(head) if trust != Some(&Trust::Public) && is_proxys(head) => {
            return by_proxy(head, if trust.is_some() { ", inside TLS of its own" } else { "" });
        }
        End::Answered(head) => answered(probe, head, seen.chain.as_ref(), accepted),
        End::Lost(lost) => words(probe, lost),
    };
    match &seen.chain {
        Some(Chain { trust: Trust::Unsound { what, help }, .. }) => {
            Judged { situation: Situation::CertificateUnsound, what: what.clone(), help: (*help).into() }
        }
        Some(Chain { trust: Trust::Private, authority, .. })
            if probe.bypass || ended.situation == Situation::Reachable =>
        {
            inspected(authority, probe.bypass)
        }
        _ => ended,
    }
}

/// Whether a proxy says that an answer is its own.
fn is_proxys(head: &Head) -> bool {
    head.status == 407 || head.status >= 400 && head.said.is_some()
}

fn inspected(authority: &str, bypass: bool) -> Judged {
    let help = if bypass {
        "the sensor refuses certificates of other authorities: exempt these hosts from inspection, as the bypass list \
         of a build does"
    } else {
        "the list asks for no exemption here"
    };
    Judged {
        situation: Situation::Inspected,
        what: format!(
            "somebody decrypts it: the certificate is from `{authority}`, which is no public authority"
        ),
        help: help.into(),
    }
}

/// A proxy answers in the server's place.
fn by_proxy(head: &Head, place: &str) -> Judged {
    let status = head.status;
    let said = head.said.as_ref().map_or(String::new(), |said| format!(" ({said})"));
    match status {
        407 => {
            let ways = if head.logins.is_empty() {
                String::new()
            } else {
                format!("; it offers {}", head.logins.join(", "))
            };
            Judged {
                situation: Situation::LoginDemanded,
                what: format!("the proxy demands a login (407{ways}){place}"),
                help: "the sensor runs as a system account and cannot log in: let these addresses pass without a \
                       login, by a rule ahead of the one that demands it"
                    .into(),
            }
        }
        502..=504 => Judged {
            situation: Situation::ProxyCannotReach,
            what: format!("the proxy has no connection to the server: {status}{said}{place}"),
            help: "the proxy's own name servers and the firewall behind it decide here: ask for the address from the \
                   proxy itself"
                .into(),
        },
        _ => Judged {
            situation: Situation::Denied,
            what: format!("the proxy denies it with {status}{said}{place}"),
            help: "allow it on the proxy, ahead of the rule that denies; a build writes the list, and `allowlistc \
                   match` says which of its lines allows an address"
                .into(),
        },
    }
}

/// An answer that no proxy gave away as its own.
fn answered(probe: &Probe, head: &Head, chain: Option<&Chain>, accepted: &[u16]) -> Judged {
    let status = head.status;
    // Anybody on the way can answer in clear text, and an inspecting proxy inside of its own TLS: that something was not
    // found, or not understood, says nothing of the server there.
    let sound = chain.is_some_and(|chain| chain.trust == Trust::Public);
    let accepted: Vec<u16> = accepted.iter().copied().filter(|status| sound || *status < 400).collect();
    let is_known = !probe.expected.is_empty();
    let wanted = if is_known { &probe.expected } else { &accepted };
    let right = wanted.contains(&status);
    let instead =
        if right || wanted.is_empty() { String::new() } else { format!(" in place of {}", numbers(wanted)) };
    let by = chain.map_or(String::new(), |chain| format!(", certificate from `{}`", chain.authority));
    if right || sound && accepted.contains(&status) {
        let what = format!("{status}{instead}{by}");
        return Judged { situation: Situation::Reachable, what, help: "".into() };
    }
    // No server of the vendor's asks for a login to a proxy, and a fault of its own is none of its answers.
    if sound && !is_known && !matches!(status, 407 | 500..) {
        return Judged {
            situation: Situation::AnsweredOtherwise,
            what: format!("the server itself answers {status}{instead}{by}"),
            help:
                "the way is open, since TLS is sound; nothing is known here of what the server should answer"
                    .into(),
        };
    }
    let help = if sound {
        "the way is open: the service itself answers so, perhaps for this moment only"
    } else {
        "a proxy or firewall can answer in the server's place here: see its log, and what a browser shows"
    };
    Judged {
        situation: Situation::OtherStatus,
        what: format!("the answer is {status}{instead}"),
        help: help.into(),
    }
}

/// `200, 400 or 404`.
fn numbers(numbers: &[u16]) -> String {
    let texts: Vec<String> = numbers.iter().map(u16::to_string).collect();
    match texts.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => texts.concat(),
    }
}
