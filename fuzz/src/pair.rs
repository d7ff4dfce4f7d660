//! A server's session with storage, accounts and data connections, all in memory, and a peer that keeps to no rules: what the
//! simulation makes up from a seed is made up here by the fuzzer, which sees where it leads.

use crate::script::{self, Event};
use conformance::simulation::{Coverage, Manner, Program, Sky, Step, play};
use ftp_core::action::StorageError;
use ftp_host::storage::MemoryCall;
use std::time::Duration;

const CALLS: [MemoryCall; 11] = [
    MemoryCall::Entry,
    MemoryCall::List,
    MemoryCall::Open,
    MemoryCall::Store,
    MemoryCall::Write,
    MemoryCall::Publish,
    MemoryCall::MakeDir,
    MemoryCall::RemoveDir,
    MemoryCall::RemoveFile,
    MemoryCall::Rename,
    MemoryCall::Space,
];

const ERRORS: [StorageError; 4] =
    [StorageError::NotFound, StorageError::NoSpace, StorageError::Denied, StorageError::Busy];

/// Steps of one session at most.
const LENGTH: usize = 60;

/// Settings, then events.
///
/// # Panics
/// Where something does not hold.
pub fn run(data: &[u8]) {
    let Some((settings, events)) = script::read(data) else { return };
    let sky = match settings % 3 {
        0 => Sky::Clear,
        1 => Sky::Slow,
        _ => Sky::Storm,
    };
    let steps = events.iter().take(LENGTH).map(|event| step(event, sky)).collect();
    let program = Program { sky, steps, ..Program::new(u64::from(settings / 3)) };
    if let Err(broken) = play(&program, &mut Coverage::default()) {
        panic!("{broken}, in {program}");
    }
}

fn step(event: &Event, sky: Sky) -> Step {
    match event {
        Event::Line(line) => Step::Say([line, b"\r\n".as_slice()].concat()),
        Event::Bytes(bytes) => Step::Say(bytes.clone()),
        Event::Answer(0, what, _) => Step::Data(match what % 5 {
            0 => Manner::Read,
            1 => Manner::Send(usize::from(*what) * 7),
            2 => Manner::Break(usize::from(*what) * 7),
            3 => Manner::Sleep,
            _ => Manner::Never,
        }),
        Event::Answer(..) | Event::Deadline => Step::Pause,
        Event::Nonsense(call, error) if sky == Sky::Storm => {
            Step::Fail(CALLS[usize::from(*call) % CALLS.len()], ERRORS[usize::from(*error) % ERRORS.len()])
        }
        Event::Time(seconds) => Step::Wait(Duration::from_secs((*seconds).into())),
        Event::Room(room) => Step::Deaf(room % 2 == 1),
        Event::Urgent => Step::Urgent,
        Event::Close => Step::HalfClose,
        Event::Nonsense(..) | Event::Ask(..) => Step::Heal,
    }
}
