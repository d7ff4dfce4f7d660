//! [`Limit`]: no more than so many bytes a second, all transfers together. Whoever is ahead of the rate waits before he
//! takes more; the network's own flow control tells the other side.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The longest single wait, so that somebody who asks to stop is heard.
const LONGEST: Duration = Duration::from_millis(50);

/// The part of a second that is moved at a time: how even the flow is.
const PORTIONS: u64 = 20;

/// A rate, and what has been used of it.
#[derive(Debug)]
pub(crate) struct Limit {
    rate: u64,
    /// When the bytes moved so far are due.
    due: Mutex<Instant>,
}

impl Limit {
    /// So many bytes a second.
    pub(crate) fn new(rate: u64) -> Self {
        Self { rate: rate.max(1), due: Mutex::new(Instant::now()) }
    }

    /// The bytes to be moved at a time.
    pub(crate) fn portion(&self) -> usize {
        (self.rate / PORTIONS).clamp(1 << 10, 1 << 20) as usize
    }

    /// `bytes` have moved: waits until they are due, or somebody asks to `stop`.
    pub(crate) fn moved(&self, bytes: u64, stop: impl Fn() -> bool) {
        let time = Duration::from_secs_f64(bytes as f64 / self.rate as f64);
        let due = {
            let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
            // Time in which nothing moved is not saved up.
            *due = (*due).max(Instant::now()) + time;
            *due
        };
        loop {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() || stop() {
                return;
            }
            std::thread::sleep(left.min(LONGEST));
        }
    }
}

/// Reads a rate: `500k`, `2M`, in bytes a second, k, M and G being powers of 1024.
///
/// # Errors
/// How it is written.
pub(crate) fn parse_rate(text: &str) -> Result<u64, String> {
    let (number, unit) = match text.strip_suffix(['k', 'K', 'm', 'M', 'g', 'G']) {
        Some(number) if text.ends_with(['k', 'K']) => (number, 1 << 10),
        Some(number) if text.ends_with(['m', 'M']) => (number, 1 << 20),
        Some(number) => (number, 1 << 30),
        None => (text, 1),
    };
    let rate = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).filter(|&rate| rate > 0);
    rate.ok_or_else(|| "write bytes a second above 0, with k, M or G if you like, as in 500k".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read() {
        assert_eq!(parse_rate("500"), Ok(500));
        assert_eq!(parse_rate("2k"), Ok(2048));
        assert_eq!(parse_rate("1M"), Ok(1 << 20));
        for text in ["", "0", "k", "-1", "1.5M", "99999999999G"] {
            assert!(parse_rate(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn all_transfers_together_keep_the_rate() {
        let limit = Limit::new(1 << 20);
        let began = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..8).for_each(|_| limit.moved(8 << 10, || false)));
            }
        });
        // An eighth of a MiB takes an eighth of a second at least, however slow the machine is.
        assert!(began.elapsed() >= Duration::from_millis(120));
        limit.moved(1 << 40, || true);
    }
}
