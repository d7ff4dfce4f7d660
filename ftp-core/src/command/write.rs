//! Writing a command, and showing one to a person.

use super::{Command, ExtendedAddress, ExtendedPassive, Form, LongAddress, Mode, Structure, TypeCode, Verb};
use crate::address::{write_extended, write_host_port, write_long};
use alloc::format;
use alloc::vec::Vec;
use core::fmt;

impl Command<'_> {
    /// Appends the command line to `out`, without line end and before the Telnet layer (see
    /// [`write_line`](crate::line::write_line)). What it writes, [`Command::parse`] reads as the same command.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.verb().name().as_bytes());
        let argument_at = out.len();
        out.push(b' ');
        self.write_argument(out);
        if out.len() == argument_at + 1 {
            out.truncate(argument_at);
        }
    }

    fn write_argument(&self, out: &mut Vec<u8>) {
        match *self {
            Self::User(text)
            | Self::Pass(text)
            | Self::Acct(text)
            | Self::Cwd(text)
            | Self::Retr(text)
            | Self::Stor(text)
            | Self::Appe(text)
            | Self::Rest(text)
            | Self::Rnfr(text)
            | Self::Rnto(text)
            | Self::Dele(text)
            | Self::Rmd(text)
            | Self::Mkd(text)
            | Self::Size(text)
            | Self::Mdtm(text)
            | Self::Site(text)
            | Self::Smnt(text)
            | Self::Host(text)
            | Self::Hash(text)
            | Self::Comb(text)
            | Self::Clnt(text)
            | Self::Csid(text)
            | Self::Pret(text)
            | Self::Checksum { argument: text, .. }
            | Self::Auth(text)
            | Self::Prot(text) => out.extend_from_slice(text),
            Self::Stou(text)
            | Self::List(text)
            | Self::Nlst(text)
            | Self::Mlsd(text)
            | Self::Mlst(text)
            | Self::Stat(text)
            | Self::Help(text)
            | Self::Lang(text)
            | Self::Avbl(text)
            | Self::Known { argument: text, .. } => out.extend_from_slice(text.unwrap_or_default()),
            Self::Cdup
            | Self::Rein
            | Self::Quit
            | Self::Pasv
            | Self::Abor
            | Self::Pwd
            | Self::Syst
            | Self::Noop
            | Self::Feat
            | Self::Lpsv
            | Self::Ccc
            | Self::Epsv(ExtendedPassive::Any) => {}
            Self::Port(address) => write_host_port(address, out),
            Self::Eprt(ExtendedAddress::Known(address)) => write_extended(address, out),
            // IANA has not given 0 to any address family.
            Self::Eprt(ExtendedAddress::UnknownFamily) => out.extend_from_slice(b"|0|0|1|"),
            Self::Epsv(ExtendedPassive::UnknownFamily) => out.push(b'0'),
            Self::Epsv(ExtendedPassive::V4) => out.push(b'1'),
            Self::Epsv(ExtendedPassive::V6) => out.push(b'2'),
            Self::Epsv(ExtendedPassive::All) => out.extend_from_slice(b"ALL"),
            Self::Lprt(LongAddress::Known(address)) => write_long(address, out),
            // RFC 1639 has not given 0 to any address family.
            Self::Lprt(LongAddress::UnknownFamily) => out.extend_from_slice(b"0,0,0"),
            Self::Mfmt { time, path } | Self::Mfct { time, path } => {
                time.write_exact(out);
                out.push(b' ');
                out.extend_from_slice(path);
            }
            Self::Mff { facts, path } => {
                out.extend_from_slice(facts);
                out.push(b' ');
                out.extend_from_slice(path);
            }
            Self::Rang { start, end } => out.extend_from_slice(format!("{start} {end}").as_bytes()),
            Self::Type(code) => write_type(code, out),
            Self::Stru(structure) => out.push(match structure {
                Structure::File => b'F',
                Structure::Record => b'R',
                Structure::Page => b'P',
            }),
            Self::Mode(mode) => out.push(match mode {
                Mode::Stream => b'S',
                Mode::Block => b'B',
                Mode::Compressed => b'C',
                Mode::Deflate => b'Z',
            }),
            Self::Allo { size, record: None } => out.extend_from_slice(format!("{size}").as_bytes()),
            Self::Allo { size, record: Some(record) } => {
                out.extend_from_slice(format!("{size} R {record}").as_bytes());
            }
            Self::Pbsz(size) => out.extend_from_slice(format!("{size}").as_bytes()),
            Self::Opts { name, options } => {
                out.extend_from_slice(name);
                if let Some(options) = options {
                    out.push(b' ');
                    out.extend_from_slice(options);
                }
            }
        }
    }

    /// Does its argument open something: a password, an account, a security token?
    fn is_secret(&self) -> bool {
        matches!(self.verb(), Verb::Pass | Verb::Acct | Verb::Adat | Verb::Mic | Verb::Conf | Verb::Enc)
    }
}

