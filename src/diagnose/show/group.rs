//! What is out of reach, by its cause: what it means, what mends it, and where to look.

use super::super::judge::{Judged, Verdict};
use super::{MOST, kind_of_doubt};
use crate::rules::{Cause, DirectFacts};

/// Addresses and checks that are out of reach for the same reason.
pub(super) struct Group<'r, 'f> {
    /// Why, where that is known.
    pub(super) cause: Option<&'f Cause>,
    /// Those that matter to the profile first.
    pub(super) members: Vec<&'r Judged<'f>>,
    /// What is to be said instead of the cure where a direct way does not lead there.
    direct: Option<&'r DirectFacts>,
    /// Why those are doubtful that passed by the vendor's rule alone.
    doubt: Option<&'r str>,
    strict: bool,
}

/// In the order of their first members, groups that matter to the profile first. `strict` takes what passed by the
/// vendor's rule alone for out of reach.
pub(super) fn groups<'r, 'f>(
    judged: impl Iterator<Item = &'r Judged<'f>>,
    strict: bool,
) -> Vec<Group<'r, 'f>> {
    let mut groups: Vec<Group<'r, 'f>> = Vec::new();
    for one in judged.filter(|one| is_out(one, strict)) {
        match groups.iter_mut().find(|group| group.takes(one)) {
            Some(group) => group.members.push(one),
            None => groups.push(Group {
                cause: one.cause,
                members: vec![one],
                direct: direct(one),
                doubt: doubtful(one),
                strict,
            }),
        }
    }
    for group in &mut groups {
        group.members.sort_by_key(|one| !one.matters(strict));
    }
    groups.sort_by_key(|group| !group.members.iter().any(|one| one.matters(strict)));
    groups
}

/// Whether it belongs to what failed.
pub(super) fn is_out(one: &Judged<'_>, strict: bool) -> bool {
    one.failed() || one.matters(strict)
}

/// What is to be said of it if no proxy can lead to it and no direct way did.
pub(super) fn direct<'r>(one: &'r Judged<'_>) -> Option<&'r DirectFacts> {
    let is_barred = one.cause.is_some_and(|cause| cause.barred);
    one.passed_by_proxy_alone().or(one.direct.filter(|_| is_barred))
}

fn doubtful<'r>(one: &'r Judged<'_>) -> Option<&'r str> {
    (one.verdict == Verdict::Lenient).then(|| kind_of_doubt(one))
}

impl Group<'_, '_> {
    fn takes(&self, one: &Judged<'_>) -> bool {
        self.members.first().is_some_and(|first| first.verdict == one.verdict)
            && self.cause.map(|cause| &cause.id) == one.cause.map(|cause| &cause.id)
            && self.direct.is_some() == direct(one).is_some()
            && self.doubt == doubtful(one)
    }

    /// A few words.
    pub(super) fn heading(&self) -> &str {
        match self.cause {
            Some(cause) => &cause.brief,
            None if self.doubt.is_some() => "not in reach by the documented rule",
            None if self.has_no_result() => "no result",
            None => "no known cause",
        }
    }

    fn has_no_result(&self) -> bool {
        self.members.iter().all(|one| one.verdict == Verdict::NoResult)
    }

    /// Why they are out of reach.
    pub(super) fn says(&self) -> &str {
        match (self.cause, self.doubt) {
            (Some(cause), _) => &cause.says,
            (None, Some(doubt)) => doubt,
            (None, None) if self.has_no_result() => "the file has no result for it",
            (None, None) => "it is not known here what this means",
        }
    }

    /// What mends it.
    pub(super) fn cure(&self) -> String {
        let cure = match (self.direct, self.cause) {
            (Some(direct), _) => &direct.cure,
            (None, Some(cause)) => &cause.cure,
            (None, None) if self.doubt.is_some() => {
                "find out who answers, and let the service itself be reached: by the documents one way of connecting has \
                 to get the answer that is right for the address"
            }
            (None, None) if self.has_no_result() => {
                "test again: the test was interrupted, or the file is cut off"
            }
            (None, None) => {
                "look up what the test says where its program is documented, and test again with all rights (Windows: as \
                 the system account; Linux and macOS: as root)"
            }
        };
        with_ports(cure, &self.members)
    }

    /// Settings of the profile that have to name some of them before the list holds them: each with those.
    pub(super) fn settings(&self) -> Vec<(&str, Vec<&str>)> {
        let mut settings: Vec<(&str, Vec<&str>)> = Vec::new();
        for one in &self.members {
            let Some(setting) = &one.standing.setting else { continue };
            match settings.iter_mut().find(|(known, _)| known == setting) {
                Some((_, subjects)) => subjects.push(&one.trial.subject),
                None => settings.push((setting, vec![&one.trial.subject])),
            }
        }
        settings
    }

    /// Where to look for those that the list holds already: which ones, nothing where it is all of them.
    pub(super) fn look(&self) -> Option<(Vec<&str>, &str)> {
        let listed: Vec<&Judged<'_>> =
            self.members.iter().copied().filter(|one| one.standing.is_listed()).collect();
        let look = match (self.direct, self.cause) {
            _ if listed.is_empty() => return None,
            (Some(direct), _) => &direct.look,
            (None, Some(cause)) => &cause.look,
            (None, None) if self.doubt.is_some() => {
                "look whether DNS and the proxy lead to the service itself, and for a page that a proxy answers with"
            }
            (None, None) => return None,
        };
        let is_all = listed.len() == self.members.len();
        let named = if is_all { Vec::new() } else { listed };
        Some((named.into_iter().map(|one| one.trial.subject.as_str()).collect(), look))
    }

    /// Whether a member is out of reach and the profile needs it.
    pub(super) fn matters(&self, one: &Judged<'_>) -> bool {
        one.matters(self.strict)
    }
}

/// A text with the ports of addresses in place of `{port}`: `TCP 80 and 443`.
pub(super) fn with_ports(text: &str, members: &[&Judged<'_>]) -> String {
    let mut ports: Vec<u16> = members.iter().filter_map(|one| one.port).collect();
    ports.sort_unstable();
    ports.dedup();
    let named = match ports.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice() {
        [] => "its port".to_owned(),
        [one] => format!("TCP {one}"),
        [all @ .., last] => format!("TCP {} and {last}", all.join(", ")),
    };
    text.replace("{port}", &named)
}

/// So many of them as a line takes, and how many more there are.
pub(super) fn some_of(subjects: &[&str], quoted: impl Fn(&str) -> String) -> String {
    let named: Vec<String> = subjects.iter().take(MOST).map(|subject| quoted(subject)).collect();
    let more = subjects.len().saturating_sub(MOST);
    let named = named.join(", ");
    if more == 0 { named } else { format!("{named} and {more} more") }
}
