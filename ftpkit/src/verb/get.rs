//! `ftpkit get`: from a server to a file or to standard output.

use crate::cli::GetOptions;
use crate::console::Console;
use crate::event::Event;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::hold::{Held, held};
use crate::local::{LocalFile, Present};
use crate::progress::Progress;
use crate::remote::refusal::{broken, failure};
use crate::remote::{Moved, Session, Site};
use crate::text::shown;
use ftp_core::client::{ClientError, Request};
use ftp_core::codec::Codec;
use ftp_host::client::End;
use ftp_host::pump::Sink;
use std::path::Path;

/// Fetches a file.
///
/// # Errors
/// [`Failure`], with what is missing.
pub(crate) fn run(options: &GetOptions, console: Console) -> Result<(), Failure> {
    let url = &options.url;
    let what = || format!("cannot fetch {url}");
    check(options)?;
    if options.to.as_deref() == Some(Path::new("-")) {
        if console.json() {
            return Err(Failure::new(Exit::Usage, what(), "standard output cannot take both the file and --json"));
        }
        let mut session = Site::new(url, &options.connect, console)?.open()?;
        let size = whole_size(&mut session, options).map_err(|error| failure(what(), &error))?;
        let sink = Sink::Writer(Box::new(std::io::stdout()));
        let moved = fetch(&mut session, options, sink, "-", Present { bytes: 0, published: false }, size, console)?;
        session.close();
        report(options, console, "-", &moved, 0);
        return Ok(());
    }

    let file = LocalFile::find(options.to.as_deref(), url.name())?;
    if !options.resume && !options.overwrite && file.exists()? {
        return Err(Failure::new(Exit::Conflict, format!("cannot write {}", file.shown), "it exists already")
            .with_remedy("--overwrite replaces it, -c goes on with it, or name another file"));
    }
    let mut session = Site::new(url, &options.connect, console)?.open()?;
    let size = whole_size(&mut session, options).map_err(|error| failure(what(), &error))?;
    let present = if options.resume { file.present()? } else { Present { bytes: 0, published: false } };
    let nothing = Moved::NOTHING;
    let moved = match size {
        Some(size) if present.bytes > size => {
            return Err(Failure::new(
                Exit::Conflict,
                what(),
                format!("{} has {} bytes, the server's file {size}", file.shown, present.bytes),
            )
            .with_remedy("it is not the beginning of that file; --overwrite fetches it anew"));
        }
        // All there already. An empty file aside is none at all, so there is something to publish only where bytes are.
        Some(size) if present.bytes == size && present.published => nothing,
        Some(size) if present.bytes == size && size > 0 => {
            file.create(size)?.publish().map_err(|error| file.failure(error))?;
            nothing
        }
        _ => {
            let (upload, held) = held(file.create(present.bytes)?);
            let sink = Sink::Upload(upload);
            let moved = fetch(&mut session, options, sink, &file.shown, present, size, console)?;
            publish(held, &file)?;
            moved
        }
    };
    session.close();
    report(options, console, &file.shown, &moved, present.bytes);
    Ok(())
}

fn check(options: &GetOptions) -> Result<(), Failure> {
    if options.url.name().is_empty() {
        let url = &options.url;
        return Err(Failure::new(Exit::Usage, format!("cannot fetch {url}"), "the URL names a directory, not a file")
            .with_remedy(format!("ftpkit ls {url} shows what is in it")));
    }
    let to_stdout = options.to.as_deref() == Some(Path::new("-"));
    if options.resume && (to_stdout || options.url.codec == Some(Codec::ASCII)) {
        let why = "-c needs a file to go on with, and the same bytes at both ends (no ;type=a)";
        return Err(Failure::new(Exit::Usage, format!("cannot fetch {}", options.url), why));
    }
    Ok(())
}

/// The size of the file as it will be here. As text it may be another than there.
fn whole_size(session: &mut Session, options: &GetOptions) -> Result<Option<u64>, ClientError> {
    if options.url.codec == Some(Codec::ASCII) { Ok(None) } else { session.size(&options.url.path) }
}

fn fetch(
    session: &mut Session,
    options: &GetOptions,
    sink: Sink,
    file: &str,
    present: Present,
    size: Option<u64>,
    console: Console,
) -> Result<Moved, Failure> {
    let (url, offset) = (&options.url, present.bytes);
    console.event(&Event::Started { url: &url.to_string(), file, offset, size });
    let codec = url.codec.unwrap_or(Codec::RAW);
    let request = Request::Retrieve { path: url.path.clone(), offset, codec };
    let mut progress = Progress::begin(console, &shown(url.name()), offset, size);
    let moved = session.transfer(request, End::Sink(sink), &mut progress).map_err(|error| {
        // The local end is at fault, not the URL.
        let what = match error {
            ClientError::Transfer(ftp_core::action::TransferError::Storage(_)) => format!("cannot write {file}"),
            _ => format!("cannot fetch {url}"),
        };
        failure(what, &error)
    })?;
    match size {
        // Stream mode has no end mark of its own (RFC 959 3.4.1): the size is the proof.
        Some(size) if offset.saturating_add(moved.bytes) != size => {
            let came = offset.saturating_add(moved.bytes);
            Err(broken(format!("cannot fetch {url}"), &format!("{came} of {size} bytes came")))
        }
        _ => Ok(moved),
    }
}

fn publish(held: Held, file: &LocalFile) -> Result<(), Failure> {
    held.publish().map_err(|error| file.failure(error))
}

fn report(options: &GetOptions, console: Console, file: &str, moved: &Moved, offset: u64) {
    let bytes = offset.saturating_add(moved.bytes);
    let url = options.url.to_string();
    console.event(&Event::Done { url: &url, file, moved: moved.bytes, bytes, seconds: moved.time.as_secs_f64() });
    if file != "-" {
        console.note(&format!(
            "{file}: {bytes} bytes{}",
            if moved.bytes == 0 && bytes > 0 { ", already whole" } else { "" }
        ));
    }
}
