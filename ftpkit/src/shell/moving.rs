//! Commands that move files: by the functions of `ftpkit get`, `put` and `mirror`, on connections of their own.

use super::{Shell, connection};
use crate::bookmark;
use crate::cli::{ConnectOptions, FileOptions, GetOptions, MirrorOptions, PutOptions, TransferOptions};
use crate::conflict::Policy;
use crate::console::{Console, Job};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::place::Place;
use crate::progress::Progress;
use crate::remote::FtpUrl;
use crate::remote::refusal::failure;
use crate::text::shown;
use crate::verb;
use ftp_core::client::{Request, Upload};
use ftp_host::client::End;
use ftp_host::storage::Source;
use globset::GlobBuilder;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

/// Does it now or, where one goes on typing meanwhile, beside. `connect` is how it connects.
fn start(
    shell: &mut Shell,
    connect: &ConnectOptions,
    deed: impl FnOnce(Console) -> Result<(), Failure> + Send + 'static,
) -> Result<(), Failure> {
    let Some(screen) = shell.console.screen() else { return deed(shell.console) };
    let interrupt = connect.interrupt()?;
    // From its login on Ctrl-C ends it in good order.
    let held = interrupt.hold();
    shell.jobs += 1;
    let job = Arc::new(Job { number: shell.jobs, name: shown(shell.doing.as_bytes()), interrupt });
    let console = shell.console.of_job(&job);
    screen.start(&job);
    std::thread::spawn(move || {
        if let Err(failure) = deed(console) {
            console.failure(&failure);
        }
        drop((held, job));
    });
    Ok(())
}

fn options(shell: &Shell, many: bool, policy: Policy) -> FileOptions {
    let transfer = TransferOptions::new(Some(policy), shell.rate);
    FileOptions { recursive: many, ..FileOptions::new(transfer, shell.connect.apart()) }
}

fn source(shell: &Shell, path: &str) -> Result<FtpUrl, Failure> {
    let url = shell.url(path.as_bytes())?;
    let path = String::from_utf8_lossy(&url.path).into_owned();
    let codec = (!shell.codec.is_raw()).then_some(shell.codec);
    Ok(FtpUrl { codec, ..url.with_pattern(&path) })
}

fn fetch(shell: &mut Shell, paths: &[String], to: Option<&String>, many: bool, policy: Policy) -> Result<(), Failure> {
    let mut places = Vec::new();
    for path in paths {
        let url = source(shell, path)?;
        places.push(Place::Remote(if many { url } else { FtpUrl { pattern: None, ..url } }));
    }
    places.extend(to.map(|to| Place::Local(to.into())));
    let options = GetOptions { places, segments: shell.segments, files: options(shell, many, policy) };
    start(shell, &options.files.connect.clone(), move |console| verb::get::run(&options, console))
}

pub(super) fn get(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    fetch(shell, &arguments[..1], arguments.get(1), false, shell.policy)
}

pub(super) fn reget(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    fetch(shell, &arguments[..1], arguments.get(1), false, Policy::Resume)
}

pub(super) fn mget(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    fetch(shell, arguments, None, true, shell.policy)
}

fn send(shell: &mut Shell, files: Vec<PathBuf>, url: FtpUrl, many: bool, policy: Policy) -> Result<(), Failure> {
    shell.names.forget();
    let codec = (!shell.codec.is_raw()).then_some(shell.codec);
    let mut places: Vec<_> = files.into_iter().map(Place::Local).collect();
    places.push(Place::Remote(FtpUrl { codec, ..url }));
    let options = PutOptions { places, files: options(shell, many, policy) };
    let names = shell.names.clone();
    start(shell, &options.files.connect.clone(), move |console| {
        let result = verb::put::run(&options, console);
        // There is more by now than when it began.
        names.forget();
        result
    })
}

fn one_up(shell: &mut Shell, arguments: &[String], policy: Policy) -> Result<(), Failure> {
    let [file, rest @ ..] = arguments else { return Ok(()) };
    // Without a name it keeps its own, in the directory where we are.
    let path = rest.first().map_or(&b""[..], |name| name.as_bytes());
    let mut url = shell.url(path)?;
    if path.is_empty() {
        url = url.join(b"/");
    }
    send(shell, vec![file.into()], url, false, policy)
}

