//! Commands that look: listings, facts, and files on the screen.

use super::Shell;
use super::table::LISTING;
use crate::cli::EditOptions;
use crate::entry_text::{columns, date, in_columns, size as size_of, tone};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::path::trimmed;
use crate::remote::refusal::unanswered;
use crate::remote::{entry, expand, list, walk};
use crate::text::shown;
use crate::verb;
use crate::verb::cat::copy;
use crate::verb::hash::hex;
use ftp_core::client::{Outcome, Request};
use ftp_core::listing::{Entry, EntryKind};
use ftp_host::pump::Memory;
use indicatif::HumanBytes;
use std::cmp::Reverse;

/// The most of a file that is shown.
const SHOWN: usize = 1 << 20;

/// The most of a file that is shown page by page.
const READ: usize = 16 << 20;

/// What the arguments mean: paths, and what fits those that are patterns.
pub(super) fn expanded(shell: &mut Shell, arguments: &[String]) -> Result<Vec<Vec<u8>>, Failure> {
    let mut found = Vec::new();
    for argument in arguments {
        let url = shell.url(b"")?.with_pattern(argument);
        let paths = expand(shell.session()?, &url)?;
        found.extend(paths.into_iter().map(|(path, _)| path));
    }
    Ok(found)
}

/// What is in a directory, or what fits a pattern, in the order that the options ask for, and whether they ask for details.
fn entries(shell: &mut Shell, arguments: &[String]) -> Result<(Vec<Entry>, bool), Failure> {
    let (options, arguments): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|word| LISTING.is_option(word));
    let has = |letter| options.iter().any(|word| word.contains(letter));
    let mut entries = found(shell, arguments.first().map(|path| path.as_str()).unwrap_or_default())?;
    if has('t') {
        entries.sort_by_key(|entry| Reverse(entry.modified));
    } else if has('S') {
        entries.sort_by_key(|entry| Reverse(entry.size));
    }
    if has('r') {
        entries.reverse();
    }
    if entries.is_empty() && shell.console.has_somebody() {
        shell.console.note("there is nothing in it");
    }
    Ok((entries, has('l')))
}

fn found(shell: &mut Shell, path: &str) -> Result<Vec<Entry>, Failure> {
    let url = shell.url(b"")?.with_pattern(path);
    if url.pattern.is_some() {
        let found = expand(shell.session()?, &url)?;
        return Ok(found
            .into_iter()
            .map(|(path, entry)| match entry {
                Some(entry) => Entry { name: path, ..entry },
                None => Entry::new(path, EntryKind::Other),
            })
            .collect());
    }
    let what =
        || if path.is_empty() { "cannot list".to_owned() } else { format!("cannot list {}", shown(path.as_bytes())) };
    let entries = list(shell.session()?, path.as_bytes()).map_err(|error| unanswered(what(), &error))?;
    let dir = shell.url(path.as_bytes())?.path;
    shell.names.learn(trimmed(&dir).to_vec(), &entries);
    Ok(entries)
}

pub(super) fn ls(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let mark = |entry: &Entry| if entry.is_directory() { "/" } else { "" };
    let named = |entry: &Entry| (tone(entry), format!("{}{}", shown(&entry.name), mark(entry)));
    let (entries, long) = entries(shell, arguments)?;
    if long {
        show(shell, &entries);
        return Ok(());
    }
    let names: Vec<_> = entries.iter().map(named).collect();
    for line in in_columns(&names, shell.console.width()) {
        shell.line(line);
    }
    Ok(())
}

pub(super) fn dir(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let (entries, _) = entries(shell, arguments)?;
    show(shell, &entries);
    Ok(())
}

fn show(shell: &Shell, entries: &[Entry]) {
    let width = entries.iter().map(|entry| size_of(entry).len()).max().unwrap_or(0);
    for entry in entries {
        shell.line(columns(entry, width));
    }
}

