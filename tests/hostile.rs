//! Broken and hostile files end in a clear error, in bounded time and memory, and never in a panic.
#![expect(clippy::expect_used, reason = "a test stops where its own material is wrong")]

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::time::{Duration, Instant};

use allowlistc::diagnostic::{Code, Finding, Findings, Severity};
use allowlistc::rules::Rules;
use allowlistc::source::{Document, ReadingRules, read};
use rust_xlsxwriter::{Format, FormatScript, Workbook};
use zip::write::SimpleFileOptions;

fn rules() -> ReadingRules {
    Rules::shipped(None).expect("the shipped rules are right").reading
}

/// Reads within the time that even an unoptimised build keeps.
fn read_in_time(name: &str, bytes: &[u8]) -> (Document, Vec<Finding>) {
    let mut findings = Findings::default();
    let start = Instant::now();
    let document = read(name, bytes, &rules(), &mut findings);
    assert!(start.elapsed() < Duration::from_secs(60), "{name} took {:?}", start.elapsed());
    (document, findings.iter().cloned().collect())
}

/// The errors of a file, as users see their first line.
fn errors(name: &str, bytes: &[u8]) -> Vec<String> {
    let (_, findings) = read_in_time(name, bytes);
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let line = |finding: &Finding| {
        assert!(finding.help.is_some(), "an error says what to do instead: {finding:?}");
        let place = finding.place.as_ref().expect("an error has a place");
        format!("[{}] {}: {}", finding.code.as_str(), place, finding.message)
    };
    errors.map(line).collect()
}

fn findings(name: &str, bytes: &[u8]) -> Vec<String> {
    let (_, findings) = read_in_time(name, bytes);
    findings
        .iter()
        // Few of these small tables have all columns of a published one.
        .filter(|finding| finding.code.as_str() != "column-missing")
        .map(|finding| format!("{}[{}]", finding.severity.as_str(), finding.code.as_str()))
        .collect()
}

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        let stored = *name == "mimetype";
        let method = if stored { zip::CompressionMethod::Stored } else { zip::CompressionMethod::Deflated };
        archive.start_file(*name, SimpleFileOptions::default().compression_method(method)).expect("a part");
        archive.write_all(content).expect("written");
    }
    archive.finish().expect("an archive").into_inner()
}

/// A workbook of one sheet with this XML.
fn xlsx(sheet: &str) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let root = format!(
        "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/officeDocument\" \
         Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let book = format!(
        "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"Microsoft Defender URLs\" \
         sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    let parts = format!(
        "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/worksheet\" \
         Target=\"worksheets/sheet1.xml\"/></Relationships>"
    );
    zipped(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", parts.as_bytes()),
        ("xl/worksheets/sheet1.xml", format!("<worksheet xmlns=\"{main}\">{sheet}</worksheet>").as_bytes()),
    ])
}

fn ods(table: &str) -> Vec<u8> {
    let content = format!(
        "<?xml version=\"1.0\"?><office:document-content xmlns:office=\"o\" xmlns:table=\"t\" xmlns:text=\"x\">\
         <office:body><office:spreadsheet>{table}</office:spreadsheet></office:body></office:document-content>"
    );
    zipped(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", b"<manifest/>"),
        ("content.xml", content.as_bytes()),
    ])
}

const TITLES: [&str; 4] = ["Service", "Port", "Endpoint/URL", "Comments"];

fn sheet_of(rows: usize, columns: usize) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("Microsoft Defender URLs").expect("a name");
    for (column, title) in (0..).zip(TITLES) {
        sheet.write(0, column, title).expect("a cell");
    }
    for row in 1..=u32::try_from(rows).expect("few") {
        sheet.write(row, 1, 443).expect("a cell");
        sheet.write(row, 2, format!("h{row}.example.com")).expect("a cell");
        for column in 3..u16::try_from(columns).expect("few") {
            sheet.write(row, column, "some words").expect("a cell");
        }
    }
    book.save_to_buffer().expect("a workbook")
}

#[test]
fn files_that_are_no_list_are_called_what_they_are() {
    for (name, bytes, what) in [
        ("mde-urls.xlsx", &b"<!DOCTYPE html><html><body>Sign in</body></html>"[..], "an HTML page"),
        ("empty.xlsx", b"", "an empty file"),
        ("blank.md", b" \n\t\n", "an empty file"),
        ("list.pdf", b"%PDF-1.7 ...", "a PDF document"),
        ("list.bin", b"\x01\x02\x00\x03", "a binary file"),
        ("list.zip", b"PK\x03\x04 hello.txt", "a zip archive that holds no workbook"),
    ] {
        let expected =
            format!("[not-a-list] {name}: the file is {what}, not a published list; it was not read");
        assert_eq!(errors(name, bytes), [expected]);
    }
}

#[test]
fn text_without_a_table_and_text_that_is_none_are_errors() {
    assert_eq!(
        errors("a.md", b"# Title\nwords\n"),
        ["[no-addresses] a.md: the file holds no table with addresses"]
    );
    let utf8 = errors("a.md", b"# Title\n|a|\n|-|\n|\xff|\n");
    assert_eq!(
        utf8,
        ["[not-a-list] a.md:4: the file holds bytes that are no UTF-8, so it is no text; it was not read"]
    );
    let nul = format!("# Title\n{}\n|a\0b|\n", "x".repeat(2000));
    assert_eq!(
        errors("a.md", nul.as_bytes()),
        ["[not-a-list] a.md:3: the file holds a NUL character, so it is no text; it was not read"]
    );
    assert_eq!(errors("a.md", b"\xFF\xFE#").len(), 1);
}

#[test]
fn pages_in_utf_16_and_with_a_byte_order_mark_are_read() {
    let page = "## Microsoft Defender URLs\n|Service|Port|URL|\n|-|-|-|\n|A|443|a.example.com|\n";
    let wide: Vec<u8> =
        std::iter::once(0xFEFF).chain(page.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let marked = format!("\u{feff}{page}");
    let old = page.replace('\n', "\r") + &"\rwords".repeat(200_000);
    for bytes in [wide.as_slice(), marked.as_bytes(), old.as_bytes()] {
        let (document, _) = read_in_time("page.md", bytes);
        assert_eq!(document.tables.iter().map(|table| table.rows.len()).sum::<usize>(), 1);
    }
}

#[test]
fn a_cut_off_workbook_is_damaged() {
    let whole = sheet_of(20, 4);
    for keep in [4, 100, whole.len() / 2, whole.len() - 1] {
        let errors = errors("cut.xlsx", &whole[..keep]);
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(
            errors[0].starts_with("[workbook-damaged] cut.xlsx: the workbook is damaged: ") || keep == 4,
            "{errors:?}"
        );
    }
}

#[test]
fn a_workbook_with_a_changed_byte_never_panics() {
    let whole = sheet_of(3, 4);
    for at in (0..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        read_in_time("changed.xlsx", &bytes);
    }
}

#[test]
fn broken_xml_is_damage() {
    for sheet in [
        "<sheetData><row r=\"1\"><c r=\"A1\"",
        "<sheetData><row><c r=\"1A\"><v>1</v></c></row></sheetData>",
        "x",
    ] {
        let errors = errors("broken.xlsx", &xlsx(sheet));
        assert!(
            errors[0].starts_with("[workbook-damaged] broken.xlsx: the workbook is damaged: "),
            "{errors:?}"
        );
    }
}

#[test]
fn a_cell_beyond_all_numbers_is_damage_and_not_another_cell() {
    for place in ["A4294967298", "A99999999999999999999"] {
        let cell = format!("<c r=\"{place}\"><v>1</v></c>");
        let bytes = xlsx(&format!("<sheetData><row r=\"{}\">{cell}</row></sheetData>", &place[1..]));
        let expected =
            "[workbook-damaged] far.xlsx: the workbook is damaged: a place in it is no cell; it was not read";
        assert_eq!(errors("far.xlsx", &bytes), [expected]);
    }
}

#[test]
fn what_a_library_gives_up_is_a_finding_and_no_panic_on_the_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("far.xlsx");
    let row = "<sheetData><row r=\"4294967298\"><c><v>1</v></c></row></sheetData>";
    std::fs::write(&file, xlsx(row)).expect("written");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_allowlistc"));
    command.args(["list", "samples/contoso-eu/profile.toml", "--source"]).arg(&file);
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("it runs");
    let shown = String::from_utf8_lossy(&output.stderr);
    assert!(shown.contains("workbook-damaged") && !shown.contains("panicked"), "{shown}");
}

#[test]
fn two_far_corners_are_two_cells() {
    let far = xlsx(
        "<sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\"><v>2</v></c></row></sheetData>",
    );
    assert_eq!(
        errors("far.xlsx", &far),
        [
            "[address-column-missing] far.xlsx[Microsoft Defender URLs]!1: the table has no column for addresses; it was not read"
        ]
    );
}

#[test]
fn what_nobody_can_read_alike_is_damage() {
    let row = |number: u32, text: &str| {
        format!("<row r=\"{number}\"><c r=\"A{number}\" t=\"inlineStr\"><is><t>{text}</t></is></c></row>")
    };
    let rows = row(1, "Endpoint/URL") + &row(2, "a.contoso.com");
    let part = "its part `xl/worksheets/sheet1.xml` is no well-formed XML";
    for (rows, what) in [
        (
            rows.clone() + &row(2, "b.contoso.com"),
            "the sheet `Microsoft Defender URLs` has two cells at `A2`".to_owned(),
        ),
        (
            rows.replacen("</row>", "</rwo>", 1),
            format!("{part}: ill-formed document: expected `</row>`, but `</rwo>` was found"),
        ),
        (
            format!("{rows}<![CDATA[{}]]>", row(3, "b.contoso.com")),
            format!("{part}: text stands where none belongs"),
        ),
        (rows.clone() + &row(3, "b.contoso.com&foo;"), format!("{part}: nobody knows the entity `foo`")),
        (rows.clone() + &row(3, "b.contoso\0.com"), format!("{part}: it holds a NUL character")),
        (rows.replacen("<c ", "<c <c ", 1), format!("{part}: a tag begins within a tag")),
    ] {
        let message =
            format!("[workbook-damaged] broken.xlsx: the workbook is damaged: {what}; it was not read");
        assert_eq!(
            errors("broken.xlsx", &xlsx(&format!("<sheetData>{rows}</sheetData>"))),
            [message],
            "{rows}"
        );
    }
    let unended = xlsx(&format!("<sheetData>{rows}</sheetData><x>"));
    assert!(errors("broken.xlsx", &unended)[0].contains("[workbook-damaged]"));
    let sound = errors("sound.xlsx", &xlsx(&format!("<sheetData>{rows}</sheetData>")));
    assert!(sound.iter().all(|error| error.starts_with("[column-missing]")), "{sound:?}");
}

