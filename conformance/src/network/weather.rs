//! [`Weather`]: what goes wrong between two ends of a connection, as chance has it.

use crate::dice::Dice;
use std::time::Duration;

/// How bad a network is. The default is a perfect one.
#[derive(Clone, Debug)]
pub struct Weather {
    /// Where its chance comes from.
    pub dice: Dice,
    /// The longest that bytes are on their way.
    pub latency: Duration,
    /// Once in so many writes the bytes never arrive; 0: never.
    pub stalls: u64,
    /// Once in so many writes the connection breaks; 0: never.
    pub resets: u64,
    /// Once in so many times nobody can be reached; 0: never.
    pub refusals: u64,
    /// The bytes that can be on their way in one direction.
    pub window: usize,
}

impl Default for Weather {
    fn default() -> Self {
        let (latency, dice) = (Duration::ZERO, Dice::default());
        Self { dice, latency, stalls: 0, resets: 0, refusals: 0, window: 64 * 1024 }
    }
}

/// A delay that is longer than any time-out, and is not waited for.
pub(super) const NEVER: Duration = Duration::from_hours(24 * 365);

/// What happens to bytes that are sent.
pub(super) enum Strike {
    /// They arrive after this time, or [`NEVER`].
    Delay(Duration),
    /// They break the connection.
    Reset,
}

impl Weather {
    pub(super) fn strike(&mut self) -> Strike {
        if self.dice.once_in(self.resets) {
            Strike::Reset
        } else if self.dice.once_in(self.stalls) {
            Strike::Delay(NEVER)
        } else if self.latency.is_zero() {
            Strike::Delay(Duration::ZERO)
        } else {
            let longest = u64::try_from(self.latency.as_nanos()).unwrap_or(u64::MAX);
            Strike::Delay(Duration::from_nanos(1 + self.dice.below(longest)))
        }
    }

    pub(super) fn refuses(&mut self) -> bool {
        self.dice.once_in(self.refusals)
    }
}
