//! Workbooks of nothing but plain sheets.

use std::collections::BTreeMap;

use memchr::memmem::find;

use super::plain_sheet::PlainSheet;
use super::zip_guard::{Parts, Stored, ZipFault};

/// The styles without those that a condition or a table puts over the styles of cells: they say nothing of a cell by
/// itself, and are most of the part. `None` where it has none, or where they cannot be told from text.
fn without_differences(part: &[u8]) -> Option<Vec<u8>> {
    const END: &[u8] = b"</dxfs>";
    let start = find(part, b"<dxfs ").filter(|_| find(part, b"<!").is_none())?;
    let end = start + find(part.get(start..)?, END)? + END.len();
    Some([part.get(..start)?, part.get(end..)?].concat())
}

/// The sheets of a workbook by name, each taken apart.
pub(super) struct PlainBook {
    sheets: BTreeMap<String, (String, PlainSheet)>,
}

impl PlainBook {
    /// The workbook, if all its sheets are plain. `paths` are the parts of the sheets by name.
    pub(super) fn of(parts: &Parts<'_>, paths: &BTreeMap<String, String>) -> Option<Self> {
        let mut sheets = BTreeMap::new();
        for (name, path) in paths {
            let part = parts.get(path.as_str())?;
            // A sheet of charts or macros.
            if find(part, b"sheetData").is_none() {
                continue;
            }
            // A part that two names stand for would be taken for the sheet of both.
            if paths.values().filter(|other| *other == path).count() > 1 {
                return None;
            }
            sheets.insert(name.clone(), (path.clone(), PlainSheet::of(part)?));
        }
        Some(Self { sheets })
    }

    /// The parts of the sheets with every way of writing a cell in place of the cells.
    pub(super) fn sheets(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.sheets.values().map(|(path, sheet)| (path.as_str(), sheet.ways.as_slice()))
    }

    /// The archive with every way of writing a cell in place of the cells, and of the styles those of cells.
    pub(super) fn archive(&self, stored: &Stored) -> Result<Vec<u8>, ZipFault> {
        let parts = stored.parts();
        let styles = parts.iter().filter(|(name, _)| name.to_ascii_lowercase().ends_with("styles.xml"));
        let styles: Vec<(&str, Vec<u8>)> =
            styles.filter_map(|(name, part)| Some((*name, without_differences(part)?))).collect();
        let styles = styles.iter().map(|(name, part)| (*name, part.as_slice()));
        stored.replacing(&self.sheets().chain(styles).collect())
    }

    /// The sheet with this name, once.
    pub(super) fn take(&mut self, name: &str) -> Option<PlainSheet> {
        self.sheets.remove(name).map(|(_, sheet)| sheet)
    }

    /// Whether every sheet is taken.
    pub(super) fn is_empty(&self) -> bool {
        self.sheets.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::without_differences;

    #[test]
    fn styles_of_conditions_are_cut_out() {
        let cut = |part: &str| {
            without_differences(part.as_bytes()).map(|cut| String::from_utf8_lossy(&cut).into_owned())
        };
        let part = "<styleSheet><cellXfs/><dxfs count=\"1\"><dxf/></dxfs><colors/></styleSheet>";
        assert_eq!(cut(part).as_deref(), Some("<styleSheet><cellXfs/><colors/></styleSheet>"));
        for whole in [
            "<styleSheet/>",
            "<a><dxfs count=\"0\"/></a>",
            "<!-- <dxfs --><dxfs a=\"\"></dxfs>",
            "<dxfs a=\"\">",
        ] {
            assert_eq!(cut(whole), None, "{whole}");
        }
    }
}