#[test]
fn ten_million_blank_cells_are_refused() {
    let rows = "<row>".to_owned() + &"<c/>".repeat(10_000) + "</row>";
    let bytes = xlsx(&format!("<sheetData>{}</sheetData>", rows.repeat(1_000)));
    assert_eq!(
        errors("blank.xlsx", &bytes),
        ["[file-too-large] blank.xlsx: the workbook has more than 3000000 cells; it was not read"]
    );
}

#[test]
fn a_wide_header_above_many_rows_stays_small() {
    let title = |text: &str| format!("<c t=\"str\"><v>{text}</v></c>");
    let header = title("URL") + &title("Port") + &title("URL and some other words").repeat(16_000);
    let row = "<row><c t=\"str\"><v>no address but words</v></c></row>".repeat(300_000);
    let bytes = xlsx(&format!("<sheetData><row r=\"1\">{header}</row>{row}</sheetData>"));
    let found = findings("wide.xlsx", &bytes);
    assert!(found.contains(&"error[file-too-large]".to_owned()), "{} findings", found.len());
}

#[test]
fn a_zip_bomb_is_refused_by_what_it_inflates_to() {
    let zeros = vec![b' '; 200 << 20];
    let mut bomb = zipped(&[("[Content_Types].xml", b"<Types/>"), ("xl/worksheets/x.xml", &zeros)]);
    let expected = "[file-too-large] bomb.xlsx: the workbook has the part `xl/worksheets/x.xml`, which inflates to more than 192 MiB; \
                    it was not read";
    assert_eq!(errors("bomb.xlsx", &bomb), [expected]);
    // The sizes that the headers declare are a lie: 200 MiB become 16 bytes.
    let declared = u32::try_from(zeros.len()).expect("small").to_le_bytes();
    for at in 0..bomb.len() - 4 {
        if bomb[at..at + 4] == declared {
            bomb[at..at + 4].copy_from_slice(&16_u32.to_le_bytes());
        }
    }
    let errors = errors("bomb.xlsx", &bomb);
    assert!(errors.len() == 1 && !errors[0].contains("no-addresses"), "{errors:?}");
}

#[test]
fn a_bomb_among_the_pictures_is_never_inflated() {
    let zeros = vec![b' '; 200 << 20];
    let bomb = zipped(&[("[Content_Types].xml", b"<Types/>"), ("xl/media/x.bin", &zeros)]);
    let errors = errors("bomb.xlsx", &bomb);
    assert!(errors[0].starts_with("[workbook-damaged] bomb.xlsx: "), "{errors:?}");
}

#[test]
fn shared_texts_that_are_only_declared_reserve_no_memory() {
    let strings = b"<sst uniqueCount=\"999999999999\"><si><t>x</t></si></sst>";
    let bytes = zipped(&[("[Content_Types].xml", b"<Types/>"), ("xl/sharedStrings.xml", strings)]);
    assert_eq!(
        errors("texts.xlsx", &bytes),
        [
            "[workbook-damaged] texts.xlsx: the workbook is damaged: the part `xl/sharedStrings.xml` declares more texts \
          than it can hold; it was not read"
        ]
    );
}

#[test]
fn too_many_parts_are_refused() {
    let names: Vec<String> = (0..3000).map(|n| format!("xl/p{n}.xml")).collect();
    let parts: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    assert_eq!(
        errors("parts.xlsx", &zipped(&parts)),
        ["[file-too-large] parts.xlsx: the workbook has 3000 parts, more than 2000; it was not read"]
    );
}

#[test]
fn an_encrypted_workbook_is_told() {
    let mut bytes = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    bytes.extend(std::iter::repeat_n(0, 600));
    let damaged = errors("old.xls", &bytes);
    assert!(damaged[0].starts_with("[workbook-damaged] old.xls: the workbook is damaged: "), "{damaged:?}");
    bytes.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(
        errors("locked.xlsx", &bytes),
        ["[workbook-encrypted] locked.xlsx: the workbook is encrypted; it was not read"]
    );
}

#[test]
fn a_workbook_of_a_hundred_thousand_rows_is_read() {
    let (document, findings) = read_in_time("large.xlsx", &sheet_of(100_000, 13));
    assert_eq!(document.tables[0].rows.len(), 100_000, "{findings:?}");
}

#[test]
fn huge_repetitions_of_an_open_document_are_refused_or_skipped() {
    let row = |repeat: &str, cells: &str| format!("<table:table-row{repeat}>{cells}</table:table-row>");
    let cell = |text: &str| format!("<table:table-cell><text:p>{text}</text:p></table:table-cell>");
    let header = row("", &(cell("Service") + &cell("Port") + &cell("URL")));
    let data = row("", &(cell("A") + &cell("443") + &cell("a.example.com")));
    let blank = row(
        " table:number-rows-repeated=\"99999999999\"",
        "<table:table-cell table:number-columns-repeated=\"16384\"/>",
    );
    let sheet =
        format!("<table:table table:name=\"Microsoft Defender URLs\">{header}{data}{blank}</table:table>");
    let (document, _) = read_in_time("blank.ods", &ods(&sheet));
    assert_eq!(document.tables[0].rows.len(), 1);
    let full = row(
        " table:number-rows-repeated=\"1000000\"",
        "<table:table-cell table:number-columns-repeated=\"16384\"><text:p>x</text:p></table:table-cell>",
    );
    let expected = "[file-too-large] full.ods: the workbook has more than 3000000 cells; it was not read";
    assert_eq!(
        errors("full.ods", &ods(&format!("<table:table table:name=\"x\">{full}</table:table>"))),
        [expected]
    );
    let cut = ods("<table:table table:name=\"x\"><table:table-row>");
    assert!(errors("cut.ods", &cut)[0].starts_with("[workbook-damaged] cut.ods: "));
}

#[test]
fn an_open_document_is_read_with_spans_repetitions_and_hidden_columns() {
    let cell = |text: &str| format!("<table:table-cell><text:p>{text}</text:p></table:table-cell>");
    let spanned =
        "<table:table-cell table:number-rows-spanned=\"2\"><text:p>A &amp; B</text:p></table:table-cell>";
    let port = "<table:table-cell office:value-type=\"float\" office:value=\"443\"><text:p>443</text:p></table:table-cell>";
    let two =
        "<table:table-cell><text:p>a.example.com</text:p><text:p>b.example.com</text:p></table:table-cell>";
    let narrow = (
        "<table:table-column table:style-name=\"co1\"/>",
        "<style:style style:name=\"co1\" style:family=\"table-column\">\
         <style:table-column-properties style:column-width=\"0.0cm\"/></style:style>",
    );
    let hidden = ("<table:table-column table:visibility=\"collapse\"/>", "");
    for (column, style) in [hidden, narrow] {
        let table = format!(
            "{style}<table:table table:name=\"Microsoft Defender URLs\"><table:table-column table:number-columns-repeated=\"3\"/>\
         {column}\
         <table:table-row>{}{}{}{}</table:table-row>\
         <table:table-row>{spanned}{port}{two}{}</table:table-row>\
         <table:table-row table:visibility=\"filter\"><table:covered-table-cell/>{port}{}</table:table-row></table:table>",
            cell("Service"),
            cell("Port"),
            cell("URL"),
            cell("Mac"),
            cell("Yes"),
            cell("c.example.com")
        );
        let (document, found) = read_in_time("list.ods", &ods(&table));
        let rows: Vec<_> = document.tables[0]
            .rows
            .iter()
            .map(|row| {
                (
                    row.service.as_deref(),
                    row.port,
                    row.address.as_ref(),
                    row.devices.len(),
                    row.cell.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                (Some("A & B"), Some(443), "a.example.com", 0, Some("C2")),
                (Some("A & B"), Some(443), "b.example.com", 0, Some("C2")),
                (Some("A & B"), Some(443), "c.example.com", 0, Some("C3")),
            ]
        );
        let codes: Vec<_> = found.iter().map(|finding| finding.code.as_str()).collect();
        assert_eq!(codes, ["hidden-column", "hidden-row", "column-missing", "column-missing", "few-rows"]);
    }
}

#[test]
fn large_and_twisted_texts_are_refused_by_size() {
    let large = vec![b'x'; 200 << 20];
    assert!(errors("large.md", &large)[0].starts_with("[file-too-large] large.md: the file has more than"));
    let line = "|".repeat(50 << 20);
    assert_eq!(
        errors("line.md", line.as_bytes()),
        ["[file-too-large] line.md:1: the line has 52428800 bytes, more than 1048576; the rest was not read"]
    );
    let bars = format!("|Service|Port|URL|\n|-|-|-|\n{}\n", "|".repeat(900_000));
    assert_eq!(
        errors("bars.md", bars.as_bytes()),
        ["[file-too-large] bars.md:3: the row has more than 64 cells; the rest was not read"]
    );
    for mark in ["[", "<", "&", "`", "\\", "<br", "\"\n", "](", "*"] {
        let page = format!("|Service|Port|URL|\n|-|-|-|\n|{}\n", mark.repeat(500_000 / mark.len()).repeat(4));
        read_in_time("marks.md", page.as_bytes());
    }
}

#[test]
fn deep_large_and_foreign_json_is_refused() {
    let deep = "{\"values\":".to_owned() + &"[".repeat(1_000_000);
    let errors_of = |text: &str| errors("tags.json", text.as_bytes());
    assert!(
        errors_of(&deep)[0].starts_with("[not-a-list] tags.json:1: the JSON file is no service-tags file: ")
    );
    assert!(errors_of("{\"endpoints\": []}")[0].contains("missing field `values`"));
    let bad = r#"{"values":[{"name":"T","properties":{"addressPrefixes":["10.0.0.0/33","::/0"]}}]}"#;
    assert_eq!(
        errors_of(bad),
        ["[bad-prefix] tags.json[T]: the service tag `T` has the prefix `10.0.0.0/33`, which is no network"]
    );
    let unknown = r#"{"values":[{"name":"T","properties":{"addressPrefixes":["10.0.0.9/8","10.0.0.0/8","2603::/16"]}}]}"#;
    let (document, found) = read_in_time("tags.json", unknown.as_bytes());
    assert!(found.is_empty());
    assert_eq!(
        document.tags[0].prefixes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["10.0.0.0/8", "2603::/16"]
    );
}

#[test]
fn look_and_layout_of_a_workbook_are_told() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("Microsoft Defender URLs").expect("a name");
    for (column, title) in
        (0..).zip(["Service", "Port", "Endpoint/URL", "Comments", "Mac", "Endpont/URL", "Required"])
    {
        sheet.write(0, column, title).expect("a cell");
    }
    sheet.write(1, 2, "gone.example.com").expect("a cell");
    sheet
        .write_with_format(2, 2, "struck.example.com", &Format::new().set_font_strikethrough())
        .expect("a cell");
    sheet.write(3, 2, "see the page of the vendor for more").expect("a cell");
    sheet.write(4, 1, "all").expect("a cell");
    sheet.write(4, 2, "port.example.com").expect("a cell");
    sheet.write(5, 2, "micr\u{43e}soft.com").expect("a cell");
    sheet.write(5, 4, "Yes").expect("a cell");
    sheet.write(6, 2, "one.example.com").expect("a cell");
    sheet.write(6, 6, "Recommended").expect("a cell");
    sheet.set_row_hidden(1).expect("a row");
    sheet.set_column_hidden(4).expect("a column");
    let bytes = book.save_to_buffer().expect("a workbook");
    let (document, _) = read_in_time("look.xlsx", &bytes);
    let addresses: Vec<_> = document.tables[0].rows.iter().map(|row| row.address.as_ref()).collect();
    let expected = [
        "gone.example.com",
        "struck.example.com",
        "port.example.com",
        "micr\u{43e}soft.com",
        "one.example.com",
    ];
    assert_eq!(addresses, expected);
    assert_eq!(
        findings("look.xlsx", &bytes),
        [
            "note[hidden-column]",
            "note[hidden-row]",
            "warning[header-not-mapped]",
            "warning[struck-out]",
            "warning[prose-instead-of-address]",
            "warning[port-not-a-number]",
            "warning[choice-not-known]",
            "warning[prose-instead-of-address]",
            "warning[few-rows]",
        ]
    );
    assert!(document.tables[0].rows.iter().all(|row| row.devices.is_empty()));
}

