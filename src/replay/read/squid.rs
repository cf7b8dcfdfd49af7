//! Access logs of Squid, in any `logformat`.

#![allow(clippy::inline_always, reason = "what is done for every line is one loop")]

use memchr::memchr;
use serde::Deserialize;

use super::lately::Lately;
use super::logformat::{self, Code, FormatError};
use super::marks::Line;
use super::strftime::Form;
use super::words::Words;
use super::{Format, facts, split_path, split_port};
use crate::diagnostic::Finding;
use crate::pattern::Scheme;
use crate::replay::seen::{Cause, Outcome, Seen};
use crate::replay::time::{Time, number};

/// `targets/squid/log.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    format: Vec<Shipped>,
    codes: Codes,
    result: Results,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shipped {
    name: String,
    /// What `squid.conf` calls it.
    defined: String,
    logformat: String,
    #[allow(dead_code, reason = "for readers of the file")]
    source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Codes {
    seconds: Vec<String>,
    written_time: Vec<String>,
    local_time: Vec<String>,
    usual_form: String,
    result: Vec<String>,
    status: Vec<String>,
    method: Vec<String>,
    url: Vec<String>,
    server_name: Vec<String>,
    #[allow(dead_code, reason = "for readers of the file")]
    source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Results {
    denied: Vec<String>,
    #[allow(dead_code, reason = "for readers of the file")]
    source: String,
}

/// What a value says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Seconds,
    WrittenTime,
    /// A time in a form of the user's own.
    FormedTime,
    Result,
    Status,
    Method,
    Url,
    ServerName,
}

/// Values of one line by their roles; empty where the format has none.
#[derive(Clone, Copy, Default)]
pub(super) struct Values<'l>([&'l [u8]; 8]);

/// What a line says.
pub(super) struct Said<'l> {
    url: &'l [u8],
    server_name: &'l [u8],
    is_tunnel: bool,
    time: Option<Time>,
    outcome: Outcome,
}

/// One code of a format with what its value says.
pub(super) type Step = (Option<Role>, Code);

impl<'l> Values<'l> {
    #[inline]
    pub(super) fn set(&mut self, role: Role, value: &'l [u8]) {
        if let Some(place) = self.0.get_mut(role as usize) {
            *place = value;
        }
    }

    #[inline]
    fn of(&self, role: Role) -> &'l [u8] {
        self.0.get(role as usize).copied().unwrap_or_default()
    }

    #[inline]
    pub(super) fn is_tunnel(&self) -> bool {
        self.of(Role::Method) == b"CONNECT"
    }

    /// What they say, of which time and outcome are known.
    #[inline(always)]
    pub(super) fn say(&self, time: Option<Time>, outcome: Outcome) -> Said<'l> {
        let (url, server_name) = (self.of(Role::Url), self.of(Role::ServerName));
        Said { url, server_name, is_tunnel: self.is_tunnel(), time, outcome }
    }

    /// Takes the values of some codes; what stands behind the last one.
    #[inline(never)]
    pub(super) fn take(&mut self, steps: &[Step], mut rest: &'l [u8]) -> Option<&'l [u8]> {
        for (role, code) in steps {
            if code.padded {
                rest = rest.trim_ascii_start();
            }
            let (value, behind) = code.end.split(rest)?;
            rest = behind;
            if let Some(role) = role {
                self.set(*role, value);
            }
        }
        Some(rest)
    }
}

/// One format.
#[derive(Debug)]
pub(in crate::replay) struct Squid {
    /// Its name, where it is built in.
    name: Option<String>,
    start: Vec<u8>,
    /// Up to the last one that says something.
    steps: Vec<Step>,
    /// The same for lines that are taken apart by their marks.
    words: Option<Words>,
    has_result: bool,
    has_status: bool,
    denied: Vec<String>,
    /// How a time of the user's own form is written.
    form: Option<Form>,
    /// Whose clock the times are of.
    clock: &'static str,
    /// Why no line has a time.
    timeless: Option<String>,
}

impl Squid {
    /// The formats that are built into the product.
    #[allow(clippy::result_large_err, reason = "once in a run; the finding goes to the user as it is")]
    pub(super) fn shipped() -> Result<Vec<Self>, Finding> {
        let facts: Facts = facts("squid/log.toml")?;
        // A test reads every one of them.
        let format = |shipped: &Shipped| {
            let format = Self::new(&shipped.logformat, &facts).ok()?;
            Some(Self { name: Some(shipped.name.clone()), ..format })
        };
        Ok(facts.format.iter().filter_map(format).collect())
    }

    /// A format of the user's own.
    pub(super) fn given(text: &str) -> Result<Self, FormatError> {
        // The facts are part of the program.
        let facts: Facts = facts("squid/log.toml").map_err(|_| FormatError::Missing("anything"))?;
        let text = text.trim_end();
        match facts.format.iter().find(|format| [&format.name, &format.defined].contains(&&text.to_owned())) {
            Some(shipped) => {
                Ok(Self { name: Some(shipped.name.clone()), ..Self::new(&shipped.logformat, &facts)? })
            }
            None => Self::new(text, &facts),
        }
    }

