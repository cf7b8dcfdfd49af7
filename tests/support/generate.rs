//! Lists of any size as vendors write them, made up: the same number always gives the same row.
#![allow(dead_code, unreachable_pub, reason = "each user of it needs a part")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use allowlistc::origin::Origin;
use allowlistc::source::{CellColumns, Document, Role, Row, Table};

/// Zones that names stand below.
const ZONES: [&str; 8] = [
    "contoso.com",
    "fabrikam.net",
    "data.northwind.example.com",
    "events.adventure-works.com",
    "wingtip.co.uk",
    "tailspin.org",
    "blob.core.windows.net",
    "cdn.proseware.de",
];
/// First words of names.
const WORDS: [&str; 8] = ["gw", "events", "settings", "crl", "updates", "sample-store", "telemetry", "login"];
/// Folders of paths.
const FOLDERS: [&str; 4] = ["/pki", "/pkiops/crl", "/download/2025", "/security/encyclopedia"];

/// One made-up address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// As the address column has it.
    pub address: String,
    /// As the port column has it.
    pub port: u16,
}

/// The address with this number.
///
/// Of a thousand about 620 are exact hosts, 140 `*.x`, 2 `*x`, 1 `a*b.x`, 60 exact hosts on port 80, 100 paths on
/// port 80, 7 paths on port 443, and 70 are covered by an earlier one.
pub fn made(number: usize) -> Made {
    let name = name(number);
    let folder = FOLDERS[mixed(number, 3) % FOLDERS.len()];
    let (address, port) = match kind(number) {
        Kind::Exact => (name, 443),
        Kind::Below => (format!("*.{name}"), 443),
        Kind::Suffix => (format!("*{name}"), 443),
        Kind::Infix => (format!("us{number}*prod.blob.core.windows.net"), 443),
        Kind::Clear => (name, 80),
        Kind::File => (format!("{name}{folder}/{number}.crl"), 80),
        Kind::Folder => (format!("{name}{folder}/"), 80),
        Kind::Prefix => (format!("{name}{folder}/*"), 80),
        Kind::Hidden => (format!("{name}{folder}/*"), 443),
        Kind::CoveredName => (format!("a{number}.b.{}", self::name(earlier(number, Kind::Below))), 443),
        Kind::CoveredPath => {
            let wide = earlier(number, Kind::Prefix);
            let folder = FOLDERS[mixed(wide, 3) % FOLDERS.len()];
            (format!("{}{folder}/{number}.crt", self::name(wide)), 80)
        }
    };
    Made { address, port }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Exact,
    Below,
    Suffix,
    Infix,
    Clear,
    File,
    Folder,
    Prefix,
    Hidden,
    CoveredName,
    CoveredPath,
}

fn kind(number: usize) -> Kind {
    match mixed(number, 1) % 1000 {
        0..=619 => Kind::Exact,
        620..=759 => Kind::Below,
        760..=761 => Kind::Suffix,
        762 => Kind::Infix,
        763..=822 => Kind::Clear,
        823..=872 => Kind::File,
        873..=892 => Kind::Folder,
        893..=922 => Kind::Prefix,
        923..=929 => Kind::Hidden,
        930..=979 => Kind::CoveredName,
        _ => Kind::CoveredPath,
    }
}

/// The next lower number of a kind.
fn earlier(number: usize, wanted: Kind) -> usize {
    (0..number).rev().find(|earlier| kind(*earlier) == wanted).unwrap_or(number)
}

fn name(number: usize) -> String {
    let zone = ZONES[mixed(number, 2) % ZONES.len()];
    let word = WORDS[mixed(number, 4) % WORDS.len()];
    format!("{word}-{number:x}.{zone}")
}

