//! [`Pair`]: a server's session and who talks to it, joined by a network. Something happens as long as something can; then time
//! jumps to where the next thing happens.

use super::client;
use super::coverage::Coverage;
use super::monitor::Monitor;
use super::program::{Program, Sky, Step};
use super::raw::Raw;
use super::tree::Tree;
use crate::backend::core::{Chunks, Core};
use crate::backend::world::{MADE, World};
use crate::client::core::Core as Client;
use crate::dice::Dice;
use crate::network::{Network, Weather};
use ftp_core::action::StorageError;
use ftp_core::client::TlsUse;
use ftp_core::permission::Permissions;
use ftp_core::server::{ServerConfig, VirtualHost};
use ftp_core::time::Time;
use ftp_host::accounts::FixedAccounts;
use ftp_host::storage::{Memory, MemoryCall};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What no session needs.
const ROUNDS: u32 = 1_000_000;
/// No command of a session at rest is answered later than this.
const PENALTY: Duration = Duration::from_secs(2);
/// Telnet IP and Synch.
const SYNCH: [u8; 4] = [255, 244, 255, 242];

/// A server and who talks to it.
pub(super) struct Pair {
    network: Network,
    pub(super) storage: Memory,
    server: Core,
    dice: Dice,
    now: Time,
    rounds: u32,
    pub(super) sky: Sky,
    /// The calls on storage that fail.
    faults: BTreeMap<MemoryCall, StorageError>,
}

/// Who talks to a server.
pub(super) trait Talker {
    /// Lets something happen: did it?
    fn round(&mut self) -> bool;
    /// When an answer of its host is ready.
    fn next_answer(&self) -> Option<Time>;
    /// When something happens by itself.
    fn next_event(&self) -> Option<Time>;
    fn set_time(&mut self, now: Time);
}

impl Talker for Client {
    fn round(&mut self) -> bool {
        Self::round(self)
    }

    fn next_answer(&self) -> Option<Time> {
        Self::next_answer(self)
    }

    fn next_event(&self) -> Option<Time> {
        Self::next_event(self)
    }

    fn set_time(&mut self, now: Time) {
        Self::set_time(self, now);
    }
}

impl Talker for Raw {
    fn round(&mut self) -> bool {
        Self::round(self)
    }

    fn next_answer(&self) -> Option<Time> {
        None
    }

    fn next_event(&self) -> Option<Time> {
        None
    }

    fn set_time(&mut self, _: Time) {}
}

/// Plays a program from the greeting until the server has let go of everything.
pub(super) fn play(program: &Program, coverage: &mut Coverage) -> Result<(), String> {
    let mut dice = Dice::new(program.seed ^ 0x5eed);
    let (latency, lag) = match program.sky {
        Sky::Clear => (Duration::ZERO, Duration::ZERO),
        Sky::Slow | Sky::Storm => (Duration::from_millis(dice.below(200)), Duration::from_millis(dice.below(200))),
    };
    let storm = |often| if program.sky == Sky::Storm { often } else { 0 };
    let (resets, stalls) = (storm(dice.below(200)), storm(dice.below(200)));
    let windows = [7, 50, 1000, 64 * 1024, 64 * 1024];
    let weather = Weather {
        latency,
        resets,
        stalls,
        refusals: storm(dice.below(10)),
        window: dice.pick(&windows).copied().unwrap_or(1000),
        dice: dice.split(),
    };
    let network = Network::new(weather);
    let (near, far) = network.pair();
    let mut storage = Memory::with_clock(|| MADE);
    if program.sky == Sky::Storm && dice.once_in(4) {
        storage = storage.with_capacity(dice.below(10_000));
    }
    let all =
        |accounts: FixedAccounts, user| accounts.with(user, "secret", Permissions::ALL, Arc::new(storage.clone()));
    let accounts = all(all(FixedAccounts::new(), "ann"), "eve").requiring_account("club");
    let failed_login_delay = if program.sky == Sky::Clear { Duration::ZERO } else { Duration::from_secs(1) };
    let config = ServerConfig {
        failed_login_delay,
        tls: program.tls_policy,
        clear_control: true,
        marker_interval: client::MARKERS,
        deflate: program.deflate,
        hosts: vec![VirtualHost { name: "example.org".into(), greeting: None }],
        ..ServerConfig::default()
    };
    let implicit_tls = program.tls_use == TlsUse::Implicit;
    let monitor = Monitor::new(&config, implicit_tls);
    let world = World { storage: storage.clone(), accounts, config, implicit_tls, ask_clients: None };
    let mut server = Core::begin(world, Chunks::Random(dice.split()), network.clone());
    server.speak(far, lag, monitor);
    let mut pair = Pair {
        network: network.clone(),
        storage,
        server,
        dice: dice.split(),
        now: Time::ZERO,
        rounds: 0,
        sky: program.sky,
        faults: BTreeMap::new(),
    };
    let result = if program.client {
        let config = client::config(program);
        let mut client = Client::begin(config, Chunks::Random(dice.split()), network);
        client.speak(near, lag);
        client::play(&mut pair, client, program)
    } else {
        pair.play_raw(Raw::new(near, network, dice.split()), program)
    };
    for &(verb, state, code) in pair.server.monitor().map(|monitor| monitor.seen()).unwrap_or_default() {
        coverage.count(verb, state, code);
    }
    result
}

