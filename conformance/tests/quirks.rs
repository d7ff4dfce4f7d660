//! The page of what a client lives with names every transcript of a client, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn the_page_names_every_transcript_and_every_row_has_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts/client");
    let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let transcripts: BTreeSet<String> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "ftp"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();

    let page = fs::read_to_string(folder.join("README.md")).unwrap();
    let (tables, last) = page.split_once("## In good order").unwrap();
    let mut named: BTreeSet<String> = quoted(last).collect();
    for row in tables.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| what servers do")) {
        let (_, cell) = row.trim_end_matches(" |").rsplit_once(" | ").unwrap();
        let names: Vec<String> = quoted(cell).collect();
        assert!(!names.is_empty(), "no transcript shows it: {row}");
        named.extend(names);
    }
    let unnamed: Vec<_> = transcripts.difference(&named).collect();
    let missing: Vec<_> = named.difference(&transcripts).collect();
    assert!(unnamed.is_empty() && missing.is_empty(), "not named: {unnamed:?}; not there: {missing:?}");
}

/// What stands between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned)
}
