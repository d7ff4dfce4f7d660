//! `ftpkit doctor`: what of a server works, found out by using the client as everybody does, and said in plain words.

mod tls;

use super::cat::copy;
use crate::cli::DoctorOptions;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::refusal::failure;
use crate::remote::{FtpUrl, Session, Site, list, path};
use crate::text::shown;
use crate::tone::{Styled, Tone};
use ftp_core::client::{Event, Learnt};
use ftp_core::listing::{Entry, EntryKind};
use serde::Serialize;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// How it stands with one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    /// It works.
    Good,
    /// It does not, and need not: there is another way.
    Missing,
    /// It does not, and should.
    Bad,
}

/// What was found out about one thing.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    verdict: Verdict,
    message: String,
    remedy: Option<String>,
    #[serde(skip)]
    exit: Exit,
}

impl Finding {
    fn new(check: &'static str, verdict: Verdict, message: impl Into<String>) -> Self {
        Self { check, verdict, message: message.into(), remedy: None, exit: Exit::Refused }
    }

    fn of(check: &'static str, verdict: Verdict, failure: &Failure) -> Self {
        Self { remedy: failure.remedy.clone(), exit: failure.exit, ..Self::new(check, verdict, failure.why()) }
    }

    fn try_this(self, remedy: &str) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }
}

/// Tries one thing after the other, and prints what comes of each.
///
/// # Errors
/// [`Failure`], if something does not work that should.
pub(crate) fn run(options: &DoctorOptions, console: Console) -> Result<(), Failure> {
    let mut worst = None;
    let mut tell = |finding: Finding| -> Result<(), Failure> {
        print(&finding, console)?;
        if finding.verdict == Verdict::Bad && worst.is_none() {
            worst = Some(finding);
        }
        Ok(())
    };
    let url = &options.url;
    // What was learnt of the server is what is to be found out.
    let site = Site::new(url, &options.connect, console)?.knowing(Learnt::default());
    let mut session = match site.open_once() {
        Ok(session) => session,
        Err(failure) => {
            tell(Finding::of("login", Verdict::Bad, &failure))?;
            return Err(failure);
        }
    };
    tell(Finding::new("login", Verdict::Good, "the server lets this user in"))?;
    let kept = tls::tls(options, console)?;
    let private = kept.verdict == Verdict::Good;
    tell(kept)?;
    if private {
        tell(tls::resumption(options, console)?)?;
    }
    let heard = Heard::default();
    let extended = Way::Extended.attempt(options, console, &heard);
    let [passive, active] = [Way::Passive, Way::Active].map(|way| way.attempt(options, console, &Heard::default()));
    let works = [&extended, &passive].iter().any(|found| found.verdict == Verdict::Good);
    for found in [extended, passive, active] {
        // One way is enough, and whoever has it need not be told what to do about the others.
        let spared = works && found.verdict != Verdict::Good;
        tell(if spared { Finding { verdict: Verdict::Missing, remedy: None, ..found } } else { found })?;
    }
    tell(pipelining(&heard))?;
    for finding in features(&session) {
        tell(finding)?;
    }
    tell(restart(&mut session, url)?)?;
    session.close();
    match worst {
        None => Ok(()),
        Some(Finding { exit, check, message, remedy, .. }) => {
            let failure = Failure::new(exit, format!("{check} does not work"), message);
            Err(match remedy {
                Some(remedy) => failure.with_remedy(remedy),
                None => failure,
            })
        }
    }
}

fn print(finding: &Finding, console: Console) -> Result<(), Failure> {
    let Finding { check, verdict, message, remedy, .. } = finding;
    if console.json() {
        let line = serde_json::to_string(finding);
        let line = line.map_err(|error| Failure::new(Exit::Internal, "cannot print", error))?;
        return console.result(line).map(drop);
    }
    let (word, tone) = match verdict {
        Verdict::Good => ("good", Tone::Good),
        Verdict::Missing => ("missing", Tone::Warning),
        Verdict::Bad => ("BAD", Tone::Error),
    };
    console.result(Styled::new(tone, format!("{word:8}")).and(Tone::Plain, format!("{check:11} {message}")))?;
    if let Some(remedy) = remedy {
        console.result(Styled::from(" ".repeat(20)).and(Tone::Good, "try:").and(Tone::Plain, format!(" {remedy}")))?;
    }
    Ok(())
}

/// The conversation on one connection.
type Heard = Arc<Mutex<Vec<Event>>>;

/// Does the server bear a command right behind another? It was told EPSV and a listing in one write, and where it lost the second, the
/// client told it once more.
fn pipelining(heard: &Heard) -> Finding {
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    let lists =
        |event: &Event| matches!(event, Event::Sent(line) if line.starts_with("MLSD") || line.starts_with("LIST"));
    let extends = |event: &Event| matches!(event, Event::Sent(line) if line.starts_with("EPSV"));
    let at_once = heard.array_windows().any(|[one, next]| extends(one) && lists(next));
    if at_once && heard.iter().filter(|event| lists(event)).count() == 1 {
        Finding::new("pipelining", Verdict::Good, "commands may be sent ahead: a file costs one round trip")
    } else {
        Finding::new("pipelining", Verdict::Missing, "one command at a time: a file costs two round trips")
    }
}

