//! Single addresses that are gone: from everywhere, or from a geography.

use std::collections::{BTreeMap, BTreeSet};

use super::lists::{Chosen, Line, Lists, Realm, uncovered};
use super::tell::{Teller, names};
use crate::diagnostic::{Code, Finding};
use crate::pattern::Pattern;

/// What is lost of one address.
#[derive(Default)]
struct Loss<'l> {
    line: Option<&'l Line>,
    required: bool,
    /// Whether nothing covers it any more, in any geography.
    everywhere: bool,
    /// Whether the fleet needs it: one of its geographies is chosen, or it is for everybody.
    chosen: bool,
    /// Geographies that lost it.
    geographies: BTreeSet<&'l str>,
}

/// Tells of every address that is gone. One that is required is refused, and so is its loss for a chosen geography;
/// any other loss for a chosen geography is a warning.
pub(super) fn addresses(old: &Lists, new: &Lists, chosen: &Chosen, teller: &mut Teller<'_>) {
    for realm in old.realms() {
        for loss in losses(old, new, chosen, realm).into_values() {
            if let Some(line) = loss.line {
                report(&loss, line, teller);
            }
        }
    }
}

fn losses<'l>(
    old: &'l Lists,
    new: &'l Lists,
    chosen: &Chosen,
    realm: &Realm,
) -> BTreeMap<&'l Pattern, Loss<'l>> {
    let lines: Vec<&Line> = old.of_realm(realm).collect();
    let now: Vec<&Line> = new.in_realm(realm).collect();
    let is_chosen = |name: &str| old.everywhere.contains(name) || chosen.has(name);
    let mut losses: BTreeMap<&Pattern, Loss<'_>> = BTreeMap::new();
    let known = patterns(&lines, |_| true);
    let gone = uncovered(&known, &patterns(&now, |_| true), &known);
    for line in lines.iter().filter(|line| gone.contains(&line.pattern)) {
        let loss = losses.entry(&line.pattern).or_default();
        loss.everywhere = true;
        loss.chosen |= line.geographies.is_empty() || line.geographies.iter().any(|name| is_chosen(name));
        loss.note(line, line.geographies.iter().map(String::as_str));
    }
    let names: BTreeSet<&str> = lines.iter().flat_map(|line| &line.geographies).map(String::as_str).collect();
    for name in names.into_iter().filter(|name| is_chosen(name)) {
        let here = |line: &Line| line.geographies.contains(name);
        let now = patterns(&now, |line| here(line) || new.is_for_all(line));
        let gone = uncovered(&patterns(&lines, here), &now, &known);
        for line in lines.iter().filter(|line| here(line) && gone.contains(&line.pattern)) {
            let loss = losses.entry(&line.pattern).or_default();
            loss.chosen = true;
            loss.note(line, std::iter::once(name));
        }
    }
    losses
}

impl<'l> Loss<'l> {
    fn note(&mut self, line: &'l Line, geographies: impl Iterator<Item = &'l str>) {
        self.line.get_or_insert(line);
        self.required |= line.required;
        self.geographies.extend(geographies);
    }
}

fn patterns<'l>(lines: &[&'l Line], fits: impl Fn(&Line) -> bool) -> BTreeSet<&'l Pattern> {
    lines.iter().filter(|line| fits(line)).map(|line| &line.pattern).collect()
}

fn report(loss: &Loss<'_>, line: &Line, teller: &mut Teller<'_>) {
    let required = if loss.required { "the required " } else { "" };
    let what = format!("{required}`{}` (port {})", line.address(), line.pattern.port);
    let listed = names(loss.geographies.iter().copied());
    let message = match (loss.everywhere, loss.geographies.is_empty()) {
        (true, true) => format!("{what} is gone"),
        (true, false) => format!("{what} is gone; it was listed for {listed}"),
        (false, _) => format!("{what} is no longer listed for {listed}, only for other geographies"),
    };
    if loss.required {
        teller.refuse(Finding::error(Code::GuardRequiredGone, message).at(line.place.clone()));
        return;
    }
    let finding = if loss.chosen {
        Finding::warning(Code::GuardAddressGone, message)
    } else {
        Finding::note(Code::GuardAddressGone, message)
    };
    teller.tell(finding.at(line.place.clone()).help("`allowlistc diff` says what came in its place"));
}
