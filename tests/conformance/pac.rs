//! Rows about PAC files: the rendered program, asked in the embedded engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use allowlistc::verify::read_back::pac_engine::Engine;
use serde_json::Value;

use super::targets::Built;
use super::{Row, Trial, lists, text, trial};

pub(crate) fn trials(rows: Vec<Value>) -> Vec<Trial> {
    let mut programs: BTreeMap<String, Arc<String>> = BTreeMap::new();
    let one = |(number, row): (usize, Value)| {
        let pattern = text(&row, "pattern");
        let program =
            programs.entry(pattern.to_owned()).or_insert_with(|| Arc::new(program(pattern))).clone();
        let name = format!("{number} {pattern} {} {}", text(&row, "input_url_or_host"), text(&row, "note"));
        trial("pac", name, Row::Decided(Box::new(move || comes_out(&program, &row))))
    };
    rows.into_iter().enumerate().map(one).collect()
}

fn comes_out(program: &str, row: &Value) -> bool {
    let engine = Engine::load(program).unwrap();
    let route = engine.route(text(row, "input_url_or_host"), text(row, "host_argument")).unwrap();
    route.text == text(row, "expected_return") && !route.depends
}

fn program(pattern: &str) -> String {
    let entries = entries(pattern);
    let list = lists::list(&entries.iter().map(String::as_str).collect::<Vec<_>>());
    let routes = [("allow", "PROXY 127.0.0.1:18081"), ("default", "PROXY 127.0.0.1:18080")];
    Built::new("pac", list, &routes).text("proxy.pac").to_owned()
}

/// `fe3cr.x/a.asmx :80 (+ *.x :80,443)`, `*.y :443 (direct)`.
fn entries(pattern: &str) -> Vec<String> {
    if pattern == "(none)" {
        return vec!["login.live.com".into()];
    }
    let direct = if pattern.contains("(direct)") { "!" } else { "" };
    let pattern =
        pattern.replace("(direct)", "").replace("(443 not expressible)", "").replace(['(', ')'], "");
    let one = |part: &str| {
        let (address, ports) = part.trim().rsplit_once(" :").unwrap();
        ports.split(',').map(|port| format!("{direct}{address} :{port}")).collect::<Vec<_>>()
    };
    pattern.split('+').flat_map(one).collect()
}
