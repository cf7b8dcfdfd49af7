//! A progress bar on a terminal, and nothing anywhere else.

use indicatif::{ProgressBar, ProgressStyle};

/// The progress of one file on standard error; gone when dropped.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(url: &str) -> Self {
        let bar = ProgressBar::no_length();
        bar.set_style(style("{spinner} {bytes:>10}  {wide_msg}"));
        bar.set_message(url.to_owned());
        Self(bar)
    }

    pub(super) fn show(&self, got: u64, of: Option<u64>) {
        if let Some(of) = of.filter(|_| self.0.length().is_none()) {
            self.0.set_style(style("{bar:20} {bytes:>10} of {total_bytes:<10}  {wide_msg}"));
            self.0.set_length(of);
        }
        self.0.set_position(got);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}
