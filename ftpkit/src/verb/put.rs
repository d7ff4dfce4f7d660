//! `ftpkit put`: from a file or standard input to a server.

use crate::cli::PutOptions;
use crate::console::Console;
use crate::event::Event;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::remote::FtpUrl;
use crate::remote::refusal::{broken, failure};
use crate::remote::{Moved, Session, Site};
use crate::text::shown;
use ftp_core::client::{Request, Upload};
use ftp_core::codec::Codec;
use ftp_host::client::End;
use ftp_host::storage::Source;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::path::Path;

/// Stores a file.
///
/// # Errors
/// [`Failure`], with what is missing.
pub(crate) fn run(options: &PutOptions, console: Console) -> Result<(), Failure> {
    let url = target(options)?;
    let codec = url.codec.unwrap_or(Codec::RAW);
    let from_stdin = options.file == Path::new("-");
    if options.resume && (from_stdin || codec == Codec::ASCII) {
        let why = "-c needs a file to go on with, and the same bytes at both ends (no ;type=a)";
        return Err(Failure::new(Exit::Usage, format!("cannot store {url}"), why));
    }
    if from_stdin && options.connect.password_stdin {
        return Err(Failure::new(
            Exit::Usage,
            format!("cannot store {url}"),
            "standard input cannot give both file and password",
        )
        .with_remedy("give the password in FTPKIT_PASSWORD"));
    }
    let local = if from_stdin { None } else { Some(open(&options.file)?) };
    let size = local.as_ref().map(|(_, size)| *size);

    let mut session = Site::new(&url, &options.connect, console)?.open()?;
    let what = || format!("cannot store {url}");
    // A file that is not there yet has no size, and that is no error here.
    let there = if options.resume { session.size(&url.path).map_err(|error| failure(what(), &error))? } else { None };
    let offset = there.unwrap_or(0);
    let name = options.file.display().to_string();
    let moved = match size {
        Some(size) if offset > size => {
            return Err(Failure::new(
                Exit::Conflict,
                what(),
                format!("the server's file has {offset} bytes, {name} {size}"),
            )
            .with_remedy("it is not the beginning of this file; without -c it is replaced"));
        }
        Some(size) if there == Some(size) => Moved::NOTHING,
        _ => {
            let source = source(local, offset)
                .map_err(|error| Failure::new(Exit::Disk, format!("cannot read {name}"), error))?;
            // APPE rather than REST and STOR: there are servers that fill what REST skips with zeros.
            let how = if offset == 0 { Upload::Replace } else { Upload::Append };
            console.event(&Event::Started { url: &url.to_string(), file: &name, offset, size });
            let mut progress = Progress::begin(console, &shown(url.name()), offset, size);
            let request = Request::Store { path: url.path.clone(), how, codec };
            let moved = session
                .transfer(request, End::Source(source), &mut progress)
                .map_err(|error| failure(what(), &error))?;
            if options.resume {
                verify(&mut session, &url, size)?;
            }
            moved
        }
    };
    session.close();
    let bytes = offset.saturating_add(moved.bytes);
    let seconds = moved.time.as_secs_f64();
    console.event(&Event::Done { url: &url.to_string(), file: &name, moved: moved.bytes, bytes, seconds });
    console
        .note(&format!("{url}: {bytes} bytes{}", if moved.bytes == 0 && bytes > 0 { ", already whole" } else { "" }));
    Ok(())
}

/// The URL; one that ends in `/` keeps the file's name.
fn target(options: &PutOptions) -> Result<FtpUrl, Failure> {
    let url = &options.url;
    if !url.name().is_empty() {
        return Ok(url.clone());
    }
    match options.file.file_name() {
        Some(name) if options.file != Path::new("-") => Ok(url.join(name.as_encoded_bytes())),
        _ => Err(Failure::new(
            Exit::Usage,
            format!("cannot store {url}"),
            "the URL names a directory, and the file has no name",
        )
        .with_remedy("end the URL with the name that the file shall have")),
    }
}

fn open(path: &Path) -> Result<(File, u64), Failure> {
    let fail = |why: &dyn std::fmt::Display| Failure::new(Exit::Disk, format!("cannot read {}", path.display()), why);
    let file = File::open(path).map_err(|error| fail(&error))?;
    let facts = file.metadata().map_err(|error| fail(&error))?;
    if facts.is_dir() {
        return Err(fail(&"it is a directory").with_remedy("name a file in it"));
    }
    if !facts.is_file() {
        return Err(fail(&"it is no regular file").with_remedy("send it through standard input, with - for the file"));
    }
    Ok((file, facts.len()))
}

fn source(local: Option<(File, u64)>, offset: u64) -> io::Result<Source> {
    match local {
        Some((mut file, size)) => {
            file.seek(SeekFrom::Start(offset))?;
            Ok(Source::File { file, remaining: size.saturating_sub(offset) })
        }
        None => Ok(Source::Stream { reader: Box::new(io::stdin()), remaining: None }),
    }
}

/// Two pieces make a whole only if nobody else has added to it: the size tells.
fn verify(session: &mut Session, url: &FtpUrl, size: Option<u64>) -> Result<(), Failure> {
    let there = session.size(&url.path).map_err(|error| failure(format!("cannot check {url}"), &error))?;
    match (there, size) {
        (Some(there), Some(size)) if there != size => {
            Err(broken(format!("cannot store {url}"), &format!("the server's file has {there} bytes, not {size}"))
                .with_remedy("store it anew, without -c"))
        }
        _ => Ok(()),
    }
}
