//! `Texts`: a few texts in order, each once. Every entry of a list has several such sets, nearly all of one text.

use std::sync::Arc;

/// A set of texts, as small as a set of one can be.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Texts(Box<[Arc<str>]>);

impl Texts {
    /// The texts in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Arc<str>> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes over the texts of another set.
    pub fn append(&mut self, other: Self) {
        if *self != other {
            *self = self.0.iter().chain(&other.0).cloned().collect();
        }
    }
}

impl FromIterator<Arc<str>> for Texts {
    fn from_iter<I: IntoIterator<Item = Arc<str>>>(texts: I) -> Self {
        let mut texts: Vec<Arc<str>> = texts.into_iter().collect();
        texts.sort_unstable();
        texts.dedup();
        Self(texts.into())
    }
}

impl<const N: usize> From<[Arc<str>; N]> for Texts {
    fn from(texts: [Arc<str>; N]) -> Self {
        texts.into_iter().collect()
    }
}

impl<'a> IntoIterator for &'a Texts {
    type Item = &'a Arc<str>;
    type IntoIter = std::slice::Iter<'a, Arc<str>>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_in_order_and_once() {
        let mut texts = Texts::from(["EU".into(), "UK".into(), "EU".into()]);
        texts.append(Texts::from(["CH".into(), "UK".into()]));
        assert_eq!(texts.iter().map(|text| &**text).collect::<Vec<_>>(), ["CH", "EU", "UK"]);
        assert!(Texts::default().is_empty() && !texts.is_empty());
    }
}
