//! Transfers that go wrong on real files: what the peer is told, and what is on the disk then.

use super::bench::{Bench, HALF, NEW, Seen, read_to_end};
use crate::hooked::Trouble;
use crate::runtime::Serve;
use ftp_core::action::StorageError;
use libtest_mimic::Failed;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::SockRef;
use std::io::Write;
use std::net::Shutdown;
use std::time::Duration;

/// More than any time limit of a transfer, less than that of an idle session.
const STALL: Duration = Duration::from_mins(11);

/// More than the life of any session that does nothing.
const AGES: Duration = Duration::from_hours(24 * 365);

type Result = std::result::Result<Seen, Failed>;

pub(super) fn an_upload_is_reset(serve: Serve) -> Result {
    let mut bench = Bench::new(serve, Trouble::None)?;
    let data = bench.upload_half()?;
    SockRef::from(&data).set_linger(Some(Duration::ZERO))?;
    drop(data);
    bench.expect("426")?;
    bench.seen()
}

pub(super) fn an_upload_stalls(serve: Serve) -> Result {
    let mut bench = Bench::new(serve, Trouble::None)?;
    let _data = bench.upload_half()?;
    bench.advance(STALL)?;
    bench.expect("426")?;
    bench.seen()
}

pub(super) fn an_upload_is_never_closed(serve: Serve) -> Result {
    let mut bench = Bench::new(serve, Trouble::None)?;
    let mut data = bench.upload_half()?;
    data.write_all(&NEW[HALF..])?;
    bench.peer.until_moved(NEW.len())?;
    bench.advance(STALL)?;
    bench.expect("426")?;
    bench.seen()
}

pub(super) fn an_upload_trickles(serve: Serve) -> Result {
    const BYTES: usize = 900;
    let mut bench = Bench::new(serve, Trouble::None)?;
    let mut data = bench.begin("STOR /file")?;
    data.set_nodelay(true)?;
    for byte in 1..=BYTES {
        data.write_all(&NEW[byte - 1..byte])?;
        // Each has come before the next second begins; now and then is enough to know.
        if byte % 100 == 0 {
            bench.peer.until_moved(byte)?;
        }
        bench.advance(Duration::from_secs(1))?;
    }
    data.write_all(&NEW[BYTES..])?;
    drop(data);
    bench.expect("226")?;
    bench.seen()
}

pub(super) fn the_control_connection_half_closes_in_an_upload(serve: Serve) -> Result {
    let mut bench = Bench::new(serve, Trouble::None)?;
    let _data = bench.upload_half()?;
    bench.peer.stream.shutdown(Shutdown::Write)?;
    bench.expect("426")?;
    bench.expect_end()?;
    bench.seen()
}

pub(super) fn the_peer_vanishes_in_an_upload(serve: Serve) -> Result {
    let mut bench = Bench::new(serve, Trouble::None)?;
    let data = bench.upload_half()?;
    for stream in [&data, &bench.peer.stream] {
        SockRef::from(stream).set_linger(Some(Duration::ZERO))?;
    }
    drop(data);
    bench.seen()
}

pub(super) fn a_data_connection_never_comes(serve: Serve) -> Result {
    let mut bench = Bench::new(serve, Trouble::None)?;
    bench.peer.ask("EPSV", "229")?;
    bench.peer.send(b"STOR /file\r\n")?;
    bench.expect("150")?;
    bench.advance(STALL)?;
    bench.expect("425")?;
    bench.seen()
}

pub(super) fn a_download_is_reset(serve: Serve) -> Result {
    let mut bench = Bench::new(serve, Trouble::None)?;
    // Larger than what the sockets hold, it is under way still.
    bench.put_large()?;
    let data = bench.begin("RETR /large")?;
    SockRef::from(&data).set_linger(Some(Duration::ZERO))?;
    drop(data);
    bench.expect("426")?;
    bench.seen()
}

pub(super) fn a_download_is_not_read(serve: Serve) -> Result {
    let mut bench = Bench::new(serve, Trouble::None)?;
    bench.put_large()?;
    let _data = bench.begin("RETR /large")?;
    bench.advance_until_told()?;
    bench.expect("426")?;
    bench.seen()
}

pub(super) fn there_is_no_space(serve: Serve) -> Result {
    upload_in_trouble(serve, Trouble::Write(HALF, StorageError::NoSpace), "452")
}

pub(super) fn a_disk_cannot_be_written(serve: Serve) -> Result {
    upload_in_trouble(serve, Trouble::Write(HALF, StorageError::Local), "451")
}

pub(super) fn a_file_cannot_be_put_in_place(serve: Serve) -> Result {
    upload_in_trouble(serve, Trouble::Publish(StorageError::Local), "451")
}

fn upload_in_trouble(serve: Serve, trouble: Trouble, code: &str) -> Result {
    let mut bench = Bench::new(serve, trouble)?;
    let mut data = bench.begin("STOR /file")?;
    // The server may break it off.
    let _ = data.write_all(&NEW);
    drop(data);
    bench.expect(code)?;
    bench.peer.ask("NOOP", "200")?;
    bench.seen()
}

pub(super) fn a_session_panics_in_an_upload(serve: Serve) -> Result {
    let mut bench = Bench::new(serve, Trouble::Panic)?;
    let mut data = bench.begin("STOR /file")?;
    let _ = data.write_all(&NEW);
    bench.expect_end()?;
    bench.seen()
}

pub(super) fn a_disk_cannot_be_read(serve: Serve) -> Result {
    let mut bench = Bench::new(serve, Trouble::Read(4))?;
    let data = bench.begin("RETR /file")?;
    if read_to_end(data) > 4 {
        return Err("more came than could be read".into());
    }
    bench.note("the data connection breaks");
    bench.expect("451")?;
    bench.peer.ask("NOOP", "200")?;
    bench.seen()
}

pub(super) fn time_leaps_in_a_session_that_does_nothing(serve: Serve) -> Result {
    let mut bench = Bench::new(serve, Trouble::None)?;
    bench.advance(AGES)?;
    bench.expect("421")?;
    bench.expect_end()?;
    bench.seen()
}

pub(super) fn thousands_connect_and_say_nothing(serve: Serve) -> Result {
    const CROWD: u64 = 2000;
    // Both ends of each are in this process.
    let limits = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limits.maximum, ..limits })?;
    let room = limits.maximum.map_or(u64::MAX, |maximum| maximum.saturating_sub(500) / 2);
    let mut bench = Bench::new(serve, Trouble::None)?;
    let address = bench.server().address();
    let mut crowd = Vec::new();
    for _ in 0..CROWD.min(room) {
        crowd.push(crate::peer::Peer::connect(address)?);
    }
    // Those who have something to do do not notice.
    let mut data = bench.begin("STOR /file")?;
    data.write_all(&NEW)?;
    drop(data);
    bench.expect("226")?;
    // Whoever is let in later has his time later.
    for one in &mut crowd {
        one.expect("220")?;
    }
    bench.advance(Duration::from_mins(2))?;
    for mut one in crowd {
        one.expect("421")?;
        one.expect_end()?;
    }
    bench.peer.ask("NOOP", "200")?;
    bench.note("; the 2,000 are told 421 when their time is over");
    bench.seen()
}
