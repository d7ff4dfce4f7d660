//! [`Steward`]: whoever knows the server: what it can do, where there is a place to work in, and how that is tidied up.

use super::talk::{Fault, Talk};
use super::{Seen, Target};
use crate::check::Ability;
use crate::transcript::Setup;
use crate::transcript::check::SCRATCH;
use ftp_core::reply::{Class, Reply};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

/// How deep what a case leaves behind may be.
const DEPTH: usize = 8;

/// A user of the server beside the case that is played.
pub struct Steward {
    target: Target,
    talk: Talk,
    features: Vec<String>,
    system: String,
    /// The scratch directory's path; `None` if the user may make none.
    scratch: Option<String>,
    /// Cases that were prepared.
    count: usize,
}

impl Steward {
    /// Logs in, looks around, and makes a scratch directory where the login leads.
    ///
    /// # Errors
    /// [`Fault`], if the login fails.
    pub fn begin(mut target: Target) -> Result<Self, Fault> {
        // The tickets of TLS 1.3 are for one connection each, and some servers give none with an upload: 1.2 has no such end.
        target.foreign.old = target.tls.is_some();
        let mut talk = match Talk::begin(&target) {
            Err(Fault::Tls(_)) => {
                target.foreign.old = false;
                Talk::begin(&target)?
            }
            result => result?,
        };
        let features = match talk.ask(b"FEAT", b"")? {
            reply if reply.code().class() == Class::Completion => inner_lines(&reply),
            _ => Vec::new(),
        };
        let system = String::from_utf8_lossy(talk.ask(b"SYST", b"")?.text()).into_owned();
        let mut steward = Self { target, talk, features, system, scratch: None, count: 0 };
        steward.scratch = steward.make_scratch()?;
        Ok(steward)
    }

    /// Where the server is, and who logs in.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// What it calls its system (SYST); empty if it does not say.
    pub fn system(&self) -> &str {
        &self.system
    }

    /// The scratch directory, if there is one.
    pub fn scratch(&self) -> Option<&str> {
        self.scratch.as_deref()
    }

    /// What the server and the user can do.
    pub fn ability(&self, hostile: bool) -> Ability {
        let version = if matches!(self.target.address.ip().to_canonical(), IpAddr::V4(_)) { 4 } else { 6 };
        Ability {
            write: self.scratch.is_some(),
            password: !matches!(&*self.target.login.user, "anonymous" | "ftp"),
            features: Some(self.features.clone()),
            system: Some(self.system.clone()),
            ip: version,
            hostile,
            tls: self.target.tls,
        }
    }