fn write_type(code: TypeCode, out: &mut Vec<u8>) {
    let (letter, form) = match code {
        TypeCode::Ascii(form) => (b'A', form),
        TypeCode::Ebcdic(form) => (b'E', form),
        TypeCode::Image => (b'I', Form::NonPrint),
        TypeCode::Local(size) => return out.extend_from_slice(format!("L {size}").as_bytes()),
    };
    out.push(letter);
    match form {
        // The default is left out: not every server knows the second letter.
        Form::NonPrint => {}
        Form::Telnet => out.extend_from_slice(b" T"),
        Form::CarriageControl => out.extend_from_slice(b" C"),
    }
}

/// The line as it would be sent, with control bytes escaped and secrets left out.
impl fmt::Debug for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_secret() {
            return write!(f, "{} …", self.verb().name());
        }
        let mut line = Vec::new();
        self.write(&mut line);
        write!(f, "{}", line.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::WallTime;
    use alloc::boxed::Box;
    use alloc::string::String;
    use alloc::vec;
    use core::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
    use proptest::prelude::*;

    fn line(command: &Command<'_>) -> Vec<u8> {
        let mut line = Vec::new();
        command.write(&mut line);
        line
    }

    #[test]
    fn lines_as_the_rfcs_print_them() {
        let address = SocketAddrV4::new(Ipv4Addr::new(132, 235, 1, 2), 6275);
        let cases: [(Command<'_>, &[u8]); 8] = [
            (Command::Noop, b"NOOP"),
            (Command::Pass(b""), b"PASS"),
            (Command::List(None), b"LIST"),
            (Command::Retr(b" a"), b"RETR  a"),
            (Command::Port(address), b"PORT 132,235,1,2,24,131"),
            (Command::Eprt(ExtendedAddress::Known(address.into())), b"EPRT |1|132.235.1.2|6275|"),
            (Command::Type(TypeCode::Ascii(Form::NonPrint)), b"TYPE A"),
            (Command::Allo { size: 10, record: Some(80) }, b"ALLO 10 R 80"),
        ];
        for (command, expected) in cases {
            assert_eq!(line(&command), expected);
        }
    }

    #[test]
    fn debug_keeps_secrets_and_escapes_control_bytes() {
        assert_eq!(format!("{:?}", Command::Pass(b"hunter2")), "PASS …");
        assert_eq!(format!("{:?}", Command::Acct(b"hunter2")), "ACCT …");
        assert_eq!(format!("{:?}", Command::Known { verb: Verb::Adat, argument: Some(b"dG9r") }), "ADAT …");
        assert_eq!(format!("{:?}", Command::Cwd(b"a\x1B[2J")), "CWD a\\x1b[2J");
    }

    const CHECKSUMS: [Verb; 7] =
        [Verb::Xcrc, Verb::Xmd5, Verb::Xsha, Verb::Xsha1, Verb::Xsha256, Verb::Xsha512, Verb::Md5];

    fn leak(text: Vec<u8>) -> &'static [u8] {
        Box::leak(text.into_boxed_slice())
    }

    fn times() -> impl Strategy<Value = WallTime> {
        (-30_000_000_000i64..250_000_000_000, 0..1_000_000_000u32)
            .prop_map(|(seconds, nanos)| WallTime { seconds, nanos })
    }

    /// Any command, with text arguments cut from one leaked byte string: a test may leak.
    fn commands() -> impl Strategy<Value = Command<'static>> {
        let text = || prop::collection::vec(any::<u8>(), 1..40).prop_map(|text| &*Box::leak(text.into_boxed_slice()));
        let word = || "[!-~]{1,12}".prop_map(|word| &*Box::leak(word.into_bytes().into_boxed_slice()));
        let required = prop::sample::select(&[
            Command::User as fn(&'static [u8]) -> Command<'static>,
            Command::Pass,
            Command::Acct,
            Command::Cwd,
            Command::Retr,
            Command::Stor,
            Command::Appe,
            Command::Rnfr,
            Command::Rnto,
            Command::Dele,
            Command::Rmd,
            Command::Mkd,
            Command::Size,
            Command::Mdtm,
            Command::Site,
            Command::Smnt,
            Command::Hash,
            Command::Clnt,
        ]);
        let optional = prop::sample::select(&[
            Command::Stou as fn(Option<&'static [u8]>) -> Command<'static>,
            Command::List,
            Command::Nlst,
            Command::Mlsd,
            Command::Mlst,
            Command::Stat,
            Command::Avbl,
        ]);
        let plain = prop::sample::select(&[
            Command::Cdup,
            Command::Rein,
            Command::Quit,
            Command::Pasv,
            Command::Abor,
            Command::Pwd,
            Command::Syst,
            Command::Noop,
            Command::Feat,
            Command::Lpsv,
            Command::Lang(None),
            Command::Lang(Some(b"de-CH-1996")),
            Command::Lprt(LongAddress::UnknownFamily),
            Command::Host(b"[::1]"),
            Command::Ccc,
            Command::Pass(b""),
            Command::Help(None),
            Command::Eprt(ExtendedAddress::UnknownFamily),
            Command::Epsv(ExtendedPassive::Any),
            Command::Epsv(ExtendedPassive::V4),
            Command::Epsv(ExtendedPassive::V6),
            Command::Epsv(ExtendedPassive::All),
            Command::Epsv(ExtendedPassive::UnknownFamily),
            Command::Type(TypeCode::Image),
            Command::Type(TypeCode::Ascii(Form::NonPrint)),
            Command::Type(TypeCode::Ascii(Form::Telnet)),
            Command::Type(TypeCode::Ascii(Form::CarriageControl)),
            Command::Type(TypeCode::Ebcdic(Form::NonPrint)),
            Command::Type(TypeCode::Ebcdic(Form::Telnet)),
            Command::Type(TypeCode::Ebcdic(Form::CarriageControl)),
            Command::Stru(Structure::File),
            Command::Stru(Structure::Record),
            Command::Stru(Structure::Page),
            Command::Mode(Mode::Stream),
            Command::Mode(Mode::Block),
            Command::Mode(Mode::Compressed),
            Command::Mode(Mode::Deflate),
        ]);
        let known: Vec<Verb> = Verb::ALL
            .iter()
            .copied()
            .filter(|verb| matches!(Command::parse(verb.name().as_bytes()), Ok(Command::Known { .. })))
            .collect();
        prop_oneof![
            (required, text()).prop_map(|(command, text)| command(text)),
            (optional, prop::option::of(text())).prop_map(|(command, text)| command(text)),
            plain,
            word().prop_map(Command::Rest),
            word().prop_map(Command::Auth),
            word().prop_map(Command::Prot),
            any::<u32>().prop_map(Command::Pbsz),
            word().prop_map(|word| Command::Help(Some(word))),
            (word(), prop::option::of(word())).prop_map(|(name, options)| Command::Opts { name, options }),
            (1u8..).prop_map(|size| Command::Type(TypeCode::Local(size))),
            any::<(u64, Option<u64>)>().prop_map(|(size, record)| Command::Allo { size, record }),
            (any::<Ipv4Addr>(), 1u16..).prop_map(|(host, port)| Command::Port(SocketAddrV4::new(host, port))),
            (any::<core::net::IpAddr>(), 1u16..)
                .prop_map(|(host, port)| Command::Lprt(LongAddress::Known(SocketAddr::new(host, port)))),
            "([a-z0-9]{1,8}\\.){0,3}[a-z][a-z0-9]{0,8}".prop_map(|host| Command::Host(leak(host.into_bytes()))),
            any::<(u64, u64)>().prop_map(|(start, end)| Command::Rang { start, end }),
            (times(), text()).prop_map(|(time, path)| Command::Mfmt { time, path }),
            (times(), text()).prop_map(|(time, path)| Command::Mfct { time, path }),
            ("([A-Za-z.]{1,8}=[^; ]{0,8};){1,3}", text())
                .prop_map(|(facts, path)| Command::Mff { facts: leak(facts.into_bytes()), path }),
            ("\"[^\"]{1,8}\"( [0-9]{1,9}){0,2}", prop::sample::select(&CHECKSUMS))
                .prop_map(|(text, verb)| Command::Checksum { verb, argument: leak(text.into_bytes()) }),
            (word(), prop::sample::select(&CHECKSUMS))
                .prop_filter("a quote begins another form", |(word, _)| !word.starts_with(b"\""))
                .prop_map(|(argument, verb)| Command::Checksum { verb, argument }),
            "[a-z]{1,5}( [a-z]{1,5}){1,4}".prop_map(|paths| Command::Comb(leak(paths.into_bytes()))),
            "Name=.{0,9}".prop_map(|facts| Command::Csid(leak(facts.into_bytes()))),
            "(RETR|stor|APPE) [^ ]{1,9}|STOU|LIST -a|NLST|MLSD x"
                .prop_map(|line| Command::Pret(leak(line.into_bytes()))),
            (any::<core::net::IpAddr>(), 1u16..)
                .prop_map(|(host, port)| Command::Eprt(ExtendedAddress::Known(SocketAddr::new(host, port)))),
            (prop::sample::select(known), prop::option::of(text()))
                .prop_map(|(verb, argument)| Command::Known { verb, argument }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(command in commands()) {
            let written = line(&command);
            prop_assert_eq!(Command::parse(&written), Ok(command));
        }

        #[test]
        fn whatever_is_read_is_written_and_read_alike(
            verb in prop::sample::select(Verb::ALL),
            argument in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                "[ ,|A-Za-z0-9.:]{0,24}".prop_map(String::into_bytes),
                "(\\|[0-3]\\|[0-9.]{7}\\|[0-9]{1,6}\\|)|([0-9]{1,3},){5}[0-9]{1,3}".prop_map(String::into_bytes),
            ],
        ) {
            let input = [verb.name().as_bytes(), b" ", &argument].concat();
            if let Ok(command) = Command::parse(&input) {
                prop_assert_eq!(command.verb(), verb);
                let written = line(&command);
                prop_assert_eq!(Command::parse(&written), Ok(command));
            }
        }

        #[test]
        fn no_line_upsets_the_parser(input in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = Command::parse(&input);
        }
    }
}
