//! TYPE, STRU and MODE: what leaves storage by any of them comes back as it was (RFC 959 3), however it is cut on its
//! way; and what nobody sent in earnest does no harm.

use ftp_core::codec::{
    Codec, Decoder, Encoder, Fault, Level, MIN_OUTPUT, Progress, Representation, Transcoder, Transmission,
};
use ftp_core::command::{Form, Mode, Structure, TypeCode};
use proptest::collection::vec as list_of;
use proptest::prelude::*;

/// How bytes are cut on their way in, and the room there is for them on their way out; both in turn.
#[derive(Clone, Debug)]
struct Cuts {
    input: Vec<usize>,
    room: Vec<usize>,
}

impl Cuts {
    fn none() -> Self {
        Self { input: vec![usize::MAX], room: vec![1 << 16] }
    }
}

fn cuts() -> impl Strategy<Value = Cuts> {
    (list_of(1..40_usize, 1..6), list_of(MIN_OUTPUT..80, 1..6)).prop_map(|(input, room)| Cuts { input, room })
}

/// What a transcoder made of its input.
#[derive(Debug, Default, PartialEq, Eq)]
struct Made {
    out: Vec<u8>,
    /// Bytes of the input that were used.
    used: usize,
    /// The markers that came, and how much had come out before each.
    markers: Vec<(String, usize)>,
}

/// Runs a transcoder to its end. `step` gives the marker that it came upon, too.
fn run(
    mut step: impl FnMut(&[u8], &mut [u8], bool) -> Result<(Progress, Option<Vec<u8>>), Fault>,
    src: &[u8],
    cuts: &Cuts,
) -> Result<Made, Fault> {
    let mut made = Made::default();
    let (mut input, mut room) = (cuts.input.iter().cycle(), cuts.room.iter().cycle());
    let mut end = 0_usize;
    loop {
        if made.used == end {
            end = end.saturating_add(*input.next().unwrap()).min(src.len());
        }
        let mut dst = vec![0; *room.next().unwrap()];
        let (progress, marker) = step(&src[made.used..end], &mut dst, end == src.len())?;
        made.used += progress.read;
        made.out.extend_from_slice(&dst[..progress.written]);
        if let Some(marker) = &marker {
            made.markers.push((String::from_utf8(marker.clone()).unwrap(), made.out.len()));
        }
        assert_eq!(progress.marker, marker.is_some());
        if progress.done {
            return Ok(made);
        }
        if progress.read + progress.written == 0 && marker.is_none() {
            // It waits for more, of which there is some.
            assert!(made.used == end && end < src.len(), "no progress with {} bytes of room", dst.len());
            end = end.saturating_add(*input.next().unwrap()).min(src.len());
        }
    }
}

fn encode(transmission: Transmission, stored: &[u8], cuts: &Cuts) -> Vec<u8> {
    match transmission.encoder() {
        None => stored.to_vec(),
        Some(mut encoder) => {
            run(|src, dst, eof| Ok((Encoder::step(&mut encoder, src, dst, eof)?, None)), stored, cuts).unwrap().out
        }
    }
}

fn decode(transmission: Transmission, wire: &[u8], cuts: &Cuts) -> Result<Made, Fault> {
    match transmission.decoder() {
        None => Ok(Made { out: wire.to_vec(), used: wire.len(), markers: vec![] }),
        Some(mut decoder) => {
            let step = |src: &[u8], dst: &mut [u8], eof| {
                let progress = Decoder::step(&mut decoder, src, dst, eof)?;
                let marker = if progress.marker { decoder.take_marker() } else { None };
                Ok((progress, marker))
            };
            run(step, wire, cuts)
        }
    }
}

const REPRESENTATIONS: [Representation; 4] = [
    Representation::Image,
    Representation::Ascii(Form::NonPrint),
    Representation::Ascii(Form::CarriageControl),
    Representation::Ebcdic(Form::Telnet),
];
const STRUCTURES: [Structure; 3] = [Structure::File, Structure::Record, Structure::Page];
const MODES: [Mode; 4] = [Mode::Stream, Mode::Block, Mode::Compressed, Mode::Deflate];

fn codecs() -> impl Iterator<Item = Codec> {
    let structures = REPRESENTATIONS.into_iter().flat_map(|r| STRUCTURES.map(|s| (r, s)));
    structures.flat_map(|(representation, structure)| MODES.map(|mode| Codec { representation, structure, mode }))
}

