//! Passwords: hashed with Argon2id, at most so many at once, and as slowly for a user who does not exist.

use crate::turnstile::Turnstile;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, PasswordHasher, Version};
use ftp_core::secret::Secret;
use zeroize::Zeroize;

/// What a hash by [`Hashed::new`] takes, in blocks of 1 KiB.
const USUAL: usize = Params::DEFAULT_M_COST as usize;

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
    turnstile: Turnstile<Room>,
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
        let mut room = self.turnstile.pass();
        let hash = PasswordHash::new(expected.unwrap_or(&self.nobody).as_str());
        let right = hash.ok().and_then(|hash| room.gives(password, &hash));
        right == Some(true) && expected.is_some()
    }
}

/// Where one check at a time computes. It is kept from one to the next: of what is freed, malloc keeps as much for each of its arenas, and
/// there are as many of them as threads that ever checked a password, up to eight for each core.
#[derive(Default)]
struct Room(Vec<Block>);

impl Room {
    /// Does the password give this hash? `None` if that cannot be computed. What was computed on the way is wiped.
    fn gives(&mut self, password: &Secret, hash: &PasswordHash) -> Option<bool> {
        let (salt, expected) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
        let params = Params::try_from(hash).ok()?;
        let version = hash.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
        let blocks = params.block_count();
        self.0.try_reserve_exact(blocks.saturating_sub(self.0.len())).ok()?;
        self.0.resize(blocks.max(self.0.len()), Block::new());
        let mut buffer = [0; Output::MAX_LENGTH];
        let out = buffer.get_mut(..expected.len())?;
        let argon2 = Argon2::new(Algorithm::Argon2id, version, params);
        let computed = argon2.hash_password_into_with_memory(password.expose(), salt, out, &mut self.0);
        self.0.iter_mut().zeroize();
        // Somebody else's hash may take more; so much is not kept.
        self.0.truncate(USUAL);
        self.0.shrink_to(USUAL);
        computed.ok()?;
        // It takes as long whether they are alike or not.
        Some(Output::new(out).ok()? == *expected)
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

    /// Hashes that other programs have made may be of other sizes, with other numbers of lanes, or of Argon2's first version.
    #[test]
    fn a_hash_of_any_size_is_checked_and_its_room_is_left_empty_and_no_larger_than_usual() {
        let mut room = Room::default();
        for (size, lanes, version) in [(8, 1, Version::V0x13), (64, 2, Version::V0x10), (20_000, 1, Version::V0x13)] {
            let argon2 = Argon2::new(Algorithm::Argon2id, version, Params::new(size, 1, lanes, None).unwrap());
            let hash: PasswordHash = argon2.hash_password(b"secret").unwrap();
            assert_eq!(room.gives(&Secret::new(*b"secret"), &hash), Some(true));
            assert_eq!(room.gives(&Secret::new(*b"Secret"), &hash), Some(false));
            assert!(room.0.iter().all(|block| block.as_ref().iter().all(|&word| word == 0)));
            assert_eq!(room.0.capacity(), USUAL.min(size as usize));
        }
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
