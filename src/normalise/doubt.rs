//! What is doubtful in an address: it is read in one way, and the finding says in which.

use std::collections::BTreeSet;
use std::sync::Arc;

use ipnet::IpNet;

use crate::diagnostic::{Code, Finding, Findings};
use crate::origin::Origin;
use crate::pattern::{
    Host, Parsed, Path, Pattern, Scheme, parse_address, starts_like_a_host, unknown_top_level,
};
use crate::rules::Rules;
use crate::select::{EXTRA, Endpoint};

/// Addresses whose row has several ports, one of which is the one that the address itself says.
pub(super) struct Agreeing(BTreeSet<(Origin, Arc<str>)>);

impl Agreeing {
    /// The endpoints of one row and address stand side by side, one for each port.
    pub(super) fn new(endpoints: &[Endpoint]) -> Self {
        let of_one_cell = |a: &Endpoint, b: &Endpoint| a.origin.row == b.origin.row && key(a) == key(b);
        let agrees = |ports: &&[Endpoint]| {
            let first = ports.first().filter(|first| ports.len() > 1 && !is_extra(first));
            let written = first.and_then(|first| parse_address(&first.address).ok()?.written_port());
            written.is_some() && ports.iter().any(|endpoint| endpoint.port == written)
        };
        let cells = endpoints.chunk_by(of_one_cell).filter(agrees);
        Self(
            cells
                .filter_map(|ports| ports.first())
                .map(|first| (first.origin.clone(), first.address.clone()))
                .collect(),
        )
    }

    fn has(&self, endpoint: &Endpoint) -> bool {
        !self.0.is_empty() && self.0.contains(&(endpoint.origin.clone(), endpoint.address.clone()))
    }
}

/// Whether the profile adds the address, so that it stands in no row of a list.
fn is_extra(endpoint: &Endpoint) -> bool {
    *endpoint.origin.sheet == *EXTRA
}

fn key(endpoint: &Endpoint) -> (&Origin, &Arc<str>) {
    (&endpoint.origin, &endpoint.address)
}

/// What the port column says against the address.
pub(super) fn report_ports(
    parsed: &Parsed,
    endpoint: &Endpoint,
    agreeing: &Agreeing,
    findings: &mut Findings,
) {
    let (Some(column), Some(written)) = (endpoint.port, parsed.written_port()) else { return };
    if column == written {
        return;
    }
    let address = &endpoint.address;
    let finding = if is_extra(endpoint) {
        let message =
            format!("`port` says {column} and the address `{address}` says {written}; `port` counts");
        Finding::warning(Code::PortContradiction, message)
            .help("write the port once in `select.extra`: as `port`, or in the address")
    } else if agreeing.has(endpoint) {
        let how = if column == Scheme::Http.port() { ", in clear text" } else { "" };
        Finding::warning(
            Code::PortContradiction,
            format!(
                "the address `{address}` says port {written}, as one port of its row does; port {column} stands beside it and \
                 is allowed as well{how}"
            ),
        )
        .help("take the other port out of the cell in a copy of the list if the address is meant alone")
    } else {
        let message = format!(
            "the port column says {column} and the address `{address}` says {written}; the column counts"
        );
        Finding::warning(Code::PortContradiction, message)
            .help("correct the cell in a copy of the list if the address is right")
    };
    findings.push(finding.at(endpoint.place()));
}

/// What else can be read in more than one way.
pub(super) fn report_reading(
    pattern: &Pattern,
    folder: Option<&str>,
    endpoint: &Endpoint,
    rules: &Rules,
    findings: &mut Findings,
) {
    let mut tell = |finding: Finding| findings.push(finding.at(endpoint.place()));
    if !rules.list.ports.contains(&pattern.port) {
        let message = format!(
            "`{}` is for port {}, which no published list has had; it is allowed",
            endpoint.address, pattern.port
        );
        let help = if is_extra(endpoint) {
            "correct the port in `select.extra` if it is a slip"
        } else {
            "leave the row out with `select.exclude` if the port is a slip"
        };
        tell(Finding::warning(Code::PortUnusual, message).help(help));
    }
    if is_extra(endpoint) && endpoint.exempt && pattern.scheme == Scheme::Http {
        let message = format!(
            "`{}` is in clear text on port {}, where nothing is decrypted; `bypass = true` changes nothing for it",
            endpoint.address, pattern.port
        );
        let help = "leave `bypass` out, or add the address on the port where it speaks TLS as well";
        tell(Finding::warning(Code::SettingNotUsed, message).help(help));
    }
    if let Some(source) = folder {
        let message =
            format!("the path `{}` names a folder; what stands below it is allowed as well", pattern.path);
        tell(Finding::note(Code::PathReadAsFolder, message).help(format!("source: {source}")));
    }
    if !is_extra(endpoint)
        && let Some(top) = unknown_top_level(&pattern.host)
    {
        let message = format!(
            "`{}` ends in `{top}`, which is no top-level domain; it is read as it is written",
            endpoint.address
        );
        let help =
            "if it is a slip or a part of a longer name, write the whole address in a copy of the list";
        tell(Finding::warning(Code::TopLevelUnknown, message).help(help));
    }
    match &pattern.host {
        Host::Infix(..) => {
            let message = format!("the `*` in `{}` is read as a part of one label", pattern.host);
            tell(Finding::warning(Code::InnerWildcard, message));
        }
        Host::Net(net) if names_one_address(&endpoint.address, *net) => {
            let message = format!(
                "`{}` is an address inside the network `{net}`; the whole network is allowed",
                endpoint.address
            );
            let help =
                "write the network, or the address without what stands behind the `/`, in a copy of the list";
            tell(Finding::warning(Code::NetworkByAddress, message).help(help));
        }
        _ => {}
    }
    if pattern.path != Path::Any && starts_like_a_host(&pattern.host, &pattern.path) {
        let message = format!(
            "the path of `{}` starts like the name of a host; it is read as the path `{}` of `{}`, and no other host is allowed",
            endpoint.address, pattern.path, pattern.host
        );
        let help = "if two hosts are meant, write a space between them in a copy of the list, or add the second with \
                    `select.extra`";
        tell(Finding::warning(Code::PathLikeHost, message).help(help));
    }
}

/// Whether the text gives more of an address than the network that it is read as.
fn names_one_address(text: &str, net: IpNet) -> bool {
    text.trim().parse::<IpNet>().is_ok_and(|written| written != net)
}
