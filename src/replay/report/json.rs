//! The report for programs.

use serde_json::{Value, json};

use super::{Report, Row, Used, told};
use crate::replay::run::Replayed;
use crate::replay::seen::Cause;
use crate::replay::tally::Use;

impl Report {
    /// The report for programs.
    pub fn to_json(&self) -> Value {
        let Replayed { tally, lines, other, unread, open: _, shown, broken } = &self.replayed;
        let (new, others) = self.new_and_others();
        json!({
            "log": self.log,
            "profile": self.profile,
            "format": self.format,
            "clock": self.clock,
            "lines": lines,
            "requests": use_json(&tally.all),
            "nameless": use_json(&tally.nameless),
            "malformed": use_json(&tally.malformed),
            "judged": !self.is_unjudged(),
            "other_lines": other,
            "unread_lines": unread,
            "unread": shown.iter().map(|unread| json!({
                "line": unread.line, "reason": unread.reason, "text": unread.text,
            })).collect::<Value>(),
            "broken": broken.as_ref().map(ToString::to_string),
            "denied": rows_json(&self.denied, "entries"),
            "denied_beyond": tally.denied.beyond(),
            "failed": rows_json(&self.failed, "entries"),
            "failed_beyond": tally.failed.beyond(),
            "unlisted_hosts": {
                "new": new,
                "others": others,
                "more": tally.unlisted.is_more_allowed(),
            },
            "unlisted": rows_json(&self.unlisted, "known"),
            "unlisted_beyond": tally.unlisted.beyond(),
            "unused": self.unused.iter().map(used_json).collect::<Value>(),
            "used": self.used.iter().map(used_json).collect::<Value>(),
            "remarks": self.remarks,
        })
    }
}

fn use_json(counted: &Use) -> Value {
    json!({
        "allowed": counted.allowed,
        "denied": counted.denied,
        "failed": counted.failed,
        "first": told(counted.period.first()),
        "last": told(counted.period.last()),
    })
}

fn rows_json(rows: &[Row], by: &str) -> Value {
    let row = |row: &Row| {
        let subject = &row.subject;
        json!({
            "host": subject.host,
            "port": subject.port,
            "scheme": subject.scheme.as_str(),
            "cause": row.cause.map(Cause::as_str),
            "requests": use_json(&row.counted),
            by: row.by,
        })
    };
    rows.iter().map(row).collect()
}

fn used_json(entry: &Used) -> Value {
    json!({
        "address": entry.address,
        "port": entry.port,
        "required": entry.required,
        "requests": use_json(&entry.counted),
        "remark": entry.remark,
    })
}
