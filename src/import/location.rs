//! Which data location a package means: by the words for it, by its datacenter and by its gateways, which all have to
//! agree.

use super::onboarding::NoTenant;
use crate::rules::Location;

/// What a package says of its location.
pub(super) struct Told<'p> {
    /// Words for it, the one that counts first.
    pub(super) names: &'p [String],
    /// Empty if it names none.
    pub(super) datacenter: &'p str,
    /// Hosts of its URLs, in lower case.
    pub(super) hosts: &'p [String],
}

impl Told<'_> {
    /// The location, and what is strange about it. What cannot be true is refused.
    pub(super) fn location<'f>(
        &self,
        all: &'f [Location],
    ) -> Result<(&'f Location, Option<String>), NoTenant> {
        let by_gateway: Vec<&Location> = all.iter().filter(|location| self.has_gateway(location)).collect();
        let first = self.names.split_first();
        let first = first.and_then(|(name, others)| Some((self.called(name, all)?, others)));
        let Some((location, others)) = first else {
            return self.nameless(&by_gateway).map(|location| (location, None));
        };
        let location = location?;
        if let [gateway, ..] = by_gateway.as_slice()
            && !by_gateway.iter().any(|one| is_same(one, location))
        {
            return Err(contradiction(&format!("it names `{location}`, and a gateway of `{gateway}`")));
        }
        let is_other =
            |name: &&String| !matches!(self.called(name, all), Some(Ok(one)) if is_same(one, location));
        let other =
            others.iter().find(is_other).map(|name| match all.iter().find(|one| one.is_called(name)) {
                Some(known) => format!("`{known}`"),
                None => "one that is not known here".to_owned(),
            });
        Ok((
            location,
            other.map(|other| format!("it names the data location `{location}`, and also {other}")),
        ))
    }

    /// The location that packages call so. Where several clouds share a name the datacenter tells them apart.
    fn called<'f>(&self, name: &str, all: &'f [Location]) -> Option<Result<&'f Location, NoTenant>> {
        let called: Vec<&Location> = all.iter().filter(|location| location.is_called(name)).collect();
        let has = |location: &&&Location| location.has_datacenter(self.datacenter);
        let of_others = || all.iter().find(|location| location.has_datacenter(self.datacenter));
        Some(match (called.as_slice(), called.iter().find(has), of_others()) {
            ([], ..) => return None,
            (_, Some(location), _) => Ok(*location),
            ([first, ..], None, Some(other)) => {
                let name = first.name.as_deref().unwrap_or_default();
                Err(contradiction(&format!("it names `{name}`, and a datacenter of `{other}`")))
            }
            ([only], None, None) => Ok(*only),
            ([first, ..], None, None) => {
                let name = first.name.as_deref().unwrap_or_default();
                let clouds: Vec<&str> = called.iter().map(|location| location.cloud.as_str()).collect();
                Err(NoTenant::Ambiguous(format!("`{name}` is that of `{}`", clouds.join("` and of `"))))
            }
        })
    }

    /// No word for the location is known: a gateway tells only of a location that packages have no known word for.
    fn nameless<'f>(&self, by_gateway: &[&'f Location]) -> Result<&'f Location, NoTenant> {
        match (self.names, by_gateway) {
            (_, [location]) if location.name.is_none() => Ok(location),
            ([], _) => Err(NoTenant::NoLocation),
            _ => Err(NoTenant::UnknownLocation(self.shown())),
        }
    }

    fn has_gateway(&self, location: &Location) -> bool {
        self.hosts.iter().any(|host| location.has_gateway(host))
    }

    /// The first word and the datacenter, as far as they are too short and plain to be an ID or a key.
    fn shown(&self) -> String {
        let plain = |word: &str| {
            (1..=16).contains(&word.len())
                && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                && word.bytes().filter(u8::is_ascii_digit).count() <= 2
        };
        let name = self.names.first().map_or("", String::as_str);
        match (plain(name), plain(self.datacenter)) {
            (true, true) => format!("`{name}` in `{}`", self.datacenter),
            (true, false) => format!("`{name}`"),
            (false, _) => "(not shown)".to_owned(),
        }
    }
}

fn is_same(one: &Location, other: &Location) -> bool {
    one.cloud == other.cloud && one.geography == other.geography
}

fn contradiction(what: &str) -> NoTenant {
    NoTenant::Contradiction(what.to_owned())
}
