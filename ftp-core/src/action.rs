//! What a [`ServerSession`](crate::server::ServerSession) asks of its host ([`Action`]) and what the host answers
//! ([`Completion`]).
//!
//! The session never waits and never touches a file, a socket or an account: it names what it wants, gives it an
//! [`OpId`], and goes on when [`complete`](crate::server::ServerSession::complete) brings the answer.

use crate::codec::{Codec, Fault, Transmission};
use crate::command::Changes;
use crate::digest::Algorithm;
use crate::listing::{Entry, ListOptions};
use crate::path::VirtualPath;
use crate::permission::Permissions;
use crate::secret::Secret;
use crate::time::WallTime;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;

/// Names one pending operation of one session. A completion for an operation that is over is ignored, so a host may
/// answer late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OpId(pub(crate) u32);

/// Something the host has to do.
#[derive(Debug)]
pub enum Action {
    /// Check who this is. Answer: [`Completion::Login`].
    Login {
        /// The operation to complete.
        op: OpId,
        /// Name, password, and account (RFC 959 4.1.1) where one was given.
        credentials: Credentials,
    },
    /// Say whether a user has shown who he is by the certificate of his TLS handshake ([`Handshake::certified`]). Answer:
    /// [`Completion::Login`]; [`LoginError::Refused`] says that a password is wanted.
    Recognise {
        /// The operation to complete.
        op: OpId,
        /// The virtual host that was chosen, as in [`Credentials`].
        host: Option<String>,
        /// The argument of USER.
        user: Vec<u8>,
    },
    /// The user is no longer logged in (REIN): forget the account.
    Logout,
    /// Do something to the file system. Answer: [`Completion::Storage`].
    Storage {
        /// The operation to complete.
        op: OpId,
        /// What to do.
        call: StorageCall,
    },
    /// Listen for the data connection, on the address that the control connection came in on, for its peer's address
    /// alone, or for anybody's where the account has [`Permissions::FXP`]. It replaces an earlier listener. Answer: [`Completion::Listening`].
    Listen {
        /// The operation to complete.
        op: OpId,
    },
    /// Move a file or a listing over the data connection. Answers: [`Completion::Opened`] as soon as the file is open
    /// (or, if it cannot be, [`Completion::Transferred`] at once), then [`Completion::Transferred`].
    Transfer {
        /// The operation to complete.
        op: OpId,
        /// What moves, and how.
        transfer: Transfer,
    },
    /// Say how far the transfer is. Answer: [`Completion::Progress`], which does not end the operation.
    Progress {
        /// The transfer in question.
        op: OpId,
    },
    /// End this transfer now and close its data connection. Answer: [`Completion::Transferred`] with
    /// [`TransferError::Cancelled`], or with the success that was already on its way.
    Cancel {
        /// The transfer in question.
        op: OpId,
    },
    /// Begin TLS on the control connection, as its server (RFC 4217 7): everything written has left, and whatever came in
    /// and was not taken belongs to the handshake. Answer: [`Completion::TlsStarted`].
    StartTls {
        /// The operation to complete.
        op: OpId,
    },
    /// End TLS on the control connection: what is written from here on leaves in the clear (RFC 4217 5, 13).
    StopTls,
    /// Close the listener and any data connection that no transfer uses.
    CloseData,
    /// No more will be written and everything written has left: tell the peer so (a TCP half-close), and go on reading. A
    /// full close with unread bytes waiting would reset the connection and destroy the last reply on its way.
    EndOutput,
    /// Close the control connection. It is the last action of a session.
    Close,
}

/// What a user offered at login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The virtual host that HOST chose (RFC 7151), by the name it has in the settings.
    pub host: Option<String>,
    /// The argument of USER.
    pub user: Vec<u8>,
    /// The argument of PASS.
    pub password: Secret,
    /// The argument of ACCT, if one was given.
    pub account: Option<Secret>,
}

