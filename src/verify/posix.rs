//! POSIX extended regular expressions, as glibc reads them, in the syntax that the other modules read.

use std::fmt::Write as _;

/// Why an expression is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegularError {
    /// No engine takes it.
    #[error("is no regular expression: {0}")]
    Wrong(&'static str),
    /// It may be right, but this reader does not decide it.
    #[error("uses {0}, which is not decided here")]
    Unsupported(&'static str),
}

use RegularError::{Unsupported, Wrong};

/// `text` with its meaning kept, in a syntax where every escape and class is explicit.
pub(super) fn from_posix(text: &str, ignore_case: bool) -> Result<String, RegularError> {
    let out = String::with_capacity(text.len() + 8);
    let mut reader = Reader { rest: text.as_bytes(), out, ignore_case };
    // For each open group, whether an anchor is in it; and whether one is in the last item.
    let (mut open, mut anchored): (Vec<bool>, bool) = (Vec::new(), false);
    // Whether the last item can carry a quantifier, and whether it carries one already.
    let (mut item, mut counted) = (false, false);
    while let Some(byte) = reader.next() {
        match byte {
            b'*' | b'+' | b'?' | b'{' => {
                if !item {
                    return Err(Wrong("nothing in front of a quantifier"));
                }
                if counted {
                    return Err(Unsupported("two quantifiers in a row"));
                }
                if anchored {
                    // glibc finds more than there is.
                    return Err(Unsupported("an anchor within a repetition"));
                }
                reader.quantifier(byte)?;
                counted = true;
                continue;
            }
            b'(' => {
                open.push(false);
                reader.out.push_str("(?:");
                item = false;
            }
            b')' => {
                anchored = open.pop().ok_or(Wrong("`)` without `(`"))?;
                reader.out.push(')');
                item = true;
            }
            b'|' | b'^' | b'$' => {
                if byte != b'|' {
                    open.fill(true);
                }
                reader.out.push(char::from(byte));
                item = false;
            }
            _ => {
                reader.item(byte)?;
                (item, anchored) = (true, false);
            }
        }
        counted = false;
    }
    if open.is_empty() { Ok(reader.out) } else { Err(Wrong("`(` without `)`")) }
}

struct Reader<'a> {
    rest: &'a [u8],
    out: String,
    ignore_case: bool,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn item(&mut self, byte: u8) -> Result<(), RegularError> {
        match byte {
            b'.' => self.out.push('.'),
            b'[' => self.bracket()?,
            b'\\' => match self.next() {
                None => return Err(Wrong("a backslash at the end")),
                Some(b'w') => self.out.push_str("[0-9A-Za-z_]"),
                Some(b'W') => self.out.push_str("[^0-9A-Za-z_]"),
                Some(b's') => self.out.push_str("[\\x09-\\x0d ]"),
                Some(b'S') => self.out.push_str("[^\\x09-\\x0d ]"),
                Some(b'0'..=b'9') => return Err(Unsupported("a back-reference")),
                Some(b'a'..=b'z' | b'A'..=b'Z' | b'<' | b'>' | b'`' | b'\'') => {
                    return Err(Unsupported("an escape that POSIX does not define"));
                }
                Some(escaped) => self.literal(escaped)?,
            },
            _ => self.literal(byte)?,
        }
        Ok(())
    }

    fn literal(&mut self, byte: u8) -> Result<(), RegularError> {
        if !(b' '..=b'~').contains(&byte) {
            return Err(Unsupported("a character that is not plain ASCII"));
        }
        if b"\\.+*?()|[]{}^$#&-~".contains(&byte) {
            self.out.push('\\');
        }
        self.out.push(char::from(byte));
        Ok(())
    }

    fn quantifier(&mut self, byte: u8) -> Result<(), RegularError> {
        self.out.push(char::from(byte));
        if byte != b'{' {
            return Ok(());
        }
        let end = self.rest.iter().position(|byte| *byte == b'}').ok_or(Wrong("`{` without `}`"))?;
        let (bounds, rest) = self.rest.split_at(end);
        let sound = bounds.first().is_some_and(u8::is_ascii_digit)
            && bounds.iter().all(|byte| byte.is_ascii_digit() || *byte == b',')
            && bounds.split(|byte| *byte == b',').count() <= 2;
        if !sound {
            return Err(Wrong("bounds of a repetition that are no numbers"));
        }
        self.out.extend(bounds.iter().map(|byte| char::from(*byte)));
        self.out.push('}');
        self.rest = rest.get(1..).unwrap_or_default();
        Ok(())
    }

    /// `[...]`: a backslash is an ordinary character in it, and so is a `]` that comes first.
    fn bracket(&mut self) -> Result<(), RegularError> {
        let open = Wrong("`[` without `]`");
        let negated = self.rest.first() == Some(&b'^');
        if negated {
            self.next();
        }
        let mut members = [false; 128];
        let mut first = true;
        loop {
            let byte = self.next().ok_or(open.clone())?;
            match byte {
                b']' if !first => break,
                b'[' if matches!(self.rest.first(), Some(b'.' | b'=')) => {
                    return Err(Unsupported("a collating element"));
                }
                b'[' if self.rest.first() == Some(&b':') => self.class(&mut members)?,
                b'-' if !first && self.rest.first() != Some(&b']') => {
                    return Err(Unsupported("a `-` within brackets that is neither first nor last"));
                }
                _ => self.range(byte, &mut members)?,
            }
            first = false;
        }
        self.out.push_str(if negated { "[^" } else { "[" });
        for (byte, _) in (0_u8..).zip(members).filter(|(_, is_member)| *is_member) {
            if byte.is_ascii_alphanumeric() {
                self.out.push(char::from(byte));
                continue;
            }
            // Writing to a string does not fail.
            let _ = write!(self.out, "\\x{byte:02x}");
        }
        self.out.push(']');
        Ok(())
    }

    fn range(&mut self, from: u8, members: &mut [bool; 128]) -> Result<(), RegularError> {
        let to = match self.rest {
            [b'-', b']', ..] | [] => from,
            [b'-', b'[', ..] => return Err(Unsupported("a range up to `[`")),
            [b'-', to, rest @ ..] => {
                let to = *to;
                self.rest = rest;
                to
            }
            _ => from,
        };
        if !(b' '..=b'~').contains(&from) || !(b' '..=b'~').contains(&to) {
            return Err(Unsupported("a character that is not plain ASCII"));
        }
        // glibc makes both ends capitals first, so that `[Z-a]` is nothing and `[A-z]` is `[A-Z]`.
        let kind = |end: u8| (end.is_ascii_lowercase(), end.is_ascii_uppercase());
        if self.ignore_case && kind(from) != kind(to) {
            return Err(Unsupported("a range from a letter to something else, upper or lower case"));
        }
        if to < from {
            return Err(Wrong("a range that ends before it starts"));
        }
        for byte in from..=to {
            let member = members.get_mut(usize::from(byte));
            *member.ok_or(Unsupported("a character that is not plain ASCII"))? = true;
        }
        Ok(())
    }

    fn class(&mut self, members: &mut [bool; 128]) -> Result<(), RegularError> {
        let end = self.rest.windows(2).position(|pair| pair == b":]").ok_or(Wrong("`[:` without `:]`"))?;
        let (name, rest) = self.rest.split_at(end);
        let is_member: fn(&u8) -> bool = match name.get(1..).unwrap_or_default() {
            b"alpha" => u8::is_ascii_alphabetic,
            b"digit" => u8::is_ascii_digit,
            b"alnum" => u8::is_ascii_alphanumeric,
            b"upper" => u8::is_ascii_uppercase,
            b"lower" => u8::is_ascii_lowercase,
            b"punct" => u8::is_ascii_punctuation,
            b"xdigit" => u8::is_ascii_hexdigit,
            b"space" => |byte| matches!(byte, b'\t'..=b'\r' | b' '),
            b"blank" => |byte| matches!(byte, b'\t' | b' '),
            b"graph" => u8::is_ascii_graphic,
            b"print" => |byte| byte.is_ascii_graphic() || *byte == b' ',
            b"cntrl" => u8::is_ascii_control,
            _ => return Err(Wrong("a character class that does not exist")),
        };
        for (byte, member) in (0_u8..).zip(members.iter_mut()) {
            *member |= is_member(&byte);
        }
        self.rest = rest.get(2..).unwrap_or_default();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_glibc_takes_is_translated_and_the_rest_refused() {
        for (text, expected) in [
            (r"^/a\.b$", Ok(r"^/a\.b$")),
            (r"(^|\.)x$", Ok(r"(?:^|\.)x$")),
            ("[]a^]", Ok(r"[\x5d\x5ea]")),
            (r"[^\]", Ok(r"[^\x5c]")),
            ("[a-c-]", Ok(r"[\x2dabc]")),
            ("a{2,3}#", Ok(r"a{2,3}\#")),
            ("(*bad()", Err(Wrong("nothing in front of a quantifier"))),
            ("(a", Err(Wrong("`(` without `)`"))),
            ("a)", Err(Wrong("`)` without `(`"))),
            ("[a", Err(Wrong("`[` without `]`"))),
            ("[a-c-e]", Err(Unsupported("a `-` within brackets that is neither first nor last"))),
            ("[--.]", Ok(r"[\x2d\x2e]")),
            ("[\0]", Err(Unsupported("a character that is not plain ASCII"))),
            (r"\bx", Err(Unsupported("an escape that POSIX does not define"))),
            ("a+?", Err(Unsupported("two quantifiers in a row"))),
            (r"(^|\.)+b", Err(Unsupported("an anchor within a repetition"))),
            (r"((^)a|b){2}", Err(Unsupported("an anchor within a repetition"))),
            (r"(^a)b+", Ok(r"(?:^a)b+")),
        ] {
            assert_eq!(from_posix(text, false), expected.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn ranges_are_of_capitals_where_case_is_ignored() {
        for (text, fits) in
            [("[a-z]", true), ("[A-F0-9]", true), ("[ -~]", true), ("[A-z]", false), ("[0-z]", false)]
        {
            assert_eq!(from_posix(text, true).is_ok(), fits, "{text}");
            assert!(from_posix(text, false).is_ok(), "{text}");
        }
    }
}
