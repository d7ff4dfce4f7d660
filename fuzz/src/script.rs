//! [`Event`]: what happens to a session, as bytes. Read through `arbitrary`, from the front and byte by byte, so that a session that a
//! person thought of can be written as bytes too ([`write`](fn@write)).

use arbitrary::{Arbitrary, Result, Unstructured};

/// Events of one session at most.
const LENGTH: usize = 200;

/// Something that happens to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The peer sends these bytes.
    Bytes(Vec<u8>),
    /// The peer sends this line, with CRLF.
    Line(Vec<u8>),
    /// The host answers an operation: which of those asked for, counted from the last one; what; and a number to go with it.
    Answer(u8, u8, u8),
    /// The host answers an operation with what is no answer to it.
    Nonsense(u8, u8),
    /// So many tenths of a second go by.
    Time(u8),
    /// Time goes by until the session's deadline.
    Deadline,
    /// The control connection takes so many bytes more before it blocks; 255: any number.
    Room(u8),
    /// The peer sends a Telnet Synch; or the application gives up.
    Urgent,
    /// The peer closes the control connection.
    Close,
    /// The server stops; or the application asks for what this number says, of this path.
    Ask(u8, Vec<u8>),
}

impl<'a> Arbitrary<'a> for Event {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u8::arbitrary(u)? % 10 {
            0 => Self::Line(text(u)?),
            1 => Self::Answer(u8::arbitrary(u)?, u8::arbitrary(u)?, u8::arbitrary(u)?),
            2 => Self::Bytes(text(u)?),
            3 => Self::Nonsense(u8::arbitrary(u)?, u8::arbitrary(u)?),
            4 => Self::Time(u8::arbitrary(u)?),
            5 => Self::Deadline,
            6 => Self::Room(u8::arbitrary(u)?),
            7 => Self::Urgent,
            8 => Self::Close,
            _ => Self::Ask(u8::arbitrary(u)?, text(u)?),
        })
    }
}

fn text(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let length = usize::from(u8::arbitrary(u)?).min(u.len());
    Ok(u.bytes(length)?.to_vec())
}

/// The settings of a session, and what happens to it.
pub(crate) fn read(data: &[u8]) -> Option<(u8, Vec<Event>)> {
    let mut u = Unstructured::new(data);
    let settings = u8::arbitrary(&mut u).ok()?;
    let mut events = Vec::new();
    while !u.is_empty() && events.len() < LENGTH {
        events.push(Event::arbitrary(&mut u).ok()?);
    }
    Some((settings, events))
}

/// The bytes that are read as these settings and events.
pub fn write(settings: u8, events: &[Event]) -> Vec<u8> {
    let mut out = vec![settings];
    let text = |kind: u8, text: &[u8], out: &mut Vec<u8>| {
        let text = &text[..text.len().min(255)];
        out.extend([kind, text.len() as u8]);
        out.extend_from_slice(text);
    };
    for event in events {
        match event {
            Event::Line(line) => text(0, line, &mut out),
            Event::Answer(which, what, number) => out.extend([1, *which, *what, *number]),
            Event::Bytes(bytes) => text(2, bytes, &mut out),
            Event::Nonsense(which, what) => out.extend([3, *which, *what]),
            Event::Time(tenths) => out.extend([4, *tenths]),
            Event::Deadline => out.push(5),
            Event::Room(bytes) => out.extend([6, *bytes]),
            Event::Urgent => out.push(7),
            Event::Close => out.push(8),
            Event::Ask(what, path) => {
                out.extend([9, *what, path.len().min(255) as u8]);
                out.extend_from_slice(&path[..path.len().min(255)]);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let events = [
            Event::Line(b"NOOP".to_vec()),
            Event::Bytes(b"\xff\xf4".to_vec()),
            Event::Answer(0, 1, 2),
            Event::Nonsense(3, 4),
            Event::Time(5),
            Event::Deadline,
            Event::Room(6),
            Event::Urgent,
            Event::Ask(7, b"/a".to_vec()),
            Event::Close,
        ];
        assert_eq!(read(&write(9, &events)), Some((9, events.to_vec())));
    }
}
