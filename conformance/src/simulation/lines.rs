//! What a peer without rules says: commands with arguments that fit as a rule, lines that are none, transfers with something in between.

use super::generate::{self, say, storage_trouble};
use super::program::{Manner, Sky, Step};
use crate::dice::Dice;
use ftp_core::command::Verb;
use ftp_core::server::TlsPolicy;
use std::time::Duration;

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

pub(super) fn raw_step(dice: &mut Dice, sky: Sky, policy: TlsPolicy) -> Vec<Step> {
    let mut steps = match dice.below(36) {
        0..=9 => return transfer(dice),
        10 => vec![say(dice.pick(NOISE).copied().unwrap_or_default())],
        11 => vec![Step::Wait(Duration::from_secs(dice.below(400)))],
        12 => vec![Step::Deaf(dice.once_in(2))],
        13 | 30 | 31 if sky == Sky::Storm => {
            let mut steps = storage_trouble(dice);
            steps.extend((0..dice.below(6)).map(|_| any(dice)));
            steps
        }
        14 => vec![Step::Urgent, say(b"ABOR")],
        15 if dice.once_in(4) => vec![Step::HalfClose],
        // More than a session may answer in advance.
        16 if dice.once_in(10) => vec![Step::Deaf(true), Step::Say(b"NOOP\r\n".repeat(dice.below(6000) as usize))],
        17 if dice.once_in(4) => vec![Step::Say(vec![b'x'; dice.below(80_000) as usize])],
        18..=20 => vec![say(b"USER ann"), say(b"PASS secret")],
        21 => vec![say(b"USER eve"), say(b"PASS secret"), say(b"ACCT club")],
        22 => vec![say(b"USER eve"), say(b"PASS secret"), any(dice)],
        23 if policy != TlsPolicy::Off => {
            vec![
                say(b"AUTH TLS"),
                Step::Pause,
                Step::Secure,
                say(b"PBSZ 0"),
                say(b"PROT P"),
                say(b"USER ann"),
                say(b"PASS secret"),
            ]
        }
        24 => vec![
            say(&[b"SITE CPFR ", path(dice).as_slice()].concat()),
            say(&[b"SITE CPTO ", path(dice).as_slice()].concat()),
        ],
        // Something to find, and to find in the way.
        25 => vec![
            Step::Data(Manner::Send(dice.below(200) as usize)),
            say(b"EPSV"),
            say(&[b"STOR ", path(dice).as_slice()].concat()),
            Step::Pause,
        ],
        26 => vec![say(&[b"MKD ", path(dice).as_slice()].concat())],
        // Any command where another is wanted.
        27 => vec![say(b"MKD dir"), say(b"RNFR dir"), any(dice)],
        28 => vec![say(b"USER ann"), any(dice), say(b"USER ann"), say(b"PASS secret")],
        29 => vec![say(&[b"RNFR ", path(dice).as_slice()].concat()), say(&[b"RNTO ", path(dice).as_slice()].concat())],
        _ => vec![any(dice)],
    };
    if !dice.once_in(4) {
        steps.push(Step::Pause);
    }
    steps
}

/// Any command; now and then without its argument, or with one that is none.
fn any(dice: &mut Dice) -> Step {
    let verb = dice.pick(Verb::ALL).copied().unwrap_or(Verb::Noop);
    match dice.below(16) {
        0 => say(verb.name().as_bytes()),
        1 => say(&[verb.name().as_bytes(), b" \xff x=;"].concat()),
        _ => say(&line(dice, verb)),
    }
}

/// A path, now and then with a name that cannot be.
fn path(dice: &mut Dice) -> Vec<u8> {
    match dice.below(40) {
        0 => b".ftpkit-part.a".to_vec(),
        1 => vec![b'n'; 300],
        // A CR, as RFC 2640 3.1 has it sent.
        2 => b"a\r\0b".to_vec(),
        _ => generate::path(dice),
    }
}

