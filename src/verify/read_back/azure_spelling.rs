//! Names of properties as ARM knows them: it reads them whatever their case, and Bicep hands them on as they are.

use super::literal::{Literal, Value};

/// Names that are asked for, as they are written here.
const KNOWN: &[&str] = &[
    "action",
    "basePolicy",
    "condition",
    "copy",
    "defaultValue",
    "description",
    "destinationAddresses",
    "destinationFqdns",
    "destinationIpGroups",
    "destinationPorts",
    "fqdnTags",
    "httpHeadersToInsert",
    "intrusionDetection",
    "ipProtocols",
    "mode",
    "name",
    "parameters",
    "port",
    "priority",
    "properties",
    "protocolType",
    "protocols",
    "resources",
    "ruleCollectionType",
    "ruleCollections",
    "ruleType",
    "rules",
    "sourceAddresses",
    "sourceIpGroups",
    "targetFqdns",
    "targetUrls",
    "template",
    "terminateTLS",
    "threatIntelMode",
    "type",
    "value",
    "variables",
    "webCategories",
];

/// Spells the known names in all maps as they are asked for, and tells of names that stand twice in one map.
pub(super) fn spell(literal: &mut Literal, twice: &mut Vec<(u32, String)>) {
    match &mut literal.value {
        Value::List(members) => members.iter_mut().for_each(|member| spell(member, twice)),
        Value::Map(entries) => {
            for (key, said) in entries.iter_mut() {
                if let Some(known) = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(key))
                    && known != key
                {
                    *key = (*known).to_owned();
                }
                spell(said, twice);
            }
            let mut keys: Vec<String> = entries.iter().map(|(key, _)| key.to_ascii_lowercase()).collect();
            keys.sort_unstable();
            let pairs =
                keys.windows(2).filter_map(|pair| pair.first().filter(|first| Some(*first) == pair.last()));
            twice.extend(pairs.map(|key| (literal.line, key.clone())));
        }
        Value::Text(_) | Value::Word(_) => {}
    }
}
