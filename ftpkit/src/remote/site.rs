//! [`Site`]: a server, and all that it takes to log in there once more: what several connections to it have in common.

use super::kept::Kept;
use super::learnt::Memory;
use super::login;
use super::refusal;
use super::session::Session;
use super::url::FtpUrl;
use crate::cli::{ConnectOptions, TransferOptions};
use crate::console::Console;
use crate::conversation::Ear;
use crate::exit::Exit;
use crate::failure::{Failure, Nature};
use crate::interrupt::Interrupt;
use crate::runtime::Runtime;
use crate::tls::ClientTls;
use crate::transfer::Limit;
use ftp_core::client::{ClientError, Event, Learnt, Request};
use ftp_host::client::ClientOptions;
use std::sync::Arc;
use std::time::Duration;

/// The wait before the second attempt; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest wait between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How long a trial takes at most for each step.
const TRIAL: Duration = Duration::from_secs(3);

/// How many commands go out before the replies to those before them are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pipeline {
    /// As many as the server is known to bear.
    Auto,
    /// One.
    Off,
    /// Those of so many files.
    Depth(usize),
}

/// Where to log in, and as whom.
#[derive(Clone)]
pub(crate) struct Site {
    url: FtpUrl,
    login: Request,
    options: ClientOptions,
    tls: ClientTls,
    runtime: Runtime,
    retries: u32,
    console: Console,
    /// Its connection is the one on which commands are obeyed.
    first: bool,
    /// Nobody sees what is said.
    unheard: bool,
    /// Who hears the conversation besides the console.
    ear: Option<Ear>,
    kept: Kept,
    interrupt: Interrupt,
    limit: Option<Arc<Limit>>,
    memory: Memory,
}

impl Site {
    /// The server of `url`. Asks for the password, where one is needed.
    ///
    /// # Errors
    /// [`Failure`], if it is not to be had.
    pub(crate) fn new(url: &FtpUrl, options: &ConnectOptions, console: Console) -> Result<Self, Failure> {
        let login = login::request(url, options, console)?;
        let tls = ClientTls::new(url, &options.security, &login)?;
        let client = ClientOptions {
            timeout: options.timeout,
            active: options.active,
            tls: tls.way,
            ..ClientOptions::default()
        };
        Ok(Self {
            url: url.clone(),
            login,
            options: client,
            tls,
            runtime: options.runtime,
            retries: options.retries.unwrap_or(0),
            console,
            first: false,
            unheard: false,
            ear: None,
            kept: options.kept.clone(),
            interrupt: options.interrupt()?,
            limit: None,
            memory: Memory::of(url),
        })
    }

    /// All its connections together are no faster than so many bytes a second.
    #[must_use]
    pub(crate) fn with_rate(mut self, rate: Option<u64>) -> Self {
        self.limit = rate.map(|rate| Arc::new(Limit::new(rate)));
        self.options.portion = self.limit.as_ref().map_or(self.options.portion, |limit| limit.portion());
        self
    }

    /// As the options of a command that moves files say.
    #[must_use]
    pub(crate) fn for_transfers(self, options: &TransferOptions) -> Self {
        self.with_rate(options.limit_rate).with_pipeline(options.pipeline)
    }

    /// Its data connections are TLS sessions of their own, which some servers refuse.
    #[must_use]
    pub(crate) fn without_resumption(mut self) -> Self {
        self.tls = self.tls.without_resumption();
        self
    }

    /// With other settings of the client.
    #[must_use]
    pub(crate) fn with_options(mut self, change: impl FnOnce(&mut ClientOptions)) -> Self {
        change(&mut self.options);
        self
    }

    /// As if nothing were known of the server but this.
    #[must_use]
    pub(crate) fn knowing(self, learnt: Learnt) -> Self {
        Self { memory: Memory::only(learnt), ..self }
    }

    /// Somebody hears the conversation besides.
    #[must_use]
    pub(crate) fn heard_by(self, ear: Ear) -> Self {
        Self { ear: Some(ear), ..self }
    }

    /// Commands go out before the replies to those before them as far as this says.
    #[must_use]
    fn with_pipeline(mut self, pipeline: Pipeline) -> Self {
        self.options.pipeline = pipeline != Pipeline::Off;
        self.options.depth = match pipeline {
            Pipeline::Depth(depth) => Some(depth),
            Pipeline::Auto | Pipeline::Off => None,
        };
        self
    }

    /// For what nobody waits for: nobody sees what is said, and there is one attempt.
    #[must_use]
    pub(crate) fn unheard(self) -> Self {
        Self { first: false, unheard: true, retries: 0, limit: None, ..self }
    }

    /// Its connection is the one on which the commands of an interactive client are obeyed.
    #[must_use]
    pub(crate) fn for_commands(self) -> Self {
        Self { first: true, ..self }
    }

