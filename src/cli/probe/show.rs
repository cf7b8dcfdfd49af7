//! What a probe prints.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use serde_json::{Value, json};

use super::super::list::pretty;
use super::super::table::MOST_PADDING;
use super::super::width::{columns, wrapped};
use super::Asked;
use crate::diagnostic::{Findings, to_json, visible};
use crate::probe::{Chain, End, Judged, Probe, Situation, Trust, Untested};

/// Everything that a probe came to.
pub(super) struct Shown<'a> {
    pub(super) name: &'a str,
    pub(super) proxy: Option<&'a (String, u16)>,
    pub(super) asked: &'a [Asked],
    pub(super) untested: &'a [Untested],
}

impl Shown<'_> {
    /// The addresses by situation, those that are reached first.
    pub(super) fn table(&self) -> String {
        let mut groups: BTreeMap<Situation, Vec<&Asked>> = BTreeMap::new();
        for asked in self.asked {
            groups.entry(asked.judged.situation).or_default().push(asked);
        }
        let within = columns(&io::stdout());
        let mut out = String::new();
        let shared = self.shared();
        if let Some((judged, count)) = shared {
            let _ = writeln!(out, "{}: {}", all_of(count, self.proxy.is_some()), visible(&judged.what));
            out = wrapped(&out, within);
        }
        for (situation, group) in groups {
            let _ = writeln!(out, "{} ({})", title(situation), group.len());
            out.push_str(&reasons(&group, shared.map(|(judged, _)| judged), within));
        }
        out
    }

    /// The fault that all addresses share that went the same way: it says more of the way than of them.
    fn shared(&self) -> Option<(&Judged, usize)> {
        let mut same_way =
            self.asked.iter().filter(|asked| self.proxy.is_none() || !asked.probe.direct).peekable();
        let first = &same_way.peek()?.judged;
        let is_fault = !matches!(
            first.situation,
            Situation::Reachable | Situation::AnsweredOtherwise | Situation::Inspected
        );
        let count =
            same_way.try_fold(0, |count, asked| (asked.judged.what == first.what).then_some(count + 1))?;
        (is_fault && count > 1).then_some((first, count))
    }

    /// `contoso-eu through proxy.contoso.com:8080: 58 of 60 needed addresses reached, …`.
    pub(super) fn summary(&self) -> String {
        let way = self.way();
        let (needed, optional): (Vec<&Asked>, Vec<&Asked>) =
            self.asked.iter().partition(|asked| asked.probe.needed);
        let count = |group: &[&Asked]| {
            let reached = group.iter().filter(|asked| asked.judged.is_reached(&asked.probe)).count();
            format!("{reached} of {}", group.len())
        };
        let mut line = format!("{} {way}: {} needed addresses reached", self.name, count(&needed));
        if !optional.is_empty() {
            let _ = write!(line, ", {} optional ones", count(&optional));
        }
        match self.untested.len() {
            0 => {}
            1 => line.push_str("; 1 entry cannot be asked about"),
            many => {
                let _ = write!(line, "; {many} entries cannot be asked about");
            }
        }
        visible(&line) + "\n"
    }

    fn way(&self) -> String {
        self.proxy
            .map_or_else(|| "directly".to_owned(), |(host, port)| format!("through {}", place(host, *port)))
    }

    pub(super) fn json(&self, findings: &Findings) -> String {
        let untested =
            |untested: &Untested| json!({"entry": untested.pattern.to_string(), "reason": untested.reason});
        pretty(&json!({
            "reached": !findings.has_errors(),
            "proxy": self.proxy.map(|(host, port)| place(host, *port)),
            "shared": self.shared().map(|(judged, count)| json!({
                "situation": judged.situation.as_str(), "what": judged.what, "help": judged.help, "addresses": count,
            })),
            "addresses": self.asked.iter().map(|asked| self.asked_json(asked)).collect::<Value>(),
            "untested": self.untested.iter().map(untested).collect::<Value>(),
            "findings": to_json(findings),
        }))
    }

    fn asked_json(&self, Asked { probe, seen, judged }: &Asked) -> Value {
        let head = match &seen.end {
            End::Answered(head) | End::NoTunnel(head) => Some(head),
            End::Lost(_) => None,
        };
        json!({
            "url": url(probe),
            "method": probe.method.as_str(),
            "way": if self.proxy.is_some() && !probe.direct { "proxy" } else { "direct" },
            "needed": probe.needed,
            "bypass": probe.bypass,
            "situation": judged.situation.as_str(),
            "what": judged.what,
            "status": head.map(|head| head.status),
            "expected": probe.expected,
            "said": head.and_then(|head| head.said.as_ref()),
            "certificate": seen.chain.as_ref().map(certificate),
        })
    }
}

