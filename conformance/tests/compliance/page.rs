//! The page itself.

use crate::diagrams;
use crate::{Evidence, Shown};
use ftp_core::command::{State, Verb};
use ftp_core::reply::table::{ANY, GREETING, Group, Row, row};
use ftp_core::reply::unsent::reason;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const HEAD: &str = "\
# What is served

Every command of RFC 959 and of the documents after it, and every reply that one of them permits, each with a transcript that
shows it or with the reason why this server never sends it. A transcript `rfc959/retr` is `conformance/transcripts/rfc959/retr.ftp`;
`conformance/snapshots` has what was said. All are played on the core and on every runtime.

This page is made from the registry of commands (`ftp-core/src/command/verb.rs`), the table of replies and the reasons
(`ftp-core/src/reply`), and the snapshots: `COMPLIANCE=1 cargo test -p conformance --test compliance` writes it anew.
";

/// Writes the page.
pub(crate) fn write(evidence: &Evidence) -> String {
    let page = Page { evidence };
    let mut text = HEAD.to_owned();
    text += &page.summary();
    text += &page.unasked();
    for (document, verbs) in documents() {
        let _ = write!(text, "\n## {document}\n");
        for verb in verbs {
            text += &page.command(verb);
        }
    }
    text += &diagrams::write();
    text
}

struct Page<'a> {
    evidence: &'a Evidence,
}

/// What a line says of one reply.
enum Found {
    Shown(String),
    Unsent(&'static str),
    Nothing,
}

impl Page<'_> {
    fn find(&self, verb: Option<Verb>, code: u16) -> Found {
        let shown = |verb: Option<Verb>| {
            let shown = self.evidence.get(&(verb, code))?;
            // Of equal ones the first: a new transcript seldom changes what is named here.
            let best = shown.iter().rev().max_by_key(|shown| relevance(shown, verb, code))?;
            Some(best.name.clone())
        };
        if let Some(name) = shown(verb) {
            return Found::Shown(name);
        }
        match (verb, code) {
            // It is nobody's answer.
            (_, 421) => shown(None).map_or(Found::Nothing, Found::Shown),
            (Some(verb), _) => reason(verb, code).map_or(Found::Nothing, Found::Unsent),
            (None, 120) => Found::Unsent("A server that is too busy says 421."),
            (None, _) => Found::Nothing,
        }
    }

    fn line(&self, verb: Option<Verb>, code: u16, sources: &str) -> String {
        match self.find(verb, code) {
            Found::Shown(name) if code == 421 => format!("| {code} | {sources} | at any time: `{name}` |\n"),
            Found::Shown(name) => format!("| {code} | {sources} | `{name}` |\n"),
            Found::Unsent(why) => format!("| {code} | {sources} | never: {why} |\n"),
            Found::Nothing => format!("| {code} | {sources} | |\n"),
        }
    }

    fn table(&self, verb: Option<Verb>, groups: &[Group]) -> String {
        let mut text = "\n| reply | permitted by | shown by |\n|---|---|---|\n".to_owned();
        for (code, sources) in by_code(groups) {
            text += &self.line(verb, code, &sources);
        }
        text
    }

    fn summary(&self) -> String {
        let mut text =
            "\n| document | commands | replies | shown | never sent, with the reason |\n|---|--:|--:|--:|--:|\n"
                .to_owned();
        for (document, verbs) in documents() {
            let (mut shown, mut unsent, mut all) = (0, 0, 0);
            for &verb in &verbs {
                for code in row(verb).codes().collect::<BTreeSet<_>>() {
                    all += 1;
                    match self.find(Some(verb), code) {
                        Found::Shown(_) => shown += 1,
                        Found::Unsent(_) => unsent += 1,
                        Found::Nothing => {}
                    }
                }
            }
            let _ = writeln!(text, "| {document} | {} | {all} | {shown} | {unsent} |", verbs.len());
        }
        text
    }

