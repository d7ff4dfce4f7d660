//! Framing of the control connection, both ways: Telnet (RFC 854, as RFC 959 and RFC 1123 4.1.2.10 narrow it) and line
//! ends. Framing is dumb: it knows no command and no reply.

use alloc::vec::Vec;

const NUL: u8 = 0;
const LF: u8 = b'\n';
const CR: u8 = b'\r';
/// Interpret as command (RFC 854, page 14).
const IAC: u8 = 255;
/// Subnegotiation ends, and begins.
const SE: u8 = 240;
const SB: u8 = 250;
/// The commands that an option byte follows: WILL, WONT, DO, DONT.
const WILL: u8 = 251;
const DONT: u8 = 254;
const WONT: u8 = 252;
const DO: u8 = 253;
/// The lowest of the other commands (RFC 1184: EOF).
const FIRST_COMMAND: u8 = 236;

/// Options that are refused in one line: who asks for more is not answered for each.
const REFUSAL_LIMIT: u8 = 10;

/// No option that anybody offers on a control connection needs more.
const SUBNEGOTIATION_LIMIT: u16 = 512;

/// Cuts incoming bytes into lines.
///
/// A line ends in CRLF, or in a bare LF, which is tolerated. `IAC IAC` is the byte 255, other Telnet commands vanish (what they
/// ask for is refused, see [`LineReader::next_refusing`]), `CR NUL` is
/// a CR (RFC 2640 3.1). A line longer than the limit is dropped up to its end, and reported once. However the bytes are
/// split, the lines are the same.
#[derive(Debug)]
pub struct LineReader {
    limit: usize,
    /// The present line as far as it came, without Telnet. Never longer than the limit.
    buffer: Vec<u8>,
    telnet: Telnet,
    /// A CR whose meaning the next byte decides.
    carriage_return: bool,
    overrun: u64,
    /// The options that were refused in the present line.
    refused: u8,
    /// The line was handed out: the next call begins a new one.
    ended: bool,
}

/// Where in a Telnet command the reader stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Telnet {
    Data,
    /// After IAC.
    Command,
    /// After WILL, WONT, DO or DONT, which it is.
    Option(u8),
    /// Between IAC SB and IAC SE, this many bytes long so far.
    Subnegotiation(u16),
    /// The same, after IAC.
    SubnegotiationCommand(u16),
}

/// What [`LineReader::next`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Framed<'a> {
    /// A line without its end. It borrows from the input where nothing had to be changed, from the reader otherwise.
    Line(&'a [u8]),
    /// A line that was longer than the limit has ended.
    TooLong,
    /// The input is used up; the rest is kept, up to the limit.
    Partial,
}

impl LineReader {
    /// A reader that accepts lines of at most `limit` bytes, line end and Telnet commands not counted. It allocates
    /// nothing until a line arrives in pieces.
    pub const fn new(limit: usize) -> Self {
        Self {
            limit,
            buffer: Vec::new(),
            telnet: Telnet::Data,
            carriage_return: false,
            overrun: 0,
            refused: 0,
            ended: false,
        }
    }