#[test]
fn a_formula_in_an_address_cell_is_an_error() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, title) in (0..).zip(TITLES) {
        sheet.write(0, column, title).expect("a cell");
    }
    let formula = rust_xlsxwriter::Formula::new("=A1&\".example.com\"").set_result("a.example.com");
    sheet.write_formula(1, 2, formula).expect("a cell");
    let bytes = book.save_to_buffer().expect("a workbook");
    assert_eq!(
        errors("formula.xlsx", &bytes),
        [
            "[formula-in-address] formula.xlsx[Sheet1]!C2: the address is computed by a formula, so that it can differ \
          from what was saved"
        ]
    );
}

#[test]
fn a_table_without_addresses_and_addresses_without_titles_are_errors() {
    let page = b"## Microsoft Defender URLs\n|Service|Port|Adresse|\n|-|-|-|\n|A|443|a.example.com|\n";
    assert_eq!(
        errors("page.md", page),
        [
            "[address-column-missing] page.md[Microsoft Defender URLs]:2: the table has no column for addresses; it was \
          not read"
        ]
    );
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("Admin portal").expect("a name").write(4, 1, "www.example.com").expect("a cell");
    let bytes = book.save_to_buffer().expect("a workbook");
    assert_eq!(
        errors("bare.xlsx", &bytes),
        [
            "[address-column-missing] bare.xlsx[Admin portal]!B5: the sheet holds addresses, but no row of titles above \
          them; it was not read"
        ]
    );
}

#[test]
fn a_sheet_of_another_name_is_read_with_a_warning() {
    let mut page = String::from("## Something new\n|Service|Port|URL|\n|-|-|-|\n");
    for n in 0..15 {
        let _ = writeln!(page, "|A|443|h{n}.example.com|");
    }
    assert_eq!(findings("page.md", page.as_bytes()), ["warning[sheet-not-known]"]);
    // A heading of the same level ends a portal table and one that is ignored.
    let twice = format!("## Admin portal\n\n|URL|\n|-|\n{}\n{page}", "|p.example.com|\n".repeat(8));
    assert_eq!(findings("page.md", twice.as_bytes()), ["warning[sheet-not-known]"]);
}

#[test]
fn ports_of_one_cell_are_a_row_each() {
    let page = "## Admin portal\n|Service|Port|URL|\n|-|-|-|\n|A|443, 80|a.example.com b.example.com|\n\
                |A|TCP 443 and 80; 443|c.example.com|\n|A|80<br>x|d.example.com|\n|A|x|e.example.com|\n";
    let (document, _) = read_in_time("page.md", page.as_bytes());
    let rows = document.tables.iter().flat_map(|table| &table.rows);
    let found: Vec<String> = rows.map(|row| format!("{} {:?}", row.address, row.port)).collect();
    let expected = "a.example.com Some(80), a.example.com Some(443), b.example.com Some(80), b.example.com Some(443), \
                    c.example.com Some(80), c.example.com Some(443), d.example.com Some(80), e.example.com None";
    assert_eq!(found.join(", "), expected);
}

#[test]
fn two_names_glued_together_are_two_rows() {
    let page =
        b"## Windows 7, 8.1, 2008R2 (MMA)\n|Category|URL|\n|-|-|\n|A|gw-aue.example.comgw-aus.example.com|\n";
    let (document, found) = read_in_time("page.md", page);
    let addresses: Vec<_> = document.tables[0].rows.iter().map(|row| row.address.as_ref()).collect();
    assert_eq!(addresses, ["gw-aue.example.com", "gw-aus.example.com"]);
    assert!(found.iter().any(|finding| finding.code.as_str() == "row-repaired"));
}

fn addresses(document: &Document) -> Vec<&str> {
    document.tables.iter().flat_map(|table| &table.rows).map(|row| row.address.as_ref()).collect()
}

const PAGE: &str = "## Microsoft Defender URLs\n|Service|Geography|Category|Port|URL|Required|\n|-|-|-|-|-|-|\n\
                    |S|WW|C|443|before.example.org|Required|\n";

/// The addresses of a page that starts with a table of one row, and its findings besides few rows.
fn page(rest: &str) -> (Vec<String>, Vec<String>) {
    let text = format!("{PAGE}{rest}");
    let (document, _) = read_in_time("page.md", text.as_bytes());
    let mut found = findings("page.md", text.as_bytes());
    found.retain(|code| code != "warning[few-rows]");
    (addresses(&document).into_iter().map(str::to_owned).collect(), found)
}

#[test]
fn rows_behind_a_blank_line_go_on_with_the_table() {
    let row = "|S|WW|C|443|after.example.org|Required|\n|S|WW|C|443|last.example.org|Required|\n";
    for between in ["\n", "\n \t\n\n", "<!-- words -->\n", "\n<!--\n|hidden.example.org|x|\n-->\n"] {
        let (addresses, found) = page(&format!("{between}{row}"));
        assert_eq!(addresses, ["before.example.org", "after.example.org", "last.example.org"], "{between}");
        assert_eq!(found, ["warning[row-repaired]"], "{between}");
    }
}

#[test]
fn rows_outside_of_every_table_are_told() {
    for rest in [
        "\nwords\n\n|S|WW|C|443|after.example.org|Required|\n",
        "\n|443|after.example.org|\n",
        "after.example.org\n",
        "## Other\n|S|WW|C|443|after.example.org|Required|\n",
    ] {
        let (addresses, found) = page(rest);
        assert_eq!(addresses, ["before.example.org"], "{rest}");
        assert_eq!(found, ["warning[address-column-missing]"], "{rest}");
    }
    assert!(page("## Processes\n|S|WW|C|443|after.example.org|Required|\n").1.is_empty());
    assert!(page("\nwords | with www.example.org in them\n").1.is_empty());
}

#[test]
fn code_and_comments_without_an_end_and_tables_in_html_are_told() {
    let row = "|Port|URL|\n|-|-|\n|443|after.example.org|\n";
    for (rest, count, code) in [
        (format!("\n```\n{row}"), 1, Some("not-a-list")),
        (format!("\n````\n```\n{row}"), 1, Some("not-a-list")),
        (format!("\n````\nx\n```\n````\n{row}"), 2, None),
        (format!("\n```x```\n{row}"), 2, None),
        (format!("\n~~~ a`b\n~~~\n{row}"), 2, None),
        (format!("\n<!--\n{row}"), 1, Some("not-a-list")),
        (format!("\n<!--\n{row}-->\n"), 1, None),
        (format!("\n> {}", row.trim_end().replace('\n', "\n> ")), 2, None),
        (
            "\n<TABLE class=\"x\"><tr><td>after.example.org</td></tr></TABLE>\n".to_owned(),
            1,
            Some("not-a-list"),
        ),
    ] {
        let (addresses, found) = page(&rest);
        assert_eq!(addresses.len(), count, "{rest}");
        let expected: Vec<String> = code.map(|code| format!("warning[{code}]")).into_iter().collect();
        assert_eq!(found, expected, "{rest}");
    }
    let open = format!("---\ntitle: x\n{PAGE}");
    assert_eq!(addresses(&read_in_time("page.md", open.as_bytes()).0), ["before.example.org"]);
}

