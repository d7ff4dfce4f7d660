//! What was typed in earlier runs: one line each in a file of the state directory. Lines that may hold a password are not kept, and
//! nothing here is worth a failure.

use crate::state;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

/// Lines kept.
const KEPT: usize = 1000;

fn file() -> Option<PathBuf> {
    Some(state::directory("connect").ok()?.join("history"))
}

/// What was typed, the latest last.
pub(super) fn read() -> Vec<String> {
    let Some(file) = file() else { return Vec::new() };
    let text = fs::read_to_string(&file).unwrap_or_default();
    let lines: Vec<_> = text.lines().map(str::to_owned).collect();
    let latest = lines.get(lines.len().saturating_sub(KEPT)..).unwrap_or_default().to_vec();
    if lines.len() > 2 * KEPT {
        // Aside first: a history that is cut off is none.
        let aside = file.with_extension("new");
        let _ = fs::write(&aside, latest.join("\n") + "\n").and_then(|()| fs::rename(&aside, &file));
    }
    latest
}

/// Keeps a line.
pub(super) fn add(line: &str) {
    if may_hold_a_password(line) {
        return;
    }
    if let Some(mut file) = file().and_then(|file| opened(&file).ok()) {
        let _ = writeln!(file, "{line}");
    }
}

fn opened(file: &std::path::Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

fn may_hold_a_password(line: &str) -> bool {
    let lower = line.to_lowercase();
    let login = lower.split_once("://").is_some_and(|(_, rest)| rest.contains('@') && rest.contains(':'));
    login || ["pass ", "acct ", "password"].iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_kept() {
        for line in ["open ftp://ann:secret@host/", "quote PASS secret", "quote acct x", "!echo password"] {
            assert!(may_hold_a_password(line), "{line}");
        }
        for line in ["open ftp://ann@host/", "get passage", "cd pub"] {
            assert!(!may_hold_a_password(line), "{line}");
        }
    }
}
