//! What happens to file bytes on their way between storage and data connection: TYPE, STRU and MODE (RFC 959 3).
//!
//! File bytes never pass through a session. A session names the [`Codec`]; the host moves the bytes, raw where it is
//! [`Codec::Raw`], through a [`Transcoder`] otherwise.

mod ascii;

pub use ascii::{AsciiReceiver, AsciiSender};

/// The representation and transmission of one transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// TYPE I, STRU F, MODE S: the bytes as they are. The host may use sendfile and splice.
    Raw,
    /// TYPE A N, STRU F, MODE S: lines end in CRLF on the wire and in LF in storage (RFC 959 3.1.1.1).
    Ascii,
}

impl Codec {
    /// The transcoder for bytes that leave storage; `None` where they leave as they are.
    pub fn sender(self) -> Option<Encoder> {
        match self {
            Self::Raw => None,
            Self::Ascii => Some(Encoder::Ascii(AsciiSender::default())),
        }
    }

    /// The transcoder for bytes that go into storage; `None` where they go in as they are.
    pub fn receiver(self) -> Option<Decoder> {
        match self {
            Self::Raw => None,
            Self::Ascii => Some(Decoder::Ascii(AsciiReceiver::default())),
        }
    }
}

/// A pure conversion of a stream of bytes.
pub trait Transcoder {
    /// Converts as much of `src` into `dst` as fits. `eof` says that nothing follows `src`. It makes progress whenever
    /// `dst` has room for [`MIN_OUTPUT`] bytes and `src` is not empty or `eof` is set; call it until `done`.
    fn step(&mut self, src: &[u8], dst: &mut [u8], eof: bool) -> Progress;
}

/// Room in `dst` with which every [`Transcoder`] makes progress.
pub const MIN_OUTPUT: usize = 16;

/// What one [`Transcoder::step`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of `src` used up.
    pub read: usize,
    /// Bytes of `dst` filled.
    pub written: usize,
    /// The end was given and all of it has come out.
    pub done: bool,
}

/// The sending transcoder of some codec.
#[derive(Clone, Debug)]
pub enum Encoder {
    /// TYPE A.
    Ascii(AsciiSender),
}

/// The receiving transcoder of some codec.
#[derive(Clone, Debug)]
pub enum Decoder {
    /// TYPE A.
    Ascii(AsciiReceiver),
}

impl Transcoder for Encoder {
    fn step(&mut self, src: &[u8], dst: &mut [u8], eof: bool) -> Progress {
        match self {
            Self::Ascii(ascii) => ascii.step(src, dst, eof),
        }
    }
}

impl Transcoder for Decoder {
    fn step(&mut self, src: &[u8], dst: &mut [u8], eof: bool) -> Progress {
        match self {
            Self::Ascii(ascii) => ascii.step(src, dst, eof),
        }
    }
}
