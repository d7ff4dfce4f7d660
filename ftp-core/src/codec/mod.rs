//! What happens to file bytes on their way between storage and data connection: TYPE, STRU and MODE (RFC 959 3).
//!
//! File bytes never pass through a session. A session names the [`Codec`]; the host moves the bytes, raw where it is
//! [`Codec::RAW`], through a [`Transcoder`] otherwise.

mod ascii;

use crate::command::{Form, Mode, Structure, TypeCode};
pub use ascii::{AsciiReceiver, AsciiSender};

/// The representation, structure and transmission mode of one transfer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Codec {
    /// TYPE.
    pub representation: Representation,
    /// STRU.
    pub structure: Structure,
    /// MODE.
    pub mode: Mode,
}

/// TYPE (RFC 959 3.1.1), without the difference between I and L 8, of which there is none (RFC 1123 4.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Representation {
    /// I, and L 8: the bytes as they are.
    Image,
    /// A: lines end in CRLF on the wire and in LF in storage.
    Ascii(Form),
    /// E: EBCDIC on the wire, ASCII in storage.
    Ebcdic(Form),
}

/// What a transfer is in before anybody says TYPE (RFC 959 5.1): A N.
impl Default for Representation {
    fn default() -> Self {
        Self::Ascii(Form::NonPrint)
    }
}

impl From<Representation> for TypeCode {
    fn from(representation: Representation) -> Self {
        match representation {
            Representation::Image => Self::Image,
            Representation::Ascii(form) => Self::Ascii(form),
            Representation::Ebcdic(form) => Self::Ebcdic(form),
        }
    }
}

impl Codec {
    /// TYPE I, STRU F, MODE S: the bytes as they are. The host may use sendfile and splice.
    pub const RAW: Self =
        Self { representation: Representation::Image, structure: Structure::File, mode: Mode::Stream };

    /// TYPE A N, STRU F, MODE S: the default of RFC 959 5.1.
    pub const ASCII: Self =
        Self { representation: Representation::Ascii(Form::NonPrint), structure: Structure::File, mode: Mode::Stream };

    /// Are the bytes on the wire those of storage?
    pub fn is_raw(self) -> bool {
        self == Self::RAW
    }

    /// The transcoder for bytes that leave storage; `None` where they leave as they are.
    pub fn sender(self) -> Option<Encoder> {
        (!self.is_raw()).then(|| Encoder::Ascii(AsciiSender::default()))
    }

    /// The transcoder for bytes that go into storage; `None` where they go in as they are.
    pub fn receiver(self) -> Option<Decoder> {
        (!self.is_raw()).then(|| Decoder::Ascii(AsciiReceiver::default()))
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
