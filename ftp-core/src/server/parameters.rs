//! How the next transfer is to go: TYPE, STRU, MODE, PORT, PASV, REST (RFC 959 4.1.2 and 4.1.3), EPRT and EPSV
//! (RFC 2428), LPRT and LPSV (RFC 1639), and the facts that MLSD shows.

use super::answer::text;
use super::files::Then;
use super::session::{Pending, ServerSession};
use crate::action::{Action, DataPath, NetworkError, StorageCall};
use crate::address::{write_host_port, write_long};
use crate::codec::{Codec, Level, Representation};
use crate::command::{ExtendedAddress, ExtendedPassive, Form, LongAddress, Mode, Structure, TypeCode, Verb};
use crate::listing::Facts;
use alloc::format;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr, SocketAddrV4};
use core::time::Duration;

/// What the commands of this room have set.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    /// TYPE, STRU and MODE.
    pub(super) codec: Codec,
    /// How hard MODE Z tries, if `OPTS MODE Z LEVEL` was said.
    pub(super) level: Option<Level>,
    /// The data connection to come; `None` is the default port (RFC 959 3.2).
    pub(super) data: Option<DataPath>,
    /// `EPSV ALL` was said: nothing else may set up a data connection (RFC 2428 4).
    extended_only: bool,
    /// REST's offset, for the very next transfer.
    pub(super) restart: u64,
    /// ALLO's size, for the very next file.
    pub(super) allocated: Option<u64>,
    /// `OPTS MLST`.
    pub(super) facts: Facts,
    /// `SITE IDLE`.
    pub(super) idle_timeout: Option<Duration>,
}

impl Parameters {
    /// TYPE, in words.
    pub(super) fn type_name(&self) -> &'static str {
        match self.codec.representation {
            Representation::Image => "IMAGE",
            Representation::Ascii(Form::NonPrint) => "ASCII",
            Representation::Ascii(Form::Telnet) => "ASCII with Telnet format controls",
            Representation::Ascii(Form::CarriageControl) => "ASCII with carriage control",
            Representation::Ebcdic(Form::NonPrint) => "EBCDIC",
            Representation::Ebcdic(Form::Telnet) => "EBCDIC with Telnet format controls",
            Representation::Ebcdic(Form::CarriageControl) => "EBCDIC with carriage control",
        }
    }

    /// STRU, in a word.
    pub(super) fn structure_name(&self) -> &'static str {
        match self.codec.structure {
            Structure::File => "File",
            Structure::Record => "Record",
            Structure::Page => "Page",
        }
    }

    /// MODE, in a word.
    pub(super) fn mode_name(&self) -> &'static str {
        match self.codec.mode {
            Mode::Stream => "Stream",
            Mode::Block => "Block",
            Mode::Compressed => "Compressed",
            Mode::Deflate => "Deflate",
        }
    }
}

impl ServerSession {
    /// TYPE.
    pub(super) fn set_type(&mut self, code: TypeCode) {
        match Representation::served(code) {
            Some(representation) => {
                self.parameters.codec.representation = representation;
                let reply = format!("Type is {}.", self.parameters.type_name());
                self.answer(Verb::Type, 200, reply.into_bytes());
            }
            None => self.answer(Verb::Type, 504, &b"Bytes have eight bits here: TYPE L 8."[..]),
        }
    }

    pub(super) fn set_structure(&mut self, structure: Structure) {
        self.parameters.codec.structure = structure;
        let reply = format!("Structure is {}.", self.parameters.structure_name().to_uppercase());
        self.answer(Verb::Stru, 200, reply.into_bytes());
    }

    /// MODE. A data connection that the last transfer left open speaks the old one, and is closed.
    pub(super) fn set_mode(&mut self, mode: Mode) {
        if !self.config.serves_mode(mode) {
            return self.answer(Verb::Mode, 504, &b"MODE Z is switched off here."[..]);
        }
        if self.parameters.codec.mode != mode {
            self.drop_kept();
        }
        self.parameters.codec.mode = mode;
        let reply = format!("Mode is {}.", self.parameters.mode_name().to_uppercase());
        self.answer(Verb::Mode, 200, reply.into_bytes());
    }

