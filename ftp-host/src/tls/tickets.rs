//! [`Tickets`]: what a client's session has to resume its TLS by.

use rustls::NamedGroup;
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Tickets kept of one session. Most data connections take one and bring one or two.
const MOST: usize = 8;

/// The tickets of one session, which has one server.
///
/// Those of TLS 1.3 are for one connection each (RFC 8446 C.4), and some servers give none with an upload (`ProFTPD`), so that
/// they run out. What is then known about the server helps its next session.
#[derive(Debug)]
pub(super) struct Tickets {
    kept: Mutex<Kept>,
    /// They ran out, once at least.
    scarce: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct Kept {
    group: Option<NamedGroup>,
    /// TLS 1.2 knows one, for as often as one likes.
    tls12: Option<Tls12ClientSessionValue>,
    /// The newest last.
    tls13: VecDeque<Tls13ClientSessionValue>,
    /// There was one of TLS 1.3 at some time.
    came: bool,
}

impl Tickets {
    /// None yet; that they ran out is to be noted in `scarce`.
    pub(super) fn new(scarce: Arc<AtomicBool>) -> Self {
        Self { kept: Mutex::default(), scarce }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientSessionStore for Tickets {
    fn set_kx_hint(&self, _: ServerName<'static>, group: NamedGroup) {
        self.kept().group = Some(group);
    }

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        self.kept().group
    }

    fn set_tls12_session(&self, _: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.kept().tls12 = Some(value);
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.kept().tls12.clone()
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {
        self.kept().tls12 = None;
    }

    fn insert_tls13_ticket(&self, _: ServerName<'static>, value: Tls13ClientSessionValue) {
        let mut kept = self.kept();
        kept.came = true;
        if kept.tls13.len() == MOST {
            kept.tls13.pop_front();
        }
        kept.tls13.push_back(value);
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        let mut kept = self.kept();
        let ticket = kept.tls13.pop_back();
        if ticket.is_none() && kept.came {
            self.scarce.store(true, Ordering::Relaxed);
        }
        ticket
    }
}
