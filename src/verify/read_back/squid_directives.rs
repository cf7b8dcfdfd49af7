//! Which lines of squid.conf have a say in a request, by `targets/squid/directives.toml`.

use std::collections::HashSet;
use std::sync::OnceLock;

use serde::Deserialize;

use super::squid::Plane;
use super::squid_text::Directive;
use crate::target::shipped_file;

/// What the manual knows.
#[derive(Debug, Default, Deserialize)]
struct Known {
    again: HashSet<String>,
    changes: HashSet<String>,
    newer: HashSet<String>,
    neutral: HashSet<String>,
}

fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    // Without the list every word is unknown, and nothing is proved.
    KNOWN.get_or_init(|| {
        serde_json::from_str(shipped_file("squid/directives.toml").unwrap_or_default()).unwrap_or_default()
    })
}

/// What a line that is no acl and no rule comes to.
pub(super) enum Effect {
    /// Nothing, for the rules.
    None,
    /// Why the rules do not decide alone.
    Doubt(String),
    /// Why Squid does not start with it.
    Refused(String),
}

/// The effect of a line on the rules of a plane.
pub(super) fn effect(directive: &Directive, plane: Plane) -> Effect {
    let (name, values) = match directive.tokens.split_first() {
        Some((name, values)) => (name.as_str(), values),
        None => return Effect::None,
    };
    let known = known();
    if known.neutral.contains(name) {
        Effect::None
    } else if known.again.contains(name) {
        match values {
            // What is not let through is not decrypted either.
            _ if plane == Plane::Bump => Effect::None,
            [action, acl] if action == "allow" && acl.eq_ignore_ascii_case("all") => Effect::None,
            _ => Effect::Doubt(format!(
                "`{name}` may refuse what `http_access` lets through, and is not followed: say it by `http_access`"
            )),
        }
    } else if known.changes.contains(name) {
        match values {
            [value] if value == "off" => Effect::None,
            _ => Effect::Doubt(format!("`{name}` may change or refuse requests, and is not followed")),
        }
    } else if known.newer.contains(name) {
        Effect::Doubt(format!("Squid 5 has no `{name}` and does not start"))
    } else {
        Effect::Refused(unknown(name, known))
    }
}

fn unknown(name: &str, known: &Known) -> String {
    const READ: [&str; 4] = ["acl", "http_access", "include", "ssl_bump"];
    let all = [&known.again, &known.changes, &known.neutral].into_iter().flatten().map(String::as_str);
    let name = name.strip_prefix('\u{feff}').unwrap_or(name);
    let nearest = all.chain(READ).map(|other| (strsim::damerau_levenshtein(name, other), other)).min();
    match nearest.filter(|(distance, _)| *distance <= 2) {
        Some((_, other)) => {
            format!("Squid has no directive `{name}` and does not start: did you mean `{other}`?")
        }
        None => format!("Squid has no directive `{name}` and does not start"),
    }
}
