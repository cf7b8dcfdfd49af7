//! Diagnostic logs of Azure Firewall: one JSON object a line, structured or with the older message.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Format, Lately, Line, facts, split_path, split_port};
use crate::diagnostic::Finding;
use crate::pattern::Scheme;
use crate::replay::seen::{Cause, Outcome, Seen};
use crate::replay::time::{Time, number};

/// `targets/azure/log.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    keys: Keys,
    categories: Categories,
    actions: Actions,
    protocols: Protocols,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    category: Vec<String>,
    table: Vec<String>,
    time: Vec<String>,
    protocol: Vec<String>,
    host: Vec<String>,
    url: Vec<String>,
    destination: Vec<String>,
    port: Vec<String>,
    action: Vec<String>,
    message: Vec<String>,
    properties: Vec<String>,
    #[allow(dead_code, reason = "for readers of the file")]
    source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Categories {
    requests: Vec<String>,
    #[allow(dead_code, reason = "for readers of the file")]
    source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Actions {
    allowed: Vec<String>,
    denied: Vec<String>,
    watched: Vec<String>,
    #[allow(dead_code, reason = "for readers of the file")]
    source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Protocols {
    tls: Vec<String>,
    clear: Vec<String>,
    other: Vec<String>,
    #[allow(dead_code, reason = "for readers of the file")]
    source: String,
}

/// Texts of one record.
#[derive(Debug, Default)]
struct Record<'l> {
    category: Option<Cow<'l, str>>,
    table: Option<Cow<'l, str>>,
    time: Option<Cow<'l, str>>,
    protocol: Option<Cow<'l, str>>,
    host: Option<Cow<'l, str>>,
    url: Option<Cow<'l, str>>,
    destination: Option<Cow<'l, str>>,
    port: Option<Cow<'l, str>>,
    action: Option<Cow<'l, str>>,
    message: Option<Cow<'l, str>>,
}

/// The log's format.
#[derive(Debug)]
pub(in crate::replay) struct Azure(Facts);

impl Azure {
    #[allow(clippy::result_large_err, reason = "once in a run; the finding goes to the user as it is")]
    pub(super) fn new() -> Result<Self, Finding> {
        facts("azure/log.toml").map(Self)
    }

    fn record<'l>(&self, line: &'l [u8]) -> Result<Record<'l>, &'static str> {
        let mut record = Record::default();
        let mut reader = serde_json::Deserializer::from_slice(line);
        let fill = Fill { keys: &self.0.keys, record: &mut record, depth: 0 };
        fill.deserialize(&mut reader).and_then(|()| reader.end()).map_err(|_| "it is no JSON object")?;
        Ok(record)
    }

    /// The scheme of a protocol; of some of them the port tells it. `None` for those that carry no requests.
    fn scheme(&self, protocol: &str, port: u16) -> Option<Scheme> {
        let Protocols { tls, clear, other, .. } = &self.0.protocols;
        let is = |names: &[String]| names.iter().any(|name| name.eq_ignore_ascii_case(protocol));
        match (is(tls), is(clear), is(other)) {
            (true, ..) => Some(Scheme::Https),
            (_, true, _) => Some(Scheme::Http),
            (.., true) => Some(Scheme::of_port(port)),
            _ => None,
        }
    }

    /// What an action means; `None` if another record says what became of the request.
    fn outcome(&self, action: &str) -> Result<Option<Outcome>, &'static str> {
        let is = |words: &[String]| words.iter().any(|word| word.eq_ignore_ascii_case(action));
        if is(&self.0.actions.allowed) {
            Ok(Some(Outcome::Allowed))
        } else if is(&self.0.actions.denied) {
            Ok(Some(Outcome::Denied(Cause::Refused)))
        } else if is(&self.0.actions.watched) {
            Ok(None)
        } else {
            Err("its action is not known")
        }
    }
}

