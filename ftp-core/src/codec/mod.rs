//! What happens to file bytes on their way between storage and data connection: TYPE, STRU and MODE (RFC 959 3).
//!
//! File bytes never pass through a session. A session names the [`Transmission`]; the host moves the bytes, raw where its
//! [`Codec`] is [`Codec::RAW`], through a [`Transcoder`] otherwise.
//!
//! In layers: `content` is TYPE and STRU, with `ascii`, `ebcdic` and `pages` as its parts; `frame` is what MODE makes of that,
//! with `stream`, `block` and `compressed` as the forms of its codes; `deflate` wraps the whole. What leaves depends on
//! the bytes alone, not on how they were cut or how much room there was; only MODE Z's compressor at level 1 looks at the
//! room.

mod ascii;
mod block;
mod compressed;
mod content;
mod deflate;
mod ebcdic;
mod frame;
mod pages;
mod stream;

use crate::command::{Form, Mode, Structure, TypeCode};
use alloc::boxed::Box;
use alloc::vec::Vec;
use content::{Follows, Incoming, Outgoing};
pub use deflate::Level;
use deflate::{Deflater, Inflater};
use frame::{Framer, Unframer};

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

impl Representation {
    /// What a TYPE means here; `None`: it is not served (504). Logical bytes have eight bits, so L is served with 8 alone.
    ///
    /// The forms T and C are kept, and change nothing: a file's vertical format controls are bytes of it, and a file comes
    /// back as it was (RFC 959 3.1.1.5, RFC 1123 4.1.2.3). Every TYPE that is served goes with every STRU and MODE.
    pub fn served(code: TypeCode) -> Option<Self> {
        match code {
            TypeCode::Image | TypeCode::Local(8) => Some(Self::Image),
            TypeCode::Ascii(form) => Some(Self::Ascii(form)),
            TypeCode::Ebcdic(form) => Some(Self::Ebcdic(form)),
            TypeCode::Local(_) => None,
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

    /// Does the data itself say where the file ends, so that a connection that is cut cannot be taken for the end? In
    /// STRU F and MODE S it does not (RFC 959 3.4.1).
    pub fn shows_its_end(self) -> bool {
        self.structure != Structure::File || self.mode != Mode::Stream
    }

    /// Does the data connection stay open after a transfer? In MODE B and C a file ends without it (RFC 959 3.3).
    pub fn keeps_connection(self) -> bool {
        matches!(self.mode, Mode::Block | Mode::Compressed)
    }

    /// Is a transfer begun again at restart markers (RFC 959 3.5)?
    pub fn has_markers(self) -> bool {
        self.keeps_connection()
    }

    /// Can a transfer begin again at an offset (RFC 3659 5)? In STRU F, where a byte is a byte; but for TYPE A, whose
    /// offsets count other bytes on either side.
    pub fn has_offsets(self) -> bool {
        self.structure == Structure::File && !matches!(self.representation, Representation::Ascii(_))
    }

    /// How a listing goes when files go like this. Its lines end in CRLF already where nothing but a MODE is added, and
    /// in LF otherwise: see [`lists_bare_lines`](Self::lists_bare_lines). MLSD is always [`Codec::RAW`] (RFC 3659 7.2).
    #[must_use]
    pub fn for_listing(self) -> Self {
        match (self.representation, self.structure) {
            (Representation::Ascii(_), Structure::File) => Self { representation: Representation::Image, ..self },
            _ => self,
        }
    }

    /// Does this codec make the ends of lines, so that a listing comes with LF alone?
    pub fn lists_bare_lines(self) -> bool {
        self.representation != Representation::Image || self.structure != Structure::File
    }

    /// The byte that MODE C has a short form for (RFC 959 3.4.3).
    fn filler(self) -> u8 {
        match self.representation {
            Representation::Image => 0,
            Representation::Ascii(_) => b' ',
            Representation::Ebcdic(_) => 0x40,
        }
    }
}

/// A codec, and what else is known when a transfer begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Transmission {
    /// TYPE, STRU and MODE.
    pub codec: Codec,
    /// Where in storage the first byte is from or goes; `None` where only storage knows (APPE).
    pub start: Option<u64>,
    /// A restart marker goes out after so many bytes of storage, in a mode that has them; 0: never.
    pub markers: u64,
    /// How hard MODE Z tries.
    pub level: Level,
    /// Data whose end nothing proves counts as broken: in MODE S and STRU F, a closed connection is then not enough.
    pub proof: bool,
}

/// From the beginning, without markers, and as the RFC has it.
impl From<Codec> for Transmission {
    fn from(codec: Codec) -> Self {
        Self { codec, start: Some(0), markers: 0, level: Level::default(), proof: false }
    }
}

impl Transmission {
    /// The transcoder for bytes that leave storage; `None` where they leave as they are.
    pub fn encoder(&self) -> Option<Encoder> {
        let codec = self.codec;
        Some(match (codec.mode, codec.structure) {
            _ if codec.is_raw() => return None,
            (Mode::Stream, Structure::File | Structure::Page) => Encoder(Coder::Direct(Outgoing::new(codec))),
            (Mode::Stream | Mode::Block | Mode::Compressed, _) => Encoder(Coder::Framed(Box::new(Framer::new(self)))),
            (Mode::Deflate, _) => Encoder(Coder::Deflated(Box::new(Deflater::new(self)))),
        })
    }

