//! What is generated for shells and for man(1), as these take it. Where a program is missing, the check is left to machines that
//! have it: the CI installs them.

use crate::common::{Outcome, program, run};
use std::process::{Command, Output};

/// What a program says, if it is there.
fn said(name: &str, arguments: &[&str]) -> Option<Output> {
    let output = Command::new(name).args(arguments).output();
    match output {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        result => Some(result.unwrap_or_else(|error| panic!("{name}: {error}"))),
    }
}

#[test]
fn shells_take_their_completions() -> Outcome {
    let dir = tempfile::tempdir()?;
    for (shell, arguments) in [("bash", ["-n"]), ("zsh", ["-n"]), ("fish", ["--no-execute"])] {
        let ran = run(dir.path(), ["completions", shell]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{shell}");
        let script = dir.path().join(shell);
        std::fs::write(&script, &ran.out)?;
        let path = script.to_str().ok_or("the path")?;
        if let Some(output) = said(shell, &[&arguments[..], &[path]].concat()) {
            assert!(output.status.success() && output.stderr.is_empty(), "{shell}: {output:?}");
        }
    }
    Ok(())
}

#[test]
fn bash_completes_commands_and_options() -> Outcome {
    let dir = tempfile::tempdir()?;
    let script = dir.path().join("script");
    std::fs::write(&script, run(dir.path(), ["completions", "bash"]).out)?;
    for (words, expected) in [("mirr", "mirror"), ("get --on-c", "--on-conflict"), ("get --on-conflict ren", "rename")]
    {
        let last = words.rsplit(' ').next().unwrap_or_default();
        let before = words.rsplit(' ').nth(1).unwrap_or("ftpkit");
        let count = words.split(' ').count();
        let ask = format!(
            ". {}; COMP_WORDS=(ftpkit {words}); COMP_CWORD={count}; _ftpkit ftpkit {last} {before}; echo ${{COMPREPLY[@]}}",
            script.display()
        );
        if let Some(output) = said("bash", &["-c", &ask]) {
            assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), expected, "{output:?}");
        }
    }
    Ok(())
}

#[test]
fn manual_pages_are_without_fault() -> Outcome {
    let dir = tempfile::tempdir()?;
    let ran = run(dir.path(), ["man", "--out", "pages"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(dir.path().join("pages"))? {
        pages.push(entry?.path().to_str().ok_or("the path")?.to_owned());
    }
    assert!(pages.len() > 30 && pages.iter().any(|page| page.ends_with("ftpkit-account-add.1")), "{pages:?}");
    let pages: Vec<_> = pages.iter().map(String::as_str).collect();
    if let Some(output) = said("groff", &[&["-ww", "-z", "-man", "-Tutf8"], &pages[..]].concat()) {
        assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    if let Some(output) = said("mandoc", &[&["-T", "lint", "-W", "error"], &pages[..]].concat()) {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    Ok(())
}

#[test]
fn a_page_is_printed_by_the_name_of_its_command() -> Outcome {
    let output = program().args(["man", "jobs", "resume"]).output()?;
    let page = String::from_utf8(output.stdout)?;
    assert!(page.starts_with(".TH FTPKIT-JOBS-RESUME 1 ") && page.contains("ftpkit jobs resume"), "{page}");
    Ok(())
}
