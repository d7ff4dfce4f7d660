//! Facts and copies: MFMT, MFCT and MFF (draft-somers-ftp-mfxx), MDTM with a time, COMB, AVBL, and the commands below SITE.

use super::answer::{Text, text};
use super::files::Then;
use super::session::ServerSession;
use crate::action::StorageCall;
use crate::command::{Changes, FactError, Problem, SITE_COMMANDS, SiteCommand, Verb, split_paths};
use crate::path::VirtualPath;
use crate::time::WallTime;
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

/// The shortest idle time that a peer may choose: less is a typing error.
const SHORTEST_IDLE: Duration = Duration::from_secs(30);

impl ServerSession {
    /// MFMT, and MDTM where it is used like that.
    pub(super) fn set_modified(&mut self, verb: Verb, time: WallTime, path: &[u8]) {
        self.change(verb, path, Changes { modified: Some(time), ..Changes::default() });
    }

    pub(super) fn set_created(&mut self, time: WallTime, path: &[u8]) {
        self.change(Verb::Mfct, path, Changes { created: Some(time), ..Changes::default() });
    }

    /// MFF. "If an unknown fact is provided, a 504 reply SHOULD be sent, and it is RECOMMENDED that the 504 reply indicate the
    /// name" (5.5).
    pub(super) fn set_facts(&mut self, facts: &[u8], path: &[u8]) {
        match Changes::parse(facts) {
            Ok(changes) => self.change(Verb::Mff, path, changes),
            Err(FactError::Unknown(name)) => {
                self.answer(Verb::Mff, 504, text(&[&name, b": no such fact; there are Modify and UNIX.mode."]));
            }
            Err(FactError::Value(name)) => self.answer(Verb::Mff, 501, text(&[&name, b": not a value of this fact."])),
        }
    }

    fn change(&mut self, verb: Verb, path: &[u8], changes: Changes) {
        let shown = path.to_vec();
        self.ask_about(verb, path, Then::Changed(shown), |path| StorageCall::Change(path, changes));
    }

    /// The values that the facts have now, and the path as it was given (draft-somers-ftp-mfxx 5.1). 200 below SITE.
    pub(super) fn changed(&mut self, verb: Verb, changes: &Changes, path: &[u8]) {
        let mut reply = Vec::new();
        changes.write(&mut reply);
        reply.push(b' ');
        reply.extend_from_slice(path);
        self.answer_data(verb, if verb == Verb::Site { 200 } else { 213 }, reply);
    }

    /// AVBL: the bytes that can be stored in a directory.
    pub(super) fn available(&mut self, directory: Option<&[u8]>) {
        self.ask_about(Verb::Avbl, directory.unwrap_or(b"."), Then::Size, StorageCall::Space);
    }

    /// COMB: parts become one file, and are removed when it is whole.
    pub(super) fn combine(&mut self, argument: &[u8]) {
        let mut paths = Vec::new();
        for path in split_paths(argument).unwrap_or_default() {
            let Some(path) = self.resolve(Verb::Comb, &path) else { return };
            paths.push(path);
        }
        let mut paths = paths.into_iter();
        // The grammar has seen to it that there are two at least.
        let target = paths.next().unwrap_or_else(VirtualPath::root);
        let call = StorageCall::Combine { target: target.clone(), sources: paths.collect() };
        self.ask(Verb::Comb, target, Then::Done("holds all parts"), call);
    }

    pub(super) fn site(&mut self, argument: &[u8], copy_from: Option<VirtualPath>) {
        match SiteCommand::parse(argument) {
            None => self.refuse(Verb::Site, &[504, 502, 500], &b"No such SITE command; SITE HELP lists them."[..]),
            Some(Err(Problem::Syntax(syntax))) => {
                self.answer(Verb::Site, 501, format!("Syntax: SITE {syntax}").into_bytes());
            }
            Some(Err(_)) => {
                self.answer(Verb::Site, 501, &b"The argument is missing; SITE HELP command tells more."[..]);
            }
            Some(Ok(command)) => self.carry_out_site(command, copy_from),
        }
    }

    fn carry_out_site(&mut self, command: SiteCommand<'_>, copy_from: Option<VirtualPath>) {
        match command {
            SiteCommand::Help(topic) => self.site_help(topic),
            SiteCommand::Change { path, changes } => self.change(Verb::Site, &path, changes),
            SiteCommand::Symlink { target, link } => {
                if let Some(target) = self.resolve(Verb::Site, &target) {
                    self.ask_about(Verb::Site, &link, Then::Done("is a link now"), |link| StorageCall::Link {
                        target,
                        link,
                    });
                }
            }
            SiteCommand::Copy { from, to } => {
                if let Some(from) = self.resolve(Verb::Site, &from) {
                    self.copy(from, &to);
                }
            }
            SiteCommand::CopyFrom(path) => {
                self.ask_about(Verb::Site, path, Then::CopyFrom, StorageCall::CopyFrom);
            }
            SiteCommand::CopyTo(path) => match copy_from {
                Some(from) => self.copy(from, path),
                None => self.answer(Verb::Site, 503, &b"Send SITE CPFR first."[..]),
            },
            SiteCommand::Idle(None) => {
                let reply = format!("The idle time-out is {} seconds.", self.idle_timeout().as_secs());
                self.answer(Verb::Site, 200, reply.into_bytes());
            }
            SiteCommand::Idle(Some(seconds)) => self.set_idle_timeout(Duration::from_secs(seconds.into())),
        }
    }

    fn copy(&mut self, from: VirtualPath, to: &[u8]) {
        self.ask_about(Verb::Site, to, Then::Done("is the copy"), |to| StorageCall::Copy { from, to });
    }

    /// A peer may be more impatient than the server, never less.
    fn set_idle_timeout(&mut self, time: Duration) {
        let longest = self.config.idle_timeout;
        if time < SHORTEST_IDLE.min(longest) || time > longest {
            let (shortest, longest) = (SHORTEST_IDLE.min(longest).as_secs(), longest.as_secs());
            let reply = format!("The idle time-out can be {shortest} to {longest} seconds.");
            return self.answer(Verb::Site, 501, reply.into_bytes());
        }
        self.parameters.idle_timeout = Some(time);
        self.answer(Verb::Site, 200, format!("The idle time-out is {} seconds.", time.as_secs()).into_bytes());
    }

    fn site_help(&mut self, topic: Option<&[u8]>) {
        let Some(topic) = topic else {
            let lines = SITE_COMMANDS.iter().map(|(name, _)| Text::Owned(format!(" {name}").into_bytes()));
            return self.answer_block(Verb::Site, 214, &b"These SITE commands are served:"[..], lines, &b"End."[..]);
        };
        match SITE_COMMANDS.iter().find(|(name, _)| topic.eq_ignore_ascii_case(name.as_bytes())) {
            Some((_, syntax)) => self.answer(Verb::Site, 214, format!("Syntax: SITE {syntax}").into_bytes()),
            None => self.answer(Verb::Site, 504, &b"No such SITE command; SITE HELP lists them."[..]),
        }
    }
}
