//! The shipped rules, for unit tests.

use super::ReadingRules;

pub(super) fn rules() -> ReadingRules {
    ReadingRules::from_toml(
        include_str!("../../rules/mde/columns.toml"),
        include_str!("../../rules/mde/tables.toml"),
        include_str!("../../rules/mde/geographies.toml"),
    )
    .expect("the shipped rules are right")
}
