//! [`Link`]: what every request of a session works with: the output, the actions, the deadline, and what is remembered from one
//! request to the next. It decides nothing.

use super::action::{ClientAction, Event};
use super::active::Active;
use super::config::ClientConfig;
use super::features::Features;
use super::learnt::Learnt;
use super::restart::{Form, Restart};
use super::secure::Security;
use super::server::Server;
use crate::action::OpId;
use crate::codec::{Codec, Representation};
use crate::command::{Command, Verb};
use crate::digest::Algorithm;
use crate::line::write_line;
use crate::time::Time;
use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;
use zeroize::{Zeroize, Zeroizing};

/// How long a reply may be behind the one before it, where the server sent both at once.
const REFUSAL: Duration = Duration::from_secs(2);

#[allow(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub(super) struct Link {
    pub(super) config: ClientConfig,
    pub(super) features: Features,
    pub(super) security: Security,
    /// The TYPE in force, where it is known (RFC 959 3.1.1: A to begin with, which not every server obeys).
    pub(super) kind: Option<Representation>,
    /// Something has been sent that may have set another TYPE than a session begins with.
    pub(super) kind_touched: bool,
    /// STRU and MODE in force.
    pub(super) form: Form,
    /// The data connection of the last transfer is still open (RFC 959 3.3), or that of the one that runs on it will be if it succeeds.
    pub(super) kept: bool,
    /// The last restart marker.
    pub(super) restart: Option<Restart>,
    /// Data connections that the server makes.
    pub(super) active: Active,
    /// A passive data connection has come to be.
    pub(super) passive_proven: bool,
    pub(super) learnt: Learnt,
    /// The digest that HASH gives, where a client has chosen it.
    pub(super) digest: Option<Algorithm>,
    /// The zone of LIST could not be told.
    pub(super) zone_unknown: bool,
    /// A REST may still be in force, since no transfer followed it.
    pub(super) rest_lingers: bool,
    /// A second or late 226 of the last transfer may still come.
    pub(super) late_226: bool,
    /// Bytes moved by the request that runs, as far as the host has said; and by the last one that is over.
    pub(super) progress: u64,
    pub(super) moved: u64,
    pub(super) server: Server,
    /// Commands of other requests are out behind those of the one that runs: it can send nothing more.
    pub(super) followed: bool,
    pub(super) deadline: Option<Time>,
    pub(super) now: Time,
    /// When the last command was sent.
    pub(super) asked: Time,
    pub(super) actions: VecDeque<ClientAction>,
    /// Wiped once it has left, for a password may be in it.
    out: Zeroizing<Vec<u8>>,
    written: usize,
    last_op: u32,
}

impl Link {
    pub(super) fn new(config: ClientConfig, now: Time) -> Self {
        Self {
            features: Features::default(),
            security: Security::default(),
            kind: None,
            kind_touched: false,
            form: Form::default(),
            kept: false,
            restart: config.restart.clone(),
            active: Active::default(),
            passive_proven: false,
            learnt: config.learnt,
            config,
            digest: None,
            zone_unknown: false,
            rest_lingers: false,
            late_226: false,
            progress: 0,
            moved: 0,
            server: Server::default(),
            followed: false,
            deadline: None,
            now,
            asked: now,
            actions: VecDeque::new(),
            out: Zeroizing::default(),
            written: 0,
            last_op: 0,
        }
    }

    /// Sends a command and gives its reply the usual time.
    pub(super) fn send(&mut self, command: &Command<'_>) {
        let mut line = Zeroizing::new(Vec::new());
        command.write(&mut line);
        self.send_line(&line);
    }

    /// Sends a command with these words for an argument.
    pub(super) fn send_words(&mut self, verb: Verb, words: &[&[u8]]) {
        let mut line = Vec::from(verb.name());
        for word in words {
            line.push(b' ');
            line.extend_from_slice(word);
        }
        self.send_line(&line);
    }

    /// Sends TYPE I, unless that is in force: is a reply to come?
    pub(super) fn send_image(&mut self) -> bool {
        let needed = self.kind != Some(Representation::Image);
        if needed {
            self.send_type(Representation::Image);
        }
        needed
    }

