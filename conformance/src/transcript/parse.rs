//! Reading a transcript, line by line.

use super::check::{Check, SCRATCH};
use super::setup::{Node, Setup, absolute, duration, word};
use super::text::{Template, quoted};
use super::{Data, Event, Hello, Line, Pattern, Row, Shown, Step, Transcript, Worth};
use std::error::Error;
use std::fmt;

/// A line that cannot be read: where it is, what stands there, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The file.
    pub file: String,
    /// The line's number, from 1.
    pub line: usize,
    /// The line.
    pub found: String,
    /// What is wrong, and what to write.
    pub remedy: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: found `{}`: {}", self.file, self.line, self.found, self.remedy)
    }
}

impl Error for ParseError {}

impl Transcript {
    /// Reads a transcript. `file` is its name in messages.
    ///
    /// # Errors
    /// [`ParseError`] names the first line that cannot be read.
    pub fn parse(file: &str, text: &str) -> Result<Self, ParseError> {
        let mut reader = Reader {
            heading: Vec::new(),
            check: None,
            setup: Setup::new(),
            steps: Vec::new(),
            joined: false,
            in_block: false,
        };
        for (number, source) in (1..).zip(text.lines()) {
            reader.line(number, source).map_err(|remedy| ParseError {
                file: file.to_owned(),
                line: number,
                found: source.to_owned(),
                remedy,
            })?;
        }
        reader.finish(file)
    }
}

struct Reader {
    heading: Vec<String>,
    check: Option<Check>,
    setup: Setup,
    steps: Vec<Step>,
    /// The line above belongs to the same write or to the same expectation.
    joined: bool,
    /// The lines of a reply are written out one by one.
    in_block: bool,
}

impl Reader {
    fn line(&mut self, number: usize, source: &str) -> Result<(), String> {
        if number == 1 && !["# RFC ", "# draft-", "# practice"].iter().any(|start| source.starts_with(start)) {
            return Err("the first line names the RFC and section: `# RFC 959 4.1.3 RETR`".into());
        }
        if source.is_empty() {
            self.joined = false;
            return Ok(());
        }
        if source.ends_with(char::is_whitespace) {
            return Err("a blank ends the line, where nobody sees it: write it as \\x20, or take it away".into());
        }
        if let Some(comment) = source.strip_prefix('#') {
            if self.heading.len() + 1 == number {
                self.heading.push(comment.trim_start().to_owned());
            }
            return Ok(());
        }
        if let Some(directive) = source.strip_prefix('@') {
            return self.directive(number, source, directive);
        }
        let (mark, rest) = source.split_once(' ').unwrap_or((source, ""));
        match mark {
            "C:" => {
                let mut template = Template::parse(rest)?;
                template.push(b"\r\n");
                self.send(Line { number, source: source.to_owned(), what: template });
            }
            "C~" => self.send(Line { number, source: source.to_owned(), what: Template::parse(rest)? }),
            "S:" | "S?" => {
                let what = self.control_row(mark, rest)?;
                self.expect(Line { number, source: source.to_owned(), what });
            }
            "D<" => self.expect_data(Line { number, source: source.to_owned(), what: self.data(rest)? }),
            "D:" if rest == "open" => {
                self.expect_data(Line { number, source: source.to_owned(), what: Data::Open });
            }
            _ => {
                let what = event(mark, rest)?;
                if what == Event::Passive && self.check.is_none() {
                    return Err("only a case with a `@level` lets the runner choose the command".into());
                }
                self.event(number, source, what);
            }
        }
        Ok(())
    }

    /// A line that the server sends. In a case for any server it stands for a whole reply, unless the reply's lines are
    /// written out, from `ddd-` on.
    fn control_row(&mut self, mark: &str, text: &str) -> Result<Row, String> {
        let optional = mark == "S?";
        if let (Some(pattern), false) = (Pattern::of_lines(text)?, optional) {
            self.in_block = true;
            return Ok(Row::Lines(pattern));
        }
        let pattern = Pattern::reply(text)?;
        let ends = pattern.ends_reply();
        let alone = !self.in_block;
        self.in_block = ends == Some(false) || self.in_block && ends.is_none();
        match (&self.check, ends) {
            (Some(_), Some(true)) if alone => Ok(Row::Reply { pattern, optional }),
            _ if optional => Err("a case with a `@level` may say `S? CODE *` for a reply that need not come".into()),
            _ => Ok(Row::Pattern(pattern)),
        }
    }

