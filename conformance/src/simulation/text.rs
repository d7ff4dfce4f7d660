//! A [`Program`] as text, so that one that failed is kept and played for ever, whatever becomes of how programs are made from seeds.
//!
//! The first line says who talks and what may go wrong; then comes a line for each step:
//! - `program 142 storm client pipeline active tls-require`: the seed that its chance comes from (the order of events, how bytes are cut),
//!   the sky, `client` or `raw`, and what else is set;
//! - `@client put a "content" append`: what the application asks for, in the words of a client's transcript. `@give-up 5`: the request above
//!   is given up after so many rounds; `@together`: the next one is asked for at once with it;
//! - `C~ "NOOP\r\n" 3000`: a raw peer's bytes, so many times;
//! - the others are what [`Step`] says, in lower case: `pause`, `data send 100`, `deaf on`, `wait 5000` (milliseconds), `fail write local`.
//!
//! `#` begins a comment.

use super::program::{CALL_ERRORS, Manner, POLICIES, Program, SKIES, Step, USES};
use crate::client::Ask;
use crate::client::parse::ask;
use crate::transcript::setup::word;
use crate::transcript::text::{quoted, show};
use ftp_core::client::{Request, TlsUse, Upload};
use ftp_core::codec::{Codec, Representation};
use ftp_core::command::{Mode, Structure};
use ftp_core::server::TlsPolicy;
use ftp_host::storage::MemoryCall;
use std::fmt;
use std::time::Duration;

impl Program {
    /// Reads a program.
    ///
    /// # Errors
    /// The first line that cannot be read, and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut program = first_line(lines.next().unwrap_or_default())?;
        for line in lines {
            program.take(line).map_err(|why| format!("{line}: {why}"))?;
        }
        Ok(program)
    }

    fn take(&mut self, line: &str) -> Result<(), String> {
        let (verb, argument) = word(line).unwrap_or((line, ""));
        match (verb, self.steps.last_mut()) {
            ("@give-up", Some(Step::Ask { patience, .. })) => *patience = Some(number(argument)? as u32),
            ("@together", Some(Step::Ask { together, .. })) => *together = true,
            _ => self.steps.push(step(verb, argument)?),
        }
        Ok(())
    }
}

fn first_line(line: &str) -> Result<Program, String> {
    let mut words = line.split(' ');
    if words.next() != Some("program") {
        return Err(format!("{line:?}: the first line is `program SEED SKY client|raw …`"));
    }
    let mut program = Program::new(number(words.next().unwrap_or_default())?);
    for word in words {
        match word {
            "client" => program.client = true,
            "raw" => program.client = false,
            "pipeline" => program.pipeline = true,
            "active" => program.active = true,
            "no-deflate" => program.deflate = None,
            _ => {
                let sky = named(&SKIES, word).map(|sky| program.sky = sky);
                let tls = named(&USES, word).map(|used| program.tls_use = used);
                let policy = named(&POLICIES, word).map(|policy| program.tls_policy = policy);
                sky.or(tls).or(policy).ok_or_else(|| format!("{word:?} is no setting"))?;
            }
        }
    }
    Ok(program)
}

fn step(verb: &str, argument: &str) -> Result<Step, String> {
    Ok(match (verb, argument) {
        ("@client", _) => {
            let (verb, argument) = word(argument).unwrap_or((argument, ""));
            match ask(verb, argument)? {
                Ask::Request(request, content) => {
                    Step::Ask { request, content: content.unwrap_or_default(), patience: None, together: false }
                }
                Ask::Abort => return Err("write `@give-up 5` below the request".into()),
            }
        }
        ("C~", _) => {
            let end = argument.rfind('"').ok_or("write `C~ \"bytes\"`")? + 1;
            let times = argument[end..].trim_start();
            let times = if times.is_empty() { 1 } else { number(times)? };
            Step::Say(quoted(&argument[..end])?.repeat(times as usize))
        }
        ("pause", _) => Step::Pause,
        ("data", _) => Step::Data(manner(argument)?),
        ("deaf", "on") => Step::Deaf(true),
        ("deaf", "off") => Step::Deaf(false),
        ("urgent", _) => Step::Urgent,
        ("secure", _) => Step::Secure,
        ("half-close", _) => Step::HalfClose,
        ("wait", _) => Step::Wait(Duration::from_millis(number(argument)?)),
        ("fail", _) => {
            let (call, error) = word(argument).ok_or("write `fail CALL ERROR`")?;
            let call = named(&MemoryCall::NAMES, call).ok_or_else(|| format!("{call:?} is no call"))?;
            let error = named(&CALL_ERRORS, error).ok_or_else(|| format!("{error:?} is no error"))?;
            Step::Fail(call, error)
        }
        ("heal", _) => Step::Heal,
        _ => return Err("no such step".into()),
    })
}