/// Any combination, and a few markers on the way.
fn transmission() -> impl Strategy<Value = Transmission> {
    (prop::sample::select(codecs().collect::<Vec<_>>()), 0..200_u64, 0..=9_u8)
        .prop_map(|(codec, markers, level)| Transmission { markers, level: Level::new(level).unwrap(), ..codec.into() })
}

/// Bytes among which line ends, escape bytes, blanks and runs are frequent.
fn stored() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(b'\n'), Just(b'\r'), Just(0xff), Just(b' '), Just(0), Just(b'a'), any::<u8>()];
    let run = (byte, prop_oneof![5 => 1..4_usize, 1 => 60..200_usize]).prop_map(|(byte, count)| vec![byte; count]);
    list_of(run, 0..80).prop_map(|runs| runs.concat())
}

/// What a file is after it has been sent and received again: itself. Only TYPE A without records takes a CR that stands
/// before an LF for a part of the line's end, as all of the field does.
fn expected(codec: Codec, stored: &[u8]) -> Vec<u8> {
    let mut expected = stored.to_vec();
    if matches!(codec.representation, Representation::Ascii(_)) && codec.structure != Structure::Record {
        for at in (1..stored.len()).rev().filter(|&at| &stored[at - 1..=at] == b"\r\n") {
            expected.remove(at - 1);
        }
    }
    expected
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_encoded_is_decoded_as_it_was(
        transmission in transmission(), stored in stored(), there in cuts(), back in cuts(),
    ) {
        let wire = encode(transmission, &stored, &there);
        let made = decode(transmission, &wire, &back).unwrap();
        prop_assert_eq!(made.out, expected(transmission.codec, &stored));
        prop_assert_eq!(made.used, wire.len());
    }

    #[test]
    fn what_leaves_depends_on_the_bytes_alone(transmission in transmission(), stored in stored(), cuts in cuts()) {
        prop_assert_eq!(encode(transmission, &stored, &cuts), encode(transmission, &stored, &Cuts::none()));
    }

    #[test]
    fn an_end_that_is_shown_cannot_be_missed(
        transmission in transmission(), stored in stored(), at in any::<prop::sample::Index>(), cuts in cuts(),
    ) {
        let wire = encode(transmission, &stored, &Cuts::none());
        if transmission.codec.shows_its_end() {
            prop_assert_eq!(decode(transmission, &wire[..at.index(wire.len())], &cuts), Err(Fault::Incomplete));
        }
    }

    #[test]
    fn what_follows_a_file_is_left_for_the_next(
        transmission in transmission(), stored in stored(), next in list_of(any::<u8>(), 0..40), cuts in cuts(),
    ) {
        if transmission.codec.keeps_connection() {
            let mut wire = encode(transmission, &stored, &Cuts::none());
            let length = wire.len();
            wire.extend(next);
            let made = decode(transmission, &wire, &cuts).unwrap();
            prop_assert_eq!(made.used, length);
            prop_assert_eq!(made.out, expected(transmission.codec, &stored));
        }
    }

    #[test]
    fn a_transfer_begins_again_at_any_marker(
        codec in prop::sample::select(codecs().filter(|codec| codec.has_markers()).collect::<Vec<_>>()),
        markers in 1..100_u64, stored in stored(), cuts in cuts(),
    ) {
        let transmission = Transmission { markers, ..codec.into() };
        let first = decode(transmission, &encode(transmission, &stored, &cuts), &cuts).unwrap();
        // A page's end is none of TYPE's business, and a marker waits for what follows a CR.
        if !matches!(codec.representation, Representation::Ascii(_)) {
            prop_assert_eq!(first.markers.len() as u64, (stored.len() as u64).saturating_sub(1) / markers);
        }
        for (marker, there) in &first.markers {
            let here: u64 = marker.parse().unwrap();
            let rest = Transmission { start: Some(here), ..transmission };
            let wire = encode(rest, &stored[here as usize..], &cuts);
            let made = decode(rest, &wire, &cuts).unwrap();
            prop_assert_eq!([&first.out[..*there], &made.out].concat(), expected(codec, &stored));
        }
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(
        transmission in transmission(), wire in stored(), real in any::<bool>(), at in any::<prop::sample::Index>(),
        byte in any::<u8>(), cuts in cuts(),
    ) {
        // Either bytes that mean nothing, or such as were right but for one.
        let mut wire = if real { encode(transmission, &wire, &Cuts::none()) } else { wire };
        if !wire.is_empty() {
            let at = at.index(wire.len());
            wire[at] = byte;
        }
        if let Ok(made) = decode(transmission, &wire, &cuts) {
            prop_assert!(made.used <= wire.len());
            prop_assert!(made.out.len() <= 1100 * wire.len() + 1);
        }
    }
}

fn codec(representation: Representation, structure: Structure, mode: Mode) -> Transmission {
    Codec { representation, structure, mode }.into()
}

const ASCII: Representation = Representation::Ascii(Form::NonPrint);
const EBCDIC: Representation = Representation::Ebcdic(Form::NonPrint);

#[test]
fn every_mode_looks_as_the_rfc_draws_it() {
    use {
        Mode::{Block, Compressed, Stream},
        Representation::Image,
        Structure::{File, Page, Record},
    };
    let cases: &[(Transmission, &[u8], &[u8])] = &[
        (codec(EBCDIC, File, Stream), b"AB\n", b"\xc1\xc2\x15"),
        (codec(ASCII, Record, Stream), b"", b"\xff\x02"),
        (codec(ASCII, Record, Stream), b"a\nb\n", b"a\xff\x01b\xff\x03"),
        (codec(ASCII, Record, Stream), b"a\n\nb", b"a\xff\x01\xff\x01b\xff\x02"),
        (codec(Image, Record, Stream), b"\xff", b"\xff\xff\xff\x02"),
        (codec(EBCDIC, Record, Stream), b"A\r\n", b"\xc1\x0d\xff\x03"),
        (codec(Image, Page, Stream), b"", &[4, 0, 0, 0]),
        (codec(Image, Page, Stream), b"ab", &[4, 0, 2, 1, b'a', b'b', 4, 1, 0, 0]),
        (codec(Image, File, Block), b"", &[64, 0, 0]),
        (codec(Image, File, Block), b"abc", b"\x40\0\x03abc"),
        (codec(ASCII, File, Block), b"a\n", b"\x40\0\x03a\r\n"),
        (codec(ASCII, Record, Block), b"a\nbc\n", b"\x80\0\x01a\xc0\0\x02bc"),
        (codec(ASCII, Record, Block), b"\nb", b"\x80\0\0\x40\0\x01b"),
        (codec(Image, Page, Block), b"a", b"\x40\0\x09\x04\0\x01\x01a\x04\x01\0\0"),
        (codec(Image, File, Compressed), b"", &[0, 64, 0xc0]),
        (codec(Image, File, Compressed), b"abc", b"\0\x40\x03abc"),
        (codec(Image, File, Compressed), b"a\0\0bbb", b"\x01a\xc2\0\x40\x83b"),
        (codec(Image, File, Compressed), b"aabbc", b"\0\x40\x05aabbc"),
        (codec(ASCII, File, Compressed), b"   x", b"\xc3\0\x40\x01x"),
        (codec(EBCDIC, File, Compressed), b"   A", b"\xc3\0\x40\x01\xc1"),
        (codec(ASCII, Record, Compressed), b"a\n\n", b"\0\x80\x01a\0\xc0\xc0"),
    ];
    for (transmission, stored, wire) in cases {
        assert_eq!(encode(*transmission, stored, &Cuts::none()), *wire, "{transmission:?}");
        assert_eq!(decode(*transmission, wire, &Cuts::none()).unwrap().out, *stored, "{transmission:?}");
    }
}

#[test]
fn markers_name_the_place_in_storage() {
    use {
        Mode::{Block, Compressed},
        Representation::Image,
        Structure::{File, Page},
    };
    let four = |mode| Transmission { markers: 4, ..codec(Image, File, mode) };
    let wire = encode(four(Block), b"abcdefgh", &Cuts::none());
    assert_eq!(wire, b"\0\0\x04abcd\x10\0\x014\x40\0\x04efgh");
    assert_eq!(decode(four(Block), &wire, &Cuts::none()).unwrap().markers, [("4".to_owned(), 4)]);
    let wire = encode(four(Compressed), b"abcdefgh", &Cuts::none());
    assert_eq!(wire, b"\x04abcd\0\x10\x014\0\x40\x04efgh");
    assert_eq!(decode(four(Compressed), &wire, &Cuts::none()).unwrap().markers, [("4".to_owned(), 4)]);
    // Not between a CR and its LF.
    let text = |structure| Transmission { markers: 2, ..codec(ASCII, structure, Block) };
    assert_eq!(encode(text(File), b"a\r\nb", &Cuts::none()), b"\0\0\x03a\r\n\x10\0\x013\x40\0\x01b");
    let pages = [&b"\0\0\x07\x04\0\x03\x01a\r\n\x10\0\x013"[..], b"\x40\0\x09\x04\x01\x01\x01b\x04\x02\0\0"].concat();
    assert_eq!(encode(text(Page), b"a\r\nb", &Cuts::none()), pages);
}

#[test]
fn a_marker_where_something_is_held_back_is_no_place_to_begin_again() {
    use {
        Mode::Block,
        Representation::Image,
        Structure::{File, Page},
    };
    let pages = |before: &'static [u8], after: &'static [u8]| {
        let (first, second) = ([0, 0, before.len() as u8], [64, 0, after.len() as u8]);
        [&first[..], before, b"\x10\0\x01M", &second, after].concat()
    };
    for (codec, wire) in [
        (codec(ASCII, File, Block), pages(b"a\r", b"\nb")),
        (codec(Image, Page, Block), pages(b"\x04\0", b"\x03\x01a\nb\x04\x01\0\0")),
        (codec(Image, Page, Block), pages(b"\x04\0\x03\x01a", b"\nb\x04\x01\0\0")),
        (codec(ASCII, Page, Block), pages(b"\x04\0\x02\x01a\r", b"\x04\x01\x02\x01\nb\x04\x02\0\0")),
    ] {
        let made = decode(codec, &wire, &Cuts::none()).unwrap();
        assert_eq!((&made.out[..], made.markers), (&b"a\nb"[..], vec![]), "{codec:?}");
    }
    // Between two pages nothing is held.
    let between = pages(b"\x04\0\x01\x01a", b"\x04\x01\x02\x01\nb\x04\x02\0\0");
    assert_eq!(decode(codec(Image, Page, Block), &between, &Cuts::none()).unwrap().markers, [("M".to_owned(), 1)]);
}

#[test]
fn a_marker_has_1_to_127_bytes() {
    let block = codec(Representation::Image, Structure::File, Mode::Block);
    let with = |marker: &str| [&[16, 0, marker.len() as u8], marker.as_bytes(), b"\x40\0\x01a"].concat();
    let longest = "7".repeat(127);
    let too_long = "7".repeat(128);
    for cuts in [Cuts::none(), Cuts { input: vec![1], room: vec![64] }] {
        let markers = |marker| decode(block, &with(marker), &cuts).map(|made| made.markers);
        assert_eq!(markers(&longest), Ok(vec![(longest.clone(), 0)]));
        assert_eq!(markers(&too_long), Err(Fault::Malformed));
        assert_eq!(markers(""), Ok(vec![]));
    }
}

/// RFC 959 3.4.2: the codes of a block may be any of them together.
#[test]
fn a_marker_may_stand_in_the_last_block() {
    let records = codec(Representation::Image, Structure::Record, Mode::Block);
    let made = decode(records, b"\0\0\x01a\xd0\0\x011", &Cuts::none()).unwrap();
    assert_eq!((&made.out[..], made.markers), (&b"a\n"[..], vec![("1".to_owned(), 1)]));
}

/// Its end takes no room, and no block of its own.
#[test]
fn a_record_that_fills_a_block_ends_in_it() {
    let records = codec(Representation::Image, Structure::Record, Mode::Block);
    let record = vec![b'a'; 16 << 10];
    let wire = encode(records, &[&record[..], b"\nb"].concat(), &Cuts::none());
    assert!(wire == [b"\x80\x40\0", &record[..], b"\x40\0\x01b"].concat());
}

#[test]
fn the_last_page_is_the_end_whatever_follows() {
    let pages = codec(Representation::Image, Structure::Page, Mode::Stream);
    let wire = encode(pages, b"ab", &Cuts::none());
    let made =
        decode(pages, &[&wire[..], b"more"].concat(), &Cuts { input: vec![wire.len()], room: vec![64] }).unwrap();
    assert_eq!((&made.out[..], made.used), (&b"ab"[..], wire.len()));
}

/// Its lines end in CRLF already.
#[test]
fn a_listing_in_type_a_needs_no_transcoder() {
    let text = Codec { representation: ASCII, structure: Structure::File, mode: Mode::Stream };
    assert_eq!(text.for_listing(), Codec::RAW);
    assert!(!text.for_listing().lists_bare_lines());
    let records = Codec { structure: Structure::Record, ..text };
    assert_eq!(records.for_listing(), records);
    assert!(records.lists_bare_lines());
}

#[test]
fn bytes_that_are_the_same_on_both_sides_need_no_transcoder() {
    let raw = Transmission::from(Codec::RAW);
    assert!(raw.encoder().is_none() && raw.decoder().is_none());
}

/// The steps of compression hand each other some 16 KiB at a time. Level 1 alone looks at the room it has.
#[test]
fn a_compressed_file_does_not_depend_on_how_it_was_cut_either() {
    let mut seed = 1_u32;
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed >> 24
    };
    let stored: Vec<u8> = (0..100_000).map(|_| b"\n eaotshr\xff\r\0"[next() as usize % 12]).collect();
    for (representation, structure) in [
        (Representation::Image, Structure::File),
        (ASCII, Structure::File),
        (EBCDIC, Structure::Record),
        (Representation::Image, Structure::Page),
    ] {
        for level in [0, 6] {
            let transmission =
                Transmission { level: Level::new(level).unwrap(), ..codec(representation, structure, Mode::Deflate) };
            let wire = encode(transmission, &stored, &Cuts::none());
            for (input, room) in [(1000, 100), (16 << 10, 4000), (20_000, 1 << 16)] {
                let cuts = Cuts { input: vec![input], room: vec![room] };
                assert!(encode(transmission, &stored, &cuts) == wire, "{transmission:?} {cuts:?}");
                let made = decode(transmission, &wire, &cuts).unwrap();
                assert!(made.out == expected(transmission.codec, &stored), "{transmission:?} {cuts:?}");
            }
        }
        let level = Level::new(1).unwrap();
        let quick = Transmission { level, ..codec(representation, structure, Mode::Deflate) };
        let by = |input| encode(quick, &stored, &Cuts { input: vec![input], room: vec![1 << 17] });
        assert!([1000, 16 << 10].iter().all(|input| by(*input) == by(usize::MAX)), "{quick:?}");
    }
}

