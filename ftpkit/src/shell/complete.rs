//! What a line that is being typed could go on with: the names of commands, and paths on both sides.

use super::table::{Argument, Command, TABLE, find};
use super::words::{last, quoted};
use crate::remote::path;
use crate::text::shown;
use ftp_core::listing::Entry;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long what was seen is taken for what is there.
const FRESH: Duration = Duration::from_mins(1);

/// The names in directories of the server, as they were seen last; directories among them end in a slash.
#[derive(Clone, Default)]
pub(super) struct Names(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    directories: HashMap<Vec<u8>, (Instant, Vec<String>)>,
    /// How often things have changed.
    changes: usize,
}

impl Names {
    /// These are in a directory of the server.
    pub(super) fn learn(&self, dir: Vec<u8>, entries: &[Entry]) {
        let names = named(entries);
        self.with(|seen| drop(seen.directories.insert(dir, (Instant::now(), names))));
    }

    /// These were in a directory of the server when things had changed so often. Was nothing changed since?
    pub(super) fn learn_if(&self, changes: usize, dir: &[u8], entries: &[Entry]) -> bool {
        let names = named(entries);
        self.with(|seen| {
            let holds = seen.changes == changes;
            if holds {
                seen.directories.insert(dir.to_vec(), (Instant::now(), names));
            }
            holds
        })
    }

    /// How often things have changed.
    pub(super) fn changes(&self) -> usize {
        self.with(|seen| seen.changes)
    }

    /// Things have changed.
    pub(super) fn forget(&self) {
        self.with(|seen| {
            seen.directories.clear();
            seen.changes += 1;
        });
    }

    /// Was this directory ever looked at, as it is?
    pub(super) fn knows(&self, dir: &[u8]) -> bool {
        self.with(|seen| seen.directories.contains_key(dir))
    }

    /// Was it looked at not long ago?
    pub(super) fn is_fresh(&self, dir: &[u8]) -> bool {
        self.with(|seen| seen.directories.get(dir).is_some_and(|(when, _)| when.elapsed() < FRESH))
    }

    fn of(&self, dir: &[u8]) -> Vec<String> {
        self.with(|seen| seen.directories.get(dir).map(|(_, names)| names.clone()).unwrap_or_default())
    }