    /// `OPTS MODE Z LEVEL n` (draft-preston-ftpext-deflate-04 3).
    pub(super) fn set_level(&mut self, options: &[u8]) {
        let mut words = options.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
        let word = |word: Option<&[u8]>, name: &[u8]| word.is_some_and(|word| word.eq_ignore_ascii_case(name));
        let named = word(words.next(), b"Z") && word(words.next(), b"LEVEL");
        let level = words.next().and_then(|level| core::str::from_utf8(level).ok()?.parse().ok()).and_then(Level::new);
        match level {
            Some(level) if named && words.next().is_none() => {
                self.parameters.level = Some(level);
                self.answer(Verb::Opts, 200, format!("MODE Z LEVEL set to {}.", level.get()).into_bytes());
            }
            _ => self.answer(Verb::Opts, 501, &b"Syntax: OPTS MODE Z LEVEL n, n from 0 to 9."[..]),
        }
    }

    /// Closes the data connection that the last transfer left open.
    pub(super) fn drop_kept(&mut self) {
        if self.parameters.data == Some(DataPath::Kept) {
            self.parameters.data = None;
            self.act(Action::CloseData);
        }
    }

    /// PORT and EPRT name an address to connect to. It must be the peer's own, and no well-known port: otherwise this
    /// server could be made to attack others (RFC 2577 3).
    pub(super) fn set_port(&mut self, verb: Verb, address: SocketAddr) {
        if self.refuses_because_epsv_all(verb) {
            return;
        }
        if address.port() < 1024 {
            return self.refuse_port(verb);
        }
        if address.ip().to_canonical() != self.peer.ip() {
            // Between two servers (RFC 959 5.2), for accounts that may.
            let call = StorageCall::ThirdParty(address);
            return self.ask(verb, self.directory.clone(), Then::ThirdParty(address), call);
        }
        self.use_port(verb, address);
    }

    pub(super) fn refuse_port(&mut self, verb: Verb) {
        let reply = &b"Data connections go to your own address, at ports from 1024 on, and nowhere else."[..];
        self.refuse(verb, &[504, 501], reply);
    }

    /// The address is one that data connections may go to.
    pub(super) fn use_port(&mut self, verb: Verb, address: SocketAddr) {
        self.act(Action::CloseData);
        self.parameters.data = Some(DataPath::Connect(address));
        self.answer(verb, 200, &b"Data connections will go there."[..]);
    }

    pub(super) fn set_extended_port(&mut self, address: ExtendedAddress) {
        match address {
            ExtendedAddress::Known(address) if address.is_ipv4() == self.peer.is_ipv4() => {
                self.set_port(Verb::Eprt, address);
            }
            _ if self.refuses_because_epsv_all(Verb::Eprt) => {}
            _ => self.refuse_family(Verb::Eprt),
        }
    }

    /// LPRT (RFC 1639). Its families are those that the network has here: 521 names them.
    pub(super) fn set_long_port(&mut self, address: LongAddress) {
        match address {
            LongAddress::Known(address) if address.is_ipv4() == self.peer.is_ipv4() => {
                self.set_port(Verb::Lprt, address);
            }
            _ if self.refuses_because_epsv_all(Verb::Lprt) => {}
            _ => {
                let family = if self.local.is_ipv4() { 4 } else { 6 };
                self.answer(Verb::Lprt, 521, format!("Supported address families are ({family}).").into_bytes());
            }
        }
    }

    /// PASV. Its reply has room for an IPv4 address only (RFC 2428 1).
    pub(super) fn passive(&mut self) {
        if self.refuses_because_epsv_all(Verb::Pasv) {
            return;
        }
        if self.local.is_ipv6() {
            return self.refuse(Verb::Pasv, &[522, 502], &b"PASV is for IPv4; use EPSV."[..]);
        }
        self.listen(Verb::Pasv);
    }

    /// LPSV (RFC 1639): EPSV's forerunner, with the address in full.
    pub(super) fn long_passive(&mut self) {
        if !self.refuses_because_epsv_all(Verb::Lpsv) {
            self.listen(Verb::Lpsv);
        }
    }

