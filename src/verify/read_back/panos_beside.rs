//! What decides about connections beside the rules of PAN-OS that are read.

use super::panos::Run;
use super::panos_rules::BASES;
use crate::verify::ruleset::{Action, Line, Ruleset};

/// Rulebases that neither allow nor refuse a connection, and those that are read by themselves.
const BESIDE: [&str; 7] =
    ["security", "decryption", "nat", "qos", "sdwan", "tunnel-inspect", "network-packet-broker"];

/// Tells of what decides about connections beside the security rules: the rules that come by default behind them, and
/// rulebases that may discard what is allowed.
pub(super) fn look_beside(path: &str, runs: &[Run<'_>], ruleset: &mut Ruleset) {
    let mut told: Vec<&str> = Vec::new();
    for run in runs.iter().filter(|run| run.starts_with(&BASES)) {
        for (texts, line) in run.statements() {
            match texts.as_slice() {
                [_, "default-security-rules", "rules", name, rest @ ..] if !is_harmless(rest) => {
                    let reason = format!(
                        "the default rule `{name}`, which decides whatever no other rule fits, says `{}`: delete the \
                         line, or let it deny",
                        rest.join(" ")
                    );
                    ruleset.leave_out(Action::Allow, Line::new(path, line), reason);
                }
                [_, "default-security-rules", ..] => {}
                [_, kind, "rules", ..] if !BESIDE.contains(kind) && !told.contains(kind) => {
                    told.push(kind);
                    let reason = format!("rules of `{kind}` are not followed");
                    ruleset.leave_out(Action::Deny, Line::new(path, line), reason);
                }
                _ => {}
            }
        }
    }
}

/// Whether this lets a default rule allow nothing.
fn is_harmless(said: &[&str]) -> bool {
    match said {
        ["action", action] => is_refusing(action),
        [] | ["description" | "icmp-unreachable" | "log-end" | "log-setting" | "log-start" | "tag", _] => {
            true
        }
        _ => false,
    }
}

/// Whether a security rule refuses by this action.
pub(super) fn is_refusing(action: &str) -> bool {
    matches!(action, "deny" | "drop" | "reset-client" | "reset-server" | "reset-both")
}
