//! Passwords: hashed with Argon2id, at most so many at once, and as slowly for a user who does not exist.

use crate::turnstile::Turnstile;
use argon2::password_hash::phc::PasswordHash;
use argon2::{ARGON2ID_IDENT, Argon2, PasswordHasher, PasswordVerifier};
use ftp_core::secret::Secret;

/// A password's hash, as a PHC string (`$argon2id$…`). Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Hashed(String);

impl Hashed {
    /// Hashes with the parameters that RFC 9106 and OWASP recommend for servers: 19 MiB, two passes, one lane.
    /// `None` if the system has no randomness or no memory.
    pub(super) fn new(password: &Secret) -> Option<Self> {
        let hash: PasswordHash = Argon2::default().hash_password(password.expose()).ok()?;
        Some(Self(hash.to_string()))
    }

    /// Reads what an account file holds.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let hash = PasswordHash::new(text).ok()?;
        let whole = hash.algorithm == ARGON2ID_IDENT && hash.salt.is_some() && hash.hash.is_some();
        whole.then(|| Self(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for Hashed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Hashed(…)")
    }
}

/// Checks passwords. One check takes 19 MiB and a core for a while, so that no more than a given number run at once; the
/// others wait their turn.
pub(super) struct Verifier {
    turnstile: Turnstile,
    /// What the passwords of unknown users are compared with, so that they take as long to refuse.
    nobody: Hashed,
}

impl Verifier {
    /// At most `at_once` checks run together; at least one does. `None` if no hash can be made at all.
    pub(super) fn new(at_once: usize) -> Option<Self> {
        let nobody = Hashed::new(&Secret::new(*b"nobody"))?;
        Some(Self { turnstile: Turnstile::new(at_once), nobody })
    }

    /// Is this the password? Of nobody (`None`) it never is.
    pub(super) fn verify(&self, password: &Secret, expected: Option<&Hashed>) -> bool {
        let turn = self.turnstile.pass();
        let hash = expected.unwrap_or(&self.nobody);
        let right = PasswordHash::new(hash.as_str())
            .is_ok_and(|hash| Argon2::default().verify_password(password.expose(), &hash).is_ok());
        drop(turn);
        right && expected.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_is_right() {
        let verifier = Verifier::new(1).expect("randomness");
        let hashed = Hashed::new(&Secret::new(*b"secret")).expect("randomness");
        assert!(hashed.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hashed.as_str());
        assert!(verifier.verify(&Secret::new(*b"secret"), Some(&hashed)));
        assert!(!verifier.verify(&Secret::new(*b"Secret"), Some(&hashed)));
        assert!(!verifier.verify(&Secret::new(*b"nobody"), None));
    }

    #[test]
    fn only_whole_argon2id_hashes_are_read() {
        let hashed = Hashed::new(&Secret::new(*b"x")).expect("randomness");
        assert_eq!(Hashed::parse(hashed.as_str()), Some(hashed.clone()));
        for wrong in
            ["", "secret", "$argon2id$v=19$m=19456,t=2,p=1", "$argon2i$v=19$m=16,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"]
        {
            assert_eq!(Hashed::parse(wrong), None, "{wrong}");
        }
        assert_eq!(format!("{hashed:?}"), "Hashed(…)");
    }

    #[test]
    fn more_checks_than_may_run_at_once_all_get_their_turn() {
        let verifier = Verifier::new(2).expect("randomness");
        let hashed = Hashed::new(&Secret::new(*b"x")).expect("randomness");
        std::thread::scope(|scope| {
            for _ in 0..5 {
                scope.spawn(|| assert!(verifier.verify(&Secret::new(*b"x"), Some(&hashed))));
            }
        });
    }
}
