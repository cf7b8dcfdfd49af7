//! Numbers in the texts of errors.

use crate::console::find;
use crate::rules::Signal;

/// What a number means.
type Meaning = fn(i64) -> Option<Signal>;

/// Words behind which a number stands, and what it is.
const NUMBERS: [(&str, Meaning); 9] = [
    ("curl error ", curl),
    ("curl: (", curl),
    ("response ", http),
    ("http code ", http),
    ("status code ", http),
    ("hr=", windows),
    ("hr = ", windows),
    ("hresult: ", windows),
    ("error: (", http),
];

/// What an error in words says: its numbers, and the words themselves.
pub(super) fn of_text(text: &str) -> Vec<Signal> {
    let mut signals: Vec<Signal> = Vec::new();
    for (word, meaning) in NUMBERS {
        let found = find(text, word).and_then(number).and_then(meaning);
        if let Some(signal) = found.filter(|signal| !signals.contains(signal)) {
            signals.push(signal);
        }
    }
    let text = text.trim();
    if !text.is_empty() {
        signals.push(Signal::Text(shortened(text)));
    }
    signals
}

/// A number between brackets: an answer of HTTP, else an error of Windows.
pub(super) fn of_number(number: i64) -> Option<Signal> {
    http(number).or_else(|| windows(number))
}

/// The number that a text starts with: decimal, `0x…`, negative.
pub(super) fn number(text: &str) -> Option<i64> {
    let text = text.trim_start();
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let end = hex.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(hex.len());
        return i64::from_str_radix(hex.get(..end)?, 16).ok();
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let value: i64 = digits.get(..end)?.parse().ok()?;
    Some(if digits.len() < text.len() { -value } else { value })
}

fn http(number: i64) -> Option<Signal> {
    u16::try_from(number).ok().filter(|status| (100..600).contains(status)).map(Signal::Http)
}

fn curl(number: i64) -> Option<Signal> {
    u32::try_from(number).ok().filter(|number| (1..1000).contains(number)).map(Signal::Curl)
}

/// An HRESULT of the form 0x8007xxxx wraps an error of Windows; it may be written as a negative number.
fn windows(number: i64) -> Option<Signal> {
    let number = u32::try_from(number).ok().or_else(|| Some(i32::try_from(number).ok()?.cast_unsigned()))?;
    Some(Signal::Windows(if number >> 16 == 0x8007 { number & 0xFFFF } else { number }))
}

/// The start of a text that is short enough for a line.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 200;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        None => line.trim_end_matches('.').to_owned(),
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_in_errors_of_every_program() {
        for (text, expected) in [
            ("SSL cert issue", vec![]),
            ("response 407", vec![Signal::Http(407)]),
            ("curl error 60: peer certificate", vec![Signal::Curl(60)]),
            ("(hr=0x80072F8F httpcore=451)", vec![Signal::Windows(12175)]),
            ("Hresult: -2147012721", vec![Signal::Windows(12175)]),
            (
                "The remote server returned an error: (407) Proxy Authentication Required.",
                vec![Signal::Http(407)],
            ),
            ("response 99999999999999999999", vec![]),
        ] {
            let found: Vec<Signal> =
                of_text(text).into_iter().filter(|signal| !matches!(signal, Signal::Text(_))).collect();
            assert_eq!(found, expected, "{text}");
        }
        assert_eq!(of_number(407), Some(Signal::Http(407)));
        assert_eq!(of_number(12180), Some(Signal::Windows(12180)));
        assert_eq!(of_number(-2_147_012_721), Some(Signal::Windows(12175)));
        assert_eq!(of_number(i64::MIN), None);
    }
}