    fn make_scratch(&mut self) -> Result<Option<String>, Fault> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = format!("ftpkit-check-{:x}-{:x}", std::process::id(), now.as_micros());
        let made = self.talk.ask(b"MKD", name.as_bytes())?;
        if made.code().class() != Class::Completion {
            return Ok(None);
        }
        self.talk.demand("CWD", name.as_bytes())?;
        let reply = self.talk.demand("PWD", b"")?;
        let Some(path) = quoted_path(reply.text()) else { return Err(Fault::Refused("PWD".into(), reply)) };
        // Removing begins with this name: it must be the directory that was made, and no other.
        if path.ends_with(&name) { Ok(Some(path)) } else { Err(Fault::Refused("PWD".into(), reply)) }
    }

    /// Makes a case's directory, and what it wants to find there. The directory's path; empty without a scratch directory.
    ///
    /// # Errors
    /// [`Fault`], with what was refused.
    pub fn prepare(&mut self, setup: &Setup) -> Result<String, Fault> {
        self.awake()?;
        let Some(scratch) = &self.scratch else { return Ok(String::new()) };
        self.count += 1;
        let dir = format!("{scratch}/{}", self.count);
        self.talk.demand("MKD", dir.as_bytes())?;
        let mut there = BTreeSet::new();
        for node in &setup.tree {
            let Some(path) = below(&dir, &node.path) else { continue };
            // The directories between are not always named.
            for end in (dir.len() + 1..path.len()).filter(|&at| path.get(at) == Some(&b'/')) {
                let parent = path.get(..end).unwrap_or_default().to_vec();
                if there.insert(parent.clone()) {
                    self.talk.demand("MKD", &parent)?;
                }
            }
            match &node.content {
                Some(content) => self.talk.store(&path, content)?,
                None if there.insert(path.clone()) => {
                    self.talk.demand("MKD", &path)?;
                }
                None => {}
            }
        }
        Ok(dir)
    }

    /// What is at a path that a case knows below [`SCRATCH`], which is `dir` here.
    pub fn look(&mut self, dir: &str, path: &[u8]) -> Seen {
        let Some(path) = below(dir, path) else { return Seen::Unknown("it is outside the scratch directory".into()) };
        let looked = self.awake().and_then(|()| {
            if self.talk.ask(b"CWD", &path)?.code().class() == Class::Completion {
                return Ok(Seen::Directory);
            }
            Ok(match self.talk.fetch("RETR", &path)? {
                Ok(content) => Seen::File(content),
                Err(reply) if matches!(reply.code().number(), 450 | 550) => Seen::Missing,
                Err(reply) => Seen::Unknown(reply.to_string()),
            })
        });
        looked.unwrap_or_else(|fault| Seen::Unknown(fault.to_string()))
    }

    /// Removes a case's directory and everything in it.
    ///
    /// # Errors
    /// [`Fault`], with what could not be removed.
    pub fn clear(&mut self, dir: &str) -> Result<(), Fault> {
        let within = self.scratch.as_ref().is_some_and(|scratch| dir.starts_with(&**scratch));
        if !within {
            return Ok(());
        }
        self.awake()?;
        self.remove(dir.as_bytes(), DEPTH)
    }

    /// Removes the scratch directory, and leaves.
    ///
    /// # Errors
    /// [`Fault`], with what could not be removed.
    pub fn end(mut self) -> Result<(), Fault> {
        if let Some(scratch) = self.scratch.clone() {
            self.clear(&scratch)?;
        }
        // Nothing depends on how it says goodbye.
        let _ = self.talk.ask(b"QUIT", b"");
        Ok(())
    }

    fn remove(&mut self, dir: &[u8], depth: usize) -> Result<(), Fault> {
        self.talk.demand("CWD", dir)?;
        for name in self.names()? {
            // From the root, so that nothing else goes wherever a server believes to be.
            let inner = [dir, b"/", &name].concat();
            if self.talk.ask(b"DELE", &inner)?.code().class() != Class::Completion && depth > 0 {
                self.remove(&inner, depth - 1)?;
            }
        }
        // Nobody can remove the directory that he is in, on some systems.
        self.talk.demand("CDUP", b"")?;
        self.talk.demand("RMD", dir).map(|_| ())
    }

    /// The names in the current directory, none of which leads out of it.
    fn names(&mut self) -> Result<Vec<Vec<u8>>, Fault> {
        let facts = self.features.iter().any(|line| line.trim_start().to_ascii_uppercase().starts_with("MLST"));
        let verb = if facts { "MLSD" } else { "NLST" };
        let listing = self.talk.fetch(verb, b"")?.unwrap_or_default();
        let lines = listing.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let names = lines.filter_map(|line| {
            let name = if facts {
                let (facts, name) = line.split_at(line.iter().position(|&byte| byte == b' ')?);
                let facts = String::from_utf8_lossy(facts).to_ascii_lowercase();
                if facts.contains("type=cdir;") || facts.contains("type=pdir;") {
                    return None;
                }
                name.get(1..)?
            } else {
                line.rsplit(|&byte| byte == b'/').next()?
            };
            let leads_out = matches!(name, b"" | b"." | b"..") || name.contains(&b'/');
            (!leads_out).then(|| name.to_vec())
        });
        Ok(names.collect())
    }

    /// A server may have lost patience with the steward during a long case.
    fn awake(&mut self) -> Result<(), Fault> {
        match self.talk.ask(b"NOOP", b"") {
            Ok(reply) if reply.code().number() != 421 && !self.talk.is_lost() => Ok(()),
            _ => {
                self.talk = Talk::begin(&self.target)?;
                Ok(())
            }
        }
    }
}

/// The path that a case calls `/check/…`, in `dir`.
fn below(dir: &str, path: &[u8]) -> Option<Vec<u8>> {
    let rest = path.strip_prefix(SCRATCH.as_bytes())?.strip_prefix(b"/")?;
    Some([dir.as_bytes(), b"/", rest].concat())
}

/// The lines of FEAT between the first and the last.
fn inner_lines(reply: &Reply) -> Vec<String> {
    let lines = reply.lines();
    let inner = lines.get(1..lines.len().saturating_sub(1)).unwrap_or_default();
    inner.iter().map(|line| String::from_utf8_lossy(line).trim().to_owned()).collect()
}

/// The path in a 257 (RFC 959 appendix II).
fn quoted_path(text: &[u8]) -> Option<String> {
    let text = str::from_utf8(text).ok()?;
    let (_, inner) = text.split_once('"')?;
    let end = inner.char_indices().find(|&(at, c)| c == '"' && !inner[at + 1..].starts_with('"'));
    // A scratch directory within a name that holds quotes is not worth the trouble.
    end.map(|(at, _)| inner[..at].to_owned()).filter(|path| !path.contains('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_case_stays_in_its_directory() {
        assert_eq!(below("/home/x/1", b"/check/a.txt").as_deref(), Some(&b"/home/x/1/a.txt"[..]));
        for outside in [&b"/check"[..], b"/a", b"/checked/a"] {
            assert_eq!(below("/x", outside), None);
        }
    }

    #[test]
    fn the_path_of_pwd_stands_in_quotes() {
        assert_eq!(quoted_path(b"\"/a b\" is the current directory").as_deref(), Some("/a b"));
        for odd in [&b"/a"[..], b"\"/a", b"\"/a\"\"b\""] {
            assert_eq!(quoted_path(odd), None);
        }
    }
}
