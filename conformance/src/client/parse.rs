//! Reading a client's transcript, line by line.

use super::{Ask, Event, Script, Setting, Step};
use crate::transcript::setup::{duration, word};
use crate::transcript::text::{quoted, unescape};
use crate::transcript::{Line, ParseError, Pattern, Template};
use ftp_core::client::{Request, TlsUse, Upload};
use ftp_core::codec::{Codec, Representation};
use ftp_core::command::Command;
use ftp_core::digest::Algorithm;
use ftp_core::secret::Secret;
use ftp_core::time::WallTime;
use std::collections::VecDeque;

impl Script {
    /// Reads a transcript. `file` is its name in messages.
    ///
    /// # Errors
    /// [`ParseError`] names the first line that cannot be read.
    pub fn parse(file: &str, text: &str) -> Result<Self, ParseError> {
        let mut script = Self { file: file.to_owned(), heading: Vec::new(), settings: Vec::new(), steps: Vec::new() };
        let mut joined = false;
        for (number, source) in (1..).zip(text.lines()) {
            joined = script.line(number, source, joined).map_err(|remedy| ParseError {
                file: file.to_owned(),
                line: number,
                found: source.to_owned(),
                remedy,
            })?;
        }
        script.each_request_has_an_outcome()?;
        Ok(script)
    }

    /// Nothing that came of a request may go unnoticed. Requests are done in the order in which they were made.
    fn each_request_has_an_outcome(&self) -> Result<(), ParseError> {
        let error = |line: &Line<Event>, remedy: &str| {
            let (file, found) = (self.file.clone(), line.source.clone());
            Err(ParseError { file, line: line.number, found, remedy: remedy.to_owned() })
        };
        let mut running = VecDeque::new();
        for step in &self.steps {
            let Step::Event(line) = step else { continue };
            match &line.what {
                Event::Ask(Ask::Request(..)) => running.push_back(line),
                Event::Outcome(_) if running.pop_front().is_none() => {
                    return error(line, "put the `@client` line that it is the outcome of above");
                }
                _ => {}
            }
        }
        running.pop_front().map_or(Ok(()), |line| error(line, "what comes of it? Write `=> done 200` or the like"))
    }

    /// Reads a line. `joined`: an `S:` line belongs to the same write as the one above; returned for the next line.
    fn line(&mut self, number: usize, source: &str, joined: bool) -> Result<bool, String> {
        if number == 1 && !source.starts_with("# RFC ") {
            return Err("the first line names the RFC and section: `# RFC 959 4.1.3 RETR`".into());
        }
        if source.is_empty() {
            return Ok(false);
        }
        if let Some(comment) = source.strip_prefix('#') {
            if self.heading.len() + 1 == number {
                self.heading.push(comment.trim_start().to_owned());
            }
            return Ok(joined);
        }
        let (mark, rest) = source.split_once(' ').unwrap_or((source, ""));
        if mark == "@set" {
            if !self.steps.is_empty() {
                return Err("`@set` comes too late: put it above the first exchange".into());
            }
            self.settings.push(setting(rest)?);
            return Ok(false);
        }
        if matches!(mark, "S:" | "S~") {
            let mut template = Template::parse(rest)?;
            if mark == "S:" {
                template.push(b"\r\n");
            }
            let line = Line { number, source: source.to_owned(), what: template };
            match self.steps.last_mut() {
                Some(Step::Send(lines)) if joined => lines.push(line),
                _ => self.steps.push(Step::Send(vec![line])),
            }
            return Ok(true);
        }
        let what = event(mark, rest)?;
        if what == Event::StaysOpen
            && let Some(Step::Event(Line { what, .. })) = self.steps.last_mut()
            && let Event::ExpectData(bytes) = what
        {
            *what = Event::ExpectSome(std::mem::take(bytes));
        }
        self.steps.push(Step::Event(Line { number, source: source.to_owned(), what }));
        Ok(false)
    }
}

