//! The file system without a data connection: CWD, CDUP, PWD, MKD, RMD, DELE, RNFR, RNTO, ALLO (RFC 959 4.1), SIZE, MDTM
//! and MLST (RFC 3659 3, 4 and 7), and STAT with a path.

use super::answer::{Text, quoted, text};
use super::session::{Pending, ServerSession};
use crate::action::{Action, StorageAnswer, StorageCall, StorageError};
use crate::command::{Verb, timed_path};
use crate::digest::Algorithm;
use crate::listing::{Entry, EntryKind, ListArgument, ListForm, ListOptions, write_facts, write_long};
use crate::path::VirtualPath;
use crate::time::WallTime;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::SocketAddr;

/// A storage call that the session waits for.
#[derive(Debug)]
pub(super) struct FileOperation {
    verb: Verb,
    path: VirtualPath,
    /// What success means.
    then: Then,
}

#[derive(Debug)]
pub(super) enum Then {
    /// It is done; say so.
    Done(&'static str),
    ChangeDirectory,
    MadeDirectory,
    /// The name that RNTO will give a new one.
    RenameFrom,
    /// So many bytes are set aside for the next file.
    Allocated(u64),
    Size,
    /// MDTM; where there is no such file, its first word may have been the time that another is to have.
    Modified(Option<Box<(WallTime, Vec<u8>)>>),
    Facts,
    Listing,
    /// Facts have new values; the path as it was given.
    Changed(Vec<u8>),
    /// The file that CPTO will copy.
    CopyFrom,
    /// HASH, of the path as it was given.
    Hash(Algorithm, Vec<u8>),
    /// XCRC and its kind.
    Checksum,
    /// Data connections go to this address, a third party's.
    ThirdParty(SocketAddr),
}

impl ServerSession {
    /// The path that an argument means; otherwise the answer has been given.
    pub(super) fn resolve(&mut self, verb: Verb, argument: &[u8]) -> Option<VirtualPath> {
        let resolved = self.directory.resolve(argument);
        if resolved.is_err() {
            self.refuse(
                verb,
                &[553, 550, 501],
                &b"This name is not allowed: it is too long, or holds NUL, CR or LF."[..],
            );
        }
        resolved.ok()
    }

    pub(super) fn ask(&mut self, verb: Verb, path: VirtualPath, then: Then, call: StorageCall) {
        let op = self.new_op();
        self.pending = Pending::Files { op, operation: FileOperation { verb, path, then } };
        self.act(Action::Storage { op, call });
    }

    pub(super) fn ask_about(
        &mut self,
        verb: Verb,
        argument: &[u8],
        then: Then,
        call: impl FnOnce(VirtualPath) -> StorageCall,
    ) {
        if let Some(path) = self.resolve(verb, argument) {
            self.ask(verb, path.clone(), then, call(path));
        }
    }

    pub(super) fn change_directory(&mut self, verb: Verb, argument: &[u8]) {
        self.ask_about(verb, argument, Then::ChangeDirectory, StorageCall::Enter);
    }

    pub(super) fn print_directory(&mut self) {
        let reply = text(&[&quoted(&self.directory), b" is the working directory."]);
        self.answer(Verb::Pwd, 257, reply);
    }

    pub(super) fn make_directory(&mut self, argument: &[u8]) {
        self.ask_about(Verb::Mkd, argument, Then::MadeDirectory, StorageCall::MakeDir);
    }

    pub(super) fn remove_directory(&mut self, argument: &[u8]) {
        self.ask_about(Verb::Rmd, argument, Then::Done("removed"), StorageCall::RemoveDir);
    }

    pub(super) fn remove_file(&mut self, argument: &[u8]) {
        self.ask_about(Verb::Dele, argument, Then::Done("removed"), StorageCall::RemoveFile);
    }

    pub(super) fn rename_from(&mut self, argument: &[u8]) {
        self.ask_about(Verb::Rnfr, argument, Then::RenameFrom, StorageCall::RenameFrom);
    }

    pub(super) fn rename_to(&mut self, from: VirtualPath, argument: &[u8]) {
        self.ask_about(Verb::Rnto, argument, Then::Done("is the new name"), |to| StorageCall::Rename { from, to });
    }

    /// ALLO: the answer says whether the space is really there.
    pub(super) fn allocate(&mut self, size: u64) {
        let directory = self.directory.clone();
        self.ask(Verb::Allo, directory.clone(), Then::Allocated(size), StorageCall::Allocate(directory, size));
    }

    /// SIZE counts what a transfer would move as things are set (RFC 3659 4).
    pub(super) fn size(&mut self, argument: &[u8]) {
        let codec = self.parameters.codec;
        self.ask_about(Verb::Size, argument, Then::Size, |path| StorageCall::Size(path, codec));
    }

    /// MDTM. A time and a blank in front may be part of the name (RFC 3659 3.4); where no file is called so, it is set, as some
    /// servers have it. A right of its own guards that.
    pub(super) fn modified(&mut self, argument: &[u8]) {
        let otherwise = timed_path(argument).map(|(time, path)| Box::new((time, path.to_vec())));
        self.ask_about(Verb::Mdtm, argument, Then::Modified(otherwise), StorageCall::Entry);
    }

    pub(super) fn facts(&mut self, argument: Option<&[u8]>) {
        self.ask_about(Verb::Mlst, argument.unwrap_or(b"."), Then::Facts, StorageCall::Entry);
    }