/// The line's end needs two bytes, and there is room for one between the steps.
#[test]
fn a_line_end_where_the_steps_meet_is_compressed_too() {
    let text = codec(ASCII, Structure::File, Mode::Deflate);
    let stored = [&vec![b'a'; (16 << 10) - 1][..], b"\nb"].concat();
    let wire = encode(text, &stored, &Cuts::none());
    assert!(decode(text, &wire, &Cuts::none()).unwrap().out == stored);
}

#[test]
fn what_is_not_of_the_form_is_refused() {
    use {
        Mode::{Block, Compressed, Deflate, Stream},
        Representation::Image,
        Structure::{File, Page, Record},
    };
    let cases: &[(&str, Transmission, &[u8])] = &[
        ("no such code", codec(Image, Record, Stream), b"a\xff\x04"),
        ("a line's end inside a record", codec(ASCII, Record, Stream), b"a\nb\xff\x02"),
        ("the same in EBCDIC", codec(EBCDIC, Record, Stream), b"\x15\xff\x02"),
        ("no such descriptor", codec(Image, File, Block), &[1, 0, 0]),
        ("a record in a file without", codec(Image, File, Block), &[128, 0, 0]),
        ("a marker that cannot be printed", codec(Image, File, Block), &[16, 0, 1, b' ']),
        ("a marker without end", codec(Image, File, Block), &[[16, 1, 0], [b'1'; 3]].concat()),
        ("no such descriptor", codec(Image, File, Compressed), &[0, 4]),
        ("a page of the wrong number", codec(Image, Page, Stream), &[4, 0, 0, 1, 4, 2, 0, 1]),
        ("a page of another type", codec(Image, Page, Stream), &[4, 0, 0, 2]),
        ("a header of another length", codec(Image, Page, Stream), &[5, 0, 0, 1]),
        ("a last page with data", codec(Image, Page, Stream), &[4, 0, 1, 0]),
        ("data after the last page", codec(Image, Page, Block), &[64, 0, 5, 4, 0, 0, 0, 9]),
        ("no zlib stream", codec(Image, File, Deflate), b"plain"),
    ];
    for (why, transmission, wire) in cases {
        let result = decode(*transmission, &[wire, &[b'1'; 300][..]].concat(), &Cuts::none());
        assert_eq!(result, Err(Fault::Malformed), "{why}");
    }
    let pages = codec(Image, Page, Block);
    assert_eq!(decode(pages, &[64, 0, 0], &Cuts::none()), Err(Fault::Incomplete), "an end before the last page");
}