fn event(mark: &str, rest: &str) -> Result<Event, String> {
    let (verb, argument) = rest.split_once(' ').unwrap_or((rest, ""));
    Ok(match (mark, verb) {
        ("C:", _) => Event::Expect(Pattern::parse(rest)?),
        ("=>", _) => Event::Outcome(Pattern::parse(rest)?),
        ("@client", _) => Event::Ask(from_the_root(ask(verb, argument)?, argument)?),
        ("@advance", _) => Event::Advance(duration(rest)?),
        ("S!", "closed") => Event::ServerCloses,
        ("S!", "tls") if argument.is_empty() => Event::Handshake(true),
        ("S!", "tls") if argument == "fails" => Event::Handshake(false),
        ("S!", "tls") if argument == "off" => Event::EndTls,
        ("C!", "closed") => Event::ClientCloses,
        ("D<", _) => Event::SendData(quoted(rest)?),
        ("D>", _) => Event::ExpectData(quoted(rest)?),
        ("D:", "listen") => Event::Listen,
        ("D:", "nobody") => Event::Nobody,
        ("D:", "accept") => Event::Accept,
        ("D:", "connect") => Event::Connect(Template::parse(argument)?),
        ("D:", "close") => Event::CloseData,
        ("D:", "reset") => Event::ResetData,
        ("D:", "tls") => Event::DataHandshake,
        ("D:", "truncate") => Event::TruncateData,
        ("D:", "cut") => Event::Cut,
        ("D:", "open") => Event::StaysOpen,
        ("D:", _) => {
            return Err("a server's data connection may `listen`, be where `nobody` listens, `accept`, `connect \
                        $hostport`, answer `tls`, `close`, `reset`, `truncate`, or be `open` or `cut`"
                .into());
        }
        _ => return Err("a line begins with #, @set, @client, @advance, =>, S: S~ S! C: C! D: D< or D>".into()),
    })
}

fn setting(arguments: &str) -> Result<Setting, String> {
    Ok(match arguments.split_once(' ') {
        Some(("pipeline", "on")) => Setting::Pipeline(None),
        Some(("pipeline", depth)) => {
            Setting::Pipeline(Some(depth.parse().map_err(|_| format!("{depth:?} is no number of files"))?))
        }
        Some(("active", "on")) => Setting::Active,
        Some(("active", "known")) => Setting::ActiveKnown,
        Some(("tls", "prefer")) => Setting::Tls(TlsUse::Prefer),
        Some(("tls", "require")) => Setting::Tls(TlsUse::Require),
        Some(("tls", "implicit")) => Setting::Tls(TlsUse::Implicit),
        Some(("reply-timeout", time)) => Setting::ReplyTimeout(duration(time)?),
        Some(("marker-interval", bytes)) => {
            Setting::MarkerInterval(bytes.parse().map_err(|_| format!("{bytes:?} is no number of bytes"))?)
        }
        Some(("stall-timeout", time)) => Setting::StallTimeout(duration(time)?),
        _ => {
            return Err(
                "there are `@set pipeline on`, `@set pipeline 2`, `@set active on`, `@set active known`, `@set reply-timeout 60s`, `@set stall-timeout 60s` \
                        `@set marker-interval 4096`, and `@set tls prefer`, `require` or `implicit`"
                    .into(),
            );
        }
    })
}

/// In a transcript a transfer's path begins at the root, so that the transcript tells where the file is.
fn from_the_root(ask: Ask, argument: &str) -> Result<Ask, String> {
    if let Ask::Request(Request::Retrieve { path, .. } | Request::Store { path, .. }, _) = &ask
        && !path.starts_with(b"/")
    {
        return Err(format!("{argument:?} is no path: write it from the root (`/pub/a`), a blank as \\x20"));
    }
    Ok(ask)
}

