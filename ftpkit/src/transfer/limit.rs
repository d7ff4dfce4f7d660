//! [`Limit`]: no more than so many bytes a second, all transfers together. Whoever is ahead of the rate waits before he
//! takes more; the network's own flow control tells the other side.

use ftp_core::path::VirtualPath;
use ftp_host::storage::{Result, Upload};
use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The most bytes taken at a time: how even the flow is.
const PORTION: usize = 16 << 10;

/// The longest single wait, so that somebody who asks to stop is heard.
const LONGEST: Duration = Duration::from_millis(200);

/// A rate, and what has been used of it.
#[derive(Debug)]
pub(crate) struct Limit {
    rate: u64,
    /// When the bytes taken so far are due.
    due: Mutex<Instant>,
}

impl Limit {
    /// So many bytes a second.
    pub(crate) fn new(rate: u64) -> Self {
        Self { rate: rate.max(1), due: Mutex::new(Instant::now()) }
    }

    /// Waits until `bytes` more may be moved.
    fn take(&self, bytes: usize) {
        let time = Duration::from_secs_f64(bytes as f64 / self.rate as f64);
        let now = Instant::now();
        let due = {
            let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
            // Time in which nothing moved is not saved up.
            *due = (*due).max(now) + time;
            *due
        };
        let mut left = due.saturating_duration_since(now);
        while !left.is_zero() {
            std::thread::sleep(left.min(LONGEST));
            left = due.saturating_duration_since(Instant::now());
        }
    }

    /// `upload`, slowed.
    pub(super) fn slow_upload(self: Arc<Self>, upload: Box<dyn Upload>) -> Box<dyn Upload> {
        Box::new(Slow { inner: upload, limit: self })
    }

    /// `reader`, slowed.
    pub(super) fn slow_reader(self: Arc<Self>, reader: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        Box::new(Slow { inner: reader, limit: self })
    }
}

/// Reads a rate: `500k`, `2M`, in bytes a second, k, M and G being powers of 1024.
///
/// # Errors
/// How it is written.
pub(crate) fn parse_rate(text: &str) -> std::result::Result<u64, String> {
    let (number, unit) = match text.strip_suffix(['k', 'K', 'm', 'M', 'g', 'G']) {
        Some(number) if text.ends_with(['k', 'K']) => (number, 1 << 10),
        Some(number) if text.ends_with(['m', 'M']) => (number, 1 << 20),
        Some(number) => (number, 1 << 30),
        None => (text, 1),
    };
    let rate = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).filter(|&rate| rate > 0);
    rate.ok_or_else(|| "write bytes a second above 0, with k, M or G if you like, as in 500k".to_owned())
}

struct Slow<T> {
    inner: T,
    limit: Arc<Limit>,
}

impl Upload for Slow<Box<dyn Upload>> {
    fn path(&self) -> &VirtualPath {
        self.inner.path()
    }

    /// None: the kernel would move the bytes on its own.
    fn file(&mut self) -> Option<&File> {
        None
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        for portion in bytes.chunks(PORTION) {
            self.limit.take(portion.len());
            self.inner.write(portion)?;
        }
        Ok(())
    }

    fn publish(self: Box<Self>) -> Result<()> {
        self.inner.publish()
    }
}

impl Read for Slow<Box<dyn Read + Send>> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let most = room.len().min(PORTION);
        let read = self.inner.read(room.get_mut(..most).unwrap_or_default())?;
        self.limit.take(read);
        Ok(read)
    }
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
    fn all_readers_together_keep_the_rate() {
        let limit = Arc::new(Limit::new(1 << 20));
        let began = Instant::now();
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let mut reader = Arc::clone(&limit).slow_reader(Box::new(io::repeat(1).take(64 << 10)));
                std::thread::spawn(move || io::copy(&mut reader, &mut io::sink()))
            })
            .collect();
        let sum: u64 = readers.into_iter().map(|reader| reader.join().map_or(0, |read| read.unwrap_or(0))).sum();
        assert_eq!(sum, 128 << 10);
        // An eighth of a MiB takes an eighth of a second at least, however slow the machine is.
        assert!(began.elapsed() >= Duration::from_millis(120));
    }
}
