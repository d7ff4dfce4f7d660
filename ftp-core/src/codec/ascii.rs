//! TYPE A (RFC 959 3.1.1.1): CRLF on the wire, LF in storage.
//!
//! Both directions look for the one byte that matters and copy what lies between in blocks.

use super::Progress;
use memchr::memchr;

/// Storage to wire: every LF that no CR precedes becomes CRLF.
#[derive(Clone, Debug, Default)]
pub(super) struct AsciiSender {
    /// The last byte used was a CR.
    after_cr: bool,
}

impl AsciiSender {
    /// Was the last byte a CR, whose LF may follow?
    pub(super) fn is_after_cr(&self) -> bool {
        self.after_cr
    }
}

/// Wire to storage: every CRLF becomes LF; a CR that no LF follows stays.
#[derive(Clone, Debug, Default)]
pub(super) struct AsciiReceiver {
    /// A CR was used and waits for the byte that tells what becomes of it.
    held_cr: bool,
}

impl AsciiSender {
    /// Converts as much of `src` into `dst` as fits.
    pub(super) fn convert(&mut self, src: &[u8], dst: &mut [u8], eof: bool) -> Progress {
        let (mut read, mut written) = (0, 0);
        while let Some(&first) = src.get(read) {
            let room = dst.len() - written;
            if first == b'\n' && !self.after_cr {
                if room < 2 {
                    break;
                }
                dst[written..written + 2].copy_from_slice(b"\r\n");
                read += 1;
                written += 2;
                continue;
            }
            let window = room.min(src.len() - read);
            if window == 0 {
                break;
            }
            // An LF in front has its CR already; the block ends before the next one.
            let block = &src[read..read + window];
            let skip = usize::from(first == b'\n');
            let length = memchr(b'\n', &block[skip..]).map_or(window, |at| skip + at);
            let block = &block[..length];
            dst[written..written + length].copy_from_slice(block);
            self.after_cr = block.last() == Some(&b'\r');
            read += length;
            written += length;
        }
        Progress { read, written, done: eof && read == src.len(), marker: false }
    }
}

impl AsciiReceiver {
    /// Is a CR held back until the next byte tells what becomes of it?
    pub(super) fn holds_cr(&self) -> bool {
        self.held_cr
    }

    /// Converts as much of `src` into `dst` as fits; `eof`: nothing follows.
    pub(super) fn convert(&mut self, src: &[u8], dst: &mut [u8], eof: bool) -> Progress {
        let (mut read, mut written) = (0, 0);
        while let Some(&first) = src.get(read) {
            let window = (dst.len() - written).min(src.len() - read);
            if window == 0 {
                break;
            }
            if self.held_cr {
                self.held_cr = false;
                let line_end = first == b'\n';
                dst[written] = if line_end { b'\n' } else { b'\r' };
                read += usize::from(line_end);
                written += 1;
                continue;
            }
            let block = &src[read..read + window];
            let found = memchr(b'\r', block);
            let length = found.unwrap_or(window);
            dst[written..written + length].copy_from_slice(&block[..length]);
            self.held_cr = found.is_some();
            read += length + usize::from(self.held_cr);
            written += length;
        }
        let ended = eof && read == src.len();
        if ended && self.held_cr && written < dst.len() {
            self.held_cr = false;
            dst[written] = b'\r';
            written += 1;
        }
        Progress { read, written, done: ended && !self.held_cr, marker: false }
    }
}

#[cfg(test)]
mod tests {
    use super::super::MIN_OUTPUT;
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;
    use proptest::collection::vec as list_of;
    use proptest::prelude::*;

    /// Runs `convert` over `src`, cut after `cuts` bytes in turn, into buffers of `room` bytes.
    fn run(
        mut convert: impl FnMut(&[u8], &mut [u8], bool) -> Progress,
        src: &[u8],
        cuts: &[usize],
        room: usize,
    ) -> Vec<u8> {
        let mut out = Vec::new();
        let mut dst = vec![0; room];
        let mut rest = src;
        let mut cuts = cuts.iter().copied().cycle();
        loop {
            let (chunk, after) = rest.split_at(cuts.next().unwrap_or(src.len()).min(rest.len()));
            let eof = after.is_empty();
            let mut used = 0;
            loop {
                let progress = convert(&chunk[used..], &mut dst, eof);
                used += progress.read;
                out.extend_from_slice(&dst[..progress.written]);
                if progress.done {
                    assert!(eof && used == chunk.len());
                    return out;
                }
                if used == chunk.len() && !eof {
                    break;
                }
                assert!(progress.read + progress.written > 0, "no progress with room for {room} bytes");
            }
            rest = after;
        }
    }

    fn sender() -> impl FnMut(&[u8], &mut [u8], bool) -> Progress {
        let mut sender = AsciiSender::default();
        move |src, dst, eof| sender.convert(src, dst, eof)
    }

    fn receiver() -> impl FnMut(&[u8], &mut [u8], bool) -> Progress {
        let mut receiver = AsciiReceiver::default();
        move |src, dst, eof| receiver.convert(src, dst, eof)
    }

    fn send(src: &[u8]) -> Vec<u8> {
        run(sender(), src, &[], MIN_OUTPUT)
    }

    fn receive(src: &[u8]) -> Vec<u8> {
        run(receiver(), src, &[], MIN_OUTPUT)
    }

    /// Bytes among which line ends, whole and broken, are frequent.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        list_of(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'a'), any::<u8>()], 0..300)
    }

    #[test]
    fn line_ends_leave_as_crlf() {
        for (stored, wire) in [
            (&b""[..], &b""[..]),
            (b"one\ntwo\n", b"one\r\ntwo\r\n"),
            (b"one\r\ntwo", b"one\r\ntwo"),
            (b"\n\n", b"\r\n\r\n"),
            (b"\r\n\n", b"\r\n\r\n"),
            (b"\r\r\n", b"\r\r\n"),
            (b"\r", b"\r"),
        ] {
            assert_eq!(send(stored), wire);
        }
    }

    #[test]
    fn crlf_arrives_as_lf() {
        for (wire, stored) in [
            (&b""[..], &b""[..]),
            (b"one\r\ntwo\r\n", b"one\ntwo\n"),
            (b"one\ntwo", b"one\ntwo"),
            (b"\r\r\n", b"\r\n"),
            (b"a\rb\r", b"a\rb\r"),
        ] {
            assert_eq!(receive(wire), stored);
        }
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(src in text(), cuts in list_of(1..20_usize, 1..8), room in MIN_OUTPUT..64) {
            prop_assert_eq!(run(sender(), &src, &cuts, room), send(&src));
            prop_assert_eq!(run(receiver(), &src, &cuts, room), receive(&src));
        }

        #[test]
        fn what_is_sent_arrives_with_lf(src in text()) {
            let mut expected = src.clone();
            for at in (0..src.len().saturating_sub(1)).rev() {
                if &src[at..at + 2] == b"\r\n" {
                    expected.remove(at);
                }
            }
            prop_assert_eq!(receive(&send(&src)), expected);
        }

        #[test]
        fn no_bare_lf_leaves(src in text()) {
            let wire = send(&src);
            for (at, _) in wire.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
                prop_assert!(at > 0 && wire[at - 1] == b'\r');
            }
        }
    }
}
