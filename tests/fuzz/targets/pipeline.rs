//! Everything behind the readers: profiles, folders of targets, builds and their manifests.

use std::collections::BTreeMap;

use allowlistc::allowlist::Allowlist;
use allowlistc::compile::{Output, compile};
use allowlistc::diagnostic::{Code, Findings};
use allowlistc::manifest::carry_over;
use allowlistc::normalise::normalise;
use allowlistc::profile::{self, Profile};
use allowlistc::rules::Rules;
use allowlistc::select::select;
use allowlistc::source::Document;
use allowlistc::target::Registry;
use serde_json::{Value, json};

use super::{parts, show, source};

const PROFILE: &str = "schema = 1\nname = \"made\"\ncloud = \"commercial\"\nconnectivity = \"standard\"\n\
                       geographies = [\"EU\", \"UK\"]\n[devices]\nwindows = [\"10-22H2\", \"11-24H2\"]\n\
                       windows-server = [\"2016-unified\"]\nmacos = true\nlinux = true\n";

/// A short page with every shape of address.
const PAGE: &str = "## Microsoft Defender URLs\n\
    |Service|Geography|Category|Port|Endpoint/URL|Required or Optional?|Windows|\n|-|-|-|-|-|-|-|\n\
    |A|WW|Common|443|login.contoso.com|Required|Yes|\n|A|WW|EDR|443|*.data.contoso.com|Required|Yes|\n\
    |A|EU|EDR|443|*load.fabrikam.com|Required|Yes|\n|A|WW|CRL|80|crl.contoso.com/pki/*|Required|Yes|\n\
    |A|UK|AV|443|us*prod.northwind.com|Optional|Yes|\n|A|US|AV|443|us.contoso.com|Optional|Yes|\n";

/// The page of a list, built for all targets: what is built is proved.
pub(super) fn build(data: &[u8]) {
    let (document, findings) = source::checked(data);
    if findings.has_errors() {
        return;
    }
    let mut findings = Findings::default();
    let shipped = profile::parse("made.toml", PROFILE, &[], Rules::shipped, &mut findings);
    let (profile, rules) = shipped.expect("a sound profile");
    prove(&document, &profile, &rules);
}

/// `--set` arguments, one a line, then the profile.
pub(super) fn profile(data: &[u8]) {
    let Ok(mut text) = std::str::from_utf8(data) else { return };
    let mut overrides = Vec::new();
    while let Some((first, rest)) = text.strip_prefix("--set ").and_then(|rest| rest.split_once('\n')) {
        overrides.push(first.to_owned());
        text = rest;
    }
    let mut findings = Findings::default();
    let parsed = profile::parse("made.toml", text, &overrides, Rules::shipped, &mut findings);
    show(&findings);
    assert!(parsed.is_some() || findings.has_errors(), "a profile is refused without a word");
    let Some((profile, rules)) = parsed.filter(|_| !findings.has_errors()) else { return };
    let (document, _) = source::checked(PAGE.as_bytes());
    prove(&document, &profile, &rules);
}

/// Selects and builds; whatever the list and the options are, the files are read back and mean what they should.
fn prove(document: &Document, profile: &Profile, rules: &Rules) {
    let mut findings = Findings::default();
    let list = selected(document, profile, rules, &mut findings);
    let registry = Registry::shipped().expect("sound targets");
    let output = compiled(&list, profile, &registry, &mut findings);
    show(&findings);
    let unproved =
        |code| matches!(code, Code::ReadBackFailed | Code::VerdictUnpermitted | Code::VerifyUndecided);
    let unproved: Vec<_> = findings.iter().filter(|finding| unproved(finding.code)).collect();
    assert!(unproved.is_empty(), "{unproved:#?}\nof {} files", output.artifacts.len());
}

fn selected(document: &Document, profile: &Profile, rules: &Rules, findings: &mut Findings) -> Allowlist {
    let selection = select(std::slice::from_ref(document), profile, rules, findings);
    normalise(selection.kept, rules, profile.bypass_shared_suffixes, findings).list
}

fn compiled(list: &Allowlist, profile: &Profile, registry: &Registry, findings: &mut Findings) -> Output {
    compile(list, profile, registry, vec![("list.md".into(), "00".into())], &[], findings)
}

/// A user's folder: `target.toml` and templates.
pub(super) fn folder(data: &[u8]) {
    let files: BTreeMap<String, String> = parts(data)
        .into_iter()
        .map(|(path, bytes)| (path.to_owned(), String::from_utf8_lossy(bytes).into_owned()))
        .collect();
    let mut findings = Findings::default();
    let mut registry = Registry::default();
    registry.add("own", files, &mut findings);
    show(&findings);
    assert_eq!(registry.get("own").is_none(), findings.has_errors(), "{findings:?}");
    if registry.get("own").is_none() {
        return;
    }
    let parsed = profile::parse("made.toml", PROFILE, &[], Rules::shipped, &mut findings);
    let (profile, rules) = parsed.expect("a sound profile");
    let (document, _) = source::checked(PAGE.as_bytes());
    let list = selected(&document, &profile, &rules, &mut findings);
    compiled(&list, &profile, &registry, &mut findings);
    show(&findings);
}

/// The manifest of an earlier build beside that of this one.
pub(super) fn manifest(data: &[u8]) {
    let Ok(earlier) = serde_json::from_slice::<Value>(data) else { return };
    let made = json!({
        "profile": {"name": "made"}, "sources": [],
        "files": [{"path": "squid/allow.conf", "target": "squid"}], "losses": [], "verdicts": [],
    });
    let kept = ["pac".to_owned()];
    let whole = carry_over(made.clone(), &earlier, &kept);
    for key in ["files", "losses", "verdicts"] {
        let of_kept = |item: &&Value| item["target"] == "pac";
        let old = earlier[key].as_array().into_iter().flatten().filter(of_kept).count();
        let new = made[key].as_array().map_or(0, Vec::len);
        assert_eq!(whole[key].as_array().map(Vec::len), Some(old + new), "{key}");
    }
}
