//! The two clocks of a session: [`Time`], which deadlines are measured in, and [`WallTime`], which files are dated in.
//!
//! Neither reads a clock. The host hands both in.

use core::ops::Add;
use core::time::Duration;

/// A point on the host's monotonic clock: the time since an epoch that the host chose and keeps for the session's life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(Duration);

impl Time {
    /// The host's epoch.
    pub const ZERO: Time = Time(Duration::ZERO);

    /// The point that lies `since_epoch` after the host's epoch.
    pub const fn new(since_epoch: Duration) -> Self {
        Self(since_epoch)
    }

    /// The time since the host's epoch.
    pub const fn since_epoch(self) -> Duration {
        self.0
    }

    /// The time from `earlier` to this point; zero if `earlier` is later.
    pub const fn since(self, earlier: Time) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    /// Saturates at the end of time rather than overflow.
    fn add(self, rhs: Duration) -> Time {
        Time(self.0.saturating_add(rhs))
    }
}

/// A moment in UTC with nanoseconds, as RFC 3659 2.3 dates files ("all times are UTC").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime {
    /// Seconds since 1970-01-01T00:00:00Z; negative before.
    pub seconds: i64,
    /// Nanoseconds past `seconds`, below 1,000,000,000.
    pub nanos: u32,
}

/// A [`WallTime`] as a calendar (proleptic Gregorian, UTC) shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// The year; may be negative.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59; a leap second (60) is read as the second after.
    pub second: u8,
}
