//! Users and passwords (HTTP basic authentication), for lists that only firewalls should read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Those who may read what is not public; empty means everybody.
#[derive(Clone, Debug, Default)]
pub struct Logins {
    /// Digests of `user:password`: of equal length, so that a comparison tells nothing.
    digests: Vec<[u8; 32]>,
}

/// A file of logins that cannot be used. It never repeats what stands there.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongLogin {
    /// A line without a user or a password.
    #[error("line {0} is no `user:password`")]
    Line(usize),
    /// Nobody could read anything.
    #[error("there is no `user:password` in it")]
    Nobody,
}

impl Logins {
    /// Reads one `user:password` a line; empty lines and those that start with `#` say nothing.
    pub fn parse(text: &str) -> Result<Self, WrongLogin> {
        let mut digests = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let filled =
                line.split_once(':').is_some_and(|(user, password)| !user.is_empty() && !password.is_empty());
            if !filled {
                return Err(WrongLogin::Line(number));
            }
            digests.push(Sha256::digest(line).into());
        }
        if digests.is_empty() { Err(WrongLogin::Nobody) } else { Ok(Self { digests }) }
    }

    /// Whether everybody may read everything.
    pub(super) fn is_open(&self) -> bool {
        self.digests.is_empty()
    }

    /// Whether a request with this `Authorization` may read what is not public.
    pub(super) fn admits(&self, header: Option<&[u8]>) -> bool {
        if self.is_open() {
            return true;
        }
        let Some(given) = header.and_then(credentials) else { return false };
        let given: [u8; 32] = Sha256::digest(given).into();
        // Every login is compared, whichever fits.
        self.digests.iter().fold(false, |known, digest| known | bool::from(digest.ct_eq(&given)))
    }
}

fn credentials(header: &[u8]) -> Option<Vec<u8>> {
    let (scheme, rest) = header.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    STANDARD.decode(rest.trim_ascii()).ok()
}

#[cfg(test)]
mod tests {
    use super::{Logins, WrongLogin};

    fn header(login: &str) -> Vec<u8> {
        use base64::Engine;
        format!("Basic {}", super::STANDARD.encode(login)).into_bytes()
    }

    #[test]
    fn only_a_known_user_with_the_right_password_is_admitted() {
        let logins = Logins::parse("# firewalls\n\nfw1:s3cret\nfw2:a:b\n").expect("two logins");
        for (login, admitted) in [
            ("fw1:s3cret", true),
            ("fw2:a:b", true),
            ("fw1:a:b", false),
            ("fw1:", false),
            ("fw1:s3cre", false),
            ("", false),
        ] {
            assert_eq!(logins.admits(Some(&header(login))), admitted, "{login}");
        }
        assert!(!logins.admits(None));
        assert!(!logins.admits(Some(b"Bearer x")));
        assert!(!logins.admits(Some(b"Basic !!!")));
        assert!(!logins.admits(Some("Bäsic".as_bytes())));
        assert!(Logins::default().admits(None));
    }

    #[test]
    fn a_file_without_a_login_never_means_everybody() {
        assert_eq!(Logins::parse("").expect_err("nobody"), WrongLogin::Nobody);
        assert_eq!(Logins::parse("# fw1:x\n").expect_err("nobody"), WrongLogin::Nobody);
        assert_eq!(Logins::parse("fw1:x\nfw2").expect_err("no password"), WrongLogin::Line(2));
        assert_eq!(Logins::parse(":x").expect_err("no user"), WrongLogin::Line(1));
    }
}
