//! [`Output`]: replies on their way out.

use crate::reply::Reply;
use alloc::vec::Vec;

/// Past so many unsent bytes no further command is read: a peer that does not read its replies cannot fill the memory.
/// One more command's replies may still come on top.
pub(super) const OUTPUT_LIMIT: usize = 16 * 1024;

/// Bytes of replies that have not been written to the control connection yet.
#[derive(Debug, Default)]
pub(super) struct Output {
    bytes: Vec<u8>,
    sent: usize,
}

impl Output {
    pub(super) fn push(&mut self, reply: &Reply) {
        reply.write(&mut self.bytes);
    }

    /// Bytes that are no reply.
    pub(super) fn push_raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn pending(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sent == self.bytes.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() - self.sent >= OUTPUT_LIMIT
    }

    /// `count` more bytes have left.
    pub(super) fn sent(&mut self, count: usize) {
        self.sent = (self.sent + count).min(self.bytes.len());
        if self.is_empty() {
            self.clear();
        }
    }

    /// Forgets everything; the memory of a long reply is given back, an idle session holds none.
    pub(super) fn clear(&mut self) {
        self.bytes = Vec::new();
        self.sent = 0;
    }
}