/// A number that looks random and is not (the finaliser of `SplitMix64`).
pub fn mixed(number: usize, salt: u64) -> usize {
    let mut x = (number as u64).wrapping_add(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((x ^ (x >> 31)) >> 1).expect("63 bits")
}

/// A list of `count` rows, as the reader would give it.
pub fn document(count: usize) -> Document {
    let file: Arc<str> = "made.xlsx".into();
    let sheet: Arc<str> = SHEET.into();
    let words: Vec<Arc<str>> = [SERVICE, "Yes", DESCRIPTION].into_iter().map(Arc::from).collect();
    let geographies: Vec<Arc<str>> = GEOGRAPHIES.iter().map(|name| Arc::from(*name)).collect();
    let categories: Vec<Arc<str>> = CATEGORIES.iter().map(|name| Arc::from(*name)).collect();
    let columns: Vec<Arc<str>> = ["windows", "macos", "linux"].into_iter().map(Arc::from).collect();
    let devices: Arc<BTreeMap<Arc<str>, Arc<str>>> =
        Arc::new(columns.iter().map(|column| (column.clone(), words[1].clone())).collect());
    let rows = (0..count).map(|number| {
        let made = made(number);
        let row = u32::try_from(number + 2).expect("a row number");
        Row {
            origin: Origin { file: file.clone(), sheet: sheet.clone(), row },
            block: None,
            service: Some(words[0].clone()),
            geography: Some(geographies[geography(number)].clone()),
            category: Some(categories[category(number)].clone()),
            port: Some(made.port),
            required: Some(is_required(number)),
            address: made.address.into(),
            cell: Some(format!("E{row}")),
            columns: CellColumns::default(),
            description: Some(words[2].clone()),
            comment: None,
            os: None,
            devices: devices.clone(),
            devices_uncertain: false,
        }
    });
    let table = Table {
        sheet: sheet.clone(),
        role: Role::Endpoints,
        cloud: Some("commercial".into()),
        condition: None,
        unread_marks: false,
        missing_devices: Vec::new(),
        rows: rows.collect(),
    };
    Document { file, connectivity: Some("standard".into()), tables: vec![table], ..Document::default() }
}

const SHEET: &str = "Microsoft Defender URLs";
const SERVICE: &str = "Microsoft Defender for Endpoint";
const DESCRIPTION: &str = "a service that does not exist, described in a sentence of usual length";
const GEOGRAPHIES: [&str; 3] = ["WW", "EU", "UK"];
const CATEGORIES: [&str; 4] = ["CRL", "Common", "EDR", "Security Management"];
const COLUMNS: [&str; 13] = [
    "Service",
    "Geography",
    "Category",
    "Port",
    "Endpoint/URL",
    "Endpoint/URL Description",
    "Required or Optional",
    "Windows 10, 11; Server 2022, 2019, 2016 (Unified Agent); Server 2012 R2 (Unified Agent)",
    "Windows 7, 8.1",
    "Windows Server 2008 R2, 2012 R2, 2016 (MMA Based)",
    "Mac",
    "Linux",
    "Comments",
];

fn geography(number: usize) -> usize {
    mixed(number, 5) % GEOGRAPHIES.len()
}

fn category(number: usize) -> usize {
    mixed(number, 6) % CATEGORIES.len()
}

fn is_required(number: usize) -> bool {
    !mixed(number, 7).is_multiple_of(3)
}

fn cells(number: usize) -> [String; 13] {
    let made = made(number);
    let required = if is_required(number) { "Required" } else { "Optional" };
    [
        SERVICE,
        GEOGRAPHIES[geography(number)],
        CATEGORIES[category(number)],
        &made.port.to_string(),
        &made.address,
        DESCRIPTION,
        required,
        "Yes",
        "",
        "",
        "Yes",
        "Yes",
        "",
    ]
    .map(str::to_owned)
}

/// The same list as a workbook of 13 columns.
pub fn workbook(count: usize) -> Vec<u8> {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(SHEET).expect("a sheet name");
    for (column, title) in (0u16..).zip(COLUMNS) {
        sheet.write(0, column, title).expect("a title");
    }
    for number in 0..count {
        let row = u32::try_from(number + 1).expect("a row number");
        for (column, cell) in (0u16..).zip(cells(number)) {
            match cell.parse::<u16>() {
                Ok(port) => drop(sheet.write(row, column, port).expect("a cell")),
                Err(_) if cell.is_empty() => {}
                Err(_) => drop(sheet.write(row, column, cell).expect("a cell")),
            }
        }
    }
    workbook.save_to_buffer().expect("a workbook")
}

/// The same list as a page.
pub fn page(count: usize) -> String {
    let mut page = format!("# Standard connectivity\n\n## {SHEET}\n\n|{}|\n", COLUMNS.join("|"));
    page.push_str(&"|-".repeat(COLUMNS.len()));
    page.push_str("|\n");
    for number in 0..count {
        let _ = writeln!(page, "|{}|", cells(number).join("|").replace("*.", "\\*."));
    }
    page
}

/// A profile that keeps every row.
pub const PROFILE: &str = r#"schema = 1
name = "made"
cloud = "commercial"
connectivity = "standard"
geographies = ["EU", "UK"]

[devices]
windows = ["10-22H2", "11-24H2"]
macos = true
linux = true

[select]
optional = true
"#;
