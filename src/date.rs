//! Days of the calendar, counted.

/// Years beyond this are not told apart.
const LAST_YEAR: u64 = 9999;

/// `2026-11-24`: the day that many days after the first of January of `year`, by the Gregorian calendar.
pub(crate) fn day_after(mut year: u64, mut days: u64) -> String {
    while days >= length(year) {
        if year == LAST_YEAR {
            return format!("{LAST_YEAR}-12-31");
        }
        days -= length(year);
        year += 1;
    }
    let february = length(year) - 337;
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", days + 1)
}

fn length(year: u64) -> u64 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if is_leap { 366 } else { 365 }
}

#[cfg(test)]
mod tests {
    use super::day_after;

    #[test]
    fn a_count_has_its_day() {
        for (year, days, expected) in [
            (1970, 0, "1970-01-01"),
            (1970, 11_016, "2000-02-29"),
            (1970, 11_017, "2000-03-01"),
            (1970, 20_453, "2025-12-31"),
            (1970, 47_541, "2100-03-01"),
            (1900, 44_243, "2021-02-18"),
            (1970, u64::MAX, "9999-12-31"),
        ] {
            assert_eq!(day_after(year, days), expected, "{year} {days}");
        }
    }
}
