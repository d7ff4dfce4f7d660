//! The far end of data connections, at the least possible cost: what comes is dropped in the kernel, what goes out is sent
//! from the page cache.
//!
//! Each of these closes the connection at its end, before anybody waits for the reply: many servers say 226 only when the
//! other side has acknowledged the end of the data, and a socket that stays open puts that off (RFC 1122 4.2.3.2).

use super::fault::Fault;
use rustix::fs::{MemfdFlags, memfd_create, sendfile};
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;

/// The most that is dropped in one call.
const AT_ONCE: usize = 1 << 20;

/// The size of the source. It is sent over and over.
const SOURCE: usize = 4 << 20;

/// Drops everything up to the end; how many bytes it was.
///
/// # Errors
/// What the socket says.
pub(super) fn discard(stream: TcpStream) -> Result<u64, Fault> {
    // With MSG_TRUNC a TCP socket drops the bytes instead of copying them (tcp(7)): the buffer only says how many, and its
    // pages are never touched.
    let mut buffer = Vec::<u8>::with_capacity(AT_ONCE);
    let mut bytes = 0;
    loop {
        match recv(&stream, buffer.spare_capacity_mut(), RecvFlags::TRUNC) {
            Ok((_, 0)) => break,
            Ok((_, dropped)) => bytes += dropped as u64,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    drop(stream);
    Ok(bytes)
}

/// Everything up to the end, kept; no more than `most` bytes.
///
/// # Errors
/// What the socket says.
pub(super) fn collect(stream: TcpStream, most: u64) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    stream.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Sends these bytes and ends the stream.
///
/// # Errors
/// What the socket says.
pub(super) fn send_bytes(mut stream: TcpStream, bytes: &[u8]) -> Result<(), Fault> {
    Ok(stream.write_all(bytes)?)
}

/// Bytes to be sent as a file of any size.
pub(super) struct Source {
    file: File,
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
        Ok(Self { file })
    }

    /// Sends so many bytes and ends the stream.
    ///
    /// # Errors
    /// What the socket says.
    pub(super) fn send(&self, stream: TcpStream, mut bytes: u64) -> Result<(), Fault> {
        let mut offset = 0;
        while bytes > 0 {
            if offset >= SOURCE as u64 {
                offset = 0;
            }
            let most = bytes.min(SOURCE as u64 - offset) as usize;
            match sendfile(&stream, &self.file, Some(&mut offset), most) {
                Ok(0) => return Err(Fault::Protocol("an open data connection")),
                Ok(sent) => bytes -= sent as u64,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        drop(stream);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    fn pair() -> std::io::Result<(TcpStream, TcpStream)> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let client = TcpStream::connect(listener.local_addr()?)?;
        Ok((client, listener.accept()?.0))
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
        let (client, mut server) = pair()?;
        let source = Source::new()?;
        let sender = thread::spawn(move || source.send(client, SOURCE as u64 + 8));
        let mut received = Vec::new();
        server.read_to_end(&mut received)?;
        assert!(sender.join().is_ok_and(|sent| sent.is_ok()));
        assert_eq!(received.get(..8), received.get(SOURCE..));
        assert!(received.get(..8) != received.get(8..16));
        Ok(())
    }
}
