//! Programs made from seeds: what a client's application asks for. What a peer without rules says stands in [`super::lines`].

use super::lines::raw_step;
use super::program::{CALL_ERRORS, Program, Sky, Step};
use crate::dice::Dice;
use ftp_core::action::StorageError;
use ftp_core::client::{Request, TlsUse, Upload};
use ftp_core::codec::{Codec, Representation};
use ftp_core::command::{Form, Mode, Structure};
use ftp_core::digest::Algorithm;
use ftp_core::secret::Secret;
use ftp_core::server::TlsPolicy;
use ftp_core::time::WallTime;
use ftp_host::storage::MemoryCall;
use std::time::Duration;

/// Few, so that they meet.
const NAMES: &[&[u8]] = &[b"a", b"b", b"dir", b"x y", b"q\"\xff", b".hid", b"-l", b"\xc3\xbc"];

impl Program {
    /// The program of this seed.
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut program = Self::new(seed);
        program.sky = match dice.below(4) {
            0 => Sky::Clear,
            1 => Sky::Slow,
            _ => Sky::Storm,
        };
        program.client = dice.below(5) < 3;
        program.pipeline = dice.once_in(2);
        program.active = dice.once_in(4);
        let policies = [TlsPolicy::Off, TlsPolicy::Offer, TlsPolicy::RequireLogin, TlsPolicy::RequireData];
        if dice.once_in(3) {
            program.tls_policy = dice.pick(&policies).copied().unwrap_or_default();
            let uses =
                [TlsUse::Off, TlsUse::Prefer, TlsUse::Require, TlsUse::Require, TlsUse::Require, TlsUse::Implicit];
            program.tls_use = dice.pick(&uses).copied().unwrap_or_default();
        }
        let most = if dice.once_in(8) { 40 } else { 10 };
        let length = 1 + dice.below(most);
        if program.client {
            program.steps.push(alone(login(b"secret", false)));
            let sky = program.sky;
            program.steps.extend((0..length).flat_map(|_| client_step(&mut dice, sky)));
        } else {
            if dice.once_in(8) {
                program.deflate = None;
            }
            program.begin_raw(&mut dice);
            let (sky, policy) = (program.sky, program.tls_policy);
            program.steps.extend((0..length).flat_map(|_| raw_step(&mut dice, sky, policy)));
        }
        program
    }

    /// Most raw peers log in first, and many of those that can do it under TLS.
    fn begin_raw(&mut self, dice: &mut Dice) {
        if self.tls_use == TlsUse::Implicit {
            self.steps.push(Step::Secure);
        } else if self.tls_policy != TlsPolicy::Off && !dice.once_in(4) {
            self.steps.extend([say(b"AUTH TLS"), Step::Pause, Step::Secure]);
        }
        if self.tls_policy != TlsPolicy::Off && dice.once_in(2) {
            self.steps.extend([say(b"PBSZ 0"), say(b"PROT P")]);
        }
        if !dice.once_in(6) {
            self.steps.extend([say(b"USER ann"), say(b"PASS secret"), Step::Pause]);
        }
    }
}

fn ask(request: Request, content: Vec<u8>) -> Step {
    Step::Ask { request, content, patience: None, together: false }
}

fn alone(request: Request) -> Step {
    ask(request, Vec::new())
}

pub(super) fn say(line: &[u8]) -> Step {
    Step::Say([line, b"\r\n"].concat())
}

fn login(password: &[u8], account: bool) -> Request {
    let user = if account { b"eve".to_vec() } else { b"ann".to_vec() };
    Request::Login { user, password: Secret::new(password), account: account.then(|| Secret::new(*b"club")) }
}

fn name(dice: &mut Dice) -> Vec<u8> {
    dice.pick(NAMES).copied().unwrap_or_default().to_vec()
}

pub(super) fn path(dice: &mut Dice) -> Vec<u8> {
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
    let length = match dice.below(64) {
        0..4 => 0,
        4..8 => 1,
        // Larger than all that is held anywhere on the way.
        8 => 20_000 + dice.below(60_000),
        9..16 => dice.below(5000),
        _ => dice.below(60),
    };
    let signs = b"ab\n\r\n\xff\0 ";
    (0..length).map(|_| signs[dice.below(signs.len() as u64) as usize]).collect()
}

/// Bytes as they are, a text, or any of all the ways that there are.
fn codec(dice: &mut Dice) -> Codec {
    match dice.below(6) {
        0 => Codec::ASCII,
        1 => {
            let kinds =
                [Representation::Image, Representation::Ascii(Form::NonPrint), Representation::Ebcdic(Form::NonPrint)];
            let structures = [Structure::File, Structure::File, Structure::Record, Structure::Page];
            let modes = [Mode::Stream, Mode::Block, Mode::Compressed, Mode::Deflate];
            Codec {
                representation: dice.pick(&kinds).copied().unwrap_or_default(),
                structure: dice.pick(&structures).copied().unwrap_or_default(),
                mode: dice.pick(&modes).copied().unwrap_or_default(),
            }
        }
        // A data connection that stays open.
        2 => Codec { mode: Mode::Block, ..Codec::RAW },
        _ => Codec::RAW,
    }
}