fn manner(text: &str) -> Result<Manner, String> {
    let bytes = |bytes: &str| number(bytes).map(|bytes| bytes as usize);
    Ok(match word(text).unwrap_or((text, "")) {
        ("read", _) => Manner::Read,
        ("sleep", _) => Manner::Sleep,
        ("never", _) => Manner::Never,
        ("send", count) => Manner::Send(bytes(count)?),
        ("break", count) => Manner::Break(bytes(count)?),
        _ => return Err("data is read, sleep, never, send N or break N".into()),
    })
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text:?} is no number"))
}

fn named<T: Copy>(names: &[(&str, T)], name: &str) -> Option<T> {
    names.iter().find(|(known, _)| *known == name).map(|&(_, value)| value)
}

fn name_of<'a, T: PartialEq>(names: &[(&'a str, T)], value: &T) -> &'a str {
    names.iter().find(|(_, known)| known == value).map_or("?", |&(name, _)| name)
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = if self.client { "client" } else { "raw" };
        write!(f, "program {} {} {who}", self.seed, name_of(&SKIES, &self.sky))?;
        for (set, name) in
            [(self.pipeline, "pipeline"), (self.active, "active"), (self.deflate.is_none(), "no-deflate")]
        {
            if set {
                write!(f, " {name}")?;
            }
        }
        if self.tls_use != TlsUse::Off {
            write!(f, " {}", name_of(&USES, &self.tls_use))?;
        }
        if self.tls_policy != TlsPolicy::Off {
            write!(f, " {}", name_of(&POLICIES, &self.tls_policy))?;
        }
        writeln!(f)?;
        self.steps.iter().try_for_each(|step| writeln!(f, "{step}"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ask { request, content, patience, together } => {
                write!(f, "@client {}", words(request, content))?;
                if let Some(rounds) = patience {
                    write!(f, "\n@give-up {rounds}")?;
                }
                if *together { f.write_str("\n@together") } else { Ok(()) }
            }
            Self::Say(bytes) => {
                let (unit, times) = repeated(bytes);
                write!(f, "C~ \"{}\"", text(unit))?;
                if times > 1 { write!(f, " {times}") } else { Ok(()) }
            }
            Self::Pause => f.write_str("pause"),
            Self::Data(Manner::Send(bytes)) => write!(f, "data send {bytes}"),
            Self::Data(Manner::Break(bytes)) => write!(f, "data break {bytes}"),
            Self::Data(manner) => write!(f, "data {}", format!("{manner:?}").to_lowercase()),
            Self::Deaf(deaf) => write!(f, "deaf {}", if *deaf { "on" } else { "off" }),
            Self::Urgent => f.write_str("urgent"),
            Self::Secure => f.write_str("secure"),
            Self::HalfClose => f.write_str("half-close"),
            Self::Wait(time) => write!(f, "wait {}", time.as_millis()),
            Self::Fail(call, error) => {
                write!(f, "fail {} {}", name_of(&MemoryCall::NAMES, call), name_of(&CALL_ERRORS, error))
            }
            Self::Heal => f.write_str("heal"),
        }
    }
}

/// The shortest bytes that these are made of, and how often.
fn repeated(bytes: &[u8]) -> (&[u8], usize) {
    let unit = (1..=8).find(|&unit| {
        bytes.len() > 4 * unit
            && bytes.len().is_multiple_of(unit)
            && bytes.chunks(unit).all(|chunk| chunk == &bytes[..unit])
    });
    unit.map_or((bytes, 1), |unit| (&bytes[..unit], bytes.len() / unit))
}

/// Bytes between quotes.
fn text(bytes: &[u8]) -> String {
    show(bytes).replace('"', "\\\"")
}

/// Bytes as one word.
fn one(bytes: &[u8]) -> String {
    show(bytes).replace(' ', "\\x20")
}

