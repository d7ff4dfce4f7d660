//! `ftpkit get`: from a server to files or to standard output. Several files and directories are `get_many`'s.

use super::ask::asker;
use super::{get_many, get_segments};
use crate::cli::{FileOptions, GetOptions};
use crate::conflict::{AT_PROMPT as CONFLICT, Known, Policy, Verdict, in_the_way};
use crate::console::Console;
use crate::event::Event;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::local::LocalFile;
use crate::place::Place;
use crate::progress::Progress;
use crate::remote::refusal::failure;
use crate::remote::{FtpUrl, Moved, Session, Site, pause};
use crate::text::shown;
use crate::transfer::{Care, Fetch, fetch, repeated};
use crate::verb::cat::copy;
use ftp_core::codec::Codec;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Fetches what the options name.
///
/// # Errors
/// [`Failure`], with what is missing.
pub(crate) fn run(options: &GetOptions, console: Console) -> Result<(), Failure> {
    let (urls, to) = places(options)?;
    let care = Care { segments: options.segments, ..options.files.transfer.care() };
    let options = &options.files;
    match urls.as_slice() {
        [url] if to == Some(Path::new("-")) => to_standard_output(url, options, console),
        [url] if url.pattern.is_none() && !options.recursive => to_file(url, to, options, care, console),
        _ if to == Some(Path::new("-")) => {
            Err(Failure::new(Exit::Usage, "cannot fetch", "standard output takes one file")
                .with_remedy("ftpkit cat prints several"))
        }
        urls => get_many::run(urls, to.unwrap_or(Path::new(".")), options, care, console),
    }
}

/// The URLs, and the place behind them.
fn places(options: &GetOptions) -> Result<(Vec<FtpUrl>, Option<&Path>), Failure> {
    let (places, to) = match options.places.as_slice() {
        [places @ .., Place::Local(to)] => (places, Some(to)),
        places => (places, None),
    };
    let urls: Option<Vec<_>> = places
        .iter()
        .map(|place| match place {
            Place::Remote(url) => Some(url.clone()),
            Place::Local(_) => None,
        })
        .collect();
    match urls {
        Some(urls) if !urls.is_empty() => Ok((urls, to.map(PathBuf::as_path))),
        _ => Err(Failure::new(Exit::Usage, "cannot fetch", "what to fetch is a URL")
            .with_remedy("as in: ftpkit get ftp://example.org/file here")),
    }
}

fn to_standard_output(url: &FtpUrl, options: &FileOptions, console: Console) -> Result<(), Failure> {
    if console.json() {
        let why = "standard output cannot take both the file and --json";
        return Err(Failure::new(Exit::Usage, format!("cannot fetch {url}"), why));
    }
    let mut session = Site::new(url, &options.connect, console)?.for_transfers(&options.transfer).open()?;
    copy(&mut session, url, 0, Box::new(std::io::stdout()))?;
    session.close();
    Ok(())
}

/// What is to be done with one file.
pub(super) struct One<'a> {
    pub(super) url: &'a FtpUrl,
    pub(super) file: LocalFile,
    pub(super) codec: Codec,
    pub(super) care: Care,
    pub(super) console: Console,
    began: Instant,
}