    pub(super) fn extended_passive(&mut self, argument: ExtendedPassive) {
        match argument {
            ExtendedPassive::All => {
                self.parameters.extended_only = true;
                self.answer(Verb::Epsv, 200, &b"Only EPSV from now on."[..]);
            }
            ExtendedPassive::V4 if self.local.is_ipv6() => self.refuse_family(Verb::Epsv),
            ExtendedPassive::V6 if self.local.is_ipv4() => self.refuse_family(Verb::Epsv),
            ExtendedPassive::UnknownFamily => self.refuse_family(Verb::Epsv),
            ExtendedPassive::Any | ExtendedPassive::V4 | ExtendedPassive::V6 => self.listen(Verb::Epsv),
        }
    }

    fn listen(&mut self, verb: Verb) {
        let op = self.new_op();
        self.parameters.data = None;
        self.pending = Pending::Listen { op, verb };
        self.act(Action::Listen { op });
    }

    pub(super) fn listening(&mut self, verb: Verb, result: Result<SocketAddr, NetworkError>) {
        let address = match result {
            Ok(address) => address,
            Err(NetworkError::Exhausted) => {
                return self.refuse(verb, &[425, 421], &b"No passive port is free; try again."[..]);
            }
            Err(_) => return self.refuse(verb, &[425, 421], &b"No passive port could be opened."[..]),
        };
        self.parameters.data = Some(DataPath::Accept);
        if verb == Verb::Epsv {
            let reply = format!("Entering extended passive mode (|||{}|).", address.port());
            return self.answer(verb, 229, reply.into_bytes());
        }
        if verb == Verb::Lpsv {
            let ip = match (self.config.public_address, address.ip().to_canonical()) {
                (Some(public), IpAddr::V4(_)) => public.into(),
                (_, ip) => ip,
            };
            let mut long = Vec::new();
            write_long(SocketAddr::new(ip, address.port()), &mut long);
            return self.answer(verb, 228, text(&[b"Entering long passive mode (", &long, b")."]));
        }
        let ip = match (self.config.public_address, address.ip().to_canonical()) {
            (Some(public), _) => public,
            (None, IpAddr::V4(ip)) => ip,
            (None, IpAddr::V6(_)) => return self.refuse(verb, &[522, 502], &b"PASV is for IPv4; use EPSV."[..]),
        };
        let mut host_port = Vec::new();
        write_host_port(SocketAddrV4::new(ip, address.port()), &mut host_port);
        self.answer(verb, 227, text(&[b"Entering passive mode (", &host_port, b")."]));
    }

    /// REST. In MODE B and C the argument is a marker, of which this server makes decimal places in the file, whatever the
    /// TYPE (RFC 959 4.1.3); otherwise it is an offset (RFC 3659 5.3), and where one has no fixed meaning on both sides only
    /// 0 is taken.
    pub(super) fn restart(&mut self, marker: &[u8]) {
        let codec = self.parameters.codec;
        let offset = core::str::from_utf8(marker).ok().filter(|m| m.bytes().all(|b| b.is_ascii_digit()));
        match offset.and_then(|m| m.parse::<u64>().ok()) {
            None => self.answer(Verb::Rest, 501, &b"The marker must be a decimal offset."[..]),
            Some(offset) if offset > 0 && !codec.has_markers() && !codec.has_offsets() => {
                self.refuse(Verb::Rest, &[504, 501], &b"Restarting needs TYPE I and STRU F, or MODE B or C."[..]);
            }
            Some(offset) => {
                self.digests.range = None;
                self.parameters.restart = offset;
                self.answer(Verb::Rest, 350, format!("Restarting at {offset}.").into_bytes());
            }
        }
    }

    fn refuses_because_epsv_all(&mut self, verb: Verb) -> bool {
        if self.parameters.extended_only {
            self.refuse(verb, &[501, 500], &b"Only EPSV is accepted after EPSV ALL."[..]);
        }
        self.parameters.extended_only
    }

    /// RFC 2428 2: the reply names the families that would do.
    fn refuse_family(&mut self, verb: Verb) {
        let family = if self.local.is_ipv4() { "1" } else { "2" };
        self.answer(verb, 522, format!("Network protocol not supported, use ({family}).").into_bytes());
    }
}
