//! [`Mover`]: one step of a plan, done.

use super::local::virtual_path;
use super::plan::Move;
use super::report::{OneFile, Report};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::path::join;
use crate::remote::refusal::{disk as refused, failure};
use crate::remote::{FtpUrl, Session};
use crate::text::shown;
use crate::transfer::{Care, Fetch, Store, fetch, repeated, store};
use ftp_core::action::StoreMode;
use ftp_core::codec::Codec;
use ftp_host::storage::{Disk, Source, Storage};

/// What all files of a job have in common.
pub(super) struct Mover<'a> {
    /// The local side.
    pub(super) disk: &'a Disk,
    /// The local root, as the user would write it.
    pub(super) dir: &'a str,
    /// The remote root.
    pub(super) url: &'a FtpUrl,
    pub(super) codec: Codec,
    pub(super) care: &'a Care,
    pub(super) report: &'a Report,
}

impl Mover<'_> {
    /// Fetches a file.
    pub(super) fn fetch(&self, session: &mut Session, order: &Move) -> Result<(), Failure> {
        let path = virtual_path(&order.to)?;
        let remote = join(&self.url.path, &order.from);
        let (url, file) = (self.url.at(remote.clone()).to_string(), self.local_name(&order.to));
        let cannot = |error| refused(format!("cannot write {file}"), error);
        let mut present = if order.resume { self.present(order)? } else { 0 };
        loop {
            if present > 0 && order.size == Some(present) && self.is_published(order) {
                self.report.done(&url, &file, 0, present, std::time::Duration::ZERO);
                return Ok(());
            }
            let mode = if present == 0 { StoreMode::Replace } else { StoreMode::ResumeAt(present) };
            let upload = self.disk.store(&path, mode).map_err(cannot)?;
            self.report.started(&url, &file, present, order.size);
            let fetch_order = Fetch {
                path: &remote,
                codec: self.codec,
                size: order.size,
                modified: order.modified(),
                mode: order.mode,
                present,
                shown: &url,
                file: &file,
            };
            let mut one = OneFile::new(self.report);
            match fetch(session, &fetch_order, upload, self.care, &mut one) {
                Ok(moved) => {
                    one.end(repeated(present).saturating_add(moved.bytes));
                    self.report.done(&url, &file, moved.bytes, present.saturating_add(moved.bytes), moved.time);
                    return Ok(());
                }
                // What lies there is of another file, or of an older state of this one.
                Err(failure) if failure.exit == Exit::Conflict && present > 0 => present = 0,
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Bytes to go on from: what an interrupted download left aside, or what stands under the name.
    fn present(&self, order: &Move) -> Result<u64, Failure> {
        let path = virtual_path(&order.to)?;
        let cannot = |error| refused(format!("cannot read {}", self.local_name(&order.to)), error);
        let aside = self.disk.partial(&path).map_err(cannot)?;
        let present = match aside {
            Some(bytes) => bytes,
            None => self.disk.entry(&path).ok().and_then(|entry| entry.size).unwrap_or(0),
        };
        // More than the whole is no beginning of it.
        Ok(if order.size.is_some_and(|size| present > size) { 0 } else { present })
    }

    /// Does it stand under its name, whole and with the source's time?
    fn is_published(&self, order: &Move) -> bool {
        let entry = virtual_path(&order.to).ok().and_then(|path| {
            let aside = self.disk.partial(&path).ok().flatten();
            if aside.is_some() { None } else { self.disk.entry(&path).ok() }
        });
        entry.is_some_and(|entry| {
            let same_time = match (entry.modified, order.modified) {
                (Some(ours), Some(theirs)) => ours.seconds == theirs,
                _ => true,
            };
            entry.size == order.size && (same_time || !self.care.preserve)
        })
    }

    /// Stores a file.
    pub(super) fn store(&self, session: &mut Session, order: &Move) -> Result<(), Failure> {
        let path = virtual_path(&order.from)?;
        let remote = join(&self.url.path, &order.to);
        let (url, file) = (self.url.at(remote.clone()).to_string(), self.local_name(&order.from));
        let mut present = 0;
        if order.resume {
            let asked = session.size(&remote).map_err(|error| failure(format!("cannot check {url}"), &error))?;
            present = asked.unwrap_or(0);
        }
        loop {
            let source = self.disk.open(&path, 0).map_err(|error| refused(format!("cannot read {file}"), error))?;
            let size = match &source {
                Source::File { remaining, .. } => Some(*remaining),
                Source::Stream { remaining, .. } => *remaining,
            };
            if size.is_some_and(|size| present > size) {
                present = 0;
            }
            self.report.started(&url, &file, present, size);
            let store_order = Store {
                path: &remote,
                codec: self.codec,
                modified: order.modified(),
                present,
                shown: &url,
                file: &file,
            };
            let mut one = OneFile::new(self.report);
            match store(session, &store_order, source, self.care, &mut one) {
                Ok(moved) => {
                    one.end(moved.bytes);
                    self.report.done(&url, &file, moved.bytes, present.saturating_add(moved.bytes), moved.time);
                    return Ok(());
                }
                Err(failure) if failure.exit == Exit::Conflict && present > 0 => present = 0,
                Err(failure) => return Err(failure),
            }
        }
    }

    /// A local file as the user would write it.
    fn local_name(&self, path: &[u8]) -> String {
        match self.dir {
            "." => shown(path),
            dir => format!("{}/{}", dir.trim_end_matches('/'), shown(path)),
        }
    }
}
