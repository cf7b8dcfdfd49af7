//! Whether a client takes a compressed answer.

/// Whether `Accept-Encoding` allows `gzip`: named, or meant by `*`, and not with a weight of nought.
pub(super) fn takes_gzip(header: &str) -> bool {
    let mut by_star = false;
    for part in header.split(',') {
        let mut words = part.split(';').map(str::trim);
        let coding = words.next().unwrap_or_default();
        let weight = words.find_map(|word| word.strip_prefix("q=").or_else(|| word.strip_prefix("Q=")));
        let wanted =
            weight.is_none_or(|weight| weight.trim().parse::<f32>().is_ok_and(|weight| weight > 0.0));
        if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
            return wanted;
        }
        by_star |= coding == "*" && wanted;
    }
    by_star
}

#[cfg(test)]
mod tests {
    use super::takes_gzip;

    #[test]
    fn gzip_is_taken_where_it_is_named_or_meant_and_not_refused() {
        let table = [
            ("gzip", true),
            ("deflate, gzip;q=0.5, br", true),
            ("GZip", true),
            ("*", true),
            ("*;q=0.1", true),
            ("", false),
            ("identity", false),
            ("br", false),
            ("gzip;q=0", false),
            ("gzip;q=0.000, *", false),
            ("*;q=0", false),
            ("gzip;q=many", false),
        ];
        for (header, taken) in table {
            assert_eq!(takes_gzip(header), taken, "{header}");
        }
    }
}
