//! What threads meet at: the locks of the standard library, by a name of this crate, so that `tests/threads.rs` can build the same modules
//! on those of shuttle, which tries out in which order threads may run.

pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, atomic};
