//! Ctrl-C and SIGTERM. The first asks, so that a transfer ends in good order; the second ends the program at once. While
//! there is nothing to end in good order, the first does that already.

use crate::exit::Exit;
use crate::failure::Failure;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// How often a sleeper looks whether he is to wake.
const LOOK: Duration = Duration::from_millis(50);

/// Whether somebody asked the program to end. There is one for the whole program.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt(Arc<State>);

#[derive(Debug)]
struct State {
    /// A signal came; or nobody holds it, and the next one ends the program.
    asked: Arc<AtomicBool>,
    holders: AtomicUsize,
    /// That of the program, for what can be ended without it too.
    whole: Option<Interrupt>,
}

/// As long as it lives the first signal only asks.
#[derive(Debug)]
pub(crate) struct Hold {
    state: Arc<State>,
    /// As long as a part of the program is held, all of it is.
    _whole: Option<Box<Hold>>,
}

impl Interrupt {
    /// Takes over the two signals.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn install() -> Result<Self, Failure> {
        static INSTALLED: OnceLock<Result<Interrupt, io::ErrorKind>> = OnceLock::new();
        let installed = INSTALLED.get_or_init(|| Self::register().map_err(|error| error.kind()));
        installed.clone().map_err(|error| Failure::new(Exit::Internal, "cannot handle signals", error))
    }

    fn register() -> io::Result<Self> {
        let asked = Arc::new(AtomicBool::new(true));
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal only sets the flag, the next one finds it set.
            flag::register_conditional_shutdown(signal, Exit::Interrupted.code().into(), Arc::clone(&asked))?;
            flag::register(signal, Arc::clone(&asked))?;
        }
        Ok(Self(Arc::new(State { asked, holders: AtomicUsize::new(0), whole: None })))
    }

    /// One for a part of the program: whoever asks it asks nobody else, and what asks the program asks it too.
    pub(crate) fn apart(&self) -> Self {
        let whole = self.0.whole.clone().unwrap_or_else(|| self.clone());
        let asked = Arc::new(AtomicBool::new(true));
        Self(Arc::new(State { asked, holders: AtomicUsize::new(0), whole: Some(whole) }))
    }

    /// From now on, until what it gives is dropped, the first signal only asks.
    pub(crate) fn hold(&self) -> Hold {
        if self.0.holders.fetch_add(1, Ordering::SeqCst) == 0 {
            self.0.asked.store(false, Ordering::SeqCst);
        }
        Hold { state: Arc::clone(&self.0), _whole: self.0.whole.as_ref().map(|whole| Box::new(whole.hold())) }
    }

    /// What a signal sets while it is held, for those who wait elsewhere.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0.asked)
    }

    /// Asks, as a signal does: where the terminal gives none for Ctrl-C.
    pub(crate) fn ask(&self) {
        if self.0.holders.load(Ordering::SeqCst) > 0 {
            self.0.asked.store(true, Ordering::SeqCst);
        }
    }

    /// Did a signal come while it was held?
    pub(crate) fn asked(&self) -> bool {
        let asked = self.0.asked.load(Ordering::SeqCst) && self.0.holders.load(Ordering::SeqCst) > 0;
        asked || self.0.whole.as_ref().is_some_and(Self::asked)
    }

    /// Sleeps, unless a signal comes.
    ///
    /// # Errors
    /// [`Exit::Interrupted`].
    pub(crate) fn sleep(&self, time: Duration) -> Result<(), Failure> {
        let _hold = self.hold();
        let end = Instant::now() + time;
        while !self.asked() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(LOOK));
        }
        Err(Failure::new(Exit::Interrupted, "stopped", "interrupted"))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.state.holders.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.state.asked.store(true, Ordering::SeqCst);
        }
    }
}
