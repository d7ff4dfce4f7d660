//! Transcripts of a client: the server is the script, and the client is what is tested.
//!
//! The format is the one of the [front page](crate), seen from the other side: `S:` lines are sent, `C:` lines are patterns of
//! what the client must send, `D<` is sent to the client and `D>` must come from it. `S~` is sent without CRLF.
//! - `@set tls prefer|require|implicit`, `@set pipeline on`, `@set active on`, `@set active known`, `@set reply-timeout 60s` and `@set stall-timeout 60s` come first.
//! - `@client login ann secret [ACCOUNT]`, `pwd`, `cd`, `mkdir`, `ensure`, `rmdir`, `rm`, `size`, `resume-point`, `modified`, `rename FROM TO`,
//!   `list [PATH]`, `names [PATH]`, `get PATH [offset N]`, `put PATH "content" [offset N|resume N|append|unique]`, `facts PATH`, `digest PATH
//!   [SHA-256]`, `set-modified PATH TIME`, `set-mode PATH 644`, `available [PATH]`, `allocate N`, `status [PATH]`, `system`, `language [TAG]`,
//!   `host NAME`, `identify NAME VERSION`, `options COMMAND [OPTIONS]`, `quote LINE`, `noop`, `quit`, and `abort` are what the application
//!   asks for.
//! - Requests may be made before the one above is done; the `=>` lines follow in the same order. `=> PATTERN` is what came of one: `done 250`, `path /a`, `size 7`, `modified 20260102030405`, `entries a sub/`, `transferred 7
//!   "content"`, `facts type=file;… /a`, `digest MD5 …`, `names a b`, `refused 550`, `login refused 530`, `account needed 332`, `no data connection`, `timed out`, `aborted`,
//!   `disconnected`, ….
//! - `D: listen` has the server listen and sets `$port`, `$hostport`, and its last two numbers, `$high` and `$low`; `D: nobody` sets them to where nobody listens. `D: accept`
//!   takes the client's connection, `D: connect $hostport` opens one to the client. `D: cut`: the client ends it early.
//! - `S! closed`: the server closes the control connection. `C! closed`: the client has.
//! - `S! tls`: the server answers the handshake that the client has begun on the control connection, and `S! tls fails`: it breaks it off. `S! tls off`:
//!   it ends TLS there, as the client does. `D: tls`: it answers the one that the client has begun on the data connection; without this line the data is in the clear, which a client that has begun one does
//!   not bear. `D: truncate` ends the data without `close_notify`.
//!
//! In memory a handshake is a word, on sockets the server's side of it is rustls's. There the data connection also has to go on from the session of
//! the control connection.

pub mod adapter;
pub mod core;
pub mod loopback;
mod outcome;
pub(crate) mod parse;
pub mod runner;
mod tls;

use crate::backend::Received;
use crate::transcript::{Line, Pattern, Template};
use ftp_core::client::{ClientConfig, DataPreference, Request, TlsUse};
use std::net::SocketAddr;
use std::time::Duration;

/// One transcript of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Where it stands, for messages.
    pub file: String,
    /// The leading comment, without its `#`.
    pub heading: Vec<String>,
    /// What differs from the client's defaults.
    pub settings: Vec<Setting>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// Something that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The server sends these lines in one write.
    Send(Vec<Line<Template>>),
    /// Anything that is one line.
    Event(Line<Event>),
}

/// Something that is one line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The application asks for something.
    Ask(Ask),
    /// What came of it.
    Outcome(Pattern),
    /// The client sends this line.
    Expect(Pattern),
    /// The server closes the control connection.
    ServerCloses,
    /// The client has closed the control connection.
    ClientCloses,
    /// The server answers the client's handshake on the control connection; `false`: it breaks it off.
    Handshake(bool),
    /// The server ends TLS on the control connection, as the client has.
    EndTls,
    /// The server answers the client's handshake on the data connection.
    DataHandshake,
    /// The server listens for the data connection.
    Listen,
    /// The server names a port where nobody listens.
    Nobody,
    /// The server takes the client's data connection.
    Accept,
    /// The server opens the data connection to the client.
    Connect(Template),
    /// The server sends these bytes over the data connection.
    SendData(Vec<u8>),
    /// The client sends these bytes over the data connection, and closes it.
    ExpectData(Vec<u8>),
    /// The client sends these bytes over the data connection, which stays open.
    ExpectSome(Vec<u8>),
    /// The client has sent no more, and has not closed the data connection.
    StaysOpen,
    /// The client ends the data connection; what came over it does not matter.
    Cut,
    /// The server closes the data connection in good order.
    CloseData,
    /// The server breaks the data connection.
    ResetData,
    /// The server closes it, under TLS without `close_notify`.
    TruncateData,
    /// Time goes by.
    Advance(Duration),
}

