//! Commands that look: listings, facts, and files on the screen.

use super::{Shell, line};
use crate::entry_text::{columns, date, size as size_of};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::refusal::failure;
use crate::remote::{entry, expand, list, walk};
use crate::text::shown;
use crate::verb::cat::copy;
use ftp_core::client::{Outcome, Request};
use ftp_core::listing::{Entry, EntryKind};
use ftp_host::pump::Memory;
use indicatif::HumanBytes;

/// The most of a file that is shown.
const SHOWN: usize = 1 << 20;

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

fn entries(shell: &mut Shell, arguments: &[String]) -> Result<Vec<Entry>, Failure> {
    let Some(path) = arguments.first() else {
        let entries = list(shell.session()?, b"");
        return entries.map_err(|error| failure("cannot list".into(), &error));
    };
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
    list(shell.session()?, path.as_bytes())
        .map_err(|error| failure(format!("cannot list {}", shown(path.as_bytes())), &error))
}

pub(super) fn ls(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let names: Vec<_> = entries(shell, arguments)?
        .iter()
        .map(|entry| {
            let mark = if entry.is_directory() { "/" } else { "" };
            format!("{}{mark}", shown(&entry.name))
        })
        .collect();
    show_names(&names);
    Ok(())
}

pub(super) fn dir(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let entries = entries(shell, arguments)?;
    let width = entries.iter().map(|entry| size_of(entry).len()).max().unwrap_or(0);
    for entry in &entries {
        line(&columns(entry, width));
    }
    Ok(())
}

pub(super) fn nlst(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let path = arguments.first().map(|path| path.clone().into_bytes());
    if let Outcome::Names(names) = shell.session()?.need(Request::Names(path), || "cannot list".into())? {
        for name in &names {
            line(&shown(name));
        }
    }
    Ok(())
}

pub(super) fn stat(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    for path in expanded(shell, arguments)? {
        let there = Entry { name: path.clone(), ..entry(shell.session()?, &path)? };
        line(&columns(&there, size_of(&there).len()));
    }
    Ok(())
}

pub(super) fn size(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    for path in expanded(shell, arguments)? {
        let what = || format!("cannot tell the size of {}", shown(&path));
        if let Outcome::Size(size) = shell.session()?.need(Request::Size(path.clone()), what)? {
            line(&format!("{size}  {}", shown(&path)));
        }
    }
    Ok(())
}

pub(super) fn modtime(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    for path in expanded(shell, arguments)? {
        let what = || format!("cannot tell the time of {}", shown(&path));
        if let Outcome::Modified(time) = shell.session()?.need(Request::Modified(path.clone()), what)? {
            line(&format!("{}  {}", date(time), shown(&path)));
        }
    }
    Ok(())
}

pub(super) fn hash(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    for path in expanded(shell, arguments)? {
        let what = || format!("cannot tell the digest of {}", shown(&path));
        let request = Request::Digest { path: path.clone(), algorithm: None };
        if let Outcome::Digest { algorithm, digest } = shell.session()?.need(request, what)? {
            let hex = digest.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
            line(&format!("{} {hex}  {}", algorithm.name(), shown(&path)));
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
    line(&format!("{} in {files} files", HumanBytes(bytes)));
    Ok(())
}

pub(super) fn cat(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    for path in expanded(shell, arguments)? {
        let url = shell.url(&path)?;
        let memory = Memory::new(SHOWN);
        match copy(shell.session()?, &url, 0, Box::new(memory.clone())) {
            Ok(_) => {}
            Err(failure) if failure.exit == Exit::Disk => {
                return Err(Failure::new(
                    Exit::Refused,
                    format!("cannot show {}", shown(&path)),
                    "it is larger than a MiB",
                )
                .with_remedy("get fetches it"));
            }
            Err(failure) => return Err(failure),
        }
        for text in memory.take().split(|&byte| byte == b'\n') {
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            line(&shown(text).replace("\\t", "        "));
        }
    }
    Ok(())
}

/// Shows names in as many columns as the terminal has room for.
fn show_names(names: &[String]) {
    let room = crate::console::width();
    let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) + 2;
    let columns = (room / widest).max(1);
    let rows = names.len().div_ceil(columns);
    for row in 0..rows {
        let cells = names.iter().skip(row).step_by(rows).map(|name| format!("{name:<widest$}"));
        line(cells.collect::<String>().trim_end());
    }
}