    /// Reads on in `input`: how many bytes were used, and what they gave. Bytes behind the line are not used.
    pub fn next<'a>(&'a mut self, input: &'a [u8]) -> (usize, Framed<'a>) {
        self.next_refusing(input, &mut Vec::new())
    }

    /// The same for a server, which has to refuse the options that Telnet commands ask for (RFC 1123 4.1.2.12, RFC 854): `refusals`
    /// gets what is to be sent, WONT for each DO and DONT for each WILL. No option is ever in use, so that WONT and DONT need
    /// no answer.
    pub fn next_refusing<'a>(&'a mut self, input: &'a [u8], refusals: &mut Vec<u8>) -> (usize, Framed<'a>) {
        if self.ended {
            self.begin();
        }
        if let Some((used, line)) = self.whole_line(input) {
            self.ended = true;
            if line.len() > self.limit {
                self.overrun = (line.len() - self.limit) as u64;
                return (used, Framed::TooLong);
            }
            return (used, Framed::Line(line));
        }
        for (before, &byte) in input.iter().enumerate() {
            if self.byte(byte, refusals) {
                self.ended = true;
                let framed = if self.overrun > 0 { Framed::TooLong } else { Framed::Line(&self.buffer) };
                return (before + 1, framed);
            }
        }
        (input.len(), Framed::Partial)
    }

    /// The bytes of the present line past the limit, all of them dropped. It stays readable after
    /// [`Framed::TooLong`], until the next line begins.
    pub const fn overrun(&self) -> u64 {
        self.overrun
    }

    /// Forgets a line begun: what came before TLS must not count after it (RFC 4217 15.1).
    pub fn clear(&mut self) {
        self.begin();
        self.telnet = Telnet::Data;
    }

    fn refuse(&mut self, asked: u8, option: u8, refusals: &mut Vec<u8>) {
        let answer = match asked {
            DO => WONT,
            WILL => DONT,
            _ => return,
        };
        if self.refused < REFUSAL_LIMIT {
            self.refused += 1;
            refusals.extend_from_slice(&[IAC, answer, option]);
        }
    }

    fn begin(&mut self) {
        self.buffer.clear();
        self.carriage_return = false;
        self.overrun = 0;
        self.refused = 0;
        self.ended = false;
    }

    /// The usual case: a line that came whole and needs no change.
    fn whole_line<'i>(&self, input: &'i [u8]) -> Option<(usize, &'i [u8])> {
        let between_lines =
            self.buffer.is_empty() && self.overrun == 0 && !self.carriage_return && self.telnet == Telnet::Data;
        if !between_lines {
            return None;
        }
        let first = memchr::memchr3(LF, IAC, NUL, input)?;
        let (line, rest) = input.split_at_checked(first)?;
        (rest.first() == Some(&LF)).then(|| (first + 1, line.strip_suffix(&[CR]).unwrap_or(line)))
    }

    /// Takes one byte; true at the end of a line.
    fn byte(&mut self, byte: u8, refusals: &mut Vec<u8>) -> bool {
        match self.telnet {
            Telnet::Data if byte == IAC => self.telnet = Telnet::Command,
            Telnet::Data => return self.data(byte),
            Telnet::Command => {
                self.telnet = Telnet::Data;
                match byte {
                    IAC => return self.data(IAC),
                    SB => self.telnet = Telnet::Subnegotiation(0),
                    WILL..=DONT => self.telnet = Telnet::Option(byte),
                    FIRST_COMMAND.. => {}
                    // Not a command: the 255 was a Latin-1 letter that its sender forgot to double.
                    _ => {
                        self.data(IAC);
                        return self.data(byte);
                    }
                }
            }
            Telnet::Option(asked) => {
                self.telnet = Telnet::Data;
                self.refuse(asked, byte, refusals);
            }
            // One that does not end must not swallow the commands behind it: the line is given up, and reading goes
            // on at its end.
            Telnet::Subnegotiation(SUBNEGOTIATION_LIMIT..) | Telnet::SubnegotiationCommand(SUBNEGOTIATION_LIMIT..) => {
                self.telnet = Telnet::Data;
                self.overrun += 1;
                return self.data(byte);
            }
            Telnet::Subnegotiation(length) if byte == IAC => self.telnet = Telnet::SubnegotiationCommand(length + 1),
            Telnet::SubnegotiationCommand(_) if byte == SE => self.telnet = Telnet::Data,
            Telnet::Subnegotiation(length) | Telnet::SubnegotiationCommand(length) => {
                self.telnet = Telnet::Subnegotiation(length + 1);
            }
        }
        false
    }

    /// Takes one byte of the line itself; true at its end.
    fn data(&mut self, byte: u8) -> bool {
        if self.carriage_return && byte != LF {
            self.carriage_return = false;
            self.keep(CR);
            if byte == NUL {
                return false;
            }
        }
        match byte {
            LF => return true,
            CR => self.carriage_return = true,
            _ => self.keep(byte),
        }
        false
    }

    fn keep(&mut self, byte: u8) {
        if self.buffer.len() < self.limit {
            self.buffer.push(byte);
        } else {
            self.overrun += 1;
        }
    }
}

