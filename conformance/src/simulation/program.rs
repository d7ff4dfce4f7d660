//! [`Program`]: what one simulated session is made of, all of it from a seed: who talks, what is said, what goes wrong.

use crate::dice::Dice;
use ftp_core::action::StorageError;
use ftp_core::client::{Request, Upload};
use ftp_core::codec::Codec;
use ftp_core::command::Verb;
use ftp_core::secret::Secret;
use ftp_host::storage::MemoryCall;
use std::fmt;
use std::time::Duration;

/// One simulated session.
#[derive(Clone)]
pub struct Program {
    /// Where its chance comes from: how bytes are cut, what happens first, how long things take.
    pub seed: u64,
    /// What may go wrong.
    pub sky: Sky,
    /// A `ClientSession` speaks; otherwise the lines are sent as they are.
    pub client: bool,
    /// The client sends commands in pairs.
    pub pipeline: bool,
    /// The server makes the data connections.
    pub active: bool,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

/// How much goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sky {
    /// Nothing, and everything happens at once.
    Clear,
    /// Nothing, but things take their time.
    Slow,
    /// Connections break and stall, ports cannot be reached, storage fails.
    Storm,
}

/// One thing that is done.
#[derive(Clone)]
pub enum Step {
    /// The client's application asks for something.
    Ask {
        /// What it asks for.
        request: Request,
        /// What it stores.
        content: Vec<u8>,
        /// The rounds after which it gives up.
        patience: Option<u32>,
    },
    /// The peer sends these bytes; `$p` stands for its listener in the form of PORT, `$e` in that of EPRT.
    Say(Vec<u8>),
    /// The peer waits until nothing more happens.
    Pause,
    /// The peer treats data connections like this from now on.
    Data(Manner),
    /// The peer stops reading the control connection, or reads again.
    Deaf(bool),
    /// The peer sends Telnet IP and the Synch.
    Urgent,
    /// The peer closes its direction of the control connection.
    HalfClose,
    /// So much time goes by.
    Wait(Duration),
    /// A call on the storage fails from now on.
    Fail(MemoryCall, StorageError),
    /// Storage works again.
    Heal,
}

/// How a peer that keeps to no rules treats its data connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It reads until the end.
    Read,
    /// It sends so many bytes, and closes.
    Send(usize),
    /// It sends so many bytes, and breaks the connection.
    Break(usize),
    /// It does nothing with it.
    Sleep,
    /// It never opens one.
    Never,
}

const CALLS: &[MemoryCall] = &[
    MemoryCall::Entry,
    MemoryCall::List,
    MemoryCall::Open,
    MemoryCall::Store,
    MemoryCall::Write,
    MemoryCall::Publish,
    MemoryCall::MakeDir,
    MemoryCall::RemoveDir,
    MemoryCall::RemoveFile,
    MemoryCall::Rename,
    MemoryCall::Space,
];

const ERRORS: &[StorageError] = &[
    StorageError::NotFound,
    StorageError::Exists,
    StorageError::Denied,
    StorageError::NotADirectory,
    StorageError::IsADirectory,
    StorageError::NotEmpty,
    StorageError::NoSpace,
    StorageError::OverQuota,
    StorageError::NameNotAllowed,
    StorageError::Busy,
    StorageError::BadOffset,
    StorageError::Unsupported,
    StorageError::Local,
];

/// Few, so that they meet.
const NAMES: &[&[u8]] = &[b"a", b"b", b"dir", b"x y", b"q\"\xff", b".hid", b"-l", b"\xc3\xbc"];

/// Lines that are no command, or nearly one.
const NOISE: &[&[u8]] = &[
    b"",
    b" ",
    b"XYZZY",
    b"NOOPE",
    b"RETR",
    b"USER",
    b"PORT 1,2,3",
    b"TYPE X",
    b"REST x",
    b"\xff\xfdSTAT",
    b"\0",
    b"GET / HTTP/1.1",
    b"SITE",
    b"MODE Q",
    b"EPRT |9|x|1|",
    b"OPTS",
];

impl Program {
    /// The program of this seed.
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let sky = match dice.below(4) {
            0 => Sky::Clear,
            1 => Sky::Slow,
            _ => Sky::Storm,
        };
        let client = dice.below(5) < 3;
        let mut program =
            Self { seed, sky, client, pipeline: dice.once_in(2), active: dice.once_in(4), steps: Vec::new() };
        let most = if dice.once_in(8) { 40 } else { 10 };
        let length = 1 + dice.below(most);
        if client {
            program.steps.push(ask(login(b"secret", false)));
            program.steps.extend((0..length).flat_map(|_| client_step(&mut dice, sky)));
        } else {
            if !dice.once_in(6) {
                program.steps.extend([say(b"USER ann"), say(b"PASS secret"), Step::Pause]);
            }
            program.steps.extend((0..length).flat_map(|_| raw_step(&mut dice, sky)));
        }
        program
    }
}

