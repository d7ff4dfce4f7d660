//! Questions about the server itself: STAT, HELP (RFC 959 4.1.3), FEAT and OPTS (RFC 2389), and
//! CSID.

use super::answer::{Text, text};
use super::security::TlsPolicy;
use super::session::ServerSession;
use crate::action::{DataPath, Protection};
use crate::command::{Mode, Verb};
use crate::listing::Facts;
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

impl ServerSession {
    /// STAT without a path and without a transfer.
    pub(super) fn status(&mut self) {
        let user = match self.user() {
            Some(user) => text(&[b" Logged in as ", user]),
            None => Text::Borrowed(b" Not logged in"),
        };
        let mut lines = vec![
            Text::Owned(format!(" Connected from {}", self.peer.ip()).into_bytes()),
            user,
            Text::Owned(
                format!(
                    " TYPE: {}, STRU: {}, MODE: {}",
                    self.parameters.type_name(),
                    self.parameters.structure_name(),
                    self.parameters.mode_name()
                )
                .into_bytes(),
            ),
            Text::Borrowed(match self.parameters.data {
                Some(DataPath::Kept) => b" No transfer in progress, data connection open",
                _ => b" No transfer in progress",
            }),
        ];
        if self.config.tls != TlsPolicy::Off {
            let control = if self.security.is_secured() { "TLS" } else { "clear" };
            let data = if self.protection() == Protection::Clear { "clear" } else { "TLS" };
            lines.push(Text::Owned(format!(" Control connection: {control}, data connections: {data}").into_bytes()));
        }
        self.answer_block(Verb::Stat, 211, &b"Status:"[..], lines, &b"End."[..]);
    }

    /// HELP: what is served, or the syntax of one command.
    pub(super) fn help(&mut self, topic: Option<&[u8]>) {
        match topic.map(|name| Verb::from_name(name).filter(|verb| self.config.serves(*verb))) {
            Some(Some(verb)) => {
                self.answer(Verb::Help, 214, format!("Syntax: {}", self.config.syntax(verb)).into_bytes());
            }
            Some(None) => self.refuse(Verb::Help, &[504, 501, 502], &b"There is no such command here."[..]),
            None => {
                let served: Vec<Verb> = Verb::ALL.iter().copied().filter(|verb| self.config.serves(*verb)).collect();
                let lines = served.chunks(8).map(|row| {
                    Text::Owned(row.iter().flat_map(|verb| format!(" {:<7}", verb.name()).into_bytes()).collect())
                });
                self.answer_block(
                    Verb::Help,
                    214,
                    &b"These commands are served:"[..],
                    lines,
                    &b"HELP command tells more."[..],
                );
            }
        }
    }

    /// FEAT (RFC 2389 3): what is on, and nothing else.
    pub(super) fn features(&mut self) {
        let of_verbs = Verb::ALL.iter().filter_map(|verb| Some(self.feature(*verb, self.config.feature(*verb)?)));
        // Paths and names are as RFC 3659 6 and RFC 2640 have them, whatever the command.
        let mut lines: Vec<Text> = of_verbs.chain([b" TVFS"[..].into(), b" UTF8"[..].into()]).collect();
        lines.sort_unstable();
        // RFC 2389 3.2 has these words and no others at the end.
        self.answer_block(Verb::Feat, 211, &b"Features:"[..], lines, &b"End"[..]);
    }

    /// The line of one command, from what the registry has.
    fn feature(&self, verb: Verb, line: &'static str) -> Text {
        let mut whole = Vec::from(*b" ");
        match verb {
            Verb::Mlst => self.parameters.facts.write_feature(&mut whole),
            Verb::Lang => self.language.write_feature(&mut whole),
            Verb::Hash => self.digests.write_feature(&mut whole),
            _ => whole.extend_from_slice(line.as_bytes()),
        }
        whole.into()
    }

    /// OPTS. `UTF8 ON` is what clients from before RFC 2640 say; it is always on.
    pub(super) fn options(&mut self, name: &[u8], options: Option<&[u8]>) {
        if name.eq_ignore_ascii_case(b"MLST") {
            let Some(facts) = Facts::parse(options.unwrap_or_default()) else {
                return self.answer(Verb::Opts, 501, &b"Syntax: OPTS MLST [fact;...]"[..]);
            };
            self.parameters.facts = facts;
            let mut reply = Vec::new();
            self.parameters.facts.write_chosen(&mut reply);
            return self.answer_data(Verb::Opts, 200, reply);
        }
        if name.eq_ignore_ascii_case(b"UTF8") {
            return match options {
                Some(on) if on.eq_ignore_ascii_case(b"ON") => self.answer(Verb::Opts, 200, &b"UTF-8 is on."[..]),
                None => self.answer(Verb::Opts, 200, &b"UTF-8 is on."[..]),
                Some(_) => self.answer(Verb::Opts, 501, &b"UTF-8 is always on."[..]),
            };
        }
        if name.eq_ignore_ascii_case(b"HASH") && self.config.serves(Verb::Hash) {
            return self.choose_digest(options);
        }
        let deflates = self.config.serves_mode(Mode::Deflate);
        if name.eq_ignore_ascii_case(b"MODE") && deflates {
            return self.set_level(options.unwrap_or_default());
        }
        let there = if deflates { "HASH, MLST, MODE and UTF8" } else { "HASH, MLST and UTF8" };
        self.answer(Verb::Opts, 501, format!("No such option; there are {there}.").into_bytes());
    }

    /// CSID: who this server is, as far as it is willing to tell, and how its paths are written.
    pub(super) fn client_named(&mut self) {
        self.answer_data(Verb::Csid, 200, &b"Name=ftpkit;CaseSensitive=1;DirSep=/;"[..]);
    }
}