    fn new(text: &str, facts: &Facts) -> Result<Self, FormatError> {
        let (start, codes) = logformat::parse(text)?;
        let mut times = Times::default();
        let mut steps: Vec<Step> = codes.into_iter().map(|code| times.step(code, &facts.codes)).collect();
        let last = steps.iter().rposition(|(role, _)| role.is_some()).map_or(0, |at| at + 1);
        steps.truncate(last);
        let has = |wanted: Role| steps.iter().any(|(role, _)| *role == Some(wanted));
        if !has(Role::Url) {
            return Err(FormatError::Missing("the URL, which is `%ru`"));
        }
        let (has_result, has_status) = (has(Role::Result), has(Role::Status));
        if !has_result && !has_status {
            return Err(FormatError::Missing("what became of the request, which are `%Ss` and `%>Hs`"));
        }
        let denied = facts.result.denied.clone();
        let words = Words::new(&steps).filter(|_| start.is_empty());
        let Times { form, clock, lack } = times;
        let is_usual = has(Role::Seconds) || has(Role::WrittenTime);
        let clock = clock.filter(|_| !is_usual).unwrap_or("UTC");
        let lack = lack.unwrap_or_else(|| "it has no code for it, such as `%ts`".to_owned());
        let timeless = (!is_usual && form.is_none()).then_some(lack);
        let start = start.into_bytes();
        Ok(Self { name: None, start, steps, words, has_result, has_status, denied, form, clock, timeless })
    }