impl Format for Azure {
    fn read(
        &self,
        _: &mut Lately,
        line: &Line<'_>,
        mut see: impl FnMut(Seen<'_>),
    ) -> Result<bool, &'static str> {
        let line = line.text;
        if line.trim_ascii().is_empty() {
            return Ok(false);
        }
        let record = self.record(line)?;
        let mut kinds = [&record.category, &record.table].into_iter().flatten().peekable();
        kinds.peek().ok_or("it has no category")?;
        if !kinds.any(|kind| is_one(&self.0.categories.requests, kind)) {
            return Ok(false);
        }
        let time = record.time.as_deref().and_then(|time| Time::of_date(time.as_bytes()));
        let time = time.ok_or("its time is none")?;
        let request = match record.message.as_deref() {
            Some(message) => match Message::parse(message) {
                Some(message) => message,
                None => return Ok(false),
            },
            None => Message {
                protocol: record.protocol.as_deref().ok_or("it has no protocol")?,
                host: [&record.host, &record.destination]
                    .into_iter()
                    .find_map(|host| host.as_deref().filter(|host| !host.is_empty()))
                    .unwrap_or_default(),
                port: record.port.as_deref(),
                url: record.url.as_deref(),
                action: record.action.as_deref().ok_or("it has no action")?,
            },
        };
        // Whether it is a request at all does not depend on its port.
        if self.scheme(request.protocol, 0).is_none() {
            return Ok(false);
        }
        let Some(outcome) = self.outcome(request.action)? else { return Ok(false) };
        // A connection without a server name tells of nobody's host, and of no port either.
        if request.host.is_empty() {
            see(Seen { scheme: Scheme::Https, host: b"", port: 443, path: None, outcome, time: Some(time) });
            return Ok(true);
        }
        let port =
            request.port.and_then(|port| number(port.as_bytes())).and_then(|port| u16::try_from(port).ok());
        let port = port.filter(|port| *port > 0).ok_or("its port is no number from 1 to 65535")?;
        let url = request.url.filter(|url| !url.is_empty());
        let path = url.map(|url| {
            let behind = url.split_once("://").map_or(url, |(_, behind)| behind);
            split_path(behind.as_bytes()).1.unwrap_or(b"/")
        });
        let Some(scheme) = self.scheme(request.protocol, port) else { return Ok(false) };
        see(Seen { scheme, host: request.host.as_bytes(), port, path, outcome, time: Some(time) });
        Ok(true)
    }
}

/// What a record says of its request.
struct Message<'l> {
    protocol: &'l str,
    host: &'l str,
    port: Option<&'l str>,
    url: Option<&'l str>,
    action: &'l str,
}

impl<'l> Message<'l> {
    /// `HTTPS request from 10.0.0.4:50000 to host:443. Action: Allow. …`: `None` for messages of another kind.
    fn parse(text: &'l str) -> Option<Self> {
        let (protocol, rest) = text.split_once(" request from ")?;
        let (_, rest) = rest.split_once(" to ")?;
        let place = rest.split([' ', ',']).next()?.trim_end_matches('.');
        let (host, port) = split_port(place.as_bytes());
        let host = place.get(..host.len())?;
        let (url, behind) = match rest.split_once(" Url: ") {
            Some((_, behind)) => {
                let (url, behind) = behind.split_once(' ')?;
                (Some(url.trim_end_matches('.')), behind)
            }
            None => (None, rest),
        };
        let (_, action) = behind.split_once("Action: ").or_else(|| rest.split_once("Action: "))?;
        let action = action.split(|c: char| !c.is_ascii_alphabetic()).next()?;
        let port = port.and_then(|_| place.get(host.len() + 1..));
        Some(Self { protocol: protocol.trim(), host, port, url, action })
    }
}

/// Puts the texts of an object into their places.
struct Fill<'r, 'l> {
    keys: &'r Keys,
    record: &'r mut Record<'l>,
    depth: u8,
}

impl<'l> DeserializeSeed<'l> for Fill<'_, 'l> {
    type Value = ();

    fn deserialize<D: Deserializer<'l>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'l> Visitor<'l> for Fill<'_, 'l> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Text<'l>>()? {
            let key = key.0.unwrap_or_default();
            if is_one(&self.keys.properties, &key) && self.depth == 0 {
                map.next_value_seed(Fill { keys: self.keys, record: self.record, depth: 1 })?;
                continue;
            }
            // A category among the properties is that of something else, such as of a signature.
            let is_foreign = self.depth > 0 && is_one(&self.keys.category, &key);
            match place(self.keys, self.record, &key).filter(|_| !is_foreign) {
                Some(place) => {
                    let value = map.next_value::<Text<'l>>()?.0;
                    *place = place.take().or(value);
                }
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    // Properties that are no object say nothing.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

fn is_one(names: &[String], key: &str) -> bool {
    names.iter().any(|name| name.eq_ignore_ascii_case(key))
}

fn place<'r, 'l>(keys: &Keys, record: &'r mut Record<'l>, key: &str) -> Option<&'r mut Option<Cow<'l, str>>> {
    let places = [
        (&keys.category, &mut record.category),
        (&keys.table, &mut record.table),
        (&keys.time, &mut record.time),
        (&keys.protocol, &mut record.protocol),
        (&keys.host, &mut record.host),
        (&keys.url, &mut record.url),
        (&keys.destination, &mut record.destination),
        (&keys.port, &mut record.port),
        (&keys.action, &mut record.action),
        (&keys.message, &mut record.message),
    ];
    places.into_iter().find(|(names, _)| is_one(names, key)).map(|(_, place)| place)
}

/// A text or a number as it is written; everything else is none.
struct Text<'l>(Option<Cow<'l, str>>);

impl<'l> Deserialize<'l> for Text<'l> {
    fn deserialize<D: Deserializer<'l>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor).map(Self)
    }
}

struct TextVisitor;

impl<'l> Visitor<'l> for TextVisitor {
    type Value = Option<Cow<'l, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'l str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'l>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}
