//! Which command each reply of a record answers. A record has the commands as they were sent and the replies as they came, so
//! a queue tells it: replies come in the order of their commands (RFC 959 5.4).

use ftp_core::command::Verb;
use std::collections::VecDeque;

/// A reply and what it answers; `None` for the greeting, for what came unasked, and for what is no known command.
pub(crate) type Answer = (Option<Verb>, u16);

/// Reads one record, from its first line on.
pub(crate) fn answers(record: &str) -> Vec<Answer> {
    let mut reader = Reader::default();
    for line in record.lines() {
        if let Some(command) = line.strip_prefix("C: ") {
            reader.sent(command);
        } else if let Some(bytes) = line.strip_prefix("C~ ") {
            reader.sent_raw(bytes);
        } else if let Some(reply) = line.strip_prefix("S: ") {
            reader.said(reply);
        }
    }
    reader.answers
}

#[derive(Default)]
struct Reader {
    answers: Vec<Answer>,
    waiting: VecDeque<Option<Verb>>,
    /// What was sent without a line end, in the notation of transcripts.
    partial: String,
    /// The first in the queue has had its preliminary reply.
    running: bool,
    /// A transfer was cut short by an ABOR that came behind other commands: its own reply is next.
    aborted: bool,
    /// The code of a reply whose last line has not come.
    block: Option<String>,
}

impl Reader {
    fn sent(&mut self, line: &str) {
        // What Telnet has put into the name is written `\xHH`.
        let mut pieces = line.split(' ').next().unwrap_or_default().split("\\x");
        let mut name = pieces.next().unwrap_or_default().to_owned();
        pieces.for_each(|piece| name.push_str(piece.get(2..).unwrap_or_default()));
        self.waiting.push_back(Verb::from_name(name.as_bytes()));
    }

    fn sent_raw(&mut self, bytes: &str) {
        self.partial.push_str(bytes);
        while let Some(end) = self.partial.find("\\n") {
            let rest = self.partial.split_off(end + 2);
            let line = std::mem::replace(&mut self.partial, rest);
            self.sent(line.trim_end_matches("\\n").trim_end_matches("\\r"));
        }
    }

    fn said(&mut self, line: &str) {
        if let Some(code) = &self.block {
            if line.strip_prefix(code.as_str()).is_some_and(|rest| rest.starts_with(' ')) {
                self.block = None;
            }
            return;
        }
        let Some((digits, rest)) = line.split_at_checked(3) else { return };
        let Ok(code) = digits.parse() else { return };
        if rest.starts_with('-') {
            self.block = Some(digits.to_owned());
        }
        self.reply(code);
    }

    fn reply(&mut self, code: u16) {
        // RFC 959 5.4: 421 may come at any time.
        if code == 421 {
            return self.answers.push((None, code));
        }
        // STAT is answered while the transfer before it goes on (RFC 959 4.1.3).
        let status = self.waiting.iter().position(|verb| *verb == Some(Verb::Stat));
        if let (true, 211..=213, Some(place)) = (self.running, code, status) {
            self.waiting.remove(place);
            return self.answers.push((Some(Verb::Stat), code));
        }
        let abort = self.waiting.iter().position(|verb| *verb == Some(Verb::Abor));
        if let (true, 225..=226, Some(place)) = (self.aborted, code, abort) {
            self.waiting.remove(place);
            self.aborted = false;
            return self.answers.push((Some(Verb::Abor), code));
        }
        self.aborted = self.running && code == 426;
        self.answers.push((self.waiting.front().copied().flatten(), code));
        self.running = matches!(code, 100..=199) && !self.waiting.is_empty();
        if !self.running {
            self.waiting.pop_front();
        }
    }
}

#[test]
fn replies_find_their_commands() {
    let record = "S: 220 x\nC: RETR a\nS: 150 x\nC: STAT\nC: ABOR\nS: 211-x\nS: 226 y\nS: 211 x\nS: 426 x\nS: 226 x\n\
                  C~ NO\nC~ OP\\r\\nfrob\\r\\n\nS: 200 x\nS: 500 x\nS: 421 x\n";
    let expected = [
        (None, 220),
        (Some(Verb::Retr), 150),
        (Some(Verb::Stat), 211),
        (Some(Verb::Retr), 426),
        (Some(Verb::Abor), 226),
        (Some(Verb::Noop), 200),
        (None, 500),
        (None, 421),
    ];
    assert_eq!(answers(record), expected);
}