/// Appends `text` with the Telnet layer put on (255 doubled, CR as CR NUL) and CRLF. LF and NUL cannot be carried and
/// are replaced by a space.
pub fn write_line(text: &[u8], out: &mut Vec<u8>) {
    // No early exit, so that the compiler may look at many bytes at once.
    let plain = text.iter().fold(true, |plain, byte| plain & !matches!(*byte, NUL | LF | CR | IAC));
    if plain {
        out.extend_from_slice(text);
    } else {
        for &byte in text {
            match byte {
                NUL | LF => out.push(b' '),
                CR => out.extend_from_slice(&[CR, NUL]),
                IAC => out.extend_from_slice(&[IAC, IAC]),
                _ => out.push(byte),
            }
        }
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_telnet_asks_for_is_refused() {
        let (mut reader, mut refusals) = (LineReader::new(64), Vec::new());
        let asked = b"\xff\xfd\x06NO\xff\xfb\x18OP\xff\xfe\x01\xff\xfc\x01\r\n";
        assert_eq!(reader.next_refusing(asked, &mut refusals), (asked.len(), Framed::Line(b"NOOP")));
        assert_eq!(refusals, b"\xff\xfc\x06\xff\xfe\x18");
        refusals.clear();
        reader.next_refusing(&b"\xff\xfd\x06".repeat(1000), &mut refusals);
        assert_eq!(refusals.len(), 3 * usize::from(REFUSAL_LIMIT));
    }
    use alloc::vec;
    use proptest::prelude::*;

    /// Everything that `pieces` give: lines, and `None` for one that was too long.
    fn read<'a>(limit: usize, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Option<Vec<u8>>> {
        let mut reader = LineReader::new(limit);
        let mut lines = Vec::new();
        for mut piece in pieces {
            while !piece.is_empty() {
                let (used, framed) = reader.next(piece);
                match framed {
                    Framed::Line(line) => lines.push(Some(line.to_vec())),
                    Framed::TooLong => lines.push(None),
                    Framed::Partial => assert_eq!(used, piece.len(), "a partial line uses everything"),
                }
                assert!(used > 0, "every call makes progress");
                piece = &piece[used..];
            }
            assert!(reader.buffer.len() <= limit, "the buffer stays within the limit");
        }
        lines
    }

    fn lines(input: &[u8]) -> Vec<Vec<u8>> {
        read(64, [input]).into_iter().map(|line| line.unwrap_or_else(|| b"too long".to_vec())).collect()
    }

    #[test]
    fn lines_end_in_crlf_or_lf() {
        assert_eq!(lines(b"NOOP\r\nPWD\n\r\nrest"), [&b"NOOP"[..], b"PWD", b""]);
    }

    #[test]
    fn a_carriage_return_is_data_unless_lf_follows() {
        assert_eq!(lines(b"a\rb\r\0c\r\r\nd\r\0\r\n"), [&b"a\rb\rc\r"[..], b"d\r"]);
    }

    #[test]
    fn telnet_commands_vanish() {
        // WILL ECHO, NOP, a subnegotiation with a line end and a doubled IAC in it, IP and DM before ABOR.
        assert_eq!(lines(b"NO\xFF\xFB\x01OP\xFF\xF1\r\n"), [b"NOOP"]);
        assert_eq!(lines(b"\xFF\xFA\x18\r\n\xFF\xFF\xF0\xFF\xF0PWD\r\n"), [b"PWD"]);
        assert_eq!(lines(b"\xFF\xFAxyz\xFF\xF0PWD\r\n"), [b"PWD"]);
        assert_eq!(lines(b"\xFF\xFAx\xF0yz\xFF\xF0PWD\r\n"), [b"PWD"]);
        assert_eq!(lines(b"\xFF\xF4\xFF\xF2ABOR\r\n"), [b"ABOR"]);
        assert_eq!(lines(b"CWD \xFF\xFFx\r\xFF\xF1\n"), [b"CWD \xFFx"]);
    }

    #[test]
    fn a_single_255_before_text_is_a_letter() {
        assert_eq!(lines(b"CWD \xFFa\xFF\r\nPWD\r\n"), [&b"CWD \xFFa\xFF"[..], b"PWD"]);
    }

    #[test]
    fn an_endless_subnegotiation_costs_one_line() {
        let mut input = b"\xFF\xFA".to_vec();
        input.extend([b'x'; 2000]);
        input.extend(b"\r\nNOOP\r\n");
        assert_eq!(lines(&input), [&b"too long"[..], b"NOOP"]);
        // Doubled, 255 is data of the subnegotiation, and counts as such.
        let doubled = [b"\xFF\xFA", &b"\xFF\xFF".repeat(400)[..], b"\r\nNOOP\r\n"].concat();
        assert_eq!(lines(&doubled).last().unwrap(), b"NOOP");
        // However little was left of it.
        let mut short = b"\xFF\xFA".to_vec();
        short.resize(2 + usize::from(SUBNEGOTIATION_LIMIT) + 3, b'x');
        short.extend(b"\r\nNOOP\r\n");
        assert_eq!(lines(&short), [&b"too long"[..], b"NOOP"]);
    }

    #[test]
    fn an_overlong_line_is_reported_once_and_the_next_is_read() {
        for pieces in [vec![&b"123456789\r\nNOOP\r\n"[..]], vec![b"12345", b"6789\r", b"\nNOOP\r\n"]] {
            assert_eq!(read(8, pieces), [None, Some(b"NOOP".to_vec())]);
        }
        assert_eq!(read(8, [&b"12345678\r\n"[..]]), [Some(b"12345678".to_vec())]);
    }

    #[test]
    fn overrun_counts_what_was_dropped() {
        let mut reader = LineReader::new(4);
        assert_eq!(reader.next(b"123456"), (6, Framed::Partial));
        assert_eq!(reader.overrun(), 2);
        assert_eq!(reader.next(b"7\r\nNOOP\r\n"), (3, Framed::TooLong));
        assert_eq!(reader.overrun(), 3);
        assert_eq!(reader.next(b"NOOP\r\n"), (6, Framed::Line(b"NOOP")));
        assert_eq!(reader.overrun(), 0);
        // The same where the line comes in one piece.
        assert_eq!(reader.next(b"1234567\r\n"), (9, Framed::TooLong));
        assert_eq!(reader.overrun(), 3);
    }

    #[test]
    fn clear_forgets_what_was_begun() {
        for begun in [&b"USER inj"[..], b"x\r", b"\xFF", b"\xFF\xFA\x01", b"123456789012345678901"] {
            let mut reader = LineReader::new(16);
            assert_eq!(reader.next(begun).1, Framed::Partial);
            reader.clear();
            assert_eq!(reader.next(b"NOOP\r\n"), (6, Framed::Line(b"NOOP")));
        }
    }

    #[test]
    fn a_whole_line_allocates_nothing() {
        let mut reader = LineReader::new(64);
        assert_eq!(reader.next(b"RETR a\rb\r\n"), (10, Framed::Line(b"RETR a\rb")));
        assert_eq!(reader.buffer.capacity(), 0);
    }

    /// Bytes in which what matters to the reader is frequent.
    fn telnet_like() -> impl Strategy<Value = Vec<u8>> {
        let special = prop::sample::select(vec![NUL, LF, CR, IAC, SE, SB, WILL, DONT, FIRST_COMMAND, b'a']);
        prop::collection::vec(prop_oneof![3 => special, 1 => any::<u8>()], 0..200)
    }

    proptest! {
        #[test]
        fn chunking_changes_nothing(input in telnet_like(), cuts in prop::collection::vec(1usize..9, 1..80)) {
            let mut pieces = Vec::new();
            let mut rest = &input[..];
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            pieces.push(rest);
            prop_assert_eq!(read(12, [&input[..]]), read(12, pieces));
            prop_assert_eq!(read(12, [&input[..]]), read(12, input.chunks(1)));
        }

        #[test]
        fn what_is_written_is_read(texts in prop::collection::vec(telnet_like(), 1..5)) {
            let mut bytes = Vec::new();
            let mut expected = Vec::new();
            for text in &texts {
                write_line(text, &mut bytes);
                expected.push(Some(text.iter().map(|&b| if matches!(b, NUL | LF) { b' ' } else { b }).collect()));
            }
            prop_assert_eq!(read(200, [&bytes[..]]), expected);
        }
    }
}
