//! Azure Firewall policies: rule collection groups in ARM templates, Bicep files or Terraform, as one ruleset.
//!
//! Requests are taken to come from the clients that the files are for, so source addresses hold. Network rules come
//! before all application rules, and within each kind the lower priority number first: that of the group, then that of the
//! collection. Rules for TLS know a path only if they decrypt. What a template computes is not followed.

use std::collections::BTreeMap;

use super::literal::Literal;
use super::{Files, ReadError, azure_arm, azure_bicep, azure_rules, azure_terraform};
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
}

/// A rule collection group as ARM spells its properties.
pub(super) struct Group<'f> {
    pub(super) path: &'f str,
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
    /// What `value` stands for, names followed.
    pub(super) fn resolve<'v>(&'v self, value: &'v Literal) -> &'v Literal {
        let mut value = value;
        // A name for a name for a name: eight are more than anybody writes, and a circle ends.
        for _ in 0..8 {
            // In ARM an expression is a text in brackets.
            let expression = value.text().filter(|text| text.starts_with('['));
            let name = value.word().or(expression).unwrap_or_default();
            let Some(next) = self.names.get(name) else { break };
            value = next;
        }
        value
    }
}

/// Bytes of a file that are read.
const LARGEST: usize = 16 << 20;

/// What the firewall would do with these files.
pub fn read(files: &Files<'_>, azure: &Azure<'_>, findings: &mut Findings) -> Result<Ruleset, ReadError> {
    let mut policy = Policy::default();
    for path in &azure.paths {
        let whole = Line::new(path, 0);
        let (path, bytes) =
            files.named(path).ok_or_else(|| ReadError::new(&whole, "there is no such file"))?;
        if bytes.len() > LARGEST {
            return Err(ReadError::new(&whole, "the file is too large"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ReadError::new(&whole, "the file is no text"))?;
        match path.rsplit('.').next() {
            Some("json") => azure_arm::read(path, text, &mut policy)?,
            Some("bicep") => azure_bicep::read(path, text, &mut policy)?,
            Some("tf") => azure_terraform::read(path, text, &mut policy)?,
            _ => return Err(ReadError::new(&whole, "the file is neither ARM, Bicep nor Terraform")),
        }
    }
    let mut ruleset = Ruleset::default();
    for (line, reason) in &policy.open {
        ruleset.cannot_decide(line.clone(), reason.clone());
    }
    azure_rules::add_rules(&policy, azure.plane, &mut ruleset, findings);
    Ok(ruleset)
}
