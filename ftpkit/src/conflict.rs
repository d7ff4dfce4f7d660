//! What is to be done with a file where something of its name is already: by rule ([`Policy`]), or by asking ([`Asker`]).

use crate::exit::Exit;
use crate::failure::Failure;
use clap::ValueEnum;
use ftp_core::time::WallTime;
use serde::{Deserialize, Serialize};

/// What to do with a file that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Policy {
    /// ask, with sizes and times shown
    Ask,
    /// leave it as it is
    Skip,
    /// replace it
    Overwrite,
    /// replace it if the other is newer
    Newer,
    /// go on with it where it is shorter
    Resume,
    /// give the other another name
    Rename,
    /// end before anything is moved
    Fail,
    /// replace it if the other is newer or has another size
    #[value(skip)]
    Update,
}

/// What is known of a file on one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// Its size.
    pub(crate) size: Option<u64>,
    /// The time of its last change.
    pub(crate) modified: Option<WallTime>,
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is replaced.
    Replace,
    /// It stays, with the reason.
    Keep(&'static str),
    /// It is gone on with.
    Resume,
    /// The other gets another name.
    Rename,
    /// There is no rule for it.
    Conflict,
}

/// A question about one file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    /// The file, as the user would write it.
    pub(crate) name: &'a str,
    /// What is to come.
    pub(crate) source: Known,
    /// What is there.
    pub(crate) target: Known,
}

/// Answers questions.
pub(crate) trait Asker {
    /// What to do with this one; never [`Policy::Ask`].
    ///
    /// # Errors
    /// [`Failure`], when nothing more is to be done.
    fn ask(&mut self, question: &Question<'_>) -> Result<Policy, Failure>;

    /// Is nobody there to be asked?
    fn is_nobody(&self) -> bool {
        false
    }
}

/// Nobody is there to be asked.
pub(crate) struct Nobody;

impl Asker for Nobody {
    fn ask(&mut self, _: &Question<'_>) -> Result<Policy, Failure> {
        Ok(Policy::Fail)
    }

    fn is_nobody(&self) -> bool {
        true
    }
}

impl Policy {
    /// What comes of a file that is there as `target`, when `source` is to come.
    ///
    /// # Errors
    /// That of the asker.
    pub(crate) fn verdict(
        self,
        name: &str,
        source: Known,
        target: Known,
        asker: &mut dyn Asker,
    ) -> Result<Verdict, Failure> {
        Ok(match self {
            Self::Ask => {
                let policy = asker.ask(&Question { name, source, target })?;
                if policy == Self::Ask { Verdict::Conflict } else { policy.verdict(name, source, target, asker)? }
            }
            Self::Skip => Verdict::Keep("it is there"),
            Self::Overwrite => Verdict::Replace,
            Self::Newer if source.is_newer_than(target) => Verdict::Replace,
            Self::Newer => Verdict::Keep("it is not older"),
            Self::Update if source.is_newer_than(target) || source.size != target.size => Verdict::Replace,
            Self::Update => Verdict::Keep("it is the same"),
            Self::Resume => match (source.size, target.size) {
                (Some(source), Some(target)) if target == source => Verdict::Keep("it is whole"),
                (Some(source), Some(target)) if target > source => Verdict::Conflict,
                _ => Verdict::Resume,
            },
            Self::Rename => Verdict::Rename,
            Self::Fail => Verdict::Conflict,
        })
    }
}

impl Known {
    /// Has it been changed since the other was? Times are compared as exactly as the less exact one is known: a listing in the
    /// form of `ls` has minutes only.
    pub(crate) fn is_newer_than(self, other: Self) -> bool {
        let (Some(ours), Some(theirs)) = (self.modified, other.modified) else { return false };
        let coarse = [ours, theirs].into_iter().any(|time| time.seconds % 60 == 0);
        if coarse { ours.seconds.div_euclid(60) > theirs.seconds.div_euclid(60) } else { ours.seconds > theirs.seconds }
    }
}

/// Other names for a file, in the order in which they are tried: `a.1.txt`, `a.2.txt` and so on for `a.txt`.
pub(crate) fn other_names(name: &[u8]) -> impl Iterator<Item = Vec<u8>> + use<> {
    let (stem, extension) = match name.iter().rposition(|&byte| byte == b'.') {
        Some(dot) if dot > 0 => name.split_at(dot),
        _ => (name, &b""[..]),
    };
    let (stem, extension) = (stem.to_vec(), extension.to_vec());
    (1..=u32::MAX).map(move |number| [stem.as_slice(), format!(".{number}").as_bytes(), &extension].concat())
}

/// What to do about a file that is in the way, for whoever types commands.
pub(crate) const AT_PROMPT: &str = "`conflict` says what to do: overwrite, newer, resume, rename, skip or ask";

/// The failure of a file that is in the way.
pub(crate) fn in_the_way(name: &str, more: usize) -> Failure {
    let what = match more {
        0 => format!("cannot write {name}"),
        more => format!("cannot write {name} and {more} more"),
    };
    Failure::new(Exit::Conflict, what, "it exists already")
        .with_remedy("--on-conflict says what to do: overwrite, newer, resume, rename, skip or ask")
        .or_at_prompt(AT_PROMPT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn known(size: u64, seconds: i64) -> Known {
        Known { size: Some(size), modified: Some(WallTime { seconds, nanos: 0 }) }
    }

    fn verdict(policy: Policy, source: Known, target: Known) -> Option<Verdict> {
        policy.verdict("a", source, target, &mut Nobody).ok()
    }

    #[test]
    fn each_policy_decides_by_size_and_time() {
        let (old, new, longer) = (known(5, 1000), known(5, 2000), known(9, 1000));
        for (policy, source, target, expected) in [
            (Policy::Newer, new, old, Verdict::Replace),
            (Policy::Newer, old, new, Verdict::Keep("it is not older")),
            (Policy::Newer, longer, old, Verdict::Keep("it is not older")),
            (Policy::Update, longer, old, Verdict::Replace),
            (Policy::Update, old, old, Verdict::Keep("it is the same")),
            (Policy::Resume, longer, old, Verdict::Resume),
            (Policy::Resume, old, longer, Verdict::Conflict),
            (Policy::Resume, old, new, Verdict::Keep("it is whole")),
            (Policy::Ask, old, new, Verdict::Conflict),
        ] {
            assert_eq!(verdict(policy, source, target), Some(expected), "{policy:?} {source:?} {target:?}");
        }
    }

    proptest! {
        /// What was copied with its time is never copied again, whichever side shows minutes only.
        #[test]
        fn a_copy_is_the_same(size: u64, seconds in -1_000_000_i64..4_000_000_000) {
            let exact = known(size, seconds);
            let coarse = known(size, seconds.div_euclid(60) * 60);
            for (source, target) in [(exact, exact), (exact, coarse), (coarse, exact), (coarse, coarse)] {
                prop_assert_eq!(verdict(Policy::Update, source, target), Some(Verdict::Keep("it is the same")));
            }
        }

        /// Never are both newer than the other.
        #[test]
        fn one_is_newer_at_most(a in -1000_i64..1000, b in -1000_i64..1000) {
            prop_assert!(!(known(0, a).is_newer_than(known(0, b)) && known(0, b).is_newer_than(known(0, a))));
        }
    }
}