pub(super) fn nlst(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let path = arguments.first().map(|path| path.clone().into_bytes());
    if let Outcome::Names(names) = shell.session()?.need(Request::Names(path), || "cannot list".into())? {
        for name in &names {
            shell.line(shown(name));
        }
    }
    Ok(())
}

pub(super) fn stat(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    for path in expanded(shell, arguments)? {
        let there = Entry { name: path.clone(), ..entry(shell.session()?, &path)? };
        shell.line(columns(&there, size_of(&there).len()));
    }
    Ok(())
}

pub(super) fn size(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    for path in expanded(shell, arguments)? {
        let what = || format!("cannot tell the size of {}", shown(&path));
        if let Outcome::Size(size) = shell.session()?.need(Request::Size(path.clone()), what)? {
            shell.line(format!("{size}  {}", shown(&path)));
        }
    }
    Ok(())
}

pub(super) fn modtime(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    for path in expanded(shell, arguments)? {
        let what = || format!("cannot tell the time of {}", shown(&path));
        if let Outcome::Modified(time) = shell.session()?.need(Request::Modified(path.clone()), what)? {
            shell.line(format!("{}  {}", date(time), shown(&path)));
        }
    }
    Ok(())
}

pub(super) fn hash(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    for path in expanded(shell, arguments)? {
        let what = || format!("cannot tell the digest of {}", shown(&path));
        let request = Request::Digest { path: path.clone(), algorithm: None };
        if let Outcome::Digest { algorithm, digest } = shell.session()?.need(request, what)? {
            shell.line(format!("{} {}  {}", algorithm.name(), hex(&digest), shown(&path)));
        }
    }
    Ok(())
}

pub(super) fn du(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let path = arguments.first().map(|path| path.clone().into_bytes()).unwrap_or_default();
    let (mut bytes, mut files) = (0_u64, 0_u64);
    walk(shell.session()?, &path, |_, entries| {
        for entry in entries.iter().filter(|entry| entry.kind == EntryKind::File) {
            files += 1;
            bytes = bytes.saturating_add(entry.size.unwrap_or(0));
        }
        Ok(())
    })?;
    shell.line(format!("{} in {files} files", HumanBytes(bytes)));
    Ok(())
}

pub(super) fn cat(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    for path in expanded(shell, arguments)? {
        let lines = fetched(shell, &path, SHOWN)?;
        for text in lines {
            shell.line(text);
        }
    }
    Ok(())
}

/// Shows a file page by page, where there are pages.
pub(super) fn less(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    for path in expanded(shell, arguments)? {
        let lines = fetched(shell, &path, READ)?;
        match shell.console.screen() {
            Some(screen) => screen.page(&shown(&path), lines),
            None => {
                for text in lines {
                    shell.line(text);
                }
            }
        }
    }
    Ok(())
}

/// The lines of a file of at most so many bytes.
fn fetched(shell: &mut Shell, path: &[u8], most: usize) -> Result<Vec<String>, Failure> {
    let url = shell.url(path)?;
    let memory = Memory::new(most);
    match copy(shell.session()?, &url, 0, Box::new(memory.clone())) {
        Ok(_) => {}
        Err(failure) if failure.exit == Exit::Disk => {
            let why = format!("it is larger than {}", HumanBytes(most as u64));
            return Err(Failure::new(Exit::Refused, format!("cannot show {}", shown(path)), why)
                .with_remedy("less shows more than cat; get fetches all"));
        }
        Err(failure) => return Err(failure),
    }
    let bytes = memory.take();
    let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let line = |text: &[u8]| shown(text.strip_suffix(b"\r").unwrap_or(text)).replace("\\t", "        ");
    Ok(text.split(|&byte| byte == b'\n').map(line).collect())
}

/// Edits a file, as `ftpkit edit` does.
pub(super) fn edit(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let [path] = arguments else { return Ok(()) };
    let url = shell.url(path.as_bytes())?;
    shell.names.forget();
    let options = EditOptions { url, editor: None, connect: shell.connect.clone() };
    verb::edit::run(&options, shell.console)
}
