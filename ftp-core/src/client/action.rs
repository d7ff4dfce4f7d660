//! What an application asks of a [`ClientSession`](super::ClientSession) ([`Request`]), what the session asks of its host
//! ([`ClientAction`]), and what it tells the application ([`Event`]).

use crate::action::{DataPath, Marker, NetworkError, OpId, TlsError, TransferError};
use crate::codec::{Codec, Transmission};
use crate::digest::Algorithm;
use crate::listing::Entry;
use crate::reply::Reply;
use crate::secret::Secret;
use crate::time::WallTime;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;

/// One thing an application wants done. One request runs at a time; it ends with one [`Event::Done`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Log in: USER, PASS and ACCT as the server asks for them, then FEAT, and `OPTS UTF8 ON` where it is offered.
    Login {
        /// The user.
        user: Vec<u8>,
        /// The password.
        password: Secret,
        /// The account, should the server ask for one (332).
        account: Option<Secret>,
    },
    /// The working directory (PWD). Gives [`Outcome::Path`].
    WorkingDirectory,
    /// CWD.
    ChangeDirectory(Vec<u8>),
    /// MKD. Gives [`Outcome::Path`].
    MakeDirectory(Vec<u8>),
    /// A directory that is to be there: MKD, and where that is refused a look whether it is there already, for the reply to that differs from
    /// server to server. Gives [`Outcome::Path`].
    EnsureDirectory(Vec<u8>),
    /// RMD.
    RemoveDirectory(Vec<u8>),
    /// DELE.
    RemoveFile(Vec<u8>),
    /// RNFR and RNTO.
    Rename {
        /// The present name.
        from: Vec<u8>,
        /// The name to be.
        to: Vec<u8>,
    },
    /// SIZE, in TYPE I. Gives [`Outcome::Size`].
    Size(Vec<u8>),
    /// How much of an upload the server holds, to go on with it: SIZE, in TYPE I; none of a file that is not there. Gives
    /// [`Outcome::Size`].
    ResumePoint(Vec<u8>),
    /// MDTM. Gives [`Outcome::Modified`].
    Modified(Vec<u8>),
    /// What the server tells about one file: MLST, or SIZE and MDTM where it has none. Gives [`Outcome::Facts`].
    Facts(Vec<u8>),
    /// The digest of a file as it stands on the server (HASH, or an X command where FEAT has only those): of this algorithm, or of the best
    /// that FEAT offers. Gives [`Outcome::Digest`].
    Digest {
        /// The file.
        path: Vec<u8>,
        /// Which digest.
        algorithm: Option<Algorithm>,
    },
    /// Sets the time of a file's last change (MFMT; MDTM with a time where the server has only that).
    SetModified {
        /// The file.
        path: Vec<u8>,
        /// The time; whole seconds of the years 1000 to 9999.
        time: WallTime,
    },
    /// SITE CHMOD.
    SetMode {
        /// The file.
        path: Vec<u8>,
        /// The permission bits, at most `0o7777`.
        mode: u32,
    },
    /// The bytes that may still be stored (AVBL). Gives [`Outcome::Size`].
    Available(Option<Vec<u8>>),
    /// ALLO: room for so many bytes.
    Allocate(u64),
    /// The names in a directory (NLST), nothing else being told of them. Its bytes come in as those of [`Request::List`] do. Gives
    /// [`Outcome::Names`].
    Names(Option<Vec<u8>>),
    /// A directory's entries over the control connection (STAT with a path, RFC 959 4.1.3). Gives [`Outcome::Entries`].
    ListByStatus(Vec<u8>),
    /// STAT: what the server says of itself and of the session.
    Status,
    /// SYST.
    System,
    /// LANG (RFC 2640 4.1): the language of the replies; `None` for the server's own.
    Language(Option<Vec<u8>>),
    /// HOST (RFC 7151), before the login.
    Host(Vec<u8>),
    /// Says who the client is: CSID where FEAT has it, CLNT otherwise.
    Identify {
        /// The client's name.
        name: Vec<u8>,
        /// Its version.
        version: Vec<u8>,
    },
    /// OPTS (RFC 2389 4).
    Options {
        /// The command whose options they are.
        command: Vec<u8>,
        /// The options.
        options: Option<Vec<u8>>,
    },
    /// A directory's entries: MLSD where the server has it, LIST otherwise. The listing's bytes come in through
    /// [`ClientSession::listing`](super::ClientSession::listing). Gives [`Outcome::Entries`].
    List(Option<Vec<u8>>),
    /// RETR from `offset` on (REST). Gives [`Outcome::Transferred`].
    Retrieve {
        /// The file.
        path: Vec<u8>,
        /// Bytes to skip.
        offset: u64,
        /// TYPE, STRU and MODE.
        codec: Codec,
    },
    /// STOR, APPE or STOU. Gives [`Outcome::Transferred`].
    Store {
        /// The file; ignored by STOU where empty.
        path: Vec<u8>,
        /// Which command.
        how: Upload,
        /// TYPE, STRU and MODE.
        codec: Codec,
    },
    /// A command as typed (QUOTE, RFC 1123 4.1.5.2), sent as it is; it must not open a data connection. CCC and REIN end TLS on the control connection
    /// (RFC 4217 5, 13), PROT changes that of data connections; what would leave the session with a wrong idea of its TLS, or undo
    /// that it is required, is [`ClientError::Reserved`]. Gives [`Outcome::Reply`].
    Quote(Vec<u8>),
    /// NOOP.
    Noop,
    /// QUIT.
    Quit,
}

