//! The report for reviewers: what was proved, what changes in meaning, what is allowed and why, what is left out.
//!
//! One page that needs nothing else, and the same as Markdown. Both are made of the values of one build, so the same
//! input gives the same bytes.

mod change;
mod entry;
mod outcome;
mod page;
mod text;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use sha2::{Digest, Sha256};

use crate::allowlist::Allowlist;
use crate::manifest::Manifest;
use crate::profile::Profile;
use crate::render::Artifact;
use crate::select::Dropped;
use crate::target::Role;

use page::{Page, page};
pub(crate) use text::prose_to_markdown;

const HTML: &str = "report.html";
const MARKDOWN: &str = "report.md";

/// The files of a report, as they lie in an output folder.
pub const FILES: &[&str] = &[HTML, MARKDOWN];

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// What a report tells of.
#[derive(Debug)]
pub struct Report<'a> {
    /// Inputs, files, losses, verdicts and findings.
    pub build: &'a Manifest<'a>,
    /// The fleet.
    pub profile: &'a Profile,
    /// What it needs.
    pub list: &'a Allowlist,
    /// The rows that it does not need.
    pub dropped: Vec<&'a Dropped>,
    /// The targets: name, title, number of files.
    pub targets: &'a [(String, String, usize)],
}

/// Rows of one table; a report of more would open in no browser and be read by nobody.
#[derive(Clone, Copy)]
struct Bounds {
    entries: usize,
    left_out: usize,
    changes: usize,
    findings: usize,
    files: usize,
}

const OF_HTML: Bounds =
    Bounds { entries: 5_000, left_out: 5_000, changes: 2_000, findings: 1_000, files: 1_000 };
const OF_MARKDOWN: Bounds =
    Bounds { entries: 1_000, left_out: 1_000, changes: 500, findings: 500, files: 500 };

/// The files of the report. An error is a mistake in the templates.
pub fn report(report: &Report<'_>) -> Result<Vec<Artifact>, minijinja::Error> {
    let environment = environment()?;
    let artifact = |path: &str, media_type: &str, text: String| Artifact {
        path: path.to_owned(),
        role: Role::Report,
        product: None,
        target: String::new(),
        bytes: text.into_bytes(),
        media_type: media_type.to_owned(),
        at_root: false,
        entries: None,
    };
    let render = |name: &str, page: &Page| {
        let template = environment.get_template(name)?;
        template.render(context! {
            page => Serde(page), style => STYLE, script => SCRIPT, style_hash => hash(STYLE), script_hash => hash(SCRIPT),
        })
    };
    Ok(vec![
        artifact(HTML, "text/html; charset=utf-8", render(HTML, &page(report, OF_HTML))?),
        artifact(MARKDOWN, "text/markdown; charset=utf-8", render(MARKDOWN, &page(report, OF_MARKDOWN))?),
    ])
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?;
    environment.set_syntax(syntax);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| match name {
        HTML => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    environment.add_filter("prose", text::prose_to_html);
    environment.add_filter("md", text::text_to_markdown);
    environment.add_filter("md_code", text::code_to_markdown);
    environment.add_filter("md_prose", text::prose_to_markdown);
    environment.add_template(HTML, include_str!("report.html.j2"))?;
    environment.add_template(MARKDOWN, include_str!("report.md.j2"))?;
    Ok(environment)
}

/// What the page's policy says of the only script and the only style that may run.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}
