//! [`Job`]: work of a session that blocks or computes for long: a TLS handshake, a password, a call on the file system, a
//! step of a transfer. The session hands it out; the adapter runs it where it sees fit and brings the [`Finished`] work back.

use crate::accounts::Account;
use crate::channel::Channel;
use crate::chore::Chore;
use crate::gate::{Called, Gate, Ready};
use crate::host::Host;
use crate::pump::{Pump, Step};
use crate::tls::ClientCertificate;
use ftp_core::action::{Credentials, LoginError, OpId, StorageAnswer, StorageCall, StorageError, Work};
use ftp_core::codec::Codec;
use std::fmt;
use std::io;
use std::sync::Arc;

/// Something to run away from the session. Run it once, on any thread.
pub struct Job {
    pub(crate) op: OpId,
    pub(crate) task: Task,
}

pub(crate) enum Task {
    /// Of the control connection. A data connection's is part of its transfer.
    Handshake {
        channel: Box<Channel>,
    },
    Login {
        host: Arc<Host>,
        credentials: Credentials,
    },
    /// A user, by the certificate of the control connection.
    Recognise {
        server: Arc<Host>,
        host: Option<String>,
        user: Vec<u8>,
        certificate: Arc<ClientCertificate>,
    },
    Storage {
        gate: Arc<Gate>,
        call: StorageCall,
    },
    /// The next step of a call that takes long.
    Chore {
        chore: Box<dyn Chore>,
    },
    Open {
        gate: Arc<Gate>,
        work: Work,
        codec: Codec,
    },
    Move {
        pump: Box<Pump>,
    },
}

/// What came of a [`Job`].
pub struct Finished {
    pub(crate) op: OpId,
    pub(crate) outcome: Outcome,
}

pub(crate) enum Outcome {
    /// As far as it went.
    Handshake(Box<Channel>, io::Result<()>),
    Login(Result<Account, LoginError>),
    Storage(Result<StorageAnswer, StorageError>),
    /// The call is not done.
    Chore(Box<dyn Chore>),
    Open(Result<Ready, StorageError>),
    Moved(Box<Pump>, Step),
}

impl Job {
    /// Is it a login? Those are slow on purpose, and work rather than wait.
    pub const fn is_login(&self) -> bool {
        matches!(self.task, Task::Login { .. })
    }

    /// Runs it; this may take its time.
    pub fn run(self) -> Finished {
        let outcome = match self.task {
            Task::Handshake { mut channel } => {
                let result = channel.handshake();
                Outcome::Handshake(channel, result)
            }
            Task::Login { host, credentials } => Outcome::Login(host.accounts.verify(&credentials)),
            Task::Recognise { server, host, user, certificate } => {
                Outcome::Login(server.accounts.recognise(host.as_deref(), &user, &certificate))
            }
            Task::Storage { gate, call } => match gate.begin(&call) {
                Ok(Called::Answer(answer)) => Outcome::Storage(Ok(answer)),
                Ok(Called::Chore(chore)) => Outcome::step(chore),
                Err(error) => Outcome::Storage(Err(error)),
            },
            Task::Chore { chore } => Outcome::step(chore),
            Task::Open { gate, work, codec } => Outcome::Open(gate.open(&work, codec)),
            Task::Move { mut pump } => {
                let step = pump.step(Pump::BUDGET);
                Outcome::Moved(pump, step)
            }
        };
        Finished { op: self.op, outcome }
    }
}

impl Outcome {
    fn step(mut chore: Box<dyn Chore>) -> Self {
        match chore.step() {
            Ok(Some(answer)) => Self::Storage(Ok(answer)),
            Ok(None) => Self::Chore(chore),
            Err(error) => Self::Storage(Err(error)),
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("op", &self.op).finish_non_exhaustive()
    }
}

impl fmt::Debug for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finished").field("op", &self.op).finish_non_exhaustive()
    }
}