/// An answer of the host.
#[derive(Debug)]
pub enum Completion {
    /// To [`Action::Login`] and to [`Action::Recognise`].
    Login(Result<(), LoginError>),
    /// To [`Action::Storage`].
    Storage(Result<StorageAnswer, StorageError>),
    /// To [`Action::Listen`]: the address and port the listener has.
    Listening(Result<SocketAddr, NetworkError>),
    /// To [`Action::Transfer`], first: what is to move is open.
    Opened(Opened),
    /// To [`Action::Transfer`], next: the data connection stands. Not needed where [`Opened::connected`] said so.
    Connected,
    /// To [`Action::StartTls`].
    TlsStarted(Result<Handshake, TlsError>),
    /// To [`Action::Progress`]: the bytes moved over the data connection so far.
    Progress(u64),
    /// To [`Action::Transfer`], any number of times before its end: a restart marker came, and what came before it is in
    /// storage.
    Marker(Marker),
    /// To [`Action::Transfer`], last: the bytes moved over the data connection, or why not all of them were.
    Transferred(Result<u64, TransferError>),
}

/// A place in a file that both sides have a name for (RFC 959 3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// The sender's name for it: printable characters.
    pub sender: Vec<u8>,
    /// The receiver's: so many bytes of the file are in storage.
    pub offset: u64,
}

/// What a client's handshake on the control connection told about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handshake {
    /// The name of the server that it asked for (SNI, RFC 6066 3).
    pub server_name: Option<String>,
    /// It has shown a certificate, and that it has the key to it.
    pub certified: bool,
}

/// A handshake on the control connection failed; the host's log knows more. The connection is of no more use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsError;

/// What protects a data connection (RFC 4217 9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protection {
    /// PROT C: nothing.
    #[default]
    Clear,
    /// PROT P: TLS.
    Private(Resumption),
}

/// Whether the TLS of a data connection has to go on from that of the control connection (RFC 4217 10.2). It is what ties
/// the two together: without it, whoever reaches the data port first has the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resumption {
    /// It has to.
    #[default]
    Require,
    /// It may.
    Prefer,
    /// It cannot.
    Off,
}

/// What is known when a transfer's file is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// The bytes that will be sent, where that is known: shown in the 150 reply.
    pub size: Option<u64>,
    /// The data connection already stands: 125 rather than 150 (RFC 959 4.2).
    pub connected: bool,
    /// The name that STOU chose.
    pub unique: Option<VirtualPath>,
}

/// A call on the file system that needs no data connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageCall {
    /// May the user work in this directory? Answer: [`StorageAnswer::Done`].
    Enter(VirtualPath),
    /// The facts of one file or directory. Answer: [`StorageAnswer::Entry`].
    Entry(VirtualPath),
    /// The size of a file as a transfer of it would move it (RFC 3659 4). Answer: [`StorageAnswer::Size`].
    Size(VirtualPath, Codec),
    /// The entries of a directory (or the one entry of a file), for STAT. Answer: [`StorageAnswer::Entries`].
    Entries(VirtualPath, ListOptions),
    /// Make a directory. Answer: [`StorageAnswer::Done`].
    MakeDir(VirtualPath),
    /// Remove an empty directory. Answer: [`StorageAnswer::Done`].
    RemoveDir(VirtualPath),
    /// Remove a file. Answer: [`StorageAnswer::Done`].
    RemoveFile(VirtualPath),
    /// Could this be renamed? Answer: [`StorageAnswer::Done`].
    RenameFrom(VirtualPath),
    /// Rename. An existing file of the new name is replaced only where the account may overwrite.
    /// Answer: [`StorageAnswer::Done`].
    Rename {
        /// The present name.
        from: VirtualPath,
        /// The name to be.
        to: VirtualPath,
    },
    /// Is there space, and quota, for this many bytes more in this directory? Answer: [`StorageAnswer::Done`].
    Allocate(VirtualPath, u64),
    /// How many bytes can still be stored in this directory? Answer: [`StorageAnswer::Size`].
    Space(VirtualPath),
    /// Change facts. Answer: [`StorageAnswer::Changed`].
    Change(VirtualPath, Changes),
    /// Make a symbolic link. Answer: [`StorageAnswer::Done`].
    Link {
        /// Where it leads.
        target: VirtualPath,
        /// Its name.
        link: VirtualPath,
    },
    /// Could this file be copied? Answer: [`StorageAnswer::Done`].
    CopyFrom(VirtualPath),
    /// Copy a file. An existing file of the new name is replaced only where the account may overwrite. It may take long.
    /// Answer: [`StorageAnswer::Done`].
    Copy {
        /// The file.
        from: VirtualPath,
        /// The name of its copy.
        to: VirtualPath,
    },
    /// Add these files to the end of another, in their order, and then remove them. It may take long.
    /// Answer: [`StorageAnswer::Done`].
    Combine {
        /// What they become; made if it is missing.
        target: VirtualPath,
        /// Its parts.
        sources: Vec<VirtualPath>,
    },
    /// The digest of a file's bytes, from `start` to before `end` or the file's end, whichever comes first. It may take long.
    /// Answer: [`StorageAnswer::Digest`].
    Digest {
        /// The file.
        path: VirtualPath,
        /// Which digest.
        algorithm: Algorithm,
        /// The first octet.
        start: u64,
        /// The octet before which to end.
        end: Option<u64>,
    },
    /// May data connections go to this address, which is not the peer's? Answer: [`StorageAnswer::Done`].
    ThirdParty(SocketAddr),
}