/// How a file is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upload {
    /// STOR.
    Replace,
    /// REST and STOR. Some servers fill with zeros what comes before.
    ResumeAt(u64),
    /// What follows the bytes that the server holds, of which there are so many ([`Request::ResumePoint`]): APPE, or REST and STOR where the
    /// server has no APPE.
    Resume(u64),
    /// APPE.
    Append,
    /// STOU.
    Unique,
}

/// Something the client's host has to do.
#[derive(Debug)]
pub enum ClientAction {
    /// Listen for an active data connection from the control connection's peer. Answer:
    /// [`ClientCompletion::Listening`].
    Listen {
        /// The operation to complete.
        op: OpId,
    },
    /// Make the data connection: connect to the server, or wait for the server to connect to the listener. Answer:
    /// [`ClientCompletion::Connected`].
    Open {
        /// The operation to complete.
        op: OpId,
        /// Which way. The peer's address is already checked and repaired.
        data: DataPath,
        /// It is to be under TLS, with this side its client (RFC 4217 7), and to resume the control connection's session.
        private: bool,
    },
    /// Move the bytes between the data connection and the application (a file) or the session (a listing). Answer:
    /// [`ClientCompletion::Transferred`].
    Transfer {
        /// The operation to complete: the one of `Open`.
        op: OpId,
        /// What the other end is.
        end: LocalEnd,
        /// What happens to the bytes on their way. As for a server's transfer, the data connection is kept where that is
        /// of a mode that lets it be.
        transmission: Transmission,
    },
    /// Say how far the transfer is. Answer: [`ClientCompletion::Progress`].
    Progress {
        /// The transfer in question.
        op: OpId,
    },
    /// Close the data connection, the listener or both, whatever state they are in. A transfer that ran is answered with
    /// [`TransferError::Cancelled`] or with the success that was already on its way.
    Cancel {
        /// The operation in question.
        op: OpId,
    },
    /// Begin TLS on the control connection, as its client; whatever came in and was not taken belongs to the handshake. Answer:
    /// [`ClientCompletion::TlsStarted`].
    StartTls {
        /// The operation to complete.
        op: OpId,
        /// One ticket has to do for any number of data connections, as those of TLS 1.2 do: see
        /// [`Learnt::few_tickets`](super::Learnt::few_tickets).
        lasting: bool,
    },
    /// End TLS on the control connection: what is written from here on is in the clear, and so is what comes once the server has ended it too.
    StopTls,
    /// Tell the application.
    Notify(Event),
    /// Close the control connection.
    Close,
}

/// Where the bytes of a client's transfer come from or go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalEnd {
    /// Into what the application gave for them.
    Sink,
    /// From what the application gave for them.
    Source,
    /// Into [`ClientSession::listing`](super::ClientSession::listing).
    Listing,
}

/// An answer of the client's host.
#[derive(Debug)]
pub enum ClientCompletion {
    /// To [`ClientAction::Listen`].
    Listening(Result<SocketAddr, NetworkError>),
    /// To [`ClientAction::StartTls`].
    TlsStarted(Result<(), TlsError>),
    /// To [`ClientAction::Open`].
    Connected(Result<(), NetworkError>),
    /// To [`ClientAction::Progress`].
    Progress(u64),
    /// To [`ClientAction::Transfer`], any number of times before its end: a restart marker came, and what came before it is
    /// in the sink.
    Marker(Marker),
    /// To [`ClientAction::Transfer`].
    Transferred(Result<u64, TransferError>),
}

/// What an application learns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A command went out; passwords are masked. For the conversation that a user may see.
    Sent(String),
    /// A reply came in.
    Received(Reply),
    /// The request is over.
    Done(Result<Outcome, ClientError>),
    /// The server closed the control connection, or it broke, or a 421 announced its end. Nothing more can be asked.
    Disconnected,
}

/// What a request gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done; the final reply.
    Reply(Reply),
    /// A path.
    Path(Vec<u8>),
    /// A size in bytes.
    Size(u64),
    /// A time.
    Modified(WallTime),
    /// What is known of one file. Its name is the path that was asked for.
    Facts(Entry),
    /// A digest.
    Digest {
        /// How it was made.
        algorithm: Algorithm,
        /// The digest.
        digest: Vec<u8>,
    },
    /// A listing. No name in it is a path or leads out of the directory: such entries are left out.
    Entries(Vec<Entry>),
    /// The names of a listing, of which the same is true.
    Names(Vec<Vec<u8>>),
    /// Bytes moved over the data connection, and the final reply.
    Transferred {
        /// Bytes moved over the data connection.
        bytes: u64,
        /// The final reply; its text may name the file that STOU chose.
        reply: Reply,
    },
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientError {
    /// The server said no, with this reply.
    Refused(Reply),
    /// The server refused the login.
    LoginRefused(Reply),
    /// The server wants an account (332) and none was given.
    AccountNeeded(Reply),
    /// The server has no TLS, or not for data connections, and it was required: its reply.
    TlsRefused(Reply),
    /// The TLS handshake failed; the host knows why. The connection is closed.
    TlsFailed,
    /// No data connection came to be, by any way that was tried.
    NoDataConnection,
    /// The data connection broke, or the local end failed: so many bytes had moved.
    Transfer(TransferError),
    /// The listing was larger than the session keeps.
    ListingTooLarge,
    /// The server broke the protocol: what was expected.
    Protocol(&'static str),
    /// The argument cannot be sent: it holds CR, LF or NUL where that would end the command.
    BadArgument,
    /// The command may not be given by hand, and was not sent: why.
    Reserved(&'static str),
    /// No reply, or no byte of data, came in time.
    TimedOut,
    /// The request was aborted as asked.
    Aborted,
    /// The control connection is closed.
    Disconnected,
}