    /// Whose clock the times are of.
    pub(super) fn clock(&self) -> &'static str {
        self.clock
    }

    /// Why no line has a time, if so.
    pub(super) fn timeless(&self) -> Option<String> {
        self.timeless
            .as_ref()
            .map(|why| format!("no period is known, since the log format does not tell the time: {why}"))
    }

    /// `Squid access log (native)`.
    pub(super) fn title(&self) -> String {
        format!("Squid access log ({})", self.name.as_deref().unwrap_or("the given format"))
    }

    fn values<'l>(&self, line: &'l [u8]) -> Option<Values<'l>> {
        let mut values = Values::default();
        // Comparing with nothing is not free.
        let rest = if self.start.is_empty() { line } else { line.strip_prefix(self.start.as_slice())? };
        values.take(&self.steps, rest)?;
        Some(values)
    }

    /// What a line says, by its marks if that can be.
    #[inline(always)]
    fn said<'l>(&self, lately: &mut Lately, line: &Line<'l>) -> Result<Said<'l>, &'static str> {
        // No closure, which would be weighed by itself again.
        if let Some(words) = &self.words
            && let Some(said) = words.read(self, lately, line)
        {
            return Ok(said);
        }
        self.said_by_codes(line)
    }

    #[inline(never)]
    fn said_by_codes<'l>(&self, line: &Line<'l>) -> Result<Said<'l>, &'static str> {
        let values = self.values(line.text).ok_or("it has not the fields of the format")?;
        let time = self.moment(&values)?;
        let outcome = self.outcome(&values, values.is_tunnel())?;
        Ok(values.say(time, outcome))
    }

    pub(super) fn time(values: &Values<'_>) -> Result<Option<Time>, &'static str> {
        let time = match (values.of(Role::Seconds), values.of(Role::WrittenTime)) {
            ([], []) => return Ok(None),
            ([], written) => Time::of_common(written),
            (seconds, _) => Time::of_seconds(seconds),
        };
        time.map(Some).ok_or("its time is none")
    }

    /// The time of a line, in whatever form.
    #[inline(never)]
    pub(super) fn moment(&self, values: &Values<'_>) -> Result<Option<Time>, &'static str> {
        match (Self::time(values)?, &self.form) {
            (None, Some(form)) => form.time(values.of(Role::FormedTime)).map(Some).ok_or("its time is none"),
            (time, _) => Ok(time),
        }
    }

    /// What became of a request. A tunnel that was refused by a proxy above counts as refused; what a web server answers
    /// to a request that passed does not matter.
    #[inline(never)]
    pub(super) fn outcome(&self, values: &Values<'_>, is_tunnel: bool) -> Result<Outcome, &'static str> {
        let is_word = |byte: &u8| byte.is_ascii_uppercase() || *byte == b'_';
        let result = values.of(Role::Result);
        if self.has_result && (result.is_empty() || !result.iter().all(is_word)) {
            return Err("its result code is none");
        }
        let status = match (self.has_status, values.of(Role::Status)) {
            (false, _) | (true, b"-") => None,
            (true, text) if text.len() <= 3 => Some(number(text).ok_or("its status is no number")?),
            (true, _) => return Err("its status is no number of three digits"),
        };
        let mut words = result.split(|byte| *byte == b'_');
        let is_denied = words.any(|word| self.denied.iter().any(|denied| denied.as_bytes() == word));
        Ok(match status {
            Some(407) => Outcome::Denied(Cause::Login),
            _ if is_denied => Outcome::Denied(Cause::Refused),
            Some(403) if is_tunnel => Outcome::Denied(Cause::Refused),
            Some(0 | 502..=504) => Outcome::Failed,
            _ => Outcome::Allowed,
        })
    }
}

/// What the codes of a format say of the time.
#[derive(Default)]
struct Times {
    form: Option<Form>,
    clock: Option<&'static str>,
    lack: Option<String>,
}

impl Times {
    /// A code with its role. A time ends where its form does, for it may hold what stands behind it.
    fn step(&mut self, code: Code, codes: &Codes) -> Step {
        let is_one = |names: &[String]| names.contains(&code.name);
        if !is_one(&codes.written_time) {
            return (codes.role(&code), code);
        }
        let Some(argument) = &code.argument else {
            return (Some(Role::WrittenTime), behind(code, Form::usual(&codes.usual_form)));
        };
        let form = Form::given(argument);
        let Some(moment) = form.clone().filter(Form::is_moment) else {
            let what = "is no day with an hour and a minute";
            self.lack = Some(format!("`%{{{argument}}}{}` {what}", code.name));
            return (None, behind(code, form));
        };
        let is_local = is_one(&codes.local_time) && !moment.has_zone();
        self.clock = is_local.then_some("by the proxy's clock");
        // Of two forms the last one counts, as of two values.
        self.form = Some(moment);
        (Some(Role::FormedTime), behind(code, form))
    }
}

/// A code whose value ends where its form does.
fn behind(code: Code, form: Option<Form>) -> Code {
    match form {
        Some(form) => Code { end: code.end.behind(&form), ..code },
        None => code,
    }
}

impl Codes {
    fn role(&self, code: &Code) -> Option<Role> {
        if code.argument.is_some() {
            return None;
        }
        let roles = [
            (&self.seconds, Role::Seconds),
            (&self.result, Role::Result),
            (&self.status, Role::Status),
            (&self.method, Role::Method),
            (&self.url, Role::Url),
            (&self.server_name, Role::ServerName),
        ];
        roles.into_iter().find(|(names, _)| names.contains(&code.name)).map(|(_, role)| role)
    }
}

impl Format for Squid {
    fn mark(&self) -> u8 {
        self.words.as_ref().map_or(b' ', Words::mark)
    }

    #[inline]
    fn read(
        &self,
        lately: &mut Lately,
        line: &Line<'_>,
        mut see: impl FnMut(Seen<'_>),
    ) -> Result<bool, &'static str> {
        if is_blank(line.text) {
            return Ok(false);
        }
        let Said { url, server_name, is_tunnel, time, outcome } = self.said(lately, line)?;
        let Some((scheme, rest)) = scheme(url, is_tunnel) else { return Ok(false) };
        let (authority, path) = if is_tunnel { (rest, None) } else { split_path(rest) };
        let (host, port) = split_port(authority);
        if host.is_empty() {
            return Ok(false);
        }
        // A connection that was redirected to the proxy names an address; what the client asked for stands in its TLS.
        let is_named = !matches!(server_name, b"" | b"-");
        let host = if is_named && is_address(host) { server_name } else { host };
        let path = if is_tunnel { None } else { Some(path.unwrap_or(b"/")) };
        see(Seen { scheme, host, port: port.unwrap_or(scheme.port()), path, outcome, time });
        Ok(true)
    }
}

#[inline]
fn is_blank(line: &[u8]) -> bool {
    line.first().is_none_or(|first| first.is_ascii_whitespace() && line.trim_ascii().is_empty())
}

/// The scheme of a URL and what stands behind it; a tunnel is for TLS. `None` for what is no request of the web: errors of
/// the connection, the proxy's own pages, other schemes.
fn scheme(url: &[u8], is_tunnel: bool) -> Option<(Scheme, &[u8])> {
    if is_tunnel {
        return (!url.starts_with(b"error:")).then_some((Scheme::Https, url));
    }
    if let Some((b"http://", rest)) = url.split_at_checked(7) {
        return Some((Scheme::Http, rest));
    }
    let (scheme, rest) = url.split_at_checked(memchr(b':', url)?)?;
    let rest = rest.strip_prefix(b"://")?;
    if scheme.eq_ignore_ascii_case(b"http") {
        Some((Scheme::Http, rest))
    } else {
        scheme.eq_ignore_ascii_case(b"https").then_some((Scheme::Https, rest))
    }
}

fn is_address(host: &[u8]) -> bool {
    let last = host.last().is_some_and(|byte| byte.is_ascii_digit() || *byte == b']');
    last && host.iter().all(|byte| byte.is_ascii_hexdigit() || b".:[]".contains(byte))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A format that takes its lines apart by its codes alone.
    pub(in crate::replay::read) fn without_words(text: &str) -> Squid {
        Squid { words: None, ..Squid::given(text).expect("a format") }
    }

    impl Squid {
        pub(in crate::replay::read) fn into_steps(self) -> Vec<Step> {
            self.steps
        }
    }
}
