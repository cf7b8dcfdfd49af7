//! `Ports`: a set of TCP ports.

/// A set of ports, as ranges in order that neither overlap nor touch.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ports(Vec<(u16, u16)>);

impl Ports {
    /// No port.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// Every port.
    pub fn all() -> Self {
        Self(vec![(1, u16::MAX)])
    }

    /// One port.
    pub fn one(port: u16) -> Self {
        Self::new([(port, port)])
    }

    /// The ports of these ranges, both ends included. Port 0 does not exist.
    pub fn new(ranges: impl IntoIterator<Item = (u16, u16)>) -> Self {
        let sound = |(first, last): (u16, u16)| (first.max(1) <= last).then_some((first.max(1), last));
        let mut ranges: Vec<(u16, u16)> = ranges.into_iter().filter_map(sound).collect();
        ranges.sort_unstable();
        let mut merged: Vec<(u16, u16)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(previous) if first <= previous.1.saturating_add(1) => previous.1 = previous.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        Self(merged)
    }

    /// Whether `port` is in it.
    pub fn contains(&self, port: u16) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&port))
    }

    /// Whether no port is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ports in either.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self::new(self.0.iter().chain(&other.0).copied())
    }

    /// The ports in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let overlap = |a: &(u16, u16), b: &(u16, u16)| (a.0.max(b.0), a.1.min(b.1));
        let pairs = self.0.iter().flat_map(|a| other.0.iter().map(move |b| overlap(a, b)));
        Self::new(pairs.filter(|(first, last)| first <= last))
    }

    /// The ports that are not in it.
    #[must_use]
    pub fn complement(&self) -> Self {
        let mut gaps = Vec::with_capacity(self.0.len() + 1);
        let mut next = Some(1_u16);
        for (first, last) in &self.0 {
            if let Some(start) = next.filter(|start| start < first) {
                gaps.push((start, first - 1));
            }
            next = last.checked_add(1);
        }
        gaps.extend(next.map(|start| (start, u16::MAX)));
        Self(gaps)
    }

    /// The first port of every range, and of every gap.
    pub(super) fn edges(&self) -> impl Iterator<Item = u16> {
        self.0.iter().flat_map(|(first, last)| [Some(*first), last.checked_add(1)]).flatten()
    }
}

/// `443`, `80, 8000-8080`, `any`.
impl std::fmt::Display for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if *self == Self::all() {
            return f.write_str("any");
        }
        let range = |(first, last): &(u16, u16)| {
            if first == last { first.to_string() } else { format!("{first}-{last}") }
        };
        f.write_str(&self.0.iter().map(range).collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_ports_follow_the_laws_of_sets() {
        let web = Ports::new([(443, 443), (80, 90), (85, 100), (101, 101)]);
        assert_eq!(web, Ports::new([(80, 101), (443, 443)]));
        assert_eq!(web.complement().complement(), web);
        assert_eq!(web.and(&web.complement()), Ports::none());
        assert_eq!(web.or(&web.complement()), Ports::all());
        assert_eq!(Ports::none().complement(), Ports::all());
        assert!(web.contains(90) && !web.contains(102) && !web.contains(0));
        assert_eq!(Ports::new([(0, 0)]), Ports::none());
    }
}
