//! Lists the shipped rules, targets and finding pages, so that adding a file is adding the thing itself.
//!
//! TOML is for people: the program gets the same as JSON, which it reads ten times as fast on every start.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    fs::write(out.join("rules.rs"), folder_table("rules")?)?;
    fs::write(out.join("targets.rs"), folder_table("targets")?)?;
    fs::write(out.join("codes.rs"), code_enum(Path::new("src/diagnostic/codes"))?)
}

/// `&[(path below the folder, text)]`, sorted by path.
fn folder_table(folder: &str) -> io::Result<String> {
    let root = Path::new(folder);
    let mut files = Vec::new();
    walk(root, &mut files)?;
    files.sort();
    let mut table = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        println!("cargo::rerun-if-changed={}", file.display());
        let text = fs::read_to_string(&file)?;
        let text = if file.extension().is_some_and(|ending| ending == "toml") {
            to_json(&file, &text)?
        } else {
            text
        };
        let _ = writeln!(table, "    ({name:?}, {text:?}),");
    }
    table.push(']');
    Ok(table)
}

fn to_json(file: &Path, toml: &str) -> io::Result<String> {
    let table: toml::Table =
        toml::from_str(toml).map_err(|error| io::Error::other(format!("{}: {error}", file.display())))?;
    Ok(serde_json::to_string(&table)?)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "toml" || e == "j2") {
            files.push(path);
        }
    }
    Ok(())
}

/// The `Code` enum: one variant for each page, in the order of their names.
fn code_enum(folder: &Path) -> io::Result<String> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "md")
            && let Some(stem) = path.file_stem()
        {
            names.push(stem.to_string_lossy().into_owned());
        }
    }
    names.sort();
    let mut text = String::from(
        "/// What a finding is about: stable, kebab-case in every output, with a page of its own.\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\npub enum Code {\n",
    );
    for name in &names {
        let _ = writeln!(text, "    /// `{name}`: see its page.\n    {},", camel_case(name));
    }
    text.push_str(
        "}\n\n#[allow(clippy::too_many_lines, reason = \"one line for each page\")]\nimpl Code {\n    /// Every code, in alphabetical order.\n    pub const ALL: &[Code] = &[",
    );
    for name in &names {
        let _ = write!(text, "Code::{}, ", camel_case(name));
    }
    text.push_str("];\n\n    /// The code as users see it.\n    #[allow(clippy::too_many_lines, reason = \"one line for each page\")]\n    pub fn as_str(self) -> &'static str {\n        match self {\n");
    for name in &names {
        let _ = writeln!(text, "            Code::{} => {name:?},", camel_case(name));
    }
    text.push_str("        }\n    }\n\n    /// The page that `allowlistc explain` prints.\n    #[allow(clippy::too_many_lines, reason = \"one line for each page\")]\n    pub fn page(self) -> &'static str {\n        match self {\n");
    for name in &names {
        let _ = writeln!(
            text,
            "            Code::{} => include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{}/{name}.md\")),",
            camel_case(name),
            folder.display()
        );
    }
    text.push_str("        }\n    }\n}\n");
    Ok(text)
}

fn camel_case(name: &str) -> String {
    name.split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
        })
        .collect()
}