impl StorageCall {
    /// The rights an account needs for this call.
    pub const fn needs(&self) -> Permissions {
        match self {
            Self::Enter(_) => Permissions::NONE,
            Self::Entry(_) | Self::Size(..) | Self::Entries(..) | Self::Space(_) => Permissions::LIST,
            Self::MakeDir(_) => Permissions::MAKE_DIR,
            Self::RemoveDir(_) => Permissions::REMOVE_DIR,
            Self::RemoveFile(_) => Permissions::DELETE,
            Self::RenameFrom(_) | Self::Rename { .. } => Permissions::RENAME,
            Self::Allocate(..) => Permissions::CREATE,
            Self::Change(..) => Permissions::MODIFY,
            Self::Link { .. } => Permissions::LINK,
            // Whoever knows a digest knows whether he has guessed the content.
            Self::CopyFrom(_) | Self::Digest { .. } => Permissions::READ,
            Self::Copy { .. } => Permissions::READ.and(Permissions::CREATE),
            Self::Combine { .. } => Permissions::READ.and(Permissions::APPEND).and(Permissions::DELETE),
            Self::ThirdParty(_) => Permissions::FXP,
        }
    }
}

/// What a [`StorageCall`] gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageAnswer {
    /// It is done, or may be.
    Done,
    /// The facts asked for.
    Entry(Entry),
    /// A size in bytes.
    Size(u64),
    /// The facts that were changed, with the values that they have now.
    Changed(Changes),
    /// A digest, and the octets that it covers.
    Digest {
        /// Its bytes, as its definition orders them.
        digest: Vec<u8>,
        /// The first octet.
        start: u64,
        /// The octet after the last.
        end: u64,
    },
    /// The entries asked for, in listing order, and whether there were more than a reply should hold.
    Entries {
        /// They are those of a directory, not one file that was named.
        directory: bool,
        /// At most a few hundred.
        entries: Vec<Entry>,
        /// Some were left out.
        truncated: bool,
        /// The present time, which the form of a date depends on.
        now: WallTime,
    },
}

/// A transfer over the data connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// What moves.
    pub work: Work,
    /// How the data connection comes to be.
    pub data: DataPath,
    /// What happens to the bytes on their way. Where its codec [keeps the connection](crate::codec::Codec::keeps_connection),
    /// the host does so after a success, for a [`DataPath::Kept`].
    pub transmission: Transmission,
    /// What protects the data connection.
    pub protection: Protection,
}

/// What a transfer moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// RETR: the file from `offset` on.
    Retrieve {
        /// The file.
        path: VirtualPath,
        /// Bytes of the file to skip (RFC 3659 5).
        offset: u64,
        /// Bytes of the file to send from there on; all of them where it is `None` (RANG).
        length: Option<u64>,
    },
    /// STOR, STOU, APPE: into this file.
    Store {
        /// The file; for [`StoreMode::Unique`] the directory or the name wished for.
        path: VirtualPath,
        /// What becomes of what is there.
        mode: StoreMode,
        /// The size that ALLO announced: a transfer that brings less is broken, more is over its allocation (552).
        announced: Option<u64>,
        /// The peer asks for digests of this kind: whoever computes it while the bytes come in does not read them again.
        digest: Option<Algorithm>,
    },
    /// LIST, NLST, MLSD: the directory, in this form.
    List {
        /// The directory or file; its last component may be a pattern where `options.glob` is set.
        path: VirtualPath,
        /// Which entries, in which form.
        options: ListOptions,
        /// NLST: the path as the client wrote it, empty if it wrote none. Each name is to stand behind it, so that it can be
        /// given to RETR as it is (RFC 1123 4.1.2.7).
        asked: Vec<u8>,
    },
}

