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
        let Some(weight) = weight(probe, judged) else { continue };
        let address = probe.to_string();
        match groups.iter_mut().find(|(known, cause, _)| *known == weight && cause == judged) {
            Some((.., addresses)) => addresses.push(address),
            None => groups.push((weight, judged, vec![address])),
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
            Host::Net(net) => net.to_string(),
            host => format!("{host}{}", pattern.path),
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

/// `` `a`, `b`, `c` and 12 more ``.
fn named(addresses: &[String]) -> String {
    let shown: Vec<String> = addresses.iter().take(NAMED).map(|address| format!("`{address}`")).collect();
    match addresses.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// How much a situation weighs, and its page; `None` if there is nothing to tell.
fn weight(probe: &Probe, judged: &Judged) -> Option<(Severity, Code)> {
    let code = match judged.situation {
        Situation::Reachable => return None,
        Situation::Inspected => Code::ProbeInspected,
        Situation::OtherStatus => Code::ProbeStatus,
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
