//! Publishing an output set where firewalls and browsers fetch it: a folder or an object store.
//!
//! ```text
//!  sets/<id>/squid/allow.conf …    every set under a name of its own, never changed: what a rollback goes back to
//!  squid/allow.conf, proxy.pac …   the same under the names that clients know, lists before the files that use them
//!  manifest.json                   what the names above stand for; replaced after them
//!  published.json                  which set is current, and those before it; replaced last
//! ```

mod destination;
mod folder;
mod layout;
mod record;
mod store;

pub use destination::{Destination, Kind, WrongDestination, open};
pub use folder::{Folder, FolderError, Placement};
pub use record::{Record, RecordedSet};
pub use store::{Bounds, PublishError, Published, Store};
