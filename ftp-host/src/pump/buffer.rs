//! [`Buffer`]: bytes read from storage that have not left yet.

/// Bytes on their way, in a box that exists only once there is something to hold.
#[derive(Default)]
pub(super) struct Buffer {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Buffer {
    /// Holds these.
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.into(), start: 0, end: bytes.len() }
    }

    /// Makes it `capacity` bytes large if it is none yet.
    pub(super) fn allocate(&mut self, capacity: usize) {
        if self.bytes.is_empty() {
            self.bytes = vec![0; capacity].into_boxed_slice();
        }
    }

    /// What it holds.
    pub(super) fn held(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// The room behind what it holds.
    pub(super) fn room(&mut self) -> &mut [u8] {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    /// Takes so many bytes of the room as held.
    pub(super) fn fill(&mut self, count: usize) {
        self.end = (self.end + count).min(self.bytes.len());
    }

    /// Drops so many bytes from the front.
    pub(super) fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }
}
