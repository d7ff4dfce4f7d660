//! Commands that say how things are done from now on.

use super::{Shell, connection};
use crate::cli::connections;
use crate::conflict::Policy;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::transfer::parse_rate;
use clap::ValueEnum;
use ftp_core::codec::{Codec, Representation};
use ftp_core::command::{Form, Mode, Structure};

/// A setting's words, each with what it means; the first letter is enough where the protocol has no more.
type Words<T> = &'static [(&'static str, T)];

const TYPES: Words<Representation> = &[
    ("ascii", Representation::Ascii(Form::NonPrint)),
    ("binary", Representation::Image),
    ("image", Representation::Image),
    ("tenex", Representation::Image),
    ("ebcdic", Representation::Ebcdic(Form::NonPrint)),
];

const MODES: Words<Mode> = &[
    ("stream", Mode::Stream),
    ("block", Mode::Block),
    ("compressed", Mode::Compressed),
    ("deflate", Mode::Deflate),
    ("z", Mode::Deflate),
];

const STRUCTURES: Words<Structure> =
    &[("file", Structure::File), ("record", Structure::Record), ("page", Structure::Page)];

fn named<T: Copy>(words: Words<T>, word: &str) -> Option<T> {
    let word = word.to_lowercase();
    let fits = |name: &str| name == word || word.len() == 1 && name.starts_with(&word);
    words.iter().find(|(name, _)| fits(name)).map(|(_, value)| *value)
}

fn word<T: PartialEq>(words: Words<T>, value: &T) -> &'static str {
    words.iter().find(|(_, other)| other == value).map_or("?", |(name, _)| name)
}

fn set<T: Copy>(words: Words<T>, argument: Option<&String>, place: &mut T) -> Result<(), Failure> {
    let Some(argument) = argument else { return Ok(()) };
    *place = named(words, argument).ok_or_else(|| {
        let all: Vec<_> = words.iter().map(|(name, _)| *name).collect();
        Failure::new(Exit::Usage, format!("cannot set `{argument}`"), "there is no such setting")
            .with_remedy(all.join(", "))
    })?;
    Ok(())
}

/// `type WORD` sets TYPE; `type FILE` shows a file, as on other systems.
pub(super) fn kind(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    match arguments {
        [file] if named(TYPES, file).is_none() => super::look::cat(shell, arguments),
        _ => {
            set(TYPES, arguments.first(), &mut shell.codec.representation)?;
            shell.line(how(shell));
            Ok(())
        }
    }
}

pub(super) fn mode(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    set(MODES, arguments.first(), &mut shell.codec.mode)?;
    shell.line(how(shell));
    Ok(())
}

pub(super) fn structure(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    set(STRUCTURES, arguments.first(), &mut shell.codec.structure)?;
    shell.line(how(shell));
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "as all commands")]
pub(super) fn binary(shell: &mut Shell, _: &[String]) -> Result<(), Failure> {
    shell.codec.representation = Codec::RAW.representation;
    shell.line(how(shell));
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "as all commands")]
pub(super) fn ascii(shell: &mut Shell, _: &[String]) -> Result<(), Failure> {
    shell.codec.representation = Codec::ASCII.representation;
    shell.line(how(shell));
    Ok(())
}

pub(super) fn conflict(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    if let Some(word) = arguments.first() {
        shell.policy = Policy::from_str(word, true).map_err(|error| {
            Failure::new(Exit::Usage, format!("cannot set `{word}`"), error)
                .with_remedy("ask, skip, overwrite, newer, resume, rename or fail")
        })?;
    }
    shell.line(how(shell));
    Ok(())
}

pub(super) fn limit(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    shell.rate = match arguments.first() {
        Some(rate) => {
            let rate = parse_rate(rate);
            Some(rate.map_err(|error| Failure::new(Exit::Usage, "cannot set the rate", error))?)
        }
        None => None,
    };
    Ok(())
}

pub(super) fn segments(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let number = arguments.first().map_or(Ok(1), |number| connections(number));
    shell.segments = number.map_err(|error| Failure::new(Exit::Usage, "cannot set the segments", error))?;
    Ok(())
}

/// `passive on|off`, or the other way round than now. The connection is made anew, since it is made for one of them.
pub(super) fn passive(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let active = match arguments.first() {
        Some(word) => !switch(word)?,
        None => !shell.connect.active,
    };
    if shell.connect.active != active {
        shell.connect.active = active;
        connection::again(shell)?;
    }
    shell.line(if active {
        "the server makes the data connections (PORT)"
    } else {
        "we make the data connections (EPSV, PASV)"
    });
    Ok(())
}

/// `debug on|off|2`: the conversation is shown, with times where that is wanted.
pub(super) fn debug(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let now = shell.console.verbose();
    let verbose = match arguments.first().map(String::as_str) {
        None if now == 0 => 2,
        None => 0,
        Some(digit @ ("0" | "1" | "2")) => digit.parse().unwrap_or(0),
        Some(word) => u8::from(switch(word)?) * 2,
    };
    shell.console.set_verbose(verbose);
    let with = ["is not shown", "is shown", "is shown with the time of each line"];
    let on_screen = ["is shown in Wire", "is shown in Wire", "is shown in Wire with the time of each line"];
    let words = if shell.console.screen().is_some() { on_screen } else { with };
    shell.line(format!("the conversation {}", words[usize::from(verbose.min(2))]));
    Ok(())
}

fn switch(word: &str) -> Result<bool, Failure> {
    match word.to_lowercase().as_str() {
        "on" | "yes" | "1" => Ok(true),
        "off" | "no" | "0" => Ok(false),
        _ => Err(Failure::new(Exit::Usage, format!("cannot set `{word}`"), "it is on or off")),
    }
}

/// How files are moved, in a sentence.
pub(super) fn how(shell: &Shell) -> String {
    let Codec { representation, structure, mode } = shell.codec;
    let text = match representation {
        Representation::Image => "as they are (type binary",
        Representation::Ascii(_) => "as text with this machine's line ends (type ascii",
        Representation::Ebcdic(_) => "as text, in EBCDIC on their way (type ebcdic",
    };
    let (structure, mode) = (word(STRUCTURES, &structure), word(MODES, &mode));
    let policy = policy(shell.policy);
    format!("files are moved {text}, struct {structure}, mode {mode}); where one is there: {policy}")
}

/// A policy as it is typed.
fn policy(policy: Policy) -> String {
    policy.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_go_by_their_words_and_first_letters() {
        assert_eq!(named(TYPES, "A"), Some(Representation::Ascii(Form::NonPrint)));
        assert_eq!(named(MODES, "z"), Some(Mode::Deflate));
        assert_eq!(named(STRUCTURES, "record"), Some(Structure::Record));
        assert_eq!(named(TYPES, "notes.txt"), None);
        assert_eq!(word(MODES, &Mode::Deflate), "deflate");
    }
}
