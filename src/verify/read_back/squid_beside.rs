//! What stands beside the rules of a Squid file: other files of its folder, and acls without a rule.

use std::collections::BTreeSet;

use super::Files;
use super::squid::Squid;
use super::squid_acl::{Acls, key};
use super::squid_directives::{Effect, effect};
use super::squid_rules::test;
use super::squid_text::{Directive, directives};
use crate::pattern::Scheme;
use crate::verify::ports::Ports;
use crate::verify::ruleset::{Condition, Line, Ruleset};

/// What the other configuration files of a folder do to the one that was read: Squid includes all of them, and what an acl
/// holds, and which directives there are, is one for all.
pub(super) fn neighbours(
    files: &Files<'_>,
    squid: &Squid<'_>,
    lines: &[Directive],
    read: &BTreeSet<String>,
    ruleset: &mut Ruleset,
) {
    let Squid { entry, plane, .. } = *squid;
    let used: BTreeSet<String> =
        lines.iter().flat_map(|line| line.tokens.iter().skip(2)).map(|word| key(test(word).0)).collect();
    let others = files
        .iter()
        .map(|(path, _)| path)
        .filter(|path| path.rsplit_once('.').is_some_and(|(_, end)| end == "conf"));
    for path in others.filter(|path| !read.contains(*path)) {
        let directives = match directives(files, path) {
            Ok(directives) => directives,
            Err(error) => {
                ruleset.cannot_decide(error.line, error.message);
                continue;
            }
        };
        for directive in directives {
            let name = directive.tokens.first().map_or("", String::as_str);
            let reason = match (name, directive.tokens.get(1)) {
                ("acl", Some(acl)) if used.contains(&key(acl)) => {
                    format!(
                        "acl `{acl}`, which the rules of `{entry}` ask for, takes more here: give it another name"
                    )
                }
                ("include", _) => "which files are included is not known here: name them".to_owned(),
                ("http_access" | "ssl_bump", _) if name == plane.directive() => {
                    format!("`{name}` stands here and in `{entry}`, and which file is first is not known")
                }
                // Lines that do not count here, and those that the reading of that file tells of.
                ("acl" | "http_access" | "ssl_bump" | "if" | "else" | "endif", _) => continue,
                _ => match effect(&directive, plane) {
                    Effect::None => continue,
                    Effect::Doubt(reason) | Effect::Refused(reason) => reason,
                },
            };
            ruleset.cannot_decide(directive.line, reason);
        }
    }
}

/// Compares the hosts of acls that no rule of the file asks for: where they are used is not known.
pub(super) fn acls_alone(acls: &Acls<'_>, squid: &Squid<'_>, ruleset: &mut Ruleset) {
    let line = Line::new(squid.entry, 0);
    let sets: Vec<_> = acls.hosts().map(|(name, set)| (name.to_owned(), set)).collect();
    let Some((first, _)) = sets.first() else { return };
    let more = if sets.len() > 1 { format!(" and {} more", sets.len() - 1) } else { String::new() };
    let reason = format!(
        "no `{}` rule uses acl `{first}`{more}: the hosts were compared as if one allowed them all; verify the file with \
         the rules, which includes this one",
        squid.plane.directive()
    );
    ruleset.is_open(line.clone(), reason);
    for (_, set) in sets {
        let web = Condition::one(Scheme::Http, 80).with(Scheme::Https, Ports::one(443));
        ruleset.allow(web, set, None, line.clone());
    }
}
