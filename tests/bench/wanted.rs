//! Figures that are wanted, beside those that were measured.
#![allow(dead_code, reason = "each benchmark needs a part")]

use std::fmt::Write as _;

/// A table of them.
#[derive(Default)]
pub(crate) struct Wanted(Vec<Figure>);

struct Figure {
    what: String,
    bound: &'static str,
    wanted: f64,
    measured: f64,
    reached: bool,
}

impl Wanted {
    pub(crate) fn at_most(&mut self, what: impl Into<String>, wanted: f64, measured: f64) {
        let reached = measured <= wanted;
        self.0.push(Figure { what: what.into(), bound: "at most", wanted, measured, reached });
    }

    pub(crate) fn at_least(&mut self, what: impl Into<String>, wanted: f64, measured: f64) {
        let reached = measured >= wanted;
        self.0.push(Figure { what: what.into(), bound: "at least", wanted, measured, reached });
    }

    pub(crate) fn table(&self) -> String {
        let mut text = format!("{:<62} {:>17} {:>9}", "figure", "wanted", "measured");
        for Figure { what, bound, wanted, measured, reached } in &self.0 {
            let verdict = if *reached { "reached" } else { "MISSED" };
            let _ = write!(text, "\n{what:<62} {bound:>8} {wanted:>8.1} {measured:>9.2}  {verdict}");
        }
        text
    }
}
