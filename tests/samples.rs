//! The samples' workbooks are what their texts below tests/books/ say.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test says so loudly"
)]

mod support;

use support::{assert_file, book::book, read, root};

#[test]
fn each_sample_workbook_is_made_from_its_text() {
    let mut made = 0;
    for entry in std::fs::read_dir(root().join("tests/books")).expect("tests/books") {
        let text = entry.expect("an entry").path();
        let name = text.file_stem().expect("a name").to_string_lossy().into_owned();
        assert_file(&root().join("samples").join(&name).join("list.xlsx"), &book(&read(&text)));
        made += 1;
    }
    assert_eq!(made, 3, "one text for each sample");
}
