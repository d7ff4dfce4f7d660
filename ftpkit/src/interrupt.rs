//! Ctrl-C and SIGTERM. The first asks, so that a transfer ends in good order; the second ends the program at once. While
//! there is nothing to end in good order, the first does that already.

use crate::exit::Exit;
use crate::failure::Failure;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether somebody asked the program to end.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt {
    asked: Arc<AtomicBool>,
}

impl Interrupt {
    /// Takes over the two signals.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn install() -> Result<Self, Failure> {
        let asked = Arc::new(AtomicBool::new(true));
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal only sets the flag, the next one finds it set.
            flag::register_conditional_shutdown(signal, Exit::Interrupted.code().into(), Arc::clone(&asked))
                .and_then(|_| flag::register(signal, Arc::clone(&asked)))
                .map_err(|error| Failure::new(Exit::Internal, "cannot handle signals", error))?;
        }
        Ok(Self { asked })
    }

    /// From now on the first signal only asks.
    pub(crate) fn hold(&self) {
        self.asked.store(false, Ordering::SeqCst);
    }

    /// From now on the first signal ends the program.
    pub(crate) fn release(&self) {
        self.asked.store(true, Ordering::SeqCst);
    }

    /// Did a signal come while it was held?
    pub(crate) fn asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }
}