#[test]
fn suspected_errors_are_data_all_the_same() {
    let block = codec(Representation::Image, Structure::File, Mode::Block);
    assert_eq!(decode(block, b"\x20\0\x01a\x60\0\x01b", &Cuts::none()).unwrap().out, b"ab");
}

#[test]
fn a_bomb_is_not_inflated() {
    let deflated = codec(Representation::Image, Structure::File, Mode::Deflate);
    let wire = encode(deflated, &vec![0; 80 << 20], &Cuts::none());
    assert!(wire.len() < 200_000);
    // The last room is never at the limit, only below and above.
    for room in [60_000, 3 << 20] {
        let cuts = Cuts { input: vec![usize::MAX], room: vec![room] };
        assert_eq!(decode(deflated, &wire, &cuts), Err(Fault::Malformed));
    }
}

#[test]
fn what_is_large_or_sparse_is_no_bomb() {
    let deflated = codec(Representation::Image, Structure::File, Mode::Deflate);
    let sparse = vec![0; 1 << 20];
    let wire = encode(deflated, &sparse, &Cuts::none());
    assert!(wire.len() * 512 < sparse.len());
    assert!(decode(deflated, &wire, &Cuts::none()).unwrap().out == sparse);
    let stored = Transmission { level: Level::new(0).unwrap(), ..deflated };
    let large = vec![0; (64 << 20) + 1];
    let room = Cuts { input: vec![usize::MAX], room: vec![1 << 20] };
    assert!(decode(stored, &encode(stored, &large, &room), &room).unwrap().out == large);
}

