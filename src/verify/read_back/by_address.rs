//! Rules by address, and names: a firewall looks at the address that a name has, and no file says which one that is.
//!
//! Names are taken for what is at none of the addresses that rules name. A rule that allows addresses then allows names
//! less than it does, as the list does that it is compared with; a rule that refuses them must not pass for one that
//! leaves all names alone.

use ipnet::IpNet;

use crate::verify::ruleset::{Action, HostId, HostShape, Line, Ruleset, Test, at};

/// Leaves open what rules by public addresses do to names.
pub(super) fn tell_addresses(ruleset: &mut Ruleset) {
    let mut told: Vec<(Action, Line)> = Vec::new();
    let rules = ruleset.rules();
    let last = rules.iter().rposition(|rule| rule.action == Action::Allow).unwrap_or_default();
    for (number, rule) in rules.iter().enumerate() {
        // Behind the last rule that allows, nothing is left to be refused.
        let refuses = rule.action == Action::Deny && number < last;
        let counts = |test: &&Test<HostId>| (refuses || test.negated) && is_by_address(ruleset, test.set);
        for test in rule.hosts.iter().filter(counts) {
            if refuses {
                told.push((Action::Deny, rule.line.clone()));
            }
            if test.negated {
                let other = if rule.action == Action::Allow { Action::Deny } else { Action::Allow };
                told.push((other, rule.line.clone()));
            }
        }
    }
    for (action, line) in told {
        ruleset.leave_out(action, line, "which names have one of the addresses of this rule is not known");
    }
}

/// Whether a set holds addresses that names may have.
fn is_by_address(ruleset: &Ruleset, set: HostId) -> bool {
    let set = ruleset.host_sets().get(at(set.0));
    set.is_some_and(|set| {
        set.members.iter().any(|member| match &member.shape {
            HostShape::Net(net) => !is_private(net),
            HostShape::Tag(_) => true,
            _ => false,
        })
    })
}

/// Whether no address of it is one that the names of the internet have.
fn is_private(net: &IpNet) -> bool {
    let whole = |text: &str| text.parse::<IpNet>().is_ok_and(|private| private.contains(net));
    PRIVATE.iter().any(|text| whole(text))
}

/// Networks for use within (RFC 1918, RFC 6598, RFC 4193), the machine itself, links and groups (RFC 6890).
const PRIVATE: [&str; 11] = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/4",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];
