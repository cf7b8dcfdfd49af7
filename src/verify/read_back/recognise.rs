//! Which format a file of somebody else is in, by its content alone.

use crate::verify::dialect::Dialect;

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Squid's configuration.
    Squid,
    /// A program for proxies.
    Pac,
    /// An ARM template, or a rule collection group as the Azure command line prints it.
    Arm,
    /// Bicep.
    Bicep,
    /// Terraform.
    Terraform,
    /// PAN-OS configuration as set commands or XML.
    Panos,
    /// One entry a line; the dialect is a guess.
    Plain(Dialect),
}

/// What can be read, for messages.
const EXPECTED: &str = "expected: a Squid configuration (`acl`, `http_access`), a PAC file (`FindProxyForURL`), an ARM \
    template, Bicep or Terraform with rule collection groups, a PAN-OS configuration (XML, or `set` commands), or a \
    plain list of one entry a line";

/// Words that Squid's lines start with.
const SQUID: [&str; 4] = ["acl ", "http_access ", "ssl_bump ", "http_port "];
/// Words that PAN-OS commands set first.
const PANOS: [&str; 15] = [
    "address",
    "address-group",
    "device-group",
    "deviceconfig",
    "devices",
    "external-list",
    "post-rulebase",
    "pre-rulebase",
    "profiles",
    "rulebase",
    "service",
    "service-group",
    "shared",
    "template",
    "vsys",
];
/// Words that statements of Bicep start with.
const BICEP: [&str; 4] = ["param ", "resource ", "targetScope ", "var "];
/// Blocks of Terraform.
const TERRAFORM: [&str; 6] =
    ["data \"", "locals {", "module \"", "resource \"", "terraform {", "variable \""];

/// The format of a text, or what it is not.
pub fn recognise(bytes: &[u8]) -> Result<Form, String> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        // Squid takes any bytes, mostly in comments.
        let text = String::from_utf8_lossy(bytes);
        let is_squid = !text.contains('\0') && starts_with_one(&text, &SQUID);
        return if is_squid { Ok(Form::Squid) } else { Err(unknown("it is no UTF-8 text")) };
    };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.contains('\0') {
        return Err(unknown("it is no text"));
    }
    if text.is_empty() {
        return Err(unknown("it is empty"));
    }
    if text.starts_with('<') {
        return match root(text) {
            "config" | "response" => Ok(Form::Panos),
            "" => Err(unknown("it starts like XML and has no element")),
            other => {
                Err(unknown(&format!("its outermost element is `{other}`, and PAN-OS has `config` there")))
            }
        };
    }
    let starts = |words: &[&str]| starts_with_one(text, words);
    if text.contains("FindProxyForURL") {
        return Ok(Form::Pac);
    }
    if is_json(text) {
        let known = ["\"resources\"", "\"ruleCollections\""].iter().any(|key| text.contains(key));
        return if known {
            Ok(Form::Arm)
        } else {
            Err(unknown("it is JSON with neither `resources` nor `ruleCollections`"))
        };
    }
    if starts(&TERRAFORM) {
        return Ok(Form::Terraform);
    }
    if lines(text).any(is_set) {
        return Ok(Form::Panos);
    }
    if starts(&SQUID) {
        return Ok(Form::Squid);
    }
    if starts(&BICEP) {
        return Ok(Form::Bicep);
    }
    plain(text)
}

fn unknown(what: &str) -> String {
    format!("{what}; {EXPECTED}")
}

/// Lines with something else than a comment.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("//"))
}

/// Whether a line starts with one of the words.
fn starts_with_one(text: &str, words: &[&str]) -> bool {
    lines(text).any(|line| words.iter().any(|word| line.starts_with(word)))
}

/// `{` or `[` in front, comments aside.
fn is_json(text: &str) -> bool {
    lines(text).find(|line| !line.starts_with("/*") && !line.starts_with('*')).is_some_and(|line| {
        let mut characters = line.chars().filter(|c| !c.is_whitespace());
        match characters.next() {
            Some('{') => true,
            // A line of a list may start with an IPv6 address in brackets.
            Some('[') => matches!(characters.next(), None | Some('{')),
            _ => false,
        }
    })
}

fn is_set(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words.next() == Some("set") && words.next().is_some_and(|word| PANOS.contains(&word))
}

