//! The registry of commands and the server's machine say the same: when a command may come, what it needs, and whether it
//! is carried out at all.

use ftp_core::action::{Action, Completion, LoginError, NetworkError, OpId, Opened, StorageAnswer, TransferError};
use ftp_core::command::{Command, State, States, TRANSITIONS, Transition, Verb};
use ftp_core::drain::{Closed, Port};
use ftp_core::permission::Permissions;
use ftp_core::server::{ServerConfig, ServerSession, TlsPolicy, VirtualHost};
use ftp_core::time::Time;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

#[derive(Default)]
struct Host {
    written: Vec<u8>,
    actions: Vec<Action>,
}

impl Port<Action> for Host {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Closed> {
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn act(&mut self, action: Action) {
        self.actions.push(action);
    }
}

struct Bench {
    session: ServerSession,
    host: Host,
}

impl Bench {
    fn new(config: ServerConfig) -> Self {
        let (local, peer) = (SocketAddr::from(([127, 0, 0, 1], 21)), SocketAddr::from(([127, 0, 0, 1], 50_000)));
        Self { session: ServerSession::new(Arc::new(config), local, peer, Time::ZERO), host: Host::default() }
    }

    fn logged_in(config: ServerConfig) -> Self {
        let mut bench = Self::new(config);
        let _ = bench.send("USER ann");
        let _ = bench.send("PASS secret");
        let Some(Action::Login { op, .. }) = bench.host.actions.pop() else { panic!("a login is asked for") };
        assert!(bench.complete(op, Completion::Login(Ok(()))).starts_with("230 "));
        bench
    }

    /// The reply, if there is one at once.
    fn send(&mut self, line: &str) -> String {
        self.session.receive(Time::ZERO, format!("{line}\r\n").as_bytes());
        self.said()
    }

    fn complete(&mut self, op: OpId, completion: Completion) -> String {
        self.session.complete(Time::ZERO, op, completion);
        self.said()
    }

    fn said(&mut self) -> String {
        self.host.written.clear();
        let _wait = self.session.drain(Time::ZERO, &mut self.host);
        String::from_utf8_lossy(&self.host.written).into_owned()
    }