    /// What comes over the data connection.
    fn data(&self, text: &str) -> Result<Data, String> {
        if text.starts_with('"') {
            quoted(text).map(Data::Bytes)
        } else if let Some(path) = text.strip_prefix("file ") {
            absolute(&self.below(path)).map(Data::File)
        } else if text.is_empty() {
            Err("write what comes: `\"bytes\"`, a line's pattern, `file /PATH`, or `\"\"` for nothing".into())
        } else if let Some(pattern) = Pattern::of_lines(text)? {
            Ok(Data::Row(Row::Lines(pattern)))
        } else {
            Pattern::parse(text).map(|pattern| Data::Row(Row::Pattern(pattern)))
        }
    }

    fn directive(&mut self, number: usize, source: &str, directive: &str) -> Result<(), String> {
        let (name, arguments) = word(directive).unwrap_or((directive, ""));
        let event = match name {
            "advance" | "set" | "user" | "user-on" | "certificate" | "account" | "host" if self.check.is_some() => {
                return Err(format!("`@{name}` is not to be had on other people's servers"));
            }
            "advance" => Event::Advance(duration(arguments)?),
            "expect-file" => {
                let (path, content) = word(arguments).ok_or("write `@expect-file /PATH \"content\"`")?;
                Event::ExpectFile(absolute(&self.below(path))?, quoted(content)?)
            }
            "expect-dir" => Event::ExpectDir(absolute(&self.below(arguments))?),
            "expect-missing" => Event::ExpectMissing(absolute(&self.below(arguments))?),
            "login" => return self.login(number, source),
            "level" if self.check.is_none() && self.setup == Setup::new() && self.steps.is_empty() => {
                self.check = Some(Check::new(arguments)?);
                self.setup.tree.push(Node { path: SCRATCH.into(), content: None });
                // Without these our own servers have neither HOST nor AUTH.
                self.setup.hosts.push("check.example".into());
                self.setup.take("set", "tls offer")?;
                return Ok(());
            }
            "level" => return Err("`@level` stands once, above everything but the heading".into()),
            _ => {
                let of_check = self.check.as_mut().map(|check| check.take(name, arguments)).transpose()?;
                if of_check != Some(true) && !self.setup.take(name, &self.below(arguments))? {
                    return Err(format!(
                        "`@{name}` is no directive: there are @file @random @dir @user @account @set @login @advance \
                         @expect-file @expect-dir @expect-missing, and with @level @needs @optional @hostile @clear"
                    ));
                }
                if !self.steps.is_empty() {
                    return Err(format!("`@{name}` comes too late: put it above the first exchange"));
                }
                return Ok(());
            }
        };
        self.event(number, source, event);
        Ok(())
    }

    /// A path as it is written; without a slash at its beginning it is below the scratch directory.
    fn below(&self, path: &str) -> String {
        if self.check.is_some() && !path.starts_with('/') { format!("{SCRATCH}/{path}") } else { path.to_owned() }
    }

    /// `@login`: the greeting, and the login of the first user.
    fn login(&mut self, number: usize, source: &str) -> Result<(), String> {
        if !self.steps.is_empty() {
            return Err("`@login` takes the greeting too: put it before any other exchange".into());
        }
        if self.check.is_some() {
            self.event(number, source, Event::Login);
            return Ok(());
        }
        let user = self.setup.users.first().cloned().unwrap_or_else(Setup::default_user);
        let (name, password) = (user.name, user.password);
        let mut login = vec![format!("C: USER {name}"), "S: 331 *".into(), format!("C: PASS {password}")];
        if let Some(account) = user.account {
            login.extend(["S: 332 *".into(), format!("C: ACCT {account}")]);
        }
        for line in ["S: 220 *".to_owned()].iter().chain(&login).chain(&["S: 230 *".to_owned()]) {
            self.line(number, line).map_err(|_| "the user cannot be logged in: use plain letters".to_owned())?;
        }
        self.joined = false;
        Ok(())
    }

    fn send(&mut self, line: Line<Template>) {
        match self.steps.last_mut() {
            Some(Step::Send(lines)) if self.joined => lines.push(line),
            _ => self.steps.push(Step::Send(vec![line])),
        }
        self.joined = true;
    }

    fn expect(&mut self, line: Line<Row>) {
        match self.steps.last_mut() {
            Some(Step::Expect(lines)) if self.joined => lines.push(line),
            _ => self.steps.push(Step::Expect(vec![line])),
        }
        self.joined = true;
    }

    fn expect_data(&mut self, line: Line<Data>) {
        match self.steps.last_mut() {
            Some(Step::ExpectData(lines)) if self.joined => lines.push(line),
            _ => self.steps.push(Step::ExpectData(vec![line])),
        }
        self.joined = true;
    }

