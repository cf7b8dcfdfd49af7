//! Azure Firewall policies: rule collection groups in ARM templates, Bicep files or Terraform, as one ruleset.
//!
//! Requests are taken to come from the clients that the files are for, so source addresses hold. Network rules come
//! before all application rules, and within each kind the lower priority number first: that of the group, then that of the
//! collection. Rules for TLS know a path only if they decrypt. What a template computes is not followed.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::by_address::tell_addresses;
use super::literal::Literal;
use super::terraform_module::{Module, module};
use super::{Files, ReadError, Shelf, azure_arm, azure_bicep, azure_rules, azure_terraform};
use crate::diagnostic::Findings;
use crate::verify::ruleset::{Line, Ruleset};

/// How to read the files.
#[derive(Clone, Debug)]
pub struct Azure<'a> {
    /// The files of one form; what they are is seen from their ends: `.json`, `.bicep`, `.tf`.
    pub paths: Vec<&'a str>,
    /// Which question the rules answer.
    pub plane: Plane,
}

/// Which question the rules answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plane {
    /// What is allowed.
    Access,
    /// Which TLS connections are allowed and not decrypted.
    Inspection,
    /// What is allowed by rules that decrypt nothing, in clear text as well: a rule that says that it decrypts refuses.
    Untouched,
}

/// How the rules are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// An ARM template.
    Arm,
    /// Bicep.
    Bicep,
    /// Terraform.
    Terraform,
}

impl Form {
    /// By the end of a file's name.
    fn of(path: &str) -> Option<Self> {
        match path.rsplit('.').next() {
            Some("json") => Some(Self::Arm),
            Some("bicep") => Some(Self::Bicep),
            Some("tf") => Some(Self::Terraform),
            _ => None,
        }
    }
}

/// A rule collection group as ARM spells its properties.
pub(super) struct Group<'f> {
    pub(super) path: &'f str,
    pub(super) name: Option<Literal>,
    pub(super) properties: Literal,
}

/// What the files of one form say.
#[derive(Default)]
pub(super) struct Policy<'f> {
    pub(super) groups: Vec<Group<'f>>,
    /// What an expression stands for.
    pub(super) names: BTreeMap<String, Literal>,
    /// What is not followed.
    pub(super) open: Vec<(Line, String)>,
}

impl Policy<'_> {
    /// Says what a name stands for. What stands for two things stands for neither.
    pub(super) fn name(&mut self, name: String, said: Literal, path: &str) {
        match self.names.entry(name) {
            Entry::Vacant(free) => drop(free.insert(said)),
            Entry::Occupied(known) if known.get().value != said.value => {
                let reason = format!("`{}` stands for several things", known.key());
                self.open.push((Line::new(path, said.line), reason));
            }
            Entry::Occupied(_) => {}
        }
    }

    /// What `value` stands for, names followed.
    pub(super) fn resolve<'v>(&'v self, value: &'v Literal) -> &'v Literal {
        let mut value = value;
        // A name for a name for a name: eight are more than anybody writes, and a circle ends.
        for _ in 0..8 {
            // In ARM an expression is a text in brackets.
            let expression = value.text().filter(|text| text.starts_with('['));
            let next = match (value.word(), expression) {
                (Some(name), _) => self.names.get(name),
                (None, Some(text)) => self.names.get(&text.to_ascii_lowercase()),
                (None, None) => None,
            };
            let Some(next) = next else { break };
            value = next;
        }
        value
    }
}

/// Whether a resource of this type, in lower case, may hold rules or further resources that do.
pub(super) fn holds_rules(kind: &str) -> bool {
    let kinds = ["microsoft.network/firewallpolicies", "microsoft.network/azurefirewalls"];
    kinds.iter().any(|known| kind.starts_with(known)) || kind == "microsoft.resources/deployments"
}

/// Bytes of a file that are read.
const LARGEST: usize = 16 << 20;

/// What the firewall would do with these files.
pub fn read(files: &Files<'_>, azure: &Azure<'_>, findings: &mut Findings) -> Result<Ruleset, ReadError> {
    read_policy(files, azure, findings).map(|(ruleset, _)| ruleset)
}

/// The same, and whether a rule decrypts.
fn read_policy(
    files: &Files<'_>,
    azure: &Azure<'_>,
    findings: &mut Findings,
) -> Result<(Ruleset, bool), ReadError> {
    let mut policy = Policy::default();
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for path in &azure.paths {
        let form = Form::of(path).ok_or_else(|| {
            ReadError::new(&Line::new(path, 0), "the file is neither ARM, Bicep nor Terraform")
        })?;
        if known.contains(path) {
            continue;
        }
        if form == Form::Terraform {
            let module = module(files, path);
            for path in module.blocks.iter().filter(|path| known.insert(path)) {
                add(files, path, form, &mut policy)?;
            }
            add_values(files, &module, &mut policy)?;
        } else {
            add(files, path, form, &mut policy)?;
        }
    }
    Ok(ruleset(&policy, azure.plane, findings))
}

