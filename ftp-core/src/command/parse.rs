//! Reading a command: the grammar of RFC 959 5.3 and of the RFCs after it. Each parser stands below its rule. What a
//! path, an option or a server's policy allows is not decided here.

use super::{Command, ExtendedAddress, ExtendedPassive, Form, Mode, RangedPath, Structure, TypeCode, Verb, extension};
use crate::address;
use core::net::SocketAddrV4;
use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case, take_till1, take_while1};
use nom::character::complete::{char, digit1, u8 as decimal_u8, u32 as decimal_u32, u64 as decimal_u64};
use nom::combinator::{all_consuming, opt, rest, value, verify};
use nom::sequence::{pair, preceded};
use nom::{IResult, Parser};

/// A line that is no command that can be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The command, where its name is known.
    pub verb: Option<Verb>,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Nobody knows this command: 500.
    Unknown,
    /// The argument is missing: 501.
    Missing,
    /// An argument was given to a command that takes none: 501.
    Unexpected,
    /// The argument cannot be read, or is not one that the RFC knows: 501. The text says what was expected.
    Syntax(&'static str),
}

impl<'a> Command<'a> {
    /// Reads one line, without its line end and with the Telnet layer already taken off.
    ///
    /// # Errors
    /// [`ParseError`], with the verb if that much could be read.
    pub fn parse(line: &'a [u8]) -> Result<Self, ParseError> {
        let unknown = ParseError { verb: None, problem: Problem::Unknown };
        let (_, (name, argument)) = command_line(line).map_err(|_| unknown)?;
        let verb = Verb::from_name(name).ok_or(unknown)?;
        command(verb, argument).map_err(|problem| ParseError { verb: Some(verb), problem })
    }
}

