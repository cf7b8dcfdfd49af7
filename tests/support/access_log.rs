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

/// The same in the native format of a proxy that mostly serves needed hosts: nine lines of ten.
pub fn listed(number: u64, out: &mut impl Write) -> io::Result<()> {
    let mixed = mix(number);
    if mixed.is_multiple_of(10) || number % DENIED.1 == DENIED.1 - 1 {
        return line(number, out);
    }
    let (seconds, millis) = (1_795_538_190 + number / 400, mixed % 1000);
    let host = NEEDED[usize::try_from(mixed / 10 % 8).unwrap_or(0)];
    let (client, bytes) = (mixed / 11 % 250, 300 + mixed / 13 % 90_000);
    writeln!(
        out,
        "{seconds}.{millis:03} {:6} 10.0.0.{client} TCP_TUNNEL/200 {bytes} CONNECT {host}:443 - HIER_DIRECT/20.82.1.2 -",
        mixed / 7 % 90_000
    )
}

/// The line with this number in the combined format: the words of the native one, and a browser.
pub fn combined(number: u64, out: &mut impl Write) -> io::Result<()> {
    const BROWSERS: [&str; 3] = [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "MsSense",
    ];
    let mut native = Vec::new();
    line(number, &mut native)?;
    let native = String::from_utf8_lossy(&native);
    let words: Vec<&str> = native.split_whitespace().collect();
    let [_, _, client, result, bytes, method, url, user, peer, ..] = words.as_slice() else { return Ok(()) };
    let (result, status) = result.split_once('/').unwrap_or((result, "0"));
    let second = 59_790 + number / 400;
    writeln!(
        out,
        "{client} - {user} [24/Nov/2026:{:02}:{:02}:{:02} +0000] \"{method} {url} HTTP/1.1\" {status} {bytes} \"-\" \"{}\" {result}:{}",
        second / 3600 % 24,
        second / 60 % 60,
        second % 60,
        BROWSERS[usize::try_from(mix(number) % 3).unwrap_or(0)],
        peer.split('/').next().unwrap_or_default()
    )
}

/// Writes the line with a number.
pub type Line = fn(u64, &mut Vec<u8>) -> io::Result<()>;

/// Lines from the first on, until there are at least so many bytes.
pub fn write(least: u64, out: &mut impl Write) -> io::Result<u64> {
    write_lines(least, out, line)
}

/// The same of lines of another kind.
pub fn write_lines(least: u64, out: &mut impl Write, write_line: Line) -> io::Result<u64> {
    let (mut number, mut bytes) = (0, 0);
    let mut written = Vec::new();
    while bytes < least {
        written.clear();
        write_line(number, &mut written)?;
        out.write_all(&written)?;
        bytes += written.len() as u64;
        number += 1;
    }
    Ok(number)
}

/// Numbers far apart for numbers close together.
fn mix(number: u64) -> u64 {
    let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 16
}