    /// The rights that the host is asked to check for this line.
    fn asks_for(&mut self, line: &str) -> Option<Permissions> {
        self.host.actions.clear();
        let _ = self.send(line);
        self.host.actions.iter().find_map(|action| match action {
            Action::Storage { call, .. } => Some(call.needs()),
            Action::Transfer { transfer, .. } => Some(transfer.work.needs()),
            _ => None,
        })
    }
}

/// A line that its command's grammar takes.
fn example(verb: Verb) -> String {
    let name = verb.name();
    let arguments = [
        "",
        "a",
        "1,2,3,4,5,6",
        "|1|127.0.0.1|2000|",
        "A",
        "F",
        "S",
        "1",
        "RETR a",
        "MLST type;",
        "HELP",
        "4,4,127,0,0,1,2,8,0",
        "20260102030405 a",
        "Modify=20260102030405; a",
        "Name=a;",
        "1 2",
        "a b",
    ];
    // Where several fit, the first serves.
    let lines = arguments.map(|argument| format!("{name} {argument}").trim_end().to_owned());
    let fits = |line: &&String| Command::parse(line.as_bytes()).is_ok();
    lines.iter().skip(1).chain(lines.first()).find(fits).unwrap_or_else(|| panic!("no example fits {name}")).clone()
}

#[test]
fn a_stranger_is_answered_530_to_what_only_users_may_say() {
    for &verb in Verb::ALL {
        let reply = Bench::new(ServerConfig::default()).send(&example(verb));
        let for_users = verb.row().states.meets(States::AFTER) && !verb.row().states.meets(States::BEFORE);
        assert_eq!(reply.contains("530 "), for_users, "{verb:?}: {reply}");
    }
}

#[test]
fn a_command_out_of_its_order_is_answered_503() {
    for &verb in Verb::ALL {
        let row = verb.row();
        for (state, reply) in [
            (State::Stranger, Bench::new(ServerConfig::default()).send(&example(verb))),
            (State::User, Bench::logged_in(ServerConfig::default()).send(&example(verb))),
        ] {
            let wanted_login = state == State::Stranger && row.states.meets(States::AFTER);
            let refused = !row.states.has(state) && (!wanted_login || row.states.meets(States::BEFORE));
            assert_eq!(reply.contains("503 "), refused, "{verb:?} in {state:?}: {reply}");
        }
    }
}

#[test]
fn what_is_served_is_carried_out_and_what_is_not_is_502() {
    for &verb in Verb::ALL.iter().filter(|verb| verb.row().states.has(State::User)) {
        let config = ServerConfig { tls: TlsPolicy::Offer, clear_control: true, ..ServerConfig::default() };
        let mut bench = Bench::logged_in(config);
        let reply = bench.send(&example(verb));
        assert_eq!(!reply.starts_with("502 "), verb.row().served, "{verb:?}: {reply}");
    }
}

#[test]
fn a_command_that_is_switched_off_is_502_and_not_promised() {
    let config = ServerConfig { disabled: vec![Verb::Mlst, Verb::Size], ..ServerConfig::default() };
    let mut bench = Bench::logged_in(config);
    assert!(bench.send("SIZE a").starts_with("502 "));
    let features = bench.send("FEAT");
    assert!(!features.contains("SIZE") && !features.contains("MLST") && features.contains(" MDTM\r\n"), "{features}");
    let help = bench.send("HELP");
    assert!(!help.contains("SIZE") && !help.contains("MLST") && help.contains("MLSD"), "{help}");
}

/// The way to a state, and the lines to say on it.
fn bench_in(state: State) -> Bench {
    let hosts = vec![VirtualHost { name: "host.example".to_owned(), greeting: None }];
    let mut bench =
        Bench::logged_in(ServerConfig { hosts, failed_login_delay: Duration::ZERO, ..ServerConfig::default() });
    let lines: &[&str] = match state {
        State::Stranger => &["REIN"],
        State::Named => &["USER ann"],
        State::AccountWanted => &["USER ann", "PASS secret"],
        State::User => &[],
        State::Renaming => &["RNFR a"],
        State::Transferring => &["RETR a"],
    };
    for line in lines {
        let _ = bench.send(line);
    }
    match bench.host.actions.pop() {
        Some(Action::Login { op, .. }) if state == State::AccountWanted => {
            let _ = bench.complete(op, Completion::Login(Err(LoginError::AccountNeeded)));
        }
        Some(Action::Storage { op, .. }) => {
            let _ = bench.complete(op, Completion::Storage(Ok(StorageAnswer::Done)));
        }
        Some(Action::Transfer { op, .. }) => {
            let _ = bench.complete(op, Completion::Opened(Opened::default()));
        }
        _ => {}
    }
    assert_eq!(bench.session.state(), state);
    bench
}

#[test]
fn the_ways_between_states_are_those_that_sessions_go() {
    for Transition { from, verbs, replies, to } in TRANSITIONS {
        for verb in *verbs {
            let mut bench = bench_in(*from);
            let line = if *verb == Verb::Host { "HOST host.example".to_owned() } else { example(*verb) };
            let mut said = bench.send(&line);
            while let Some(action) = bench.host.actions.pop() {
                said += &match action {
                    Action::Login { op, .. } => {
                        let error =
                            if *to == State::AccountWanted { LoginError::AccountNeeded } else { LoginError::Refused };
                        bench.complete(op, Completion::Login(if *to == State::User { Ok(()) } else { Err(error) }))
                    }
                    Action::Storage { op, .. } => bench.complete(op, Completion::Storage(Ok(StorageAnswer::Done))),
                    Action::Transfer { op, .. } => bench.complete(op, Completion::Opened(Opened::default())),
                    Action::Cancel { op } => bench.complete(op, Completion::Transferred(Err(TransferError::Cancelled))),
                    _ => continue,
                };
            }
            bench.session.timeout(Time::ZERO);
            said += &bench.said();
            assert_eq!(bench.session.state(), *to, "{verb:?} in {from:?}: {said}");
            let codes = if *replies == "1yz" { "150" } else { *replies };
            assert!(codes.split(", ").all(|code| said.contains(&format!("{code} "))), "{verb:?} in {from:?}: {said}");
        }
    }
}

#[test]
fn a_passive_port_that_is_not_to_be_had_is_425_and_pasv_over_ipv6_is_522() {
    for line in ["PASV", "EPSV", "LPSV"] {
        let mut bench = Bench::logged_in(ServerConfig::default());
        let _ = bench.send(line);
        let Some(Action::Listen { op }) = bench.host.actions.pop() else { panic!("{line} listens") };
        let reply = bench.complete(op, Completion::Listening(Err(NetworkError::Exhausted)));
        assert!(reply.starts_with("425 "), "{line}: {reply}");
    }
    let v6 = |port| SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], port));
    let mut session = ServerSession::new(Arc::new(ServerConfig::default()), v6(21), v6(50_000), Time::ZERO);
    session.receive(Time::ZERO, b"USER ann\r\nPASS secret\r\n");
    let mut host = Host::default();
    let _wait = session.drain(Time::ZERO, &mut host);
    let Some(Action::Login { op, .. }) = host.actions.pop() else { panic!("a login is asked for") };
    session.complete(Time::ZERO, op, Completion::Login(Ok(())));
    session.receive(Time::ZERO, b"PASV\r\n");
    let _wait = session.drain(Time::ZERO, &mut host);
    let said = String::from_utf8_lossy(&host.written);
    assert!(said.ends_with("522 PASV is for IPv4; use EPSV.\r\n"), "{said}");
}

#[test]
fn the_rights_of_a_row_are_those_that_the_host_checks() {
    for &verb in Verb::ALL.iter().filter(|verb| verb.row().served && verb.row().needs != Permissions::NONE) {
        let mut bench = Bench::logged_in(ServerConfig::default());
        if verb == Verb::Rnto {
            let _ = bench.send("RNFR a");
            let Some(Action::Storage { op, .. }) = bench.host.actions.pop() else { panic!("RNFR asks") };
            assert!(bench.complete(op, Completion::Storage(Ok(StorageAnswer::Done))).starts_with("350 "));
        }
        assert_eq!(bench.asks_for(&example(verb)), Some(verb.row().needs), "{verb:?}");
    }
}