#[test]
fn a_zlib_stream_that_lies_about_its_content_is_refused() {
    let deflated = codec(Representation::Image, Structure::File, Mode::Deflate);
    let mut wire = encode(deflated, b"something", &Cuts::none());
    *wire.last_mut().unwrap() ^= 1;
    assert_eq!(decode(deflated, &wire, &Cuts::none()), Err(Fault::Malformed));
}

#[test]
fn bytes_of_any_other_size_than_eight_bits_are_not_served() {
    assert_eq!(Representation::served(TypeCode::Local(8)), Some(Representation::Image));
    assert_eq!(Representation::served(TypeCode::Local(36)), None);
    for representation in REPRESENTATIONS {
        assert_eq!(Representation::served(representation.into()), Some(representation));
    }
}

/// The table against one made by Python's codec for code page 037, with LF and NEL exchanged.
#[test]
fn ebcdic_is_code_page_037() {
    const CP037: [u8; 256] = [
        0, 1, 2, 3, 55, 45, 46, 47, 22, 5, 21, 11, 12, 13, 14, 15, 16, 17, 18, 19, 60, 61, 50, 38, //
        24, 25, 63, 39, 28, 29, 30, 31, 64, 90, 127, 123, 91, 108, 80, 125, 77, 93, 92, 78, 107, 96, 75, 97, //
        240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 122, 94, 76, 126, 110, 111, 124, 193, 194, 195, 196, 197,
        198, 199, //
        200, 201, 209, 210, 211, 212, 213, 214, 215, 216, 217, 226, 227, 228, 229, 230, 231, 232, 233, 186, 224, 187,
        176, 109, //
        121, 129, 130, 131, 132, 133, 134, 135, 136, 137, 145, 146, 147, 148, 149, 150, 151, 152, 153, 162, 163, 164,
        165, 166, //
        167, 168, 169, 192, 79, 208, 161, 7, 32, 33, 34, 35, 36, 37, 6, 23, 40, 41, 42, 43, 44, 9, 10, 27, //
        48, 49, 26, 51, 52, 53, 54, 8, 56, 57, 58, 59, 4, 20, 62, 255, 65, 170, 74, 177, 159, 178, 106, 181, //
        189, 180, 154, 138, 95, 202, 175, 188, 144, 143, 234, 250, 190, 160, 182, 179, 157, 218, 155, 139, 183, 184,
        185, 171, //
        100, 101, 98, 102, 99, 103, 158, 104, 116, 113, 114, 115, 120, 117, 118, 119, 172, 105, 237, 238, 235, 239,
        236, 191, //
        128, 253, 254, 251, 252, 173, 174, 89, 68, 69, 66, 70, 67, 71, 156, 72, 84, 81, 82, 83, 88, 85, 86, 87, //
        140, 73, 205, 206, 203, 207, 204, 225, 112, 221, 222, 219, 220, 141, 142, 223, //
    ];
    let all: Vec<u8> = (0..=255).collect();
    assert_eq!(encode(codec(EBCDIC, Structure::File, Mode::Stream), &all, &Cuts::none()), CP037);
}
