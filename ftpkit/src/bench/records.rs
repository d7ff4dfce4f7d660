//! Large downloads under TLS, dropped without being decrypted: the load generator would else spend as much on each byte as the
//! server, and be half of what is measured. The records are counted by their headers, which are not encrypted.

use super::fault::Fault;
use ftp_host::channel::Channel;
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};

/// The header of a record: type, version, length (RFC 8446 5.1).
const HEADER: usize = 5;

/// What a record has besides its content: the type, and the tag of AES-GCM (RFC 8446 5.2, RFC 5116 5.1).
const OVERHEAD: u64 = 1 + 16;

/// An alert, as `close_notify` is one, has two bytes of content (RFC 8446 6).
const ALERT: u64 = OVERHEAD + 2;

/// Bytes received in one call: they stay in the cache.
const AT_ONCE: usize = 256 << 10;

/// Drops everything up to the end; how many bytes of content it was, the server's tickets among them.
///
/// # Errors
/// What the socket or TLS says.
pub(super) fn discard(mut channel: Channel) -> Result<u64, Fault> {
    // TLS 1.3: the server sends nothing that is not of the handshake before the client has ended it.
    channel.handshake()?;
    let mut buffer = vec![0; AT_ONCE];
    let mut records = Records::default();
    let mut ended = false;
    loop {
        match recv(channel.socket(), &mut *buffer, RecvFlags::empty()) {
            Ok((_, 0)) => return Ok(records.content),
            Ok((_, count)) => records.receive(buffer.get(..count).unwrap_or_default()),
            Err(Errno::INTR) => continue,
            // Servers that do not wait close, and reset what comes then.
            Err(_) if ended => return Ok(records.content),
            Err(error) => return Err(error.into()),
        }
        if records.last == ALERT && records.missing == 0 && !ended {
            // It looks like the end, and some servers wait for the other close_notify. If it is none, more comes.
            ended = true;
            let _ = channel.shutdown_write();
        }
    }
}

/// Records in a stream that comes in pieces.
#[derive(Default)]
struct Records {
    /// What has come of a header.
    header: Vec<u8>,
    /// What is missing of the record.
    missing: usize,
    /// How long the last one is, without its header.
    last: u64,
    /// The bytes that all of them carry.
    content: u64,
}

impl Records {
    fn receive(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (wanted, in_header) = match self.missing {
                0 => (HEADER - self.header.len(), true),
                missing => (missing, false),
            };
            let (piece, rest) = bytes.split_at(wanted.min(bytes.len()));
            bytes = rest;
            if !in_header {
                self.missing -= piece.len();
                continue;
            }
            self.header.extend_from_slice(piece);
            if let [_, _, _, high, low] = self.header[..] {
                self.missing = usize::from(u16::from_be_bytes([high, low]));
                self.last = self.missing as u64;
                self.content += self.last.saturating_sub(OVERHEAD);
                self.header.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_counted_however_they_come() {
        let record = |length: u16| {
            let mut bytes = vec![23, 3, 3];
            bytes.extend(length.to_be_bytes());
            bytes.resize(HEADER + usize::from(length), 0xff);
            bytes
        };
        let stream = [record(16 * 1024 + 17), record(18), record(19)].concat();
        for size in [1, 2, 3, 5, 7, 16 * 1024, stream.len()] {
            let mut records = Records::default();
            stream.chunks(size).for_each(|piece| records.receive(piece));
            assert_eq!((records.content, records.last, records.missing), (16 * 1024 + 1 + 2, ALERT, 0), "{size}");
        }
    }
}
