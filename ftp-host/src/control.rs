//! [`Control`]: the control connection of a session, server or client: bytes from the socket to the machine of
//! `ftp-core` and back, and the actions that come out of it.

use crate::channel::Channel;
use crate::readiness::{Direction, Interest, Socket};
use ftp_core::action::Action;
use ftp_core::client::{ClientAction, ClientSession};
use ftp_core::drain::{Closed, Port, Wait};
use ftp_core::server::ServerSession;
use ftp_core::time::Time;
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::sync::Arc;

/// A machine of `ftp-core`, seen from its control connection.
pub(crate) trait Machine {
    type Action;
    fn receive(&mut self, now: Time, bytes: &[u8]) -> usize;
    fn closed(&mut self, now: Time);
    fn drain(&mut self, now: Time, port: &mut impl Port<Self::Action>) -> Wait;
}

impl Machine for ServerSession {
    type Action = Action;

    fn receive(&mut self, now: Time, bytes: &[u8]) -> usize {
        self.receive(now, bytes)
    }

    fn closed(&mut self, now: Time) {
        self.closed(now);
    }

    fn drain(&mut self, now: Time, port: &mut impl Port<Action>) -> Wait {
        self.drain(now, port)
    }
}

impl Machine for ClientSession {
    type Action = ClientAction;

    fn receive(&mut self, now: Time, bytes: &[u8]) -> usize {
        self.receive(now, bytes)
    }

    fn closed(&mut self, now: Time) {
        self.closed(now);
    }

    fn drain(&mut self, now: Time, port: &mut impl Port<ClientAction>) -> Wait {
        self.drain(now, port)
    }
}

/// How often a poll tells of what is left to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trigger {
    /// Perhaps once, until something new comes.
    Edge,
    /// Each time.
    Level,
}

/// A control connection.
pub(crate) struct Control<A> {
    pub(crate) channel: Channel,
    /// What the machine waits for, as it said when it was drained last.
    pub(crate) wait: Wait,
    /// Bytes that the machine would not take yet.
    inbox: Vec<u8>,
    /// The socket may have something to read.
    readable: bool,
    trigger: Trigger,
    actions: VecDeque<A>,
    /// The end of the output is still to be sent.
    ending: bool,
    /// The channel is elsewhere, and what stands in its place is not to be used.
    away: bool,
}

impl<A> Control<A> {
    pub(crate) fn new(channel: Channel) -> Self {
        let wait = Wait { read: false, urgent: false, write: true, deadline: None };
        Self {
            channel,
            wait,
            inbox: Vec::new(),
            readable: true,
            trigger: Trigger::Edge,
            actions: VecDeque::new(),
            ending: false,
            away: false,
        }
    }

    /// The adapter's poll tells of what is left to read as often as it is asked, as poll(2) does: a read that finds nothing is spared.
    pub(crate) fn set_level_triggered(&mut self) {
        self.trigger = Trigger::Level;
    }

    /// The socket may have something to read again.
    pub(crate) fn set_readable(&mut self) {
        self.readable = true;
    }

    /// Could the machine take in more at once?
    pub(crate) fn has_more(&self) -> bool {
        self.wait.read && (self.readable || !self.inbox.is_empty())
    }

    /// What to wait for: for this connection as the machine said when it was drained last, and for this data socket.
    pub(crate) fn interest<'a>(&'a self, data: Option<(Socket<'a>, Direction)>) -> Interest<'a> {
        let handshake = self.channel.is_handshaking() && self.channel.waits(Direction::Read) == Direction::Read;
        Interest {
            control: self.channel.socket().as_fd(),
            control_read: !self.away && (self.wait.read || handshake),
            control_write: !self.away && (self.wait.write || self.channel.wants_write()),
            control_urgent: self.wait.urgent,
            data,
            deadline: self.wait.deadline,
        }
    }

    /// The next action that the machine asked for.
    pub(crate) fn action(&mut self) -> Option<A> {
        self.actions.pop_front()
    }

    /// Takes out the channel. Until it is [given back](Self::give_back) nothing is read and nothing written.
    pub(crate) fn take_channel(&mut self) -> Channel {
        self.away = true;
        let socket = Arc::clone(self.channel.socket());
        std::mem::replace(&mut self.channel, Channel::ready(socket))
    }

    /// The channel is back.
    pub(crate) fn give_back(&mut self, channel: Channel) {
        self.away = false;
        self.channel = channel;
        self.readable = true;
    }

    /// Is the channel taken out?
    pub(crate) fn is_away(&self) -> bool {
        self.away
    }

    /// Takes out what came in and the machine has not taken.
    pub(crate) fn take_inbox(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.inbox)
    }

    /// Tells the peer that no more will be written, as soon as everything has left. If that fails the connection is gone,
    /// which the next read will tell.
    pub(crate) fn end_output(&mut self) {
        self.ending =
            self.away || matches!(self.channel.shutdown_write(), Err(error) if error.kind() == ErrorKind::WouldBlock);
    }

    /// Drains the machine; its actions are then to be had. Are there any?
    pub(crate) fn drain(&mut self, now: Time, machine: &mut impl Machine<Action = A>) -> bool {
        if self.ending {
            self.end_output();
        }
        // What TLS has taken leaves when it can. That it cannot is seen when something is read or written.
        if !self.away {
            let _ = self.channel.flush();
        }
        self.wait = machine.drain(now, self);
        !self.actions.is_empty()
    }

    /// Offers the machine what the peer sent, if it waits for that: was there anything?
    pub(crate) fn read(&mut self, now: Time, machine: &mut impl Machine<Action = A>, scratch: &mut [u8]) -> bool {
        if !self.wait.read || self.away {
            return false;
        }
        if !self.inbox.is_empty() {
            let taken = machine.receive(now, &self.inbox);
            self.inbox.drain(..taken);
            if self.inbox.is_empty() {
                // An idle session holds no memory for what it once received.
                self.inbox = Vec::new();
            }
            return taken > 0;
        }
        if !self.readable {
            return false;
        }
        match self.channel.read(scratch) {
            Ok(count) if count > 0 => {
                // Only a read that finds nothing shows that nothing is left: this one may have stopped at the mark of
                // urgent data, or before the end of the stream, and some polls say but once that there is more. TLS keeps some to itself.
                let all = self.trigger == Trigger::Level && count < scratch.len() && self.channel.is_plain();
                self.readable = !all;
                let taken = machine.receive(now, &scratch[..count]);
                self.inbox.extend_from_slice(&scratch[taken..count]);
                true
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.readable = false;
                false
            }
            // The end, or a broken connection.
            Ok(_) | Err(_) => {
                self.readable = false;
                machine.closed(now);
                true
            }
        }
    }
}

impl<A> Port<A> for Control<A> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Closed> {
        if self.away {
            return Ok(0);
        }
        match self.channel.write(bytes) {
            Ok(count) => Ok(count),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
            Err(_) => Err(Closed),
        }
    }

    fn act(&mut self, action: A) {
        self.actions.push_back(action);
    }
}
