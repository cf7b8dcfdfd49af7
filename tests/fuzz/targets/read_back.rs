//! Files of firewalls, as somebody may have edited them.

use std::sync::LazyLock;

use allowlistc::allowlist::{Allowlist, Product};
use allowlistc::diagnostic::Findings;
use allowlistc::target::{Registry, Settings};
use allowlistc::verify::read_back::azure::{self, Azure};
use allowlistc::verify::read_back::lines::{self, List};
use allowlistc::verify::read_back::pac::{self, Pac};
use allowlistc::verify::read_back::pac_guard::Guarded;
use allowlistc::verify::read_back::panos::{self, Ending, Panos};
use allowlistc::verify::read_back::squid::{self, Plane, Squid};
use allowlistc::verify::read_back::{Files, ReadError};
use allowlistc::verify::{
    Condition, Dialect, Ruleset, decide, expected, gaps, is_allowed, matching_entry, verify_target,
};

use super::{lists, parts, show};

/// What the files should mean: one entry of every shape.
static LIST: LazyLock<Allowlist> = LazyLock::new(|| {
    lists::list(&[
        "!*.wns.contoso.com",
        "login.contoso.com",
        "login.contoso.com :80",
        "*load.fabrikam.com",
        "us*prod.northwind.com",
        "crl.contoso.com/pki/* :80",
        "20.15.0.0/16",
    ])
});

static TARGETS: LazyLock<Registry> = LazyLock::new(|| Registry::shipped().expect("sound targets"));

/// Compares what was read with the list; every witness must be one.
fn judge(product: Product, ruleset: Result<Ruleset, ReadError>) {
    let Ok(actual) = ruleset else { return };
    let wanted = expected(&LIST, product);
    let difference = decide(&wanted, &actual);
    let sides = [(&difference.wider, &actual, &wanted), (&difference.narrower, &wanted, &actual)];
    for (witness, allowing, denying) in sides {
        if let Some(witness) = witness {
            assert!(is_allowed(allowing, witness), "{witness} is not allowed");
            assert!(!is_allowed(denying, witness), "{witness} is allowed");
        }
    }
    let gaps = gaps(&LIST, product, &actual, None);
    assert!(!gaps.is_none() || difference.is_none(), "{difference:?}");
    for (entry, witness) in &gaps.missing {
        assert!(!is_allowed(&actual, witness), "{} is allowed", entry.pattern);
    }
    for (line, witness) in gaps.wide.iter().chain(&gaps.ports) {
        assert!(!is_allowed(&wanted, witness), "{line} is no more than the list: {witness}");
        let _ = matching_entry(&actual, witness);
    }
}

/// The files as those of a shipped target.
fn verify(name: &str, files: &[(&str, &[u8])]) {
    let target = TARGETS.get(name).expect("a shipped target");
    let mut findings = Findings::default();
    let options = target.resolve(&Settings::default(), &mut findings);
    let files: Vec<(String, Vec<u8>)> =
        files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect();
    verify_target(&LIST, target, &Files::from(&files[..]), &options, &[], &mut findings);
    show(&findings);
}

/// Squid's configuration and its lists.
pub(super) fn squid(data: &[u8]) {
    let files = parts(data);
    let Some((entry, _)) = files.first() else { return };
    for (plane, product) in
        [(Plane::Access, Product::Allow), (Plane::Inside, Product::Allow), (Plane::Bump, Product::Bypass)]
    {
        let mut findings = Findings::default();
        let squid = Squid { entry, plane, clients: &["localnet".to_owned()], redirected: None };
        judge(product, squid::read(&Files::new(files.iter().copied()), &squid, &mut findings));
        show(&findings);
    }
    verify("squid", &files);
}

const DIALECTS: [Dialect; 10] = [
    Dialect::Names,
    Dialect::NamesAndBelow,
    Dialect::Dstdomain,
    Dialect::Network,
    Dialect::PanUrl,
    Dialect::PanUrlOpen,
    Dialect::PanDomain,
    Dialect::PanExclusion,
    Dialect::AzureFqdn,
    Dialect::AzureUrl,
];

/// One entry a line; the first byte says in which dialect.
pub(super) fn lists(data: &[u8]) {
    let Some((first, text)) = data.split_first() else { return };
    let dialect = DIALECTS[usize::from(first % 16).min(DIALECTS.len() - 1)];
    let mut findings = Findings::default();
    let list =
        List { path: "a", dialect, comment: Some("#"), condition: Condition::any(), clear_paths: false };
    judge(Product::Allow, lines::read(&Files::new([("a", text)]), &[list], &mut findings));
    show(&findings);
}

/// Set commands or XML.
pub(super) fn panos(data: &[u8]) {
    let files = Files::new([("a", data)]);
    for (plane, product) in
        [(panos::Plane::Security, Product::Allow), (panos::Plane::Decryption, Product::Bypass)]
    {
        let mut findings = Findings::default();
        let panos =
            Panos { entry: "a", plane, ending: Ending::Appended, inside: true, without_lists: Some("-edl") };
        judge(product, panos::read(&files, &panos, &mut findings));
        show(&findings);
    }
    let name = if data.starts_with(b"<") { "firewall.xml" } else { "firewall.set" };
    verify("paloalto", &[(name, data)]);
}

/// Rule collection groups; the file's ending is what it looks like.
pub(super) fn azure(data: &[u8]) {
    let start = data.trim_ascii_start();
    let name = match start.first() {
        Some(b'{') => "allow.arm.json",
        _ if super::position(data, b"azurerm_").is_some() => "terraform/allow.tf",
        _ => "allow.bicep",
    };
    let files = Files::new([(name, data)]);
    for (plane, product) in
        [(azure::Plane::Access, Product::Allow), (azure::Plane::Inspection, Product::Bypass)]
    {
        let mut findings = Findings::default();
        let azure = Azure { paths: vec![name], plane };
        judge(product, azure::read(&files, &azure, &mut findings));
        show(&findings);
    }
    verify("azure", &[(name, data)]);
}

/// The tables of a PAC file.
pub(super) fn pac(data: &[u8]) {
    let files = Files::new([("proxy.pac", data)]);
    for (plane, product) in [
        (pac::Plane::Allow, Product::Allow),
        (pac::Plane::Bypass, Product::Bypass),
        (pac::Plane::Direct, Product::Direct),
    ] {
        let mut findings = Findings::default();
        let pac = Pac { path: "proxy.pac", plane, program: "", escaped_dots: false };
        judge(product, pac::read(&files, &pac, &mut findings));
        show(&findings);
    }
    verify("pac", &[("proxy.pac", data)]);
}

/// A program in the embedded engine.
pub(super) fn engine(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(engine) = Guarded::load(text, false) else { return };
    for (url, host) in
        [("http://crl.contoso.com/pki/a", "crl.contoso.com"), ("https://evil.net/", "evil.net")]
    {
        let _ = engine.route(url, host);
    }
}
