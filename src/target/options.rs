//! Options of a target: what `[targets.<name>]` of a profile may say, and what it says.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::Deserialize;

use super::{Axis, Check, Permit};
use crate::diagnostic::{Code, Finding, Findings, Place};

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A flag.
    Flag(bool),
    /// A number.
    Integer(i64),
    /// A text.
    Text(String),
    /// Several texts.
    List(Vec<String>),
}

impl Value {
    /// The text, or the texts of a list; none of a flag or a number.
    pub(crate) fn texts(&self) -> Vec<&str> {
        match self {
            Self::Text(text) => vec![text],
            Self::List(texts) => texts.iter().map(String::as_str).collect(),
            Self::Flag(_) | Self::Integer(_) => Vec::new(),
        }
    }

    /// Whether it is more than an empty text or list.
    fn says(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::List(texts) => !texts.is_empty(),
            Self::Flag(flag) => *flag,
            Self::Integer(_) => true,
        }
    }

    fn kind(&self) -> OptionKind {
        match self {
            Self::Flag(_) => OptionKind::Flag,
            Self::Integer(_) => OptionKind::Integer,
            Self::Text(_) => OptionKind::Text,
            Self::List(_) => OptionKind::List,
        }
    }
}

/// The type of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptionKind {
    /// `true` or `false`.
    Flag,
    /// A number.
    Integer,
    /// A text.
    Text,
    /// A list of texts.
    List,
}

impl OptionKind {
    fn expected(self) -> &'static str {
        match self {
            Self::Flag => "`true` or `false`",
            Self::Integer => "a number",
            Self::Text => "a text",
            Self::List => "a list of texts",
        }
    }

    fn nothing(self) -> Value {
        match self {
            Self::Flag => Value::Flag(false),
            Self::Integer => Value::Integer(0),
            Self::Text => Value::Text(String::new()),
            Self::List => Value::List(Vec::new()),
        }
    }
}

/// `[options.<key>]` of `target.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OptionSpec {
    /// Type of the value.
    #[serde(rename = "type")]
    pub kind: OptionKind,
    /// Value where the profile says nothing.
    pub default: Option<Value>,
    /// Option whose value is taken where the profile says nothing.
    pub default_from: Option<String>,
    /// Value that builds but that nobody's network has: taken with a warning.
    pub example: Option<Value>,
    /// The only values, if they are few.
    #[serde(default)]
    pub choices: Vec<String>,
    /// What each text must look like.
    #[serde(default)]
    pub check: Check,
    /// Longest text, in bytes.
    pub longest: Option<usize>,
    /// Fewest texts of a list.
    #[serde(default)]
    pub fewest: usize,
    /// Texts that mean something else to the product, each with what.
    #[serde(default)]
    pub reserved: BTreeMap<String, String>,
    /// Option without which the value changes nothing.
    pub needs: Option<String>,
    /// Smallest and largest number.
    pub range: Option<(i64, i64)>,
    /// What it is for.
    pub help: String,
}

impl OptionSpec {
    /// What is wrong with `value`, if something is: what was expected.
    pub fn wrong(&self, value: &Value) -> Option<String> {
        if value.kind() != self.kind {
            return Some(self.kind.expected().to_owned());
        }
        if let (Value::Integer(number), Some((least, most))) = (value, self.range)
            && !(least..=most).contains(number)
        {
            return Some(format!("a number from {least} to {most}"));
        }
        if let Value::List(texts) = value
            && texts.len() < self.fewest
        {
            return Some(match self.fewest {
                1 => "a list that is not empty".to_owned(),
                fewest => format!("a list of {fewest} or more"),
            });
        }
        value.texts().into_iter().find_map(|text| self.wrong_text(text)).or_else(|| self.overlap(value))
    }

    /// The value as it is used.
    fn normal(&self, value: &Value) -> Value {
        match value {
            Value::Text(text) => Value::Text(self.check.normal(text)),
            Value::List(texts) => Value::List(texts.iter().map(|text| self.check.normal(text)).collect()),
            Value::Flag(_) | Value::Integer(_) => value.clone(),
        }
    }

    /// What to write where a network of a list lies in another one: products warn of it or take neither.
    fn overlap(&self, value: &Value) -> Option<String> {
        if !matches!(self.check, Check::Cidr | Check::Cidr4) {
            return None;
        }
        let nets: Vec<IpNet> = value.texts().into_iter().filter_map(|text| text.parse().ok()).collect();
        let pairs = nets
            .iter()
            .enumerate()
            .flat_map(|(at, net)| nets.iter().skip(at + 1).map(move |other| (net, other)));
        let overlaps = |(one, other): &(&IpNet, &IpNet)| one.contains(*other) || other.contains(*one);
        let (one, other) = { pairs }.find(overlaps)?;
        let (inner, outer) = if one.contains(other) { (other, one) } else { (one, other) };
        Some(format!("networks of which none lies in another: leave out `{inner}`, which is in `{outer}`"))
    }

    fn wrong_text(&self, text: &str) -> Option<String> {
        if !self.choices.is_empty() {
            let known = self.choices.iter().any(|choice| choice == text);
            return (!known).then(|| format!("one of `{}`", self.choices.join("`, `")));
        }
        if let Some(what) = self.reserved.get(text) {
            return Some(format!("another text than `{text}`, which is {what}"));
        }
        match self.longest {
            Some(longest) if text.len() > longest => Some(format!("at most {longest} characters")),
            _ if !self.check.passes(text) => Some(self.check.expected().to_owned()),
            _ => None,
        }
    }
}

/// What `[targets.<name>]` of a profile says.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Options, each with its place in the profile.
    pub options: BTreeMap<String, (Value, Place)>,
    /// `allow-loss`: permits by axis.
    pub permits: BTreeMap<Axis, Permit>,
    /// Where the profile speaks of the target, or would.
    pub place: Option<Place>,
}

