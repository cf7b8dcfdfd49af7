//! Two versions of a file, line by line.

use similar::{ChangeTag, TextDiff};

/// Lines on both sides beyond which the lines are not matched: that work can grow with their product.
const MOST_MATCHED: usize = 20_000;

/// Lines of one file that a diff shows.
const MOST_SHOWN: usize = 200;

/// How the lines of a file differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    /// The first line of the old version that differs, from 1.
    pub first: u32,
    /// Lines that only the new version has; `None` where the lines are too many to be matched.
    pub added: Option<usize>,
    /// Lines that only the old version has.
    pub removed: Option<usize>,
    /// Whether nothing but the line ends differs.
    pub only_ends: bool,
    /// Hunks of a unified diff, without its header.
    pub hunks: Vec<String>,
    /// Lines of hunks that are left out.
    pub hidden: usize,
}

impl Lines {
    /// How `old` differs from `new`.
    pub fn of(old: &[u8], new: &[u8]) -> Self {
        let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
        let (same, before) = common(&old, &new);
        let mut lines = Self {
            first: u32::try_from(before + 1).unwrap_or(u32::MAX),
            added: None,
            removed: None,
            only_ends: old.lines().eq(new.lines()),
            hunks: Vec::new(),
            hidden: 0,
        };
        let differing = |text: &str| text.lines().count().saturating_sub(same);
        if differing(&old) + differing(&new) > MOST_MATCHED {
            return lines;
        }
        let diff = TextDiff::from_lines(&*old, &*new);
        let count = |tag| diff.iter_all_changes().filter(|change| change.tag() == tag).count();
        (lines.added, lines.removed) = (Some(count(ChangeTag::Insert)), Some(count(ChangeTag::Delete)));
        lines.add_hunks(&diff);
        lines
    }

    fn add_hunks(&mut self, diff: &TextDiff<'_, '_, str>) {
        let mut shown = 0;
        for hunk in diff.unified_diff().context_radius(2).iter_hunks() {
            let text = hunk.to_string();
            let length = text.lines().count();
            if shown + length > MOST_SHOWN && shown > 0 {
                self.hidden += length;
                continue;
            }
            shown += length;
            let kept: Vec<&str> = text.lines().take(MOST_SHOWN).collect();
            self.hidden += length - kept.len();
            self.hunks.push(kept.join("\n"));
        }
    }

    /// `3 lines more and 1 less`.
    pub fn in_words(&self) -> String {
        match (self.added, self.removed) {
            (Some(added), Some(removed)) => {
                let noun = if added == 1 { "line" } else { "lines" };
                format!("{added} {noun} more and {removed} less")
            }
            _ => format!("more than {MOST_MATCHED} lines differ"),
        }
    }
}

/// Lines that both versions begin or end with, and those that they begin with.
fn common(old: &str, new: &str) -> (usize, usize) {
    let before = old.lines().zip(new.lines()).take_while(|(a, b)| a == b).count();
    let rest = old.lines().count().min(new.lines().count()) - before;
    let after = old.lines().rev().zip(new.lines().rev()).take(rest).take_while(|(a, b)| a == b).count();
    (before + after, before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_and_the_first_is_named() {
        let lines = Lines::of(b"a\nb\nc\nd\n", b"a\nx\nc\nd\ne\n");
        assert_eq!((lines.first, lines.added, lines.removed, lines.only_ends), (2, Some(2), Some(1), false));
        assert_eq!(lines.hunks, ["@@ -1,4 +1,5 @@\n a\n-b\n+x\n c\n d\n+e"]);
    }

    #[test]
    fn long_files_are_bounded() {
        let text = |step: usize| (0..30_000).map(|number| format!("{}\n", number * step)).collect::<String>();
        let lines = Lines::of(text(1).as_bytes(), text(2).as_bytes());
        assert_eq!((lines.added, lines.hunks.len()), (None, 0));
        assert!(lines.in_words().contains("20000"));
        // A few changes in a long file are matched all the same.
        let changed = text(1).replacen("15000\n", "x\n", 1);
        assert_eq!(Lines::of(text(1).as_bytes(), changed.as_bytes()).added, Some(1));
        let rewritten = Lines::of("a\n".repeat(5_000).as_bytes(), "b\n".repeat(5_000).as_bytes());
        assert_eq!(rewritten.hunks.iter().flat_map(|hunk| hunk.lines()).count(), MOST_SHOWN);
        assert!(rewritten.hidden > 9_000);
    }
}
