//! Writes the seeds of every target and the dictionary into a directory: `seeds DIRECTORY`.

use fuzz::seeds::{Seeds, dictionary};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(directory) = std::env::args().nth(1) else {
        eprintln!("where to? seeds DIRECTORY");
        return ExitCode::FAILURE;
    };
    let directory = Path::new(&directory);
    let transcripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/transcripts");
    let written = Seeds::of(&transcripts)
        .and_then(|seeds| seeds.write(directory))
        .and_then(|()| std::fs::write(directory.join("dictionary"), dictionary()));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", directory.display());
            ExitCode::FAILURE
        }
    }
}
