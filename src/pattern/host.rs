//! `Host`: the shapes in which a list names hosts.

use std::fmt;

use ipnet::IpNet;

/// A host name: lower-case ASCII letters, digits, `-` and `_`, no dot at either end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fqdn(Box<str>);

impl Fqdn {
    /// The name in `text` (any case), or `None` if it is no host name of at most 253 characters with
    /// labels of 1 to 63.
    ///
    /// ```
    /// use allowlistc::pattern::Fqdn;
    /// assert!(Fqdn::parse("Login.Live.com").is_some());
    /// assert!(Fqdn::parse("a..b").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let sound = !text.is_empty()
            && text.len() <= 253
            && text.split('.').all(|label| {
                (1..=63).contains(&label.len())
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            });
        sound.then(|| Self(text.to_ascii_lowercase().into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fqdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which hosts an entry means.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// `login.live.com`: that name only.
    Exact(Fqdn),
    /// `*.x`: every name below `x` at any depth, not `x` itself.
    Subdomains(Fqdn),
    /// `*x`: every name whose text ends in `x`, `x` itself among them; no label boundary is implied.
    Suffix(Fqdn),
    /// `a*b.x`: every name that starts with the first text, ends with the second and has no further dot
    /// in between.
    Infix(Box<str>, Box<str>),
    /// A network of IP literals.
    Net(IpNet),
}

impl Host {
    /// The name that the shape is built on: without the star.
    pub fn base(&self) -> Option<&Fqdn> {
        match self {
            Self::Exact(name) | Self::Subdomains(name) | Self::Suffix(name) => Some(name),
            Self::Infix(..) | Self::Net(_) => None,
        }
    }

    /// The name of the shape in data: `exact`, `subdomains`, `suffix`, `infix`, `net4`, `net6`.
    pub fn shape(&self) -> &'static str {
        match self {
            Self::Exact(_) => "exact",
            Self::Subdomains(_) => "subdomains",
            Self::Suffix(_) => "suffix",
            Self::Infix(..) => "infix",
            Self::Net(IpNet::V4(_)) => "net4",
            Self::Net(IpNet::V6(_)) => "net6",
        }
    }

    /// The start of the spelling as numbers. Where those of two hosts differ, the hosts are in the same order.
    pub(crate) fn rank(&self) -> (u128, u64) {
        const FIRST: usize = size_of::<u128>();
        if matches!(self, Self::Net(_)) {
            return (u128::MAX, u64::MAX);
        }
        let mut start = [0; FIRST + size_of::<u64>()];
        let bytes = self.spelling().into_iter().flat_map(str::bytes);
        start.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        let (first, second) = (start.first_chunk(), start.last_chunk());
        (first.copied().map_or(0, u128::from_be_bytes), second.copied().map_or(0, u64::from_be_bytes))
    }

    /// Parts of the text whose concatenation is the vendor's spelling.
    fn spelling(&self) -> [&str; 3] {
        match self {
            Self::Exact(name) => [name.as_str(), "", ""],
            Self::Subdomains(name) => ["*.", name.as_str(), ""],
            Self::Suffix(name) => ["*", name.as_str(), ""],
            Self::Infix(start, end) => [start, "*", end],
            Self::Net(_) => ["", "", ""],
        }
    }
}

/// The vendor's spelling: `*.x`, `*x`, `x`, `10.0.0.0/8`.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Net(net) = self {
            return write!(f, "{net}");
        }
        self.spelling().iter().try_for_each(|part| f.write_str(part))
    }
}

/// Alphabetical by spelling, networks last by address.
impl Ord for Host {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        match (self, other) {
            (Self::Net(a), Self::Net(b)) => a.cmp(b),
            (Self::Net(_), _) => std::cmp::Ordering::Greater,
            (_, Self::Net(_)) => std::cmp::Ordering::Less,
            (Self::Exact(a), Self::Exact(b)) => a.cmp(b),
            _ => {
                cmp_joined(&self.spelling(), &other.spelling()).then_with(|| self.shape().cmp(other.shape()))
            }
        }
    }
}

/// Compares two texts that are given in parts, without putting them together.
fn cmp_joined(a: &[&str], b: &[&str]) -> std::cmp::Ordering {
    let (mut a_parts, mut b_parts) = (Parts::new(a), Parts::new(b));
    loop {
        let (a, b) = (a_parts.rest(), b_parts.rest());
        let length = a.len().min(b.len());
        if length == 0 {
            return a.len().cmp(&b.len());
        }
        let order = a.get(..length).cmp(&b.get(..length));
        if order.is_ne() {
            return order;
        }
        a_parts.skip(length);
        b_parts.skip(length);
    }
}

/// What is left of a text in parts.
struct Parts<'a> {
    current: &'a [u8],
    later: std::slice::Iter<'a, &'a str>,
}

impl<'a> Parts<'a> {
    fn new(parts: &'a [&'a str]) -> Self {
        Self { current: &[], later: parts.iter() }
    }

    /// The rest of the first part that has one; empty at the end of the text.
    fn rest(&mut self) -> &'a [u8] {
        while self.current.is_empty() {
            let Some(next) = self.later.next() else { break };
            self.current = next.as_bytes();
        }
        self.current
    }

    fn skip(&mut self, length: usize) {
        self.current = self.current.get(length..).unwrap_or_default();
    }
}

impl PartialOrd for Host {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
