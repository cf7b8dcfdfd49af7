//! Workbooks from text: `[sheet]`, then one row a line with cells separated by tabs.
//!
//! `\n` breaks a line inside a cell, `=` starts a formula, `#` is a comment. `!merge A1:G1` merges cells, `!width0 H`
//! hides a column, `!hidden 4` a row, `!struck E4` strikes a cell out.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Formula, Workbook, Worksheet};

/// The workbook of a text, as bytes that are the same in every run.
pub fn book(text: &str) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(2026, 1, 1).expect("a date");
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    for (name, lines) in sheets(text) {
        let sheet = workbook.add_worksheet();
        sheet.set_name(name).expect("a sheet name");
        fill(sheet, &lines);
    }
    workbook.save_to_buffer().expect("a workbook")
}

fn sheets(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut sheets: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(name) => sheets.push((name, Vec::new())),
            None => sheets.last_mut().expect("a sheet before its rows").1.push(line),
        }
    }
    sheets
}

fn fill(sheet: &mut Worksheet, lines: &[&str]) {
    let mut row = 0;
    for line in lines {
        if let Some(range) = line.strip_prefix("!merge ") {
            merge(sheet, lines, range);
        } else if let Some(column) = line.strip_prefix("!width0 ") {
            sheet.set_column_width(column_number(column), 0).expect("a width");
        } else if let Some(row) = line.strip_prefix("!hidden ") {
            sheet.set_row_hidden(row.parse::<u32>().expect("a row") - 1).expect("a row");
        } else if let Some(cell) = line.strip_prefix("!struck ") {
            let (row, column) = cell_number(cell);
            sheet.set_cell_format(row, column, &Format::new().set_font_strikethrough()).expect("a cell");
        } else {
            for (column, cell) in (0u16..).zip(line.split('\t')) {
                write_cell(sheet, row, column, cell);
            }
            row += 1;
        }
    }
}

fn write_cell(sheet: &mut Worksheet, row: u32, column: u16, cell: &str) {
    if let Ok(number) = cell.parse::<u16>() {
        sheet.write(row, column, number).expect("a cell");
    } else if let Some(formula) = cell.strip_prefix('=') {
        let formula = Formula::new(formula).set_result("login.contoso.com");
        sheet.write_formula(row, column, formula).expect("a formula");
    } else if !cell.is_empty() {
        sheet.write(row, column, cell.replace("\\n", "\n")).expect("a cell");
    }
}

fn merge(sheet: &mut Worksheet, lines: &[&str], range: &str) {
    let (first, last) = range.split_once(':').expect("A1:G1");
    let ((row, column), (last_row, last_column)) = (cell_number(first), cell_number(last));
    let text = lines
        .iter()
        .filter(|line| !line.starts_with('!'))
        .nth(row as usize)
        .and_then(|line| line.split('\t').nth(column as usize));
    let text = text.unwrap_or_default();
    sheet.merge_range(row, column, last_row, last_column, "", &Format::new()).expect("a merge");
    write_cell(sheet, row, column, text);
}

fn cell_number(cell: &str) -> (u32, u16) {
    let letters = cell.trim_end_matches(|c: char| c.is_ascii_digit());
    let row: u32 = cell[letters.len()..].parse().expect("a row");
    (row - 1, column_number(letters))
}

fn column_number(letters: &str) -> u16 {
    letters.bytes().fold(0, |number, letter| number * 26 + u16::from(letter - b'A') + 1) - 1
}
