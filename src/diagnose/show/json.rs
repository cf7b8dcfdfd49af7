//! A report for programs.

use serde_json::{Value, json};

use super::super::judge::{FileReport, Judged, Report, Verdict, Way};
use super::super::trial::{Attempt, Said};
use super::doubt;
use super::group::{direct, with_ports};
use crate::diagnostic::{self, Findings};
use crate::rules::{Cause, Signal};

/// The report as JSON, with what the readers had to tell.
pub fn to_json(report: &Report<'_>, strict: bool, findings: &Findings) -> Value {
    let counts = report.counts(strict);
    json!({
        "in_reach": counts.needed_and_failed == 0,
        "strict": strict,
        "tested": counts.tested,
        "needed": counts.needed,
        "needed_and_failed": counts.needed_and_failed,
        "failed_and_not_needed": counts.failed_and_not_needed,
        "in_doubt": counts.lenient,
        "not_judged": counts.not_judged,
        "files": report.files.iter().map(file).collect::<Value>(),
        "findings": diagnostic::to_json(findings),
    })
}

fn file(file: &FileReport<'_>) -> Value {
    json!({
        "file": file.file,
        "forms": file.forms,
        "results": file.judged.iter().map(judged).collect::<Value>(),
    })
}

fn judged(one: &Judged<'_>) -> Value {
    let kind = if one.trial.is_url { "url" } else { "check" };
    let entries = one.standing.entries.iter();
    let left_out = one.standing.left_out.iter();
    json!({
        kind: one.trial.subject,
        "line": one.trial.line,
        "verdict": one.verdict.as_str(),
        "pinned": one.trial.pinned,
        "ways": one.tried().map(|(attempt, outcome)| way(attempt, outcome)).collect::<Value>(),
        "cause": one.cause.map(|cause| told(cause, one)),
        "doubt": (one.verdict == Verdict::Lenient).then(|| doubt(one)),
        "need": one.standing.need.as_str(),
        "listed": entries.map(|entry| json!({
            "address": entry.address, "origin": entry.origin, "bypass": entry.bypass, "direct": entry.direct,
        })).collect::<Value>(),
        "left_out": left_out.map(|(address, origin, reason)| json!({
            "address": address, "origin": origin, "reason": reason,
        })).collect::<Value>(),
        "setting": one.standing.setting,
        "withheld": one.standing.withheld.iter().map(|one| json!({
            "target": one.target, "reason": one.reason,
        })).collect::<Value>(),
    })
}

fn way(attempt: &Attempt, way: &Way<'_>) -> Value {
    json!({
        "method": attempt.method.as_str(),
        "proxy": attempt.proxy,
        "there": attempt.said != Said::NotThere,
        "passed": way.passed,
        "signals": attempt.signals.iter().map(signal).collect::<Value>(),
        "cause": way.cause.map(|cause| &cause.id),
    })
}

fn signal(signal: &Signal) -> Value {
    match signal {
        Signal::Http(number) => json!({"http": number}),
        Signal::Windows(number) => json!({"windows": number}),
        Signal::Curl(number) => json!({"curl": number}),
        Signal::Event(number) => json!({"event": number}),
        Signal::Text(text) => json!({"text": text}),
    }
}

fn told(cause: &Cause, one: &Judged<'_>) -> Value {
    let (cure, look) = direct(one).map_or((&cause.cure, &cause.look), |direct| (&direct.cure, &direct.look));
    json!({
        "id": cause.id, "says": cause.says, "cure": with_ports(cure, &[one]), "look": look, "source": cause.source,
    })
}