fn client_step(dice: &mut Dice, sky: Sky) -> Vec<Step> {
    let request = match dice.below(25) {
        0 if sky != Sky::Clear => return vec![Step::Wait(Duration::from_secs(dice.below(100)))],
        1 if sky == Sky::Storm => return storage_trouble(dice),
        2 if dice.once_in(6) => login(if dice.once_in(2) { b"secret" } else { b"wrong" }, dice.once_in(3)),
        3 if dice.once_in(6) => Request::Quit,
        4 if dice.once_in(3) && sky != Sky::Storm => return announced(dice),
        5 | 6 => return queued(dice),
        7 => aside(dice),
        _ => asked(dice),
    };
    let content = if matches!(request, Request::Store { .. }) { content(dice) } else { Vec::new() };
    let patience = dice.once_in(10).then(|| dice.below(60) as u32);
    vec![Step::Ask { request, content, patience, together: false }]
}

/// A request about files.
fn asked(dice: &mut Dice) -> Request {
    match dice.below(27) {
        0 => Request::WorkingDirectory,
        1 | 2 => Request::ChangeDirectory(path(dice)),
        3 | 4 => Request::MakeDirectory(path(dice)),
        5 => Request::RemoveDirectory(path(dice)),
        6 => Request::RemoveFile(path(dice)),
        7 => Request::Rename { from: path(dice), to: path(dice) },
        8 => Request::Size(path(dice)),
        9 => Request::Modified(path(dice)),
        10 | 11 => Request::List(dice.once_in(2).then(|| path(dice))),
        12 => Request::EnsureDirectory(path(dice)),
        13 => Request::ResumePoint(path(dice)),
        14 => Request::Facts(path(dice)),
        15 => {
            let algorithm = dice.once_in(2).then(|| dice.pick(&Algorithm::ALL).copied()).flatten();
            Request::Digest { path: path(dice), algorithm }
        }
        16 => {
            let time = WallTime { seconds: 1_700_000_000 + dice.below(1000) as i64, nanos: 0 };
            Request::SetModified { path: path(dice), time }
        }
        17 => Request::Names(dice.once_in(2).then(|| path(dice))),
        18..=22 => Request::Retrieve { path: path(dice), offset: offset(dice), codec: codec(dice) },
        _ => {
            let how = match dice.below(6) {
                0 => Upload::ResumeAt(1 + dice.below(8)),
                1 => Upload::Append,
                2 => Upload::Unique,
                _ => Upload::Replace,
            };
            Request::Store { path: path(dice), how, codec: codec(dice) }
        }
    }
}

/// A request about anything else.
fn aside(dice: &mut Dice) -> Request {
    match dice.below(9) {
        0 => Request::Noop,
        1 => Request::Status,
        2 => Request::System,
        3 => Request::ListByStatus(path(dice)),
        4 => Request::SetMode { path: path(dice), mode: dice.below(0o1000) as u32 },
        5 => Request::Available(dice.once_in(2).then(|| path(dice))),
        6 => Request::Language(dice.once_in(2).then(|| b"en".to_vec())),
        7 => Request::Identify { name: b"sim".to_vec(), version: b"1".to_vec() },
        _ => {
            let lines: &[&[u8]] = &[
                b"STAT",
                b"HELP",
                b"FEAT",
                b"TYPE A",
                b"SITE HELP",
                b"XYZZY",
                b"RNFR a",
                b"NOOP",
                b"REST 3",
                b"MODE B",
            ];
            Request::Quote(dice.pick(lines).copied().unwrap_or_default().to_vec())
        }
    }
}

/// An upload whose size ALLO has announced, rightly as a rule.
fn announced(dice: &mut Dice) -> Vec<Step> {
    let content = content(dice);
    let size = if dice.once_in(4) { dice.below(100) } else { content.len() as u64 };
    let store = Request::Store { path: path(dice), how: Upload::Replace, codec: Codec::RAW };
    vec![alone(Request::Allocate(size)), ask(store, content)]
}

/// Several requests at once.
fn queued(dice: &mut Dice) -> Vec<Step> {
    let count = 2 + dice.below(6);
    let mut steps: Vec<Step> = (0..count)
        .map(|_| {
            let request = asked(dice);
            let content = if matches!(request, Request::Store { .. }) { content(dice) } else { Vec::new() };
            Step::Ask { request, content, patience: None, together: true }
        })
        .collect();
    if let Some(Step::Ask { together, .. }) = steps.last_mut() {
        *together = false;
    }
    steps
}

fn offset(dice: &mut Dice) -> u64 {
    if dice.once_in(3) { dice.below(12) } else { 0 }
}

pub(super) fn storage_trouble(dice: &mut Dice) -> Vec<Step> {
    let call = dice.pick(&MemoryCall::NAMES).map_or(MemoryCall::Write, |&(_, call)| call);
    let error = dice.pick(&CALL_ERRORS).map_or(StorageError::Local, |&(_, error)| error);
    vec![if dice.once_in(3) { Step::Heal } else { Step::Fail(call, error) }]
}
