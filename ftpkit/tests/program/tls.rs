//! Certificates as a client judges them, and as a server exchanges them while it runs.

use crate::common::{Outcome, Server, program};
use crate::control::Control;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take before the test has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// An authority, and the certificates that it gives, as files.
struct Authority {
    place: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let place = tempfile::tempdir()?;
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        fs::write(place.path().join("ca.pem"), params.self_signed(&key)?.pem())?;
        Ok(Self { place, issuer: Issuer::new(params, key) })
    }

    fn file(&self) -> String {
        self.place.path().join("ca.pem").display().to_string()
    }

    /// A file with a certificate for this name, and its key; it ended long ago if it is `old`.
    fn certify(&self, name: &str, old: bool) -> Result<PathBuf, Box<dyn std::error::Error>> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec![name.to_owned()])?;
        if old {
            (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2001, 1, 1));
        }
        let certificate = params.signed_by(&key, &self.issuer)?;
        let file = self.place.path().join(format!("{name}-{old}.pem"));
        fs::write(&file, certificate.pem() + &key.serialize_pem())?;
        Ok(file)
    }
}

fn serve(certificate: &Path) -> Result<Server, Box<dyn std::error::Error>> {
    let server = Server::start_with(&["--tls", "offer", "--tls-cert", &certificate.display().to_string()])?;
    fs::write(server.home().join("a"), "content")?;
    Ok(server)
}

/// The program, which remembers in `state` whom it believes.
fn run(state: &Path, arguments: &[&str]) -> std::io::Result<Output> {
    program().env("XDG_STATE_HOME", state).current_dir(state).args(arguments).output()
}

fn said(ran: &Output) -> String {
    String::from_utf8_lossy(&ran.stderr).into_owned()
}

#[test]
fn a_certificate_has_to_be_the_servers_and_in_force() -> Outcome {
    let (authority, state) = (Authority::new()?, tempfile::tempdir()?);
    for (name, old, why) in [
        ("127.0.0.1", false, ""),
        ("127.0.0.1", true, "it has expired"),
        ("other.example", false, "it is for another name"),
    ] {
        let server = serve(&authority.certify(name, old)?)?;
        let url = server.url_as("ann", "a");
        let ran = run(state.path(), &["get", "--ca", &authority.file(), &url, "-"])?;
        if why.is_empty() {
            assert!(ran.status.success() && ran.stdout == b"content", "{ran:?}");
        } else {
            assert!(ran.status.code() == Some(14) && ran.stdout.is_empty() && said(&ran).contains(why), "{ran:?}");
        }
        // Nobody vouches for its authority but the file, and nobody is there to be asked.
        let ran = run(state.path(), &["get", "--tls", "require", &url, "-"])?;
        assert!(ran.status.code() == Some(14) && said(&ran).contains("--pin "), "{ran:?}");
    }
    Ok(())
}

#[test]
fn a_certificate_that_was_believed_and_has_changed_is_refused_until_it_is_forgotten() -> Outcome {
    let (authority, state) = (Authority::new()?, tempfile::tempdir()?);
    let server = serve(&authority.certify("127.0.0.1", false)?)?;
    let url = server.url_as("ann", "a");
    let name = format!("127.0.0.1:{}", server.port());
    let earlier = ["A5"; 32].join(":");
    let list = state.path().join("ftpkit/tls");
    fs::create_dir_all(&list)?;
    fs::write(list.join("known.json"), format!("{{\"{name}\": \"{earlier}\"}}"))?;

    let ran = run(state.path(), &["get", "--tls", "require", &url, "-"])?;
    let text = said(&ran);
    assert!(ran.status.code() == Some(14) && text.contains(&format!("was {earlier}, and is ")), "{ran:?}");
    assert!(text.contains(&format!("ftpkit trust remove {name}")), "{text}");

    let listed = run(state.path(), &["trust", "list"])?;
    assert_eq!(String::from_utf8(listed.stdout)?, format!("{name}  {earlier}\n"));
    assert!(run(state.path(), &["trust", "remove", &name])?.status.success());
    assert!(run(state.path(), &["trust", "list"])?.stdout.is_empty());
    let again = run(state.path(), &["trust", "remove", &name])?;
    assert!(again.status.code() == Some(5) && said(&again).contains("not in the list"), "{again:?}");

    // What it is now is named by its fingerprint, and may be pinned.
    let ran = run(state.path(), &["get", "--tls", "require", &url, "-"])?;
    let now = said(&ran).split("Its SHA-256 is ").nth(1).and_then(|rest| rest.get(..95)).map(ToOwned::to_owned);
    let now = now.ok_or_else(|| said(&ran))?;
    let ran = run(state.path(), &["get", "--pin", &now, &url, "-"])?;
    assert!(ran.status.success() && ran.stdout == b"content", "{ran:?}");
    Ok(())
}

#[test]
fn a_certificate_is_exchanged_while_sessions_go_on() -> Outcome {
    let (first, other, state) = (Authority::new()?, Authority::new()?, tempfile::tempdir()?);
    let file = first.certify("127.0.0.1", false)?;
    let server = serve(&file)?;
    let url = server.url_as("ann", "a");
    let mut control = Control::log_in(&server, "ann", "secret")?;
    let until_believed = |authority: &Authority| -> Outcome {
        let begin = Instant::now();
        while !run(state.path(), &["get", "--ca", &authority.file(), &url, "-"])?.status.success() {
            assert!(begin.elapsed() < PATIENCE, "the certificate was not exchanged");
        }
        Ok(())
    };
    until_believed(&first)?;
    fs::rename(other.certify("127.0.0.1", false)?, &file)?;
    let hangup = Command::new("kill").args(["-HUP", &server.id().to_string()]).status()?;
    assert!(hangup.success());
    until_believed(&other)?;
    // Without a signal it is seen when the file has changed, which this does.
    first.certify("127.0.0.1", false)?;
    until_believed(&first)?;
    // What is of no use changes nothing.
    fs::write(&file, "no certificate")?;
    assert!(Command::new("kill").args(["-HUP", &server.id().to_string()]).status()?.success());
    until_believed(&first)?;
    assert!(control.say("NOOP")?.starts_with("200"));
    Ok(())
}
