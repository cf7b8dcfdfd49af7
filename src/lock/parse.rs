//! A lock from TOML. Whatever cannot be trusted to the letter is refused as a whole.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Accepted, Entry, Lock, Origin, VERSION, is_plain_name};
use crate::diagnostic::{Code, Finding, Findings, Place};

#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "version")]
    _version: u32,
    #[serde(default, rename = "source")]
    sources: Vec<Source>,
    #[serde(default)]
    accepted: Vec<Change>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    profile: String,
    path: Option<String>,
    url: Option<String>,
    from: Option<String>,
    file: String,
    sha256: String,
    bytes: u64,
    date: Option<String>,
    #[serde(default)]
    rows: BTreeMap<String, usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    profile: String,
    code: String,
    reason: String,
}

/// Reads a lock. `file` is only shown. `None` if a finding says why it cannot be used.
pub fn parse(file: &str, text: &str, findings: &mut Findings) -> Option<Lock> {
    match read(text) {
        Ok(lock) => Some(lock),
        Err((message, line)) => {
            let place = line.map_or_else(|| Place::file(file), |line| Place::line(file, line));
            let help = "restore the committed file; or delete it and run `allowlistc fetch`, which then compares \
                        with nothing";
            findings.push(Finding::error(Code::LockBroken, message).at(place).help(help));
            None
        }
    }
}

fn read(text: &str) -> Result<Lock, (String, Option<u32>)> {
    let no_toml = |error: toml::de::Error| {
        let line = error.span().and_then(|span| text.get(..span.start)).map(lines);
        (format!("the lock cannot be read: {}", error.message().trim()), line)
    };
    // The version first: of another one, unknown keys are no mistake.
    let Version { version } = toml::from_str(text).map_err(no_toml)?;
    if version != VERSION {
        return Err((format!("the lock has version {version}, which this program does not know"), None));
    }
    let file: File = toml::from_str(text).map_err(no_toml)?;
    let mut lock = Lock::default();
    for source in file.sources {
        let entry = entry(source).map_err(|message| (message, None))?;
        let (profile, origin) = (entry.profile.clone(), entry.origin.clone());
        if !lock.add(entry) {
            return Err((format!("the lock names `{origin}` of `{profile}` twice"), None));
        }
    }
    for Change { profile, code, reason } in file.accepted {
        lock.accepted.entry(profile).or_default().push(Accepted { code, reason });
    }
    Ok(lock)
}

/// The line that follows a text, from 1.
fn lines(before: &str) -> u32 {
    u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX)
}

fn entry(source: Source) -> Result<Entry, String> {
    let origin = match (source.path, source.url) {
        (Some(path), None) => Origin::Path(path),
        (None, Some(url)) => Origin::Url(url),
        _ => return Err("a source of the lock has not one of `path` and `url`".to_owned()),
    };
    let digest = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    if source.sha256.len() != 64 || !source.sha256.bytes().all(digest) {
        return Err(format!("the lock gives `{origin}` a digest that is no SHA-256"));
    }
    if !is_plain_name(&source.file) {
        return Err(format!("the lock gives `{origin}` a file name that is no plain name"));
    }
    Ok(Entry {
        profile: source.profile,
        origin,
        from: source.from,
        file: source.file,
        sha256: source.sha256,
        bytes: source.bytes,
        date: source.date,
        rows: source.rows,
    })
}
