//! From a line to what it asks for: whether it is a command, whether that may come now, and who carries it out.

use super::session::ServerSession;
use crate::command::{Command, ParseError, Problem, State, States, Verb};
use crate::path::VirtualPath;
use alloc::format;

impl ServerSession {
    /// Carries out a line, if it is a command that may come now.
    pub(super) fn execute(&mut self, line: &[u8]) {
        let state = self.state();
        // RFC 959 4.1.3: RNFR "must be immediately followed by" RNTO.
        let rename_from = self.rename_from.take();
        let command = match Command::parse(line) {
            Ok(command) => command,
            Err(ParseError { verb: Some(verb), .. }) if self.refuses(verb, state) => return,
            Err(ParseError { verb: Some(verb), problem }) => {
                let syntax = verb.row().syntax;
                let text = match problem {
                    Problem::Missing => format!("The argument is missing. Syntax: {syntax}"),
                    Problem::Unexpected => format!("No argument is expected. Syntax: {syntax}"),
                    Problem::Unknown => format!("Not understood. Syntax: {syntax}"),
                    Problem::Syntax(expected) => format!("Expected {expected}. Syntax: {syntax}"),
                };
                return self.refuse(verb, &[501, 500], text.into_bytes());
            }
            // A browser or a page's script talking to the wrong port must not get anywhere (PROTOCOL: ALPACA).
            Err(_) if is_http(line) => return self.end("This is FTP, not HTTP."),
            Err(_) => return self.bad_command("Command not understood."),
        };
        if !self.refuses(command.verb(), state) {
            self.bad_commands = 0;
            self.carry_out(&command, rename_from);
        }
    }

    /// May this command not come in this state, or not at all? Then that has been said.
    fn refuses(&mut self, verb: Verb, state: State) -> bool {
        if !verb.row().states.has(state) {
            self.out_of_order(verb, state);
            return true;
        }
        let served = self.config.serves(verb);
        if !served {
            self.refuse(verb, &[502, 500], &b"Command not implemented."[..]);
        }
        !served
    }

    fn out_of_order(&mut self, verb: Verb, state: State) {
        let row = verb.row();
        let is_in = States::AFTER.has(state);
        match row.follows {
            _ if row.states == States::of(&[]) => {
                self.answer(verb, 503, &b"No security mechanism that uses this has been agreed on."[..]);
            }
            _ if !is_in && !row.states.meets(States::BEFORE) => {
                self.answer(verb, 530, &b"Log in first, with USER and PASS."[..]);
            }
            _ if is_in && !row.states.meets(States::AFTER) => {
                self.answer(verb, 503, &b"Already logged in; USER begins a new login."[..]);
            }
            Some(before) => self.answer(verb, 503, format!("Send {before} first.").into_bytes()),
            None => self.answer(verb, 503, &b"Not in this order."[..]),
        }
    }

    /// Says 500; to a peer that goes on so, no more.
    pub(super) fn bad_command(&mut self, text: &'static str) {
        self.bad_commands += 1;
        if self.bad_commands > self.config.bad_commands {
            self.end("Too many bad commands.");
        } else {
            self.say(500, text.as_bytes());
        }
    }

    fn carry_out(&mut self, command: &Command<'_>, rename_from: Option<VirtualPath>) {
        let verb = command.verb();
        match *command {
            Command::User(name) => self.user_given(name),
            Command::Pass(password) => self.password_given(password),
            Command::Acct(account) => self.account_given(account),
            Command::Rein => self.reinitialize(),
            Command::Quit => {
                self.answer(verb, 221, &b"Goodbye."[..]);
                self.finish();
            }
            Command::Cwd(path) => self.change_directory(verb, path),
            Command::Cdup => self.change_directory(verb, b".."),
            Command::Pwd => self.print_directory(),
            Command::Mkd(path) => self.make_directory(path),
            Command::Rmd(path) => self.remove_directory(path),
            Command::Dele(path) => self.remove_file(path),
            Command::Rnfr(path) => self.rename_from(path),
            Command::Rnto(path) => match rename_from {
                Some(from) => self.rename_to(from, path),
                None => self.out_of_order(verb, State::User),
            },
            Command::Size(path) => self.size(path),
            Command::Mdtm(path) => self.modified(path),
            Command::Mlst(path) => self.facts(path),
            Command::Allo { size, .. } => self.allocate(size),
            Command::Type(code) => self.set_type(code),
            Command::Stru(structure) => self.set_structure(structure),
            Command::Mode(mode) => self.set_mode(mode),
            Command::Port(address) => self.set_port(verb, address.into()),
            Command::Eprt(address) => self.set_extended_port(address),
            Command::Pasv => self.passive(),
            Command::Epsv(argument) => self.extended_passive(argument),
            Command::Rest(marker) => self.restart(marker),
            Command::Retr(path) => self.retrieve(path),
            Command::Stor(path) => self.store(path),
            Command::Appe(path) => self.append(path),
            Command::Stou(path) => self.store_unique(path),
            Command::List(argument) | Command::Nlst(argument) => self.list(verb, argument),
            Command::Mlsd(path) => self.list_facts(path),
            Command::Abor => self.abort_nothing(),
            Command::Stat(None) => self.status(),
            Command::Stat(Some(path)) => self.status_of(path),
            Command::Help(topic) => self.help(topic),
            Command::Syst => self.answer_data(verb, 215, &b"UNIX Type: L8"[..]),
            Command::Noop => self.answer(verb, 200, &b"Nothing done."[..]),
            Command::Feat => self.features(),
            Command::Opts { name, options } => self.options(name, options),
            Command::Site(command) => {
                let copy_from = self.copy_from.take();
                self.site(command, copy_from);
            }
            // RFC 959 4.1.1. All that there is is mounted already.
            Command::Smnt(_) => self.answer(verb, 202, &b"Superfluous here: there is one file structure."[..]),
            Command::Lprt(address) => self.set_long_port(address),
            Command::Lpsv => self.long_passive(),
            Command::Mfmt { time, path } => self.set_modified(verb, time, path),
            Command::Mfct { time, path } => self.set_created(time, path),
            Command::Mff { facts, path } => self.set_facts(facts, path),
            Command::Hash(path) => self.hash(path),
            Command::Checksum { argument, .. } => self.checksum(verb, argument),
            Command::Rang { start, end } => self.set_range(start, end),
            Command::Avbl(path) => self.available(path),
            Command::Comb(argument) => self.combine(argument),
            Command::Clnt(_) => self.answer(verb, 200, &b"Noted."[..]),
            Command::Csid(_) => self.client_named(),
            // What it prepares for needs no preparation here.
            Command::Pret(_) => self.answer(verb, 200, &b"Go on."[..]),
            Command::Auth(mechanism) => self.authenticate(mechanism),
            Command::Pbsz(_) => self.set_block_size(),
            Command::Prot(level) => self.set_protection(level),
            Command::Ccc => self.clear_control(),
            // None of these is served (see the registry).
            Command::Lang(tag) => self.choose_language(tag),
            Command::Host(name) => self.choose_host(name),
            Command::Known { .. } => {
                self.refuse(verb, &[502, 500], &b"Command not implemented."[..]);
            }
        }
    }
}

fn is_http(line: &[u8]) -> bool {
    const METHODS: [&[u8]; 9] =
        [b"GET ", b"HEAD ", b"POST ", b"PUT ", b"DELETE ", b"CONNECT ", b"OPTIONS ", b"TRACE ", b"PATCH "];
    METHODS.iter().any(|method| line.starts_with(method)) || line.ends_with(b" HTTP/1.1")
}