#[test]
fn a_formula_whose_value_was_never_saved_is_an_error() {
    let formula = "<sheetData><row r=\"1\"><c r=\"A1\" t=\"str\"><v>Port</v></c><c r=\"B1\" t=\"str\"><v>URL</v></c></row>\
                   <row r=\"2\"><c r=\"A2\"><v>443</v></c><c r=\"B2\"><f>C2&amp;D2</f></c></row></sheetData>";
    let errors = errors("formula.xlsx", &xlsx(formula));
    assert!(
        errors.iter().any(|error| error.contains("formula-in-address") && error.contains("!B2")),
        "{errors:?}"
    );
}

/// A workbook of one sheet with these texts.
fn book_of(name: &str, rows: &[&[&str]]) -> Workbook {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name(name).expect("a name");
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(*cells) {
            sheet.write(row, column, *cell).expect("a cell");
        }
    }
    book
}

/// Warnings and errors of a workbook besides few rows and few columns, with their places.
fn doubts(mut book: Workbook) -> (Document, Vec<String>) {
    let bytes = book.save_to_buffer().expect("a workbook");
    let (document, findings) = read_in_time("list.xlsx", &bytes);
    let doubtful = findings
        .iter()
        .filter(|finding| finding.severity != Severity::Note)
        .filter(|finding| !["few-rows", "column-missing"].contains(&finding.code.as_str()));
    let shown = |finding: &Finding| {
        let place = finding.place.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{} {place}", finding.code.as_str())
    };
    let doubts = doubtful.map(shown).collect();
    (document, doubts)
}

#[test]
fn rows_go_on_where_cells_were_merged_before_and_blank_ports_are_told_once() {
    let rows: [&[&str]; 12] = [
        &["Service", "Port", "URL", "Comments"],
        &["S", "80", "a.example.com", "x"],
        &["", "", "b.example.com", ""],
        &["", "", "c.example.com", "x"],
        &["S", "", "d.example.com", "x"],
        &["S", "", "http://e.example.com", "x"],
        &["S", "", "f.example.com", "x"],
        &["", "", "g.example.com", "x"],
        &["a note", "", "", ""],
        &["", "", "h.example.com", ""],
        &["", "", "", ""],
        &["", "", "i.example.com", ""],
    ];
    let (document, doubts) = doubts(book_of("Microsoft Defender URLs", &rows));
    let ports: Vec<_> = document.tables[0].rows.iter().map(|row| row.port).collect();
    assert_eq!(ports, [Some(80), Some(80), Some(80), None, None, None, None, None, None]);
    assert_eq!(document.tables[0].rows[2].service.as_deref(), Some("S"));
    let told = |code: &str, cell: &str| format!("{code} list.xlsx[Microsoft Defender URLs]!{cell}");
    let expected =
        [told("row-repaired", "C3"), told("prose-instead-of-address", "C10"), told("port-missing", "B5")];
    assert_eq!(doubts, expected);
    let rows: [&[&str]; 3] =
        [&["Service", "Port", "URL"], &["S", "", "a.example.com"], &["S", "", "b.example.com"]];
    assert!(self::doubts(book_of("Microsoft Defender URLs", &rows)).1.is_empty());
    assert_eq!(page("|S|WW|C||b.example.org|Required|\n").1, ["warning[port-missing]"]);
}

#[test]
fn a_row_that_goes_on_keeps_what_it_says_itself() {
    let rows: [&[&str]; 13] = [
        &["Service", "Category", "Port", "URL", "Comments"],
        &["S", "C", "443", "a.example.com", "x"],
        &["", "", "", "http://b.example.com/b.crl", "x"],
        &["S", "C", "80", "c.example.com", "x"],
        &["", "", "", "https://d.example.com/d", "x"],
        &["S", "C", "80", "e.example.com", "x"],
        &["", "", "", "f.example.com:8443", "x"],
        &["S", "C", "80", "g.example.com", "x"],
        &["", "D", "", "h.example.com", "x"],
        &["", "C", "80", "i.example.com", "x"],
        &["", "", "", "j.example.com", "x"],
        &["S", "C", "80", "k.example.com", "x"],
        &["", "", "", "l.example.com\nhttps://m.example.com", "x"],
    ];
    let (document, doubts) = doubts(book_of("Microsoft Defender URLs", &rows));
    let read: Vec<_> = document.tables[0].rows.iter().map(|row| (row.port, row.service.as_deref())).collect();
    let s = Some("S");
    let expected = [
        (Some(443), s),
        (None, s),
        (Some(80), s),
        (None, s),
        (Some(80), s),
        (None, s),
        (Some(80), s),
        (None, None),
        (Some(80), None),
        (None, None),
        (Some(80), s),
        (None, s),
        (None, s),
    ];
    assert_eq!(read, expected);
    let told = |code: &str, cell: &str| format!("{code} list.xlsx[Microsoft Defender URLs]!{cell}");
    assert_eq!(doubts, [told("row-repaired", "D3"), told("port-missing", "C9")]);
}

/// By the same rules on pages, where it is a note unless something about it is not certain.
#[test]
fn rows_of_a_page_go_on_as_those_of_a_workbook_do() {
    let ports = |titles: &str, rows: &[&str]| -> (Vec<_>, Vec<&'static str>) {
        let columns = titles.matches('|').count() - 1;
        let text =
            format!("## Microsoft Defender URLs\n{titles}\n|{}\n{}\n", "-|".repeat(columns), rows.join("\n"));
        let (document, found) = read_in_time("page.md", text.as_bytes());
        let ours =
            found.iter().filter(|finding| [Code::RowRepaired, Code::PortMissing].contains(&finding.code));
        let told = ours.map(|finding| match finding.severity {
            Severity::Note => "note",
            Severity::Warning | Severity::Error => finding.code.as_str(),
        });
        let told = told.collect();
        (document.tables[0].rows.iter().map(|row| row.port).collect(), told)
    };
    let titles = "|Service|Geography|Port|URL|";
    let first = "|S|WW|80|a.example.com|";
    for (below, expected, told) in [
        ("||||b.example.com|", Some(80), vec!["row-repaired"]),
        ("||||https://b.example.com/b|", None, vec!["row-repaired"]),
        ("||EU||b.example.com|", None, vec!["port-missing"]),
        ("|T|||b.example.com|", None, vec!["port-missing"]),
    ] {
        assert_eq!(ports(titles, &[first, below]), (vec![Some(80), expected], told), "{below}");
    }
    // What a row says again, and what stands between, changes nothing.
    let all = vec![Some(80), Some(80)];
    assert_eq!(ports(titles, &[first, "||WW||b.example.com|"]), (all.clone(), vec!["note"]));
    let rows = [first, "||||https://b.example.com/b|", "||||c.example.com|"];
    assert_eq!(ports(titles, &rows), (vec![Some(80), None, Some(80)], vec!["row-repaired"]));
    // What goes on behind words may belong to them.
    let rows = [first, "||||see below|", "||||b.example.com|"];
    assert_eq!(ports(titles, &rows).0, [Some(80), None]);
    assert_eq!(ports(titles, &["||WW|80|a.example.com|", "||||b.example.com|"]).0, all);
    assert_eq!(ports(titles, &["|S|WW|80||", "||||b.example.com|"]).0, [Some(80)]);
    let rows = ["|S|HTTP|a.example.com|", "|||b.example.com|"];
    assert_eq!(ports("|Service|Port|URL|", &rows), (vec![Some(80); 2], vec!["note"]));
    let rows = ["|S|80|a.example.com|", "|||\"b.example.com", "c.example.com\"|", "|||d.example.com|"];
    assert_eq!(ports("|Service|Port|URL|", &rows), (vec![Some(80); 4], vec!["note"]));
}

#[test]
fn addresses_above_the_first_header_are_told() {
    let rows: [&[&str]; 3] =
        [&["S", "443", "lost.example.com"], &["Service", "Port", "URL"], &["S", "443", "a.example.com"]];
    let (document, doubts) = doubts(book_of("Microsoft Defender URLs", &rows));
    assert_eq!(addresses(&document), ["a.example.com"]);
    assert_eq!(doubts, ["address-column-missing list.xlsx[Microsoft Defender URLs]!C1"]);
}

#[test]
fn a_row_without_an_address_is_told_unless_a_merged_one_covers_it() {
    let rows: [&[&str]; 7] = [
        &["Service", "Port", "URL", "Mac"],
        &["S", "443", "", "Yes"],
        &["S", "80", "b.example.com", "Yes"],
        &["", "443", "", ""],
        &["", "", "", ""],
        &["S", "443", "c.example.com", "Yes"],
        &["a note of somebody", "", "", ""],
    ];
    let mut book = book_of("Microsoft Defender URLs", &rows);
    let sheet = book.worksheet_from_index(0).expect("a sheet");
    sheet.merge_range(2, 2, 4, 2, "b.example.com", &Format::new()).expect("cells");
    let (document, doubts) = doubts(book);
    let read: Vec<_> =
        document.tables[0].rows.iter().map(|row| (row.origin.row, row.port, row.address.as_ref())).collect();
    let expected =
        [(3, Some(80), "b.example.com"), (4, Some(443), "b.example.com"), (6, Some(443), "c.example.com")];
    assert_eq!(read, expected);
    assert_eq!(doubts, ["prose-instead-of-address list.xlsx[Microsoft Defender URLs]!C2"]);
    let found = page("|S|WW|C|443||Required|\n||||||\n|words||||||\n").1;
    assert_eq!(found, ["warning[prose-instead-of-address]"]);
}

#[test]
fn a_table_with_rows_of_two_clouds_is_certain_of_none() {
    let titles: &[&str] = &["Geography", "Port", "URL"];
    let row = |geography: &'static str, address: &'static str| [geography, "443", address];
    let (us, eu, gov) =
        (row("US", "a.example.com"), row("EU", "b.example.com"), row("US Gov", "c.example.com"));
    let (document, found) = doubts(book_of("Microsoft Defender URLs", &[titles, &us, &eu, &gov]));
    assert_eq!(document.tables[0].cloud, None);
    assert_eq!(found, ["geography-contradiction list.xlsx[Microsoft Defender URLs]!4"]);
    let (document, found) = doubts(book_of("Microsoft Defender URLs", &[titles, &us, &eu]));
    assert_eq!(document.tables[0].cloud.as_deref(), Some("commercial"));
    assert!(found.is_empty());
}

