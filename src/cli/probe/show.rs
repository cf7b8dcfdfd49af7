//! What a probe prints.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use serde_json::{Value, json};

use super::super::list::pretty;
use super::super::width::{columns, wrapped};
use super::Asked;
use crate::diagnostic::{Findings, to_json, visible};
use crate::probe::{Chain, End, Probe, Situation, Trust, Untested};

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
        for (situation, group) in groups {
            let _ = writeln!(out, "{} ({})", title(situation), group.len());
            out.push_str(&rows(&group, within));
        }
        out
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
        self.proxy.map_or_else(|| "directly".to_owned(), |(host, port)| format!("through {host}:{port}"))
    }

    pub(super) fn json(&self, findings: &Findings) -> String {
        let untested =
            |untested: &Untested| json!({"entry": untested.pattern.to_string(), "reason": untested.reason});
        pretty(&json!({
            "reached": !findings.has_errors(),
            "proxy": self.proxy.map(|(host, port)| format!("{host}:{port}")),
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

/// One line for each address where it fits, else what came back on a line of its own.
fn rows(group: &[&Asked], within: Option<usize>) -> String {
    let rows: Vec<(String, String)> = group.iter().map(|asked| row(asked)).collect();
    let length = |text: &str| text.chars().count();
    let address = rows.iter().map(|(address, _)| length(address)).max().unwrap_or(0);
    let answer = rows.iter().map(|(_, answer)| length(answer)).max().unwrap_or(0);
    let fits = within.is_none_or(|within| address + answer + 4 <= within);
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