fn command<'a>(verb: Verb, argument: Option<&'a [u8]>) -> Result<Command<'a>, Problem> {
    let required = || optional(argument).ok_or(Problem::Missing);
    let none = |command: Command<'a>| match trimmed(argument) {
        None => Ok(command),
        Some(_) => Err(Problem::Unexpected),
    };
    Ok(match verb {
        Verb::User => Command::User(required()?),
        // An account without a password has an empty one.
        Verb::Pass => Command::Pass(argument.unwrap_or_default()),
        Verb::Acct => Command::Acct(required()?),
        Verb::Cwd => Command::Cwd(required()?),
        Verb::Cdup => none(Command::Cdup)?,
        Verb::Rein => none(Command::Rein)?,
        Verb::Quit => none(Command::Quit)?,
        Verb::Port => Command::Port(code(argument, host_port, "h1,h2,h3,h4,p1,p2")?),
        Verb::Pasv => none(Command::Pasv)?,
        Verb::Eprt => Command::Eprt(code(argument, extended_address, "|protocol|address|port|")?),
        Verb::Epsv => Command::Epsv(match trimmed(argument) {
            None => ExtendedPassive::Any,
            some => code(some, extended_passive, "1, 2 or ALL")?,
        }),
        Verb::Type => Command::Type(code(argument, type_code, "A, E, I or L and a byte size")?),
        Verb::Stru => Command::Stru(code(argument, structure, "F, R or P")?),
        Verb::Mode => Command::Mode(code(argument, mode, "S, B, C or Z")?),
        Verb::Retr => Command::Retr(required()?),
        Verb::Stor => Command::Stor(required()?),
        Verb::Stou => Command::Stou(optional(argument)),
        Verb::Appe => Command::Appe(required()?),
        Verb::Allo => {
            let (size, record) = code(argument, allocation, "a size in bytes, and R and a record size")?;
            Command::Allo { size, record }
        }
        Verb::Rest => Command::Rest(code(argument, marker, "a marker of printable characters")?),
        Verb::Rnfr => Command::Rnfr(required()?),
        Verb::Rnto => Command::Rnto(required()?),
        Verb::Abor => none(Command::Abor)?,
        Verb::Dele => Command::Dele(required()?),
        Verb::Rmd => Command::Rmd(required()?),
        Verb::Mkd => Command::Mkd(required()?),
        Verb::Pwd => none(Command::Pwd)?,
        Verb::List => Command::List(optional(argument)),
        Verb::Nlst => Command::Nlst(optional(argument)),
        Verb::Mlsd => Command::Mlsd(optional(argument)),
        Verb::Mlst => Command::Mlst(optional(argument)),
        Verb::Size => Command::Size(required()?),
        Verb::Mdtm => Command::Mdtm(required()?),
        Verb::Site => Command::Site(required()?),
        Verb::Syst => none(Command::Syst)?,
        Verb::Stat => Command::Stat(optional(argument)),
        Verb::Help => Command::Help(trimmed(argument)),
        Verb::Noop => none(Command::Noop)?,
        Verb::Feat => none(Command::Feat)?,
        Verb::Opts => {
            let (name, options) = code(argument, options, "a command and its options")?;
            Command::Opts { name, options }
        }
        Verb::Auth => Command::Auth(trimmed(argument).ok_or(Problem::Missing)?),
        Verb::Pbsz => Command::Pbsz(code(argument, buffer_size, "a size in bytes")?),
        Verb::Prot => Command::Prot(trimmed(argument).ok_or(Problem::Missing)?),
        Verb::Ccc => none(Command::Ccc)?,
        Verb::Smnt => Command::Smnt(required()?),
        Verb::Lang => Command::Lang(match trimmed(argument) {
            None => None,
            some => Some(code(some, extension::language, "a language tag")?),
        }),
        Verb::Host => Command::Host(code(argument, extension::hostname, "a name or an address, and no port")?),
        Verb::Lprt => Command::Lprt(code(argument, address::long_address, "family,length,address,length,port")?),
        Verb::Lpsv => none(Command::Lpsv)?,
        Verb::Mfmt => {
            let (time, path) = whole(argument, extension::timed, "YYYYMMDDHHMMSS and a path")?;
            Command::Mfmt { time, path }
        }
        Verb::Mfct => {
            let (time, path) = whole(argument, extension::timed, "YYYYMMDDHHMMSS and a path")?;
            Command::Mfct { time, path }
        }
        Verb::Mff => {
            let (facts, path) = whole(argument, extension::facts, "fact=value;... and a path")?;
            Command::Mff { facts, path }
        }
        Verb::Hash => Command::Hash(required()?),
        Verb::Rang => {
            let (start, end) = code(argument, extension::range, "two numbers of octets")?;
            Command::Rang { start, end }
        }
        Verb::Avbl => Command::Avbl(optional(argument)),
        Verb::Comb => match required()? {
            paths if extension::split_paths(paths).is_some_and(|paths| paths.len() > 1) => Command::Comb(paths),
            _ => return Err(Problem::Syntax("a target and at least one source")),
        },
        Verb::Clnt => Command::Clnt(required()?),
        Verb::Csid => Command::Csid(whole(argument, extension::client_facts, "Name=...;Version=...;")?),
        Verb::Pret => match Command::parse(required()?) {
            Ok(
                Command::Retr(_)
                | Command::Stor(_)
                | Command::Stou(_)
                | Command::Appe(_)
                | Command::List(_)
                | Command::Nlst(_)
                | Command::Mlsd(_),
            ) => Command::Pret(required()?),
            _ => return Err(Problem::Syntax("a command of a transfer, with its argument")),
        },
        Verb::Xcrc | Verb::Xmd5 | Verb::Xsha | Verb::Xsha1 | Verb::Xsha256 | Verb::Xsha512 | Verb::Md5 => {
            match required()? {
                argument if RangedPath::parse(argument).is_some() => Command::Checksum { verb, argument },
                _ => return Err(Problem::Syntax("a path, or one between quotes with a start and an end")),
            }
        }
        verb @ (Verb::Adat | Verb::Mic | Verb::Conf | Verb::Enc) => {
            Command::Known { verb, argument: optional(argument) }
        }
    })
}

/// A name, and what stands behind one space, if there is one.
pub(super) type NameAndRest<'a> = (&'a [u8], Option<&'a [u8]>);

