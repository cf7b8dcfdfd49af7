//! Access logs of any size, made up: the same number always gives the same line.
#![allow(dead_code, unreachable_pub, reason = "each user of it needs a part")]

use std::io::{self, Write};

/// Hosts that a fleet asks for and lists name, each with what becomes of it.
pub const NEEDED: [&str; 8] = [
    "winatp-gw-neu.microsoft.com",
    "winatp-gw-weu.microsoft.com",
    "europe.x.cp.wd.microsoft.com",
    "eu-v20.events.data.microsoft.com",
    "go.microsoft.com",
    "definitionupdates.microsoft.com",
    "usseu1northprod.blob.core.windows.net",
    "settings-win.data.microsoft.com",
];

/// The needed host that is denied, once in so many lines.
pub const DENIED: (&str, u64) = ("winatp-gw-ukw.microsoft.com", 1_000_003);

/// Other hosts: as many as a company of some size asks for in a day.
const OTHERS: u64 = 30_000;

/// The line with this number, with its end: about one in ten is of a needed host, few hosts make up most of the rest, and
/// a third are clear-text or opened requests with a path.
pub fn line(number: u64, out: &mut impl Write) -> io::Result<()> {
    let mixed = mix(number);
    let (seconds, millis) = (1_795_538_190 + number / 400, mixed % 1000);
    let elapsed = mixed / 7 % 90_000;
    let client = mixed / 11;
    write!(
        out,
        "{seconds}.{millis:03} {elapsed:6} 10.{}.{}.{} ",
        client % 4,
        client / 4 % 250,
        client / 1000 % 250
    )?;
    let bytes = 300 + mixed / 13 % 90_000;
    if number % DENIED.1 == DENIED.1 - 1 {
        return writeln!(out, "TCP_DENIED/403 3890 CONNECT {}:443 - HIER_NONE/- text/html", DENIED.0);
    }
    let server = mixed / 17 % 65_000;
    let (far, near) = (server / 250, server % 250);
    if mixed.is_multiple_of(10) {
        let host = NEEDED[usize::try_from(mixed / 10 % 8).unwrap_or(0)];
        return writeln!(out, "TCP_TUNNEL/200 {bytes} CONNECT {host}:443 - HIER_DIRECT/20.82.{far}.{near} -");
    }
    // The cube makes few hosts frequent: requests fall with the rank of a host to the power of two thirds.
    let part = mixed / 19 % OTHERS;
    let other = part * part / OTHERS * part / OTHERS;
    let zone =
        ["contoso.com", "fabrikam.net", "northwind.example.com"][usize::try_from(other % 3).unwrap_or(0)];
    if mixed.is_multiple_of(3) {
        let path = mixed / 23 % 1_000_000;
        writeln!(
            out,
            "TCP_MISS/200 {bytes} GET http://assets-{other}.cdn.{zone}/static/bundles/{path}/main.js?v={near} jo HIER_DIRECT/198.51.{far}.{near} application/javascript"
        )
    } else {
        writeln!(
            out,
            "TCP_TUNNEL/200 {bytes} CONNECT service-{other}.{zone}:443 jo HIER_DIRECT/198.51.{far}.{near} -"
        )
    }
}

/// Lines from the first on, until there are at least so many bytes.
pub fn write(least: u64, out: &mut impl Write) -> io::Result<u64> {
    let mut counting = Counting { out, bytes: 0 };
    let mut number = 0;
    while counting.bytes < least {
        line(number, &mut counting)?;
        number += 1;
    }
    Ok(number)
}

struct Counting<'w, W> {
    out: &'w mut W,
    bytes: u64,
}

impl<W: Write> Write for Counting<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Numbers far apart for numbers close together.
fn mix(number: u64) -> u64 {
    let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 16
}