/// What some files came to, for the next question about them.
pub(super) struct Known<'f> {
    azure: Azure<'f>,
    decrypts: bool,
    ruleset: Rc<Ruleset>,
    findings: Findings,
}

impl Known<'_> {
    /// Whether it answers this question: where nothing is decrypted, all that is allowed is allowed untouched.
    fn answers(&self, azure: &Azure<'_>) -> bool {
        let alike = |plane| !self.decrypts && matches!(plane, Plane::Access | Plane::Untouched);
        let (own, other) = (self.azure.plane, azure.plane);
        self.azure.paths == azure.paths && (own == other || (alike(own) && alike(other)))
    }
}

/// The same for files that may have been read already.
pub(in crate::verify) fn read_from<'f>(
    shelf: &mut Shelf<'f>,
    azure: Azure<'f>,
    findings: &mut Findings,
) -> Result<Rc<Ruleset>, ReadError> {
    let known = match shelf.policy.take() {
        Some(known) if known.answers(&azure) => known,
        _ => {
            let mut findings = Findings::default();
            let (ruleset, decrypts) = read_policy(shelf.files, &azure, &mut findings)?;
            Known { azure, decrypts, ruleset: Rc::new(ruleset), findings }
        }
    };
    findings.append(known.findings.clone());
    let ruleset = known.ruleset.clone();
    shelf.policy = Some(known);
    Ok(ruleset)
}

/// The same for one file whose form is known. The Terraform files beside it say what its names stand for.
pub fn read_one(
    files: &Files<'_>,
    path: &str,
    form: Form,
    plane: Plane,
    findings: &mut Findings,
) -> Result<Ruleset, ReadError> {
    let mut policy = Policy::default();
    add(files, path, form, &mut policy)?;
    if form == Form::Terraform {
        let module = module(files, path);
        for beside in module.blocks.iter().filter(|beside| **beside != path) {
            let mut other = Policy::default();
            // Of a neighbour that cannot be read, no name is known.
            if add(files, beside, form, &mut other).is_ok() {
                for (name, said) in other.names {
                    policy.names.entry(name).or_insert(said);
                }
            }
        }
        add_values(files, &module, &mut policy)?;
    }
    if policy.groups.is_empty() && policy.open.is_empty() {
        policy.open.push((Line::new(path, 0), "there is no rule collection group in the file".into()));
    }
    Ok(ruleset(&policy, plane, findings).0)
}

/// Adds the values of a Terraform module's variables, and tells of its files that are not read.
fn add_values<'f>(files: &Files<'f>, module: &Module<'f>, policy: &mut Policy<'f>) -> Result<(), ReadError> {
    for path in &module.values {
        let (path, text) = text(files, path)?;
        azure_terraform::read_values(path, text, policy)?;
    }
    for path in &module.others {
        let reason = "a file of this Terraform module that is not read: move it elsewhere, or say in the others what it says";
        policy.open.push((Line::new(path, 0), reason.into()));
    }
    Ok(())
}

/// The path and text of a file.
fn text<'f>(files: &Files<'f>, path: &str) -> Result<(&'f str, &'f str), ReadError> {
    let whole = Line::new(path, 0);
    let (path, bytes) = files.named(path).ok_or_else(|| ReadError::new(&whole, "there is no such file"))?;
    if bytes.len() > LARGEST {
        return Err(ReadError::new(&whole, "the file is too large"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ReadError::new(&whole, "the file is no text"))?;
    Ok((path, text.trim_start_matches('\u{feff}')))
}

fn add<'f>(files: &Files<'f>, path: &str, form: Form, policy: &mut Policy<'f>) -> Result<(), ReadError> {
    let (path, text) = text(files, path)?;
    match form {
        Form::Arm => azure_arm::read(path, text, policy),
        Form::Bicep => azure_bicep::read(path, text, policy),
        Form::Terraform => azure_terraform::read(path, text, policy),
    }
}

/// What a policy does, and whether a rule of it decrypts.
fn ruleset(policy: &Policy<'_>, plane: Plane, findings: &mut Findings) -> (Ruleset, bool) {
    let mut ruleset = Ruleset::default();
    for (line, reason) in &policy.open {
        ruleset.cannot_decide(line.clone(), reason.clone());
    }
    let decrypts = azure_rules::add_rules(policy, plane, &mut ruleset, findings);
    tell_addresses(&mut ruleset);
    (ruleset, decrypts)
}