fn to_file(
    url: &FtpUrl,
    to: Option<&Path>,
    options: &FileOptions,
    care: Care,
    console: Console,
) -> Result<(), Failure> {
    if url.name().is_empty() {
        return Err(Failure::new(Exit::Usage, format!("cannot fetch {url}"), "the URL names a directory, not a file")
            .with_remedy("-r fetches it with all that is in it")
            .or_at_prompt("mget fetches it with all that is in it"));
    }
    if options.policy() == Policy::Resume && url.codec.is_some_and(|codec| !codec.is_raw()) {
        let why = "-c needs the same bytes at both ends (no ;type=a)";
        return Err(Failure::new(Exit::Usage, format!("cannot fetch {url}"), why));
    }
    let mut file = LocalFile::find(to, url.name())?;
    let there = file.known()?;
    let policy = options.policy();
    let mut asker = asker(console);
    if there.is_some() && (policy == Policy::Fail || (policy == Policy::Ask && asker.is_nobody())) {
        return Err(in_the_way(&file.shown, 0)
            .with_remedy("--overwrite replaces it, -c goes on with it, or name another file")
            .or_at_prompt(CONFLICT));
    }
    let site = Site::new(url, &options.connect, console)?.for_transfers(&options.transfer);
    let mut session = site.open()?;
    let codec = url.codec.unwrap_or(Codec::RAW);
    let source = known(&mut session, url, codec, options.transfer.preserve || there.is_some())?;
    let mut resume = policy == Policy::Resume;
    if let Some(target) = there.filter(|_| !resume) {
        match policy.verdict(&file.shown, source, target, asker.as_mut())? {
            Verdict::Replace => {}
            Verdict::Resume => resume = true,
            Verdict::Rename => file = file.renamed()?,
            Verdict::Keep(why) => {
                console.note(&format!("{}: left as it is: {why}", file.shown));
                session.close();
                return Ok(());
            }
            Verdict::Conflict => return Err(in_the_way(&file.shown, 0)),
        }
    }
    let one = One { url, file, codec, care, console, began: Instant::now() };
    let Some(mut session) = get_segments::run(&one, session, &site, options.connect.retries, resume)? else {
        return Ok(());
    };
    let mut attempt = 0;
    loop {
        match one.fetch(&mut session, source, resume) {
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

/// What the server tells of a file; the time only where somebody wants to know it.
fn known(session: &mut Session, url: &FtpUrl, codec: Codec, time: bool) -> Result<Known, Failure> {
    let failure = |error| failure(format!("cannot fetch {url}"), &error);
    // In another TYPE the size is not that of the file here (RFC 3659 4).
    let size = if codec.is_raw() { session.size_to_come(&url.path).map_err(failure)? } else { None };
    let modified = if time { session.modified(&url.path).map_err(failure)? } else { None };
    Ok(Known { size, modified })
}

impl One<'_> {
    /// What the server tells of it now.
    ///
    /// # Errors
    /// [`Failure`] of the connection.
    pub(super) fn known(&self, session: &mut Session) -> Result<Known, Failure> {
        known(session, self.url, self.codec, self.care.preserve)
    }

    /// Tells what those want to know who see the conversation.
    pub(super) fn aside(&self, remark: &str) {
        if self.console.verbose() > 0 {
            self.console.note(&format!("{}: {remark}", self.file.shown));
        }
    }

    /// Is there room here for so many bytes?
    ///
    /// # Errors
    /// [`Failure`], if there is not.
    pub(super) fn check_room(&self, bytes: u64) -> Result<(), Failure> {
        match self.file.space() {
            Some(space) if space < bytes => {
                let why = format!("it takes {bytes} bytes, and there is room for {space}");
                let what = format!("cannot write {}", self.file.shown);
                Err(Failure::new(Exit::Disk, what, why).with_remedy("make room"))
            }
            _ => Ok(()),
        }
    }

    /// Fetches it in one piece.
    ///
    /// # Errors
    /// [`Failure`], with what the server said or what broke.
    pub(super) fn fetch(&self, session: &mut Session, source: Known, resume: bool) -> Result<(), Failure> {
        let (file, url) = (&self.file, self.url.to_string());
        let what = || format!("cannot fetch {url}");
        let present = if resume { Some(file.present()?) } else { None };
        let bytes = present.map_or(0, |present| present.bytes);
        match (source.size, present) {
            (Some(size), _) if bytes > size => {
                let why = format!("{} has {bytes} bytes, the server's file {size}", file.shown);
                return Err(Failure::new(Exit::Conflict, what(), why)
                    .with_remedy("it is not the beginning of that file; --overwrite fetches it anew")
                    .or_at_prompt("`conflict overwrite`, and get fetches it anew"));
            }
            (Some(size), Some(present)) if bytes == size && present.published => {
                self.report(Moved::NOTHING, bytes);
                return Ok(());
            }
            (Some(size), _) => self.check_room(size - bytes)?,
            (None, _) => {}
        }
        let upload = file.create(bytes)?;
        self.console.event(&Event::Started {
            url: &url,
            file: &file.shown,
            offset: bytes,
            size: source.size,
            segments: None,
        });
        let mut progress = Progress::begin(self.console, &shown(self.url.name()), bytes - repeated(bytes), source.size);
        let order = Fetch {
            path: &self.url.path,
            codec: self.codec,
            size: source.size,
            modified: source.modified,
            mode: None,
            present: bytes,
            shown: &url,
            file: &file.shown,
        };
        let moved = fetch(session, &order, upload, self.care, &mut progress).inspect_err(|failure| {
            if failure.exit == Exit::Conflict && present.is_some_and(|present| present.published) {
                // What was copied aside to go on with is of no use; emptied, it goes.
                drop(file.create(0));
            }
        })?;
        drop(progress);
        self.report(moved, bytes);
        Ok(())
    }

    /// Says that it is done.
    pub(super) fn report(&self, moved: Moved, present: u64) {
        let (url, file) = (self.url.to_string(), &self.file.shown);
        let bytes = present.saturating_add(moved.bytes);
        let seconds = if moved.bytes == 0 { 0.0 } else { self.began.elapsed().as_secs_f64() };
        self.console.event(&Event::Done { url: &url, file, moved: moved.bytes, bytes, seconds });
        let already = if moved.bytes == 0 && bytes > 0 { ", already whole" } else { "" };
        self.console.note(&format!("{file}: {bytes} bytes{already}"));
    }
}
