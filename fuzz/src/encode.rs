//! Files on their way out of storage and back: every TYPE, STRU and MODE.

use crate::cut;
use conformance::dice::Dice;
use ftp_core::codec::{
    Codec, Decoder, Encoder, Fault, Level, MIN_OUTPUT, Progress, Representation, Transcoder, Transmission,
};
use ftp_core::command::{Form, Mode, Structure};

const REPRESENTATIONS: [Representation; 3] =
    [Representation::Image, Representation::Ascii(Form::NonPrint), Representation::Ebcdic(Form::Telnet)];
const STRUCTURES: [Structure; 3] = [Structure::File, Structure::Record, Structure::Page];
const MODES: [Mode; 4] = [Mode::Stream, Mode::Block, Mode::Compressed, Mode::Deflate];

/// How many inputs there are of a transmission: their first byte.
pub const CODECS: u8 = 36;

/// What the first three bytes of an input say: which codec, how many bytes lie between markers, and how hard MODE Z tries.
pub(crate) fn transmission(head: [u8; 3]) -> Transmission {
    let [codec, markers, level] = head;
    let codec = usize::from(codec % CODECS);
    let of = Codec {
        representation: REPRESENTATIONS[codec / 12],
        structure: STRUCTURES[codec / 4 % 3],
        mode: MODES[codec % 4],
    };
    Transmission { markers: markers.into(), level: Level::new(level % 10).unwrap_or_default(), ..of.into() }
}

/// Three bytes that say how, then what storage holds.
///
/// # Panics
/// Where something does not hold.
pub fn run(data: &[u8]) {
    let Some((head, stored)) = data.split_first_chunk() else { return };
    let transmission = transmission(*head);
    let mut dice = cut::dice(data);
    let wire = encode(transmission, stored, None);
    assert_eq!(encode(transmission, stored, Some(&mut dice)), wire, "what leaves depends on the bytes alone");
    let codec = transmission.codec;
    let text = matches!(codec.representation, Representation::Ascii(_)) && codec.structure != Structure::Record;
    let expected = if text { without_cr_before_lf(stored) } else { stored.to_vec() };
    let made = decode(transmission, &wire, Some(&mut dice)).unwrap_or_else(|fault| panic!("{fault:?}"));
    assert_eq!(made.out, expected, "what was stored comes back");
    assert_eq!(made.used, wire.len(), "and all of it is used");
    if codec.shows_its_end() {
        let cut = dice.below(wire.len() as u64) as usize;
        assert_eq!(
            decode(transmission, &wire[..cut], None),
            Err(Fault::Incomplete),
            "an end that is shown is not missed"
        );
    }
    for (marker, there) in made.markers.iter().take(3) {
        let here = String::from_utf8_lossy(marker).parse::<usize>().unwrap_or_else(|error| panic!("{error}"));
        let rest = Transmission { start: Some(here as u64), ..transmission };
        let more = decode(rest, &encode(rest, &stored[here..], None), None);
        let more = more.unwrap_or_else(|fault| panic!("{fault:?}")).out;
        assert_eq!([&made.out[..*there], &more].concat(), expected, "a transfer goes on at any marker");
    }
}

/// TYPE A takes a CR before an LF for a part of the line's end.
fn without_cr_before_lf(stored: &[u8]) -> Vec<u8> {
    let next = stored.iter().skip(1).map(Some).chain([None]);
    stored.iter().zip(next).filter(|pair| *pair != (&b'\r', Some(&b'\n'))).map(|(byte, _)| *byte).collect()
}

/// What a transcoder made of its input.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) out: Vec<u8>,
    /// Bytes of the input that were used.
    pub(crate) used: usize,
    /// The markers that came, and how much had come out before each.
    pub(crate) markers: Vec<(Vec<u8>, usize)>,
}

pub(crate) fn encode(transmission: Transmission, stored: &[u8], dice: Option<&mut Dice>) -> Vec<u8> {
    let Some(mut encoder) = transmission.encoder() else { return stored.to_vec() };
    let step = |src: &[u8], dst: &mut [u8], eof| Ok((Encoder::step(&mut encoder, src, dst, eof)?, None));
    convert(step, stored, dice).unwrap_or_else(|fault| panic!("an encoder never fails: {fault:?}")).out
}

pub(crate) fn decode(transmission: Transmission, wire: &[u8], dice: Option<&mut Dice>) -> Result<Made, Fault> {
    let Some(mut decoder) = transmission.decoder() else {
        return Ok(Made { out: wire.to_vec(), used: wire.len(), markers: Vec::new() });
    };
    let step = |src: &[u8], dst: &mut [u8], eof| {
        let progress = Decoder::step(&mut decoder, src, dst, eof)?;
        Ok((progress, if progress.marker { decoder.take_marker() } else { None }))
    };
    convert(step, wire, dice)
}

/// Runs a transcoder to its end: over the whole at once, or in pieces.
fn convert(
    mut step: impl FnMut(&[u8], &mut [u8], bool) -> Result<(Progress, Option<Vec<u8>>), Fault>,
    src: &[u8],
    mut dice: Option<&mut Dice>,
) -> Result<Made, Fault> {
    let mut made = Made::default();
    let mut room = vec![0; 4096];
    let mut end = if dice.is_some() { 0 } else { src.len() };
    loop {
        let size = dice.as_deref_mut().map_or(room.len(), |dice| MIN_OUTPUT + dice.below(64) as usize);
        let (progress, marker) = step(&src[made.used..end], &mut room[..size], end == src.len())?;
        assert!(progress.read <= end - made.used && progress.written <= size, "{progress:?}");
        made.used += progress.read;
        made.out.extend_from_slice(&room[..progress.written]);
        assert_eq!(progress.marker, marker.is_some(), "a marker is there when it is said to be");
        let moved = progress.read + progress.written > 0 || marker.is_some();
        made.markers.extend(marker.map(|marker| (marker, made.out.len())));
        if progress.done {
            return Ok(made);
        }
        let used_up = made.used == end;
        assert!(moved || end < src.len(), "no progress at the end, with {size} bytes of room");
        assert!(moved || used_up || dice.is_some(), "no progress");
        if let Some(dice) = dice.as_deref_mut().filter(|_| used_up || !moved) {
            end = src.len().min(end + 1 + dice.below(40) as usize);
        }
    }
}
