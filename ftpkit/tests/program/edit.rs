//! `edit`: a file of a server in an editor. The editors here are one-liners of the shell.

use crate::common::{Outcome, Ran, Server};
use std::fs;

/// Edits a file of ann's with this editor, which finds the file as its last argument.
fn edit(server: &Server, editor: &str, file: &str) -> Ran {
    server.run(["edit", "--editor", editor, &server.url_as("ann", file)])
}

#[test]
fn what_was_changed_is_put_back() -> Outcome {
    let server = Server::start()?;
    fs::write(server.home().join("notes.txt"), "alpha\n")?;
    let ran = edit(&server, "sed -i s/alpha/beta/", "notes.txt");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(fs::read(server.home().join("notes.txt"))?, b"beta\n");
    let ran = edit(&server, "true", "notes.txt");
    assert!(ran.code == Some(0) && ran.err.contains("not changed"), "{ran:?}");
    // What is not there begins empty.
    let ran = edit(&server, "f() { echo gamma > \"$1\"; }; f", "new");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(fs::read(server.home().join("new"))?, b"gamma\n");
    // An editor that fails changes nothing.
    let ran = edit(&server, "f() { echo wrong > \"$1\"; exit 3; }; f", "new");
    assert_eq!(ran.code, Some(8), "{ran:?}");
    assert_eq!(fs::read(server.home().join("new"))?, b"gamma\n");
    Ok(())
}

#[test]
fn a_directory_is_not_edited_and_it_is_said_what_to_do() -> Outcome {
    let server = Server::start()?;
    fs::create_dir(server.home().join("d"))?;
    for path in ["d/", "d", "", "none/", "d/.."] {
        let ran = edit(&server, "false", path);
        assert!(ran.code == Some(2) && ran.err.contains("it is a directory"), "{path}: {ran:?}");
        assert!(ran.err.contains("name a file in it"), "{path}: {ran:?}");
    }
    Ok(())
}

#[test]
fn what_somebody_else_changed_meanwhile_is_not_overwritten() -> Outcome {
    let server = Server::start()?;
    let file = server.home().join("notes.txt");
    fs::write(&file, "alpha\n")?;
    // Of the same length, and perhaps in the same second: only the digest tells.
    let editor = format!("f() {{ echo other > '{}'; echo mine > \"$1\"; }}; f", file.display());
    let ran = edit(&server, &editor, "notes.txt");
    assert!(ran.code == Some(7) && ran.err.contains("changed on the server meanwhile"), "{ran:?}");
    assert_eq!(fs::read(&file)?, b"other\n");
    // What was written is not lost.
    let kept = ran.err.split("what you wrote is in ").nth(1).ok_or("it is not said where it is")?.trim();
    assert_eq!(fs::read(kept)?, b"mine\n");
    fs::remove_dir_all(std::path::Path::new(kept).parent().ok_or("no directory")?)?;
    Ok(())
}
