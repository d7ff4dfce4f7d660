//! Playing a script on a [`Client`]: [`play`] gives the record of what was said, or a [`Failure`] that names the line.

use super::{Client, Event, Script, Step};
use crate::runner::Failure;
use crate::runner::input::Input;
use crate::runner::{names, port};
use crate::transcript::text::show;
use crate::transcript::{Found, Line, Pattern, Template};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;

/// Plays a script to its end; then nothing may be left that the client said. Gives the record.
///
/// # Errors
/// [`Failure`], at the first line that did not go as written.
pub fn play(script: &Script, client: &mut dyn Client) -> Result<String, Failure> {
    let mut player = Player {
        script,
        client,
        control: Input::default(),
        data: Input::default(),
        variables: BTreeMap::new(),
        record: String::new(),
    };
    for line in &script.heading {
        player.write(&format!("# {line}"));
    }
    for (at, step) in script.steps.iter().enumerate() {
        let asks = |step: &Step| matches!(step, Step::Event(Line { what: Event::Ask(_), .. }));
        match step {
            Step::Send(lines) => player.send(lines)?,
            Step::Event(line) => player.event(line, script.steps.get(at + 1).is_some_and(asks))?,
        }
    }
    player.end()?;
    Ok(player.record)
}

struct Player<'a> {
    script: &'a Script,
    client: &'a mut dyn Client,
    control: Input,
    data: Input,
    variables: BTreeMap<String, String>,
    record: String,
}

type Outcome = Result<(), Failure>;

impl Player<'_> {
    fn send(&mut self, lines: &[Line<Template>]) -> Outcome {
        let mut bytes = Vec::new();
        for line in lines {
            bytes.extend(self.fill(line, &line.what)?);
            self.write(&line.source);
        }
        self.client.send(&bytes);
        Ok(())
    }

    /// `more`: the next line asks for something too.
    fn event(&mut self, line: &Line<Event>, more: bool) -> Outcome {
        match &line.what {
            Event::Ask(ask) => self.client.ask(ask, more),
            Event::Outcome(pattern) => {
                let seen = self.client.outcome().ok_or_else(|| self.failure(line, "it goes on".into()))?;
                return self.fits(line, pattern, "=> ", seen.as_bytes());
            }
            Event::Expect(pattern) => {
                let Some(said) = self.control.line(|| self.client.receive()) else {
                    return Err(self.failure(line, format!("the client {}", self.control.end())));
                };
                return self.fits(line, pattern, "C: ", &said);
            }
            Event::ServerCloses => self.client.close(),
            Event::ClientCloses => {
                let left = self.control.all(|| self.client.receive());
                if !left.is_empty() {
                    return Err(self.failure(line, format!("the client said `{}`", show(&left))));
                }
                if !self.control.closed() {
                    return Err(self.failure(line, "the client does not close".into()));
                }
            }
            Event::EndTls => self.client.stop_tls().map_err(|seen| self.failure(line, seen.into()))?,
            Event::Handshake(succeeds) => {
                let left = self.control.all(|| self.client.receive());
                if !left.is_empty() {
                    return Err(self.failure(line, format!("the client said `{}` before it", show(&left))));
                }
                self.client.shake_hands(*succeeds).map_err(|seen| self.failure(line, seen.into()))?;
            }
            Event::DataHandshake => self.client.secure_data().map_err(|seen| self.failure(line, seen.into()))?,
            Event::Listen => {
                let address = self.client.listen();
                self.listens(address);
            }
            Event::Nobody => {
                let address = self.client.nobody();
                self.listens(address);
            }
            Event::Accept => {
                if !self.client.accept() {
                    return Err(self.failure(line, "the client does not connect".into()));
                }
            }
            Event::Connect(target) => {
                let text = self.fill(line, target)?;
                self.data = Input::default();
                if !port(&text).is_some_and(|port| self.client.connect(port)) {
                    return Err(self.failure(line, format!("nobody listens at `{}`", show(&text))));
                }
            }
            Event::SendData(bytes) => self.client.send_data(bytes),
            Event::ExpectData(bytes) => {
                let seen = self.data.all(|| self.client.receive_data());
                if seen != *bytes {
                    return Err(self.failure(line, format!("the client sent `{}`", show(&seen))));
                }
                self.data_closed(line)?;
            }
            Event::ExpectSome(bytes) => {
                let seen = self.data.bytes(bytes.len(), || self.client.receive_data());
                if seen != *bytes {
                    return Err(self.failure(line, format!("the client sent `{}`", show(&seen))));
                }
            }
            Event::StaysOpen => {
                let left = self.data.unread();
                if !left.is_empty() || self.data.closed() {
                    return Err(self.failure(line, format!("the client sent `{}` or closed it", show(&left))));
                }
            }
            Event::Cut => {
                self.data.all(|| self.client.receive_data());
                self.data_closed(line)?;
            }
            Event::CloseData => self.client.close_data(false),
            Event::ResetData => self.client.close_data(true),
            Event::TruncateData => self.client.truncate_data(),
            Event::Advance(by) => self.client.advance(*by),
        }
        self.write(&line.source);
        Ok(())
    }

    /// What the client said and nobody expected. It says no more when the server is gone.
    fn end(&mut self) -> Outcome {
        let line = Line { number: 0, source: "the end of the transcript".into(), what: () };
        self.client.close();
        let left = self.control.all(|| self.client.receive());
        if !left.is_empty() {
            return Err(self.failure(&line, format!("the client said `{}`", show(&left))));
        }
        Ok(())
    }

    fn listens(&mut self, address: SocketAddr) {
        self.data = Input::default();
        let port = address.port();
        self.variables.extend(names(address));
        let parts = [("port", port), ("high", port >> 8), ("low", port & 0xff)];
        self.variables.extend(parts.map(|(name, number)| (name.to_owned(), number.to_string())));
    }

    fn data_closed(&self, line: &Line<Event>) -> Outcome {
        if self.data.closed() {
            return Ok(());
        }
        Err(self.failure(line, "the client does not close the data connection".into()))
    }

    fn fits(&mut self, line: &Line<Event>, pattern: &Pattern, mark: &str, seen: &[u8]) -> Outcome {
        let Some(Found { shown, captures }) = pattern.find(seen) else {
            return Err(self.failure(line, format!("the client said `{}`", show(seen))));
        };
        self.write(&format!("{mark}{shown}"));
        self.variables.extend(captures);
        Ok(())
    }

    fn fill<T>(&self, line: &Line<T>, template: &Template) -> Result<Vec<u8>, Failure> {
        template.fill(|name| self.variables.get(name).map(String::as_str)).map_err(|name| {
            self.failure(line, format!("nothing has given `${name}` a value: put `D: listen` or `D: nobody` above"))
        })
    }

    fn write(&mut self, line: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.record, "{line}");
    }

    fn failure<T>(&self, line: &Line<T>, seen: String) -> Failure {
        Failure {
            file: self.script.file.clone(),
            line: line.number,
            expected: line.source.clone(),
            seen,
            record: self.record.clone(),
        }
    }
}