/// How a data connection comes to be.
#[derive(Clone, Copy)]
enum Way {
    Extended,
    Passive,
    Active,
}

impl Way {
    /// Lists a directory in this way.
    fn attempt(self, options: &DoctorOptions, console: Console, heard: &Heard) -> Finding {
        let (check, good) = match self {
            Self::Extended => ("EPSV", "data connections as RFC 2428 has them, through most firewalls"),
            Self::Passive => ("PASV", "data connections as RFC 959 has them"),
            Self::Active => ("PORT", "the server can connect to us; that works without a firewall in between only"),
        };
        let ear = Arc::clone(heard);
        let result = Site::new(&options.url, &options.connect, console).and_then(|site| {
            let avoid_epsv = matches!(self, Self::Passive);
            let site = site.with_options(|client| client.active = matches!(self, Self::Active));
            let site = site.knowing(Learnt { avoid_epsv, ..Learnt::default() });
            let listen = move |event: &Event| ear.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
            let mut session = site.heard_by(Arc::new(listen)).open_once()?;
            let listed = list(&mut session, &dir(&options.url));
            session.close();
            listed.map_err(|error| failure("cannot list".into(), &error))
        });
        let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = |verb: &str| heard.iter().any(|event| matches!(event, Event::Sent(line) if line.starts_with(verb)));
        match (self, result) {
            // The client found another way, as it should; but this one does not work.
            (Self::Extended, Ok(_)) if sent("PASV") => Finding::new(
                check,
                Verdict::Missing,
                "the server refuses it, or its ports cannot be reached; PASV is used",
            ),
            (_, Ok(_)) => Finding::new(check, Verdict::Good, good),
            (Self::Active, Err(failure)) => Finding::of(check, Verdict::Missing, &failure),
            (_, Err(failure)) => Finding::of(check, Verdict::Bad, &failure),
        }
    }
}

/// What the server says it can do, and what follows from that.
fn features(session: &Session) -> Vec<Finding> {
    let tell = |check, names: &[&str], good: &str, missing: &str| {
        let has = names.iter().any(|name| session.offers(name));
        Finding::new(check, if has { Verdict::Good } else { Verdict::Missing }, if has { good } else { missing })
    };
    vec![
        tell(
            "MLSD",
            &["MLST", "MLSD"],
            "listings are exact",
            "listings are read as people would read them (LIST): times may be off by minutes, hours or a zone",
        ),
        tell("SIZE", &["SIZE"], "sizes prove that files are whole", "a transfer that was cut off may pass for whole"),
        tell("MDTM", &["MDTM"], "times are exact", "what is newer can only be told from listings"),
        tell("UTF8", &["UTF8"], "names may have any sign", "names with other than plain letters may look strange"),
        tell(
            "HASH",
            &["HASH", "XSHA512", "XSHA256", "XSHA1", "XSHA", "XMD5", "XCRC", "MD5"],
            "the server makes digests: files can be compared without fetching them",
            "the server makes no digests: whether files are equal is seen only by fetching them",
        ),
    ]
}

/// Can a transfer begin in the middle of a file?
fn restart(session: &mut Session, url: &FtpUrl) -> Result<Finding, Failure> {
    const CHECK: &str = "REST";
    let dir = dir(url);
    let entries = list(session, &dir).unwrap_or_default();
    let fits = |entry: &&Entry| entry.kind == EntryKind::File && entry.size.is_some_and(|size| size > 1);
    let Some(file) = entries.iter().filter(fits).min_by_key(|entry| entry.size) else {
        let message = "not tried: there is no file in the directory to try it with";
        return Ok(Finding::new(CHECK, Verdict::Missing, message).try_this("name a directory that holds a file"));
    };
    let place = url.at(path::join(&dir, &file.name));
    let tried = copy(session, &place, file.size.unwrap_or(1) - 1, Box::new(io::sink()));
    Ok(match tried {
        Ok(1) => Finding::new(CHECK, Verdict::Good, "what was interrupted goes on where it was"),
        Ok(bytes) => {
            let message = format!("the last byte of {} was asked for, and {bytes} came", shown(&file.name));
            Finding::new(CHECK, Verdict::Bad, message)
        }
        Err(failure) if failure.exit == Exit::Interrupted => return Err(failure),
        Err(failure) => {
            let finding = Finding::of(CHECK, Verdict::Missing, &failure);
            Finding {
                remedy: None,
                message: format!("what was interrupted begins anew ({})", finding.message),
                ..finding
            }
        }
    })
}

/// The directory that the URL names or that holds its file.
fn dir(url: &FtpUrl) -> Vec<u8> {
    if url.path.ends_with(b"/") || url.path.is_empty() { url.path.clone() } else { path::split(&url.path).0.to_vec() }
}
