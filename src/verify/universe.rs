//! The requests that a verdict is about: well-formed ones as every client sends them.
//!
//! Names are lower case, made of labels of letters, digits, `-` and `_` between single dots, and the last label is
//! not a number, for such a text is an address. Paths start with `/`, have no query, no empty segment and none
//! that is `.` or `..`, for clients resolve those before they ask. A percent escape is compared as it is written.
//! Lengths are not bounded.
//!
//! Words are read from their fixed end: names backwards, paths forwards. So `below x` and `in the folder x` are
//! the same question, and so are `ends in x` and `starts with x`.

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Universe {
    /// Host names, backwards.
    Names,
    /// Paths, forwards.
    Paths,
}

/// Where in the grammar of its universe a word has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Point {
    /// Nothing read.
    Start,
    /// Names: in the last label, digits only.
    Number,
    /// Names: in a label. Paths: in a segment that is no run of dots.
    Inside,
    /// After a separator.
    Separated,
    /// Paths: a segment `.`.
    Dot,
    /// Paths: a segment `..`.
    Dots,
}

/// For each byte whether it is among `bytes`.
const fn members(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
}

static IS_NAME_BYTE: [bool; 256] = members(NAME_BYTES);
static IS_PATH_BYTE: [bool; 256] = members(PATH_BYTES);

const NAME_BYTES: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789-_.";
const PATH_BYTES: &[u8] =
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-_.~!$&'()*+,;=:@%";

impl Universe {
    /// The bytes of its words, those first that look best in a witness.
    pub(super) fn alphabet(self) -> &'static [u8] {
        match self {
            Self::Names => NAME_BYTES,
            Self::Paths => PATH_BYTES,
        }
    }

    /// What stands between labels or segments.
    pub(super) fn separator(self) -> u8 {
        match self {
            Self::Names => b'.',
            Self::Paths => b'/',
        }
    }

    /// The next point, or `None` if no word goes on so.
    pub(super) fn step(self, point: Point, byte: u8) -> Option<Point> {
        match self {
            Self::Names if IS_NAME_BYTE[usize::from(byte)] => step_name(point, byte),
            Self::Paths if IS_PATH_BYTE[usize::from(byte)] => step_path(point, byte),
            Self::Names | Self::Paths => None,
        }
    }

    /// Whether a word may end there.
    pub(super) fn ends(self, point: Point) -> bool {
        match self {
            Self::Names => point == Point::Inside,
            Self::Paths => matches!(point, Point::Inside | Point::Separated),
        }
    }

    /// Where `word` comes to.
    pub(super) fn run(self, word: &[u8]) -> Option<Point> {
        word.iter().try_fold(Point::Start, |point, byte| self.step(point, *byte))
    }

    /// Whether `text` is a word.
    pub(super) fn holds(self, text: &str) -> bool {
        match self {
            Self::Names => is_name(text.as_bytes()),
            Self::Paths => self.run(text.as_bytes()).is_some_and(|point| self.ends(point)),
        }
    }

    /// Puts `text` behind `bytes` as it is read.
    pub(super) fn orient(self, text: &str, bytes: &mut Vec<u8>) {
        match self {
            Self::Names => bytes.extend(text.bytes().rev()),
            Self::Paths => bytes.extend(text.bytes()),
        }
    }

    /// The text of a word.
    pub(super) fn text(self, word: &[u8]) -> String {
        match self {
            Self::Names => word.iter().rev().map(|byte| char::from(*byte)).collect(),
            Self::Paths => word.iter().map(|byte| char::from(*byte)).collect(),
        }
    }
}

/// The same as a walk backwards, in one look at each byte: every list is full of names.
fn is_name(text: &[u8]) -> bool {
    let mut last = b'.';
    for byte in text {
        let follows_itself = *byte == b'.' && last == b'.';
        if !IS_NAME_BYTE[usize::from(*byte)] || follows_itself {
            return false;
        }
        last = *byte;
    }
    let mut last_label = text.iter().rev().take_while(|byte| **byte != b'.');
    last_label.any(|byte| !byte.is_ascii_digit())
}

fn step_name(point: Point, byte: u8) -> Option<Point> {
    match (point, byte) {
        (Point::Inside, b'.') => Some(Point::Separated),
        (_, b'.') => None,
        (Point::Start | Point::Number, b'0'..=b'9') => Some(Point::Number),
        _ => Some(Point::Inside),
    }
}

fn step_path(point: Point, byte: u8) -> Option<Point> {
    match (point, byte) {
        (Point::Start | Point::Inside, b'/') => Some(Point::Separated),
        (Point::Start, _) | (_, b'/') => None,
        (Point::Separated, b'.') => Some(Point::Dot),
        (Point::Dot, b'.') => Some(Point::Dots),
        _ => Some(Point::Inside),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_in_either_direction() {
        let bytes = b"a1.-A";
        for number in 0..5_usize.pow(6) {
            let digits = (0..6).scan(number, |rest, _| {
                let digit = *rest % 5;
                *rest /= 5;
                Some(bytes[digit])
            });
            let whole: String = digits.map(char::from).collect();
            for text in (0..=6).map(|length| &whole[..length]) {
                let backwards: Vec<u8> = text.bytes().rev().collect();
                let walked = Universe::Names.run(&backwards).is_some_and(|point| Universe::Names.ends(point));
                assert_eq!(Universe::Names.holds(text), walked, "{text}");
            }
        }
    }

    #[test]
    fn only_names_and_resolved_paths_are_words() {
        for (text, expected) in [
            ("a", true),
            ("x-y_1.example.com", true),
            ("1.example.com", true),
            ("10.0.0.1", false),
            ("a.1", false),
            ("a.b1", true),
            ("a..b", false),
            (".a", false),
            ("a.", false),
            ("", false),
        ] {
            assert_eq!(Universe::Names.holds(text), expected, "{text}");
        }
        for (text, expected) in [
            ("/", true),
            ("/a/", true),
            ("/a/.b/...", true),
            ("/a/../b", false),
            ("/.", false),
            ("/..", false),
            ("//", false),
            ("a", false),
            ("/a?b", false),
        ] {
            assert_eq!(Universe::Paths.holds(text), expected, "{text}");
        }
    }
}