/// An argument that may be left out; an empty one counts as none.
fn optional(argument: Option<&[u8]>) -> Option<&[u8]> {
    argument.filter(|argument| !argument.is_empty())
}

/// The same, where trailing spaces carry no meaning: everywhere but in names, passwords and paths.
fn trimmed(argument: Option<&[u8]>) -> Option<&[u8]> {
    let mut argument = argument?;
    while let Some(shorter) = argument.strip_suffix(b" ") {
        argument = shorter;
    }
    optional(Some(argument))
}

/// A required argument that `parser` reads to its end. Trailing spaces carry no meaning.
fn code<'a, T>(
    argument: Option<&'a [u8]>,
    parser: fn(&'a [u8]) -> IResult<&'a [u8], T>,
    expected: &'static str,
) -> Result<T, Problem> {
    whole(trimmed(argument), parser, expected)
}

/// The same, where a trailing space may belong to a name.
fn whole<'a, T>(
    argument: Option<&'a [u8]>,
    parser: fn(&'a [u8]) -> IResult<&'a [u8], T>,
    expected: &'static str,
) -> Result<T, Problem> {
    let argument = optional(argument).ok_or(Problem::Missing)?;
    let (_, code) = all_consuming(parser).parse_complete(argument).map_err(|_| Problem::Syntax(expected))?;
    Ok(code)
}

/// RFC 959 5.3.1, RFC 2389 2.1. Exactly one space parts the name from its argument: a path may begin with another.
/// ```abnf
/// command-line = command-name [SP argument]
/// command-name = 1*(ALPHA / DIGIT)
/// argument     = *OCTET
/// ```
fn command_line(input: &[u8]) -> IResult<&[u8], NameAndRest<'_>> {
    let name = take_while1(|byte: u8| byte.is_ascii_alphanumeric());
    all_consuming(pair(name, opt(preceded(char(' '), rest)))).parse_complete(input)
}

/// RFC 959 5.3.2, and a port that can be dialled.
/// ```abnf
/// host-port   = host-number "," port-number
/// ```
fn host_port(input: &[u8]) -> IResult<&[u8], SocketAddrV4> {
    verify(address::host_port, |address: &SocketAddrV4| address.port() != 0).parse_complete(input)
}

/// RFC 2428 2, in [`crate::address`].
fn extended_address(input: &[u8]) -> IResult<&[u8], ExtendedAddress> {
    address::extended_address(input)
}

/// RFC 2428 3 and 4.
/// ```abnf
/// epsv-argument = net-prt / "ALL"
/// net-prt       = 1*DIGIT
/// ```
fn extended_passive(input: &[u8]) -> IResult<&[u8], ExtendedPassive> {
    alt((
        value(ExtendedPassive::All, tag_no_case("ALL")),
        digit1.map(|family: &[u8]| match family {
            b"1" => ExtendedPassive::V4,
            b"2" => ExtendedPassive::V6,
            _ => ExtendedPassive::UnknownFamily,
        }),
    ))
    .parse_complete(input)
}

/// RFC 959 5.3.2. `L` needs its byte size, 1 to 255.
/// ```abnf
/// type-code = ("A" / "E") [SP form-code] / "I" / "L" SP byte-size
/// byte-size = 1*DIGIT
/// ```
fn type_code(input: &[u8]) -> IResult<&[u8], TypeCode> {
    let form = || opt(preceded(char(' '), form_code)).map(Option::unwrap_or_default);
    alt((
        preceded(tag_no_case("A"), form()).map(TypeCode::Ascii),
        preceded(tag_no_case("E"), form()).map(TypeCode::Ebcdic),
        value(TypeCode::Image, tag_no_case("I")),
        preceded(tag_no_case("L "), verify(decimal_u8, |&size| size > 0)).map(TypeCode::Local),
    ))
    .parse_complete(input)
}

/// RFC 959 5.3.2.
/// ```abnf
/// form-code = "N" / "T" / "C"
/// ```
fn form_code(input: &[u8]) -> IResult<&[u8], Form> {
    alt((
        value(Form::NonPrint, tag_no_case("N")),
        value(Form::Telnet, tag_no_case("T")),
        value(Form::CarriageControl, tag_no_case("C")),
    ))
    .parse_complete(input)
}

