//! Types of Squid's acls with their options.

use super::squid_acl::Tested;
use crate::verify::ports::Ports;
use crate::verify::ruleset::{Line, Ruleset, Subject};

/// Types of acl that Squid knows and that are not followed here.
const OTHER_TYPES: &[&str] = &[
    "adaptation_service",
    "all-of",
    "annotate_client",
    "annotate_transaction",
    "any-of",
    "arp",
    "browser",
    "clientside_mark",
    "client_connection_mark",
    "connections_encrypted",
    "dst_as",
    "dst_quota",
    "eui64",
    "external",
    "ext_user",
    "ext_user_regex",
    "has",
    "hier_code",
    "http_status",
    "ident",
    "ident_regex",
    "localip",
    "max_user_ip",
    "maxconn",
    "myip",
    "myport",
    "myportname",
    "note",
    "peername",
    "peername_regex",
    "random",
    "referer_regex",
    "rep_header",
    "rep_mime_type",
    "req_header",
    "req_mime_type",
    "snmp_community",
    "squid_error",
    "src_as",
    "srcdom_regex",
    "srcdomain",
    "ssl_error",
    "ssl::certDomainMismatch",
    "ssl::certHasExpired",
    "ssl::certNotYetValid",
    "ssl::certSelfSigned",
    "ssl::certUntrusted",
    "tag",
    "time",
    "transaction_initiator",
    "url_regex",
    "urllogin",
    "user_cert",
    "ca_cert",
    "server_cert_fingerprint",
];

/// Names are matched all the same; only requests for addresses depend on who answers for their names.
fn doubt_lookups(name: &str, numeric: bool, line: &Line, ruleset: &mut Ruleset) {
    if !numeric {
        let reason = format!("acl `{name}`: an address is looked up by its name there, for `-n` is missing");
        ruleset.is_open(line.clone(), reason);
    }
}

/// What an acl of this type and with these options tests, before its values are known.
pub(super) fn tested(
    name: &str,
    kind: &str,
    options: &[&str],
    line: &Line,
    ruleset: &mut Ruleset,
) -> Result<Tested, String> {
    let only = |allowed: &[&str]| match options.iter().find(|option| !allowed.contains(option)) {
        Some(option) => Err(format!("a `{kind}` acl has no option `{option}`")),
        None => Ok(()),
    };
    let has = |option: &str| options.contains(&option);
    let mut hosts = |subject| Tested::Hosts(ruleset.add_hosts(name, subject));
    Ok(match kind {
        "dstdomain" | "dstdom_regex" => {
            only(&["-n"])?;
            let tested = hosts(Subject::Destination);
            doubt_lookups(name, has("-n"), line, ruleset);
            tested
        }
        "ssl::server_name" | "ssl::server_name_regex" => {
            let sources = ["--client-requested", "--server-provided", "--consensus"];
            only(&sources)?;
            if sources.iter().filter(|source| has(source)).count() > 1 {
                return Err("a server name acl takes one option only".into());
            }
            if has("--client-requested") {
                hosts(Subject::ServerName)
            } else {
                unknown("the name is that of the server's certificate")
            }
        }
        "dst" => {
            only(&["-n"])?;
            if has("-n") {
                hosts(Subject::Destination)
            } else {
                unknown("names are resolved there, for `-n` is missing")
            }
        }
        "port" => {
            only(&[])?;
            Tested::Ports(Ports::none())
        }
        "localport" => {
            only(&[])?;
            Tested::LocalPorts(Ports::none())
        }
        "proto" => {
            only(&[])?;
            Tested::Proto(Vec::new())
        }
        "method" => {
            only(&[])?;
            Tested::Method(Vec::new())
        }
        "at_step" => {
            only(&[])?;
            Tested::Step(Vec::new())
        }
        "urlpath_regex" => {
            only(&[])?;
            Tested::Paths(ruleset.add_paths(name))
        }
        "src" => Tested::Client,
        "proxy_auth" | "proxy_auth_regex" => Tested::Login,
        other if OTHER_TYPES.contains(&other) => unknown(&format!("a `{other}` acl is not followed")),
        other => return Err(format!("there is no acl type `{other}`")),
    })
}

fn unknown(reason: &str) -> Tested {
    Tested::Unknown(reason.to_owned())
}
