//! Every transcript on every backend, each a test of its own: `core::rfc959/retr`, and for those of a client
//! `client-core::client/retr`. What was said is one snapshot per transcript, the same for all backends.
//!
//! The cases below `check/`, which any server is checked with, have no snapshot: what they expect is what the documents
//! permit. Those in `known-gaps.txt` must fail, until they pass and leave that list.
//!
//! The clients of the adapters go by the system's clock, so they leave out the transcripts that move time or that set what
//! these clients have no setting for.

use conformance::backend::Backend;
use conformance::backend::adapter::serving;
use conformance::backend::core::{Chunks, Core};
use conformance::check::{Ability, Case, Verdict};
use conformance::client::adapter::{OnThread, Open};
use conformance::client::loopback::{ByHand, Loopback};
use conformance::client::{self, Client, Script};
use conformance::runner::play;
use conformance::transcript::{Setting, Setup, Transcript};
use libtest_mimic::{Arguments, Failed, Trial};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

type MakeClient = fn(&Script) -> Box<dyn Client>;

/// Every client, and the name its tests have.
const CLIENTS: &[(&str, MakeClient)] = &[
    ("client-core", |script| Box::new(client::core::Core::new(script, Chunks::Whole))),
    ("client-core-bytes", |script| Box::new(client::core::Core::new(script, Chunks::Bytes))),
    ("client-core-chunks-1", |script| Box::new(client::core::Core::new(script, Chunks::random(1)))),
    ("client-core-chunks-2", |script| Box::new(client::core::Core::new(script, Chunks::random(2)))),
    ("client-host", |script| Box::new(Loopback::new(script, ByHand::connect))),
    ("client-blocking-real-time", |script| {
        on_thread(script, |stream, options| Ok(Box::new(adapter_blocking::Client::new(stream, options)?)))
    }),
    ("client-smol-real-time", |script| {
        on_thread(script, |stream, options| Ok(Box::new(adapter_smol::Client::new(stream, options)?)))
    }),
    ("client-mio-real-time", |script| {
        on_thread(script, |stream, options| Ok(Box::new(adapter_mio::Client::new(stream, options)?)))
    }),
];

const REAL_TIME: &str = "-real-time";

fn on_thread(script: &Script, open: Open) -> Box<dyn Client> {
    Box::new(Loopback::new(script, |stream, script| OnThread::connect(stream, script, open)))
}

type MakeBackend = fn(&Setup) -> Box<dyn Backend>;

/// Every backend, and the name its tests have.
const BACKENDS: &[(&str, MakeBackend)] = &[
    ("core", |setup| Box::new(Core::new(setup, Chunks::Whole))),
    ("core-bytes", |setup| Box::new(Core::new(setup, Chunks::Bytes))),
    ("core-chunks-1", |setup| Box::new(Core::new(setup, Chunks::random(1)))),
    ("core-chunks-2", |setup| Box::new(Core::new(setup, Chunks::random(2)))),
    ("adapter-blocking", |setup| Box::new(serving(setup, adapter_blocking::serve, adapter_blocking::Running::stop))),
    ("adapter-smol", |setup| Box::new(serving(setup, adapter_smol::serve, adapter_smol::Running::stop))),
    ("adapter-mio", |setup| Box::new(serving(setup, adapter_mio::serve, adapter_mio::Running::stop))),
];

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut trials = Vec::new();
    let gaps = fs::read_to_string(root.join("known-gaps.txt")).unwrap_or_default();
    for file in files(&root.join("transcripts")) {
        let path = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().into_owned();
        let name = path.trim_start_matches("transcripts/").trim_end_matches(".ftp").to_owned();
        let text = fs::read_to_string(&file).map_err(Failed::from);
        let read = text.and_then(|text| {
            Ok(if let Some(case) = name.strip_prefix("check/") {
                let gap = gaps.lines().any(|line| line.split_whitespace().next() == Some(case));
                check_plays(&Arc::new(Case::parse(case, &text)?), gap)
            } else if name.starts_with("client/") {
                client_plays(root, &name, &Arc::new(Script::parse(&path, &text)?))
            } else {
                plays(root, &name, &Arc::new(Transcript::parse(&path, &text)?))
            })
        });
        match read {
            Err(error) => trials.push(Trial::test(format!("read::{name}"), || Err(error))),
            Ok(plays) => trials.extend(plays),
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// One test for each backend.
fn plays(root: &Path, name: &str, transcript: &Arc<Transcript>) -> Vec<Trial> {
    let on = |(backend, make): &(&str, MakeBackend)| {
        let make = *make;
        let (transcript, name, root) = (Arc::clone(transcript), name.to_owned(), root.to_owned());
        Trial::test(format!("{backend}::{name}"), move || {
            let record = play(&transcript, &mut *make(&transcript.setup))?;
            compare(&root, &name, &record);
            Ok(())
        })
    };
    BACKENDS.iter().map(on).collect()
}

/// One test for each backend.
fn check_plays(case: &Arc<Case>, gap: bool) -> Vec<Trial> {
    let on = |(backend, make): &(&str, MakeBackend)| {
        let make = *make;
        let case = Arc::clone(case);
        Trial::test(format!("{backend}::check/{}", case.name), move || {
            let mut setup = case.setup().clone();
            setup.settings.push(Setting::Deflate);
            let (verdict, findings) = case.play(&mut *make(&setup));
            let sound = verdict == Verdict::Passed && findings.breaches.is_empty();
            match (sound, gap) {
                (true, true) => Err(format!("it passes: take {} off known-gaps.txt", case.name).into()),
                (false, false) => Err(format!("{verdict:#?}\n{findings:#?}").into()),
                _ => Ok(()),
            }
        })
    };
    if case.hindrance(&OURS).is_some() || NOT_OURS.contains(&&*case.name) {
        return Vec::new();
    }
    // To wait on sockets for what does not come yet would take minutes.
    let backends = if gap { &BACKENDS[..1] } else { BACKENDS };
    backends.iter().map(on).collect()
}

/// Cases about what our own servers do not offer: no file system lets a time of creation be set, and CCC is off unless it is
/// asked for.
const NOT_OURS: &[&str] = &["mfxx/mfct", "rfc4217/ccc-first"];

/// What our own servers offer to the cases: everything, over IPv4.
const OURS: Ability =
    Ability { write: true, password: true, features: None, system: None, ip: 4, hostile: true, tls: None };

/// One test for each client.
fn client_plays(root: &Path, name: &str, script: &Arc<Script>) -> Vec<Trial> {
    let on = |(client, make): &(&str, MakeClient)| {
        let make = *make;
        let (script, name, root) = (Arc::clone(script), name.to_owned(), root.to_owned());
        Trial::test(format!("{client}::{name}"), move || {
            let record = client::runner::play(&script, &mut *make(&script))?;
            compare(&root, &name, &record);
            Ok(())
        })
    };
    let able = |client: &str| !client.ends_with(REAL_TIME) || script.fits_real_time();
    CLIENTS.iter().filter(|(client, _)| able(client)).map(on).collect()
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
    let is_transcript = |path: &PathBuf| path.is_dir() || path.extension().is_some_and(|extension| extension == "ftp");
    paths.retain(is_transcript);
    paths.into_iter().flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
