//! [`conduit`]: bytes from one thread to another, no more of them on the way than a pipe of the system holds. That they have ended counts
//! only when whoever gives them says that they were all; otherwise the end is an error, so that a part never passes for the whole.

use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// More is to come.
const OPEN: u8 = 0;
/// That was all.
const WHOLE: u8 = 1;
/// There would have been more.
const CUT: u8 = 2;

/// Where bytes go in. Clones share it, so that it can be closed wherever the others are.
#[derive(Clone)]
pub(super) struct Inlet {
    pipe: Arc<Mutex<Option<PipeWriter>>>,
    state: Arc<AtomicU8>,
}

/// Where they come out. Clones share it too.
#[derive(Clone)]
pub(super) struct Outlet {
    pipe: Arc<Mutex<Option<PipeReader>>>,
    state: Arc<AtomicU8>,
}

/// A way for bytes.
///
/// # Errors
/// What the system says.
pub(super) fn conduit() -> io::Result<(Inlet, Outlet)> {
    let (reader, writer) = io::pipe()?;
    let state = Arc::new(AtomicU8::new(OPEN));
    let inlet = Inlet { pipe: Arc::new(Mutex::new(Some(writer))), state: Arc::clone(&state) };
    Ok((inlet, Outlet { pipe: Arc::new(Mutex::new(Some(reader))), state }))
}

impl Inlet {
    /// Nothing more comes. Were those bytes all?
    pub(super) fn end(&self, whole: bool) {
        self.state.store(if whole { WHOLE } else { CUT }, Ordering::SeqCst);
        self.pipe.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Outlet {
    /// Nothing more is taken: whoever still gives is told.
    pub(super) fn close(&self) {
        self.pipe.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Has the other end said that nothing more comes?
    pub(super) fn has_ended(&self) -> bool {
        self.state.load(Ordering::SeqCst) != OPEN
    }
}

impl Write for Inlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.pipe.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(pipe) => pipe.write(bytes),
            None => Err(ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Outlet {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = match self.pipe.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(pipe) => pipe.read(room)?,
            None => return Err(ErrorKind::BrokenPipe.into()),
        };
        if count == 0 && !room.is_empty() && self.state.load(Ordering::SeqCst) != WHOLE {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_said_to_be_whole_comes_to_an_end() -> io::Result<()> {
        for whole in [true, false] {
            let (mut inlet, mut outlet) = conduit()?;
            inlet.write_all(b"abc")?;
            assert!(!outlet.has_ended());
            inlet.end(whole);
            let mut came = Vec::new();
            let ended = outlet.read_to_end(&mut came).map_err(|error| error.kind());
            assert_eq!(
                (came.as_slice(), ended),
                (&b"abc"[..], if whole { Ok(3) } else { Err(ErrorKind::UnexpectedEof) })
            );
            assert!(outlet.has_ended());
        }
        Ok(())
    }

    #[test]
    fn who_gives_is_not_held_up_by_one_who_takes_nothing_more() -> io::Result<()> {
        let (mut inlet, outlet) = conduit()?;
        std::thread::scope(|scope| {
            let gave = scope.spawn(move || inlet.write_all(&vec![0; 10 << 20]).map_err(|error| error.kind()));
            outlet.close();
            assert_eq!(gave.join().ok(), Some(Err(ErrorKind::BrokenPipe)));
        });
        Ok(())
    }
}
