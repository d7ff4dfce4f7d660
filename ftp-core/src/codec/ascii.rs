//! TYPE A (RFC 959 3.1.1.1): CRLF on the wire, LF in storage.

use super::{Progress, Transcoder};

/// Storage to wire: every LF that no CR precedes becomes CRLF.
#[derive(Clone, Debug, Default)]
pub struct AsciiSender {}

/// Wire to storage: every CRLF becomes LF; a CR that no LF follows stays.
#[derive(Clone, Debug, Default)]
pub struct AsciiReceiver {}

impl Transcoder for AsciiSender {
    fn step(&mut self, _src: &[u8], _dst: &mut [u8], _eof: bool) -> Progress {
        Progress::default()
    }
}

impl Transcoder for AsciiReceiver {
    fn step(&mut self, _src: &[u8], _dst: &mut [u8], _eof: bool) -> Progress {
        Progress::default()
    }
}
