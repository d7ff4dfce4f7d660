//! `ftpkit put`: from a file or standard input to a server. Several files and directories are `put_many`'s.

use super::ask::asker;
use super::put_many;
use crate::cli::{FileOptions, PutOptions};
use crate::conflict::{AT_PROMPT as CONFLICT, Known, Policy, Verdict, in_the_way};
use crate::console::Console;
use crate::event::Event;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::place::Place;
use crate::progress::Progress;
use crate::remote::refusal::failure;
use crate::remote::{FtpUrl, Moved, Session, Site, entry, pause};
use crate::text::shown;
use crate::transfer::{Care, Store, store};
use ftp_core::client::{ClientError, Request};
use ftp_core::codec::Codec;
use ftp_host::storage::Source;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// From this size on the server is asked whether it has room.
const LARGE: u64 = 1 << 20;

/// Stores what the options name.
///
/// # Errors
/// [`Failure`], with what is missing.
pub(crate) fn run(options: &PutOptions, console: Console) -> Result<(), Failure> {
    let (files, url) = places(options)?;
    let options = &options.files;
    match files.as_slice() {
        [file] if *file == Path::new("-") => from_standard_input(url, options, console),
        [file] if !options.recursive => from_file(file, url, options, console),
        files => put_many::run(files, url, options, console),
    }
}

/// The files, and the URL behind them.
fn places(options: &PutOptions) -> Result<(Vec<PathBuf>, &FtpUrl), Failure> {
    let wrong = |why: &str| {
        Failure::new(Exit::Usage, "cannot store", why)
            .with_remedy("as in: ftpkit put report.pdf ftp://ann@example.org/")
    };
    let [files @ .., Place::Remote(url)] = options.places.as_slice() else {
        return Err(wrong("the last argument is the URL where the files go"));
    };
    let files: Option<Vec<_>> = files
        .iter()
        .map(|place| match place {
            Place::Local(file) => Some(file.clone()),
            Place::Remote(_) => None,
        })
        .collect();
    match files {
        Some(files) if !files.is_empty() => Ok((files, url)),
        _ => Err(wrong("what to store is a file here")),
    }
}

fn from_standard_input(url: &FtpUrl, options: &FileOptions, console: Console) -> Result<(), Failure> {
    let wrong = |why: &str| Failure::new(Exit::Usage, format!("cannot store {url}"), why);
    if url.name().is_empty() {
        return Err(wrong("the URL names a directory, and the file has no name")
            .with_remedy("end the URL with the name that the file shall have"));
    }
    if options.policy() == Policy::Resume {
        return Err(wrong("-c needs a file to go on with"));
    }
    if options.connect.password_stdin {
        return Err(wrong("standard input cannot give both file and password")
            .with_remedy("give the password in FTPKIT_PASSWORD"));
    }
    let mut session = Site::new(url, &options.connect, console)?.for_transfers(&options.transfer).open()?;
    let mut one =
        One { url: url.clone(), name: "-".into(), known: Known::default(), care: options.transfer.care(), console };
    one.settle(&mut session, options)?;
    let source = Source::Stream { reader: Box::new(io::stdin()), remaining: None };
    one.store(&mut session, source, 0)?;
    session.close();
    Ok(())
}

fn from_file(path: &Path, url: &FtpUrl, options: &FileOptions, console: Console) -> Result<(), Failure> {
    let url = target(path, url)?;
    let name = path.display().to_string();
    if options.policy() == Policy::Resume && url.codec.is_some_and(|codec| !codec.is_raw()) {
        let why = "-c needs the same bytes at both ends (no ;type=a)";
        return Err(Failure::new(Exit::Usage, format!("cannot store {url}"), why));
    }
    let (_, known) = open(path)?;
    let site = Site::new(&url, &options.connect, console)?.for_transfers(&options.transfer);
    let mut session = site.open()?;
    let mut one = One { url, name, known, care: options.transfer.care(), console };
    let Some(mut resume) = one.settle(&mut session, options)? else {
        session.close();
        return Ok(());
    };
    let mut attempt = 0;
    loop {
        match one.store_file(&mut session, path, resume) {
            Err(failure) if failure.passes() && attempt < options.connect.retries.unwrap_or(0) => {
                console.warning(&format!("{failure}; again in a moment"));
                options.connect.interrupt()?.sleep(pause(attempt))?;
                attempt += 1;
                session = site.open()?;
                resume = true;
            }
            Err(failure) => return Err(failure),
            Ok(()) => break,
        }
    }
    session.close();
    Ok(())
}

/// The URL; one that ends in `/` keeps the file's name.
fn target(file: &Path, url: &FtpUrl) -> Result<FtpUrl, Failure> {
    if !url.name().is_empty() {
        return Ok(url.clone());
    }
    match file.file_name() {
        Some(name) => Ok(url.join(name.as_encoded_bytes())),
        None => Err(Failure::new(Exit::Usage, format!("cannot store {}", file.display()), "it has no name")),
    }
}

