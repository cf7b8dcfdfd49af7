//! What is wrong with a server's certificate, in words.

use rustls::CertificateError;
use rustls::pki_types::{ServerName, UnixTime};

use crate::date::day_after;

const CLOCK: &str =
    "compare this machine's clock and date first; if they are right, the server's operator has to act";
const NAMES: &str =
    "a device on the way may answer in the server's place; see what certificate a browser shows";
const AUTHORITY: &str =
    "where a device of your own inspects TLS, `--ca-bundle FILE` takes its authority's certificate";

/// What is wrong, and what to do about it.
pub(crate) fn words(error: &CertificateError) -> (String, &'static str) {
    match error {
        CertificateError::NotValidYetContext { time, not_before } => (
            format!(
                "the server's certificate is not yet valid: it is from {}, {}",
                day(*not_before),
                clock(*time)
            ),
            CLOCK,
        ),
        CertificateError::NotValidYet => ("the server's certificate is not yet valid".to_owned(), CLOCK),
        CertificateError::ExpiredContext { time, not_after } => (
            format!(
                "the server's certificate has expired: it ended on {}, {}",
                day(*not_after),
                clock(*time)
            ),
            CLOCK,
        ),
        CertificateError::Expired => ("the server's certificate has expired".to_owned(), CLOCK),
        CertificateError::NotValidForNameContext { expected, presented } => {
            (other_name(expected, presented), NAMES)
        }
        CertificateError::NotValidForName => {
            ("the server's certificate is for another name".to_owned(), NAMES)
        }
        CertificateError::UnknownIssuer => (
            "the server's certificate is from an authority that this machine does not trust".to_owned(),
            AUTHORITY,
        ),
        CertificateError::Revoked => ("the server's certificate was revoked".to_owned(), NAMES),
        other => (format!("the server's certificate is not sound: {}", fault(other)), NAMES),
    }
}

/// The rarer faults, whose own words are those of the program below.
fn fault(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::BadEncoding => "it cannot be read",
        CertificateError::BadSignature => "its signature is wrong",
        CertificateError::UnhandledCriticalExtension => {
            "it has an extension that must be understood and is not known"
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not for servers"
        }
        CertificateError::UnknownRevocationStatus | CertificateError::ExpiredRevocationList => {
            "whether it was revoked is not known"
        }
        // Such as one of an authority in a server's place.
        _ => {
            "it breaks a rule for certificates of servers, or its signature is of a kind that is not taken any more"
        }
    }
}

fn other_name(expected: &ServerName<'static>, presented: &[String]) -> String {
    const SHOWN: usize = 3;
    // The lower layer writes `DnsName("name")`.
    let names: Vec<&str> =
        presented.iter().take(SHOWN).map(|name| name.split('"').nth(1).unwrap_or(name)).collect();
    let more = if presented.len() > SHOWN { ", …" } else { "" };
    format!(
        "the server's certificate is not for `{}` but for `{}`{more}",
        expected.to_str(),
        names.join("`, `")
    )
}

fn clock(now: UnixTime) -> String {
    format!("and this machine's clock says {}", day(now))
}

fn day(time: UnixTime) -> String {
    day_after(1970, time.as_secs() / 86_400)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_time_has_its_day() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_767_225_599, "2025-12-31"),
            (4_107_542_400, "2100-03-01"),
            (u64::MAX, "9999-12-31"),
        ] {
            let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
            assert_eq!(day(time), expected, "{seconds}");
        }
    }
}
