//! Cases for any server: the corpus below `transcripts/check`, and playing one. A server's whole report is made by whoever
//! plays them all (`ftpkit check`); what a case looks like is explained on the [front page](crate).

mod audit;
mod rule;

pub use audit::{By, Findings, Said};
pub use rule::{Breach, Rule};

use crate::backend::Backend;
use crate::backend::sockets::Secure;
use crate::runner::{self, Failure};
use crate::transcript::{Check, Event, Need, ParseError, Step, Transcript};
use audit::Audit;

/// Name and text of each.
const CORPUS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/corpus.rs"));

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Folder and name: `rfc959/retr`.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Documents and sections, as `RFC 959 4.1.3 RETR, RFC 1123 4.1.2.5`.
    pub sources: String,
    /// What it proves, in one sentence.
    pub title: String,
    /// Level and requirements.
    pub check: Check,
    transcript: Transcript,
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything was as the documents have it.
    Passed,
    /// Something was not.
    Failed {
        /// What the documents permit, as the case's line says it.
        expected: String,
        /// What was seen.
        seen: String,
    },
    /// The server does not have what the case is about, and need not.
    NotOffered(String),
    /// The case could not be played, and why.
    Skipped(String),
}

/// What a server and its user can do, as far as cases need it.
#[derive(Clone, Debug, Default)]
pub struct Ability {
    /// The user may store, rename and remove.
    pub write: bool,
    /// The user has a password.
    pub password: bool,
    /// The lines of FEAT; `None`: as if every case's were there.
    pub features: Option<Vec<String>>,
    /// What SYST says; `None`: as if it were every case's.
    pub system: Option<String>,
    /// IP version of the control connection.
    pub ip: u8,
    /// Hostile cases are wanted.
    pub hostile: bool,
    /// How everything comes under TLS.
    pub tls: Option<Secure>,
}

