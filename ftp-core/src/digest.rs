//! [`Algorithm`]: the digests of a file that a client can ask for, by HASH (draft-ietf-ftpext2-hash-03) or by the X commands of the
//! field. What computes them is elsewhere.

use crate::command::Verb;

/// How a digest is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// CRC32: finds accidents, not forgeries.
    Crc32,
    /// MD5 (RFC 1321): the same, by now.
    Md5,
    /// SHA-1 (FIPS 180-4): the same, by now.
    Sha1,
    /// SHA-256 (FIPS 180-4).
    Sha256,
    /// SHA-512 (FIPS 180-4).
    Sha512,
}

impl Algorithm {
    /// All of them, those first that a client should rather ask for.
    pub const ALL: [Self; 5] = [Self::Sha256, Self::Sha512, Self::Sha1, Self::Md5, Self::Crc32];

    /// Its name in HASH and in the line of FEAT.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha512 => "SHA-512",
        }
    }

    /// The algorithm of this name, in any case.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name().as_bytes().eq_ignore_ascii_case(name))
    }

    /// The commands of the field that give it, the most frequent one first.
    pub const fn verbs(self) -> &'static [Verb] {
        match self {
            Self::Crc32 => &[Verb::Xcrc],
            Self::Md5 => &[Verb::Xmd5, Verb::Md5],
            Self::Sha1 => &[Verb::Xsha1, Verb::Xsha],
            Self::Sha256 => &[Verb::Xsha256],
            Self::Sha512 => &[Verb::Xsha512],
        }
    }

    /// The length of a digest in bytes.
    pub const fn length(self) -> usize {
        match self {
            Self::Crc32 => 4,
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::from_name(algorithm.name().as_bytes()), Some(algorithm));
            assert_eq!(Algorithm::from_name(algorithm.name().to_ascii_lowercase().as_bytes()), Some(algorithm));
        }
        assert_eq!(Algorithm::from_name(b"SHA"), None);
    }
}
