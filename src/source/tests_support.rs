//! The shipped rules, for unit tests.

use super::ReadingRules;
use crate::rules::Rules;

pub(super) fn rules() -> ReadingRules {
    Rules::shipped(None).expect("the shipped rules are right").reading
}