/// What an application asks for in these words.
pub(crate) fn ask(verb: &str, argument: &str) -> Result<Ask, String> {
    let path = || if argument.is_empty() { Err("a path is missing".to_owned()) } else { one(argument) };
    let request = match verb {
        "login" => login(argument)?,
        "pwd" => Request::WorkingDirectory,
        "cd" => Request::ChangeDirectory(path()?),
        "mkdir" => Request::MakeDirectory(path()?),
        "ensure" => Request::EnsureDirectory(path()?),
        "resume-point" => Request::ResumePoint(path()?),
        "rmdir" => Request::RemoveDirectory(path()?),
        "rm" => Request::RemoveFile(path()?),
        "size" => Request::Size(path()?),
        "modified" => Request::Modified(path()?),
        "rename" => {
            let (from, to) = word(argument).ok_or("write `@client rename FROM TO`")?;
            Request::Rename { from: one(from)?, to: one(to)? }
        }
        "facts" => Request::Facts(path()?),
        "digest" => {
            let (path, algorithm) = match word(argument) {
                Some((path, name)) => (path, Some(name)),
                None => (argument, None),
            };
            let unknown = "the digests are SHA-256, SHA-512, SHA-1, MD5 and CRC32";
            let algorithm = algorithm.map(|name| Algorithm::from_name(name.as_bytes()).ok_or(unknown)).transpose()?;
            Request::Digest { path: one(path)?, algorithm }
        }
        "set-modified" => {
            let remedy = "write `@client set-modified PATH 20260102030405`";
            let (path, time) = word(argument).ok_or(remedy)?;
            Request::SetModified { path: one(path)?, time: WallTime::parse(time.as_bytes()).ok_or(remedy)? }
        }
        "set-mode" => {
            let remedy = "write `@client set-mode PATH 644`";
            let (path, mode) = word(argument).ok_or(remedy)?;
            Request::SetMode { path: one(path)?, mode: u32::from_str_radix(mode, 8).map_err(|_| remedy)? }
        }
        "available" if argument.is_empty() => Request::Available(None),
        "available" => Request::Available(Some(path()?)),
        "allocate" => Request::Allocate(argument.parse().map_err(|_| "write `@client allocate 7`")?),
        "names" if argument.is_empty() => Request::Names(None),
        "names" => Request::Names(Some(path()?)),
        "status" if argument.is_empty() => Request::Status,
        "status" => Request::ListByStatus(path()?),
        "system" => Request::System,
        "language" if argument.is_empty() => Request::Language(None),
        "language" => Request::Language(Some(path()?)),
        "host" => Request::Host(path()?),
        "identify" => {
            let (name, version) = word(argument).ok_or("write `@client identify NAME VERSION`")?;
            Request::Identify { name: one(name)?, version: one(version)? }
        }
        "options" => {
            let (command, options) = word(argument).map_or((argument, None), |(command, rest)| (command, Some(rest)));
            Request::Options { command: one(command)?, options: options.map(unescape).transpose()? }
        }
        "list" if argument.is_empty() => Request::List(None),
        "list" => Request::List(Some(path()?)),
        "get" => {
            let (argument, codec) = codec(argument)?;
            let (path, offset) = match word(argument) {
                Some((path, rest)) => (path, offset(rest)?),
                None => (argument, 0),
            };
            Request::Retrieve { path: one(path)?, offset, codec }
        }
        "put" => return put(argument),
        "quote" => Request::Quote(unescape(argument)?),
        "noop" => Request::Noop,
        "quit" => Request::Quit,
        "abort" => return Ok(Ask::Abort),
        _ => {
            return Err(format!(
                "{verb:?} is nothing to ask for: there are login, pwd, cd, mkdir, ensure, rmdir, rm, size, resume-point, modified, facts, \
                 digest, set-modified, set-mode, available, allocate, rename, list, names, status, system, language, \
                 host, identify, options, get, put, quote, noop, quit and abort"
            ));
        }
    };
    Ok(Ask::Request(request, None))
}

/// One word with escapes; a blank in it is written `\x20`.
fn one(text: &str) -> Result<Vec<u8>, String> {
    if text.contains(' ') {
        Err(format!("{text:?} is more than one word: write a blank as \\x20"))
    } else {
        unescape(text)
    }
}

fn offset(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix("offset ").and_then(|digits| digits.parse().ok());
    digits.ok_or_else(|| format!("{text:?} is no offset: write `offset 7`"))
}

fn login(arguments: &str) -> Result<Request, String> {
    let words: Vec<&str> = arguments.split(' ').collect();
    let (user, password, account) = match words[..] {
        [user, password] => (user, password, None),
        [user, password, account] => (user, password, Some(account)),
        _ => return Err("write `@client login USER PASSWORD [ACCOUNT]`".into()),
    };
    Ok(Request::Login { user: one(user)?, password: Secret::new(one(password)?), account: account.map(Secret::new) })
}