fn url(probe: &Probe) -> String {
    let Probe { scheme, host, port, target, .. } = probe;
    let port = if *port == scheme.port() { String::new() } else { format!(":{port}") };
    format!("{}://{host}{port}{target}", scheme.as_str())
}

fn certificate(chain: &Chain) -> Value {
    let Chain { subject, authority, trust } = chain;
    let trust = match trust {
        Trust::Public => "public",
        Trust::Private => "private",
        Trust::Unsound { .. } => "unsound",
    };
    json!({"subject": subject, "authority": authority, "trust": trust})
}

/// `proxy.contoso.com:8080`, `[2001:db8::1]:8080`.
fn place(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// `all 60 addresses through the proxy`.
fn all_of(count: usize, through_proxy: bool) -> String {
    format!("all {count} addresses{}", if through_proxy { " through the proxy" } else { "" })
}

/// The addresses of a situation, those below one reason that have it in common; nothing of it where it stands above all.
fn reasons(group: &[&Asked], shared: Option<&Judged>, within: Option<usize>) -> String {
    if group.first().is_some_and(|asked| asked.judged.situation == Situation::Reachable) {
        return rows(group, within);
    }
    let mut reasons: Vec<(&str, Vec<&Asked>)> = Vec::new();
    for asked in group {
        let what = asked.judged.what.as_str();
        match reasons.iter_mut().find(|(known, _)| *known == what) {
            Some((_, members)) => members.push(asked),
            None => reasons.push((what, vec![asked])),
        }
    }
    let (alone, common): (Vec<_>, Vec<_>) = reasons.into_iter().partition(|(_, members)| members.len() == 1);
    let alone: Vec<&Asked> = alone.into_iter().flat_map(|(_, members)| members).collect();
    let mut out = String::new();
    for (what, members) in common {
        let mut indent = "  ";
        if shared.is_none_or(|shared| shared.what != what) {
            let _ = writeln!(out, "  {} ({})", visible(what), members.len());
            indent = "    ";
        }
        for asked in members {
            let _ = writeln!(out, "{indent}{}{}", visible(&asked.probe.to_string()), marks(asked));
        }
    }
    wrapped(&out, within) + &rows(&alone, within)
}

/// What is to know of an address behind its name.
fn marks(asked: &Asked) -> &'static str {
    match (asked.probe.needed, asked.probe.direct) {
        (true, true) => "  direct",
        (true, false) => "",
        (false, true) => "  optional; direct",
        (false, false) => "  optional",
    }
}

/// One line for each address where it fits, else what came back on a line of its own.
fn rows(group: &[&Asked], within: Option<usize>) -> String {
    let rows: Vec<(String, String)> = group.iter().map(|asked| row(asked)).collect();
    let length = |text: &str| text.chars().count();
    let address = rows.iter().map(|(address, _)| length(address)).max().unwrap_or(0);
    let answer = rows.iter().map(|(_, answer)| length(answer)).max().unwrap_or(0);
    let fits = within.is_none_or(|within| address + answer + 4 <= within);
    let address = address.min(MOST_PADDING);
    let mut out = String::new();
    for (shown, answer) in rows {
        let _ = if fits {
            writeln!(out, "  {shown:address$}  {answer}")
        } else {
            writeln!(out, "  {shown}\n      {answer}")
        };
    }
    wrapped(&out, within)
}

fn row(asked: &Asked) -> (String, String) {
    let optional = if asked.probe.needed { "" } else { "optional; " };
    let direct = if asked.probe.direct { "direct; " } else { "" };
    (visible(&asked.probe.to_string()), format!("{optional}{direct}{}", visible(&asked.judged.what)))
}

fn title(situation: Situation) -> &'static str {
    match situation {
        Situation::Reachable => "reached",
        Situation::AnsweredOtherwise => "reached, with an answer of its own",
        Situation::Inspected => "TLS is inspected",
        Situation::OtherStatus => "another status than it should be",
        Situation::CertificateUnsound => "the certificate is not sound",
        Situation::NoTls => "no TLS",
        Situation::Denied => "denied by the proxy",
        Situation::LoginDemanded => "the proxy demands a login",
        Situation::ProxyCannotReach => "the proxy has no connection to it",
        Situation::Unresolved => "the name does not resolve",
        Situation::NoAnswer => "no answer",
        Situation::NotHttp => "no HTTP",
    }
}
