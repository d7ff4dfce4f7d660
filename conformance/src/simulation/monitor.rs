//! [`Monitor`]: listens in on a server's control connection, between the session and the network, and holds every reply against the
//! table and against a small model of where the session stands.

use ftp_core::command::{Command, State, Verb};
use ftp_core::line::{Framed, LineReader};
use ftp_core::reply::{Class, Reply, ReplyReader, table};
use ftp_core::server::ServerConfig;
use std::collections::VecDeque;

/// Commands that may wait for an answer at most: what fits into the session's output, and those that it holds.
const UNANSWERED: usize = 1500;
/// The longest line that our server sends.
const REPLY_LINE: usize = 16 * 1024;

/// A reply: to which command (`None`: to none), in which state, and its code.
pub type Seen = (Option<Verb>, State, u16);

/// What was said, and what it means for the session.
pub struct Monitor {
    commands: LineReader,
    lines: LineReader,
    replies: ReplyReader,
    asked: VecDeque<Asked>,
    state: State,
    /// TLS has to begin before the greeting.
    mute: bool,
    /// A 1xx of the transfer in front is out.
    opened: bool,
    /// 221, 421 or the like: nothing may follow.
    ended: bool,
    seen: Vec<Seen>,
    broken: Option<String>,
}

/// A command that has no final reply yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Greeting,
    /// A line that names no command.
    Unknown,
    Command(Verb),
    /// STAT of a path, which waits for the end of a transfer as others do.
    StatusOf,
}

impl Asked {
    fn verb(self) -> Option<Verb> {
        match self {
            Self::Command(verb) => Some(verb),
            Self::StatusOf => Some(Verb::Stat),
            Self::Greeting | Self::Unknown => None,
        }
    }

    fn is_transfer(self) -> bool {
        matches!(
            self,
            Self::Command(Verb::Retr | Verb::Stor | Verb::Stou | Verb::Appe | Verb::List | Verb::Nlst | Verb::Mlsd)
        )
    }
}

impl Monitor {
    /// A session with these settings, which has not greeted yet. `implicit`: nothing is said before TLS.
    pub fn new(config: &ServerConfig, implicit: bool) -> Self {
        Self {
            commands: LineReader::new(config.line_limit),
            lines: LineReader::new(REPLY_LINE),
            replies: ReplyReader::default(),
            asked: if implicit { VecDeque::new() } else { VecDeque::from([Asked::Greeting]) },
            mute: implicit,
            state: State::Stranger,
            opened: false,
            ended: false,
            seen: Vec::new(),
            broken: None,
        }
    }