/// RFC 959 5.3.2.
/// ```abnf
/// structure-code = "F" / "R" / "P"
/// ```
fn structure(input: &[u8]) -> IResult<&[u8], Structure> {
    alt((
        value(Structure::File, tag_no_case("F")),
        value(Structure::Record, tag_no_case("R")),
        value(Structure::Page, tag_no_case("P")),
    ))
    .parse_complete(input)
}

/// RFC 959 5.3.2, and draft-preston-ftpext-deflate-04 for Z.
/// ```abnf
/// mode-code = "S" / "B" / "C" / "Z"
/// ```
fn mode(input: &[u8]) -> IResult<&[u8], Mode> {
    alt((
        value(Mode::Stream, tag_no_case("S")),
        value(Mode::Block, tag_no_case("B")),
        value(Mode::Compressed, tag_no_case("C")),
        value(Mode::Deflate, tag_no_case("Z")),
    ))
    .parse_complete(input)
}

/// RFC 959 5.3.1, ALLO.
/// ```abnf
/// allocation = decimal-integer [SP "R" SP decimal-integer]
/// ```
fn allocation(input: &[u8]) -> IResult<&[u8], (u64, Option<u64>)> {
    pair(decimal_u64, opt(preceded(tag_no_case(" R "), decimal_u64))).parse_complete(input)
}

/// RFC 2228 8.1; RFC 4217 9 has 0 too.
/// ```abnf
/// buffer-size = 1*DIGIT
/// ```
fn buffer_size(input: &[u8]) -> IResult<&[u8], u32> {
    decimal_u32.parse_complete(input)
}

/// RFC 959 5.3.2.
/// ```abnf
/// marker  = pr-string
/// pr-char = %x21-7E
/// ```
fn marker(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while1(|byte: u8| byte.is_ascii_graphic()).parse_complete(input)
}

