//! Playing a transcript on a backend: [`play`] gives the record of what was said, or a [`Failure`] that names the line.

mod data;
pub(crate) mod input;
mod reply;

use crate::backend::{Backend, Seen};
use crate::transcript::text::show;
use crate::transcript::{Event, Found, Line, Pattern, Row, Step, Template, Transcript};
use ftp_core::address::{find_extended_port, find_host_port, write_long};
use input::Input;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::{self, Write as _};
use std::net::SocketAddr;

/// A transcript that did not go as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The transcript's file.
    pub file: String,
    /// The line's number.
    pub line: usize,
    /// What the line says.
    pub expected: String,
    /// What happened instead.
    pub seen: String,
    /// What was said before.
    pub record: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}:{}: expected `{}`, {}", self.file, self.line, self.expected, self.seen)?;
        write!(f, "after:\n{}", self.record)
    }
}

impl Error for Failure {}

/// Plays a transcript to its end; then nothing may be left that the server said. Gives the record.
///
/// # Errors
/// [`Failure`], at the first line that did not go as written.
pub fn play(transcript: &Transcript, backend: &mut dyn Backend) -> Result<String, Failure> {
    let mut player = Player {
        transcript,
        backend,
        control: Input::default(),
        data: Input::default(),
        variables: BTreeMap::new(),
        record: String::new(),
    };
    player.introduce();
    for line in &transcript.heading {
        player.write(&format!("# {line}"));
    }
    for step in &transcript.steps {
        player.step(step)?;
    }
    player.end()?;
    Ok(player.record)
}

struct Player<'a> {
    transcript: &'a Transcript,
    backend: &'a mut dyn Backend,
    control: Input,
    data: Input,
    variables: BTreeMap<String, String>,
    record: String,
}

type Outcome = Result<(), Failure>;

impl Player<'_> {
    fn step(&mut self, step: &Step) -> Outcome {
        match step {
            Step::Send(lines) => self.send(lines),
            Step::Expect(lines) => self.expect(lines),
            Step::ExpectData(lines) => self.expect_data(lines),
            Step::Event(line) => self.event(line),
        }
    }

    fn send(&mut self, lines: &[Line<Template>]) -> Outcome {
        let mut bytes = Vec::new();
        for line in lines {
            bytes.extend(self.fill(line, &line.what)?);
            self.write(&line.source);
        }
        self.backend.send(&bytes);
        Ok(())
    }

    fn expect(&mut self, lines: &[Line<Row>]) -> Outcome {
        let mut skipping: Option<&Pattern> = None;
        for line in lines {
            let pattern = match &line.what {
                Row::Pattern(pattern) => pattern,
                Row::Reply { pattern, optional } => {
                    self.reply(line, pattern, *optional)?;
                    continue;
                }
                Row::Lines(pattern) => {
                    skipping = Some(pattern);
                    continue;
                }
            };
            loop {
                let Some(said) = self.control.line(|| self.backend.receive()) else {
                    return Err(self.failure(line, format!("the server {}", self.control.end())));
                };
                match pattern.find(&said) {
                    Some(found) => {
                        self.found("S: ", found);
                        skipping = None;
                        break;
                    }
                    None if skipping.is_some_and(|skipped| skipped.find(&said).is_some()) => {
                        self.write(&format!("S: {}", show(&said)));
                    }
                    None => return Err(self.failure(line, format!("the server said `{}`", show(&said)))),
                }
            }
        }
        Ok(())
    }

    fn event(&mut self, line: &Line<Event>) -> Outcome {
        match &line.what {
            Event::ClientCloses => self.backend.close(),
            Event::Urgent => self.backend.send_urgent(),
            Event::StartTls { hello, begins } => {
                let unread = self.control.unread();
                if !unread.is_empty() {
                    return Err(self.failure(line, format!("the server said `{}` before", show(&unread))));
                }
                if self.backend.start_tls(hello) != *begins {
                    let is = if *begins { "is none" } else { "is some" };
                    return Err(self.failure(line, format!("there {is}")));
                }
            }
            Event::StopTls => {
                if !self.backend.stop_tls() {
                    return Err(self.failure(line, "the server does not end it".into()));
                }
            }
            Event::SecureData { resumed } => self.backend.secure_data(*resumed),
            Event::TruncateData => self.backend.truncate_data(),
            Event::ServerCloses => {
                if let Some(said) = self.control.line(|| self.backend.receive()) {
                    return Err(self.failure(line, format!("the server said `{}`", show(&said))));
                }
                if !self.control.closed() {
                    return Err(self.failure(line, format!("the server {}", self.control.end())));
                }
            }
            Event::Connect(target) => {
                let port = self.port(line, target)?;
                self.data = Input::default();
                if !self.backend.connect(port) {
                    return Err(self.failure(line, "nobody listens there".into()));
                }
            }
            Event::Refused(target) => {
                let port = self.port(line, target)?;
                if self.backend.connect(port) {
                    return Err(self.failure(line, "the server listens there".into()));
                }
            }
            Event::Listen => {
                let address = self.backend.listen();
                self.data = Input::default();
                self.variables.extend(names(address));
            }
            Event::Accept => {
                if !self.backend.accept() {
                    return Err(self.failure(line, "the server does not connect".into()));
                }
            }
            Event::SendData(bytes) => self.backend.send_data(bytes),
            Event::CloseData => self.backend.close_data(false),
            Event::ResetData => self.backend.close_data(true),
            Event::Cut => self.cut(line)?,
            Event::Advance(by) => self.backend.advance(*by),
            Event::Login => return self.login(line),
            Event::Passive => return self.passive(line),
            Event::ExpectFile(path, content) => match self.backend.look(path) {
                Seen::File(seen) if seen == *content => {}
                seen => return Err(self.failure(line, seen.to_string())),
            },
            Event::ExpectDir(path) => match self.backend.look(path) {
                Seen::Directory => {}
                seen => return Err(self.failure(line, seen.to_string())),
            },
            Event::ExpectMissing(path) => match self.backend.look(path) {
                Seen::Missing => {}
                seen => return Err(self.failure(line, seen.to_string())),
            },
        }
        self.write(&line.source);
        Ok(())
    }

    /// What the server said and nobody expected.
    fn end(&mut self) -> Outcome {
        if self.transcript.check.is_some() {
            return self.last_word();
        }
        let mut left = self.control.unread();
        left.extend(self.backend.finish());
        if left.is_empty() {
            return Ok(());
        }
        let line = Line { number: 0, source: "the end of the transcript".into(), what: () };
        Err(self.failure(&line, format!("the server said `{}`", show(&left))))
    }

    fn fill<T>(&self, line: &Line<T>, template: &Template) -> Result<Vec<u8>, Failure> {
        template.fill(|name| self.variables.get(name).map(String::as_str)).map_err(|name| {
            self.failure(line, format!("nothing has given `${name}` a value: capture it in an `S:` line above"))
        })
    }

    fn port<T>(&self, line: &Line<T>, target: &Template) -> Result<u16, Failure> {
        let text = self.fill(line, target)?;
        find_port(&text)
            .ok_or_else(|| self.failure(line, format!("`{}` is neither a port nor six numbers", show(&text))))
    }

    fn found(&mut self, mark: &str, found: Found) {
        self.write(&format!("{mark}{}", found.shown));
        self.variables.extend(found.captures);
    }

    fn write(&mut self, line: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.record, "{line}");
    }

    /// Gives the variables of a case for any server their values.
    fn introduce(&mut self) {
        if self.transcript.check.is_none() {
            return;
        }
        let login = self.user();
        let password = String::from_utf8_lossy(login.password.expose()).into_owned();
        let names = [("dir", self.backend.scratch()), ("user", login.user), ("password", password)];
        self.variables.extend(names.map(|(name, value)| (name.to_owned(), value)));
    }

    fn failure<T>(&self, line: &Line<T>, seen: String) -> Failure {
        Failure {
            file: self.transcript.file.clone(),
            line: line.number,
            expected: line.source.clone(),
            seen,
            record: self.record.clone(),
        }
    }
}

