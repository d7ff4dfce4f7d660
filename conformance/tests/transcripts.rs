//! Every transcript on every backend, each a test of its own: `core::rfc959/retr`. What was said is one snapshot per
//! transcript, the same for all backends.

use conformance::backend::Backend;
use conformance::backend::adapter::serving;
use conformance::backend::core::{Chunks, Core};
use conformance::runner::play;
use conformance::transcript::{Setup, Transcript};
use libtest_mimic::{Arguments, Failed, Trial};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

type MakeBackend = fn(&Setup) -> Box<dyn Backend>;

/// Every backend, and the name its tests have.
const BACKENDS: &[(&str, MakeBackend)] = &[
    ("core", |setup| Box::new(Core::new(setup, Chunks::Whole))),
    ("core-bytes", |setup| Box::new(Core::new(setup, Chunks::Bytes))),
    ("core-chunks-1", |setup| Box::new(Core::new(setup, Chunks::Random(1)))),
    ("core-chunks-2", |setup| Box::new(Core::new(setup, Chunks::Random(2)))),
    ("adapter-blocking", |setup| Box::new(serving(setup, adapter_blocking::serve, adapter_blocking::Running::stop))),
    ("adapter-smol", |setup| Box::new(serving(setup, adapter_smol::serve, adapter_smol::Running::stop))),
    ("adapter-mio", |setup| Box::new(serving(setup, adapter_mio::serve, adapter_mio::Running::stop))),
];

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut trials = Vec::new();
    for file in files(&root.join("transcripts")) {
        let path = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().into_owned();
        let name = path.trim_start_matches("transcripts/").trim_end_matches(".ftp").to_owned();
        match fs::read_to_string(&file).map_err(Failed::from).and_then(|text| Ok(Transcript::parse(&path, &text)?)) {
            Err(error) => trials.push(Trial::test(format!("read::{name}"), || Err(error))),
            Ok(transcript) => trials.extend(plays(root, &name, &Arc::new(transcript))),
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// One test for each backend.
fn plays(root: &Path, name: &str, transcript: &Arc<Transcript>) -> impl Iterator<Item = Trial> {
    BACKENDS.iter().map(move |(backend, make)| {
        let (transcript, name, root) = (Arc::clone(transcript), name.to_owned(), root.to_owned());
        Trial::test(format!("{backend}::{name}"), move || {
            let record = play(&transcript, &mut *make(&transcript.setup))?;
            compare(&root, &name, &record);
            Ok(())
        })
    })
}

/// Holds the record against the transcript's snapshot; a difference panics, with the diff printed.
fn compare(root: &Path, name: &str, record: &str) {
    let path = root.join("snapshots").join(name);
    let (folder, name) = (path.parent().unwrap_or(root), path.file_name().unwrap_or_default().to_string_lossy());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name.into_owned(), record));
}

/// Every transcript below `folder`, in the order of the names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut paths: Vec<PathBuf> = match entries {
        Ok(entries) => entries.into_iter().map(|entry| entry.path()).collect(),
        Err(error) => panic!("{}: {error}", folder.display()),
    };
    paths.sort();
    paths.into_iter().flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
