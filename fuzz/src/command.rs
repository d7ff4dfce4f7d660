//! Command lines as a server reads them: framing, the grammar of every command, and the arguments that are read later.

use crate::cut;
use ftp_core::command::{Changes, Command, RangedPath, SiteCommand, Verb, split_paths, timed_path};
use ftp_core::line::{Framed, LineReader, write_line};
use ftp_core::listing::{Facts, ListArgument};
use ftp_core::path::{MAX_PATH, VirtualPath};
use ftp_core::time::WallTime;

/// Short, so that lines that are too long are found often.
const LIMIT: usize = 200;

/// Bytes of a control connection.
///
/// # Panics
/// Where something does not hold.
pub fn run(data: &[u8]) {
    let whole = lines(LIMIT, [data]);
    assert_eq!(whole, lines(LIMIT, cut::pieces(data, &mut cut::dice(data))), "the same bytes are the same lines");
    for line in whole.0.iter().flatten() {
        written_line(line);
        command(line);
    }
}

/// The lines that `pieces` give (`None`: one that was too long), and what Telnet was answered.
pub(crate) fn lines<'a>(limit: usize, pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Option<Vec<u8>>>, Vec<u8>) {
    let mut reader = LineReader::new(limit);
    let (mut lines, mut refusals) = (Vec::new(), Vec::new());
    for mut piece in pieces {
        while !piece.is_empty() {
            let (used, framed) = reader.next_refusing(piece, &mut refusals);
            match framed {
                Framed::Line(line) => {
                    assert!(line.len() <= limit, "a line is within its limit");
                    lines.push(Some(line.to_vec()));
                }
                Framed::TooLong => lines.push(None),
                Framed::Partial => assert_eq!(used, piece.len(), "a partial line uses everything"),
            }
            assert!(used > 0, "every call makes progress");
            piece = &piece[used..];
        }
    }
    (lines, refusals)
}

/// What is written as a line is read as one line, and as the same where it can be carried.
fn written_line(line: &[u8]) {
    let mut wire = Vec::new();
    write_line(line, &mut wire);
    let (lines, refusals) = lines(LIMIT, [wire.as_slice()]);
    assert!(refusals.is_empty(), "no line speaks Telnet");
    let carried = line.iter().map(|byte| if *byte == 0 { b' ' } else { *byte }).collect();
    assert_eq!(lines, [Some(carried)]);
}

/// A command is what is read back when it is written.
fn command(line: &[u8]) {
    let command = match Command::parse(line) {
        Ok(command) => command,
        Err(error) => {
            let name = line.split(|byte| *byte == b' ').next().unwrap_or_default();
            assert!(error.verb.is_none_or(|verb| Verb::from_name(name) == Some(verb)), "{error:?}");
            return;
        }
    };
    let mut written = Vec::new();
    command.write(&mut written);
    assert_eq!(Command::parse(&written).as_ref(), Ok(&command), "{}", written.escape_ascii());
    assert!(!written.contains(&b'\n'), "a command is one line");
    let shown = format!("{command:?}");
    match &command {
        Command::Pass(secret) | Command::Acct(secret) if secret.len() > 8 => {
            assert!(!shown.contains(&secret.escape_ascii().to_string()), "{shown}");
        }
        Command::Cwd(argument) | Command::Retr(argument) | Command::Mkd(argument) => path(argument),
        Command::List(argument) | Command::Nlst(argument) => listing(*argument),
        Command::Mff { facts, .. } => drop(Changes::parse(facts).map(changes)),
        Command::Opts { options: Some(options), .. } => facts(options),
        Command::Mdtm(argument) => drop(timed_path(argument)),
        Command::Comb(argument) => {
            for path in split_paths(argument).unwrap_or_default() {
                assert!(!path.is_empty(), "a path is something");
            }
        }
        Command::Checksum { argument, .. } => drop(RangedPath::parse(argument)),
        Command::Site(argument) => drop(SiteCommand::parse(argument)),
        _ => {}
    }
}

/// A path is absolute, is what it is read back as, and never leads out.
fn path(argument: &[u8]) {
    let start = VirtualPath::parse(b"/a/b").unwrap_or_else(|error| panic!("{error:?}"));
    let Ok(path) = start.resolve(argument) else { return };
    let bytes = path.as_bytes();
    assert!(bytes.len() <= MAX_PATH && bytes.starts_with(b"/"), "{path:?}");
    assert!(path.components().all(|name| !matches!(name, b"." | b"..")), "{path:?}");
    assert!(!bytes.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n')), "{path:?}");
    assert_eq!(VirtualPath::parse(bytes).as_ref(), Ok(&path));
    assert_eq!(path.is_root(), path.name().is_empty());
    assert!(path.is_root() || path.parent().resolve(path.name()).as_ref() == Ok(&path), "{path:?}");
    assert!(!path.to_string().contains(char::is_control), "{path:?}");
}

fn listing(argument: Option<&[u8]>) {
    let parsed = ListArgument::parse(argument);
    let whole = argument.unwrap_or_default();
    assert!(parsed.path.is_none_or(|path| !path.is_empty() && whole.ends_with(path)), "{parsed:?}");
}

fn changes(changes: Changes) {
    let mut written = Vec::new();
    changes.write(&mut written);
    // A reply shows whole seconds.
    let whole = |time: WallTime| WallTime { nanos: 0, ..time };
    let shown =
        Changes { modified: changes.modified.map(whole), created: changes.created.map(whole), mode: changes.mode };
    assert_eq!(Changes::parse(&written), Ok(shown), "{}", written.escape_ascii());
}

fn facts(options: &[u8]) {
    let Some(facts) = Facts::parse(options) else { return };
    let mut chosen = Vec::new();
    facts.write_chosen(&mut chosen);
    let list = chosen.strip_prefix(b"MLST OPTS").unwrap_or_default();
    assert_eq!(Facts::parse(list.strip_prefix(b" ").unwrap_or(list)), Some(facts));
}