/// The name of the first element.
fn root(text: &str) -> &str {
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = rest.get(at + 1..).unwrap_or_default();
        let skipped = [("?", "?>"), ("!--", "-->"), ("!", ">")];
        if let Some((_, end)) = skipped.iter().find(|(start, _)| rest.starts_with(start)) {
            rest = rest.find(end).and_then(|at| rest.get(at..)).unwrap_or_default();
            continue;
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(rest.len());
        return rest.get(..end).unwrap_or_default();
    }
    ""
}

/// A list of entries, and how they are most likely written.
fn plain(text: &str) -> Result<Form, String> {
    let entries: Vec<&str> = lines(text).collect();
    let is_entry = |line: &&&str| {
        let entry = line.split(" #").next().unwrap_or_default().trim();
        !entry.contains(|c: char| c.is_whitespace() || "\"',;{}<>".contains(c)) && entry.contains(['.', ':'])
    };
    let sound = entries.iter().filter(is_entry).count();
    if let Some(line) = entries.iter().find(|line| !is_entry(line)).filter(|_| sound * 2 < entries.len()) {
        let shown: String = line.chars().filter(|c| !c.is_control()).take(60).collect();
        return Err(unknown(&format!("most of its lines are no entries of a list, such as `{shown}`")));
    }
    if sound == 0 {
        return Err(unknown("it holds comments alone"));
    }
    let share = |fits: &dyn Fn(&str) -> bool| entries.iter().filter(|line| fits(line)).count();
    let is_network = |line: &str| Dialect::Network.read(line).is_ok();
    // Stands for one label, in lists of one vendor alone.
    let has_caret = |line: &str| line.split(['.', '/']).any(|label| label == "^");
    Ok(Form::Plain(if share(&is_network) * 2 > entries.len() {
        Dialect::Network
    } else if share(&|line| line.ends_with('/')) * 2 > entries.len() || share(&has_caret) > 0 {
        Dialect::PanUrl
    } else if share(&|line| line.starts_with("*.")) > share(&|line| line.starts_with('.')) {
        Dialect::Names
    } else {
        Dialect::Dstdomain
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_known_by_its_content() {
        for (text, form) in [
            ("# ours\nacl a dstdomain -n b.c\n", Form::Squid),
            ("http_port 3128\n", Form::Squid),
            ("function FindProxyForURL(url, host) { return 'DIRECT'; }", Form::Pac),
            ("\u{feff}{\n  \"resources\": []\n}", Form::Arm),
            ("// from the portal\n{ \"ruleCollections\": [] }", Form::Arm),
            ("[\n{ \"ruleCollections\": [] } ]", Form::Arm),
            ("# net\nresource \"azurerm_resource_group\" \"a\" {\n}\n", Form::Terraform),
            ("param location string\n", Form::Bicep),
            ("<?xml version=\"1.0\"?>\n<!-- saved --><config version=\"10.2.0\">", Form::Panos),
            ("<response status=\"success\"><result/></response>", Form::Panos),
            ("configure\nset rulebase security rules a action allow\n", Form::Panos),
            ("set address a ip-netmask 10.0.0.1\n", Form::Panos),
            ("a.b.c/\n*.d.e/\n", Form::Plain(Dialect::PanUrl)),
            ("^.b.c\n*.d.e\n", Form::Plain(Dialect::PanUrl)),
            ("a.b.c\n*.d.e\n", Form::Plain(Dialect::Names)),
            ("# list\na.b.c\n.d.e\n", Form::Plain(Dialect::Dstdomain)),
            ("10.0.0.0/8\n2603::/24\n", Form::Plain(Dialect::Network)),
        ] {
            assert_eq!(recognise(text.as_bytes()), Ok(form), "{text}");
        }
    }

    #[test]
    fn whatever_is_none_of_them_is_refused_with_what_was_expected() {
        for (text, reason) in [
            ("", "it is empty"),
            ("# nothing\n", "it holds comments alone"),
            ("<html><body>Sign in</body></html>", "its outermost element is `html`"),
            ("{\"a\": 1}", "neither `resources` nor `ruleCollections`"),
            ("Dear all,\nplease open the proxy.\n", "such as `Dear all,`"),
            ("name,port\na.b,443\nc.d,443\n", "such as `name,port`"),
        ] {
            let error = recognise(text.as_bytes()).unwrap_err();
            assert!(error.contains(reason) && error.contains("; expected: a Squid"), "{error}");
        }
        assert_eq!(recognise(b"# f\xfcr alle\nacl a dstdomain -n b.c\n"), Ok(Form::Squid));
        assert!(recognise(&[0xff, 0xfe, 0]).unwrap_err().starts_with("it is no UTF-8 text"));
    }
}
