//! What comes over the data connection.

use super::{Outcome, Player};
use crate::transcript::text::show;
use crate::transcript::{Data, Event, Line, Pattern, Row};

impl Player<'_> {
    /// The server sends this, then closes the connection in good order, or leaves it open.
    pub(super) fn expect_data(&mut self, lines: &[Line<Data>]) -> Outcome {
        let mut skipping: Option<&Pattern> = None;
        for line in lines {
            match &line.what {
                Data::Row(Row::Lines(pattern)) => skipping = Some(pattern),
                // Replies do not come over the data connection.
                Data::Row(Row::Reply { .. }) => {}
                Data::Row(Row::Pattern(pattern)) => loop {
                    let Some(said) = self.data.line(|| self.backend.receive_data()) else {
                        return Err(self.failure(line, format!("the server {}", self.data.end())));
                    };
                    match pattern.find(&said) {
                        Some(found) => {
                            self.found("D< ", found);
                            skipping = None;
                            break;
                        }
                        None if skipping.is_some_and(|skipped| skipped.find(&said).is_some()) => {
                            self.write(&format!("D< {}", show(&said)));
                        }
                        None => return Err(self.failure(line, format!("the server sent `{}`", show(&said)))),
                    }
                },
                Data::Open => return self.stays_open(line),
                Data::Bytes(bytes) => self.exactly(line, bytes)?,
                Data::File(path) => {
                    let node = self.transcript.setup.tree.iter().rev().find(|node| node.path == *path);
                    let Some(content) = node.and_then(|node| node.content.as_ref()) else {
                        return Err(
                            self.failure(line, "the transcript has no such file: add `@file` or `@random`".into())
                        );
                    };
                    self.exactly(line, content)?;
                }
            }
        }
        let left = self.data.all(|| self.backend.receive_data());
        let Some(last) = lines.last() else { return Ok(()) };
        if let Some(skipped) = skipping {
            for said in left.split_inclusive(|&b| b == b'\n') {
                let text = said.strip_suffix(b"\r\n").unwrap_or(said);
                if skipped.find(text).is_none() {
                    return Err(self.failure(last, format!("the server sent `{}`", show(abridged(said)))));
                }
                self.write(&format!("D< {}", show(said.trim_ascii_end())));
            }
        } else if !left.is_empty() {
            return Err(self.failure(last, format!("the server sent `{}` more", show(abridged(&left)))));
        }
        if !self.data.closed() {
            return Err(self.failure(last, "the server does not close the data connection".into()));
        }
        Ok(())
    }

    /// The server has sent no more than was expected, and has not closed the connection, as far as is known yet.
    fn stays_open(&mut self, line: &Line<Data>) -> Outcome {
        let left = self.data.unread();
        if !left.is_empty() {
            return Err(self.failure(line, format!("the server sent `{}` more", show(abridged(&left)))));
        }
        if self.data.closed() {
            return Err(self.failure(line, "the server closed it".into()));
        }
        self.write(&line.source);
        Ok(())
    }

    /// The server ends the data connection; how much came is not asked.
    pub(super) fn cut(&mut self, line: &Line<Event>) -> Outcome {
        self.data.all(|| self.backend.receive_data());
        if self.data.closed() {
            return Ok(());
        }
        Err(self.failure(line, "the server does not close the data connection".into()))
    }

    fn exactly(&mut self, line: &Line<Data>, content: &[u8]) -> Outcome {
        let seen = self.data.bytes(content.len(), || self.backend.receive_data());
        if seen == content {
            self.write(&line.source);
            return Ok(());
        }
        let same = seen.iter().zip(content).take_while(|(a, b)| a == b).count();
        let seen = show(abridged(&seen[same..]));
        Err(self.failure(line, format!("the server sent `{seen}` after {same} right bytes and {}", self.data.end())))
    }
}

/// As much of long content as a message bears.
fn abridged(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(80)]
}
