//! What a line that is being typed could go on with: the names of commands, and paths on both sides.

use super::table::{Argument, TABLE, find};
use super::words::{last, quoted};
use crate::remote::path;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The names in directories of the server, as they were seen last; directories among them end in a slash.
#[derive(Clone, Default)]
pub(super) struct Names(Arc<Mutex<HashMap<Vec<u8>, Vec<String>>>>);

impl Names {
    /// What is in this directory.
    pub(super) fn learn(&self, dir: Vec<u8>, names: Vec<String>) {
        self.with(|seen| drop(seen.insert(dir, names)));
    }

    /// Things have changed.
    pub(super) fn forget(&self) {
        self.with(HashMap::clear);
    }

    pub(super) fn knows(&self, dir: &[u8]) -> bool {
        self.with(|seen| seen.contains_key(dir))
    }

    fn of(&self, dir: &[u8]) -> Vec<String> {
        self.with(|seen| seen.get(dir).cloned().unwrap_or_default())
    }

    fn with<T>(&self, deed: impl FnOnce(&mut HashMap<Vec<u8>, Vec<String>>) -> T) -> T {
        deed(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The words before the last, which is being typed, and what is to stand there; `None`: the name of a command.
fn place(line: &str) -> (&str, String, Option<Argument>) {
    let (start, word) = last(line);
    let before = line.get(..start).unwrap_or_default();
    let mut words = before.split_whitespace();
    let command = words.next();
    let argument = command.map(|name| {
        let argument = find(name).ok().and_then(|command| command.argument(words.count()));
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
        None => TABLE.iter().map(|command| command.name.to_owned()).filter(|name| name.starts_with(&word)).collect(),
        Some(Argument::Remote) => in_directory(&word, |dir| names.of(&absolute(dir, directory))),
        Some(Argument::Local) => in_directory(&word, names_here),
        Some(Argument::Words(words)) => {
            words.iter().copied().filter(|other| other.starts_with(&word)).map(Into::into).collect()
        }
        Some(_) => Vec::new(),
    };
    found.into_iter().map(|word| format!("{before}{word}")).collect()
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

/// The longest line that all candidates begin with.
pub(super) fn common(candidates: &[String]) -> Option<String> {
    let first = candidates.first()?;
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

    #[test]
    fn commands_and_paths_are_completed() {
        let names = Names::default();
        names.learn(b"/home".to_vec(), vec!["pub/".into(), "public.txt".into(), ".hidden".into()]);
        names.learn(b"/home/pub".to_vec(), vec!["a b".into()]);
        let of = |line| candidates(line, b"/home", &names);
        assert_eq!(of("mkd"), ["mkdir"]);
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
