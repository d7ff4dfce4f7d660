//! [`Link`]: what every request of a session works with: the output, the actions, the deadline, and what is remembered from one
//! request to the next. It decides nothing.

use super::action::{ClientAction, Event};
use super::config::ClientConfig;
use super::features::Features;
use crate::action::OpId;
use crate::codec::Representation;
use crate::command::Command;
use crate::line::write_line;
use crate::time::Time;
use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use zeroize::{Zeroize, Zeroizing};

pub(super) struct Link {
    pub(super) config: ClientConfig,
    pub(super) features: Features,
    /// The TYPE in force, where it is known (RFC 959 3.1.1: A to begin with, which not every server obeys).
    pub(super) kind: Option<Representation>,
    pub(super) passive: Passive,
    /// MLSD is listed by FEAT, yet refused.
    pub(super) avoid_mlsd: bool,
    /// A REST may still be in force, since no transfer followed it.
    pub(super) rest_lingers: bool,
    /// A second or late 226 of the last transfer may still come.
    pub(super) late_226: bool,
    /// Bytes moved by the last transfer, as far as the host has said.
    pub(super) moved: u64,
    pub(super) deadline: Option<Time>,
    pub(super) now: Time,
    pub(super) actions: VecDeque<ClientAction>,
    /// Wiped once it has left, for a password may be in it.
    out: Zeroizing<Vec<u8>>,
    written: usize,
    last_op: u32,
}

/// What is known about this server's passive data connections.
#[derive(Default)]
pub(super) struct Passive {
    /// EPSV was refused, or its ports cannot be reached while PASV's can.
    pub(super) avoid_epsv: bool,
    /// A data connection has come to be.
    pub(super) proven: bool,
}

impl Link {
    pub(super) fn new(config: ClientConfig, now: Time) -> Self {
        Self {
            config,
            features: Features::default(),
            kind: None,
            passive: Passive::default(),
            avoid_mlsd: false,
            rest_lingers: false,
            late_226: false,
            moved: 0,
            deadline: None,
            now,
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

    /// Sends a command line as it is.
    pub(super) fn send_line(&mut self, line: &[u8]) {
        write_line(line, &mut self.out);
        self.notify(Event::Sent(shown(line)));
        self.expect_reply();
    }

    pub(super) fn expect_reply(&mut self) {
        self.deadline = Some(self.now + self.config.reply_timeout);
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
