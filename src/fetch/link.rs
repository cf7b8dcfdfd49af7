//! `fetch`: a publication, over the page that links to it where its own address changes.

use super::client::Failure;
use super::{Answer, Client, Fault, Validators};
use crate::profile::Published;

/// Brings a publication. `validators` are what the server said of the copy that is there already.
pub fn fetch(
    client: &Client,
    published: &Published<'_>,
    validators: Option<&Validators>,
    progress: &dyn Fn(u64, Option<u64>),
) -> Result<Answer, Failure> {
    let Some(link) = published.link else { return client.get(published.download, validators, progress) };
    let failure = |fault| Failure { fault, url: published.download.to_owned(), attempts: 1 };
    let page = match client.get(published.download, None, &|_, _| {})? {
        Answer::File(page) => String::from_utf8_lossy(&page.bytes).into_owned(),
        Answer::NotModified => return Err(failure(Fault::NotModified)),
    };
    let target = link.newest(&page).ok_or_else(|| failure(Fault::NoLink))?;
    client.get(target, validators, progress)
}
