//! Why no answer came, in words.

use std::borrow::Cow;

use super::{Hop, Judged, Lost, Probe, Silence, Situation, Step};

/// Of an entry that must not go through a proxy.
const DIRECT: &str = "the service cannot be used through a proxy: the firewall and the name service have to let \
                      clients reach it themselves";

/// Why no answer came, in words.
pub(super) fn words(probe: &Probe, lost: &Lost) -> Judged {
    let judged = |situation, what, help: &'static str| Judged { situation, what, help: help.into() };
    match lost {
        Lost::Unresolved { hop: Hop::Host, why } => judged(
            Situation::Unresolved,
            format!("the name does not resolve: {why}"),
            if probe.direct {
                DIRECT
            } else {
                "the sensor resolves names itself where it uses no proxy; `--proxy URL` asks through one"
            },
        ),
        Lost::Unresolved { hop: Hop::Proxy, why } => judged(
            Situation::Unresolved,
            format!("the proxy's name does not resolve: {why}"),
            "the name stands in `--proxy`, or in `client.proxy` of the profile",
        ),
        Lost::Silent { hop, step, silence } => Judged {
            situation: Situation::NoAnswer,
            what: silent(*hop, *step, silence),
            help: silent_help(probe, *hop, *step, silence),
        },
        Lost::NoTls(why) => judged(
            Situation::NoTls,
            format!("no TLS connection can be made: {why}"),
            "a firewall that closes connections by the name in TLS looks like this, and so does a device on the way \
             that speaks no TLS 1.2 or 1.3",
        ),
        Lost::NotHttp { hop, why } => judged(
            Situation::NotHttp,
            match hop {
                Hop::Proxy => format!("what listens at the proxy's address is no HTTP proxy: {why}"),
                Hop::Host => format!("what answers is no HTTP server: {why}"),
            },
            "a portal or another device may answer in the server's place",
        ),
    }
}

fn silent(hop: Hop, step: Step, silence: &Silence) -> String {
    let who = match hop {
        Hop::Proxy => "the proxy",
        Hop::Host => "the server",
    };
    let to = match step {
        Step::Connect => "a TCP connection",
        Step::Tunnel => "CONNECT",
        Step::Tls => "the start of TLS",
        Step::Answer => "the request",
    };
    match silence {
        Silence::TimedOut(seconds) => format!("{who} does not answer {to} within {seconds} s"),
        Silence::Refused => format!("{who} refuses {to}"),
        Silence::Closed => format!("{who} answers {to} by closing the connection"),
        Silence::Broken(why) => format!("{who} is not reached with {to}: {why}"),
    }
}

fn silent_help(probe: &Probe, hop: Hop, step: Step, silence: &Silence) -> Cow<'static, str> {
    let help = match (hop, step) {
        (Hop::Proxy, Step::Connect) => {
            "host and port stand in `--proxy`, or in `client.proxy` of the profile; a firewall between here and the proxy must let them pass"
        }
        (Hop::Proxy, _) if !matches!(silence, Silence::TimedOut(_)) => "the proxy's log says why",
        (Hop::Proxy, _) => {
            "a firewall behind the proxy that drops packets looks like this from here: ask for the address from the \
             proxy itself"
        }
        (Hop::Host, Step::Connect) if probe.direct => DIRECT,
        (Hop::Host, Step::Connect) => {
            return format!(
                "a firewall on the way has to let TCP port {} to it pass; where clients use a proxy, `--proxy URL` \
                 names it",
                probe.port
            )
            .into();
        }
        (Hop::Host, _) => {
            "a firewall or proxy on the way that looks into connections may drop it: see its log"
        }
    };
    help.into()
}
