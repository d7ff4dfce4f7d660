//! [`Kept`]: connections that nobody uses just now, for the next who wants one to the same place: the interactive client does not log
//! in for every file.

use super::session::Session;
use super::url::FtpUrl;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The most that are kept.
const MOST: usize = 4;

/// Connections, logged in, in the directory that the login led to. By default none are kept.
#[derive(Clone, Default)]
pub(crate) struct Kept(Option<Arc<Mutex<Idle>>>);

/// Where each of them leads to.
type Idle = Vec<(FtpUrl, Session)>;

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("keeps", &self.0.is_some()).finish()
    }
}

impl Kept {
    /// Keeps those that come back.
    pub(crate) fn some() -> Self {
        Self(Some(Arc::default()))
    }

    /// One to this server, as this user; if there is a choice, one that was heard before, or was not.
    pub(super) fn take(&self, url: &FtpUrl, heard: bool) -> Option<Session> {
        let mut kept = self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |(other, _): &(FtpUrl, Session)| other.is_same_login(url);
        let best = |there: &(FtpUrl, Session)| fits(there) && there.1.number().is_some() == heard;
        let at = kept.iter().position(best).or_else(|| kept.iter().position(fits))?;
        Some(kept.swap_remove(at).1)
    }

    /// Takes one back; if there is no room for it, it says goodbye.
    pub(super) fn put(&self, url: &FtpUrl, session: Session) {
        let surplus = match &self.0 {
            None => Some(session),
            Some(kept) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() < MOST {
                    kept.push((url.at(Vec::new()), session));
                    None
                } else {
                    Some(session)
                }
            }
        };
        if let Some(session) = surplus {
            session.quit();
        }
    }

    /// Says goodbye on all of them.
    pub(crate) fn close(&self) {
        let Some(kept) = &self.0 else { return };
        let kept = std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner));
        for (_, session) in kept {
            session.quit();
        }
    }
}
