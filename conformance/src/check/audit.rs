//! [`Audit`]: a backend between the player and the server, that writes down what is said and holds every reply against
//! the rules that no case needs to repeat.

use super::rule::{Breach, Rule};
use crate::backend::{Backend, Login, Received, Seen};
use crate::transcript::Hello;
use crate::transcript::text::show;
use ftp_core::command::Verb;
use ftp_core::line::{Framed, LineReader};
use ftp_core::reply::{Class, Code, table};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

/// The longest line of a reply that is looked at. What is longer ends the audit.
const LINE_LIMIT: usize = 16 * 1024;

/// Lines of the exchange that are kept, and bytes of each.
const KEPT_LINES: usize = 400;
const KEPT_BYTES: usize = 300;

/// Something that was said or done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Who, and over which connection.
    pub by: By,
    /// What, control characters escaped; secrets are masked.
    pub what: String,
}

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The client, over the control connection.
    Client,
    /// The server, over the control connection.
    Server,
    /// The client, over the data connection, or about it.
    ClientData,
    /// The server, over the data connection, or about it.
    ServerData,
}

/// What the audit found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The exchange.
    pub exchange: Vec<Said>,
    /// The rules that were broken, each once for the same words.
    pub breaches: Vec<Breach>,
    /// Whole replies seen.
    pub replies: usize,
    /// The last command that got its final reply, and that reply's code.
    pub answered: Option<(String, u16)>,
}

/// A command that waits for its reply.
struct Pending {
    verb: Option<Verb>,
    /// As it was written.
    name: String,
}

/// A backend that is listened in on.
pub(super) struct Audit<'a> {
    inner: &'a mut dyn Backend,
    /// The greeting first.
    pending: VecDeque<Pending>,
    commands: LineReader,
    line: Vec<u8>,
    /// The code of a reply of several lines that has not ended.
    block: Option<[u8; 3]>,
    /// The control connection cannot be followed any more.
    lost: bool,
    findings: Findings,
}

impl<'a> Audit<'a> {
    pub(super) fn new(inner: &'a mut dyn Backend) -> Self {
        Self {
            inner,
            pending: VecDeque::from([Pending { verb: None, name: "the greeting".into() }]),
            commands: LineReader::new(LINE_LIMIT),
            line: Vec::new(),
            block: None,
            lost: false,
            findings: Findings::default(),
        }
    }

    pub(super) fn findings(self) -> Findings {
        self.findings
    }

    fn said(&mut self, by: By, what: String) {
        if self.findings.exchange.len() < KEPT_LINES {
            self.findings.exchange.push(Said { by, what });
        }
    }

    fn breach(&mut self, rule: Rule, seen: String) {
        let breach = Breach { rule, seen };
        if !self.lost && self.findings.breaches.len() < 20 && !self.findings.breaches.contains(&breach) {
            self.findings.breaches.push(breach);
        }
    }

    fn command(&mut self, line: &[u8]) {
        let word = line.split(|&byte| byte == b' ').next().unwrap_or_default();
        let name = String::from_utf8_lossy(word).to_ascii_uppercase();
        let masked = matches!(&*name, "PASS" | "ACCT" | "ADAT");
        self.said(By::Client, if masked { format!("{name} ****") } else { show(clipped(line)) });
        self.pending.push_back(Pending { verb: Verb::from_name(word), name: show(clipped(word)) });
    }

    fn heard(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.line.push(byte);
            if byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                self.reply_line(&line);
            } else if self.line.len() > LINE_LIMIT {
                self.breach(Rule::Form, format!("a line of more than {LINE_LIMIT} bytes"));
                self.lost = true;
                self.line.clear();
            }
        }
    }

    fn reply_line(&mut self, raw: &[u8]) {
        if !raw.ends_with(b"\r\n") {
            self.breach(Rule::LineEnd, format!("`{}`", show(clipped(raw))));
        }
        let mut telnet = LineReader::new(LINE_LIMIT);
        let (_, Framed::Line(line)) = telnet.next(raw) else { return };
        self.said(By::Server, show(clipped(line)));
        let shown = format!("`{}`", show(clipped(line)));
        let code = line.first_chunk::<3>().filter(|code| code.iter().all(u8::is_ascii_digit)).copied();
        let after = line.get(3).copied();
        match (self.block, code) {
            (Some(open), Some(code)) if after == Some(b' ') && code == open => {
                self.block = None;
                self.reply(code);
            }
            // Each line with the code and a hyphen is what most servers do, and no client minds.
            (Some(open), Some(code)) if code == open && after == Some(b'-') => {}
            (Some(_), Some(_)) => {
                self.breach(Rule::Form, format!("within a reply of several lines, not padded: {shown}"));
            }
            (Some(_), None) => {}
            (None, Some(code)) if after == Some(b'-') => self.block = Some(code),
            (None, Some(code)) => {
                if after != Some(b' ') {
                    self.breach(Rule::Form, format!("no space after the code: {shown}"));
                }
                self.reply(code);
            }
            (None, None) => {
                self.breach(Rule::Form, format!("no reply: {shown}"));
                self.lost = true;
            }
        }
    }

    fn reply(&mut self, digits: [u8; 3]) {
        self.findings.replies += 1;
        let number = digits.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0'));
        let code = Code::new(number).filter(|code| code.class() != Class::Protected || number < 640);
        let Some(code) = code else {
            self.breach(Rule::Form, format!("there is no code {number}"));
            return;
        };
        let Some(front) = self.pending.front() else {
            // 421 may come at any time (RFC 959 5.4).
            if number != 421 {
                self.breach(Rule::Unasked, format!("{number} without a command"));
                self.lost = true;
            }
            return;
        };
        let (verb, name) = (front.verb, front.name.clone());
        let known = verb.is_some() || front.name == "the greeting";
        // EPSV ALL has no reply of its own in RFC 2428, so that any completion will do.
        let open = verb == Some(Verb::Epsv) && code.class() == Class::Completion;
        if known && !open && !table::permits(verb, code) {
            self.breach(Rule::Code, format!("{name} is answered {number}"));
        }
        if code.class() != Class::Preliminary {
            self.pending.pop_front();
            self.findings.answered = Some((name, number));
        }
    }
}