    pub(super) fn status_of(&mut self, argument: &[u8]) {
        let argument = ListArgument::parse(Some(argument));
        let options = ListOptions {
            form: ListForm::Long,
            hidden: argument.hidden,
            recursive: false,
            glob: argument.path.is_some(),
        };
        self.ask_about(Verb::Stat, argument.path.unwrap_or(b"."), Then::Listing, |path| {
            StorageCall::Entries(path, options)
        });
    }

    pub(super) fn files_completed(&mut self, operation: FileOperation, result: Result<StorageAnswer, StorageError>) {
        let FileOperation { verb, path, then } = operation;
        match (result, then) {
            // RFC 959 4.2.2: "exceeded storage allocation"; 452 is for a file that is being stored.
            (Err(StorageError::NotFound | StorageError::Denied), Then::Modified(Some(timed))) => {
                self.set_modified(Verb::Mdtm, timed.0, &timed.1);
            }
            (Err(StorageError::NoSpace), Then::Allocated(_)) => {
                self.answer(verb, 552, &b"There is not as much space."[..]);
            }
            (Err(StorageError::Denied), Then::ThirdParty(_)) => self.refuse_port(verb),
            // RFC 3659 4.2 wants 550 where the size is not known.
            (Err(StorageError::Unsupported), Then::Size) if verb == Verb::Size => {
                self.answer(verb, 550, text(&[path.as_bytes(), b": its size as things are set is not known."]));
            }
            (Err(error), _) => self.refuse_storage(verb, &path, error),
            (Ok(StorageAnswer::Done), Then::Done(what)) => {
                self.answer(verb, 250, text(&[path.as_bytes(), b" ", what.as_bytes(), b"."]));
            }
            (Ok(StorageAnswer::Done), Then::ChangeDirectory) => {
                let reply = text(&[&quoted(&path), b" is the working directory."]);
                self.directory = path;
                self.answer(verb, 250, reply);
            }
            (Ok(StorageAnswer::Done), Then::MadeDirectory) => {
                self.answer(verb, 257, text(&[&quoted(&path), b" created."]));
            }
            (Ok(StorageAnswer::Done), Then::RenameFrom) => {
                self.rename_from = Some(path);
                self.answer(verb, 350, &b"Send RNTO with the new name."[..]);
            }
            (Ok(StorageAnswer::Done), Then::Allocated(size)) => {
                self.parameters.allocated = Some(size);
                self.answer(verb, 200, &b"There is space for it."[..]);
            }
            (Ok(StorageAnswer::Size(size)), Then::Size) => {
                self.answer_data(verb, 213, alloc::format!("{size}").into_bytes());
            }
            (Ok(StorageAnswer::Done), Then::CopyFrom) => {
                self.copy_from = Some(path);
                self.answer(verb, 350, &b"Send SITE CPTO with the name of the copy."[..]);
            }
            (Ok(StorageAnswer::Done), Then::ThirdParty(address)) => self.use_port(verb, address),
            (Ok(StorageAnswer::Changed(changes)), Then::Changed(shown)) => self.changed(verb, &changes, &shown),
            (Ok(StorageAnswer::Digest { digest, start, end }), Then::Hash(algorithm, shown)) => {
                self.hashed(algorithm, &digest, (start, end), &shown);
            }
            (Ok(StorageAnswer::Digest { digest, .. }), Then::Checksum) => self.checksummed(verb, &path, &digest),
            (Ok(StorageAnswer::Entry(entry)), Then::Modified(_)) => self.modified_answer(&path, &entry),
            (Ok(StorageAnswer::Entry(entry)), Then::Facts) => self.facts_answer(&path, entry),
            (Ok(StorageAnswer::Entries { directory, entries, truncated, now }), Then::Listing) => {
                // RFC 959 4.2.2: 212 is a directory's status, 213 a file's.
                let code = if directory { 212 } else { 213 };
                let lines = entries.iter().map(|entry| {
                    let mut line = Vec::from(*b" ");
                    write_long(entry, now, &mut line);
                    Text::Owned(line)
                });
                let end = if truncated { &b"There is more; LIST shows all."[..] } else { &b"End."[..] };
                self.answer_block(verb, code, text(&[path.as_bytes(), b":"]), lines, end);
            }
            // An answer to another question than was asked: the host is at fault, the peer is told that much.
            (Ok(_), _) => self.refuse_storage(verb, &path, StorageError::Local),
        }
    }

    /// MDTM (RFC 3659 3): a file's time; of anything else it is not defined.
    fn modified_answer(&mut self, path: &VirtualPath, entry: &Entry) {
        match (&entry.kind, entry.modified) {
            (EntryKind::File, Some(time)) => {
                let mut reply = Vec::new();
                time.write(&mut reply);
                self.answer_data(Verb::Mdtm, 213, reply);
            }
            _ => self.answer(Verb::Mdtm, 550, text(&[path.as_bytes(), b": not a file with a time."])),
        }
    }

    /// MLST (RFC 3659 7.2): one line, indented by a space, with the path in full.
    fn facts_answer(&mut self, path: &VirtualPath, mut entry: Entry) {
        entry.name = path.as_bytes().to_vec();
        let mut line = Vec::from(*b" ");
        write_facts(&entry, self.parameters.facts, &mut line);
        self.answer_block(Verb::Mlst, 250, &b"Facts:"[..], [Cow::Owned(line)], &b"End."[..]);
    }
}
