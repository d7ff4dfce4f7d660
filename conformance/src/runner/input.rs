//! [`Input`]: what a connection has brought and nobody has read yet, as lines.

use crate::backend::Received;

/// The unread bytes of one connection.
#[derive(Debug, Default)]
pub(crate) struct Input {
    unread: Vec<u8>,
    /// The last answer was not bytes.
    last: Option<Received>,
}

impl Input {
    /// The next line, without its CRLF; `None` if none comes, which [`Input::end`] then explains.
    pub(crate) fn line(&mut self, mut more: impl FnMut() -> Received) -> Option<Vec<u8>> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\r\n") {
                let mut line: Vec<u8> = self.unread.drain(..end + 2).collect();
                line.truncate(end);
                return Some(line);
            }
            if !self.read(&mut more) {
                return None;
            }
        }
    }

    /// Lets these lines be read once more.
    pub(crate) fn put_back(&mut self, lines: &[Vec<u8>]) {
        let mut bytes: Vec<u8> = lines.iter().flat_map(|line| [&line[..], b"\r\n"].concat()).collect();
        bytes.append(&mut self.unread);
        self.unread = bytes;
    }

    /// So many bytes, or all there are.
    pub(crate) fn bytes(&mut self, count: usize, mut more: impl FnMut() -> Received) -> Vec<u8> {
        while self.unread.len() < count && self.read(&mut more) {}
        self.unread.drain(..count.min(self.unread.len())).collect()
    }

    /// Everything until the end, or until nothing comes any more.
    pub(crate) fn all(&mut self, mut more: impl FnMut() -> Received) -> Vec<u8> {
        while self.read(&mut more) {}
        std::mem::take(&mut self.unread)
    }

    /// What has come and was not read.
    pub(crate) fn unread(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.unread)
    }

    /// Has the other side closed?
    pub(crate) fn closed(&self) -> bool {
        self.last == Some(Received::Closed)
    }

    /// Why nothing more came.
    pub(crate) fn end(&self) -> String {
        let how = if self.closed() { "closed the connection" } else { "says nothing" };
        if self.unread.is_empty() {
            how.to_owned()
        } else {
            format!("{how} after `{}`", crate::transcript::text::show(&self.unread))
        }
    }

    fn read(&mut self, more: &mut impl FnMut() -> Received) -> bool {
        match more() {
            Received::Bytes(bytes) => {
                self.unread.extend_from_slice(&bytes);
                true
            }
            end => {
                self.last = Some(end);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_however_they_arrive() {
        let mut pieces = [&b"22"[..], b"0 a\r", b"\nrest"].map(|piece| Received::Bytes(piece.to_vec())).into_iter();
        let mut input = Input::default();
        let mut more = || pieces.next().unwrap_or(Received::Closed);
        assert_eq!(input.line(&mut more).as_deref(), Some(&b"220 a"[..]));
        assert_eq!(input.line(&mut more), None);
        assert!(input.closed());
        assert_eq!(input.end(), "closed the connection after `rest`");
        assert_eq!(input.all(&mut more), b"rest");
    }
}
