//! Certificates as a client judges them, and as a server exchanges them while it runs.

use crate::common::{Outcome, Server, program};
use crate::control::Control;
use crate::terminal::Terminal;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take before the test has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// An authority, and the certificates that it gives, as files.
pub(crate) struct Authority {
    place: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let place = tempfile::tempdir()?;
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        fs::write(place.path().join("ca.pem"), params.self_signed(&key)?.pem())?;
        Ok(Self { place, issuer: Issuer::new(params, key) })
    }

    /// Its own certificate.
    pub(crate) fn file(&self) -> String {
        self.place.path().join("ca.pem").display().to_string()
    }

    /// A file with a certificate for this name, and its key; it ended long ago if it is `old`.
    pub(crate) fn certify(&self, name: &str, old: bool) -> Result<PathBuf, Box<dyn std::error::Error>> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec![name.to_owned()])?;
        if old {
            (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2001, 1, 1));
        }
        self.sign(&params, &key, format!("{name}-{old}.pem"))
    }

    /// The same for a user, by his common name.
    pub(crate) fn certify_user(&self, name: &str) -> Result<String, Box<dyn std::error::Error>> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, name);
        Ok(self.sign(&params, &key, format!("user-{name}.pem"))?.display().to_string())
    }

    fn sign(
        &self,
        params: &CertificateParams,
        key: &KeyPair,
        file: String,
    ) -> Result<PathBuf, Box<dyn std::error::Error>> {
        let certificate = params.signed_by(key, &self.issuer)?;
        let file = self.place.path().join(file);
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
    let now = fingerprint(&said(&ran))?;
    let ran = run(state.path(), &["get", "--pin", &now, &url, "-"])?;
    assert!(ran.status.success() && ran.stdout == b"content", "{ran:?}");
    Ok(())
}

/// The program that talks with a server under TLS, and what it shows.
struct Talk {
    child: Child,
    shown: BufReader<ChildStdout>,
}

