//! `account`: the file it keeps, and what it says.

use crate::common::{Outcome, Ran, run, run_with_input};
use std::fs;
use std::path::Path;

fn account(dir: &Path, arguments: &str, password: &str) -> Ran {
    let arguments = ["account"].into_iter().chain(arguments.split(' ')).chain(["--accounts", "accounts.json"]);
    run_with_input(dir, arguments, password.as_bytes())
}

#[test]
fn accounts_come_change_and_go() -> Outcome {
    let dir = tempfile::tempdir()?;
    fs::create_dir(dir.path().join("home"))?;
    let add = account(dir.path(), "add ann --home home --password-stdin", "one\n");
    assert_eq!(add.code, Some(0), "{add:?}");
    let add = account(dir.path(), "add bob --permissions read,list,create --password-stdin", "two");
    assert_eq!(add.code, Some(0), "{add:?}");
    let before = fs::read_to_string(dir.path().join("accounts.json"))?;
    assert!(before.contains("$argon2id$") && !before.contains("one"), "{before}");

    let list = account(dir.path(), "list --json", "").json();
    assert_eq!((&list[0]["name"], &list[1]["name"]), (&"ann".into(), &"bob".into()));
    assert_eq!(list[1]["permissions"], serde_json::json!(["read", "list", "create"]));
    let home = dir.path().canonicalize()?.join("home");
    assert_eq!(list[0]["home"], home.to_string_lossy().as_ref());
    let text = account(dir.path(), "list", "").out;
    assert!(text.starts_with(b"ann  /") && text.ends_with(b"  read, list, create\n"), "{}", text.escape_ascii());

    assert_eq!(account(dir.path(), "passwd bob --password-stdin", "three\n").code, Some(0));
    assert_ne!(fs::read_to_string(dir.path().join("accounts.json"))?, before);
    assert_eq!(account(dir.path(), "remove ann", "").code, Some(0));
    let list = account(dir.path(), "list --json", "").json();
    assert_eq!((list.len(), &list[0]["name"]), (1, &"bob".into()));
    Ok(())
}

#[cfg(unix)]
#[test]
fn nobody_else_reads_the_file() -> Outcome {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir()?;
    assert_eq!(account(dir.path(), "add ann --password-stdin", "one\n").code, Some(0));
    assert_eq!(fs::metadata(dir.path().join("accounts.json"))?.permissions().mode() & 0o077, 0);
    Ok(())
}

#[test]
fn faults_are_named_with_file_and_remedy() -> Outcome {
    let dir = tempfile::tempdir()?;
    assert_eq!(account(dir.path(), "add ann --password-stdin", "one\n").code, Some(0));
    let cases = [
        ("add ann --password-stdin", "two\n", 7),
        ("add bob --password-stdin", "\n", 2),
        ("add bob --home none --password-stdin", "two\n", 8),
        ("add bob --permissions write --password-stdin", "two\n", 2),
        ("add anonymous --password-stdin", "two\n", 2),
        ("add bob", "", 2),
        ("passwd bob --password-stdin", "two\n", 5),
        ("remove bob", "", 5),
    ];
    let mut shown = String::new();
    for (arguments, password, code) in cases {
        let ran = account(dir.path(), arguments, password);
        assert_eq!(ran.code, Some(code), "{arguments}: {ran:?}");
        shown.extend([arguments, "\n", &ran.err, "\n"]);
    }
    let ran = run(dir.path(), ["account", "list", "--accounts", "none.json"]);
    assert_eq!(ran.code, Some(8));
    shown += &ran.err;
    fs::write(dir.path().join("accounts.json"), "{]")?;
    let ran = account(dir.path(), "list", "");
    assert_eq!(ran.code, Some(8));
    shown += &ran.err;
    insta::assert_snapshot!(shown);
    Ok(())
}
