//! STAGE 1 read: bytes to rows, each with its origin. Knows spreadsheets, Markdown tables and JSON; knows
//! nothing of firewalls. What the vendor's headers and sheets mean is data in `rules/`.

mod address;
mod biff;
mod blanks;
mod block;
mod changelog;
mod contain;
mod decode;
mod displaced;
mod finish;
mod footnotes;
mod geography;
mod grid;
mod header;
mod inline;
mod layout;
mod limits;
mod markdown;
mod marks;
mod ods;
mod page;
mod plain_book;
mod plain_sheet;
mod ports;
mod read;
mod row_findings;
mod rows;
mod rules;
mod runs;
mod service_tags;
mod shift;
mod sniff;
mod struck;
mod table;
#[cfg(test)]
mod tests_support;
mod text;
mod unread;
mod well_formed;
mod words;
mod workbook;
mod xls;
mod xlsx_runs;
mod zip_guard;

pub(crate) use address::with_line_breaks;
pub use contain::hide_contained_panics;
pub(crate) use geography::names as geography_names;
pub use geography::{Cloud, Geography, Scope};
pub use read::read;
pub use rules::{Field, Kind, ReadingRules, RulesError, TableRole, TableRule};
pub(crate) use words::is_no;

use std::collections::BTreeMap;
use std::sync::Arc;

use ipnet::IpNet;

use crate::origin::Origin;

/// What a sheet, or a table below a heading, is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Addresses that devices need.
    Endpoints,
    /// Addresses that administrators' browsers need.
    Portal,
}

/// One published list, read.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// File name without folders.
    pub file: Arc<str>,
    /// Connectivity that this list is written for (`standard`, `streamlined`), where its tables tell.
    pub connectivity: Option<String>,
    /// Every table with addresses, in the order of the file.
    pub tables: Vec<Table>,
    /// Service tags, of a service-tags file.
    pub tags: Vec<ServiceTag>,
    /// The cloud that a service-tags file says it is of: `Public`, `AzureGovernment`, ….
    pub tag_cloud: Option<String>,
    /// Rows without an address, in the order of the file.
    pub left_out: Vec<LeftOut>,
    /// What the list itself says of its changes, in the order of the file.
    pub changelog: Vec<LogEntry>,
    /// The date in the head of a page: `2025-12-25`, or as it is written where it is no certain date.
    pub page_date: Option<String>,
}

impl Document {
    /// The newest date of the list's own change log, among those that are certain.
    pub fn newest_change(&self) -> Option<&str> {
        let dates = self.changelog.iter().map(|entry| entry.date.as_str());
        dates.filter(|date| !date.contains('/')).max()
    }
}

/// A row that was left out when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Where it stood.
    pub origin: Origin,
    /// What stands in place of the address, shortened; empty where nothing does.
    pub text: Arc<str>,
    /// Why it was left out.
    pub reason: &'static str,
}

/// One entry of a list's own change log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// `2026-03-23`, or as it is written where day and month cannot be told apart.
    pub date: String,
    /// Its text, lines kept.
    pub text: String,
    /// Where it stood.
    pub origin: Origin,
}

/// A sheet or heading with addresses. Blocks of one sheet are one table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Sheet name, or the nearest heading that names a table in `rules/`.
    pub sheet: Arc<str>,
    /// What it is for.
    pub role: Role,
    /// Cloud family named by the sheet or by its geographies (`commercial`, `government`), if it is certain.
    pub cloud: Option<String>,
    /// Id of the device condition that the sheet's name states (`rules/…/tables.toml`), if it states one.
    pub condition: Option<String>,
    /// Whether device marks stand in a column whose title has no meaning: their rows are uncertain.
    pub unread_marks: bool,
    /// Ids of device columns that every published table of this name has and this one has not.
    pub missing_devices: Vec<String>,
    /// Rows with an address, in the order of the file; a cell with three addresses makes three rows.
    pub rows: Vec<Row>,
}

/// One published address with the cells of its row, white space trimmed, blank cells `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it stood.
    pub origin: Origin,
    /// Title of the block of the sheet, first line.
    pub block: Option<Arc<str>>,
    /// `Service`.
    pub service: Option<Arc<str>>,
    /// `Geography`, as written.
    pub geography: Option<Arc<str>>,
    /// `Category`.
    pub category: Option<Arc<str>>,
    /// `Port`.
    pub port: Option<u16>,
    /// `Required` or `Optional`; `None` where the list has no such column.
    pub required: Option<bool>,
    /// The address as written, one of its cell, white space around it removed.
    pub address: Arc<str>,
    /// Cell of the address (`E14`), or `None` in text files.
    pub cell: Option<String>,
    /// Where some of its other cells stand in a sheet.
    pub columns: CellColumns,
    /// `Description`.
    pub description: Option<Arc<str>>,
    /// `Comments`.
    pub comment: Option<Arc<str>>,
    /// `OS` of the lists that have one column for all systems.
    pub os: Option<Arc<str>>,
    /// Cells of the device columns, shared with rows that have the same.
    pub devices: Arc<DeviceCells>,
    /// Whether the device cells cannot be trusted (shifted row): the row then counts for every device.
    pub devices_uncertain: bool,
}

impl Row {
    /// The cell (`M14`) in one of its `columns`; `None` in text files.
    pub fn cell_in(&self, column: Option<u32>) -> Option<String> {
        column.filter(|_| self.cell.is_some()).map(|column| block::cell_name(self.origin.row, column))
    }
}

/// Columns of a sheet, from 0, of cells that findings point at; `None` where the table has no such column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CellColumns {
    /// Of the geography.
    pub geography: Option<u32>,
    /// Of the comment.
    pub comment: Option<u32>,
    /// Of the description.
    pub description: Option<u32>,
    /// Of the system.
    pub os: Option<u32>,
}

/// Cells of the device columns, by the column's id in `rules/` (`windows`, `macos`, …); blank cells absent.
pub type DeviceCells = BTreeMap<Arc<str>, Arc<str>>;

/// One service tag of an address-range file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceTag {
    /// Where it stood: the tag's name is the sheet, the row its position in the file.
    pub origin: Origin,
    /// `MicrosoftDefenderForEndpoint`, …
    pub name: Arc<str>,
    /// Where the platform allows the tag itself: `API`, `NSG`, `UDR`, `FW`.
    pub features: Vec<String>,
    /// Its networks, canonical, in order.
    pub prefixes: Vec<IpNet>,
}