impl Work {
    /// The rights an account needs for this transfer, before it is known whether a file of the name exists; replacing
    /// one needs [`Permissions::OVERWRITE`] too.
    pub const fn needs(&self) -> Permissions {
        match self {
            Self::Retrieve { .. } => Permissions::READ,
            Self::Store { mode: StoreMode::Append, .. } => Permissions::APPEND,
            Self::Store { .. } => Permissions::CREATE,
            Self::List { .. } => Permissions::LIST,
        }
    }
}

/// What becomes of a file that is there when one is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreMode {
    /// STOR: the new content takes its place once it is whole.
    Replace,
    /// REST then STOR: the first so many bytes stay, what comes follows them (RFC 3659 5).
    ResumeAt(u64),
    /// APPE: what comes is added at its end.
    Append,
    /// STOU: no file of that name may exist; the host chooses one and says which in [`Opened::unique`].
    Unique,
}

/// How the data connection comes to be (RFC 959 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataPath {
    /// Accept it on the listener of the last [`Action::Listen`].
    Accept,
    /// Connect to the address the peer named.
    Connect(SocketAddr),
    /// Use the one of the last transfer, which ended in a mode that keeps it open (RFC 959 3.3).
    Kept,
}

/// Why a login failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginError {
    /// Unknown user or wrong password; nobody outside learns which (RFC 2577 6).
    Refused,
    /// The password is right, an account is needed too: 332 (RFC 959 4.1.1).
    AccountNeeded,
    /// Not now: too many sessions, or the accounts cannot be read.
    Unavailable,
}

/// Why a storage call failed, as far as the peer may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StorageError {
    /// There is no such file or directory.
    NotFound,
    /// Something of that name is there already.
    Exists,
    /// The account may not, or the file system refuses.
    Denied,
    /// A directory was needed.
    NotADirectory,
    /// A file was needed.
    IsADirectory,
    /// The directory holds something.
    NotEmpty,
    /// The medium is full.
    NoSpace,
    /// The account's or the announced size is exceeded.
    OverQuota,
    /// The file system cannot hold such a name.
    NameNotAllowed,
    /// Someone else is using it.
    Busy,
    /// The restart offset lies beyond the end.
    BadOffset,
    /// This storage cannot do that.
    Unsupported,
    /// The machine, or the host's process, has nothing left to open it with: descriptors, memory. Later it may have.
    Exhausted,
    /// Something in the machine failed; the host's log knows more.
    Local,
}

/// Why a listener or data connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NetworkError {
    /// No port of the passive range is free, or the system has no more sockets.
    Exhausted,
    /// Nobody listens where the peer said, or the way there is barred.
    Unreachable,
    /// Anything else; the host's log knows more.
    Local,
}

/// Why a transfer did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransferError {
    /// No data connection came to be: 425.
    NoConnection,
    /// The data connection broke: 426.
    Broken,
    /// The TLS handshake of the data connection failed: 522 (RFC 4217 10.2).
    HandshakeFailed,
    /// Its TLS did not go on from the control connection's session: 522.
    NotResumed,
    /// Under TLS the data ended without its `close_notify`: whoever cut it off was not the peer. 426, and nothing is
    /// published.
    Truncated,
    /// The session cancelled it.
    Cancelled,
    /// The data ended before the announced size, or before the end that its own form shows: 426, and nothing is published.
    Incomplete,
    /// The bytes are not what the codec expects.
    BadData,
    /// Reading or writing the file failed; before [`Completion::Opened`]: opening it.
    Storage(StorageError),
}

impl From<Fault> for TransferError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Malformed => Self::BadData,
            Fault::Incomplete => Self::Incomplete,
        }
    }
}
