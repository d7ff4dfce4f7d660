//! What a case for any server needs of the runner: whole replies, and the steps whose commands depend on the server.

use super::{Failure, Outcome, Player};
use crate::backend::Login;
use crate::transcript::text::show;
use crate::transcript::{Event, Found, Line, Pattern};
use ftp_core::secret::Secret;

impl Player<'_> {
    /// The next reply looks like this.
    pub(super) fn reply(&mut self, line: &Line<super::Row>, pattern: &Pattern, optional: bool) -> Outcome {
        let Some(reply) = self.next_reply() else {
            if optional {
                return Ok(());
            }
            return Err(self.failure(line, format!("the server {}", self.control.end())));
        };
        match Self::in_reply(pattern, &reply) {
            Some(found) => {
                for inner in reply.iter().rev().skip(1).rev() {
                    self.write(&format!("S: {}", show(inner)));
                }
                self.found("S: ", found);
                Ok(())
            }
            None if optional => {
                self.control.put_back(&reply);
                Ok(())
            }
            None => Err(self.failure(line, format!("the server said `{}`", show(&reply.join(&b"\r\n"[..]))))),
        }
    }

    /// What is found in the last line; or in another, where the server tells what it has to tell there.
    fn in_reply(pattern: &Pattern, reply: &[Vec<u8>]) -> Option<Found> {
        let (last, before) = reply.split_last()?;
        pattern.find(last).or_else(|| {
            before.iter().find_map(|line| match line.split_at_checked(3) {
                Some((code, [b'-', text @ ..])) => pattern.find(&[code, b" ", text].concat()),
                _ => None,
            })
        })
    }

    /// The lines of the next reply; `None` if none comes to its end.
    fn next_reply(&mut self) -> Option<Vec<Vec<u8>>> {
        let mut lines = vec![self.control.line(|| self.backend.receive())?];
        if let Some([a, b, c, b'-']) = lines.first().and_then(|line| line.first_chunk::<4>()) {
            let end = [*a, *b, *c, b' '];
            while !lines.last().is_some_and(|line| line.starts_with(&end)) {
                lines.push(self.control.line(|| self.backend.receive())?);
            }
        }
        Some(lines)
    }

    /// Sends a command and takes its final reply: the first digit, and all of its last line.
    fn ask(&mut self, line: &Line<Event>, command: &str) -> Result<(u8, Vec<u8>), Failure> {
        self.backend.send(format!("{command}\r\n").as_bytes());
        let masked = command.split_once(' ').filter(|(verb, _)| matches!(*verb, "PASS" | "ACCT"));
        self.write(&format!("C: {}", masked.map_or(command.to_owned(), |(verb, _)| format!("{verb} ****"))));
        self.answer(line)
    }

    /// The next final reply.
    fn answer(&mut self, line: &Line<Event>) -> Result<(u8, Vec<u8>), Failure> {
        loop {
            let Some(reply) = self.next_reply() else {
                return Err(self.failure(line, format!("the server {}", self.control.end())));
            };
            for said in &reply {
                self.write(&format!("S: {}", show(said)));
            }
            let last = reply.into_iter().next_back().unwrap_or_default();
            match last.first() {
                Some(b'1') => {}
                Some(&digit) => return Ok((digit, last)),
                None => return Err(self.failure(line, "the server sent an empty line".into())),
            }
        }
    }

    /// Whoever logs in.
    pub(super) fn user(&self) -> Login {
        self.backend.login().unwrap_or_else(|| {
            let user = self.transcript.setup.users.first();
            user.map_or_else(
                || Login { user: String::new(), password: Secret::new(""), account: None },
                |user| Login {
                    user: user.name.clone(),
                    password: Secret::new(user.password.as_bytes()),
                    account: user.account.clone(),
                },
            )
        })
    }

    /// Greeting, login, and the way to the scratch directory (RFC 959 5.4, 6).
    pub(super) fn login(&mut self, line: &Line<Event>) -> Outcome {
        let login = self.user();
        let (mut digit, mut last) = self.answer(line)?;
        if digit == b'2' {
            (digit, last) = self.ask(line, &format!("USER {}", login.user))?;
        }
        if digit == b'3' && !last.starts_with(b"332") {
            let password = String::from_utf8_lossy(login.password.expose()).into_owned();
            (digit, last) = self.ask(line, &format!("PASS {password}"))?;
        }
        if digit == b'3'
            && let Some(account) = &login.account
        {
            (digit, last) = self.ask(line, &format!("ACCT {account}"))?;
        }
        if digit == b'2' {
            let scratch = self.backend.scratch();
            if !scratch.is_empty() {
                (digit, last) = self.ask(line, &format!("CWD {scratch}"))?;
            }
        }
        if digit == b'2' { Ok(()) } else { Err(self.failure(line, format!("the server said `{}`", show(&last)))) }
    }

    /// `D: passive`: PASV, or EPSV where there is no IPv4 (RFC 2428 3).
    pub(super) fn passive(&mut self, line: &Line<Event>) -> Outcome {
        let command = if self.backend.ip() == 6 { "EPSV" } else { "PASV" };
        let (digit, last) = self.ask(line, command)?;
        if digit != b'2' {
            return Err(self.failure(line, format!("the server said `{}`", show(&last))));
        }
        let text = last.get(4..).unwrap_or_default();
        let port = super::find_port(text);
        let port = port.ok_or_else(|| self.failure(line, format!("there is no port in `{}`", show(&last))))?;
        self.data = super::Input::default();
        if !self.backend.connect(port) {
            return Err(self.failure(line, "nobody listens there".into()));
        }
        Ok(())
    }

    /// Nothing is left that the server said: what answers a last NOOP is one reply and no more (RFC 959 5.4).
    pub(super) fn last_word(&mut self) -> Outcome {
        let line = Line { number: 0, source: "one reply to each command".into(), what: Event::ClientCloses };
        if self.control.closed() {
            return Ok(());
        }
        self.backend.send(b"NOOP\r\n");
        let Some(reply) = self.next_reply() else {
            // Some close what they were told to close only now.
            return if self.control.closed() {
                Ok(())
            } else {
                Err(self.failure(&line, "a NOOP at the end got no answer".into()))
            };
        };
        let more = self.control.unread();
        if !reply.last().is_some_and(|last| last.starts_with(b"2") || last.starts_with(b"5")) || !more.is_empty() {
            let seen = show(&[reply.join(&b"\r\n"[..]), more].concat());
            return Err(self.failure(&line, format!("at the end a NOOP was answered with `{seen}`")));
        }
        Ok(())
    }
}