fn ask(request: Request) -> Step {
    Step::Ask { request, content: Vec::new(), patience: None }
}

fn say(line: &[u8]) -> Step {
    Step::Say([line, b"\r\n"].concat())
}

fn login(password: &[u8], account: bool) -> Request {
    let user = if account { b"eve".to_vec() } else { b"ann".to_vec() };
    Request::Login { user, password: Secret::new(password), account: account.then(|| Secret::new(*b"club")) }
}

fn name(dice: &mut Dice) -> Vec<u8> {
    dice.pick(NAMES).copied().unwrap_or_default().to_vec()
}

fn path(dice: &mut Dice) -> Vec<u8> {
    match dice.below(12) {
        0 => b"/".to_vec(),
        1 => b"..".to_vec(),
        2 => [b"../", name(dice).as_slice()].concat(),
        3 | 4 => [name(dice).as_slice(), b"/", name(dice).as_slice()].concat(),
        5 => [b"/", name(dice).as_slice()].concat(),
        6 => [b"/dir/./", name(dice).as_slice(), b"/"].concat(),
        _ => name(dice),
    }
}

fn content(dice: &mut Dice) -> Vec<u8> {
    let length = match dice.below(16) {
        0 => 0,
        1 => 1,
        2 => 20_000 + dice.below(60_000),
        3..6 => dice.below(5000),
        _ => dice.below(60),
    };
    let signs = b"ab\n\r\n\xff\0 ";
    (0..length).map(|_| signs[dice.below(signs.len() as u64) as usize]).collect()
}

fn codec(dice: &mut Dice) -> Codec {
    if dice.once_in(3) { Codec::ASCII } else { Codec::RAW }
}

fn client_step(dice: &mut Dice, sky: Sky) -> Vec<Step> {
    let request = match dice.below(22) {
        0 => Request::WorkingDirectory,
        1 | 2 => Request::ChangeDirectory(path(dice)),
        3 | 4 => Request::MakeDirectory(path(dice)),
        5 => Request::RemoveDirectory(path(dice)),
        6 => Request::RemoveFile(path(dice)),
        7 => Request::Rename { from: path(dice), to: path(dice) },
        8 => Request::Size(path(dice)),
        9 => Request::Modified(path(dice)),
        10 | 11 => Request::List(dice.once_in(2).then(|| path(dice))),
        12 if sky != Sky::Clear => return vec![Step::Wait(Duration::from_secs(dice.below(100)))],
        13 => {
            let lines: &[&[u8]] =
                &[b"STAT", b"HELP", b"FEAT", b"TYPE A", b"SITE HELP", b"XYZZY", b"RNFR a", b"NOOP", b"REST 3"];
            Request::Quote(dice.pick(lines).copied().unwrap_or_default().to_vec())
        }
        12 | 14 if sky == Sky::Storm => return storage_trouble(dice),
        12 | 14 => Request::Noop,
        15..=17 => Request::Retrieve { path: path(dice), offset: offset(dice), codec: codec(dice) },
        18 if dice.once_in(6) => login(if dice.once_in(2) { b"secret" } else { b"wrong" }, dice.once_in(3)),
        19 if dice.once_in(6) => Request::Quit,
        _ => {
            let how = match dice.below(6) {
                0 => Upload::ResumeAt(1 + dice.below(8)),
                1 => Upload::Append,
                2 => Upload::Unique,
                _ => Upload::Replace,
            };
            Request::Store { path: path(dice), how, codec: codec(dice) }
        }
    };
    let content = if matches!(request, Request::Store { .. }) { content(dice) } else { Vec::new() };
    let patience = dice.once_in(10).then(|| dice.below(60) as u32);
    vec![Step::Ask { request, content, patience }]
}

fn offset(dice: &mut Dice) -> u64 {
    if dice.once_in(3) { dice.below(12) } else { 0 }
}

fn storage_trouble(dice: &mut Dice) -> Vec<Step> {
    let call = dice.pick(CALLS).copied().unwrap_or(MemoryCall::Write);
    let error = dice.pick(ERRORS).copied().unwrap_or(StorageError::Local);
    vec![if dice.once_in(3) { Step::Heal } else { Step::Fail(call, error) }]
}