    /// Sends the first of TYPE I, STRU F and MODE S that is not in force, if there is one: a size is that of a transfer as things are set
    /// (RFC 3659 4.1).
    pub(super) fn send_raw(&mut self) -> bool {
        if self.send_image() {
            return true;
        }
        let Some(command) = self.form.next(Codec::RAW) else { return false };
        // A data connection that stayed open does not outlive the MODE.
        self.kept = false;
        self.send(&command);
        true
    }

    /// What [`send_raw`](Self::send_raw) sent was accepted.
    pub(super) fn raw_accepted(&mut self) {
        if self.kind.is_none() {
            self.kind = Some(Representation::Image);
        } else {
            self.form.accepted(Codec::RAW);
        }
    }

    /// Do bytes go as they are, as far as is known?
    pub(super) fn is_raw(&self) -> bool {
        self.kind == Some(Representation::Image) && self.form.suits(Codec::RAW)
    }

    /// Sends TYPE. Until it is accepted nobody knows which is in force: whoever gave up meanwhile leaves it so.
    pub(super) fn send_type(&mut self, representation: Representation) {
        self.kind = None;
        self.kind_touched = true;
        self.send(&Command::Type(representation.into()));
    }

    /// Sends a command line as it is.
    pub(super) fn send_line(&mut self, line: &[u8]) {
        write_line(line, &mut self.out);
        self.notify(Event::Sent(shown(line)));
        self.asked = self.now;
        self.expect_reply();
    }

    /// May EPSV and the command that uses it go out in one write?
    pub(super) fn may_pair(&self) -> bool {
        self.config.pipeline && !self.learnt.avoid_pipelining && self.server != Server::OneCommand
    }

    /// Does the server make the data connections because that is faster?
    pub(super) fn gains_by_active(&self) -> bool {
        self.learnt.active && self.may_queue() && !self.security.private
    }

    /// Does the server want to know what comes before it says where? Those that bear a queue are known, and need it not though they list it.
    pub(super) fn wants_announcement(&self) -> bool {
        self.features.has("PRET") && !self.server.bears_queue()
    }

    /// May commands go out while a transfer runs?
    pub(super) fn may_queue(&self) -> bool {
        self.may_pair() && self.config.depth.map_or(self.server.bears_queue(), |depth| depth > 1)
    }

    /// Is the server known to keep the data connection open in MODE B, so that one serves many files without a round trip between them?
    pub(super) fn may_keep(&self) -> bool {
        self.may_queue() && self.server == Server::Keeper && !self.learnt.avoid_blocks
    }

    pub(super) fn expect_reply(&mut self) {
        self.deadline = Some(self.now + self.config.reply_timeout);
    }

    /// A refusal that crossed a failed connection comes right behind the reply that named the port.
    pub(super) fn expect_refusal(&mut self) {
        self.deadline = Some(self.now + REFUSAL.min(self.config.reply_timeout));
    }

    pub(super) fn expect_progress(&mut self) {
        self.deadline = Some(self.now + self.config.stall_timeout);
    }

    pub(super) fn act(&mut self, action: ClientAction) {
        self.actions.push_back(action);
    }

    pub(super) fn notify(&mut self, event: Event) {
        self.act(ClientAction::Notify(event));
    }

    pub(super) fn next_op(&mut self) -> OpId {
        self.last_op = self.last_op.wrapping_add(1);
        OpId(self.last_op)
    }

    /// The output that has not left yet.
    pub(super) fn unsent(&self) -> &[u8] {
        self.out.get(self.written..).unwrap_or_default()
    }

    pub(super) fn sent(&mut self, count: usize) {
        self.written += count;
        if self.unsent().is_empty() {
            self.discard_output();
        }
    }

    pub(super) fn discard_output(&mut self) {
        self.out.zeroize();
        self.written = 0;
    }
}

/// A command line as a user may see it: without password and account.
fn shown(line: &[u8]) -> String {
    match line.split_at_checked(4) {
        Some((verb, _)) if verb.eq_ignore_ascii_case(b"PASS") => "PASS ****".to_string(),
        Some((verb, _)) if verb.eq_ignore_ascii_case(b"ACCT") => "ACCT ****".to_string(),
        _ => String::from_utf8_lossy(line).into_owned(),
    }
}
