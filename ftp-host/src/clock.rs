//! The two clocks: [`Clock`], which deadlines are measured by, and [`WallClock`], which files and listings are dated by. Both
//! are handed in, so that a test can let an hour pass at once.

use ftp_core::time::{Time, WallTime};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// Where a host's sessions get their time from.
#[derive(Debug)]
pub struct Clock {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    System { epoch: Instant },
    Manual { now: Mutex<Time> },
}

impl Clock {
    /// The system's monotonic clock; its epoch is now.
    pub fn system() -> Self {
        Self { kind: Kind::System { epoch: Instant::now() } }
    }

    /// A clock that stands still until it is moved. Move it with [`Host::advance`](crate::host::Host::advance), which
    /// wakes those who wait.
    pub fn manual() -> Self {
        Self { kind: Kind::Manual { now: Mutex::new(Time::ZERO) } }
    }

    /// The time.
    pub fn now(&self) -> Time {
        match &self.kind {
            Kind::System { epoch } => Time::new(epoch.elapsed()),
            Kind::Manual { now } => *now.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Does it stand still until it is moved?
    pub const fn is_manual(&self) -> bool {
        matches!(self.kind, Kind::Manual { .. })
    }

    /// How long to sleep for a deadline; `None`: until woken.
    pub fn sleep_for(&self, deadline: Option<Time>) -> Option<Duration> {
        match &self.kind {
            Kind::System { .. } => Some(deadline?.since(self.now())),
            Kind::Manual { .. } => None,
        }
    }

    /// Lets `by` pass on a manual clock. Nobody is woken: it is for those who take a client's turns by hand; a server's
    /// clock is moved by [`Host::advance`](crate::host::Host::advance).
    pub fn advance(&self, by: Duration) {
        self.set(self.now() + by);
    }

    /// Moves a manual clock; the system's goes on as it will.
    pub(crate) fn set(&self, time: Time) {
        if let Kind::Manual { now } = &self.kind {
            *now.lock().unwrap_or_else(PoisonError::into_inner) = time;
        }
    }
}

/// Tells the present time. The program's is [`system`]; tests and transcripts hand in their own.
pub type WallClock = Arc<dyn Fn() -> WallTime + Send + Sync>;

/// The operating system's clock.
pub fn system() -> WallClock {
    Arc::new(|| wall_time(SystemTime::now()).unwrap_or_default())
}

/// A time of the operating system; `None` if it lies further off than 64 bits of seconds reach.
pub(crate) fn wall_time(time: SystemTime) -> Option<WallTime> {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => Some(WallTime { seconds: i64::try_from(after.as_secs()).ok()?, nanos: after.subsec_nanos() }),
        Err(before) => {
            let before = before.duration();
            let whole = -i64::try_from(before.as_secs()).ok()?;
            // Nanoseconds count forwards, before 1970 too.
            Some(match before.subsec_nanos() {
                0 => WallTime { seconds: whole, nanos: 0 },
                nanos => WallTime { seconds: whole - 1, nanos: 1_000_000_000 - nanos },
            })
        }
    }
}

/// The same the other way; `None` if the operating system's clock does not reach so far.
pub(crate) fn system_time(time: WallTime) -> Option<SystemTime> {
    let nanos = Duration::from_nanos(time.nanos.into());
    let whole = Duration::from_secs(time.seconds.unsigned_abs());
    let seconds = if time.seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(whole)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(whole)
    };
    seconds?.checked_add(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn nanoseconds_count_forwards_on_both_sides_of_1970() {
        let half = Duration::from_millis(1_500);
        let after = wall_time(SystemTime::UNIX_EPOCH + half);
        assert_eq!(after, Some(WallTime { seconds: 1, nanos: 500_000_000 }));
        let before = wall_time(SystemTime::UNIX_EPOCH - half);
        assert_eq!(before, Some(WallTime { seconds: -2, nanos: 500_000_000 }));
        assert_eq!(after.and_then(system_time), Some(SystemTime::UNIX_EPOCH + half));
        assert_eq!(before.and_then(system_time), Some(SystemTime::UNIX_EPOCH - half));
        let whole = wall_time(SystemTime::UNIX_EPOCH - Duration::from_secs(3));
        assert_eq!(whole, Some(WallTime { seconds: -3, nanos: 0 }));
    }
}
