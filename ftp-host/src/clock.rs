//! The wall clock: the operating system's time as the protocol dates it.

use ftp_core::time::WallTime;
use std::sync::Arc;
use std::time::SystemTime;

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
        let whole = wall_time(SystemTime::UNIX_EPOCH - Duration::from_secs(3));
        assert_eq!(whole, Some(WallTime { seconds: -3, nanos: 0 }));
    }
}
