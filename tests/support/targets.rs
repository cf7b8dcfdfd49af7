//! Files of shipped targets for a list, and what the list means once its recorded losses are taken into account.

use std::collections::BTreeMap;

use allowlistc::allowlist::{Allowlist, Entry, Product};
use allowlistc::diagnostic::{Findings, Place};
use allowlistc::lower::{Loss, lower};
use allowlistc::pattern::Pattern;
use allowlistc::render::{RenderContext, render};
use allowlistc::target::{Registry, Settings, Value};
use allowlistc::verify::read_back::Files;
use allowlistc::verify::{Ruleset, expected};

/// The files of one target.
pub(crate) struct Built {
    pub(crate) list: Allowlist,
    pub(crate) losses: Vec<Loss>,
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

impl Built {
    pub(crate) fn new(target: &str, list: Allowlist, options: &[(&str, &str)]) -> Self {
        let place = Place::line("profile.toml", 1);
        let value = |text: &str| Value::Text(text.to_owned());
        let options = options.iter().map(|(key, text)| ((*key).to_owned(), (value(text), place.clone())));
        let settings =
            Settings { options: options.collect(), permits: BTreeMap::new(), ..Settings::default() };
        let registry = Registry::shipped().unwrap();
        let target = registry.get(target).unwrap();
        let mut findings = Findings::default();
        let plan = lower(&list, target, &settings, "test", &mut findings);
        let context =
            RenderContext { profile: "test".into(), sources: Vec::new(), tool_version: "0.1.0".into() };
        let artifacts = render(&plan, target, &context, &mut findings);
        assert!(!findings.has_errors(), "{findings:#?}");
        let losses = plan.losses.clone();
        let files = artifacts.into_iter().map(|artifact| (artifact.path, artifact.bytes)).collect();
        Self { list, losses, files }
    }

    #[allow(dead_code, reason = "not every test file has one reading of all")]
    pub(crate) fn files(&self) -> Files<'_> {
        Files::new(self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())))
    }

    #[allow(dead_code, reason = "not every test file changes texts")]
    pub(crate) fn text(&self, path: &str) -> &str {
        let (_, bytes) = self.files.iter().find(|(known, _)| known == path).unwrap();
        std::str::from_utf8(bytes).unwrap()
    }

    /// The meaning of a product with the losses that the list of that name has.
    pub(crate) fn planned(&self, product: Product, list: &str) -> Ruleset {
        let losses: Vec<&Loss> = self.losses.iter().filter(|loss| loss.list == list).collect();
        let entries = self.list.entries().iter().flat_map(|entry| {
            let mut said: Vec<Pattern> = vec![entry.pattern.clone()];
            for loss in losses.iter().filter(|loss| loss.entry == entry.pattern) {
                if let Some(at) = said.iter().position(|pattern| *pattern == loss.before) {
                    said.remove(at);
                    said.extend(loss.after.iter().cloned());
                }
            }
            said.into_iter().map(|pattern| Entry { pattern, ..entry.clone() })
        });
        expected(&Allowlist::new(entries.collect()), product)
    }
}
