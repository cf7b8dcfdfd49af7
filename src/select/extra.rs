//! Addresses that the profile adds to the list.

use super::{Endpoint, Spot};
use crate::origin::Origin;
use crate::profile::Profile;
use crate::source::Role;
use crate::texts::Texts;

/// What stands in place of a sheet in the origins of these addresses.
pub(crate) const EXTRA: &str = "select.extra";

/// The endpoints of `[select] extra`.
pub(super) fn endpoints(profile: &Profile) -> impl Iterator<Item = Endpoint> {
    profile.extras.iter().map(|extra| Endpoint {
        address: extra.address.as_str().into(),
        origin: Origin {
            // A value of `--set` stands in no file.
            file: extra.place.file.as_str().into(),
            sheet: EXTRA.into(),
            row: extra.place.line.unwrap_or(0),
        },
        spot: Spot::Other(Box::new(extra.place.clone())),
        service: Some("added by the profile".into()),
        geography: None,
        category: Some(extra.reason.as_str().into()),
        port: extra.port,
        required: None,
        role: Role::Endpoints,
        direct: false,
        exempt: extra.bypass,
        families: Texts::default(),
        marked: false,
        tag: None,
    })
}