/// RFC 2389 4.1.
/// ```abnf
/// opts            = command-name [SP command-options]
/// command-options = *OCTET
/// ```
fn options(input: &[u8]) -> IResult<&[u8], NameAndRest<'_>> {
    let options = preceded(tag(" "), rest).map(Some).map(optional);
    pair(take_till1(|byte| byte == b' '), opt(options).map(Option::flatten)).parse_complete(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

    fn problem(line: &[u8]) -> (Option<Verb>, Problem) {
        let error = Command::parse(line).expect_err("the line is wrong");
        (error.verb, error.problem)
    }

    fn is_syntax(line: &[u8]) -> bool {
        matches!(Command::parse(line), Err(ParseError { verb: Some(_), problem: Problem::Syntax(_) }))
    }

    #[test]
    fn what_is_no_command_is_unknown() {
        for line in
            [&b""[..], b" ", b" NOOP", b"NOOP\t", b"XYZZY", b"GET / HTTP/1.1", b"NO-OP", b"\0", b"\xFF", b"USER\0a"]
        {
            assert_eq!(problem(line), (None, Problem::Unknown), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn exactly_one_space_parts_name_and_path() {
        assert_eq!(Command::parse(b"RETR  a b "), Ok(Command::Retr(b" a b ")));
        assert_eq!(Command::parse(b"retr a"), Ok(Command::Retr(b"a")));
        assert_eq!(Command::parse(b"CWD  "), Ok(Command::Cwd(b" ")));
        assert_eq!(problem(b"CWD "), (Some(Verb::Cwd), Problem::Missing));
        assert_eq!(problem(b"CWD"), (Some(Verb::Cwd), Problem::Missing));
    }

    #[test]
    fn commands_without_argument_take_none() {
        for verb in ["CDUP", "REIN", "QUIT", "PASV", "ABOR", "PWD", "SYST", "NOOP", "FEAT", "XPWD", "XCUP"] {
            let parse = |tail: &[u8]| Command::parse(&[verb.as_bytes(), tail].concat()).map(|command| command.verb());
            let known = Verb::from_name(verb.as_bytes());
            assert_eq!(parse(b"").ok(), known);
            assert_eq!(parse(b"  ").ok(), known);
            assert_eq!(parse(b" x"), Err(ParseError { verb: known, problem: Problem::Unexpected }));
        }
    }

    #[test]
    fn an_empty_argument_is_none_where_it_is_optional() {
        assert_eq!(Command::parse(b"LIST"), Ok(Command::List(None)));
        assert_eq!(Command::parse(b"NLST "), Ok(Command::Nlst(None)));
        assert_eq!(Command::parse(b"STOU"), Ok(Command::Stou(None)));
        assert_eq!(Command::parse(b"STAT -l /a"), Ok(Command::Stat(Some(b"-l /a"))));
        assert_eq!(Command::parse(b"HELP retr "), Ok(Command::Help(Some(b"retr"))));
    }

    #[test]
    fn a_password_may_be_empty_and_may_be_spaces() {
        assert_eq!(Command::parse(b"PASS"), Ok(Command::Pass(b"")));
        assert_eq!(Command::parse(b"PASS "), Ok(Command::Pass(b"")));
        assert_eq!(Command::parse(b"PASS  a "), Ok(Command::Pass(b" a ")));
        assert_eq!(problem(b"USER "), (Some(Verb::User), Problem::Missing));
    }

    #[test]
    fn codes_of_rfc_959_5_3_2() {
        assert_eq!(Command::parse(b"TYPE A"), Ok(Command::Type(TypeCode::Ascii(Form::NonPrint))));
        assert_eq!(Command::parse(b"TYPE a t "), Ok(Command::Type(TypeCode::Ascii(Form::Telnet))));
        assert_eq!(Command::parse(b"TYPE E C"), Ok(Command::Type(TypeCode::Ebcdic(Form::CarriageControl))));
        assert_eq!(Command::parse(b"TYPE i"), Ok(Command::Type(TypeCode::Image)));
        assert_eq!(Command::parse(b"TYPE L 8"), Ok(Command::Type(TypeCode::Local(8))));
        assert_eq!(Command::parse(b"TYPE L 255"), Ok(Command::Type(TypeCode::Local(255))));
        assert_eq!(Command::parse(b"STRU r"), Ok(Command::Stru(Structure::Record)));
        assert_eq!(Command::parse(b"MODE Z"), Ok(Command::Mode(Mode::Deflate)));
        for line in [
            &b"TYPE X"[..],
            b"TYPE A X",
            b"TYPE AN",
            b"TYPE A  N",
            b"TYPE I N",
            b"TYPE L",
            b"TYPE L 0",
            b"TYPE L 256",
            b"TYPE L x",
            b"STRU X",
            b"STRU FR",
            b"MODE D",
            b"MODE  S",
        ] {
            assert!(is_syntax(line), "{}", line.escape_ascii());
        }
        assert_eq!(problem(b"TYPE  "), (Some(Verb::Type), Problem::Missing));
    }

    #[test]
    fn allo_of_rfc_959() {
        assert_eq!(Command::parse(b"ALLO 4096"), Ok(Command::Allo { size: 4096, record: None }));
        assert_eq!(Command::parse(b"ALLO 0 R 80"), Ok(Command::Allo { size: 0, record: Some(80) }));
        for line in [&b"ALLO x"[..], b"ALLO -1", b"ALLO 1 R", b"ALLO 1 80", b"ALLO 18446744073709551616"] {
            assert!(is_syntax(line), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn rest_takes_printable_markers() {
        assert_eq!(Command::parse(b"REST 1024 "), Ok(Command::Rest(b"1024")));
        assert_eq!(Command::parse(b"REST ~mark!"), Ok(Command::Rest(b"~mark!")));
        assert!(is_syntax(b"REST 1 2"));
        assert!(is_syntax(b"REST \x01"));
        assert_eq!(problem(b"REST"), (Some(Verb::Rest), Problem::Missing));
    }

    #[test]
    fn port_of_rfc_959() {
        let address = SocketAddrV4::new(Ipv4Addr::new(132, 235, 1, 2), 6275);
        assert_eq!(Command::parse(b"PORT 132,235,1,2,24,131"), Ok(Command::Port(address)));
        for line in [
            &b"PORT 1,2,3,4,5"[..],
            b"PORT 1,2,3,4,5,6,7",
            b"PORT 256,2,3,4,5,6",
            b"PORT 1,2,3,4,5,256",
            b"PORT 1, 2,3,4,5,6",
            b"PORT 1.2.3.4.5.6",
            b"PORT 1,2,3,4,0,0",
            b"PORT ,,,,,",
            b"PORT 1,2,3,4,5,0006",
            b"PORT (1,2,3,4,5,6)",
        ] {
            assert!(is_syntax(line), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn eprt_of_rfc_2428() {
        let v4 = SocketAddr::from((Ipv4Addr::new(132, 235, 1, 2), 6275));
        let v6 = SocketAddr::from((Ipv6Addr::from([0x1080, 0, 0, 0, 8, 0x800, 0x200C, 0x417A]), 5282));
        let known = |address| Ok(Command::Eprt(ExtendedAddress::Known(address)));
        assert_eq!(Command::parse(b"EPRT |1|132.235.1.2|6275|"), known(v4));
        assert_eq!(Command::parse(b"EPRT |2|1080::8:800:200C:417A|5282|"), known(v6));
        assert_eq!(Command::parse(b"EPRT !1!132.235.1.2!6275!"), known(v4));
        let unknown = Ok(Command::Eprt(ExtendedAddress::UnknownFamily));
        assert_eq!(Command::parse(b"EPRT |3|somewhere|6275|"), unknown);
        for line in [
            &b"EPRT |1|1080::8:800:200C:417A|5282|"[..],
            b"EPRT |2|132.235.1.2|6275|",
            b"EPRT |1|132.235.1.2|0|",
            b"EPRT |1|132.235.1.2|65536|",
            b"EPRT |1|132.235.1.2|6275",
            b"EPRT |1|132.235.1.2|6275|x",
            b"EPRT |1|132.235.1.2!6275|",
            b"EPRT ||132.235.1.2|6275|",
            b"EPRT 1",
            b"EPRT |",
            b"EPRT |1|132.235.1.256|1|",
            b"EPRT \x011\x01132.235.1.2\x016275\x01",
        ] {
            assert!(is_syntax(line), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn epsv_of_rfc_2428() {
        for (line, expected) in [
            (&b"EPSV"[..], ExtendedPassive::Any),
            (b"EPSV 1", ExtendedPassive::V4),
            (b"EPSV 2 ", ExtendedPassive::V6),
            (b"epsv all", ExtendedPassive::All),
            (b"EPSV 12", ExtendedPassive::UnknownFamily),
        ] {
            assert_eq!(Command::parse(line), Ok(Command::Epsv(expected)));
        }
        assert!(is_syntax(b"EPSV ALL 1"));
        assert!(is_syntax(b"EPSV v6"));
    }

    #[test]
    fn opts_and_site() {
        assert_eq!(Command::parse(b"OPTS UTF8 ON"), Ok(Command::Opts { name: b"UTF8", options: Some(b"ON") }));
        assert_eq!(Command::parse(b"OPTS MLST "), Ok(Command::Opts { name: b"MLST", options: None }));
        assert!(is_syntax(b"OPTS  MLST"));
        assert_eq!(problem(b"OPTS"), (Some(Verb::Opts), Problem::Missing));
        assert_eq!(Command::parse(b"SITE CHMOD 644 a"), Ok(Command::Site(b"CHMOD 644 a")));
        assert_eq!(problem(b"SITE"), (Some(Verb::Site), Problem::Missing));
    }

    #[test]
    fn commands_without_a_variant_keep_their_argument() {
        let auth = Command::Auth(b"TLS");
        assert_eq!(Command::parse(b"AUTH TLS"), Ok(auth));
        assert_eq!(Command::parse(b"CCC"), Ok(Command::Ccc));
    }
}