/// A request in the words of a client's transcript.
pub(super) fn words(request: &Request, content: &[u8]) -> String {
    let with = |name: &str, path: &[u8]| format!("{name} {}", one(path));
    let perhaps = |name: &str, path: &Option<Vec<u8>>| path.as_ref().map_or(name.to_owned(), |path| with(name, path));
    match request {
        Request::Login { user, password, account } => {
            let secret = |secret: &ftp_core::secret::Secret| one(secret.expose());
            let account = account.as_ref().map_or(String::new(), |account| format!(" {}", secret(account)));
            format!("login {} {}{account}", one(user), secret(password))
        }
        Request::WorkingDirectory => "pwd".into(),
        Request::ChangeDirectory(path) => with("cd", path),
        Request::MakeDirectory(path) => with("mkdir", path),
        Request::EnsureDirectory(path) => with("ensure", path),
        Request::RemoveDirectory(path) => with("rmdir", path),
        Request::RemoveFile(path) => with("rm", path),
        Request::Rename { from, to } => format!("rename {} {}", one(from), one(to)),
        Request::Size(path) => with("size", path),
        Request::ResumePoint(path) => with("resume-point", path),
        Request::Modified(path) => with("modified", path),
        Request::Facts(path) => with("facts", path),
        Request::Digest { path, algorithm } => {
            let algorithm = algorithm.map_or(String::new(), |algorithm| format!(" {}", algorithm.name()));
            format!("digest {}{algorithm}", one(path))
        }
        Request::SetModified { path, time } => {
            let mut digits = Vec::new();
            time.write(&mut digits);
            format!("set-modified {} {}", one(path), show(&digits))
        }
        Request::SetMode { path, mode } => format!("set-mode {} {mode:o}", one(path)),
        Request::Available(path) => perhaps("available", path),
        Request::Allocate(bytes) => format!("allocate {bytes}"),
        Request::Names(path) => perhaps("names", path),
        Request::ListByStatus(path) => with("status", path),
        Request::Status => "status".into(),
        Request::System => "system".into(),
        Request::Language(tag) => perhaps("language", tag),
        Request::Host(name) => with("host", name),
        Request::Identify { name, version } => format!("identify {} {}", one(name), one(version)),
        Request::Options { command, options } => {
            let options = options.as_ref().map_or(String::new(), |options| format!(" {}", show(options)));
            format!("options {}{options}", one(command))
        }
        Request::List(path) => perhaps("list", path),
        Request::Retrieve { path, offset, codec } => {
            let offset = if *offset > 0 { format!(" offset {offset}") } else { String::new() };
            format!("get {}{offset}{}", one(path), form(*codec))
        }
        Request::Store { path, how, codec } => {
            let how = match how {
                Upload::Replace => String::new(),
                Upload::ResumeAt(offset) => format!(" offset {offset}"),
                Upload::Resume(size) => format!(" resume {size}"),
                Upload::Append => " append".into(),
                Upload::Unique => " unique".into(),
            };
            format!("put {} \"{}\"{how}{}", one(path), text(content), form(*codec))
        }
        Request::Quote(line) => format!("quote {}", show(line)),
        Request::Noop => "noop".into(),
        Request::Quit => "quit".into(),
    }
}

fn form(codec: Codec) -> String {
    if codec == Codec::RAW {
        return String::new();
    }
    let kind = match codec.representation {
        Representation::Image => "I",
        Representation::Ascii(_) => "A",
        Representation::Ebcdic(_) => "E",
    };
    let structure = match codec.structure {
        Structure::File => "F",
        Structure::Record => "R",
        Structure::Page => "P",
    };
    let mode = match codec.mode {
        Mode::Stream => "S",
        Mode::Block => "B",
        Mode::Compressed => "C",
        Mode::Deflate => "Z",
    };
    format!(" as {kind} {structure} {mode}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_written_reads_back() {
        for seed in 0..2000 {
            let program = Program::of(seed);
            let text = program.to_string();
            let read = Program::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            assert_eq!(read.to_string(), text, "seed {seed}");
            assert!(read == program, "seed {seed}:\n{text}");
        }
    }

    #[test]
    fn what_repeats_is_written_once() {
        assert_eq!(Step::Say(b"NOOP\r\n".repeat(300)).to_string(), "C~ \"NOOP\\r\\n\" 300");
        assert_eq!(Step::Say(b"\" \xff".to_vec()).to_string(), "C~ \"\\\" \\xff\"");
    }
}