    /// The transcoder for bytes that go into storage; `None` where they go in as they are.
    pub fn decoder(&self) -> Option<Decoder> {
        let codec = self.codec;
        Some(match (codec.mode, codec.structure) {
            _ if codec.is_raw() => return None,
            (Mode::Stream, Structure::File | Structure::Page) => Decoder(Reader::Direct(Incoming::new(codec))),
            (Mode::Stream | Mode::Block | Mode::Compressed, _) => {
                Decoder(Reader::Framed(Box::new(Unframer::new(codec))))
            }
            (Mode::Deflate, _) => Decoder(Reader::Inflated(Box::new(Inflater::new(self)))),
        })
    }
}

/// A pure conversion of a stream of bytes.
pub trait Transcoder {
    /// Converts as much of `src` into `dst` as fits. `eof` says that nothing follows `src`. It makes progress whenever
    /// `dst` has room for [`MIN_OUTPUT`] bytes and `src` is not empty or `eof` is set; call it until `done`.
    ///
    /// # Errors
    /// [`Fault`], when the bytes cannot be what they should. It is of no use afterwards.
    fn step(&mut self, src: &[u8], dst: &mut [u8], eof: bool) -> Result<Progress, Fault>;
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
    /// All of it has come out: because the end was given, or because the data itself said where it is. What is left of
    /// `src` belongs to something else.
    pub done: bool,
    /// A restart marker stands right behind the bytes that have been read: see [`Decoder::take_marker`].
    pub marker: bool,
}

/// Why bytes cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// They are not of the form that TYPE, STRU and MODE promise, or cannot be stored in a way that gives them back.
    Malformed,
    /// They end before they said they would.
    Incomplete,
}

/// From storage to the wire. It never fails.
#[derive(Debug)]
pub struct Encoder(Coder);

#[derive(Debug)]
enum Coder {
    /// What TYPE makes is what is sent.
    Direct(Outgoing),
    /// With codes for the end of the file.
    Framed(Box<Framer>),
    /// Compressed.
    Deflated(Box<Deflater>),
}

/// From the wire to storage.
#[derive(Debug)]
pub struct Decoder(Reader);

#[derive(Debug)]
enum Reader {
    /// The end of the connection is the end of the file, or it is the content's own affair.
    Direct(Incoming),
    /// Codes say where the file ends.
    Framed(Box<Unframer>),
    /// Compressed.
    Inflated(Box<Inflater>),
}

impl Decoder {
    /// The restart marker that the last step came upon: the sender's name for this place (RFC 959 3.5), of printable
    /// characters.
    pub fn take_marker(&mut self) -> Option<Vec<u8>> {
        match &mut self.0 {
            Reader::Framed(framed) => framed.take_marker(),
            Reader::Direct(_) | Reader::Inflated(_) => None,
        }
    }
}

impl Transcoder for Encoder {
    fn step(&mut self, src: &[u8], dst: &mut [u8], eof: bool) -> Result<Progress, Fault> {
        match &mut self.0 {
            Coder::Direct(content) => {
                let follows = if eof { Follows::Nothing } else { Follows::Unknown };
                let piece = content.piece(src, dst, follows);
                Ok(Progress { read: piece.read, written: piece.written, done: piece.file_ends, marker: false })
            }
            Coder::Framed(framed) => framed.step(src, dst, eof),
            Coder::Deflated(deflated) => deflated.step(src, dst, eof),
        }
    }
}

impl Transcoder for Decoder {
    fn step(&mut self, src: &[u8], dst: &mut [u8], eof: bool) -> Result<Progress, Fault> {
        match &mut self.0 {
            Reader::Direct(content) => direct(content, src, dst, eof),
            Reader::Framed(framed) => framed.step(src, dst, eof),
            Reader::Inflated(inflated) => inflated.step(src, dst, eof),
        }
    }
}

fn direct(content: &mut Incoming, src: &[u8], dst: &mut [u8], eof: bool) -> Result<Progress, Fault> {
    let mut progress = Progress::default();
    if !content.is_over() {
        (progress.read, progress.written) = content.data(src, dst)?;
    }
    if content.is_over() || (eof && progress.read == src.len()) {
        let room = dst.get_mut(progress.written..).unwrap_or_default();
        if let Some(written) = content.end_file(room)? {
            progress.written += written;
            progress.done = true;
        }
    }
    Ok(progress)
}