impl Pair {
    fn play_raw(&mut self, mut raw: Raw, program: &Program) -> Result<(), String> {
        for step in &program.steps {
            match step {
                Step::Say(bytes) => raw.say(bytes),
                Step::Pause => self.settle(&mut raw)?,
                Step::Data(manner) => raw.manner(*manner),
                Step::Deaf(deaf) => raw.deaf(*deaf),
                Step::Urgent => {
                    self.server.urgent();
                    raw.say(&SYNCH);
                }
                Step::Secure => raw.secure(),
                Step::HalfClose => raw.half_close(),
                Step::Wait(time) => self.wait(&mut raw, *time)?,
                Step::Fail(call, error) => self.fail(*call, *error),
                Step::Heal => self.heal(),
                Step::Ask { .. } => {}
            }
            for _ in 0..self.dice.below(6) {
                self.round(&mut raw)?;
            }
        }
        raw.deaf(false);
        self.settle(&mut raw)?;
        raw.hang_up();
        self.end(&mut raw)
    }

    /// A call on storage fails from now on, where anything may go wrong.
    pub(super) fn fail(&mut self, call: MemoryCall, error: StorageError) {
        if self.sky == Sky::Storm {
            self.faults.insert(call, error);
            self.storage.fail(call, error);
        }
    }

    /// Does some call on storage fail?
    pub(super) fn is_in_trouble(&self) -> bool {
        !self.faults.is_empty()
    }

    /// Storage works again.
    pub(super) fn heal(&mut self) {
        self.faults.clear();
        self.storage.heal();
    }

    /// What storage holds, whether it works or not.
    pub(super) fn tree(&self) -> Tree {
        self.storage.heal();
        let tree = Tree::of(&self.storage);
        for (call, error) in &self.faults {
            self.storage.fail(*call, *error);
        }
        tree
    }

    /// Lets something happen: could something more?
    pub(super) fn round(&mut self, talker: &mut impl Talker) -> Result<bool, String> {
        self.rounds += 1;
        if self.rounds > ROUNDS {
            return Err(format!("no end after {ROUNDS} rounds, at {:?}", self.now.since_epoch()));
        }
        let first = self.dice.once_in(2) && talker.round();
        let more = first | self.server.round() | talker.round();
        match self.server.monitor().and_then(|monitor| monitor.broken()) {
            Some(broken) => Err(broken.to_owned()),
            None => Ok(more),
        }
    }

    fn set_time(&mut self, talker: &mut impl Talker, time: Time) {
        self.now = self.now.max(time);
        self.network.set_time(self.now);
        self.server.set_time(self.now);
        talker.set_time(self.now);
    }

    /// When something that is under way comes to its end.
    fn next_progress(&self, talker: &impl Talker) -> Option<Time> {
        let answers = self.server.next_answer().into_iter().chain(talker.next_answer());
        answers.chain(self.network.next_arrival()).min()
    }

    /// Lets something happen, or time go by until something does; false: nothing ever will.
    pub(super) fn tick(&mut self, talker: &mut impl Talker) -> Result<bool, String> {
        if self.round(talker)? {
            return Ok(true);
        }
        let progress = self.next_progress(talker);
        let event = self.server.next_event().into_iter().chain(talker.next_event()).chain(progress).min();
        let Some(event) = event else { return Ok(false) };
        let penalty = event <= self.now + PENALTY;
        if self.sky != Sky::Storm && progress != Some(event) && !penalty {
            return Err(format!("only a time-out helps, at {:?}", self.now.since_epoch()));
        }
        self.set_time(talker, event);
        Ok(true)
    }

    /// Lets everything happen that is under way, and everything that the server's session waits for.
    pub(super) fn settle(&mut self, talker: &mut impl Talker) -> Result<(), String> {
        loop {
            if self.round(talker)? {
                continue;
            }
            let busy = !self.server.rests() && !self.server.is_over();
            let owes = self.server.monitor().is_some_and(|monitor| monitor.owes()) && !self.server.is_over();
            let deadline = self.server.next_event();
            let soon = deadline.filter(|&deadline| busy || (owes && deadline <= self.now + PENALTY));
            match self.next_progress(talker).into_iter().chain(soon).min() {
                Some(time) => self.set_time(talker, time),
                None if owes && !busy => return self.unanswered(),
                None => return Ok(()),
            }
        }
    }

    fn unanswered(&mut self) -> Result<(), String> {
        let Some(monitor) = self.server.monitor() else { return Ok(()) };
        monitor.rests();
        monitor.broken().map_or(Ok(()), |broken| Err(broken.to_owned()))
    }

    /// Lets so much time go by.
    pub(super) fn wait(&mut self, talker: &mut impl Talker, time: Duration) -> Result<(), String> {
        let until = self.now + time;
        loop {
            while self.round(talker)? {}
            let progress = self.next_progress(talker);
            let event = self.server.next_event().into_iter().chain(talker.next_event()).chain(progress).min();
            match event.filter(|&event| event <= until) {
                Some(event) => self.set_time(talker, event),
                None => break,
            }
        }
        self.set_time(talker, until);
        Ok(())
    }

    /// Nobody talks any more: the server ends by itself, and lets go of everything.
    pub(super) fn end(&mut self, talker: &mut impl Talker) -> Result<(), String> {
        while !self.server.is_over() {
            if self.round(talker)? {
                continue;
            }
            let progress = self.next_progress(talker);
            let Some(event) = self.server.next_event().into_iter().chain(progress).min() else {
                return Err("the server's session does not end".into());
            };
            self.set_time(talker, event);
        }
        if self.server.holds_something() {
            return Err("the server's session is over, and holds a listener or a connection".into());
        }
        Ok(())
    }
}
