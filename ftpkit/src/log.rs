//! [`Log`]: the conversation with servers in a file, line by line with the time, passwords masked.

use crate::conversation::Said;
use crate::entry_text::date;
use crate::exit::Exit;
use crate::failure::Failure;
use ftp_core::time::WallTime;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// The file.
#[derive(Clone)]
pub(crate) struct Log(Arc<Mutex<File>>);

impl Log {
    /// Goes on at the end of a file, or begins one.
    ///
    /// # Errors
    /// [`Failure`], if it cannot be written.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(|error| Failure::new(Exit::Disk, format!("cannot write {}", path.display()), error))?;
        Ok(Self(Arc::new(Mutex::new(file))))
    }

    /// Writes down what is said on a connection. A disk that is full does not hold up the work.
    pub(crate) fn write(&self, connection: usize, said: &[Said]) {
        let time = stamp(SystemTime::now());
        let mut lines = String::new();
        for Said { by, text, .. } in said {
            // Writing to a String cannot fail.
            let _ = writeln!(lines, "{time} #{connection} {} {text}", by.mark());
        }
        let _ = self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(lines.as_bytes());
    }
}

/// `2026-11-25 11:20:05.123Z`.
fn stamp(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let wall = WallTime { seconds: since.as_secs() as i64, nanos: since.subsec_nanos() };
    format!("{}:{:02}.{:03}Z", date(wall), wall.civil().second, since.subsec_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_have_milliseconds() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_042);
        assert_eq!(stamp(time), "2023-11-14 22:13:20.042Z");
    }
}
