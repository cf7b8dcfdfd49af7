//! Terraform files: variables and `azurerm_firewall_policy_rule_collection_group`, put into the words of ARM.

use super::ReadError;
use super::azure::{Group, Policy, holds_rules};
use super::azure_beside::add_policy;
use super::literal::{Between, Literal, Value, value};
use super::token::{HCL, Kind, Tokens};
use crate::verify::ruleset::Line;

/// The resource that is read.
const GROUPS: &str = "azurerm_firewall_policy_rule_collection_group";

/// Blocks within each other.
const DEEPEST: usize = 16;

/// Adds the groups of a file.
pub(super) fn read<'f>(path: &'f str, text: &'f str, policy: &mut Policy<'f>) -> Result<(), ReadError> {
    let top = parse(path, text)?;
    for (head, mut block) in top.into_entries() {
        let words: Vec<&str> = head.split(' ').collect();
        let line = Line::new(path, block.line);
        match words.as_slice() {
            ["variable", name] => {
                if let Some(default) = block.take("default") {
                    policy.name(format!("var.{name}"), default, path);
                }
            }
            ["locals"] => {
                for (name, said) in block.into_entries() {
                    policy.name(format!("local.{name}"), said, path);
                }
            }
            ["resource", GROUPS, _] => {
                let name = block.get("name").cloned();
                let properties = group(block, path, policy);
                policy.groups.push(Group { path, name, properties });
            }
            ["resource", "azurerm_firewall_policy", _] => add_policy(&block, path, policy),
            ["resource", "azapi_resource" | "azapi_update_resource", _]
                if block
                    .get("type")
                    .and_then(Literal::text)
                    .is_some_and(|kind| !holds_rules(&kind.to_ascii_lowercase())) => {}
            [
                "resource",
                "azapi_resource"
                | "azapi_update_resource"
                | "azurerm_firewall_application_rule_collection"
                | "azurerm_firewall_network_rule_collection"
                | "azurerm_resource_group_template_deployment"
                | "azurerm_template_deployment",
                _,
            ]
            | ["module", _] => policy.open.push((line, format!("`{head}` is not read"))),
            [
                "resource" | "data" | "terraform" | "provider" | "output" | "moved" | "import" | "check",
                ..,
            ] => {}
            _ => policy.open.push((line, format!("`{head}` is not followed"))),
        }
    }
    Ok(())
}

/// Takes the values of variables, which count in place of what the blocks say.
pub(super) fn read_values<'f>(
    path: &'f str,
    text: &'f str,
    policy: &mut Policy<'f>,
) -> Result<(), ReadError> {
    for (name, said) in parse(path, text)?.into_entries() {
        policy.names.insert(format!("var.{name}"), said);
    }
    Ok(())
}

fn parse(path: &str, text: &str) -> Result<Literal, ReadError> {
    let mut tokens = Tokens::new(text, HCL);
    body(&mut tokens).map_err(|message| {
        let message = tokens.broken.map_or(message, str::to_owned);
        ReadError::new(&Line::new(path, tokens.line()), message)
    })
}

/// Head, line and what it holds so far.
type Block = (String, u32, Vec<(String, Literal)>);

/// The attributes and blocks of a file; blocks are maps under their head, and may repeat.
fn body(tokens: &mut Tokens<'_>) -> Result<Literal, String> {
    let mut open: Vec<Block> = vec![(String::new(), 1, Vec::new())];
    loop {
        tokens.skip_lines();
        let line = tokens.line();
        if tokens.take("}") {
            let (head, line, entries) = open.pop().ok_or("`}` without `{`")?;
            let (_, _, parent) = open.last_mut().ok_or("`}` without `{`")?;
            parent.push((head, Literal { value: Value::Map(entries), line }));
            continue;
        }
        if tokens.peek().is_none() {
            let (_, line, entries) = open.pop().ok_or("`{` without `}`")?;
            if !open.is_empty() || tokens.broken.is_some() {
                return Err("`{` without `}`".into());
            }
            return Ok(Literal { value: Value::Map(entries), line });
        }
        let name = name(tokens).ok_or("neither an attribute nor a block")?;
        if tokens.take("=") {
            let said = value(tokens, Between::CommaOrEnd, &["=", ":"])?;
            if !(tokens.peek().is_none_or(|token| token.kind == Kind::Line || token.text == "}")) {
                return Err("something behind the end of a value".into());
            }
            let (_, _, entries) = open.last_mut().ok_or("`}` without `{`")?;
            entries.push((name, said));
            continue;
        }
        let mut head = name;
        while let Some(label) = tokens.take_text() {
            head.push(' ');
            head.push_str(&label);
        }
        if !tokens.take("{") {
            return Err(format!("neither `=` nor `{{` behind `{head}`"));
        }
        if open.len() > DEEPEST {
            return Err("too many blocks within each other".into());
        }
        open.push((head, line, Vec::new()));
    }
}