pub(super) fn put(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    one_up(shell, arguments, shell.policy)
}

pub(super) fn reput(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    one_up(shell, arguments, Policy::Resume)
}

pub(super) fn mput(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let mut files = Vec::new();
    for argument in arguments {
        files.extend(fitting(argument)?);
    }
    let url = shell.url(b"")?;
    send(shell, files, url, true, shell.policy)
}

/// `append LOCAL [REMOTE]`: what is here behind what is there, at once.
pub(super) fn append(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let [file, rest @ ..] = arguments else { return Ok(()) };
    let path = PathBuf::from(file);
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let url = shell.url(rest.first().map_or(name, |remote| remote.as_bytes()))?;
    shell.names.forget();
    let read = |error| Failure::new(Exit::Disk, format!("cannot read {file}"), error);
    let source = File::open(&path).map_err(read)?;
    let size = source.metadata().map_err(read)?.len();
    let mut progress = Progress::begin(shell.console, file, 0, Some(size));
    let request = Request::Store { path: url.path.clone(), how: Upload::Append, codec: shell.codec };
    let source = Source::File { file: source, remaining: size };
    let moved = shell.session()?.transfer(request, End::Source(source), &mut progress);
    drop(progress);
    let moved = moved.map_err(|error| failure(format!("cannot add to {url}"), &error))?;
    shell.line(format!("{url}: {} bytes added", moved.bytes));
    Ok(())
}

/// What is below a bookmark, `NAME:PATH`; a file that is there is meant, whatever else has its name.
fn bookmarked(text: &str) -> Result<Option<FtpUrl>, Failure> {
    if text.contains(':') && !PathBuf::from(text).exists() { bookmark::place(text) } else { Ok(None) }
}

/// The files here that a pattern means; its last component may be one.
fn fitting(pattern: &str) -> Result<Vec<PathBuf>, Failure> {
    let path = PathBuf::from(pattern);
    if path.exists() || !pattern.contains(['*', '?', '[', '{']) {
        return Ok(vec![path]);
    }
    let what = || format!("cannot store {pattern}");
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let glob = GlobBuilder::new(&name).build().map_err(|error| Failure::new(Exit::Usage, what(), error.kind()))?;
    let matcher = glob.compile_matcher();
    let entries = std::fs::read_dir(&dir).map_err(|error| Failure::new(Exit::Disk, what(), error))?;
    let mut found: Vec<_> = entries
        .filter_map(Result::ok)
        .filter(|entry| matcher.is_match(entry.file_name()))
        .map(|entry| if dir.as_os_str() == "." { entry.file_name().into() } else { entry.path() })
        .collect();
    found.sort();
    if found.is_empty() { Err(Failure::new(Exit::NotFound, what(), "nothing fits the pattern")) } else { Ok(found) }
}

pub(super) fn mirror(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let (flags, places): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|word| word.starts_with("--"));
    let [from, to] = places.as_slice() else { return Ok(()) };
    let has = |flag: &str| flags.iter().any(|word| *word == flag);
    let place = |text: &str| match text.strip_prefix(':') {
        Some(path) => shell.url(path.as_bytes()).map(Place::Remote),
        None if text.contains("://") => connection::url(text).map(Place::Remote),
        None => Ok(bookmarked(text)?.map_or_else(|| Place::Local(text.into()), Place::Remote)),
    };
    let (source, target) = (place(from)?, place(to)?);
    let options = MirrorOptions {
        // For what is fetched; files are not stored so.
        segments: if matches!(target, Place::Local(_)) { shell.segments } else { 1 },
        source: Some(source),
        target: Some(target),
        delete: has("--delete"),
        newer: has("--newer"),
        include: Vec::new(),
        exclude: Vec::new(),
        dry_run: has("--dry-run"),
        plan: None,
        apply: None,
        transfer: TransferOptions::new(None, shell.rate),
        connect: shell.connect.apart(),
    };
    shell.names.forget();
    let names = shell.names.clone();
    start(shell, &options.connect.clone(), move |console| {
        let result = verb::mirror::run(&options, console);
        names.forget();
        result
    })
}
