//! [`Memory`]: what was found out about a server that it does not say itself, for the next connection to it: of this run, and of the
//! next ones, from a file for each server. A file that is old is not believed, since servers are replaced.

use super::url::FtpUrl;
use crate::remote::encoded_path;
use crate::state;
use ftp_core::client::Learnt;
use serde::{Deserialize, Serialize};
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a file is believed.
const BELIEVED: Duration = Duration::from_hours(30 * 24);

/// What is known of one server; clones share it.
#[derive(Clone)]
pub(super) struct Memory {
    known: Arc<Mutex<Learnt>>,
    /// `None`: it is not kept, which costs a round trip or two, and no more.
    file: Option<PathBuf>,
}

/// A file's content. What is missing in one that an older program wrote is not known.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
struct Kept {
    avoid_epsv: bool,
    avoid_mlst: bool,
    avoid_mfmt: bool,
    avoid_pipelining: bool,
    avoid_blocks: bool,
    few_tickets: Option<bool>,
    zone: Option<i32>,
}

impl Memory {
    /// Of the server of this URL.
    pub(super) fn of(url: &FtpUrl) -> Self {
        // Who answers at a port of this machine changes from hour to hour.
        let here = url.host == "localhost" || url.host.parse().is_ok_and(|ip: IpAddr| ip.to_canonical().is_loopback());
        if here {
            return Self::in_file(None);
        }
        let name = encoded_path(format!("{}:{}", url.host, url.port).as_bytes()).replace('/', "%2F");
        Self::in_file(state::directory("learnt").ok().map(|dir| dir.join(name)))
    }

    /// Nothing but this, and nothing is kept.
    pub(super) fn only(learnt: Learnt) -> Self {
        Self { known: Arc::new(Mutex::new(learnt)), file: None }
    }

    fn in_file(file: Option<PathBuf>) -> Self {
        let known = file.as_deref().and_then(read).unwrap_or_default();
        Self { known: Arc::new(Mutex::new(known)), file }
    }

    /// What is known.
    pub(super) fn learnt(&self) -> Learnt {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what a connection has found out.
    pub(super) fn keep(&self, learnt: Learnt) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // A session does not see its own tickets run out.
        let learnt = Learnt { few_tickets: learnt.few_tickets.or(known.few_tickets), ..learnt };
        if *known == learnt {
            return;
        }
        *known = learnt;
        if let Some(file) = &self.file {
            // If it cannot be written it is found out again.
            let _ = write(file, learnt);
        }
    }
}

fn read(file: &Path) -> Option<Learnt> {
    let age = fs::metadata(file).ok()?.modified().ok()?.elapsed().unwrap_or_default();
    let kept: Kept = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    let Kept { avoid_epsv, avoid_mlst, avoid_mfmt, avoid_pipelining, avoid_blocks, few_tickets, zone } = kept;
    (age < BELIEVED).then_some(Learnt {
        avoid_epsv,
        avoid_mlst,
        avoid_mfmt,
        zone,
        avoid_pipelining,
        avoid_blocks,
        few_tickets,
        // Of the way there, which may be another tomorrow.
        active: false,
    })
}

fn write(file: &Path, learnt: Learnt) -> std::io::Result<()> {
    let Learnt { avoid_epsv, avoid_mlst, avoid_mfmt, zone, avoid_pipelining, avoid_blocks, few_tickets, active: _ } =
        learnt;
    let kept = Kept { avoid_epsv, avoid_mlst, avoid_mfmt, avoid_pipelining, avoid_blocks, few_tickets, zone };
    let aside = file.with_extension(format!("{}.new", std::process::id()));
    fs::write(&aside, serde_json::to_vec(&kept)?)?;
    fs::rename(&aside, file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{File, FileTimes};
    use std::time::SystemTime;

    #[test]
    fn what_was_learnt_is_known_in_the_next_run_until_it_is_old() -> std::io::Result<()> {
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("host:21");
        let learnt = Learnt { avoid_epsv: true, zone: Some(-3600), few_tickets: Some(true), ..Learnt::default() };
        Memory::in_file(Some(file.clone())).keep(learnt);
        assert_eq!(Memory::in_file(Some(file.clone())).learnt(), learnt);
        assert_eq!(fs::read_dir(dir.path())?.count(), 1, "nothing else is left");
        let old = SystemTime::now() - BELIEVED - Duration::from_secs(1);
        File::options().write(true).open(&file)?.set_times(FileTimes::new().set_modified(old))?;
        assert_eq!(Memory::in_file(Some(file.clone())).learnt(), Learnt::default());
        fs::write(&file, "{")?;
        assert_eq!(Memory::in_file(Some(file)).learnt(), Learnt::default());
        Ok(())
    }
}