fn clipped(bytes: &[u8]) -> &[u8] {
    bytes.get(..KEPT_BYTES).unwrap_or(bytes)
}

/// What went over a data connection, for a reader.
fn moved(bytes: &[u8]) -> String {
    let shown = bytes.get(..60).unwrap_or(bytes);
    let more = if bytes.len() > shown.len() { "…" } else { "" };
    format!("{} bytes: {}{more}", bytes.len(), show(shown))
}

impl Backend for Audit<'_> {
    fn send(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        let mut lines = Vec::new();
        while !rest.is_empty() {
            let (used, framed) = self.commands.next(rest);
            match framed {
                Framed::Line(line) => lines.push(line.to_vec()),
                Framed::TooLong => lines.push(b"(a line that is too long)".to_vec()),
                Framed::Partial => {}
            }
            rest = rest.get(used..).unwrap_or_default();
        }
        for line in lines {
            self.command(&line);
        }
        self.inner.send(bytes);
    }

    fn send_urgent(&mut self) {
        self.said(By::Client, "Telnet IP and Synch".into());
        self.inner.send_urgent();
    }

    fn close(&mut self) {
        self.said(By::Client, "closes".into());
        self.inner.close();
    }

    fn receive(&mut self) -> Received {
        let received = self.inner.receive();
        match &received {
            Received::Bytes(bytes) => self.heard(bytes),
            Received::Closed => self.said(By::Server, "closes".into()),
            Received::Nothing => {}
        }
        received
    }

    fn advance(&mut self, by: Duration) {
        self.inner.advance(by);
    }

    fn connect(&mut self, port: u16) -> bool {
        let there = self.inner.connect(port);
        self.said(By::ClientData, format!("connects to port {port}{}", if there { "" } else { ", in vain" }));
        there
    }

    fn listen(&mut self) -> SocketAddr {
        self.inner.listen()
    }

    fn accept(&mut self) -> bool {
        let there = self.inner.accept();
        self.said(By::ServerData, if there { "connects" } else { "does not connect" }.into());
        there
    }

    fn send_data(&mut self, bytes: &[u8]) {
        self.said(By::ClientData, moved(bytes));
        self.inner.send_data(bytes);
    }

    fn receive_data(&mut self) -> Received {
        let received = self.inner.receive_data();
        match &received {
            Received::Bytes(bytes) => self.said(By::ServerData, moved(bytes)),
            Received::Closed => self.said(By::ServerData, "closes".into()),
            Received::Nothing => {}
        }
        received
    }

    fn close_data(&mut self, reset: bool) {
        self.said(By::ClientData, if reset { "resets" } else { "closes" }.into());
        self.inner.close_data(reset);
    }

    fn truncate_data(&mut self) {
        self.said(By::ClientData, "closes, and does not end TLS".into());
        self.inner.truncate_data();
    }

    fn start_tls(&mut self, hello: &Hello) -> bool {
        let begun = self.inner.start_tls(hello);
        self.said(By::Client, if begun { "begins TLS" } else { "begins TLS, in vain" }.into());
        begun
    }

    fn stop_tls(&mut self) -> bool {
        let ended = self.inner.stop_tls();
        self.said(By::Client, if ended { "ends TLS" } else { "ends TLS, the server does not" }.into());
        ended
    }

    fn secure_data(&mut self, resumed: bool) {
        self.said(By::ClientData, "begins TLS".into());
        self.inner.secure_data(resumed);
    }

    fn finish(&mut self) -> Vec<u8> {
        self.inner.finish()
    }

    fn look(&mut self, path: &[u8]) -> Seen {
        self.inner.look(path)
    }

    fn login(&self) -> Option<Login> {
        self.inner.login()
    }

    fn ip(&self) -> u8 {
        self.inner.ip()
    }

    fn scratch(&self) -> String {
        self.inner.scratch()
    }
}