    fn with<T>(&self, deed: impl FnOnce(&mut Seen) -> T) -> T {
        deed(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn named(entries: &[Entry]) -> Vec<String> {
    let name = |entry: &Entry| format!("{}{}", shown(&entry.name), if entry.is_directory() { "/" } else { "" });
    entries.iter().map(name).collect()
}

/// The words before the last, which is being typed, and what is to stand there; `None`: the name of a command.
fn place(line: &str) -> (&str, String, Option<Argument>) {
    let (start, word) = last(line);
    let before = line.get(..start).unwrap_or_default();
    let mut words = before.split_whitespace();
    let command = words.next();
    let argument = command.map(|name| {
        let argument = find(name).ok().and_then(|command| {
            let words = words.filter(|word| !command.is_option(word));
            command.argument(words.count())
        });
        argument.unwrap_or(Argument::Word(""))
    });
    (before, word, argument)
}

/// What stands before the last slash of a word, with the slash; and the rest.
fn cut(word: &str) -> (&str, &str) {
    word.split_at(word.rfind('/').map_or(0, |slash| slash + 1))
}

/// The directory of the server that has to be known to complete the line.
pub(super) fn directory_of(line: &str, directory: &[u8]) -> Option<Vec<u8>> {
    let (_, word, argument) = place(line);
    (argument == Some(Argument::Remote)).then(|| absolute(cut(&word).0, directory))
}

fn absolute(dir: &str, directory: &[u8]) -> Vec<u8> {
    let dir = dir.as_bytes();
    let whole = if dir.starts_with(b"/") { dir.to_vec() } else { path::join(directory, dir) };
    path::trimmed(&whole).to_vec()
}

/// The ways in which `line` can be completed, each as the whole line; `directory` is where one is on the server.
pub(super) fn candidates(line: &str, directory: &[u8], names: &Names) -> Vec<String> {
    let (before, word, argument) = place(line);
    let found: Vec<String> = match argument {
        None => commands(&word),
        Some(Argument::Remote) => in_directory(&word, |dir| names.of(&absolute(dir, directory))),
        Some(Argument::Local) => in_directory(&word, names_here),
        Some(Argument::Words(words)) => {
            words.iter().copied().filter(|other| other.starts_with(&word)).map(Into::into).collect()
        }
        Some(_) => Vec::new(),
    };
    found.into_iter().map(|word| format!("{before}{word}")).collect()
}

/// The commands that begin so; what other systems call them only where no name of ours does.
fn commands(word: &str) -> Vec<String> {
    let fitting = |name: &&str| name.starts_with(word);
    let ours: Vec<_> = TABLE.iter().map(|command| command.name).filter(fitting).collect();
    let found = if ours.is_empty() { TABLE.iter().flat_map(Command::names).filter(fitting).collect() } else { ours };
    found.into_iter().map(Into::into).collect()
}

/// What `word` can become, where `names` tells what is in a directory.
fn in_directory(word: &str, names: impl Fn(&str) -> Vec<String>) -> Vec<String> {
    let (dir, beginning) = cut(word);
    let fits = |name: &String| name.starts_with(beginning) && (!name.starts_with('.') || beginning.starts_with('.'));
    let mut found: Vec<_> = names(dir).into_iter().filter(fits).map(|name| quoted(&format!("{dir}{name}"))).collect();
    found.sort();
    found
}

fn names_here(dir: &str) -> Vec<String> {
    let entries = std::fs::read_dir(if dir.is_empty() { "." } else { dir });
    let named = |entry: std::fs::DirEntry| {
        let slash = if entry.path().is_dir() { "/" } else { "" };
        format!("{}{slash}", entry.file_name().to_string_lossy())
    };
    entries.into_iter().flatten().filter_map(Result::ok).map(named).collect()
}

/// The longest line that all candidates begin with; what is complete has a blank behind it.
pub(super) fn common(candidates: &[String]) -> Option<String> {
    let first = candidates.first()?;
    if let [only] = candidates {
        return Some(if only.ends_with('/') { only.clone() } else { format!("{only} ") });
    }
    let length = candidates.iter().map(|other| {
        first
            .char_indices()
            .zip(other.chars())
            .take_while(|((_, a), b)| a == b)
            .last()
            .map_or(0, |((at, sign), _)| at + sign.len_utf8())
    });
    length.min().map(|length| first[..length].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ftp_core::listing::EntryKind;

    #[test]
    fn what_was_seen_before_a_change_is_not_taken_for_what_is_there() {
        let names = Names::default();
        let before = names.changes();
        names.forget();
        assert!(!names.learn_if(before, b"/", &[Entry::directory(b"gone")]) && !names.knows(b"/"));
        assert!(names.learn_if(names.changes(), b"/", &[]) && names.is_fresh(b"/"));
    }

    #[test]
    fn commands_and_paths_are_completed() {
        let names = Names::default();
        let file = |name: &str| Entry::new(name.as_bytes().to_vec(), EntryKind::File);
        names.learn(b"/home".to_vec(), &[Entry::directory(b"pub"), file("public.txt"), file(".hidden")]);
        names.learn(b"/home/pub".to_vec(), &[file("a b")]);
        let of = |line| candidates(line, b"/home", &names);
        assert_eq!(of("mkd"), ["mkdir"]);
        assert_eq!(of("disc"), ["disconnect"]);
        assert_eq!(common(&of("mkd")).as_deref(), Some("mkdir "));
        assert_eq!(common(&of("cd pub/")).as_deref(), Some("cd pub/a\\ b "));
        assert_eq!(of("dir -l pub"), ["dir -l pub/", "dir -l public.txt"]);
        assert_eq!(of("cat pub"), ["cat pub/", "cat public.txt"]);
        assert_eq!(common(&of("get p")).as_deref(), Some("get pub"));
        assert_eq!(of("cat .h"), ["cat .hidden"]);
        assert_eq!(of("cat pub/"), ["cat pub/a\\ b"]);
        assert_eq!(of("cat /home/pub/a"), ["cat /home/pub/a\\ b"]);
        assert_eq!(of("conflict re"), ["conflict resume", "conflict rename"]);
        assert_eq!(of("user a"), Vec::<String>::new());
        assert!(of("lcd sr").contains(&"lcd src/".to_owned()));
    }

    #[test]
    fn only_paths_of_the_server_are_looked_up_there() {
        assert_eq!(directory_of("cat pub/x", b"/home"), Some(b"/home/pub".to_vec()));
        assert_eq!(directory_of("cat x", b"/home"), Some(b"/home".to_vec()));
        assert_eq!(directory_of("cat /x", b"/home"), Some(b"/".to_vec()));
        for line in ["lcat x", "ca", "user x", "nothing x"] {
            assert_eq!(directory_of(line, b"/home"), None, "{line}");
        }
    }
}
