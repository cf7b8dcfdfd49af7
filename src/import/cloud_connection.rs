//! Output of the monitoring agent's TestCloudConnection. Only some of its words are known, not its layout: the header
//! of a test, the header of a section, and in a section every host that the section's pattern means.

use std::collections::BTreeMap;

use crate::console::{find, holds, lines};

/// Words before a workspace ID.
const WORKSPACE: &str = "Starting connectivity test for workspace id";
/// Words before the pattern of a section.
const SECTION: &str = "Firewall Rule:";

/// What one file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloudConnection {
    /// What stands where a workspace ID belongs.
    pub workspaces: Vec<Named>,
    /// In the order of the file.
    pub sections: Vec<Section>,
}

/// A text and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// As written.
    pub text: String,
    /// Line, from 1.
    pub line: u32,
    /// The line that says that it was out of reach.
    pub failure: Option<String>,
}

/// What stands below one `Firewall Rule:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// `*.blob.core.windows.net`.
    pub pattern: String,
    /// Line, from 1.
    pub line: u32,
    /// Hosts that end like the pattern, each once.
    pub hosts: Vec<Named>,
    /// Names of its lines that do not end like the pattern, or that no host can have.
    pub strangers: Vec<Named>,
}

/// What the text says; nothing where it has no header that is known.
pub fn read(text: &str) -> CloudConnection {
    let mut read = CloudConnection::default();
    for (line, content) in lines(text) {
        if let Some(id) = find(content, WORKSPACE) {
            let text = id.trim_matches(|c: char| c.is_whitespace() || ":.\"'".contains(c)).to_owned();
            read.workspaces.push(Named { text, line, failure: None });
        } else if let Some(pattern) = find(content, SECTION) {
            let pattern = pattern.trim().trim_matches('"').trim_end_matches('.').to_ascii_lowercase();
            read.sections.push(Section { pattern, line, hosts: Vec::new(), strangers: Vec::new() });
        } else if let Some(section) = read.sections.last_mut() {
            section.add(content, line);
        }
    }
    for section in &mut read.sections {
        section.hosts = once(std::mem::take(&mut section.hosts));
        section.strangers = once(std::mem::take(&mut section.strangers));
    }
    read
}

impl Section {
    fn add(&mut self, content: &str, line: u32) {
        let failure = is_failure(content).then(|| content.to_owned());
        let end = self.pattern.trim_start_matches('*');
        let mut named = false;
        for name in names(content) {
            let text = without_login(name).to_ascii_lowercase();
            let found = Named { text, line, failure: failure.clone() };
            if found.text == end.trim_start_matches('.') {
                continue;
            }
            named = true;
            let is_host = found.text.strip_suffix(end).is_some_and(|start| !start.is_empty())
                && found.text.chars().all(is_of_host);
            if is_host { &mut self.hosts } else { &mut self.strangers }.push(found);
        }
        // A failure without a name is about the host above it.
        if let (false, Some(failure), Some(last)) = (named, failure, self.hosts.last_mut()) {
            last.failure.get_or_insert(failure);
        }
    }
}

/// Each name once, where it stands first; out of reach if one of its lines says so.
fn once(names: Vec<Named>) -> Vec<Named> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut once: Vec<Named> = Vec::new();
    for name in names {
        let at = *places.entry(name.text.clone()).or_insert(once.len());
        match once.get_mut(at) {
            Some(known) => known.failure = known.failure.take().or(name.failure),
            None => once.push(name),
        }
    }
    once
}

/// Whether a line says that something was out of reach.
fn is_failure(line: &str) -> bool {
    ["fail", "blocked host", "did not complete", "may be blocking", "is invalid"]
        .iter()
        .any(|word| holds(line, word))
}

/// What a name can be made of; letters that look like others are for whoever takes the name.
fn is_of_host(c: char) -> bool {
    c.is_alphanumeric() || ".-".contains(c)
}

/// A name without what may be a password before it; that something stood there remains to be seen.
fn without_login(name: &str) -> String {
    name.rsplit_once('@').map_or_else(|| name.to_owned(), |(_, host)| format!("…@{host}"))
}

/// Everything in a line that could be the name of a host: labels, the last one of letters. Patterns are none. A word is
/// never taken apart where a foreign character stands in it: a piece of it would be the name of somebody else. Whoever
/// takes a name looks at it again.
fn names(line: &str) -> impl Iterator<Item = &str> {
    let ends_word = |c: char| c.is_whitespace() || "/\\:;,?#=()<>|：；，。、（）「」".contains(c);
    let words = line
        .split(ends_word)
        .map(|word| word.trim_matches(['.', '"', '\'', '`', '“', '”', '…', '!', '[', ']', '{', '}']));
    words.filter(|word| {
        !word.contains('*')
            && word.split('.').count() > 2
            && word.len() <= 253
            && word.rsplit('.').next().is_some_and(|last| last.chars().all(char::is_alphabetic))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_holds_the_hosts_of_its_pattern_and_no_others() {
        let text = "Starting connectivity test for workspace id {11111111-2222-3333-4444-555555555555}.\n\
            \tFIREWALL RULE: *.blob.core.windows.net\n\
            https://a.blob.core.windows.net/x : Connection succeeded\n\
            b.BLOB.core.windows.net\n   Blocked Host\n\
            blob.core.windows.net evilblob.core.windows.net a.blob.core.windows.net.contoso.com\n\
            a$d.blob.core.windows.net a\"e.blob.core.windows.net evil\u{1b}[31mf.blob.core.windows.net\n\
            user:secret@g.blob.core.windows.net my_store.blob.core.windows.net\n\
            url=\"https://h.blob.core.windows.net?sig=x\"\n\
            Firewall Rule: *.oms.opinsights.azure.com\n\
            c.blob.core.windows.net\n";
        let read = read(text);
        assert_eq!(read.workspaces.len(), 1);
        let blob = &read.sections[0];
        let hosts: Vec<(&str, bool)> =
            blob.hosts.iter().map(|host| (host.text.as_str(), host.failure.is_some())).collect();
        let expected = [
            ("a.blob.core.windows.net", false),
            ("b.blob.core.windows.net", true),
            ("h.blob.core.windows.net", false),
        ];
        assert_eq!(hosts, expected);
        let strangers: Vec<&str> = blob.strangers.iter().map(|name| name.text.as_str()).collect();
        let expected = [
            "evilblob.core.windows.net",
            "a.blob.core.windows.net.contoso.com",
            "a$d.blob.core.windows.net",
            "a\"e.blob.core.windows.net",
            "evil\u{1b}[31mf.blob.core.windows.net",
            "…@g.blob.core.windows.net",
            "my_store.blob.core.windows.net",
        ];
        assert_eq!(strangers, expected);
        assert_eq!(read.sections[1].hosts, []);
    }
}
