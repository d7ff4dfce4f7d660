//! Account files.

use ftp_host::accounts::{AccountFile, AccountInfo};
use std::fs;
use std::sync::{LazyLock, Mutex, PoisonError};
use tempfile::TempDir;

/// A file and where it is. Made once, since a hash for unknown users is made with it, which is slow on purpose.
static FILE: LazyLock<Mutex<(TempDir, AccountFile)>> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let file = AccountFile::load_or_create(dir.path().join("accounts.json")).unwrap_or_else(|error| panic!("{error}"));
    Mutex::new((dir, file))
});

/// The text of an account file.
///
/// # Panics
/// Where something does not hold.
pub fn run(data: &[u8]) {
    let held = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    let (dir, file) = &*held;
    put(dir, data);
    match file.list() {
        Ok(accounts) => kept(file, accounts),
        Err(error) => {
            let said = error.to_string();
            assert!(!said.contains("hunter2"), "what stands for a password is not shown: {said}");
        }
    }
}

/// Exchanges the file whole, so that it is seen to be another.
fn put(dir: &TempDir, data: &[u8]) {
    let (aside, path) = (dir.path().join("new"), dir.path().join("accounts.json"));
    let put = fs::write(&aside, data).and_then(|()| fs::rename(aside, path));
    put.unwrap_or_else(|error| panic!("{error}"));
}

/// Accounts that are read are written as they were: all but the one that is removed.
fn kept(file: &AccountFile, mut accounts: Vec<AccountInfo>) {
    let mut names: Vec<_> = accounts.iter().map(|account| account.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), accounts.len(), "a name is given once");
    if accounts.is_empty() {
        return;
    }
    let gone = accounts.remove(accounts.len() / 2);
    file.remove(&gone.name).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(file.list().unwrap_or_else(|error| panic!("{error}")), accounts);
}
