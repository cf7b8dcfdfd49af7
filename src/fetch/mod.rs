//! `fetch`: brings one published file over the network. An edge: it touches the network and knows no lists.
//!
//! Whatever a server, a proxy or a network can do wrong is a `Fault` that says so; nothing is written here.

mod client;
mod fault;
mod link;
mod name;
mod validators;

pub use client::{Answer, Client, Download, Failure, Options, Progress};
pub use fault::Fault;
pub use link::fetch;
pub use name::copy_name;
pub use validators::Validators;