fn name(tokens: &mut Tokens<'_>) -> Option<String> {
    let mut name = tokens.take_word()?;
    while tokens.take("-") {
        name.push('-');
        name.push_str(&tokens.take_word()?);
    }
    Some(name)
}

/// A group in the words of ARM. What it does not know, it leaves open.
fn group(block: Literal, path: &str, policy: &mut Policy<'_>) -> Literal {
    let mut collections = Vec::new();
    let mut properties = Vec::new();
    let line = block.line;
    for (key, said) in block.into_entries() {
        match key.as_str() {
            "name" | "firewall_policy_id" | "depends_on" | "timeouts" | "nat_rule_collection" => {}
            "priority" => properties.push((key, said)),
            "application_rule_collection" => {
                collections.push(collection(said, "ApplicationRule", path, policy));
            }
            "network_rule_collection" => collections.push(collection(said, "NetworkRule", path, policy)),
            other => unknown(other, &said, path, policy),
        }
    }
    properties.push(("ruleCollections".to_owned(), Literal { value: Value::List(collections), line }));
    Literal { value: Value::Map(properties), line }
}

fn collection(block: Literal, kind: &str, path: &str, policy: &mut Policy<'_>) -> Literal {
    let mut rules = Vec::new();
    let line = block.line;
    let text = |text: &str| Literal { value: Value::Text(text.to_owned()), line };
    let mut entries = vec![("ruleCollectionType".to_owned(), text("FirewallPolicyFilterRuleCollection"))];
    for (key, said) in block.into_entries() {
        match key.as_str() {
            "name" | "priority" => entries.push((key, said)),
            "action" => {
                let line = said.line;
                let action = Value::Map(vec![("type".to_owned(), said)]);
                entries.push((key, Literal { value: action, line }));
            }
            "rule" => rules.push(rule(said, kind, path, policy)),
            other => unknown(other, &said, path, policy),
        }
    }
    entries.push(("rules".to_owned(), Literal { value: Value::List(rules), line }));
    Literal { value: Value::Map(entries), line }
}

fn rule(block: Literal, kind: &str, path: &str, policy: &mut Policy<'_>) -> Literal {
    let line = block.line;
    let mut entries = vec![("ruleType".to_owned(), Literal { value: Value::Text(kind.to_owned()), line })];
    let mut protocols = Vec::new();
    let is_network = kind == "NetworkRule";
    for (key, said) in block.into_entries() {
        let name = match key.as_str() {
            "protocols" if !is_network => {
                let rename = |(key, said): (String, Literal)| {
                    (if key == "type" { "protocolType".to_owned() } else { key }, said)
                };
                let line = said.line;
                let renamed = said.into_entries().into_iter().map(rename).collect();
                protocols.push(Literal { value: Value::Map(renamed), line });
                continue;
            }
            "protocols" => "ipProtocols",
            "name" | "description" => key.as_str(),
            "source_addresses" => "sourceAddresses",
            "source_ip_groups" => "sourceIpGroups",
            "destination_addresses" => "destinationAddresses",
            "destination_ip_groups" => "destinationIpGroups",
            "destination_ports" => "destinationPorts",
            "destination_fqdns" if is_network => "destinationFqdns",
            "destination_fqdns" => "targetFqdns",
            "destination_urls" => "targetUrls",
            "destination_fqdn_tags" => "fqdnTags",
            "web_categories" => "webCategories",
            "terminate_tls" => "terminateTLS",
            "http_headers" => "httpHeadersToInsert",
            other => {
                unknown(other, &said, path, policy);
                continue;
            }
        };
        entries.push((name.to_owned(), said));
    }
    if !is_network {
        entries.push(("protocols".to_owned(), Literal { value: Value::List(protocols), line }));
    }
    Literal { value: Value::Map(entries), line }
}

fn unknown(name: &str, at: &Literal, path: &str, policy: &mut Policy<'_>) {
    policy.open.push((Line::new(path, at.line), format!("`{name}` is not followed")));
}