    /// The greeting, and what may answer anything.
    fn unasked(&self) -> String {
        let Row { groups, .. } = &GREETING;
        let mut text = "\n## Without a command, or to any\n\n### The greeting, and what comes unasked\n".to_owned();
        text += &self.table(None, groups);
        text += "\n### In answer to any command\n\nOne transcript stands for all; the tables below have their own.\n\n\
                 | reply | permitted by | shown by |\n|---|---|---|\n";
        for (code, sources) in by_code(ANY) {
            let verb = Verb::ALL.iter().copied().find(|verb| matches!(self.find(Some(*verb), code), Found::Shown(_)));
            // Where nobody gets it, the reason is the same for all of them.
            text += &self.line(verb.or(Some(Verb::Noop)), code, &sources);
        }
        text
    }

    fn command(&self, verb: Verb) -> String {
        let known = verb.row();
        let mut text = format!("\n### {}\n\n`{}` – {}", verb.name(), known.syntax, known.source);
        if let [_, synonyms @ ..] = known.names
            && !synonyms.is_empty()
        {
            let _ = write!(text, "; also {}", synonyms.join(", "));
        }
        let _ = write!(text, ". May come {}.", states(verb));
        let rights: Vec<_> = known.needs.names().collect();
        if !rights.is_empty() {
            let _ = write!(text, " Needs the right to {}.", rights.join(", "));
        }
        if let Some(feature) = known.feature {
            let _ = write!(text, " In FEAT: `{feature}`.");
        }
        if !known.served {
            text += " Known, but not carried out.";
        }
        text += "\n";
        text + &self.table(Some(verb), row(verb).groups)
    }
}

fn states(verb: Verb) -> String {
    let states = verb.row().states;
    let name = |state| match state {
        State::Stranger => "before USER",
        State::Named => "before PASS",
        State::AccountWanted => "before ACCT",
        State::User => "after the login",
        State::Renaming => "between RNFR and RNTO",
        State::Transferring => "during a transfer",
    };
    let names: Vec<_> = State::ALL.into_iter().filter(|state| states.has(*state)).map(name).collect();
    match names.as_slice() {
        [] => "in no state: TLS, the only mechanism, has no use for it".to_owned(),
        ["before USER", "before PASS", "before ACCT", "after the login", "between RNFR and RNTO"] => {
            "at any time but during a transfer".to_owned()
        }
        [
            "before USER",
            "before PASS",
            "before ACCT",
            "after the login",
            "between RNFR and RNTO",
            "during a transfer",
        ] => "at any time".to_owned(),
        ["after the login", "between RNFR and RNTO"] => "after the login".to_owned(),
        names => names.join(", "),
    }
}

/// How much a transcript is about a reply, by its own account.
fn relevance(shown: &Shown, verb: Option<Verb>, code: u16) -> u32 {
    let words: Vec<&str> = shown.heading.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let about = |word: &str| words.contains(&word);
    let names = |verb: Verb| verb.row().names.iter().any(|name| about(name));
    let folder = |verb: Verb| {
        let document: String = verb.row().source.split(' ').take(2).collect::<String>().to_ascii_lowercase();
        shown.name.split('/').next().is_some_and(|folder| document.starts_with(folder))
    };
    4 * u32::from(verb.is_some_and(names))
        + 2 * u32::from(about(&code.to_string()))
        + u32::from(verb.is_some_and(folder))
}

/// The codes in their order, each with all that permits it.
fn by_code(groups: &[Group]) -> BTreeMap<u16, String> {
    let mut codes = BTreeMap::<u16, String>::new();
    for group in groups {
        for &code in group.codes {
            let sources = codes.entry(code).or_default();
            if !sources.is_empty() {
                sources.push_str("; ");
            }
            sources.push_str(group.source);
        }
    }
    codes
}

/// The commands by the document that defines them, in the order of the registry.
fn documents() -> Vec<(&'static str, Vec<Verb>)> {
    let mut documents: Vec<(&str, Vec<Verb>)> = Vec::new();
    for &verb in Verb::ALL {
        let source = verb.row().source;
        let document = match source.split_once(' ') {
            Some(("RFC", section)) => {
                let digits = section.find(' ').unwrap_or(section.len());
                &source[..4 + digits]
            }
            Some((draft, _)) => draft,
            None => source,
        };
        match documents.iter_mut().find(|(name, _)| *name == document) {
            Some((_, verbs)) => verbs.push(verb),
            None => documents.push((document, vec![verb])),
        }
    }
    documents
}