/// What an application asks of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// This, with what is to be stored.
    Request(Request, Option<Vec<u8>>),
    /// To end what runs.
    Abort,
}

/// One `@set` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Commands go out together.
    Pipeline(Option<usize>),
    /// The server makes the data connections.
    Active,
    /// It is known that it can, and that this is faster.
    ActiveKnown,
    /// How long a reply may take.
    ReplyTimeout(Duration),
    /// How long a data connection may move nothing.
    StallTimeout(Duration),
    /// Bytes of an upload from one restart marker to the next.
    MarkerInterval(u64),
    /// What the client does about TLS.
    Tls(TlsUse),
}

impl Script {
    /// Changes a client's settings as the script wants them.
    pub fn configure(&self, config: &mut ClientConfig) {
        for setting in &self.settings {
            match *setting {
                Setting::Pipeline(depth) => (config.pipeline, config.depth) = (true, depth),
                Setting::Active => config.data = DataPreference::Active,
                Setting::ActiveKnown => config.learnt.active = true,
                Setting::ReplyTimeout(time) => config.reply_timeout = time,
                Setting::StallTimeout(time) => config.stall_timeout = time,
                Setting::MarkerInterval(bytes) => config.marker_interval = bytes,
                Setting::Tls(tls) => config.tls = tls,
            }
        }
    }

    /// What the client does about TLS.
    fn tls(&self) -> TlsUse {
        let uses = |setting: &Setting| if let Setting::Tls(tls) = setting { Some(*tls) } else { None };
        self.settings.iter().find_map(uses).unwrap_or_default()
    }

    /// Can it be played by the system's clock and with the settings that a client on threads has? That client makes requests only when the ones
    /// above are done, or at once with them.
    pub fn fits_real_time(&self) -> bool {
        let mut running = 0_usize;
        let mut at_once = false;
        let one_batch_at_a_time = self.steps.iter().all(|step| {
            let asks = matches!(step, Step::Event(Line { what: Event::Ask(Ask::Request(..)), .. }));
            let possible = !asks || running == 0 || at_once;
            running += usize::from(asks);
            running -= usize::from(matches!(step, Step::Event(Line { what: Event::Outcome(_), .. })));
            at_once = asks;
            possible
        });
        let usual = |setting: &Setting| {
            matches!(setting, Setting::Active | Setting::ActiveKnown | Setting::Pipeline(_) | Setting::Tls(_))
        };
        let advances = |step: &Step| matches!(step, Step::Event(Line { what: Event::Advance(_), .. }));
        self.settings.iter().all(usual) && one_batch_at_a_time && !self.steps.iter().any(advances)
    }
}

/// A client, a server's ends of its connections, and a clock that only [`Client::advance`] moves.
///
/// The calls return as soon as what they were asked for is there; one that waits in vain gives up by itself.
pub trait Client {
    /// Asks for something; `more`: the next call asks for something else, and nothing happens in between.
    fn ask(&mut self, ask: &Ask, more: bool);

    /// What came of it, as text; `None`: it goes on.
    fn outcome(&mut self) -> Option<String>;

    /// Lets time go by.
    fn advance(&mut self, by: Duration);

    /// Sends bytes to the client over the control connection.
    fn send(&mut self, bytes: &[u8]);

    /// The next bytes that the client sent over it.
    fn receive(&mut self) -> Received;

    /// Closes the server's end of it.
    fn close(&mut self);

    /// Has the server listen for a data connection; where.
    fn listen(&mut self) -> SocketAddr;

    /// A place where nobody listens.
    fn nobody(&mut self) -> SocketAddr;

    /// Takes the data connection that the client opens; `false` if it does not.
    fn accept(&mut self) -> bool;

    /// Opens the data connection to this port of the client; `false` if nobody is there.
    fn connect(&mut self, port: u16) -> bool;

    /// Sends bytes over the data connection. Those that the client does not want are lost.
    fn send_data(&mut self, bytes: &[u8]);

    /// The next bytes that the client sent over it.
    fn receive_data(&mut self) -> Received;

    /// Closes the server's end of it, in good order or by a reset.
    fn close_data(&mut self, reset: bool);

    /// Answers the handshake on the control connection, or breaks it off.
    ///
    /// # Errors
    /// What the client does instead of beginning one.
    fn shake_hands(&mut self, succeeds: bool) -> Result<(), &'static str>;

    /// Ends TLS on the control connection, and waits for the client to.
    ///
    /// # Errors
    /// What the client does instead.
    fn stop_tls(&mut self) -> Result<(), &'static str>;

    /// Answers the handshake on the data connection.
    ///
    /// # Errors
    /// What the client does instead.
    fn secure_data(&mut self) -> Result<(), &'static str>;

    /// Closes the server's end of it without `close_notify`.
    fn truncate_data(&mut self);
}
