//! The files of a target beside what was last read of them: lists that are read from one file parse it once.

use std::rc::Rc;

use super::azure;
use super::pac::{self, Tables};
use super::panos::{self, Script};
use super::{Files, ReadError};

/// See the module. Of each format the last file is kept, for parsed files are large.
pub struct Shelf<'f> {
    /// The files.
    pub files: &'f Files<'f>,
    script: Last<'f, Script<'f>>,
    tables: Last<'f, Option<Tables>>,
    pub(super) policy: Option<azure::Known<'f>>,
}

/// What a file was parsed into, with its path.
type Last<'f, T> = Option<(&'f str, Rc<T>)>;

impl<'f> Shelf<'f> {
    /// Nothing parsed yet.
    pub fn new(files: &'f Files<'f>) -> Self {
        Self { files, script: None, tables: None, policy: None }
    }

    /// The path of a file of PAN-OS, and what it says.
    pub(super) fn script(&mut self, entry: &str) -> Result<(&'f str, Rc<Script<'f>>), ReadError> {
        let (path, bytes) = panos::file(self.files, entry)?;
        let parsed = parsed(&mut self.script, path, || panos::parse(path, bytes))?;
        Ok((path, parsed))
    }

    /// The path of a PAC file, and its tables if it is one of ours.
    pub(super) fn tables(&mut self, entry: &str) -> Result<(&'f str, Rc<Option<Tables>>), ReadError> {
        let (path, text) = pac::file(self.files, entry)?;
        let parsed = parsed(&mut self.tables, path, || pac::tables(path, text))?;
        Ok((path, parsed))
    }
}

/// What `path` was parsed into, now or before. A file that cannot be parsed is tried anew each time.
fn parsed<'f, T>(
    last: &mut Last<'f, T>,
    path: &'f str,
    parse: impl FnOnce() -> Result<T, ReadError>,
) -> Result<Rc<T>, ReadError> {
    if let Some((known, parsed)) = last
        && *known == path
    {
        return Ok(parsed.clone());
    }
    // Not two at once.
    *last = None;
    let parsed = Rc::new(parse()?);
    *last = Some((path, parsed.clone()));
    Ok(parsed)
}