/// Whose options they are, for messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner<'a> {
    /// `target`, `component`.
    pub(crate) kind: &'a str,
    /// Its name.
    pub(crate) name: &'a str,
    /// Its section in a profile: `targets.squid`.
    pub(crate) section: &'a str,
    /// What that section may hold besides the options.
    pub(crate) besides: &'a [&'a str],
    /// Where that section is, or would be.
    pub(crate) place: Option<&'a Place>,
}

/// The values of all options: what the profile says, else the defaults. What is wrong becomes a finding.
pub(crate) fn resolve(
    owner: Owner<'_>,
    options: &BTreeMap<String, OptionSpec>,
    given: &BTreeMap<String, (Value, Place)>,
    findings: &mut Findings,
) -> BTreeMap<String, Value> {
    for (key, (_, place)) in given.iter().filter(|(key, _)| !options.contains_key(*key)) {
        findings.push(unknown(owner, options, key, place));
    }
    let mut values = BTreeMap::new();
    for (key, spec) in options {
        values.insert(key.clone(), value_of(owner, key, spec, given, findings));
    }
    for (key, spec) in options {
        let own = given.contains_key(key);
        if let Some(value) = spec.default_from.as_ref().filter(|_| !own).and_then(|from| values.get(from)) {
            let value = value.clone();
            values.insert(key.clone(), value);
        }
    }
    report_idle(owner, options, given, &values, findings);
    values
}

/// Tells of options that the profile sets and that change nothing, because the one that they need says nothing.
fn report_idle(
    owner: Owner<'_>,
    options: &BTreeMap<String, OptionSpec>,
    given: &BTreeMap<String, (Value, Place)>,
    values: &BTreeMap<String, Value>,
    findings: &mut Findings,
) {
    for (key, (_, place)) in given {
        let Some(needed) = options.get(key).and_then(|spec| spec.needs.as_ref()) else { continue };
        if [key, needed].map(|key| values.get(key).is_some_and(Value::says)) == [true, false] {
            let message = format!(
                "`{key}` of {} `{}` changes nothing without `{needed}`, which the profile does not set",
                owner.kind, owner.name
            );
            let help = format!("write `{needed}` under `[{}]` as well, or leave `{key}` out", owner.section);
            findings.push(Finding::warning(Code::SettingNotUsed, message).at(place.clone()).help(help));
        }
    }
}

fn value_of(
    owner: Owner<'_>,
    key: &str,
    spec: &OptionSpec,
    given: &BTreeMap<String, (Value, Place)>,
    findings: &mut Findings,
) -> Value {
    let Owner { kind, name, section, .. } = owner;
    if let Some((value, place)) = given.get(key) {
        let Some(expected) = spec.wrong(value) else { return spec.normal(value) };
        let message = format!("`{key}` of {kind} `{name}` must be {expected}");
        findings.push(Finding::error(Code::TargetOptionInvalid, message).at(place.clone()).help(&spec.help));
    } else if let Some(example) = &spec.example {
        let shown = example.texts().join(", ");
        let message =
            format!("{kind} `{name}` has no `{key}`; the example value `{shown}` was written instead");
        let help = format!("write `{key} = …` under `[{section}]`: {}", spec.help);
        let finding = Finding::warning(Code::TargetOptionExample, message).help(help);
        findings.push(match owner.place {
            Some(place) => finding.at(place.clone()),
            None => finding,
        });
        return example.clone();
    }
    spec.default.clone().or_else(|| spec.example.clone()).unwrap_or_else(|| spec.kind.nothing())
}

fn unknown(owner: Owner<'_>, options: &BTreeMap<String, OptionSpec>, key: &str, place: &Place) -> Finding {
    let known = options.keys().map(String::as_str).chain(owner.besides.iter().copied());
    let nearest = known
        .map(|known| (strsim::damerau_levenshtein(key, known), known))
        .min()
        .filter(|(distance, _)| *distance <= 3);
    let help = if let Some((_, nearest)) = nearest {
        format!("the nearest option is `{nearest}`")
    } else if options.is_empty() {
        "it has no options".to_owned()
    } else {
        let all: Vec<&str> = options.keys().map(String::as_str).collect();
        format!("its options are `{}`", all.join("`, `"))
    };
    let message = format!("{} `{}` has no option `{key}`", owner.kind, owner.name);
    Finding::error(Code::TargetOptionUnknown, message).at(place.clone()).help(help)
}

/// Whether the options have the values that an output asks for.
pub(crate) fn applies(when: &BTreeMap<String, String>, values: &BTreeMap<String, Value>) -> bool {
    when.iter().all(|(option, wanted)| match values.get(option) {
        Some(Value::Text(text)) => text == wanted,
        Some(Value::Flag(flag)) => flag.to_string() == *wanted,
        _ => false,
    })
}

/// What is wrong with the declaration of options, if something is.
pub(crate) fn check(options: &BTreeMap<String, OptionSpec>) -> Result<(), String> {
    for (key, spec) in options {
        let values = spec.default.iter().chain(&spec.example);
        if let Some(expected) = { values }.find_map(|value| spec.wrong(value)) {
            return Err(format!("the default of option `{key}` must be {expected}"));
        }
        if spec.default_from.as_ref().is_some_and(|from| !options.contains_key(from)) {
            return Err(format!("option `{key}` takes its default from an option that does not exist"));
        }
        if spec.needs.as_ref().is_some_and(|needed| !options.contains_key(needed)) {
            return Err(format!("option `{key}` needs an option that does not exist"));
        }
    }
    Ok(())
}