#[test]
fn addresses_on_sheets_that_are_not_read_are_told() {
    let rows: [&[&str]; 2] = [&["Service", "Port", "URL"], &["S", "443", "a.example.com"]];
    let mut book = book_of("Microsoft Defender URLs", &rows);
    for (name, hide) in [("Change log", false), ("Secret", true)] {
        let sheet = book.add_worksheet().set_name(name).expect("a name");
        for (row, cells) in (0..).zip(rows) {
            for (column, cell) in (0..).zip(cells) {
                sheet.write(row, column, *cell).expect("a cell");
            }
        }
        if hide {
            sheet.set_very_hidden(true);
        }
    }
    book.add_worksheet().set_name("Overview").expect("a name").write(0, 0, "a.example.com").expect("a cell");
    let (document, doubts) = doubts(book);
    assert_eq!(addresses(&document), ["a.example.com"]);
    assert_eq!(doubts, ["sheet-not-known list.xlsx[Change log]!2", "sheet-not-known list.xlsx[Secret]!2"]);
    let (addresses, found) = page("## Processes\n|Port|URL|\n|-|-|\n|443|after.example.org|\n");
    assert_eq!(addresses, ["before.example.org"]);
    assert_eq!(found, ["warning[sheet-not-known]"]);
}

#[test]
fn an_entity_that_nothing_explains_is_damage() {
    let table = "<table:table table:name=\"x\"><table:table-row><table:table-cell><text:p>a&evil;.example.com</text:p>\
                 </table:table-cell></table:table-row></table:table>";
    let errors = errors("entity.ods", &ods(table));
    assert!(errors[0].starts_with("[workbook-damaged] entity.ods: "), "{errors:?}");
}

/// One record of a workbook before 2007; longer ones go on in further records.
fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut pieces = data.chunks(8_224);
    for (kind, piece) in
        [(kind, pieces.next().unwrap_or_default())].into_iter().chain(pieces.map(|piece| (0x3C, piece)))
    {
        out.extend(kind.to_le_bytes());
        out.extend(u16::try_from(piece.len()).expect("a short piece").to_le_bytes());
        out.extend(piece);
    }
    out
}

/// A text of characters of one byte, or of two.
fn text(text: &str, wide: bool) -> Vec<u8> {
    let mut out = u16::try_from(text.len()).expect("a short text").to_le_bytes().to_vec();
    out.push(u8::from(wide));
    if wide {
        out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    } else {
        out.extend(text.bytes());
    }
    out
}

fn shared(row: u16, column: u16, at: u32) -> Vec<u8> {
    let place = [row, column, 0].map(u16::to_le_bytes).concat();
    record(0xFD, &[place, at.to_le_bytes().to_vec()].concat())
}

const START: [u8; 8] = [0x09, 0x08, 4, 0, 0x00, 0x06, 0, 0];
const END: [u8; 4] = [0x0A, 0, 0, 0];

/// A workbook before 2007 with `texts` as they stand in the file, and sheets that all begin where the first one does.
fn xls(texts: &[u8], sheets: u8, cells: &[u8]) -> Vec<u8> {
    xls_with(&[], texts, sheets, cells)
}

/// The same with further records of the whole workbook.
fn xls_with(more: &[u8], texts: &[u8], sheets: u8, cells: &[u8]) -> Vec<u8> {
    let name = |at: u32, number: u8| {
        record(0x85, &[&at.to_le_bytes()[..], &[0, 0, 8, 0], format!("Sheet{number:03}").as_bytes()].concat())
    };
    let texts = record(0xFC, &[&[0; 8][..], texts].concat());
    let names: usize = (0..sheets).map(|number| name(0, number).len()).sum();
    let at = u32::try_from(START.len() + more.len() + names + texts.len() + END.len()).expect("a small file");
    let names: Vec<u8> = (0..sheets).flat_map(|number| name(at, number)).collect();
    let stream = [&START[..], more, &names, &texts, &END, &START, cells, &END].concat();
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("a file");
    file.create_stream("/Workbook").expect("a stream").write_all(&stream).expect("written");
    file.flush().expect("written");
    file.into_inner().into_inner()
}

