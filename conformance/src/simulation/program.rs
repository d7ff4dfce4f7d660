//! [`Program`]: what one simulated session is made of: who talks, what is said, what goes wrong.

use ftp_core::action::StorageError;
use ftp_core::client::{Request, TlsUse};
use ftp_core::codec::Level;
use ftp_core::server::TlsPolicy;
use ftp_host::storage::MemoryCall;
use std::time::Duration;

/// One simulated session. It is written and read as text: see `text.rs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Where its chance comes from: how bytes are cut, what happens first, how long things take.
    pub seed: u64,
    /// What may go wrong.
    pub sky: Sky,
    /// A `ClientSession` speaks; otherwise the lines are sent as they are.
    pub client: bool,
    /// The client sends commands in pairs.
    pub pipeline: bool,
    /// The server makes the data connections.
    pub active: bool,
    /// The server knows MODE Z, and tries so hard.
    pub deflate: Option<Level>,
    /// What the client does about TLS; with [`TlsUse::Implicit`], the server too.
    pub tls_use: TlsUse,
    /// What the server demands.
    pub tls_policy: TlsPolicy,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

/// How much goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sky {
    /// Nothing, and everything happens at once.
    Clear,
    /// Nothing, but things take their time.
    Slow,
    /// Connections break and stall, ports cannot be reached, storage fails.
    Storm,
}

/// One thing that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The client's application asks for this.
    Ask {
        /// What.
        request: Request,
        /// What is stored.
        content: Vec<u8>,
        /// It gives up after so many rounds.
        patience: Option<u32>,
        /// The next request is made at once with it.
        together: bool,
    },
    /// The peer sends these bytes; `$p` stands for its listener in the form of PORT, `$e` in that of EPRT, `$l` in that of LPRT.
    Say(Vec<u8>),
    /// The peer waits until nothing more happens.
    Pause,
    /// The peer treats data connections like this from now on.
    Data(Manner),
    /// The peer stops reading the control connection, or reads again.
    Deaf(bool),
    /// The peer sends Telnet IP and the Synch.
    Urgent,
    /// The peer begins TLS on the control connection, and has it on data connections from now on.
    Secure,
    /// The peer closes its direction of the control connection.
    HalfClose,
    /// So much time goes by.
    Wait(Duration),
    /// A call on the storage fails from now on.
    Fail(MemoryCall, StorageError),
    /// Storage works again.
    Heal,
}

/// How a peer that keeps to no rules treats its data connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It reads until the end.
    Read,
    /// It sends so many bytes, and closes.
    Send(usize),
    /// It sends so many bytes, and breaks the connection.
    Break(usize),
    /// It does nothing with it.
    Sleep,
    /// It never opens one.
    Never,
}

/// The skies, by name.
pub(super) const SKIES: [(&str, Sky); 3] = [("clear", Sky::Clear), ("slow", Sky::Slow), ("storm", Sky::Storm)];

/// What a client does about TLS, by name.
pub(super) const USES: [(&str, TlsUse); 3] =
    [("tls-prefer", TlsUse::Prefer), ("tls-require", TlsUse::Require), ("tls-implicit", TlsUse::Implicit)];

/// What a server demands, by name.
pub(super) const POLICIES: [(&str, TlsPolicy); 3] = [
    ("offers", TlsPolicy::Offer),
    ("login-private", TlsPolicy::RequireLogin),
    ("data-private", TlsPolicy::RequireData),
];

/// The errors of a storage, by name.
pub(super) const CALL_ERRORS: [(&str, StorageError); 13] = [
    ("not-found", StorageError::NotFound),
    ("exists", StorageError::Exists),
    ("denied", StorageError::Denied),
    ("not-a-directory", StorageError::NotADirectory),
    ("is-a-directory", StorageError::IsADirectory),
    ("not-empty", StorageError::NotEmpty),
    ("no-space", StorageError::NoSpace),
    ("over-quota", StorageError::OverQuota),
    ("name", StorageError::NameNotAllowed),
    ("busy", StorageError::Busy),
    ("bad-offset", StorageError::BadOffset),
    ("unsupported", StorageError::Unsupported),
    ("local", StorageError::Local),
];

impl Program {
    /// One that does nothing, under a clear sky.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            sky: Sky::Clear,
            client: false,
            pipeline: false,
            active: false,
            deflate: Some(Level::default()),
            tls_use: TlsUse::Off,
            tls_policy: TlsPolicy::Off,
            steps: Vec::new(),
        }
    }
}
