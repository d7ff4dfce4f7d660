//! The far end of data connections, at the least possible cost: what comes is dropped in the kernel, what goes out is sent
//! from the page cache. Under TLS what goes out is encrypted, and what comes is decrypted unless it is much: see `records`.
//!
//! Each of these closes the connection at its end, before anybody waits for the reply: many servers say 226 only when the
//! other side has acknowledged the end of the data, and a socket that stays open puts that off (RFC 1122 4.2.3.2).

use super::connection::write_all;
use super::fault::Fault;
use super::records;
use ftp_host::channel::Channel;
use rustix::fs::{MemfdFlags, memfd_create, sendfile};
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use std::fs::File;
use std::io::Write;

/// The most that is dropped in one call.
const AT_ONCE: usize = 1 << 20;

/// The most that is read in one call of what is kept.
const COLLECTED: usize = 64 << 10;

/// The size of the source. It is sent over and over.
const SOURCE: usize = 4 << 20;

/// The most that is handed to TLS in one call.
const SEALED: usize = 128 << 10;

/// Drops everything up to the end; how many bytes it was.
///
/// # Errors
/// What the socket says.
pub(super) fn discard(channel: Channel) -> Result<u64, Fault> {
    if channel.is_secured() {
        return records::discard(channel);
    }
    // With MSG_TRUNC a TCP socket drops the bytes instead of copying them (tcp(7)): the buffer only says how many, and its
    // pages are never touched.
    let mut buffer = Vec::<u8>::with_capacity(AT_ONCE);
    let mut bytes = 0;
    loop {
        match recv(channel.socket(), buffer.spare_capacity_mut(), RecvFlags::TRUNC) {
            Ok((_, 0)) => break,
            Ok((_, dropped)) => bytes += dropped as u64,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    drop(channel);
    Ok(bytes)
}

/// Everything up to the end, kept; no more than `most` bytes.
///
/// # Errors
/// What the socket says.
pub(super) fn collect(mut channel: Channel, most: usize) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; COLLECTED];
    while bytes.len() < most {
        match channel.read(&mut buffer)? {
            0 => break,
            count => bytes.extend_from_slice(buffer.get(..count).unwrap_or_default()),
        }
    }
    if channel.is_secured() {
        // Some servers wait for the other close_notify; to those that are gone it does not matter.
        let _ = channel.shutdown_write();
    }
    Ok(bytes)
}

/// Sends these bytes and ends the stream.
///
/// # Errors
/// What the socket says.
pub(super) fn send_bytes(mut channel: Channel, bytes: &[u8]) -> Result<(), Fault> {
    write_all(&mut channel, bytes)?;
    end(channel)
}

/// Ends the stream. Under TLS the server's tickets are read before the socket is closed, since one that is closed with
/// something unread is reset, and what was sent last is lost (RFC 1122 4.2.2.13).
fn end(mut channel: Channel) -> Result<(), Fault> {
    if channel.is_secured() {
        channel.shutdown_write()?;
        let mut rest = [0; 1024];
        // However the server ends its side: what it has of the file, its reply tells.
        while matches!(channel.read(&mut rest), Ok(1..)) {}
    }
    Ok(())
}

/// Bytes to be sent as a file of any size.
pub(super) struct Source {
    file: File,
    /// Its beginning, for TLS.
    bytes: Vec<u8>,
}

impl Source {
    /// Bytes that no file system can keep as a hole, and no compression makes small.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn new() -> Result<Self, Fault> {
        let mut file = File::from(memfd_create("ftpkit-bench", MemfdFlags::CLOEXEC)?);
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        let mut bytes = Vec::with_capacity(SOURCE);
        while bytes.len() < SOURCE {
            // xorshift64 (Marsaglia 2003): the bytes need only look random.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend_from_slice(&state.to_le_bytes());
        }
        file.write_all(&bytes)?;
        bytes.truncate(SEALED);
        Ok(Self { file, bytes })
    }

    /// Sends so many bytes and ends the stream.
    ///
    /// # Errors
    /// What the socket says.
    pub(super) fn send(&self, mut channel: Channel, mut bytes: u64) -> Result<(), Fault> {
        if channel.is_secured() {
            while bytes > 0 {
                let most = bytes.min(SEALED as u64) as usize;
                write_all(&mut channel, self.bytes.get(..most).unwrap_or_default())?;
                bytes -= most as u64;
            }
            return end(channel);
        }
        let mut offset = 0;
        while bytes > 0 {
            if offset >= SOURCE as u64 {
                offset = 0;
            }
            let most = bytes.min(SOURCE as u64 - offset) as usize;
            match sendfile(channel.socket(), &self.file, Some(&mut offset), most) {
                Ok(0) => return Err(Fault::Protocol("an open data connection")),
                Ok(sent) => bytes -= sent as u64,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        end(channel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;
    use std::thread;

    fn pair() -> std::io::Result<(Channel, Channel)> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let client = TcpStream::connect(listener.local_addr()?)?;
        Ok((Channel::ready(Arc::new(client)), Channel::ready(Arc::new(listener.accept()?.0))))
    }

    #[test]
    fn what_is_sent_is_counted_where_it_is_dropped() -> Result<(), Fault> {
        for size in [0, 1, 1024, SOURCE as u64 + 1, 3 * SOURCE as u64 - 7] {
            let (client, server) = pair()?;
            let source = Source::new()?;
            let sender = thread::spawn(move || source.send(client, size));
            assert_eq!(discard(server)?, size);
            assert!(sender.join().is_ok_and(|sent| sent.is_ok()));
        }
        Ok(())
    }

    #[test]
    fn the_source_goes_on_from_its_beginning() -> Result<(), Fault> {
        let (client, server) = pair()?;
        let source = Source::new()?;
        let sender = thread::spawn(move || source.send(client, SOURCE as u64 + 8));
        let received = collect(server, usize::MAX)?;
        assert!(sender.join().is_ok_and(|sent| sent.is_ok()));
        assert_eq!(received.get(..8), received.get(SOURCE..));
        assert!(received.get(..8) != received.get(8..16));
        Ok(())
    }
}
