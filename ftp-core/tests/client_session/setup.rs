//! How scenarios begin: configurations, requests, and sessions that have come some way.

use crate::play::Play;
use ftp_core::client::{ClientConfig, DataPreference, Request, Upload};
use ftp_core::codec::Codec;
use ftp_core::secret::Secret;
use ftp_core::time::WallTime;
use std::time::Duration;

pub(crate) const REPLY: Duration = Duration::from_secs(30);
pub(crate) const STALL: Duration = Duration::from_secs(40);

pub(crate) fn config() -> ClientConfig {
    ClientConfig {
        reply_timeout: REPLY,
        stall_timeout: STALL,
        // 2026-11-22T12:00:00Z
        now_wall: WallTime { seconds: 1_795_348_800, nanos: 0 },
        ..ClientConfig::new("192.0.2.9:4000".parse().unwrap(), "192.0.2.1:21".parse().unwrap())
    }
}

pub(crate) fn pipelined() -> ClientConfig {
    ClientConfig { pipeline: true, ..config() }
}

pub(crate) fn over_v6() -> ClientConfig {
    let (local, peer) = ("[2001:db8::9]:4000".parse().unwrap(), "[2001:db8::1]:21".parse().unwrap());
    ClientConfig { local, peer, ..config() }
}

pub(crate) fn active() -> ClientConfig {
    ClientConfig { data: DataPreference::Active, ..config() }
}

pub(crate) fn login(account: Option<&str>) -> Request {
    Request::Login { user: b"ann".to_vec(), password: Secret::new("pw"), account: account.map(Secret::new) }
}

pub(crate) fn retrieve(offset: u64) -> Request {
    Request::Retrieve { path: b"f".to_vec(), offset, codec: Codec::RAW }
}

pub(crate) fn store(how: Upload) -> Request {
    Request::Store { path: b"f".to_vec(), how, codec: Codec::RAW }
}

pub(crate) fn size(path: &str) -> Request {
    Request::Size(path.as_bytes().to_vec())
}

impl Play {
    /// Greeted and logged in, with these FEAT lines.
    pub(crate) fn logged_in(&mut self, features: &str) {
        self.server("220 hello|");
        self.ask(login(None));
        self.server("230 come in|");
        self.server(&format!("211-Features|{features}211 End|"));
        assert_eq!(self.take().last().unwrap(), "done 230");
    }

    /// Logged in, and TYPE I is in force.
    pub(crate) fn in_type_i(&mut self) {
        self.logged_in("");
        self.ask(Request::Size(b"x".to_vec()));
        self.server("200 I|");
        self.server("213 1|");
        self.expect(&["> TYPE I|", "> SIZE x|", "done size 1"]);
    }

    /// The server names its port in answer to EPSV, and the connection comes to be.
    pub(crate) fn reached(&mut self, port: u16) {
        self.server(&format!("229 (!!!{port}!)|"));
        self.connected();
    }

    /// In TYPE I, this request is made and its data connection stands.
    pub(crate) fn begun(&mut self, request: Request) {
        self.in_type_i();
        self.ask(request);
        self.reached(1025);
    }

    /// A download of `f` whose bytes move.
    pub(crate) fn downloading(&mut self) {
        self.begun(retrieve(0));
        self.server("150 here|");
        self.expect(&["> EPSV|", "open 192.0.2.1:1025", "> RETR f|", "transfer Sink Raw"]);
    }

    /// Greeted by a server that bears a queue, with TYPE I in force and one file fetched.
    pub(crate) fn at_vsftpd(&mut self) {
        self.server("220 (vsFTPd 3.0.5)|");
        self.ask(retrieve(0));
        self.server("200 I|");
        self.server("229 (!!!1025!)|150 here|");
        self.connected();
        self.moved(1);
        self.server("226 done|");
        self.expect(&["> TYPE I|", "> EPSV|RETR f|", "open 192.0.2.1:1025", "transfer Sink Raw", "done moved 1 226"]);
    }

    /// Greeted as [`Self::at_vsftpd`], and a download of `f` whose bytes move.
    pub(crate) fn downloading_at_vsftpd(&mut self) {
        self.at_vsftpd();
        self.ask(retrieve(0));
        self.server("229 (!!!1026!)|150 here|");
        self.connected();
        self.expect(&["> EPSV|RETR f|", "open 192.0.2.1:1026", "transfer Sink Raw"]);
    }
}