    fn event(&mut self, number: usize, source: &str, what: Event) {
        self.steps.push(Step::Event(Line { number, source: source.to_owned(), what }));
        self.joined = false;
    }

    fn finish(mut self, file: &str) -> Result<Transcript, ParseError> {
        let error = |line: usize, found: &str, remedy: &str| ParseError {
            file: file.to_owned(),
            line,
            found: found.to_owned(),
            remedy: remedy.to_owned(),
        };
        if self.steps.is_empty() {
            return Err(error(1, "no exchange", "write what the server and the client say: `S: 220 *`, `C: NOOP`"));
        }
        for step in &self.steps {
            if let Step::Expect(lines) = step
                && let Some(last) = lines.last().filter(|line| matches!(line.what, Row::Lines(_)))
            {
                return Err(error(last.number, &last.source, "`...` needs the line after it that ends it"));
            }
        }
        if self.setup.users.is_empty() {
            self.setup.users.push(Setup::default_user());
        }
        Ok(Transcript {
            file: file.to_owned(),
            heading: self.heading,
            check: self.check,
            setup: self.setup,
            steps: self.steps,
        })
    }
}

fn event(mark: &str, rest: &str) -> Result<Event, String> {
    let (verb, argument) = rest.split_once(' ').unwrap_or((rest, ""));
    Ok(match (mark, verb) {
        ("C!", "close") => Event::ClientCloses,
        ("C!", "urgent") => Event::Urgent,
        ("C!", "tls") if argument == "off" => Event::StopTls,
        ("C!", "tls") => start_tls(argument)?,
        ("C!", _) => return Err("the client may `C! close`, `C! urgent` or `C! tls`".into()),
        ("D!", "tls") if argument.is_empty() => Event::SecureData { resumed: true },
        ("D!", "tls") if argument == "new" => Event::SecureData { resumed: false },
        ("D!", _) => return Err("write `D! tls` or `D! tls new`".into()),
        ("S!", "closed") => Event::ServerCloses,
        ("S!", _) => return Err("the server may be `S! closed`".into()),
        ("D>", _) => Event::SendData(quoted(rest)?),
        ("D:", "passive") => Event::Passive,
        ("D:", "connect") => Event::Connect(Template::parse(argument)?),
        ("D:", "refused") => Event::Refused(Template::parse(argument)?),
        ("D:", "listen") => Event::Listen,
        ("D:", "accept") => Event::Accept,
        ("D:", "close") => Event::CloseData,
        ("D:", "reset") => Event::ResetData,
        ("D:", "truncate") => Event::TruncateData,
        ("D:", "cut") => Event::Cut,
        ("D:", _) => {
            return Err(
                "a data connection may be `passive`, `connect $port`, be `refused $port`, `listen`, `accept`, \
                        `close`, `reset`, `truncate`, or be `open` or `cut`"
                    .into(),
            );
        }
        _ => return Err("a line begins with #, @, C: C~ C! S: S? S! D: D! D< or D>".into()),
    })
}

