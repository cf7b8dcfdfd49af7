//! `Range: bytes=…`: one range of an answer.

/// What a range comes to in a body of known length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// No range that this server follows: the whole body is the right answer.
    Whole,
    /// From the first to the last byte, both counted from nought and within the body.
    Part(usize, usize),
    /// A range that lies outside.
    Outside,
}

/// Reads the header. Several ranges at once, other units and wrong words are passed over, as a server may.
pub(super) fn asked(header: &str, length: usize) -> Asked {
    let Some(range) = header.strip_prefix("bytes=").map(str::trim) else { return Asked::Whole };
    let Some((first, last)) = range.split_once('-') else { return Asked::Whole };
    let (first, last) = (first.trim(), last.trim());
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // Numbers beyond every length are as good as the largest.
        digits.then(|| text.parse::<usize>().unwrap_or(usize::MAX))
    };
    match (number(first), number(last)) {
        (Some(first), None) if last.is_empty() => from_to(first, usize::MAX, length),
        (Some(first), Some(last)) if first <= last => from_to(first, last, length),
        (None, Some(count)) if first.is_empty() && count > 0 => {
            from_to(length.saturating_sub(count), usize::MAX, length)
        }
        (None, Some(_)) if first.is_empty() => Asked::Outside,
        _ => Asked::Whole,
    }
}

fn from_to(first: usize, last: usize, length: usize) -> Asked {
    if first < length { Asked::Part(first, last.min(length - 1)) } else { Asked::Outside }
}

#[cfg(test)]
mod tests {
    use super::{Asked, asked};

    #[test]
    fn one_range_is_read_as_the_standard_says() {
        let table = [
            ("bytes=0-0", Asked::Part(0, 0)),
            ("bytes=2-5", Asked::Part(2, 5)),
            ("bytes=2-", Asked::Part(2, 9)),
            ("bytes=2-99", Asked::Part(2, 9)),
            ("bytes=-3", Asked::Part(7, 9)),
            ("bytes=-99", Asked::Part(0, 9)),
            ("bytes=-0", Asked::Outside),
            ("bytes=10-", Asked::Outside),
            ("bytes=10-20", Asked::Outside),
            ("bytes=99999999999999999999999-", Asked::Outside),
            ("bytes=0-99999999999999999999999", Asked::Part(0, 9)),
            ("bytes=5-2", Asked::Whole),
            ("bytes=-", Asked::Whole),
            ("bytes=a-b", Asked::Whole),
            ("bytes=1-b", Asked::Whole),
            ("bytes=0-1,3-4", Asked::Whole),
            ("lines=0-1", Asked::Whole),
            ("bytes=+1-2", Asked::Whole),
            ("", Asked::Whole),
        ];
        for (header, expected) in table {
            assert_eq!(asked(header, 10), expected, "{header}");
        }
        assert_eq!(asked("bytes=0-", 0), Asked::Outside);
        assert_eq!(asked("bytes=-1", 0), Asked::Outside);
    }
}