    /// The session took these bytes.
    pub fn heard(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (used, framed) = self.commands.next(rest);
            let asked = match framed {
                Framed::Line(line) => match Command::parse(line) {
                    Ok(Command::Stat(Some(_))) => Some(Asked::StatusOf),
                    Ok(command) => Some(Asked::Command(command.verb())),
                    Err(error) => Some(error.verb.map_or(Asked::Unknown, Asked::Command)),
                },
                Framed::TooLong => Some(Asked::Unknown),
                Framed::Partial => None,
            };
            self.asked.extend(asked);
            rest = rest.get(used..).unwrap_or_default();
        }
        if self.asked.len() > UNANSWERED && !self.ended {
            self.breaks(format!("{} commands taken and not answered", self.asked.len()));
        }
    }

    /// TLS has begun: what came in the clear and waited does not count any more.
    pub fn secured(&mut self) {
        self.commands.clear();
        self.asked.clear();
        self.asked.extend(std::mem::take(&mut self.mute).then_some(Asked::Greeting));
        self.state = State::Stranger;
    }

    /// The session sent these bytes.
    pub fn said(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (used, framed) = self.lines.next(rest);
            let read = match framed {
                Framed::Line(line) => self.replies.line(line).map_err(|_| line.escape_ascii().to_string()),
                Framed::TooLong => Err("a line that is too long".into()),
                Framed::Partial => Ok(None),
            };
            match read {
                Ok(Some(reply)) => self.reply(&reply),
                Ok(None) => {}
                Err(line) => self.breaks(format!("no reply: {line}")),
            }
            rest = rest.get(used..).unwrap_or_default();
        }
    }

    /// The replies that were seen.
    pub fn seen(&self) -> &[Seen] {
        &self.seen
    }

    /// Is there a command without its final reply?
    pub fn owes(&self) -> bool {
        !self.ended && !self.asked.is_empty()
    }

    /// What did not hold, if anything.
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// The session rests: is every command answered?
    pub fn rests(&mut self) {
        if self.owes() {
            self.breaks(format!("no final reply to {:?}", self.asked));
        }
    }

    fn breaks(&mut self, what: String) {
        self.broken.get_or_insert(what);
    }

    fn reply(&mut self, reply: &Reply) {
        let number = reply.code().number();
        let shown = || format!("{number} {}", reply.lines()[0].escape_ascii());
        if self.ended {
            return self.breaks(format!("after the end: {}", shown()));
        }
        if reply.lines().iter().any(|line| line.starts_with(b"Internal error")) {
            return self.breaks(shown());
        }
        if number == 421 {
            self.ended = true;
            return self.seen.push((None, self.state, number));
        }
        let Some(at) = self.meant(number) else {
            return self.breaks(format!("{} to {:?} in {:?}", shown(), self.asked, self.state));
        };
        let asked = self.asked[at];
        let state = if at > 0 || (asked.is_transfer() && self.opened) { State::Transferring } else { self.state };
        if !table::permits(asked.verb(), reply.code()) {
            return self.breaks(format!("{} is not permitted to {asked:?}", shown()));
        }
        if number == 110 && asked.is_transfer() && self.opened {
            return self.seen.push((asked.verb(), state, number));
        }
        if reply.code().class() == Class::Preliminary {
            if std::mem::replace(&mut self.opened, true) || !asked.is_transfer() {
                self.breaks(format!("{} comes twice, or to no transfer: {asked:?}", shown()));
            }
            return self.seen.push((asked.verb(), state, number));
        }
        self.asked.remove(at);
        self.seen.push((asked.verb(), state, number));
        if (asked, number) == (Asked::Command(Verb::Auth), 234) {
            // What was read ahead is never answered: a handshake comes next, or the end.
            self.asked.clear();
        }
        if at == 0 {
            if let Some(verb) = asked.verb() {
                self.fits(verb, number);
            }
            self.opened = false;
            self.state = self.after(asked, number);
        }
    }

    /// The command that such a reply answers: the one in front, or one that may be answered while a transfer runs.
    fn meant(&self, number: u16) -> Option<usize> {
        let front = *self.asked.front()?;
        let of = |verb| self.asked.iter().skip(1).position(|&asked| asked == Asked::Command(verb)).map(|at| at + 1);
        let success = (200..300).contains(&number);
        match number {
            // A transfer does not end well that never began, so this is the answer to an ABOR that overtook it.
            226 if !(front == Asked::Command(Verb::Abor) || (front.is_transfer() && self.opened)) => of(Verb::Abor),
            // So is a STAT that came while a transfer ran, which may end before it is: then it goes before what waited.
            211 if !matches!(front, Asked::Command(Verb::Stat | Verb::Feat)) => of(Verb::Stat),
            _ if success && front.is_transfer() && !self.opened => None,
            _ => Some(0),
        }
    }

    /// A command that may not come now is told so, and one that may is not.
    fn fits(&mut self, verb: Verb, number: u16) {
        let row = verb.row();
        let refused = matches!(number, 503 | 530);
        let may = row.states.has(self.state);
        let own = table::row(verb).codes().any(|code| code == number);
        if !may && !refused {
            self.breaks(format!("{number} to {verb:?} in {:?}, where it may not come", self.state));
        }
        if may && refused && !own {
            self.breaks(format!("{number} to {verb:?} in {:?}, where it may come", self.state));
        }
    }

    /// Where the session stands after this reply.
    fn after(&mut self, asked: Asked, number: u16) -> State {
        let at_rest = if self.state == State::Renaming { State::User } else { self.state };
        match (asked, number) {
            (Asked::Command(Verb::User), 331) => State::Named,
            (Asked::Command(Verb::Pass), 332) => State::AccountWanted,
            (Asked::Command(Verb::User | Verb::Pass | Verb::Acct), 230) => State::User,
            (Asked::Command(Verb::Pass | Verb::Acct), 530) if !matches!(at_rest, State::User) => State::Stranger,
            (Asked::Command(Verb::Rein), 220) | (Asked::Command(Verb::Auth), 234) => State::Stranger,
            (Asked::Command(Verb::Rnfr), 350) => State::Renaming,
            (Asked::Command(Verb::Quit), 221) => {
                self.ended = true;
                at_rest
            }
            _ => at_rest,
        }
    }
}
