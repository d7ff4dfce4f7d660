//! The digest of a file: HASH (draft-ietf-ftpext2-hash-03), after OPTS HASH where another algorithm is in force, or one of the X commands
//! of the field.

use super::action::{ClientError, Outcome};
use super::features::Features;
use super::link::Link;
use super::task::Flow;
use crate::codec::Representation;
use crate::command::{Command, Verb};
use crate::digest::Algorithm;
use crate::reply::{Class, Reply};
use alloc::vec::Vec;

pub(super) struct DigestOf {
    path: Vec<u8>,
    way: Way,
    stage: Stage,
}

/// How the digest is to be had.
#[derive(Clone, Copy)]
enum Way {
    /// HASH, of this algorithm if the client chose one.
    Hash(Option<Algorithm>),
    /// A command that has one algorithm only.
    Verb(Verb, Algorithm),
}

/// What was sent last.
enum Stage {
    Type,
    Options(Algorithm),
    Digest,
}

impl DigestOf {
    pub(super) fn begin(link: &mut Link, path: Vec<u8>, wanted: Option<Algorithm>) -> Self {
        let way = Way::to(&link.features, wanted);
        let mut digest = Self { path, way, stage: Stage::Type };
        // The digest is that of a transfer in the present TYPE.
        if !link.send_image() {
            digest.choose(link);
        }
        digest
    }

    fn choose(&mut self, link: &mut Link) {
        let chosen = link.digest.or_else(|| selected(&link.features));
        match self.way {
            Way::Hash(Some(algorithm)) if chosen != Some(algorithm) => {
                link.send(&Command::Opts { name: b"HASH", options: Some(algorithm.name().as_bytes()) });
                self.stage = Stage::Options(algorithm);
            }
            Way::Hash(_) | Way::Verb(..) => self.ask(link),
        }
    }

    fn ask(&mut self, link: &mut Link) {
        let verb = match self.way {
            Way::Hash(_) => Verb::Hash,
            Way::Verb(verb, _) => verb,
        };
        link.send_words(verb, &[&self.path]);
        self.stage = Stage::Digest;
    }

    pub(super) fn reply(&mut self, link: &mut Link, reply: Reply) -> Flow {
        let class = reply.code().class();
        match self.stage {
            // A large file takes its time.
            _ if class == Class::Preliminary => {}
            _ if class != Class::Completion => return Flow::Done(Err(ClientError::Refused(reply))),
            Stage::Type => {
                link.kind = Some(Representation::Image);
                self.choose(link);
            }
            Stage::Options(algorithm) => {
                link.digest = Some(algorithm);
                self.ask(link);
            }
            Stage::Digest => {
                let found = reply.lines().iter().find_map(|line| match self.way {
                    Way::Hash(wanted) => hash_line(line).filter(|found| wanted.is_none_or(|wanted| wanted == found.0)),
                    Way::Verb(_, algorithm) => word_of(line, algorithm).map(|digest| (algorithm, digest)),
                });
                let outcome = found.map(|(algorithm, digest)| Outcome::Digest { algorithm, digest });
                return Flow::Done(outcome.ok_or(ClientError::Protocol("a digest")));
            }
        }
        Flow::Going
    }
}

impl Way {
    /// What FEAT offers for this algorithm, or for the best that it offers. Where it offers nothing, HASH is asked for and the server says so.
    fn to(features: &Features, wanted: Option<Algorithm>) -> Self {
        let algorithms = || Algorithm::ALL.into_iter().filter(|algorithm| wanted.is_none_or(|it| it == *algorithm));
        let by_hash = || algorithms().find(|algorithm| offered(features).any(|(it, _)| it == *algorithm));
        let by_verb = || {
            algorithms().find_map(|algorithm| {
                let verb = algorithm.verbs().iter().find(|verb| features.has(verb.name()))?;
                Some(Self::Verb(*verb, algorithm))
            })
        };
        by_hash().map(|algorithm| Self::Hash(Some(algorithm))).or_else(by_verb).unwrap_or(Self::Hash(wanted))
    }
}

/// The algorithms of `HASH SHA-256*;MD5`, and whether each is the one in force.
fn offered(features: &Features) -> impl Iterator<Item = (Algorithm, bool)> {
    let names = features.parameters("HASH").unwrap_or_default().split(|&byte| byte == b';');
    names.filter_map(|name| {
        let name = name.trim_ascii();
        let bare = name.strip_suffix(b"*");
        Some((Algorithm::from_name(bare.unwrap_or(name))?, bare.is_some()))
    })
}

fn selected(features: &Features) -> Option<Algorithm> {
    offered(features).find(|(_, selected)| *selected).map(|(algorithm, _)| algorithm)
}

/// `SHA-256 0-49 <digits> name`.
fn hash_line(line: &[u8]) -> Option<(Algorithm, Vec<u8>)> {
    let algorithm = line.split(u8::is_ascii_whitespace).find_map(Algorithm::from_name)?;
    Some((algorithm, word_of(line, algorithm)?))
}

/// The first word that has as many hexadecimal digits as a digest of this algorithm: what stands around it differs from server to server. Of
/// a CRC32 some leave out the zeros in front; then it has to be the first word.
fn word_of(line: &[u8], algorithm: Algorithm) -> Option<Vec<u8>> {
    let length = 2 * algorithm.length();
    let words = || line.split(u8::is_ascii_whitespace).map(|word| word.strip_prefix(b"0x").unwrap_or(word));
    let whole = words().filter(|word| word.len() == length).find_map(bytes);
    whole.or_else(|| {
        let word = words().next().filter(|word| algorithm == Algorithm::Crc32 && !word.is_empty())?;
        bytes(&[b"00000000".get(word.len()..)?, word].concat())
    })
}

fn bytes(digits: &[u8]) -> Option<Vec<u8>> {
    digits.chunks(2).map(|pair| u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    #[test]
    fn digests_are_found_in_the_lines_of_the_field() {
        let sha1 = b"SHA-1 0-49 b2d5a1f3b2d5a1f3b2d5a1f3b2d5a1f3b2d5a1f3 a file";
        assert!(matches!(hash_line(sha1), Some((Algorithm::Sha1, digest)) if digest.len() == 20));
        assert_eq!(word_of(b"CAFEBABE", Algorithm::Crc32), Some(vec![0xca, 0xfe, 0xba, 0xbe]));
        assert_eq!(word_of(b"0xBABE", Algorithm::Crc32), Some(vec![0, 0, 0xba, 0xbe]));
        assert_eq!(word_of(b"\"a file\" 7815696ecbf1c96e6894b779456d330e", Algorithm::Md5).unwrap().len(), 16);
        assert_eq!(word_of(b"7815696ecbf1c96e6894b779456d330", Algorithm::Md5), None);
        assert_eq!(hash_line(b"SHA-1 0-49 7815696ecbf1c96e6894b779456d330e f"), None);
        assert_eq!(word_of(b"0xBABE", Algorithm::Md5), None);
        assert_eq!(word_of(b" none", Algorithm::Crc32), None);
    }

    proptest! {
        #[test]
        fn any_line_can_be_read(line in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = hash_line(&line);
            for algorithm in Algorithm::ALL {
                let _ = word_of(&line, algorithm);
            }
        }
    }
}
