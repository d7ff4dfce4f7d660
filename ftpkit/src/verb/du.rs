//! `ftpkit du`: how much is in directories of a server.

use super::each;
use crate::cli::DuOptions;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{encoded_path, entry, walk};
use crate::text::shown;
use ftp_core::listing::EntryKind;
use indicatif::HumanBytes;
use serde::Serialize;
use std::collections::BTreeMap;

/// Prints the bytes, files and directories below each place.
///
/// # Errors
/// [`Failure`], with what is missing.
pub(crate) fn run(options: &DuOptions, console: Console) -> Result<(), Failure> {
    each(&options.urls, &options.connect, console, |session, url| {
        let mut sums: BTreeMap<Vec<u8>, Sum> = BTreeMap::new();
        let there = entry(session, &url.path)?;
        if there.is_directory() {
            walk(session, &url.path, |dir, entries| {
                let mut sum = Sum::default();
                for entry in entries {
                    match entry.kind {
                        EntryKind::Directory => sum.directories += 1,
                        EntryKind::File => sum.add_file(entry.size),
                        _ => {}
                    }
                }
                sums.insert(dir.to_vec(), sum);
                Ok(())
            })?;
        } else {
            let mut sum = Sum::default();
            sum.add_file(there.size);
            sums.insert(url.path.clone(), sum);
        }
        let total = sums.values().fold(Sum::default(), Sum::and);
        if options.all {
            for (dir, sum) in sums.iter().filter(|(dir, _)| **dir != url.path) {
                print(dir, sum, options, console)?;
            }
        }
        print(&url.path, &total, options, console)
    })
}

/// What is in a directory.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    bytes: u64,
    files: u64,
    directories: u64,
}

impl Sum {
    fn add_file(&mut self, size: Option<u64>) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(size.unwrap_or(0));
    }

    fn and(self, other: &Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            files: self.files + other.files,
            directories: self.directories + other.directories,
        }
    }
}

/// A sum in JSON.
#[derive(Serialize)]
struct Line {
    path: String,
    bytes: u64,
    files: u64,
    directories: u64,
}

fn print(path: &[u8], sum: &Sum, options: &DuOptions, console: Console) -> Result<(), Failure> {
    let Sum { bytes, files, directories } = *sum;
    let line = if console.json() {
        let line = Line { path: encoded_path(path), bytes, files, directories };
        serde_json::to_string(&line).map_err(|error| Failure::new(Exit::Internal, "cannot print", error))?
    } else {
        let bytes = if options.human { HumanBytes(bytes).to_string() } else { bytes.to_string() };
        let name = if path.is_empty() { ".".to_owned() } else { shown(path) };
        format!("{bytes:>12} {files:>8} files  {name}")
    };
    console.result(line).map(drop)
}
