//! `ReadFrom`: the files that a list is read from, by the names that they have.

use std::fmt;

/// The files of one reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadFrom {
    /// The first of them; where there is none, what it would be called, with `*` for what nobody knows of the name.
    pub first: String,
    /// How many there are.
    pub count: usize,
}

impl ReadFrom {
    /// `found` in any order. Of the parts of a list the first has the shortest name. `path` is what they are called
    /// in the target's folder.
    pub(super) fn new(mut found: Vec<&str>, path: &str) -> Self {
        found.sort_unstable_by_key(|path| (path.len(), *path));
        let first = found.first().map_or_else(|| unknown(path), |first| (*first).to_owned());
        Self { first, count: found.len() }
    }
}

/// As it stands in a table.
impl fmt::Display for ReadFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            0 => write!(f, "no {}", self.first),
            1 => f.write_str(&self.first),
            count => write!(f, "{} and {} more", self.first, count - 1),
        }
    }
}

/// A path with `*` in place of each placeholder but `{part}`, which is empty for the first part.
fn unknown(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for (number, piece) in path.split('{').enumerate() {
        let (placeholder, rest) = piece.split_once('}').filter(|_| number > 0).unwrap_or(("part", piece));
        text.push_str(if placeholder == "part" { "" } else { "*" });
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_as_they_are() {
        for (found, path, text) in [
            (
                vec!["allow-2.bicep", "allow-10.bicep", "allow.bicep"],
                "allow{part}.bicep",
                "allow.bicep and 2 more",
            ),
            (vec!["terraform/allow.tf"], "terraform/allow{part}.tf", "terraform/allow.tf"),
            (vec![], "allow{part}.bicep", "no allow.bicep"),
            (vec![], "direct-{port}{part}.txt", "no direct-*.txt"),
            (vec![], "{list}-{port}-ip{part}.txt", "no *-*-ip.txt"),
        ] {
            assert_eq!(ReadFrom::new(found, path).to_string(), text);
        }
    }
}
