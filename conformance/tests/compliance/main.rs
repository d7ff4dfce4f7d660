//! COMPLIANCE.md: every command and every permitted reply of every RFC, each with the transcript that shows it or the reason
//! why this server never sends it. It is made from the registry of commands, the table of replies and the records of the
//! transcripts; a test fails when it is stale.

mod diagrams;
mod exchange;
mod page;

use exchange::answers;
use ftp_core::command::Verb;
use ftp_core::reply::{Code, table};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Set, the page is written anew instead of compared.
const WRITE: &str = "COMPLIANCE";

/// Which transcripts show which reply, in the order of their names.
type Evidence = BTreeMap<(Option<Verb>, u16), Vec<Shown>>;

/// A transcript that shows a reply.
#[derive(Clone, PartialEq, Eq)]
struct Shown {
    /// Its name, without the ending.
    name: String,
    /// What its first line says it is about.
    heading: String,
}

fn main_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the records of a server's transcripts show.
fn evidence() -> Evidence {
    let root = main_folder().join("snapshots");
    let mut evidence = Evidence::new();
    for path in files(&root) {
        let name = path.strip_prefix(&root).unwrap_or(&path).with_extension("").to_string_lossy().into_owned();
        // There the server is the script, or somebody else's.
        if name.starts_with("client/") {
            continue;
        }
        let record = fs::read_to_string(&path).expect("a snapshot can be read");
        let heading = record.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default().to_owned();
        let this = Shown { name, heading };
        for answer in answers(&record) {
            let shown = evidence.entry(answer).or_default();
            if shown.last() != Some(&this) {
                shown.push(this.clone());
            }
        }
    }
    evidence
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>).expect("a folder can be read");
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    paths.into_iter().flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn the_page_is_up_to_date() {
    let path = main_folder().join("COMPLIANCE.md");
    let page = page::write(&evidence());
    if std::env::var_os(WRITE).is_some() {
        fs::write(&path, page).expect("the page can be written");
        return;
    }
    let present = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        present == page,
        "conformance/COMPLIANCE.md is stale; `{WRITE}=1 cargo test -p conformance --test compliance` writes it"
    );
}

/// A reply that nothing shows and nothing explains would have an empty cell.
#[test]
fn no_row_is_empty() {
    let page = page::write(&evidence());
    let mut heading = "";
    let mut empty = Vec::new();
    for line in page.lines() {
        if line.starts_with("### ") {
            heading = line;
        } else if line.starts_with("| ") && line.ends_with("| |") {
            empty.push(format!("{heading} {line}"));
        }
    }
    assert!(
        empty.is_empty(),
        "write a transcript, or the reason into ftp-core/src/reply/unsent.rs:\n{}",
        empty.join("\n")
    );
}

/// The table is right, and so is the telling which reply answers what: no record has a reply that its command may not get.
#[test]
fn every_reply_of_every_record_is_permitted() {
    for ((verb, number), shown) in evidence() {
        let code = Code::new(number).expect("a code");
        assert!(table::permits(verb, code), "{number} to {verb:?} in {}", shown[0].name);
    }
}