fn raw_step(dice: &mut Dice, sky: Sky) -> Vec<Step> {
    let mut steps = match dice.below(30) {
        0..=9 => return transfer(dice),
        10 => vec![say(dice.pick(NOISE).copied().unwrap_or_default())],
        11 => vec![Step::Wait(Duration::from_secs(dice.below(400)))],
        12 => vec![Step::Deaf(dice.once_in(2))],
        13 if sky == Sky::Storm => storage_trouble(dice),
        14 => vec![Step::Urgent, say(b"ABOR")],
        15 if dice.once_in(4) => vec![Step::HalfClose],
        // More than a session may answer in advance.
        16 if dice.once_in(10) => vec![Step::Deaf(true), Step::Say(b"NOOP\r\n".repeat(dice.below(6000) as usize))],
        17 if dice.once_in(4) => vec![Step::Say(vec![b'x'; dice.below(80_000) as usize])],
        18..=20 => vec![say(b"USER ann"), say(b"PASS secret")],
        21 => vec![say(b"USER eve"), say(b"PASS secret"), say(b"ACCT club")],
        22 => vec![say(&[b"RNFR ", path(dice).as_slice()].concat()), say(&[b"RNTO ", path(dice).as_slice()].concat())],
        _ => {
            let verb = dice.pick(Verb::ALL).copied().unwrap_or(Verb::Noop);
            vec![say(&line(dice, verb))]
        }
    };
    if !dice.once_in(4) {
        steps.push(Step::Pause);
    }
    steps
}

/// A command with an argument that fits it as a rule.
fn line(dice: &mut Dice, verb: Verb) -> Vec<u8> {
    let word = |words: &[&str], dice: &mut Dice| dice.pick(words).copied().unwrap_or_default().as_bytes().to_vec();
    let argument = match verb {
        Verb::Noop | Verb::Pwd | Verb::Cdup | Verb::Pasv | Verb::Abor | Verb::Rein | Verb::Syst | Verb::Feat => {
            Vec::new()
        }
        Verb::Quit if !dice.once_in(5) => b"not yet".to_vec(),
        Verb::Quit => Vec::new(),
        Verb::User => word(&["ann", "eve", "nobody"], dice),
        Verb::Pass => word(&["secret", "wrong"], dice),
        Verb::Acct => word(&["club", "wrong"], dice),
        Verb::Type => word(&["A", "I", "A N", "E", "L 8", "L 7", "A T"], dice),
        Verb::Stru => word(&["F", "R", "P"], dice),
        Verb::Mode => word(&["S", "B", "C", "Z"], dice),
        Verb::Port => word(&["$p", "127,0,0,1,0,21", "10,0,0,1,9,9"], dice),
        Verb::Eprt => word(&["$e", "|2|::1|9999|", "|1|127.0.0.1|21|", "|7|x|1|"], dice),
        Verb::Epsv => word(&["", "", "1", "2", "7", "ALL"], dice),
        Verb::Rest => word(&["0", "3", "99999", "x"], dice),
        Verb::Allo => word(&["5", "100000000", "7 R 3", "0"], dice),
        Verb::Opts => word(&["UTF8 ON", "MLST size;", "MLST", "HASH SHA-1", "UTF8 OFF"], dice),
        Verb::Help => word(&["", "RETR", "XYZZY", "SITE"], dice),
        Verb::Site => word(&["HELP", "XYZZY", "CHMOD 644 a", "UTIME a"], dice),
        Verb::Auth => word(&["TLS", "GSSAPI"], dice),
        Verb::Pbsz => word(&["0", "7"], dice),
        Verb::Prot => word(&["P", "C", "S"], dice),
        Verb::Lang => word(&["", "en", "xx"], dice),
        Verb::Host => word(&["example.org", "[::1]"], dice),
        Verb::Hash => word(&["a", "dir"], dice),
        Verb::Rang => word(&["0 3", "5 2", "1 0"], dice),
        Verb::Mfmt | Verb::Mfct => [b"20260102030405 ", path(dice).as_slice()].concat(),
        Verb::Mff => [b"Modify=20260102030405; ", path(dice).as_slice()].concat(),
        Verb::Stat | Verb::Mlst | Verb::List | Verb::Nlst | Verb::Mlsd | Verb::Stou if dice.once_in(2) => Vec::new(),
        _ => path(dice),
    };
    let mut line = verb.name().as_bytes().to_vec();
    if !argument.is_empty() {
        line.push(b' ');
        line.extend(argument);
    }
    line
}