fn small_xls() -> Vec<u8> {
    let texts: Vec<u8> = ["Port", "Endpoint/URL", "a.example.com", "Comments", "Geography", "WW"]
        .iter()
        .enumerate()
        .flat_map(|(at, words)| text(words, at % 2 == 1))
        .collect();
    let place = |row: u16, column: u16| [row, column, 0].map(u16::to_le_bytes).concat();
    let number = |row, column, number: f64| {
        record(0x203, &[place(row, column), number.to_le_bytes().to_vec()].concat())
    };
    let short = |number: i32| (number << 2 | 2).to_le_bytes();
    let formula = [place(3, 1), vec![0, 0, 0, 0, 0, 0, 0xFF, 0xFF], vec![0; 8]].concat();
    let cells = [
        // 65 536 rows and columns are declared, and nothing is reserved for them.
        record(0x200, &[0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0xFF, 0xFF, 0, 0]),
        shared(0, 0, 0),
        shared(0, 1, 1),
        shared(0, 2, 3),
        shared(0, 3, 4),
        number(1, 0, 443.0),
        shared(1, 1, 2),
        record(0x27E, &[place(2, 0), short(80).to_vec()].concat()),
        record(0x204, &[place(2, 1), text("b.example.com", true)].concat()),
        record(0xBD, &[place(3, 0)[..4].to_vec(), vec![0, 0], short(443).to_vec(), vec![0, 0]].concat()),
        record(0x06, &formula),
        record(0x207, &text("c.example.com", false)),
        // A chart inside of the sheet.
        [&START[..], &shared(4, 1, 2), &END].concat(),
        record(0xE5, &[1, 0, 1, 0, 3, 0, 3, 0, 3, 0]),
        shared(1, 3, 5),
        record(0x208, &[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, 0, 0]),
        record(0x7D, &[2, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ];
    xls(&texts, 1, &cells.concat())
}

#[test]
fn a_workbook_before_2007_is_read_with_merges_formulas_hidden_rows_and_columns() {
    let bytes = small_xls();
    let (document, found) = read_in_time("old.xls", &bytes);
    let row = |row: &allowlistc::source::Row| {
        (row.port, row.address.to_string(), row.geography.clone().unwrap().to_string())
    };
    let rows: Vec<_> = document.tables[0].rows.iter().map(row).collect();
    let expected = [(Some(443), "a"), (Some(80), "b"), (Some(443), "c")];
    assert_eq!(rows, expected.map(|(port, name)| (port, format!("{name}.example.com"), "WW".to_owned())));
    let codes: Vec<&str> = found.iter().map(|finding| finding.code.as_str()).collect();
    for code in ["formula-in-address", "hidden-row", "hidden-column"] {
        assert!(codes.contains(&code), "{codes:?}");
    }
}

#[test]
fn a_workbook_before_2007_with_a_changed_byte_never_panics() {
    let bytes = small_xls();
    for at in (0..bytes.len()).filter(|at| bytes[*at] != 0 || at % 97 == 0).step_by(4) {
        for value in [0x00, 0xFF] {
            let mut changed = bytes.clone();
            changed[at] = value;
            read_in_time("old.xls", &changed);
        }
    }
}

/// Sheets that lie on one another, one text for many cells, sectors in a circle, columns without end.
#[test]
fn a_small_workbook_before_2007_cannot_take_all_memory() {
    let columns = record(0x7D, &[0, 0, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0]).repeat(10_000);
    let too_many = "[file-too-large] old.xls: the workbook has more than 3000000 cells; it was not read";
    let cells: Vec<u8> = (0..60_000).flat_map(|row| shared(row, 1, 0)).collect();
    assert_eq!(errors("old.xls", &xls(&text("words", false), 200, &cells)), [too_many]);
    assert_eq!(errors("old.xls", &xls(&[], 1, &columns)), [too_many]);
    let long = text(&"x".repeat(8_000), false);
    assert_eq!(
        errors("old.xls", &xls(&long, 1, &cells)),
        [
            "[file-too-large] old.xls: the workbook has more than 134217728 bytes of text in its cells; it was not read"
        ]
    );
    let mut circle = xls(&long, 1, &cells);
    // The table of sectors stands where the header says; its entries are made to point back.
    let first = usize::try_from(u32::from_le_bytes(circle[76..80].try_into().expect("four bytes")))
        .expect("a sector");
    let size = 1 << circle[30];
    let table = (first + 1) * size;
    for entry in circle[table..table + size].chunks_mut(4) {
        entry.copy_from_slice(&3_u32.to_le_bytes());
    }
    let found = errors("old.xls", &circle);
    assert!(found[0].starts_with("[workbook-damaged] old.xls: the workbook is damaged: "), "{found:?}");
}

/// A compound file of a header, a table of sectors and a directory of one entry with this length.
fn compound(after_directory: u32, length: u32) -> Vec<u8> {
    let mut bytes = vec![0; 512 * 4];
    let mut put = |at: usize, value: u32| bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    let end = u32::MAX - 1;
    let header = [(0, 0xE011_CFD0), (4, 0xE11A_B1A1), (24, 0x0003_003E), (28, 0x0009_FFFE), (32, 6), (44, 1)];
    let tables = [(48, 1), (56, 4096), (60, end), (68, end), (512, u32::MAX - 2), (516, after_directory)];
    for (at, value) in header.into_iter().chain(tables).chain([(1024, u32::from(b'R')), (1140, end)]) {
        put(at, value);
    }
    for place in 1..109 {
        put(76 + 4 * place, u32::MAX);
    }
    put(1144, length);
    bytes
}

#[test]
fn an_old_workbook_whose_sectors_go_in_circles_takes_no_memory() {
    // The directory follows itself, the first entry is longer than the file, the table's own table has no end.
    let mut endless = compound(u32::MAX - 1, 0);
    endless[68..72].copy_from_slice(&1_u32.to_le_bytes());
    for bytes in [compound(1, 0), compound(u32::MAX - 1, 4 << 20), endless] {
        let found = errors("old.xls", &bytes);
        assert!(found[0].starts_with("[workbook-damaged] old.xls: the workbook is damaged: "), "{found:?}");
    }
}

#[test]
fn rows_of_many_blank_cells_are_given_up_in_time() {
    let mut text = String::from("## Microsoft Defender URLs\n|Port|URL|Mac|");
    let row = format!("|443|a.example.com|{}words|\n", "|".repeat(59));
    let _ = write!(text, "{}\n|{}\n{}", "x|".repeat(57), "-|".repeat(60), row.repeat(3000));
    let start = Instant::now();
    let (document, _) = read_in_time("wide.md", text.as_bytes());
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(document.tables[0].rows.len(), 3000);
    assert!(document.tables[0].rows.iter().all(|row| row.devices_uncertain));
}

#[test]
fn more_headers_than_are_looked_at_are_told() {
    let header: &[&str] = &["Service", "Port", "URL"];
    let rows: Vec<&[&str]> = (0..70).map(|_| header).collect();
    let (_, doubts) = doubts(book_of("Microsoft Defender URLs", &rows));
    assert_eq!(doubts[0], "header-not-mapped list.xlsx[Microsoft Defender URLs]!65");
}

#[test]
fn more_columns_than_are_looked_at_are_told() {
    let titles: Vec<String> = (0..70).map(|at| format!("Note {at}")).collect();
    let mut titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    titles.splice(0..2, ["Port", "URL"]);
    let (document, doubts) =
        doubts(book_of("Microsoft Defender URLs", &[&titles, &["443", "a.example.com"]]));
    assert_eq!(addresses(&document), ["a.example.com"]);
    assert_eq!(doubts[0], "header-not-mapped list.xlsx[Microsoft Defender URLs]!BM1");
}

#[test]
fn more_merged_regions_than_are_looked_at_are_refused() {
    let mut regions = String::new();
    for row in 1..=100_001 {
        let _ = write!(regions, "<mergeCell ref=\"A{row}:A{}\"/>", row + 1);
    }
    let sheet = format!("<sheetData><row r=\"1\"/></sheetData><mergeCells>{regions}</mergeCells>");
    let found = errors("merged.xlsx", &xlsx(&sheet));
    assert_eq!(
        found,
        [
            "[file-too-large] merged.xlsx: the workbook has a sheet with more than 100000 merged regions, column widths and \
          hidden rows; it was not read"
        ]
    );
}

#[test]
fn a_hidden_device_column_beside_others_makes_the_devices_uncertain() {
    let rows: [&[&str]; 2] = [&["Port", "URL", "Mac", "Linux"], &["443", "a.example.com", "Yes", ""]];
    let mut book = book_of("Microsoft Defender URLs", &rows);
    book.worksheet_from_index(0).expect("a sheet").set_column_hidden(2).expect("a column");
    let (document, doubts) = doubts(book);
    assert!(document.tables[0].rows[0].devices_uncertain);
    assert_eq!(doubts, ["hidden-column list.xlsx[Microsoft Defender URLs]!C1"]);
}

#[test]
fn addresses_without_titles_are_listed_as_left_out() {
    let rows: [&[&str]; 2] = [&["a.b.example.com"], &["c.d.example.com", "words"]];
    let (document, doubts) = doubts(book_of("Addendum", &rows));
    let left_out: Vec<_> = document.left_out.iter().map(|row| (row.text.as_ref(), row.origin.row)).collect();
    assert_eq!(left_out, [("a.b.example.com", 1), ("c.d.example.com", 2)]);
    assert_eq!(doubts, ["address-column-missing list.xlsx[Addendum]!A1", "no-addresses list.xlsx"]);
}

#[test]
fn a_formula_without_a_saved_value_is_told_and_one_that_shows_nothing_is_a_blank_cell() {
    let text = |cell: &str, text: &str| format!("<c r=\"{cell}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let titles: String = [("A1", "Port"), ("B1", "URL"), ("C1", "Windows"), ("D1", "Mac"), ("E1", "Linux")]
        .map(|(cell, title)| text(cell, title))
        .concat();
    let formula = "<f>IF(1,\"Yes\",\"\")</f>";
    let lost = format!("<c r=\"C2\">{formula}</c><c r=\"D2\">{formula}<v></v></c>");
    let blank = format!("<c r=\"C3\" t=\"str\">{formula}<v></v></c>");
    let (first, second) = (text("B2", "a.example.com"), text("B3", "b.example.com"));
    let yes = text("E3", "Yes");
    let sheet = format!(
        "<sheetData><row r=\"1\">{titles}</row><row r=\"2\">{first}{lost}</row><row r=\"3\">{second}{blank}{yes}</row>\
         </sheetData>"
    );
    let (document, findings) = read_in_time("list.xlsx", &xlsx(&sheet));
    let uncertain: Vec<_> = document.tables[0].rows.iter().map(|row| row.devices_uncertain).collect();
    assert_eq!(uncertain, [true, false]);
    let told = findings.iter().filter(|finding| finding.code.as_str() == "formula-in-address");
    let places: Vec<_> = told.filter_map(|finding| finding.place.as_ref().map(ToString::to_string)).collect();
    let sheet = "list.xlsx[Microsoft Defender URLs]";
    assert_eq!(places, [format!("{sheet}!C2"), format!("{sheet}!D2")]);
}

#[test]
fn a_cell_of_which_a_part_is_struck_out_is_told() {
    let rows: [&[&str]; 4] =
        [&["Port", "URL"], &["443", ""], &["443", "a.example.com & b.example.com"], &["443", ""]];
    let mut book = book_of("Microsoft Defender URLs", &rows);
    let sheet = book.worksheet_from_index(0).expect("a sheet");
    let (plain, struck) = (Format::new().set_bold(), Format::new().set_font_strikethrough());
    let runs = [(&plain, "keep.example.com "), (&struck, "gone.example.com")];
    sheet.write_rich_string(1, 1, &runs).expect("a cell");
    sheet.write_rich_string(3, 1, &[(&plain, "bold"), (&Format::new(), ".example.com")]).expect("a cell");
    let (document, doubts) = doubts(book);
    assert_eq!(addresses(&document)[..2], ["keep.example.com", "gone.example.com"]);
    assert_eq!(doubts, ["struck-out list.xlsx[Microsoft Defender URLs]!B2"]);
}

#[test]
fn a_part_that_is_struck_out_is_told_of_its_own_cell_alone() {
    let rows: [&[&str]; 3] = [&["Port", "URL"], &["443", ""], &["443", "keep.example.com gone.example.com"]];
    let mut book = book_of("Microsoft Defender URLs", &rows);
    let sheet = book.worksheet_from_index(0).expect("a sheet");
    let (plain, struck) = (Format::new(), Format::new().set_font_strikethrough());
    let runs = [(&plain, "keep.example.com "), (&struck, "gone.example.com")];
    sheet.write_rich_string(1, 1, &runs).expect("a cell");
    assert_eq!(doubts(book).1, ["struck-out list.xlsx[Microsoft Defender URLs]!B2"]);
}

/// What somebody struck out of a comment or description limits no row, whichever way it is struck out.
#[test]
fn struck_out_words_say_nothing_of_a_row_and_struck_out_cells_are_told() {
    let rows: [&[&str]; 8] = [
        &["Service", "Geography", "Port", "URL", "Description", "Comments"],
        &["S", "EU", "443", "a.example.com", "kept", "gone"],
        &["S", "EU", "443", "b.example.com", "kept", ""],
        &["S", "EU", "443", "c.example.com", "gone", "kept"],
        &["S", "EU", "443", "d.example.com", "kept", ""],
        &["S", "EU", "443", "e.example.com", "kept", ""],
        &["S", "EU", "", "f.example.com", "kept", "kept"],
        &["S", "EU", "443", "g.example.com", "kept", "kept"],
    ];
    let mut book = book_of("Microsoft Defender URLs", &rows);
    let sheet = book.worksheet_from_index(0).expect("a sheet");
    let (plain, struck) = (Format::new().set_bold(), Format::new().set_font_strikethrough());
    let runs = |gone, kept| [(&struck, gone), (&plain, kept)];
    sheet.set_cell_format(1, 5, &struck).expect("a cell");
    sheet.write_rich_string(2, 5, &runs("gone", " kept")).expect("a cell");
    sheet.set_cell_format(3, 4, &struck).expect("a cell");
    sheet.merge_range(4, 5, 5, 5, "gone", &struck).expect("a merge");
    sheet.write_rich_string(6, 2, &runs("80, ", "443")).expect("a cell");
    sheet.set_cell_format(7, 1, &struck).expect("a cell");
    let (document, doubts) = doubts(book);
    let words = |row: &allowlistc::source::Row| [row.description.clone(), row.comment.clone()];
    let read: Vec<_> = document.tables[0].rows.iter().flat_map(words).collect();
    let read: Vec<_> = read.iter().map(Option::as_deref).collect();
    let kept = Some("kept");
    let ports = [kept, kept, kept, kept];
    let expected = [kept, None, kept, None, None, kept, kept, None, kept, None];
    assert_eq!(read, [&expected[..], &ports[..], &[kept, kept][..]].concat());
    let told = |cell: &str| format!("struck-out list.xlsx[Microsoft Defender URLs]!{cell}");
    assert_eq!(doubts, ["B8", "C7", "E4", "F2"].map(told));
    let row = |comment: &str| format!("|S|WW|C|443|b.example.org|Required|{comment}|\n");
    let titles = "## Microsoft Defender URLs\n|Service|Geography|Category|Port|URL|Required|Comments|\n|-|-|-|-|-|-|-|\n";
    for (comment, read) in [
        ("~~Only required for Windows 10 1703~~", None),
        ("Direct connection <del>is not</del> required", None),
        ("Direct ~~connection", Some("Direct ~~connection")),
    ] {
        let (document, found) = read_in_time("page.md", format!("{titles}{}", row(comment)).as_bytes());
        assert_eq!(document.tables[0].rows[0].comment.as_deref(), read);
        assert_eq!(found.iter().any(|finding| finding.code.as_str() == "struck-out"), read.is_none());
    }
}

#[test]
fn marks_of_footnotes_are_no_part_of_addresses_and_ports() {
    let titles: &[&str] = &["Port", "URL", "Geography", "Comments"];
    let mut book =
        book_of("Microsoft Defender URLs", &[titles, &["443", "", "EU\u{b9}", "word<sup>1</sup>"]]);
    let sheet = book.worksheet_from_index(0).expect("a sheet");
    let raised = |script| Format::new().set_font_script(script);
    let (plain, small, low) =
        (Format::new().set_bold(), raised(FormatScript::Superscript), raised(FormatScript::Subscript));
    let mut write = |row, column, runs: &[(&Format, &str)]| {
        sheet.write_rich_string(row, column, runs).expect("a cell");
    };
    write(0, 0, &[(&plain, "Port"), (&small, "1")]);
    write(1, 1, &[(&plain, "a.example.com"), (&small, "1")]);
    write(2, 0, &[(&plain, "80"), (&low, "(2)")]);
    write(2, 1, &[(&plain, "b"), (&small, "2"), (&plain, ".example.com")]);
    write(3, 3, &[(&plain, "the 1"), (&small, "st"), (&plain, " word"), (&small, "*")]);
    sheet.write(3, 0, 443).expect("a cell");
    sheet.write_with_format(3, 1, "c.example.com", &small).expect("a cell");
    let (document, doubts) = doubts(book);
    let rows: Vec<_> = document.tables[0]
        .rows
        .iter()
        .map(|row| (row.port, row.address.as_ref(), row.geography.as_deref(), row.comment.as_deref()))
        .collect();
    let expected = [
        (Some(443), "a.example.com", Some("EU"), Some("word<sup>1</sup>")),
        (Some(80), "b2.example.com", None, None),
        (Some(443), "c.example.com", None, Some("the 1st word")),
    ];
    assert_eq!(rows, expected);
    let told = |cell: &str| format!("footnote-mark list.xlsx[Microsoft Defender URLs]!{cell}");
    assert_eq!(doubts, ["B2", "C2", "A3", "B3"].map(told));
}

#[test]
fn marks_of_footnotes_are_found_in_other_formats() {
    let styles = "<style:style style:family=\"text\" style:name=\"T1\"><style:text-properties style:text-position=\"super 58%\"/></style:style>\
                  <style:style style:family=\"text\" style:name=\"T2\"><style:text-properties style:text-line-through-style=\"solid\"/></style:style>";
    let cell = |text: &str| format!("<table:table-cell><text:p>{text}</text:p></table:table-cell>");
    let row =
        |cells: [&str; 2]| format!("<table:table-row>{}{}</table:table-row>", cell(cells[0]), cell(cells[1]));
    let span = |style: u8, text: &str| format!("<text:span text:style-name=\"T{style}\">{text}</text:span>");
    let table = format!(
        "{styles}<table:table table:name=\"Microsoft Defender URLs\">{}{}{}</table:table>",
        row(["Port", "URL"]),
        row([&format!("443{}", span(1, "2")), &format!("a.example.com{}", span(1, "1"))]),
        row(["443", &format!("b.example.com {}", span(2, "c.example.com"))]),
    );
    let (document, found) = read_in_time("list.ods", &ods(&table));
    let ports =
        |document: &Document| -> Vec<_> { document.tables[0].rows.iter().map(|row| row.port).collect() };
    assert_eq!(addresses(&document), ["a.example.com", "b.example.com", "c.example.com"]);
    assert_eq!(ports(&document), [Some(443); 3]);
    let codes = |found: &[Finding]| -> Vec<_> {
        let told = found.iter().map(|finding| finding.code.as_str());
        told.filter(|code| ["footnote-mark", "struck-out"].contains(code)).collect()
    };
    assert_eq!(codes(&found), ["footnote-mark", "footnote-mark", "struck-out"]);

    let font =
        |options: u8, place: u8| record(0x31, &[200, 0, options, 0, 0, 0, 0, 0, place, 0, 0, 0, 0, 0, 0, 0]);
    // The font with the number 5 is the fifth, for none has the number 4.
    let fonts: Vec<u8> =
        [(0, 0), (0, 0), (0, 0), (8, 0), (0, 1)].iter().flat_map(|of| font(of.0, of.1)).collect();
    let rich = |words: &str, runs: &[(u16, u16)]| {
        let mut out = u16::try_from(words.len()).expect("short").to_le_bytes().to_vec();
        out.push(8);
        out.extend(u16::try_from(runs.len()).expect("few").to_le_bytes());
        out.extend(words.bytes());
        out.extend(runs.iter().flat_map(|(at, font)| [at.to_le_bytes(), font.to_le_bytes()].concat()));
        out
    };
    let texts = [
        text("Port", false),
        text("URL", false),
        rich("a.example.com1", &[(13, 5)]),
        rich("4432", &[(3, 5), (9, 0)]),
        rich("b.example.com c.example.com", &[(14, 3)]),
    ];
    let cells = [(0, 0, 0), (0, 1, 1), (1, 0, 3), (1, 1, 2), (2, 0, 3), (2, 1, 4)];
    let cells: Vec<u8> = cells.into_iter().flat_map(|(row, column, at)| shared(row, column, at)).collect();
    let (document, found) = read_in_time("list.xls", &xls_with(&fonts, &texts.concat(), 1, &cells));
    assert_eq!(addresses(&document), ["a.example.com", "b.example.com", "c.example.com"]);
    assert_eq!(ports(&document), [Some(443); 3]);
    assert_eq!(codes(&found), ["footnote-mark", "footnote-mark", "footnote-mark", "struck-out"]);
}

/// Lists a file with no more than this address space, in KiB.
fn list_within(kilobytes: u32, name: &str, bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).expect("written");
    let mut command = std::process::Command::new("sh");
    let limited = format!("ulimit -v {kilobytes} && exec \"$0\" \"$@\"");
    command.args(["-c", &limited, env!("CARGO_BIN_EXE_allowlistc"), "list"]);
    command.args(["samples/contoso-eu/profile.toml", "--source"]).arg(&file);
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("it runs");
    assert!(output.status.code().is_some(), "{name} ended by a signal: {output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// One text with the mark of a footnote for many cells is kept once, with what its marks tell.
#[test]
fn many_cells_with_one_marked_text_take_little_memory() {
    const CELLS: usize = 9_000;
    let words = "w".repeat(16_000);
    let styles =
        "<style:style style:name=\"T1\"><style:text-properties style:text-position=\"super\"/></style:style>";
    let table = format!(
        "{styles}<table:table table:name=\"x\"><table:table-row table:number-rows-repeated=\"{CELLS}\"><table:table-cell>\
         <text:p>{words}<text:span text:style-name=\"T1\">1</text:span></text:p></table:table-cell></table:table-row>\
         </table:table>"
    );
    let shown = list_within(3 << 16, "repeated.ods", &ods(&table));
    assert!(shown.contains("no-addresses"), "{shown}");
}

/// A cell of many marks is read in time, and tells of a few of them; so does a table of many cells.
#[test]
fn many_marks_of_footnotes_are_told_together() {
    let start = "## Microsoft Defender URLs\n|Service|Port|URL|\n|-|-|-|\n";
    let marked = |found: &[Finding]| -> Vec<String> {
        let marks = found.iter().filter(|finding| finding.code.as_str() == "footnote-mark");
        marks.map(|finding| finding.message.chars().take(48).collect()).collect()
    };
    let cell = format!("{start}|A|443 {}|a.example.com|\n", "a\u{b9} ".repeat(100_000));
    let (_, found) = read_in_time("cell.md", cell.as_bytes());
    let told = marked(&found);
    // Those that read the same are told once.
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].starts_with("`1` and 99996 more behind it, set above or below"), "{told:?}");

    let rows = format!("{start}{}", "|A|443\u{b9}|a.example.com|\n".repeat(1_000));
    let told = marked(&read_in_time("rows.md", rows.as_bytes()).1);
    assert_eq!(told.len(), 257, "{told:?}");
    assert!(told[256].starts_with("744 more parts of cells"), "{told:?}");
}

/// Characters that mark such parts while a file is read, written in the file itself: they do not vanish, and no address
/// has them.
#[test]
fn characters_that_look_like_marks_do_not_vanish() {
    let forged = [
        "a.example.com\u{fdd1}1\u{fdd3}",
        "b.exam\u{fdd0}ple.com\u{fdd3}",
        "c.example.com_xFDD1_1_xFDD3_",
        "d.example.com",
    ];
    let mut book = book_of("Microsoft Defender URLs", &[&["Port", "URL", "Comments"]]);
    let sheet = book.worksheet_from_index(0).expect("a sheet");
    for (row, address) in (1..).zip(forged) {
        sheet.write(row, 0, 443).expect("a cell");
        sheet.write(row, 1, address).expect("a cell");
    }
    let (plain, small) = (Format::new(), Format::new().set_font_script(FormatScript::Superscript));
    sheet.write_rich_string(1, 2, &[(&plain, "words"), (&small, "1")]).expect("a cell");
    // As a library writes them, and as a file can write them too.
    let bytes = changed_texts(&book.save_to_buffer().expect("a workbook"), &|texts| {
        texts.replace("_x005F_xFDD", "_xFDD")
    });
    let read_as = |name: &str, bytes: &[u8]| -> Vec<String> {
        let (document, _) = read_in_time(name, bytes);
        addresses(&document).iter().map(|address| (*address).to_owned()).collect()
    };
    let kept = [
        "a.example.com\u{fffd}1\u{fffd}",
        "b.exam\u{fffd}ple.com\u{fffd}",
        "c.example.com\u{fffd}1\u{fffd}",
        "d.example.com",
    ];
    assert_eq!(read_as("forged.xlsx", &bytes), kept);
    let entity = changed_texts(&bytes, &|texts| texts.replace('\u{fdd1}', "&#xfdd1;"));
    assert_eq!(read_as("forged.xlsx", &entity), kept);

    let cell = |text: &str| format!("<table:table-cell><text:p>{text}</text:p></table:table-cell>");
    let row = |address: &str| format!("<table:table-row>{}{}</table:table-row>", cell("443"), cell(address));
    let titles = format!("<table:table-row>{}{}</table:table-row>", cell("Port"), cell("URL"));
    let table = format!(
        "<table:table table:name=\"Microsoft Defender URLs\">{titles}{}{}</table:table>",
        row(forged[0]),
        row("b.exam&#xfdd0;ple.com&#xfdd3;")
    );
    assert_eq!(read_as("forged.ods", &ods(&table)), kept[..2]);

    let wide = |words: &str| {
        let units: Vec<u16> = words.encode_utf16().collect();
        let length = u16::try_from(units.len()).expect("short").to_le_bytes();
        [&length[..], &[1], &units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>()].concat()
    };
    let texts = ["Port", "URL", "443", forged[0], forged[1]].map(wide).concat();
    let cells = [(0, 0, 0), (0, 1, 1), (1, 0, 2), (1, 1, 3), (2, 0, 2), (2, 1, 4)];
    let cells: Vec<u8> = cells.into_iter().flat_map(|(row, column, at)| shared(row, column, at)).collect();
    assert_eq!(read_as("forged.xls", &xls(&texts, 1, &cells)), kept[..2]);
    let page = format!("## Microsoft Defender URLs\n|Port|URL|\n|-|-|\n|443|{}<sup>2</sup>|\n", forged[0]);
    assert_eq!(read_as("forged.md", page.as_bytes()), kept[..1]);
}

/// A workbook with other shared texts.
fn changed_texts(bytes: &[u8], change: &dyn Fn(&str) -> String) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let mut parts = Vec::new();
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).expect("a part");
        let mut content = String::new();
        std::io::Read::read_to_string(&mut part, &mut content).expect("text");
        let name = part.name().expect("a name").into_owned();
        let content = if name.ends_with("sharedStrings.xml") { change(&content) } else { content };
        parts.push((name, content));
    }
    let parts: Vec<_> = parts.iter().map(|(name, content)| (name.as_str(), content.as_bytes())).collect();
    zipped(&parts)
}

