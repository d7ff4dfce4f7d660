//! [`Chunks`]: how much of what could happen does happen at once.

use crate::dice::Dice;

/// Into what pieces bytes are cut, and what happens before what. Whatever it says, the server must say the same.
#[derive(Clone, Debug)]
pub enum Chunks {
    /// Everything at once.
    Whole,
    /// One byte at a time.
    Bytes,
    /// As chance has it.
    Random(Dice),
}

/// The bytes of a data connection that [`Chunks::Bytes`] gives one by one; from there on it would only take time.
const ONE_BY_ONE: u64 = 4096;

impl Chunks {
    /// As chance has it, from this seed on.
    pub const fn random(seed: u64) -> Self {
        Self::Random(Dice::new(seed))
    }

    /// How many of so many bytes go now: at least one, if there is one.
    pub(crate) fn size(&mut self, available: usize) -> usize {
        match self {
            Self::Whole => available,
            Self::Bytes => available.min(1),
            Self::Random(_) => {
                let most = 1_u64 << self.chance(16);
                available.min(1 + self.chance(most) as usize)
            }
        }
    }

    /// The same for a data connection that has moved so many bytes.
    pub(crate) fn data_size(&mut self, available: usize, moved: u64) -> usize {
        if matches!(self, Self::Bytes) && moved >= ONE_BY_ONE { available } else { self.size(available) }
    }

    /// Does something happen now, or something else first?
    pub(crate) fn now(&mut self) -> bool {
        !matches!(self, Self::Random(_)) || self.chance(2) == 0
    }

    /// A number below `limit`; 0 where nothing is left to chance.
    pub(crate) fn chance(&mut self, limit: u64) -> u64 {
        if let Self::Random(dice) = self { dice.below(limit) } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_progress() {
        for mut chunks in [Chunks::Whole, Chunks::Bytes, Chunks::random(7)] {
            for available in [1, 2, 1000, 1 << 20] {
                assert!((1..=available).contains(&chunks.size(available)), "{chunks:?}");
            }
            assert_eq!(chunks.size(0), 0);
            assert!((0..100).any(|_| chunks.now()), "{chunks:?}");
        }
    }
}
