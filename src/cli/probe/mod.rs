//! `probe`: whether the listed hosts are reached from here.

mod progress;
mod show;

use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::args::{Format, Probe as Arguments};
use super::job::{self, read_file};
use super::request::parse_request;
use super::{Stop, print, report};
use crate::diagnostic::{Code, Finding, Findings};
use crate::pattern::Request;
use crate::probe::{Judged, Observation, Options, Plan, Probe, ask_all, judge, plan, tell};
use crate::profile::Profile;
use crate::rules::ProbeFacts;
use progress::Bar;
use show::Shown;

/// Largest file of certificates.
const LARGEST_BUNDLE: u64 = 4 << 20;

/// A URL with what came back for it.
struct Asked {
    probe: Probe,
    seen: Observation,
    judged: Judged,
}

pub(super) fn run(args: &Arguments) -> Result<bool, Stop> {
    let proxy = args.proxy.as_deref().map(proxy).transpose()?;
    let mut findings = Findings::default();
    let job = job::load(&args.inputs, &mut findings)?;
    // Exit code 1 is to mean that something is not reached.
    let Some(job) = job.filter(|_| !findings.has_errors()) else { return Err(Stop::Argument(findings)) };
    let facts: ProbeFacts = job.rules.facts()?;
    let Plan { probes, untested } = plan(&job.list, &job.profile, &job.rules, &facts);
    if probes.is_empty() {
        return Err(Stop::Request(
            "no address of the list can be asked for: it has none but wildcards and networks".into(),
        ));
    }
    let proxy = proxy.or_else(|| of_profile(&job.profile).filter(|_| !args.no_proxy));
    let options = options(args, proxy.clone(), &facts)?;
    let bar = Bar::new(probes.len());
    let seen = ask_all(&probes, options, &|done| bar.show(done)).map_err(Stop::Request)?;
    drop(bar);
    let accepted = &facts.accepted.statuses;
    let asked: Vec<Asked> = probes
        .into_iter()
        .zip(seen)
        .map(|(probe, seen)| Asked { judged: judge(&probe, &seen, accepted), probe, seen })
        .collect();
    let judged: Vec<(&Probe, &Judged)> = asked.iter().map(|asked| (&asked.probe, &asked.judged)).collect();
    let mut told = tell(&judged, &untested);
    if proxy.is_none() {
        tell_unused(&job.profile, &mut told);
    }
    findings.append(told);
    let shown = Shown { name: &job.profile.name, proxy: proxy.as_ref(), asked: &asked, untested: &untested };
    match args.format() {
        Format::Human => {
            print(&shown.table())?;
            report(&findings, args.verbose);
            super::print_human(&shown.summary())?;
        }
        Format::Json => print(&shown.json(&findings))?,
    }
    Ok(!findings.has_errors())
}

fn options(args: &Arguments, proxy: Option<(String, u16)>, facts: &ProbeFacts) -> Result<Options, Stop> {
    let mut authorities = Vec::new();
    for authority in &facts.authorities {
        let certificate = certificates(authority.pem.as_bytes());
        authorities.extend(certificate.ok_or_else(|| {
            Stop::Request(format!("the rules hold a certificate that cannot be read: {}", authority.source))
        })?);
    }
    if let Some(path) = &args.ca_bundle {
        // A file without any would be no authority and say so nowhere.
        authorities.extend(certificates(&read_file(path, LARGEST_BUNDLE)?).ok_or_else(|| {
            Stop::Request(format!(
                "`{}` holds no certificate in PEM form (`-----BEGIN CERTIFICATE-----`)",
                path.display()
            ))
        })?);
    }
    Ok(Options {
        proxy,
        resolve: args.resolve.clone(),
        authorities,
        reasons: facts.reasons.iter().map(|reason| reason.header.clone()).collect(),
        timeout: Duration::from_secs(args.timeout),
        jobs: usize::from(args.jobs),
    })
}

/// The certificates of a PEM text, if it holds nothing broken and at least one.
fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    read.ok().filter(|certificates| !certificates.is_empty())
}

/// Host and port of `http://proxy:8080` or `proxy:8080`. What may be a password is never repeated.
fn proxy(text: &str) -> Result<(String, u16), Stop> {
    let stop = |message: &str| Err(Stop::Request(message.to_owned()));
    if text.contains('@') {
        return stop(
            "`--proxy` holds a user or password: the sensor has none, so that a probe with them would prove nothing",
        );
    }
    let place = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => Some(rest),
        Some(_) => None,
        None => Some(text),
    };
    let place = place.map(|place| place.strip_suffix('/').unwrap_or(place));
    let request = place.filter(|place| !place.contains('/')).and_then(parse_request);
    match (place, request) {
        // There is no port that all proxies have, so it must stand there.
        (Some(place), Some(Request { host, port, .. })) if place.ends_with(&format!(":{port}")) => {
            Ok((host, port))
        }
        _ => stop("`--proxy` needs host and port of an HTTP proxy, such as `http://proxy.contoso.com:8080`"),
    }
}

/// Host and port of the proxy that the devices are told.
fn of_profile(profile: &Profile) -> Option<(String, u16)> {
    let proxy = &profile.client.as_ref()?.proxy.as_ref()?.value;
    Some((proxy.host.clone(), proxy.port))
}

/// Ways that the devices or other programs would go, and a direct run does not.
#[expect(clippy::disallowed_methods, reason = "the environment enters here")]
fn tell_unused(profile: &Profile, findings: &mut Findings) {
    if let Some(pac) = profile.client.as_ref().and_then(|client| client.pac.as_ref()) {
        let message = "`client.pac-url` is set and not used: no PAC file is run";
        let finding = Finding::note(Code::ProbeProxyUnused, message).at(pac.place.clone());
        findings.push(finding.help("`--proxy URL` asks through a proxy that the PAC file names"));
    }
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let set = names.into_iter().find(|name| std::env::var(name).is_ok_and(|value| !value.is_empty()));
    if let Some(name) = set {
        let finding = Finding::note(Code::ProbeProxyUnused, format!("`{name}` is set and not used"));
        findings.push(finding.help("the sensor does not read it either; `--proxy URL` asks through a proxy"));
    }
}