impl Talk {
    fn begin(state: &Path, authority: &Authority, url: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let mut command = program();
        command.env("XDG_STATE_HOME", state).args(["connect", "--ca", &authority.file(), url]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let shown = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        Ok(Self { child, shown })
    }

    /// Shows a file of one line.
    fn cat(&mut self, name: &str) -> Result<String, Box<dyn std::error::Error>> {
        self.child.stdin.as_mut().ok_or("no standard input")?.write_all(format!("cat {name}\n").as_bytes())?;
        let mut line = String::new();
        self.shown.read_line(&mut line)?;
        Ok(line)
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_certificate_is_exchanged_while_sessions_go_on() -> Outcome {
    let (first, other, state) = (Authority::new()?, Authority::new()?, tempfile::tempdir()?);
    let file = first.certify("127.0.0.1", false)?;
    let server = serve(&file)?;
    let url = server.url_as("ann", "a");
    let mut plain = Control::log_in(&server, "ann", "secret")?;
    let mut secured = Talk::begin(state.path(), &first, &server.url_as("ann", ""))?;
    assert_eq!(secured.cat("a")?, "content\n");
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
    // More data connections than the session had tickets when the certificate was exchanged.
    for _ in 0..5 {
        assert_eq!(secured.cat("a")?, "content\n");
    }
    // Without a signal it is seen when the file has changed, which this does.
    first.certify("127.0.0.1", false)?;
    until_believed(&first)?;
    // What is of no use changes nothing.
    fs::write(&file, "no certificate")?;
    assert!(Command::new("kill").args(["-HUP", &server.id().to_string()]).status()?.success());
    until_believed(&first)?;
    assert!(plain.say("NOOP")?.starts_with("200"));
    assert_eq!(secured.cat("a")?, "content\n");
    Ok(())
}

#[test]
fn somebody_at_a_terminal_is_shown_a_certificate_and_asked_once() -> Outcome {
    let (authority, place) = (Authority::new()?, tempfile::tempdir()?);
    let file = authority.certify("127.0.0.1", false)?;
    let server = serve(&file)?;
    let name = format!("127.0.0.1:{}", server.port());
    let url = server.url_as("ann", "a");
    let get = |to: &str| Terminal::start(place.path(), (120, 24), &["get", "--tls", "require", &url, to]);
    let known = place.path().join("state/ftpkit/tls/known.json");

    // Anything but yes is no: nothing was fetched, and nothing is remembered.
    for answer in ["n\r", "\r"] {
        let mut terminal = get("first")?;
        let shown = terminal.wait_for(&["no authority that is trusted here has signed it", "[y/N]"])?;
        assert!(shown.contains(&format!("The certificate of {name} is not to be relied on")), "{shown}");
        terminal.press(answer)?;
        terminal.wait_for(&["the certificate was not believed"])?;
        assert_eq!(terminal.child.wait()?.exit_code(), 14);
        assert!(!place.path().join("first").exists() && !known.exists());
    }
    let mut terminal = get("second")?;
    let shown = terminal.wait_for(&["Believe it from now on? [y/N]"])?;
    let fingerprint = fingerprint(&shown)?;
    terminal.press("y\r")?;
    assert_eq!(terminal.child.wait()?.exit_code(), 0);
    assert_eq!(fs::read(place.path().join("second"))?, b"content");
    assert!(fs::read_to_string(&known)?.contains(&format!("\"{name}\": \"{fingerprint}\"")));

    // From then on it is believed without a question, whether anybody is there or not.
    let mut terminal = get("third")?;
    assert_eq!(terminal.child.wait()?.exit_code(), 0);
    let ran = run(&place.path().join("state"), &["get", "--tls", "require", &url, "-"])?;
    assert!(ran.status.success() && ran.stdout == b"content", "{ran:?}");

    // Another certificate is no question any more: both fingerprints, and no file.
    authority.certify("127.0.0.1", false)?;
    assert!(Command::new("kill").args(["-HUP", &server.id().to_string()]).status()?.success());
    let begin = Instant::now();
    let shown = loop {
        let mut terminal = get("fourth")?;
        if terminal.child.wait()?.exit_code() == 14 {
            break terminal.wait_for(&["ftpkit trust remove"])?;
        }
        assert!(begin.elapsed() < PATIENCE, "the certificate was not exchanged");
        fs::remove_file(place.path().join("fourth"))?;
    };
    let shown: String = shown.split_whitespace().collect();
    assert!(shown.contains(&format!("itsSHA-256was{fingerprint},andis")) && !shown.contains("[y/N]"), "{shown}");
    assert!(!place.path().join("fourth").exists());
    Ok(())
}

#[test]
fn the_screen_asks_about_a_certificate_too() -> Outcome {
    let (authority, place) = (Authority::new()?, tempfile::tempdir()?);
    let server = serve(&authority.certify("127.0.0.1", false)?)?;
    let connect = ["connect", "--tls", "require", &server.url_as("ann", "")];
    let mut terminal = Terminal::start(place.path(), (160, 24), &connect)?;
    terminal.wait_for(&["no authority that is trusted here", "Its SHA-256 is ", "[y/N]"])?;
    terminal.press("y\r")?;
    terminal.wait_for_prompt("127.0.0.1:/>")?;
    terminal.press("\u{4}")?;
    terminal.child.wait()?;
    let terminal = Terminal::start(place.path(), (160, 24), &connect)?;
    let shown = terminal.wait_for_prompt("127.0.0.1:/>")?;
    assert!(!shown.contains("[y/N]"), "{shown}");
    Ok(())
}

/// The fingerprint in a message.
fn fingerprint(shown: &str) -> Result<String, Box<dyn std::error::Error>> {
    let rest = shown.split("SHA-256 is ").nth(1).and_then(|rest| rest.get(..95));
    Ok(rest.ok_or_else(|| format!("no fingerprint in {shown}"))?.to_owned())
}

#[test]
fn a_user_with_a_certificate_needs_no_password_and_nobody_elses_will_do() -> Outcome {
    let (authority, stranger, place) = (Authority::new()?, Authority::new()?, tempfile::tempdir()?);
    let own = authority.certify("127.0.0.1", false)?;
    let server = Server::start_with(&[
        "--tls",
        "require-data",
        "--tls-cert",
        &own.display().to_string(),
        "--tls-client-ca",
        &authority.file(),
    ])?;
    fs::write(server.home().join("a"), "content")?;
    let (ann, bob, foreign) =
        (authority.certify_user("ann")?, authority.certify_user("bob")?, stranger.certify_user("ann")?);
    let (accounts, ca) = (server.accounts().display().to_string(), authority.file());
    let account = |arguments: &[&str]| {
        let ran = run(place.path(), &[&["account"], arguments, &["--accounts", &accounts]].concat())?;
        assert!(ran.status.success(), "{ran:?}");
        std::io::Result::Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
    };
    account(&["certificate", "ann", &format!("@{ann}")])?;
    let url = format!("ftp://ann@127.0.0.1:{}/a", server.port());
    let get = |certificate: &str| run(place.path(), &["get", "--ca", &ca, "--cert", certificate, &url, "-"]);

    let ran = get(&ann)?;
    assert!(ran.status.success() && ran.stdout == b"content", "{ran:?}");
    // Somebody else's, and one that no authority of the server's has signed.
    assert_eq!(get(&bob)?.status.code(), Some(4));
    assert_ne!(get(&foreign)?.status.code(), Some(0));
    // A password is as good, with another's certificate too.
    let with_password = server.url_as("ann", "a");
    let ran = run(place.path(), &["get", "--ca", &ca, "--cert", &bob, &with_password, "-"])?;
    assert!(ran.status.success() && ran.stdout == b"content", "{ran:?}");

    // By a name in it, and without any password.
    let home = server.home().display().to_string();
    account(&["add", "bob2", "--home", &home, "--certificate", "BOB", "--no-password"])?;
    let bobs = url.replace("ann@", "bob2@");
    let ran = run(place.path(), &["get", "--ca", &ca, "--cert", &bob, &bobs, "-"])?;
    assert!(ran.status.success() && ran.stdout == b"content", "{ran:?}");
    let listed = account(&["list"])?;
    assert!(
        listed.contains("by certificate BOB") && listed.contains("by certificate ") && listed.contains(':'),
        "{listed}"
    );
    // A bookmark knows the files, from wherever.
    let config = place.path().join("config");
    let bookmarked = |arguments: &[&str]| {
        program().env("XDG_CONFIG_HOME", &config).current_dir(place.path()).args(arguments).output()
    };
    fs::copy(&bob, place.path().join("bob.pem"))?;
    assert!(bookmarked(&["bookmark", "add", "b", &bobs, "--cert", "bob.pem"])?.status.success());
    let ran = bookmarked(&["get", "--ca", &ca, "b:", "-"])?;
    assert!(ran.status.success() && ran.stdout == b"content", "{ran:?}");

    account(&["certificate", "ann"])?;
    assert_eq!(get(&ann)?.status.code(), Some(4), "it was taken away");
    Ok(())
}

#[test]
fn who_has_no_certificate_is_told_where_one_is_demanded() -> Outcome {
    let (authority, place) = (Authority::new()?, tempfile::tempdir()?);
    let own = authority.certify("127.0.0.1", false)?.display().to_string();
    let ca = authority.file();
    let options = ["--tls", "require-data", "--tls-cert", &own, "--tls-client-ca", &ca, "--tls-client", "require"];
    let server = Server::start_with(&options)?;
    let ran = run(place.path(), &["ls", "--ca", &ca, &server.url_as("ann", "")])?;
    assert!(ran.status.code() == Some(14) && said(&ran).contains("--cert names"), "{ran:?}");
    let shown = authority.certify_user("ann")?;
    let ran = run(place.path(), &["ls", "--ca", &ca, "--cert", &shown, &server.url_as("ann", "")])?;
    assert!(ran.status.success(), "{ran:?}");
    Ok(())
}

#[test]
fn a_name_that_is_asked_for_gets_its_certificate_and_one_of_many_is_exchanged() -> Outcome {
    let (authority, other, place) = (Authority::new()?, Authority::new()?, tempfile::tempdir()?);
    let (address, named) = (authority.certify("127.0.0.1", false)?, other.certify("localhost", false)?);
    let [address, named] = [address, named].map(|file| file.display().to_string());
    let server = Server::start_with(&["--tls", "offer", "--tls-cert", &address, "--tls-cert", &named])?;
    fs::write(server.home().join("a"), "content")?;
    let get = |host: &str, authority: &Authority| {
        let url = server.url_as("ann", "a").replace("127.0.0.1", host);
        run(place.path(), &["get", "--ca", &authority.file(), &url, "-"]).map(|ran| ran.status.code())
    };
    assert_eq!(get("127.0.0.1", &authority)?, Some(0));
    assert_eq!(get("localhost", &other)?, Some(0));
    assert_eq!(get("localhost", &authority)?, Some(14));

    fs::copy(authority.certify("localhost", false)?, &named)?;
    assert!(Command::new("kill").args(["-HUP", &server.id().to_string()]).status()?.success());
    let begin = Instant::now();
    while get("localhost", &authority)? != Some(0) {
        assert!(begin.elapsed() < PATIENCE, "the certificate was not exchanged");
    }
    assert_eq!(get("127.0.0.1", &authority)?, Some(0));
    let ran = run(place.path(), &["serve", "--tls-cert", &address, "--tls-cert", &named, "--tls-key", &named])?;
    assert!(ran.status.code() == Some(2) && said(&ran).contains("once for each --tls-cert"), "{ran:?}");
    Ok(())
}

#[test]
fn ccc_is_served_where_it_is_allowed() -> Outcome {
    for (options, code) in [(&[][..], "502"), (&["--tls-ccc"], "533")] {
        let server = Server::start_with(&[&["--tls", "offer"], options].concat())?;
        let said = Control::log_in(&server, "ann", "secret")?.say("CCC")?;
        assert!(said.starts_with(code), "{options:?}: {said}");
    }
    Ok(())
}