#[test]
fn every_way_of_striking_text_out_in_an_open_document_is_seen() {
    let style = |family: &str, name: &str, says: &str| {
        format!(
            "<style:style style:family=\"{family}\" style:name=\"{name}\"><style:text-properties {says}/></style:style>"
        )
    };
    let (by_style, by_type) = ("style:text-line-through-style", "style:text-line-through-type");
    let styles = [
        style("text", "T1", &format!("{by_type}=\"single\"")),
        style("text", "T2", &format!("{by_style}=\"none\" {by_type}=\"none\"")),
        style("text", "T3", &format!("{by_style}=\"solid\"")),
        style("paragraph", "P1", &format!("{by_style}=\"solid\" {by_type}=\"single\"")),
        // One name in two families.
        style("table-cell", "T2", &format!("{by_style}=\"solid\"")),
        style("paragraph", "T3", "style:text-position=\"0% 100%\""),
    ];
    let row = |cell: &str, text: &str| {
        format!("<table:table-row><table:table-cell{cell}>{text}</table:table-cell></table:table-row>")
    };
    let span = |style: &str, text: &str| format!("<text:span text:style-name=\"{style}\">{text}</text:span>");
    let p = |style: &str, text: &str| format!("<text:p text:style-name=\"{style}\">{text}</text:p>");
    let name = |host: &str| format!("{host}.example.com");
    let table = format!(
        "{}<table:table table:name=\"Microsoft Defender URLs\">{}</table:table>",
        styles.concat(),
        [
            row("", "<text:p>URL</text:p>"),
            row("", &p("", &format!("a.example.com {}", span("T1", &name("b"))))),
            row("", &(p("", &name("c")) + &p("P1", &name("d")))),
            row("", &p("P1", &span("T2", &name("e")))),
            row("", &p("T3", &span("T3", &(span("T2", &name("f")))))),
            row("", &p("P1", &format!("g.example.com {}", span("T2", &name("h"))))),
            row("", &(p("T2", &name("i")) + &p("T3", &name("j")))),
            row(" table:style-name=\"T2\"", &p("", &name("k"))),
        ]
        .concat(),
    );
    let (document, found) = read_in_time("list.ods", &ods(&table));
    assert_eq!(addresses(&document), ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"].map(name));
    let told = found.iter().filter(|finding| finding.code.as_str() == "struck-out");
    let places: Vec<_> = told.filter_map(|finding| finding.place.as_ref().map(ToString::to_string)).collect();
    assert_eq!(
        places,
        ["A2", "A3", "A6", "A8"].map(|cell| format!("list.ods[Microsoft Defender URLs]!{cell}"))
    );
}

#[test]
fn a_mark_that_is_merged_over_columns_and_rows_counts_for_every_device_that_it_covers() {
    let rows: [&[&str]; 4] = [
        &["Port", "URL", "Required", "Windows 10", "Mac", "Linux", "Comments"],
        &["443", "a.example.com", "Required", "Yes", "", "", ""],
        &["443", "b.example.com", "Required", "", "", "", ""],
        &["443", "c.example.com", "Required", "", "Yes", "", ""],
    ];
    let mut book = book_of("Microsoft Defender URLs", &rows);
    let sheet = book.worksheet_from_index(0).expect("a sheet");
    sheet.merge_range(1, 3, 2, 4, "Yes", &Format::new()).expect("a merge");
    let (document, doubts) = doubts(book);
    let devices =
        |at: usize| document.tables[0].rows[at].devices.keys().map(AsRef::as_ref).collect::<Vec<_>>();
    assert_eq!([devices(0), devices(1)], [["macos", "windows"], ["macos", "windows"]]);
    assert_eq!(devices(2), ["macos"]);
    assert_eq!(doubts, [""; 0]);
}

#[test]
fn of_two_columns_for_one_device_yes_wins() {
    let rows: [&[&str]; 3] = [
        &["Port", "URL", "Mac", "macOS"],
        &["443", "a.example.com", "No", "Yes"],
        &["443", "b.example.com", "Yes", "No"],
    ];
    let (document, doubts) = doubts(book_of("Microsoft Defender URLs", &rows));
    for row in &document.tables[0].rows {
        assert_eq!(row.devices.get("macos").map(AsRef::as_ref), Some("Yes"), "{}", row.address);
    }
    assert_eq!(doubts, ["header-not-mapped list.xlsx[Microsoft Defender URLs]!D1"]);
}

/// A workbook with other names for its parts.
fn renamed(bytes: &[u8], rename: impl Fn(&str) -> String) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let mut parts = Vec::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).expect("a part");
        let mut content = Vec::new();
        std::io::copy(&mut part, &mut content).expect("read");
        parts.push((rename(&part.name().expect("a name")), content));
    }
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, part)| (name.as_str(), &part[..])).collect();
    zipped(&parts)
}

