//! `tell`: what was judged as findings, one for each cause.

use std::cmp::Reverse;

use super::{Judged, Probe, Situation, Untested};
use crate::diagnostic::{Code, Finding, Findings, Severity};
use crate::pattern::Host;

/// Addresses that a message names; the table has all of them.
const NAMED: usize = 3;

/// The findings about what was judged: addresses with one cause share one. What is needed weighs as an error.
pub fn tell(judged: &[(&Probe, &Judged)], untested: &[Untested]) -> Findings {
    let mut findings = Findings::default();
    let mut groups: Vec<((Severity, Code), &Judged, Vec<String>)> = Vec::new();
    for (probe, judged) in judged {
        let Some((severity, code)) = weight(probe, judged) else { continue };
        let optional = if severity == Severity::Warning { " (optional)" } else { "" };
        let address = format!("`{probe}`{optional}");
        let is_it = |(known, cause, _): &&mut ((Severity, Code), &Judged, Vec<String>)| {
            (known.0 == Severity::Note) == (severity == Severity::Note) && known.1 == code && cause == judged
        };
        match groups.iter_mut().find(is_it) {
            // What is needed leads.
            Some((known, _, addresses)) if known.0 < severity => {
                known.0 = severity;
                addresses.insert(0, address);
            }
            Some((.., addresses)) => addresses.push(address),
            None => groups.push(((severity, code), judged, vec![address])),
        }
    }
    groups.sort_by_key(|((severity, _), judged, _)| (Reverse(*severity), judged.situation));
    for ((severity, code), judged, addresses) in groups {
        let message = format!("{}, for {}", judged.what, named(&addresses));
        let finding = match severity {
            Severity::Error => Finding::error(code, message),
            Severity::Warning => Finding::warning(code, message),
            Severity::Note => Finding::note(code, message),
        };
        findings.push(finding.help(judged.help.clone()));
    }
    tell_untested(untested, &mut findings);
    findings
}

fn tell_untested(untested: &[Untested], findings: &mut Findings) {
    let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
    for Untested { pattern, reason } in untested {
        let address = match &pattern.host {
            Host::Net(net) => format!("`{net}`"),
            host => format!("`{host}{}`", pattern.path),
        };
        match groups.iter_mut().find(|(known, _)| known == reason) {
            Some((_, addresses)) => addresses.push(address),
            None => groups.push((reason, vec![address])),
        }
    }
    for (reason, addresses) in groups {
        let message = format!("not asked for, since {reason}: {}", named(&addresses));
        let help = "`allowlistc match` and `allowlistc verify` say what a list means for them";
        findings.push(Finding::note(Code::ProbeUntested, message).help(help));
    }
}

/// ``15 addresses: `a`, `b`, `c` and 12 more``; one stands alone.
fn named(addresses: &[String]) -> String {
    let shown = addresses.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let count = addresses.len();
    match count.saturating_sub(NAMED) {
        _ if count < 2 => shown,
        0 => format!("{count} addresses: {shown}"),
        more => format!("{count} addresses: {shown} and {more} more"),
    }
}

/// How much a situation weighs, and its page; `None` if there is nothing to tell.
fn weight(probe: &Probe, judged: &Judged) -> Option<(Severity, Code)> {
    let code = match judged.situation {
        Situation::Reachable => return None,
        Situation::Inspected => Code::ProbeInspected,
        Situation::AnsweredOtherwise | Situation::OtherStatus => Code::ProbeStatus,
        Situation::CertificateUnsound => Code::ProbeCertificate,
        Situation::NoTls => Code::ProbeNoTls,
        Situation::Denied => Code::ProbeDenied,
        Situation::LoginDemanded => Code::ProbeLogin,
        Situation::ProxyCannotReach => Code::ProbeProxyCannotReach,
        Situation::Unresolved => Code::ProbeUnresolved,
        Situation::NoAnswer => Code::ProbeNoAnswer,
        Situation::NotHttp => Code::ProbeNotHttp,
    };
    let severity = match (judged.is_reached(probe), probe.needed) {
        (true, _) => Severity::Note,
        (false, true) => Severity::Error,
        (false, false) => Severity::Warning,
    };
    Some((severity, code))
}
