//! The monitoring agent's TestCloudConnection, read as a test of its hosts.

use crate::diagnose::signal::of_text;
use crate::diagnose::trial::{Said, Trial};
use crate::import::cloud_connection;

/// One trial for each host of each section.
pub(super) fn read(text: &str) -> Vec<Trial> {
    let read = cloud_connection::read(text);
    let hosts = read.sections.iter().flat_map(|section| &section.hosts);
    let trial = |host: &cloud_connection::Named| {
        let said = if host.failure.is_some() { Said::Failed } else { Said::Succeeded };
        let signals = host.failure.as_deref().map(of_text).unwrap_or_default();
        Trial::judged(format!("https://{}", host.text), Some(host.line), said, signals)
    };
    hosts.map(trial).collect()
}
