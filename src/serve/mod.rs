//! A small web server for output sets: PAC files, `wpad.dat`, lists for firewalls to fetch, and a page about them.
//!
//! For small sites and as a test stand; beyond one machine the lists belong into an object store and its CDN. Every
//! file is kept in memory, compressed once, with the headers that its answers need: a request costs one look-up.

mod answer;
mod encoding;
mod listen;
mod login;
mod metrics;
mod page;
mod range;
mod site;
mod slow;
mod tls;

pub use listen::{Options, Reload, Stopped, serve};
pub use login::{Logins, WrongLogin};
pub use site::Site;
pub use tls::{TlsFault, load as load_tls};