/// Every case, in the order of the names.
///
/// # Errors
/// [`ParseError`], for the first that cannot be read.
pub fn corpus() -> Result<Vec<Case>, ParseError> {
    CORPUS.iter().map(|(name, text)| Case::parse(name, text)).collect()
}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    /// [`ParseError`] names the line that cannot be read.
    pub fn parse(name: &str, text: &str) -> Result<Self, ParseError> {
        let mut transcript = Transcript::parse(&format!("{name}.ftp"), text)?;
        let heading = transcript.heading.first().and_then(|line| line.split_once(": "));
        let (Some((sources, title)), Some(check)) = (heading, transcript.check.clone()) else {
            return Err(ParseError {
                file: transcript.file,
                line: 1,
                found: text.lines().next().unwrap_or_default().to_owned(),
                remedy: "a case has a title after its sources (`# RFC 959 4.1.3 NOOP: does nothing`), and a `@level`"
                    .into(),
            });
        };
        let (sources, title) = (sources.to_owned(), title.to_owned());
        // In the record it would only be in the way.
        transcript.heading.clear();
        Ok(Self { name: name.to_owned(), text: text.to_owned(), sources, title, check, transcript })
    }

    /// The folder that it stands in, which is a document's name.
    pub fn folder(&self) -> &str {
        self.name.split_once('/').map_or("", |(folder, _)| folder)
    }

    /// The world that it wants.
    pub fn setup(&self) -> &crate::transcript::Setup {
        &self.transcript.setup
    }

    /// Why it is not worth playing; `None` if it is.
    pub fn hindrance(&self, ability: &Ability) -> Option<Verdict> {
        if self.check.hostile && !ability.hostile {
            return Some(Verdict::Skipped("hostile cases were not asked for".into()));
        }
        if let Some(how) = ability.tls
            && let Some(why) = self.clash(how)
        {
            return Some(Verdict::Skipped(why.into()));
        }
        let writes = self.setup().tree.len() > 1;
        if writes && !ability.write {
            return Some(Verdict::Skipped("the user may not write".into()));
        }
        self.check.needs.iter().find_map(|need| match need {
            Need::Write if !ability.write => Some(Verdict::Skipped("the user may not write".into())),
            Need::Password if !ability.password => Some(Verdict::Skipped("the user has no password".into())),
            Need::Ip(version) if *version != ability.ip => {
                Some(Verdict::Skipped(format!("the connection is not IPv{version}")))
            }
            Need::Feature(name) => {
                let features = ability.features.as_ref()?;
                let listed = features.iter().any(|line| starts_with_words(line, name));
                (!listed).then(|| Verdict::NotOffered(format!("FEAT has no line {name}")))
            }
            Need::System(name) => {
                let system = ability.system.as_ref()?;
                (!starts_with_words(system, name)).then(|| Verdict::Skipped(format!("the system is not {name}")))
            }
            _ => None,
        })
    }

    /// Why it cannot be played under TLS.
    fn clash(&self, how: Secure) -> Option<&'static str> {
        let has = |wanted: fn(&Event) -> bool| {
            let mut steps = self.transcript.steps.iter();
            steps.any(|step| matches!(step, Step::Event(line) if wanted(&line.what)))
        };
        match how {
            Secure::Implicit if self.check.clear => Some("the connection begins with TLS"),
            // Whoever wants TLS may refuse a login without.
            Secure::Explicit if self.check.clear && has(|event| *event == Event::Login) => {
                Some("it is about a session in the clear")
            }
            Secure::Explicit if !self.check.clear && self.says("REIN") => Some("REIN ends TLS (RFC 4217 13)"),
            _ if !self.check.clear && self.says("HOST") && !has(|event| *event == Event::Login) => {
                Some("HOST comes before AUTH, or names the host of the handshake (RFC 7151 3.2)")
            }
            _ if has(|event| *event == Event::Urgent) => Some("under TLS there is no urgent data (RFC 4217 14)"),
            _ => None,
        }
    }

    /// Is there this command in it?
    fn says(&self, verb: &str) -> bool {
        let mut lines = self.transcript.steps.iter().filter_map(|step| match step {
            Step::Send(lines) => Some(lines),
            _ => None,
        });
        lines.any(|lines| {
            lines.iter().any(|line| line.source.split(' ').nth(1).is_some_and(|said| said.eq_ignore_ascii_case(verb)))
        })
    }

    /// Plays it on a server.
    pub fn play(&self, backend: &mut dyn Backend) -> (Verdict, Findings) {
        let mut audit = Audit::new(backend);
        let played = runner::play(&self.transcript, &mut audit);
        let findings = audit.findings();
        let verdict = match played {
            Ok(_) => Verdict::Passed,
            Err(failure) => self.judge(failure, &findings),
        };
        (verdict, findings)
    }

    fn judge(&self, failure: Failure, findings: &Findings) -> Verdict {
        if let Some((command, code)) = &findings.answered
            && self.check.optional.iter().any(|verb| verb.eq_ignore_ascii_case(command))
            && not_served(command, *code)
        {
            return Verdict::NotOffered(format!("{command} is answered {code}"));
        }
        Verdict::Failed { expected: failure.expected, seen: failure.seen }
    }
}

/// Does this answer to a command that need not be there say that it is not? Before the login many answer 530 to what they do not
/// know; 501 refuses a parameter, and 550 is what some say to a command that is switched off.
fn not_served(command: &str, code: u16) -> bool {
    match command {
        _ if matches!(code, 500 | 502 | 504 | 530) => true,
        "TYPE" | "STRU" | "MODE" => code == 501,
        "PBSZ" | "PROT" => code == 550,
        _ => false,
    }
}

/// `MLST size*;type*` begins with `MLST`, but not with `MLS`; names are read in any case (RFC 2389 3.2).
fn starts_with_words(line: &str, words: &str) -> bool {
    let line = line.trim_start().to_ascii_uppercase();
    line.strip_prefix(&words.to_ascii_uppercase()).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_can_be_read_and_has_a_name_of_its_own() {
        let corpus = corpus().unwrap();
        assert!(corpus.array_windows().all(|[a, b]| a.name < b.name));
        for case in &corpus {
            assert!(case.title.len() <= 110, "{}: the title is long", case.name);
        }
    }

    #[test]
    fn a_feature_is_known_by_its_words() {
        assert!(starts_with_words(" MLST size*;", "mlst"));
        assert!(starts_with_words("REST STREAM", "REST STREAM"));
        assert!(!starts_with_words("MLSTX", "MLST"));
    }
}