fn open(path: &Path) -> Result<(File, Known), Failure> {
    let fail = |why: &dyn std::fmt::Display| Failure::new(Exit::Disk, format!("cannot read {}", path.display()), why);
    let file = File::open(path).map_err(|error| fail(&error))?;
    let facts = file.metadata().map_err(|error| fail(&error))?;
    if facts.is_dir() {
        return Err(fail(&"it is a directory")
            .with_remedy("-r stores it with all that is in it")
            .or_at_prompt("mput stores it with all that is in it"));
    }
    if !facts.is_file() {
        return Err(fail(&"it is no regular file").with_remedy("send it through standard input, with - for the file"));
    }
    let modified = facts.modified().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    let modified = modified.map(|since: Duration| ftp_core::time::WallTime {
        seconds: since.as_secs() as i64,
        nanos: since.subsec_nanos(),
    });
    Ok((file, Known { size: Some(facts.len()), modified }))
}

/// Asks the server for room before the first byte (RFC 959 4.1.3). Only a server that says there is none counts; others do not know ALLO,
/// or have no use for it.
fn reserve(session: &mut Session, size: u64) -> Result<(), ClientError> {
    match session.ask(Request::Allocate(size)) {
        Err(ClientError::Refused(reply)) if matches!(reply.code().number(), 452 | 552) => {
            Err(ClientError::Refused(reply))
        }
        Ok(_) | Err(ClientError::Refused(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// One file, on its way.
struct One {
    url: FtpUrl,
    name: String,
    known: Known,
    care: Care,
    console: Console,
}

impl One {
    fn codec(&self) -> Codec {
        self.url.codec.unwrap_or(Codec::RAW)
    }

    /// Settles what becomes of a file that is there already: is it gone on with? `None`: there is nothing to do.
    fn settle(&mut self, session: &mut Session, options: &FileOptions) -> Result<Option<bool>, Failure> {
        let policy = options.policy();
        match policy {
            Policy::Overwrite => return Ok(Some(false)),
            Policy::Resume => return Ok(Some(true)),
            _ => {}
        }
        // Whoever may not look cannot know; the server then decides, as it does in any case.
        let Ok(there) = entry(session, &self.url.path) else { return Ok(Some(false)) };
        let target = Known { size: there.size, modified: there.modified };
        let mut asker = asker(self.console);
        let name = shown(&self.url.path);
        Ok(match policy.verdict(&name, self.known, target, asker.as_mut())? {
            Verdict::Replace => Some(false),
            Verdict::Resume => Some(true),
            Verdict::Keep(why) => {
                self.console.note(&format!("{}: left as it is: {why}", self.url));
                None
            }
            Verdict::Rename => {
                let (dir, name) = crate::remote::path::split(&self.url.path);
                for name in crate::conflict::other_names(name) {
                    let path = crate::remote::path::join(dir, &name);
                    if entry(session, &path).is_err() {
                        self.url = self.url.at(path);
                        break;
                    }
                }
                Some(false)
            }
            Verdict::Conflict => {
                return Err(in_the_way(&self.url.to_string(), 0)
                    .with_remedy("--overwrite replaces it, -c goes on with it")
                    .or_at_prompt(CONFLICT));
            }
        })
    }

    fn store_file(&self, session: &mut Session, path: &Path, resume: bool) -> Result<(), Failure> {
        let (file, known) = open(path)?;
        let size = known.size.unwrap_or(0);
        let what = || format!("cannot store {}", self.url);
        // A file that is not there yet has no size, and that is no error here.
        let there = if resume { session.size(&self.url.path).map_err(|error| failure(what(), &error))? } else { None };
        let present = there.unwrap_or(0);
        if present > size {
            let why = format!("the server's file has {present} bytes, {} {size}", self.name);
            return Err(Failure::new(Exit::Conflict, what(), why)
                .with_remedy("it is not the beginning of this file; --overwrite stores it anew")
                .or_at_prompt("`conflict overwrite`, and put stores it anew"));
        }
        // Some servers say 0 of every file; to store an empty one costs nothing.
        if there == Some(size) && size > 0 {
            self.report(Moved::NOTHING, present);
            return Ok(());
        }
        if present == 0 && size >= LARGE && self.codec().is_raw() {
            reserve(session, size).map_err(|error| failure(what(), &error))?;
        }
        self.store(session, Source::File { file, remaining: size }, present)
    }

    fn store(&self, session: &mut Session, source: Source, present: u64) -> Result<(), Failure> {
        let url = self.url.to_string();
        self.console.event(&Event::Started {
            url: &url,
            file: &self.name,
            offset: present,
            size: self.known.size,
            segments: None,
        });
        let mut progress = Progress::begin(self.console, &shown(self.url.name()), present, self.known.size);
        let order = Store {
            path: &self.url.path,
            codec: self.codec(),
            modified: self.known.modified,
            present,
            shown: &url,
            file: &self.name,
        };
        let moved = store(session, &order, source, self.care, &mut progress)?;
        drop(progress);
        self.report(moved, present);
        Ok(())
    }

    fn report(&self, moved: Moved, present: u64) {
        let url = self.url.to_string();
        let bytes = present.saturating_add(moved.bytes);
        let seconds = moved.time.as_secs_f64();
        self.console.event(&Event::Done { url: &url, file: &self.name, moved: moved.bytes, bytes, seconds });
        let already = if moved.bytes == 0 && bytes > 0 { ", already whole" } else { "" };
        self.console.note(&format!("{url}: {bytes} bytes{already}"));
    }
}
