//! Events 4 and 5 of the Sense log: how often the sensor reached an URI.

use crate::console::{find, holds, lines};
use crate::diagnose::signal::of_text;
use crate::diagnose::trial::{Said, Trial};

/// One trial for each event: `Contacted server 6 times, all succeeded, URI: host.`
pub(super) fn read(text: &str) -> Vec<Trial> {
    let event = |(line, content): (u32, &str)| {
        let rest = find(content, "contacted server ")?;
        let uri = find(rest, "URI:")?.split_whitespace().next()?.trim_end_matches(['.', ',', ';']);
        let worked = holds(rest, "all succeeded");
        let said = if worked { Said::Succeeded } else { Said::Failed };
        Some(Trial::judged(uri, Some(line), said, if worked { Vec::new() } else { of_text(content) }))
    };
    lines(text).filter_map(event).collect()
}
