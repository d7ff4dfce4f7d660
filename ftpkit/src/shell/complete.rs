//! What a line that is being typed could go on with: the names of commands, and paths on both sides.

use super::table::{Argument, TABLE, find};
use super::words::quoted;
use std::collections::HashMap;

/// The names in directories of the server, as they were seen last.
pub(super) type Seen = HashMap<Vec<u8>, Vec<String>>;

/// The ways in which `line` can be completed, each as the whole line.
pub(super) fn candidates(line: &str, seen: &Seen) -> Vec<String> {
    let start = line.rfind(' ').map_or(0, |blank| blank + 1);
    let (before, word) = line.split_at(start);
    let mut words = before.split_whitespace();
    let found: Vec<String> = match words.next() {
        None => TABLE.iter().map(|command| command.name.to_owned()).filter(|name| name.starts_with(word)).collect(),
        Some(name) => match find(name).ok().and_then(|command| command.argument(words.count())) {
            Some(Argument::Remote) => in_directory(word, |dir| seen.get(dir.as_bytes()).cloned().unwrap_or_default()),
            Some(Argument::Local) => in_directory(word, names_here),
            _ => Vec::new(),
        },
    };
    found.into_iter().map(|word| format!("{before}{word}")).collect()
}

/// What `word` can become, where `names` tells what is in a directory; directories end in a slash.
fn in_directory(word: &str, names: impl Fn(&str) -> Vec<String>) -> Vec<String> {
    let (dir, beginning) = word.split_at(word.rfind('/').map_or(0, |slash| slash + 1));
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
        let seen: Seen = [(b"".to_vec(), vec!["pub/".into(), "public.txt".into(), ".hidden".into()])].into();
        assert_eq!(candidates("mk", &seen), ["mkdir"]);
        assert_eq!(candidates("cat pub", &seen), ["cat pub/", "cat public.txt"]);
        assert_eq!(common(&candidates("get p", &seen)).as_deref(), Some("get pub"));
        assert_eq!(candidates("cat .", &seen), ["cat .hidden"]);
        assert_eq!(candidates("user a", &seen), Vec::<String>::new());
        assert!(candidates("lcd sr", &seen).contains(&"lcd src/".to_owned()));
    }
}
