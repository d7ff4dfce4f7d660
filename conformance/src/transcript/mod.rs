//! The transcript format: its types here, its reading in `parse`. The format itself is explained on the
//! [front page](crate); playing a transcript is the [runner](crate::runner)'s.

pub mod check;
mod parse;
mod pattern;
pub(crate) mod setup;
pub(crate) mod text;

pub use check::{Check, Level, Need};
pub use parse::ParseError;
pub use pattern::{Found, Pattern};
pub use setup::{Node, Setting, Setup, User};
pub use text::Template;

use std::time::Duration;

/// One transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// Where it stands, for messages.
    pub file: String,
    /// The leading comment, without its `#`: it begins with the RFC and section that the transcript is about.
    pub heading: Vec<String>,
    /// What makes it a case for any server, if it is one.
    pub check: Option<Check>,
    /// The world it is played in.
    pub setup: Setup,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// Something that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The client sends these lines in one write.
    Send(Vec<Line<Template>>),
    /// The server sends these lines.
    Expect(Vec<Line<Row>>),
    /// Anything that is one line.
    Event(Line<Event>),
    /// The server sends this over the data connection and then closes it, unless it leaves that open.
    ExpectData(Vec<Line<Data>>),
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<T> {
    /// Its number, from 1.
    pub number: usize,
    /// As it is written there.
    pub source: String,
    /// What it means.
    pub what: T,
}

/// What stands for one or more lines of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// One line.
    Pattern(Pattern),
    /// Any number of lines, all of which look like this: `...`.
    Lines(Pattern),
    /// A whole reply, of one line or of several, whose last line looks like this. In cases for any server only.
    Reply {
        /// Code and text.
        pattern: Pattern,
        /// It may as well not come.
        optional: bool,
    },
}

/// What the data connection brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// Exactly these bytes.
    Bytes(Vec<u8>),
    /// A line, or several, each ended by CRLF.
    Row(Row),
    /// What the setup put into this file.
    File(Vec<u8>),
    /// Nothing more yet: the server leaves the connection open.
    Open,
}

/// What a client says of itself in its handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The server that it asks for (SNI, RFC 6066 3).
    pub server_name: String,
    /// The certificate that it shows.
    pub certificate: Option<Shown>,
}

impl Default for Hello {
    fn default() -> Self {
        Self { server_name: "localhost".into(), certificate: None }
    }
}

/// A client's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Whose it is, by its common name.
    pub name: String,
    /// What it is worth.
    pub worth: Worth,
}

/// What a client's certificate is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worth {
    /// The server's authority has signed it.
    Good,
    /// The same, but it is no longer in force.
    Expired,
    /// Some other authority has.
    Foreign,
}

/// Something that is one line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The client closes the control connection.
    ClientCloses,
    /// The client sends the Telnet Synch (RFC 959 4.1.3 ABOR).
    Urgent,
    /// The client begins TLS on the control connection, which succeeds or does not.
    StartTls {
        /// What it says of itself.
        hello: Hello,
        /// It succeeds, as far as the client can tell.
        begins: bool,
    },
    /// The client ends TLS on the control connection, as the server has.
    StopTls,
    /// The server closes the control connection.
    ServerCloses,
    /// The client opens the data connection: to a port (`$port` of 229) or to six numbers (of 227).
    Connect(Template),
    /// The client finds nobody there.
    Refused(Template),
    /// The client listens for the data connection; sets `$hostport` for PORT and `$eprt` for EPRT.
    Listen,
    /// The server opens the data connection.
    Accept,
    /// The client sends these bytes over the data connection.
    SendData(Vec<u8>),
    /// The client begins TLS on the data connection, going on from the control connection's session or anew.
    SecureData {
        /// It goes on.
        resumed: bool,
    },
    /// The client closes the data connection in good order.
    CloseData,
    /// The client's data ends, but its TLS does not: somebody on the way cut it short.
    TruncateData,
    /// The client breaks the data connection.
    ResetData,
    /// The server ends the data connection early; whatever came before does not matter.
    Cut,
    /// Greeting, login and the way to the scratch directory, as the server wants them.
    Login,
    /// The client asks where to connect to, and opens the data connection there.
    Passive,
    /// Time goes by.
    Advance(Duration),
    /// The storage holds this file.
    ExpectFile(Vec<u8>, Vec<u8>),
    /// The storage holds this directory.
    ExpectDir(Vec<u8>),
    /// The storage holds nothing of this name.
    ExpectMissing(Vec<u8>),
}
