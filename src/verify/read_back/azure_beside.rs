//! What decides beside the rules of a policy: the policy that it stands on, and what refuses by itself.

use super::azure::Policy;
use super::literal::Literal;
use crate::verify::ruleset::Line;

/// Properties of a policy, by ARM and by Terraform, that allow and refuse nothing.
const SILENT: &[&str] = &[
    "auto_learn_private_ranges_enabled",
    "depends_on",
    "dns",
    "dnsSettings",
    "explicitProxy",
    "explicit_proxy",
    "identity",
    "insights",
    "lifecycle",
    "location",
    "name",
    "private_ip_ranges",
    "provider",
    "provisioningState",
    "resource_group_name",
    "sku",
    "snat",
    "sql",
    "sql_redirect_allowed",
    "tags",
    "threatIntelWhitelist",
    "threat_intelligence_allowlist",
    "timeouts",
    "tls_certificate",
    "transportSecurity",
];

/// Tells of the properties of a policy that decide.
pub(super) fn add_policy(properties: &Literal, path: &str, policy: &mut Policy<'_>) {
    for (key, said) in properties.entries() {
        let said = policy.resolve(said);
        let watches = |said: Option<&Literal>| matches!(said.and_then(Literal::text), Some("Off" | "Alert"));
        let is_silent = match key.as_str() {
            "threatIntelMode" | "threat_intelligence_mode" => watches(Some(said)),
            "intrusionDetection" | "intrusion_detection" => {
                watches(said.get("mode").map(|mode| policy.resolve(mode)))
            }
            key => said.is_null() || SILENT.contains(&key),
        };
        if !is_silent {
            let line = Line::new(path, said.line);
            policy.open.push((line, format!("`{key}` of the policy decides as well, and is not followed")));
        }
    }
}
