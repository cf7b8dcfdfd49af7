//! Seconds of the calendar, as logs write them.

use std::fmt;

use crate::date::day_after;

/// Seconds since 1970 began; of logs without a time zone, by the clock of whoever wrote them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

/// `2026-11-24 16:36:37`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, second) = (self.0 / 86_400, self.0 % 86_400);
        let (hour, minute) = (second / 3600, second / 60 % 60);
        write!(f, "{} {hour:02}:{minute:02}:{:02}", day_after(1970, day), second % 60)
    }
}

impl Time {
    /// Whole seconds in digits, 1 to 11 of them.
    pub(super) fn of_seconds(digits: &[u8]) -> Option<Self> {
        (digits.len() <= 11).then(|| number(digits)).flatten().map(Self)
    }

    /// `2026/11/24 16:36:37` or `2026-11-24T16:36:37.123Z`: digits and one byte between them. A difference from UTC
    /// behind it counts.
    pub(super) fn of_date(text: &[u8]) -> Option<Self> {
        let part = |from: usize, to: usize| number(text.get(from..to)?);
        let days = days(part(0, 4)?, part(5, 7)?, part(8, 10)?)?;
        let time = days * 86_400 + clock(part(11, 13)?, part(14, 16)?, part(17, 19)?)?;
        let zone = text.get(19..)?.iter().position(|byte| matches!(byte, b'+' | b'-'));
        let zone = zone.and_then(|at| text.get(19 + at..));
        zone.map_or(Some(Self(time)), |zone| Self(time).less(zone))
    }

    /// `24/Nov/2026:16:36:37 +0000`, or with `GMT` behind it.
    pub(super) fn of_common(text: &[u8]) -> Option<Self> {
        const MONTHS: [&[u8]; 12] =
            [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
        let part = |from: usize, to: usize| number(text.get(from..to)?);
        let name = text.get(3..6)?;
        let month = (1..).zip(MONTHS).find(|(_, known)| *known == name).map(|(month, _)| month)?;
        let days = days(part(7, 11)?, month, part(0, 2)?)?;
        let time = Self(days * 86_400 + clock(part(12, 14)?, part(15, 17)?, part(18, 20)?)?);
        match text.get(20..)? {
            b"" | b" GMT" => Some(time),
            zone => time.less(zone.strip_prefix(b" ")?),
        }
    }

    /// The same moment in UTC, where `+0100` or `-05:30` is the difference.
    fn less(self, zone: &[u8]) -> Option<Self> {
        let (sign, digits) = zone.split_first()?;
        let minutes = number(digits.get(..2)?)? * 60 + number(digits.get(digits.len().checked_sub(2)?..)?)?;
        match sign {
            b'+' => self.0.checked_sub(minutes * 60).map(Self),
            b'-' => self.0.checked_add(minutes * 60).map(Self),
            _ => None,
        }
    }
}

/// A number of digits and nothing else, of at most 18.
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    digits.iter().try_fold(0, |number: u64, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then(|| number * 10 + u64::from(digit))
    })
}

fn clock(hour: u64, minute: u64, second: u64) -> Option<u64> {
    (hour < 24 && minute < 60 && second <= 60).then(|| (hour * 60 + minute) * 60 + second)
}

/// Days from 1970 on; years count from March, so that the day that comes and goes is the last one.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    (year * 365 + year / 4 - year / 100 + year / 400 + day_of_year).checked_sub(719_468)
}

/// From the first to the last of some moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    first: Time,
    /// Before the first as long as there is none.
    last: Time,
}

impl Default for Period {
    fn default() -> Self {
        Self { first: Time(u64::MAX), last: Time(0) }
    }
}

impl Period {
    /// Takes one moment in.
    #[inline]
    pub fn add(&mut self, time: Option<Time>) {
        if let Some(time) = time {
            self.merge(Self { first: time, last: time });
        }
    }

    /// Takes another period in.
    #[inline]
    pub fn merge(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }

    fn ends(&self) -> Option<(Time, Time)> {
        (self.first <= self.last).then_some((self.first, self.last))
    }

    /// The first moment.
    pub fn first(&self) -> Option<Time> {
        self.ends().map(|(first, _)| first)
    }

    /// The last moment.
    pub fn last(&self) -> Option<Time> {
        self.ends().map(|(_, last)| last)
    }

    /// `2 days`, `3 hours`, `5 minutes`, `40 seconds`: rounded down.
    pub fn length(&self) -> Option<String> {
        let (first, last) = self.ends()?;
        let seconds = last.0 - first.0;
        let units = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
        let (size, unit) = units.into_iter().find(|(size, _)| seconds >= 2 * size).unwrap_or((1, "second"));
        let count = seconds / size;
        Some(format!("{count} {unit}{}", if count == 1 { "" } else { "s" }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_moment_is_the_same_moment() {
        for (time, expected) in [
            (Time::of_seconds(b"1795538197"), Some("2026-11-24 16:36:37")),
            (Time::of_date(b"2026/11/24 16:36:37"), Some("2026-11-24 16:36:37")),
            (Time::of_date(b"2026-11-24T16:36:37.8295030Z"), Some("2026-11-24 16:36:37")),
            (Time::of_date(b"2026-11-24T17:36:37.123+01:00"), Some("2026-11-24 16:36:37")),
            (Time::of_date(b"2026-11-24T11:06:37-05:30"), Some("2026-11-24 16:36:37")),
            (Time::of_common(b"24/Nov/2026:17:36:37 +0100"), Some("2026-11-24 16:36:37")),
            (Time::of_common(b"24/Nov/2026:16:36:37 GMT"), Some("2026-11-24 16:36:37")),
            (Time::of_date(b"2000/02/29 00:00:00"), Some("2000-02-29 00:00:00")),
            (Time::of_date(b"1970/01/01 00:00:00"), Some("1970-01-01 00:00:00")),
            (Time::of_date(b"2026/13/01 00:00:00"), None),
            (Time::of_date(b"2026/11/24 25:00:00"), None),
            (Time::of_date(b"1970/01/01 00:00:00+01:00"), None),
            (Time::of_common(b"24/Nix/2026:16:36:37 +0000"), None),
            (Time::of_seconds(b"17955x8197"), None),
            (Time::of_seconds(b""), None),
            (Time::of_seconds(b"123456789012"), None),
        ] {
            assert_eq!(time.map(|time| time.to_string()).as_deref(), expected);
        }
    }

    #[test]
    fn a_period_is_told_in_its_largest_unit() {
        for (seconds, expected) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (86_400 * 3, "3 days"),
        ] {
            let mut period = Period::default();
            period.add(Some(Time(seconds)));
            period.add(None);
            period.add(Some(Time(0)));
            assert_eq!(period.length().as_deref(), Some(expected));
        }
    }
}