/// A transfer from its way to its end, with something in between.
fn transfer(dice: &mut Dice) -> Vec<Step> {
    let manner = match dice.below(10) {
        0..=3 => Manner::Read,
        4..=6 => Manner::Send(dice.below(3000) as usize),
        7 => Manner::Break(dice.below(3000) as usize),
        8 => Manner::Sleep,
        _ => Manner::Never,
    };
    let verbs = match manner {
        Manner::Send(_) | Manner::Break(_) => [Verb::Stor, Verb::Stou, Verb::Appe].as_slice(),
        _ => &[Verb::Retr, Verb::List, Verb::Nlst, Verb::Mlsd, Verb::Retr],
    };
    let ways: &[&[u8]] = &[b"EPSV", b"PASV", b"PORT $p", b"EPRT $e"];
    let way = dice.pick(ways).copied().unwrap_or_default();
    let mut steps = vec![Step::Data(manner), say(way)];
    if dice.once_in(3) {
        steps.push(Step::Pause);
    }
    if dice.once_in(8) {
        let before: &[&[u8]] = &[b"REST 2", b"ALLO 10", b"TYPE I", b"TYPE A", b"MODE B", b"STRU R"];
        steps.push(say(dice.pick(before).copied().unwrap_or_default()));
    }
    let verb = dice.pick(verbs).copied().unwrap_or(Verb::Retr);
    steps.push(say(&line(dice, verb)));
    if dice.once_in(3) {
        let within: &[&[u8]] = &[b"ABOR", b"STAT", b"NOOP", b"QUIT", b"STAT a", b"LIST"];
        if dice.once_in(2) {
            steps.push(Step::Pause);
        }
        steps.push(say(dice.pick(within).copied().unwrap_or_default()));
        if dice.once_in(3) {
            steps.push(say(b"ABOR"));
        }
    }
    if !dice.once_in(4) {
        steps.push(Step::Pause);
    }
    steps
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, sky, client, pipeline, active, steps } = self;
        let who = if *client { "a client" } else { "a peer without rules" };
        writeln!(f, "seed {seed}, {sky:?}, {who}, pipeline {pipeline}, active {active}")?;
        steps.iter().try_for_each(|step| writeln!(f, "  {step:?}"))
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ask { request, content, patience } => {
                write!(f, "{}", shown(request))?;
                if !content.is_empty() {
                    write!(f, ", {} bytes: {}", content.len(), content[..content.len().min(40)].escape_ascii())?;
                }
                if let Some(rounds) = patience {
                    write!(f, ", given up after {rounds} rounds")?;
                }
                Ok(())
            }
            Self::Say(bytes) => write!(f, "say {}", bytes[..bytes.len().min(80)].escape_ascii()),
            Self::Pause => f.write_str("pause"),
            Self::Data(manner) => write!(f, "data {manner:?}"),
            Self::Deaf(deaf) => write!(f, "deaf {deaf}"),
            Self::Urgent => f.write_str("urgent"),
            Self::HalfClose => f.write_str("half-close"),
            Self::Wait(time) => write!(f, "wait {time:?}"),
            Self::Fail(call, error) => write!(f, "{call:?} fails with {error:?}"),
            Self::Heal => f.write_str("storage works"),
        }
    }
}

/// A request with its names as text.
pub(super) fn shown(request: &Request) -> String {
    let text = |path: &[u8]| path.escape_ascii().to_string();
    match request {
        Request::ChangeDirectory(path) => format!("cd {}", text(path)),
        Request::MakeDirectory(path) => format!("mkdir {}", text(path)),
        Request::RemoveDirectory(path) => format!("rmdir {}", text(path)),
        Request::RemoveFile(path) => format!("rm {}", text(path)),
        Request::Rename { from, to } => format!("rename {} -> {}", text(from), text(to)),
        Request::Size(path) => format!("size {}", text(path)),
        Request::Modified(path) => format!("modified {}", text(path)),
        Request::List(path) => format!("list {}", path.as_deref().map(text).unwrap_or_default()),
        Request::Retrieve { path, offset, codec } => {
            format!("get {} from {offset} as {:?}", text(path), codec.representation)
        }
        Request::Store { path, how, codec } => format!("put {} {how:?} as {:?}", text(path), codec.representation),
        Request::Quote(line) => format!("quote {}", text(line)),
        other => format!("{other:?}"),
    }
}