/// `$hostport`, `$eprt`, `$lprt`, `$ip` and `$port` of a listener (RFC 959 5.3.2, RFC 2428 2, RFC 1639 3).
pub(crate) fn names(address: SocketAddr) -> [(String, String); 5] {
    let mut long = Vec::new();
    write_long(address, &mut long);
    let (ip, port) = (address.ip(), address.port());
    let family = if ip.is_ipv4() { 1 } else { 2 };
    let host = ip.to_string().replace('.', ",");
    [
        ("hostport".into(), format!("{host},{},{}", port >> 8, port & 0xff)),
        ("eprt".into(), format!("|{family}|{ip}|{port}|")),
        ("lprt".into(), String::from_utf8_lossy(&long).into_owned()),
        ("ip".into(), ip.to_string()),
        ("port".into(), port.to_string()),
    ]
}

/// The port in the text of a reply to PASV or EPSV, or by itself.
fn find_port(text: &[u8]) -> Option<u16> {
    let found = port(text).or_else(|| find_extended_port(text));
    found.or_else(|| find_host_port(text).map(|address| address.port()))
}

/// The port that `40123` or `127,0,0,1,156,187` means.
pub(crate) fn port(text: &[u8]) -> Option<u16> {
    let text = str::from_utf8(text).ok()?;
    let numbers: Vec<u16> = text.split(',').map(str::parse).collect::<Result<_, _>>().ok()?;
    match numbers[..] {
        [port] => Some(port),
        [_, _, _, _, high @ 0..256, low @ 0..256] => Some(high << 8 | low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_a_number_or_the_last_two_of_six() {
        assert_eq!(port(b"40123"), Some(40123));
        assert_eq!(port(b"127,0,0,1,156,187"), Some(40123));
        for wrong in [&b"1,2"[..], b"", b"70000", b"1,2,3,4,256,0", b"\xff"] {
            assert_eq!(port(wrong), None);
        }
    }

    #[test]
    fn a_listener_has_a_name_for_each_command() {
        let [hostport, eprt, lprt, ..] = names("127.0.0.1:40123".parse().unwrap());
        assert_eq!(hostport.1, "127,0,0,1,156,187");
        assert_eq!(eprt.1, "|1|127.0.0.1|40123|");
        assert_eq!(lprt.1, "4,4,127,0,0,1,2,156,187");
        let [_, eprt, ..] = names("[::1]:40123".parse().unwrap());
        assert_eq!(eprt.1, "|2|::1|40123|");
    }
}