/// A command with an argument that fits it as a rule.
fn line(dice: &mut Dice, verb: Verb) -> Vec<u8> {
    let words = |words: &[&str], dice: &mut Dice| dice.pick(words).copied().unwrap_or_default().as_bytes().to_vec();
    let two = |dice: &mut Dice| [path(dice).as_slice(), b" ", path(dice).as_slice()].concat();
    let argument = match verb {
        Verb::Noop | Verb::Pwd | Verb::Cdup | Verb::Pasv | Verb::Abor | Verb::Rein | Verb::Syst | Verb::Feat => {
            Vec::new()
        }
        Verb::Quit if !dice.once_in(5) => b"not yet".to_vec(),
        Verb::Quit | Verb::Ccc | Verb::Lpsv => Vec::new(),
        Verb::User => words(&["ann", "eve", "nobody"], dice),
        Verb::Pass => words(&["secret", "wrong"], dice),
        Verb::Acct => words(&["club", "wrong"], dice),
        Verb::Type => words(&["A", "I", "A N", "E", "L 8", "L 7", "A T"], dice),
        Verb::Stru => words(&["F", "R", "P"], dice),
        Verb::Mode => words(&["S", "B", "C", "Z"], dice),
        Verb::Port => words(&["$p", "127,0,0,1,0,21", "10,0,0,1,9,9"], dice),
        Verb::Eprt => words(&["$e", "|2|::1|9999|", "|1|127.0.0.1|21|", "|7|x|1|"], dice),
        Verb::Lprt => words(&["$l", "6,16,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,2,9,9", "4,4,127,0,0,1,2,0,21", "9,1"], dice),
        Verb::Epsv => words(&["", "", "1", "2", "7", "ALL"], dice),
        Verb::Rest => words(&["0", "3", "99999", "x"], dice),
        Verb::Allo => words(&["5", "100000000", "7 R 3", "0"], dice),
        Verb::Opts => words(
            &[
                "UTF8 ON",
                "MLST size;",
                "MLST",
                "HASH SHA-1",
                "HASH X",
                "UTF8 OFF",
                "MODE Z LEVEL 9",
                "MODE Z LEVEL x",
                "X",
            ],
            dice,
        ),
        Verb::Help => words(&["", "RETR", "XYZZY", "SITE"], dice),
        Verb::Site => match dice.below(8) {
            0 => [b"CHMOD 644 ", path(dice).as_slice()].concat(),
            1 => [b"UTIME 20260102030405 ", path(dice).as_slice()].concat(),
            2 => [b"COPY ", two(dice).as_slice()].concat(),
            3 => [b"CPFR ", path(dice).as_slice()].concat(),
            4 => [b"CPTO ", path(dice).as_slice()].concat(),
            5 => [b"SYMLINK ", two(dice).as_slice()].concat(),
            _ => words(&["HELP", "HELP CHMOD", "XYZZY", "IDLE", "IDLE 300", "IDLE 1", "CHMOD x a"], dice),
        },
        Verb::Auth => words(&["TLS", "GSSAPI"], dice),
        Verb::Pbsz => words(&["0", "7"], dice),
        Verb::Prot => words(&["P", "C", "S", "X"], dice),
        Verb::Lang => words(&["", "en", "de", "xx"], dice),
        Verb::Host => words(&["example.org", "example.net", "[::1]"], dice),
        Verb::Rang => words(&["0 3", "5 2", "1 0", "2 99999"], dice),
        Verb::Mfmt | Verb::Mfct => [b"20260102030405 ", path(dice).as_slice()].concat(),
        Verb::Mff => {
            let facts =
                words(&["Modify=20260102030405; ", "UNIX.mode=600; ", "Create=20260102030405; ", "Size=3; "], dice);
            [facts, path(dice)].concat()
        }
        Verb::Mdtm if dice.once_in(4) => [b"20260102030405 ", path(dice).as_slice()].concat(),
        Verb::Comb => two(dice),
        Verb::Pret => [b"RETR ", path(dice).as_slice()].concat(),
        Verb::Xcrc | Verb::Xmd5 | Verb::Xsha | Verb::Xsha1 | Verb::Xsha256 | Verb::Xsha512 if dice.once_in(3) => {
            [path(dice).as_slice(), words(&[" 1 4", " 9 2", " x"], dice).as_slice()].concat()
        }
        Verb::Stat | Verb::Mlst | Verb::List | Verb::Nlst | Verb::Mlsd | Verb::Stou | Verb::Avbl if dice.once_in(2) => {
            Vec::new()
        }
        _ => path(dice),
    };
    let name = dice.pick(verb.row().names).copied().unwrap_or(verb.name());
    let mut line = name.as_bytes().to_vec();
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
    let ways: &[&[u8]] = &[b"EPSV", b"PASV", b"PORT $p", b"EPRT $e", b"LPSV", b"LPRT $l"];
    let way = dice.pick(ways).copied().unwrap_or_default();
    let mut steps = vec![Step::Data(manner), say(way)];
    if dice.once_in(3) {
        steps.push(Step::Pause);
    }
    if dice.once_in(8) {
        let before: &[&[u8]] =
            &[b"REST 2", b"ALLO 10", b"TYPE I", b"TYPE A", b"MODE B", b"STRU R", b"STRU P", b"MODE Z", b"RANG 1 3"];
        steps.push(say(dice.pick(before).copied().unwrap_or_default()));
    }
    let verb = dice.pick(verbs).copied().unwrap_or(Verb::Retr);
    if dice.once_in(6) {
        // A file to fetch.
        steps.splice(0..0, [Step::Data(Manner::Send(5)), say(b"EPSV"), say(b"STOR a"), Step::Pause]);
    }
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