    /// Connects and logs in. Where the server is full or silent, again, as often as the options say.
    ///
    /// # Errors
    /// [`Failure`], with what the server or the network said last.
    pub(crate) fn open(&self) -> Result<Session, Failure> {
        let mut attempt = 0;
        loop {
            match self.open_once() {
                Err(failure) if attempt < self.retries && failure.passes() => {
                    self.console.warning(&format!("{failure}; again in a moment"));
                    self.interrupt.sleep(pause(attempt))?;
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    /// Connects and logs in, without a second attempt.
    ///
    /// # Errors
    /// [`Failure`], with what the server or the network said.
    pub(crate) fn open_once(&self) -> Result<Session, Failure> {
        let url = &self.url;
        if let Some(session) = self.kept() {
            return Ok(session);
        }
        loop {
            let tls_client = self.tls.client()?;
            let learnt = self.memory.learnt();
            let options = ClientOptions { tls_client: tls_client.clone(), learnt, ..self.options.clone() };
            let client = self
                .runtime
                .connect((url.host.as_str(), url.port), &options)
                .map_err(|error| refusal::unconnected(format!("cannot connect to {url}"), &error))?;
            let (ear, limit, memory) = (self.ear(None), self.limit.clone(), self.memory.clone());
            let session = Session::new(client, ear, self.interrupt.clone(), limit, memory);
            let mut session = if self.first { session.stoppable() } else { session };
            match (session.ask(self.login.clone()), tls_client) {
                (Ok(_), _) if self.first => return Ok(session),
                (Ok(_), _) => return Ok(session.kept_by(self.kept.clone(), url.clone())),
                (Err(ClientError::TlsFailed | ClientError::Disconnected), Some(tls)) if tls.demanded_certificate() => {
                    return Err(refusal::unknown_user(format!("cannot log in to {url}")));
                }
                // TLS 1.2 was asked for, and there is none: now with what there is.
                (Err(ClientError::TlsFailed), Some(tls))
                    if tls.rejected().is_none()
                        && learnt.few_tickets != Some(false)
                        && self.memory.learnt().few_tickets == Some(false) => {}
                // Once more, if the user now believes the server.
                (Err(ClientError::TlsFailed), Some(tls)) => {
                    self.tls.judge(format!("cannot log in to {url}"), &tls, self.console)?;
                }
                (Err(error), _) => return Err(refusal::failure(format!("cannot log in to {url}"), &error)),
            }
        }
    }

    /// Can the server make the data connections? It is tried on a connection of its own.
    pub(crate) fn can_be_active(&self) -> bool {
        let options = ClientOptions { active: true, timeout: TRIAL, ..self.options.clone() };
        let site = Self { options, kept: Kept::default(), ..self.clone() };
        let Ok(mut session) = site.open_once() else { return false };
        let can = session.ask(Request::List(None)).is_ok();
        // A server that waits for a connection hears nothing else.
        if can {
            session.quit();
        }
        can
    }

    /// Who hears the conversation on a connection, and its number: the one that it has, or a new one.
    fn ear(&self, number: Option<usize>) -> (Option<usize>, Ear) {
        if self.unheard {
            return (number, self.console.ear(None));
        }
        let number = number.or_else(|| Some(self.console.number(self.first)));
        let console = self.console.ear(number);
        let Some(other) = self.ear.clone() else { return (number, console) };
        let both = move |event: &Event| {
            console(event);
            other(event);
        };
        (number, Arc::new(both))
    }

    /// A connection that was kept and still stands.
    fn kept(&self) -> Option<Session> {
        if self.first {
            return None;
        }
        while let Some(session) = self.kept.take(&self.url, !self.unheard) {
            let ear = self.ear(session.number());
            let mut session = session.heard(ear).again(self.limit.clone(), self.interrupt.clone());
            if session.ask(Request::Noop).is_ok() {
                return Some(session);
            }
        }
        None
    }

    /// Had a data connection no ticket left to resume its TLS by? The next session does without those that run out.
    pub(crate) fn lets_tickets_run_out(&self, failure: &Failure) -> bool {
        let ran_out = matches!(failure.exit, Exit::Connect | Exit::Tls) && self.tls.tickets_ran_out();
        if ran_out {
            let learnt = self.memory.learnt();
            self.memory.keep(Learnt { few_tickets: learnt.few_tickets.or(Some(true)), ..learnt });
        }
        ran_out
    }

    /// What ends what is done there.
    pub(crate) fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Who logs in.
    pub(crate) fn user(&self) -> Option<&[u8]> {
        match &self.login {
            Request::Login { user, .. } => Some(user),
            _ => None,
        }
    }

    /// The URL by which it was named.
    pub(crate) fn url(&self) -> &FtpUrl {
        &self.url
    }
}

/// How long to wait after so many attempts.
pub(crate) fn pause(attempt: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempt)).min(LONGEST_PAUSE)
}

impl Failure {
    /// May it be gone by itself in a while? What the network broke, a server that is full or does not answer.
    pub(crate) fn passes(&self) -> bool {
        matches!(self.exit, Exit::Broken | Exit::TimedOut) || self.nature == Nature::Passing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_have_an_end() {
        assert!((0..40).map(pause).is_sorted());
        assert_eq!(pause(40), LONGEST_PAUSE);
    }
}