/// What comes before `as TYPE STRU MODE`, and what that means; without it the bytes go as they are.
fn codec(text: &str) -> Result<(&str, Codec), String> {
    let Some((before, form)) = text.rsplit_once(" as ").filter(|(_, form)| !form.contains('"')) else {
        return Ok((text, Codec::RAW));
    };
    let mut codec = Codec::RAW;
    for (verb, argument) in ["TYPE", "STRU", "MODE"].into_iter().zip(form.split(' ')) {
        match Command::parse(format!("{verb} {argument}").as_bytes()) {
            Ok(Command::Type(code)) => codec.representation = Representation::served(code).ok_or("no such TYPE")?,
            Ok(Command::Stru(structure)) => codec.structure = structure,
            Ok(Command::Mode(mode)) => codec.mode = mode,
            _ => return Err(format!("{argument:?} is no {verb}: write `as A R B`, which is TYPE A, STRU R, MODE B")),
        }
    }
    Ok((before, codec))
}

/// `PATH "content" [offset N|resume N|append|unique] [as TYPE STRU MODE]`.
fn put(arguments: &str) -> Result<Ask, String> {
    let remedy = "write `@client put PATH \"content\" [offset N|resume N|append|unique] [as TYPE STRU MODE]`";
    let (arguments, codec) = codec(arguments)?;
    let (path, rest) = word(arguments).ok_or(remedy)?;
    let end = rest.rfind('"').ok_or(remedy)?;
    let (content, how) = rest.split_at(end + 1);
    let how = match how.trim_start() {
        "" => Upload::Replace,
        "append" => Upload::Append,
        "unique" => Upload::Unique,
        at => match at.strip_prefix("resume ") {
            Some(size) => Upload::Resume(size.parse().map_err(|_| remedy)?),
            None => Upload::ResumeAt(offset(at)?),
        },
    };
    let request = Request::Store { path: one(path)?, how, codec };
    Ok(Ask::Request(request, Some(quoted(content)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(
            text in "(# RFC 1\n)?((@client |@set |[CSD=][:!<>] ?)?(put /a |get /a |login )?[ -~\n\\\\$\"*é]{0,40}\n){0,8}",
        ) {
            if let Err(error) = Script::parse("t.ftp", &text) {
                prop_assert!(error.line <= text.lines().count().max(1), "{}", error);
            }
        }
    }

    fn parse(line: &str) -> Result<Script, ParseError> {
        Script::parse("t.ftp", &format!("# RFC 959\n{line}\n"))
    }

    #[test]
    fn replies_without_anything_between_them_are_one_write() {
        let script = parse("S: 220-a\nS: 220 b\n\nS: 421 c\nC: NOOP\nS: 200 d").unwrap();
        assert_eq!(script.steps.len(), 4);
        assert!(matches!(&script.steps[0], Step::Send(lines) if lines.len() == 2));
    }

    #[test]
    fn a_transfer_says_where_it_begins() {
        let script = parse("@client get /a offset 7\n=> *\n@client put /b \"x \\\" y\" append\n=> *").unwrap();
        let asked: Vec<_> = script
            .steps
            .iter()
            .filter_map(|step| match step {
                Step::Event(Line { what: Event::Ask(Ask::Request(request, content)), .. }) => Some((request, content)),
                _ => None,
            })
            .collect();
        assert!(matches!(asked[0], (Request::Retrieve { offset: 7, .. }, None)));
        let (Request::Store { how: Upload::Append, .. }, Some(content)) = asked[1] else { panic!("{asked:?}") };
        assert_eq!(content, b"x \" y");
    }

    #[test]
    fn errors_name_the_remedy() {
        for (line, remedy) in [
            ("@client dance", "there are login"),
            ("@client get a", "from the root"),
            ("@client get /a 7", "offset 7"),
            ("@client put /a", "\"content\""),
            ("@client login ann", "PASSWORD"),
            ("@client cd", "path is missing"),
            ("@client cd a b", "\\x20"),
            ("@client noop", "what comes of it"),
            ("=> done 200", "that it is the outcome of"),
            ("@set speed 3", "pipeline on"),
            ("@set tls off", "tls prefer"),
            ("S! tls perhaps", "begins with"),
            ("D: dial", "nobody"),
            ("S; 220", "begins with"),
        ] {
            let error = parse(line).unwrap_err();
            assert_eq!(error.line, 2);
            assert!(error.remedy.contains(remedy), "{error}");
        }
        assert!(parse("S: 220 a\n@set active on").is_err());
        assert!(Script::parse("t.ftp", "S: 220 a\n").is_err());
    }
}