/// `[refused] [for SERVER] [as NAME [expired|foreign]]`
fn start_tls(text: &str) -> Result<Event, String> {
    let mut words = text.split_whitespace().peekable();
    let begins = words.next_if_eq(&"refused").is_none();
    let mut hello = Hello::default();
    let remedy = "write `C! tls`, `C! tls off`, or `C! tls [refused] [for SERVER] [as NAME [expired|foreign]]`";
    while let Some(word) = words.next() {
        match (word, words.next()) {
            ("for", Some(name)) => name.clone_into(&mut hello.server_name),
            ("as", Some(name)) => {
                let worth = match words.peek() {
                    Some(&"expired") => Worth::Expired,
                    Some(&"foreign") => Worth::Foreign,
                    _ => Worth::Good,
                };
                if worth != Worth::Good {
                    words.next();
                }
                hello.certificate = Some(Shown { name: name.to_owned(), worth });
            }
            _ => return Err(remedy.into()),
        }
    }
    Ok(Event::StartTls { hello, begins })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(# RFC 1\n)?(([CSD@#][:~!<>]? ?)?[ -~\n\\\\$\"*é]{0,40}\n){0,8}") {
            if let Err(error) = Transcript::parse("t.ftp", &text) {
                prop_assert!(error.line <= text.lines().count().max(1), "{}", error);
            }
        }
    }

    /// A line of a step.
    fn any_line() -> impl Strategy<Value = String> {
        prop_oneof![
            "C[:~] [A-Z]{3,4}( [a-z/$]?[a-z0-9\\\\r]{0,6}z)?",
            "S: [1-5][0-9]{2}[ -]([a-z*]{0,6}|\\$[a-z]{1,3})[a-z*.]",
            "S: \\.\\.\\.",
            "D< (\"[a-z ]{0,6}\"|[a-z*]{1,6}|file /[a-z]{1,3})",
            "D> \"[a-z ]{0,6}\"",
            prop::sample::select(
                &[
                    "C! close",
                    "C! urgent",
                    "S! closed",
                    "D: listen",
                    "D: accept",
                    "D: close",
                    "D: cut",
                    "D: open",
                    "@advance 60s"
                ][..]
            )
            .prop_map(ToOwned::to_owned),
        ]
    }

    /// The steps without the numbers of their lines.
    fn meaning(transcript: &Transcript) -> Vec<Vec<(&str, String)>> {
        fn each<T: fmt::Debug>(lines: &[Line<T>]) -> Vec<(&str, String)> {
            lines.iter().map(|line| (&*line.source, format!("{:?}", line.what))).collect()
        }
        fn step(step: &Step) -> Vec<(&str, String)> {
            match step {
                Step::Send(lines) => each(lines),
                Step::Expect(lines) => each(lines),
                Step::Event(line) => each(std::slice::from_ref(line)),
                Step::ExpectData(lines) => each(lines),
            }
        }
        transcript.steps.iter().map(step).collect()
    }

    proptest! {
        /// What was read, written down again step by step, reads as the same.
        #[test]
        fn a_transcript_reads_back_from_its_steps(lines in prop::collection::vec(prop_oneof![9 => any_line(), 1 => Just(String::new())], 0..12)) {
            let read = parse(&(lines.join("\n") + "\n"));
            prop_assume!(read.is_ok());
            let transcript = read.unwrap();
            let steps: Vec<String> = meaning(&transcript)
                .iter()
                .map(|step| step.iter().flat_map(|(source, _)| [*source, "\n"]).collect())
                .collect();
            let again = parse(&steps.join("\n")).unwrap();
            prop_assert_eq!(meaning(&again), meaning(&transcript));
        }
    }

    fn parse(body: &str) -> Result<Transcript, ParseError> {
        Transcript::parse("t.ftp", &format!("# RFC 959 4.1\n{body}"))
    }

    #[test]
    fn lines_of_a_kind_are_one_step() {
        let transcript = parse("S: 220 *\nC: NOOP\nC: NOOP\n\nC: NOOP\nS: 200 *\nS: 200 *\nS: 200 *\n").unwrap();
        let lengths: Vec<usize> = transcript
            .steps
            .iter()
            .map(|step| match step {
                Step::Send(lines) => lines.len(),
                Step::Expect(lines) => lines.len(),
                _ => 0,
            })
            .collect();
        assert_eq!(lengths, [1, 2, 1, 3]);
    }

    #[test]
    fn a_login_is_the_first_users() {
        let transcript = parse("@user bob b read-only\n@account bob x\n@login\nC: NOOP\nS: 200 *\n").unwrap();
        let sent: Vec<&str> = transcript
            .steps
            .iter()
            .filter_map(|step| if let Step::Send(lines) = step { Some(&lines[0].source[..]) } else { None })
            .collect();
        assert_eq!(sent, ["C: USER bob", "C: PASS b", "C: ACCT x", "C: NOOP"]);
        assert_eq!(transcript.setup.users.len(), 1);
    }

    #[test]
    fn errors_name_the_line_and_the_remedy() {
        for (body, line, remedy) in [
            ("S: 220 * \n", 2, "\\x20"),
            ("@fil /a \"\"\n", 2, "no directive"),
            ("@file a \"\"\n", 2, "from the root"),
            ("S: 220 *\n@dir /a\n", 3, "above the first exchange"),
            ("S: 220 *\nX: y\n", 3, "begins with"),
            ("C! shout\n", 2, "C! close"),
            ("D: dial\n", 2, "connect $port"),
            ("S: 211-*\nS: ...\n", 3, "after it"),
            ("@set speed 3\n", 2, "no setting"),
            ("@user a b fly\n", 2, "no right"),
            ("@account a b\n", 2, "put `@user a"),
            ("C: a\\q\n", 2, "no escape"),
            ("", 1, "S: 220"),
        ] {
            let error = parse(body).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            assert!(error.remedy.contains(remedy), "{error}");
        }
        let error = Transcript::parse("t.ftp", "S: 220 *\n").unwrap_err();
        assert!(error.to_string().starts_with("t.ftp:1: found `S: 220 *`: "), "{error}");
    }
}
