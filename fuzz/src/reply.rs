//! Replies as a client reads them: framing, blocks, addresses.

use crate::command::lines;
use crate::cut;
use ftp_core::address::{find_extended_port, find_host_port, is_private};
use ftp_core::reply::{Reply, ReplyReader};

/// The longest line that a client takes.
const LIMIT: usize = 8 << 10;

/// Bytes of a control connection.
///
/// # Panics
/// Where something does not hold.
pub fn run(data: &[u8]) {
    let whole = lines(LIMIT, [data]).0;
    assert_eq!(whole, lines(LIMIT, cut::pieces(data, &mut cut::dice(data))).0, "the same bytes are the same lines");
    let mut reader = ReplyReader::default();
    let mut within = false;
    for line in whole.iter().flatten() {
        let read = reader.line(line);
        if let Ok(Some(reply)) = &read {
            assert_eq!(within, reply.lines().len() > 1, "a reply of one line is one, and a block has more");
            self::read(reply);
        }
        within = read == Ok(None);
    }
}

/// A reply is what is read back when it is written, and nothing in it steers a terminal.
fn read(reply: &Reply) {
    let shown = reply.to_string();
    assert!(!shown.chars().any(|char| char.is_control() && char != '\n'), "{shown:?}");
    assert_eq!(shown.split('\n').count(), reply.lines().len(), "{shown:?}");
    // An inner line that repeated the code has lost it; what is left may look like an end, which whoever writes a block sees to.
    let rebuilt = match reply.lines() {
        [first, inner @ .., last] => Reply::block(reply.code(), first.clone(), inner.iter().cloned(), last.clone()),
        _ => reply.clone(),
    };
    let mut wire = Vec::new();
    rebuilt.write(&mut wire);
    let mut reader = ReplyReader::default();
    let mut again = None;
    for line in lines(usize::MAX, [wire.as_slice()]).0.into_iter().flatten() {
        assert!(again.is_none(), "one reply is one: {}", wire.escape_ascii());
        again = reader.line(&line).unwrap_or_default();
    }
    let again = again.unwrap_or_else(|| panic!("no reply: {}", wire.escape_ascii()));
    assert_eq!(again.code(), reply.code());
    assert_eq!(again.lines().len(), reply.lines().len(), "{}", wire.escape_ascii());
    if let Some(address) = find_host_port(reply.text()) {
        assert_ne!(address.port(), 0);
        let _ = is_private((*address.ip()).into());
        let mut written = Vec::new();
        ftp_core::address::write_host_port(address, &mut written);
        assert_eq!(find_host_port(&written), Some(address));
    }
    assert_ne!(find_extended_port(reply.text()), Some(0));
}