#[test]
fn layout_is_found_however_the_archive_writes_the_names_of_its_parts() {
    let rows: [&[&str]; 3] = [
        &["Service", "Port", "URL", "Mac"],
        &["S", "80", "a.example.com", "Yes"],
        &["", "", "b.example.com", ""],
    ];
    let mut book = book_of("Microsoft Defender URLs", &rows);
    let sheet = book.worksheet_from_index(0).expect("a sheet");
    sheet.merge_range(1, 1, 2, 1, "80", &Format::new()).expect("a merge");
    sheet.set_column_hidden(3).expect("a column");
    let bytes = book.save_to_buffer().expect("a workbook");
    let as_it_is = |name: &str| name.to_owned();
    let backslashes = |name: &str| name.replace('/', "\\");
    let capitals = |name: &str| name.replace("sheet1", "Sheet1");
    for bytes in [renamed(&bytes, as_it_is), renamed(&bytes, backslashes), renamed(&bytes, capitals)] {
        let (document, findings) = read_in_time("list.xlsx", &bytes);
        let rows = document.tables.iter().flat_map(|table| &table.rows);
        let read: Vec<_> = rows.map(|row| (row.address.as_ref(), row.port, row.devices.len())).collect();
        assert_eq!(read, [("a.example.com", Some(80), 0), ("b.example.com", Some(80), 0)], "{findings:?}");
    }
    let told =
        errors("list.xlsx", &renamed(&bytes, |name| name.replace("styles.xml", "worksheets\\Sheet1.xml")));
    assert!(told[0].contains("two parts with the name"), "{told:?}");
    let told = errors("list.xlsx", &renamed(&bytes, |name| name.replace("sheet1.xml", "sheet9.xml")));
    assert!(told[0].starts_with("[workbook-damaged] list.xlsx: "), "{told:?}");
}

#[test]
fn comments_that_are_hidden_renamed_or_missing_are_told_with_what_that_costs() {
    let told = |title: &str, hide: bool| -> Vec<(String, String)> {
        let titles: &[&str] = &["Geography", "Port", "URL", "Windows 10", title];
        let mut book =
            book_of("Microsoft Defender URLs", &[titles, &["WW", "443", "a.example.com", "Yes", "x"]]);
        if hide {
            book.worksheet_from_index(0).expect("a sheet").set_column_hidden(4).expect("a column");
        }
        let (_, found) = read_in_time("list.xlsx", &book.save_to_buffer().expect("a workbook"));
        let of_columns = found.iter().filter(|finding| finding.message.contains("column"));
        let shown = |finding: &Finding| {
            let place = finding.place.as_ref().map(ToString::to_string).unwrap_or_default();
            (finding.code.as_str().to_owned(), place.replace("list.xlsx[Microsoft Defender URLs]", ""))
        };
        of_columns.map(shown).collect()
    };
    let expected = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter().map(|(code, place)| ((*code).to_owned(), (*place).to_owned())).collect()
    };
    assert_eq!(told("Comments", false), []);
    assert_eq!(told("Comments", true), expected(&[("hidden-column", "!E1")]));
    assert_eq!(told("Remarks", false), expected(&[("header-not-mapped", "!E1"), ("column-missing", "!1")]));
    assert_eq!(told("", false), expected(&[("column-missing", "!1")]));
}
