//! Times that a `logformat` writes in a form of its own, as `strftime` has it.

use std::fmt::Write as _;

use chrono::format::{Item, Parsed, StrftimeItems, parse_and_remainder};
use chrono::{DateTime, FixedOffset};

use crate::replay::time::Time;

/// Bytes of a line in which a time ends.
const LONGEST: usize = 128;
/// Moments by which a form is tried, with every letter and sign that a time in digits may have.
const SAMPLES: [&str; 2] = ["2026-11-24T16:36:37-05:30", "2026-05-03T04:05:06+01:00"];
/// What stands behind a time in its usual form, or does not.
const ZONE: &str = " %z";

/// How a time is written.
#[derive(Clone, Debug)]
pub(super) struct Form {
    items: Vec<Item<'static>>,
    /// What may stand behind it.
    more: Vec<Item<'static>>,
}

impl Form {
    /// A form of the user's own; `None` if one of its fields is unknown.
    pub(super) fn given(text: &str) -> Option<Self> {
        Some(Self { items: StrftimeItems::new(text).parse_to_owned().ok()?, more: Vec::new() })
    }

    /// The usual form: a zone may stand behind it.
    pub(super) fn usual(text: &str) -> Option<Self> {
        Some(Self { more: Self::given(ZONE)?.items, ..Self::given(text)? })
    }

    /// Whether a byte may stand within such a time.
    pub(super) fn may_hold(&self, byte: u8) -> bool {
        SAMPLES.iter().filter_map(|sample| self.written(sample)).any(|text| text.as_bytes().contains(&byte))
    }

    /// Whether such a time is a moment: at least a day with an hour and a minute, or seconds since 1970 began. Without a
    /// zone it is local.
    pub(super) fn is_moment(&self) -> bool {
        SAMPLES.iter().all(|sample| self.reads_back(sample, true))
    }

    /// Whether it tells by which clock it is. Names of zones are passed over when a time is read.
    pub(super) fn has_zone(&self) -> bool {
        SAMPLES.iter().all(|sample| self.reads_back(sample, false))
    }

    /// Whether a moment that is written so is read as the same minute, or as that of its local clock: without seconds it is
    /// the minute's first.
    fn reads_back(&self, sample: &str, or_local: bool) -> bool {
        let time = self.written(sample).and_then(|text| self.time(text.as_bytes()));
        let (Some(Time(time)), Ok(moment)) = (time, DateTime::parse_from_rfc3339(sample)) else {
            return false;
        };
        let is_minute = |seconds: i64| u64::try_from(seconds).is_ok_and(|at| at / 60 == time / 60);
        let local = moment.timestamp() + i64::from(moment.offset().local_minus_utc());
        is_minute(moment.timestamp()) || (or_local && is_minute(local))
    }

    fn written(&self, moment: &str) -> Option<String> {
        let moment: DateTime<FixedOffset> = DateTime::parse_from_rfc3339(moment).ok()?;
        let mut written = String::new();
        // Not every field that can be read can be written.
        write!(written, "{}", moment.format_with_items(self.items.iter().chain(&self.more))).ok()?;
        Some(written)
    }

    /// How many bytes such a time takes up at the start of a line's rest.
    pub(super) fn length(&self, rest: &[u8]) -> Option<usize> {
        let text = start(rest);
        let behind = parse_and_remainder(&mut Parsed::new(), text, self.items.iter()).ok()?;
        let behind = parse_and_remainder(&mut Parsed::new(), behind, self.more.iter()).unwrap_or(behind);
        Some(text.len() - behind.len())
    }

    /// The moment; by the clock of whoever wrote it, where no zone is said.
    pub(super) fn time(&self, value: &[u8]) -> Option<Time> {
        let mut parsed = Parsed::new();
        let behind = parse_and_remainder(&mut parsed, start(value), self.items.iter()).ok()?;
        if !behind.is_empty() {
            parse_and_remainder(&mut parsed, behind, self.more.iter()).ok().filter(|rest| rest.is_empty())?;
        }
        if let Some(seconds) = parsed.timestamp() {
            return u64::try_from(seconds).ok().map(Time);
        }
        let offset = parsed.offset().unwrap_or(0);
        let local = parsed.to_naive_datetime_with_offset(offset).ok()?;
        u64::try_from(local.and_utc().timestamp() - i64::from(offset)).ok().map(Time)
    }
}

/// The start of some bytes, as far as it is text.
fn start(bytes: &[u8]) -> &str {
    let bytes = bytes.get(..LONGEST).unwrap_or(bytes);
    bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_ends_where_its_fields_do_and_is_the_moment_that_it_says() {
        for (form, text, length, time) in [
            ("%d/%b/%Y:%H:%M:%S %z", "24/Nov/2026:17:36:37 +0100 TCP_MISS", 26, Some(1_795_538_197)),
            ("%Y-%m-%dT%H:%M:%S%z", "2026-11-24T11:06:37-0530 a", 24, Some(1_795_538_197)),
            ("%Y-%m-%dT%H:%M:%S%z", "2026-11-24T16:36:37+00:00 a", 25, Some(1_795_538_197)),
            ("%s", "1795538197 a", 10, Some(1_795_538_197)),
            ("%F %T", "2026-11-24 16:36:37 a", 19, Some(1_795_538_197)),
            ("%e %B %Y, %I:%M %p", "24 November 2026, 04:36 PM a", 26, Some(1_795_538_160)),
            ("%c", "Tue Nov 24 16:36:37 2026 a", 24, Some(1_795_538_197)),
            ("%H:%M", "16:36 a", 5, None),
            ("%d/%b/%Y", "24/Nov/2026 a", 11, None),
        ] {
            let read = Form::given(form).expect("a form");
            assert_eq!(read.length(text.as_bytes()), Some(length), "{form}");
            assert_eq!(read.time(&text.as_bytes()[..length]).map(|time| time.0), time, "{form}");
            assert_eq!(read.is_moment(), time.is_some(), "{form}");
            assert_eq!(read.length(b"TCP_MISS/200"), None, "{form}");
        }
        assert!(Form::given("%Q").is_none());
        // Read and never written.
        assert!(!Form::given("%F %T %#z").is_some_and(|form| form.is_moment() || form.has_zone()));
    }

    #[test]
    fn behind_the_usual_form_a_zone_may_stand() {
        let usual = Form::usual("%d/%b/%Y:%H:%M:%S").expect("a form");
        for (text, length) in [
            ("24/Nov/2026:16:36:37 +0000 TCP_MISS/200", 26),
            ("24/Nov/2026:16:36:37 TCP_MISS/200", 20),
            ("24/Nov/2026:16:36:37", 20),
        ] {
            assert_eq!(usual.length(text.as_bytes()), Some(length), "{text}");
        }
        assert!([b' ', b':', b'+', b'-'].iter().all(|byte| usual.may_hold(*byte)) && !usual.may_hold(b']'));
        for (form, has_zone) in
            [("%s", true), ("%F %T", false), ("%F %T %z", true), ("%F %R %z", true), ("%F %T %Z", false)]
        {
            assert_eq!(Form::given(form).expect("a form").has_zone(), has_zone, "{form}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_no_time() {
        let form = Form::given("%F %T").expect("a form");
        assert_eq!(form.length(b"2026-11-24 16:36:37\xff"), Some(19));
        assert_eq!(form.length(b"\xff"), None);
        assert_eq!(form.time(b"2026-11-24 16:36:37\xff"), Some(Time(1_795_538_197)));
    }
}
