//! `Acceptance`: a loss that somebody takes on, with the reason, from `--accept CODE=REASON`.

use crate::diagnostic::Code;
use crate::profile::nearest;

/// What can be accepted. An empty list is not among them.
pub const ACCEPTABLE: [Code; 5] = [
    Code::GuardTableGone,
    Code::GuardHeaderLost,
    Code::GuardRowsLost,
    Code::GuardGeographyGone,
    Code::GuardRequiredGone,
];

/// A loss that is taken on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Which.
    pub code: Code,
    /// Why, for whoever reads the lock.
    pub reason: String,
}

impl Acceptance {
    /// The acceptance in `CODE=REASON`, or what is wrong with the text.
    ///
    /// ```
    /// use allowlistc::guard::Acceptance;
    /// let accepted = Acceptance::parse("guard-table-gone=the portal has a list of its own now");
    /// assert_eq!(accepted.map(|accepted| accepted.code.as_str()), Ok("guard-table-gone"));
    /// assert!(Acceptance::parse("guard-empty=never mind").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        let known = ACCEPTABLE.map(Code::as_str).join("`, `");
        let (code, reason) = text.split_once('=').unwrap_or((text, ""));
        let code = code.trim();
        if code == Code::GuardEmpty.as_str() {
            return Err("an empty list is never accepted".to_owned());
        }
        let Some(code) = ACCEPTABLE.into_iter().find(|known| known.as_str() == code) else {
            let near = nearest(code, ACCEPTABLE.iter().map(|known| known.as_str()))
                .map_or(String::new(), |near| format!("the nearest is `{near}`; "));
            return Err(format!("`{code}` cannot be accepted; {near}codes that can: `{known}`"));
        };
        // The reason goes into one line of the lock.
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        if reason.is_empty() {
            return Err(format!(
                "`{code}` is accepted without a reason; write `{code}=REASON`",
                code = code.as_str()
            ));
        }
        Ok(Self { code, reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acceptance_needs_a_known_code_and_a_reason() {
        for (text, wrong) in [
            ("guard-table-gone=moved to another book", ""),
            ("guard-table-gone", "without a reason"),
            ("guard-table-gone= ", "without a reason"),
            ("guard-tabel-gone=x", "the nearest is `guard-table-gone`"),
            ("few-rows=x", "cannot be accepted"),
            ("guard-empty=x", "an empty list is never accepted"),
            ("=x", "cannot be accepted"),
        ] {
            let result = Acceptance::parse(text);
            match &result {
                Ok(_) => assert_eq!(wrong, "", "{text}"),
                Err(message) => assert!(!wrong.is_empty() && message.contains(wrong), "{text}: {message}"),
            }
        }
    }
}
