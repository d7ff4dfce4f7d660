//! The README's commands about TLS, run as they stand there but for addresses, which are loopback's here, and for the authority, which the
//! system does not know.

use crate::common::{Outcome, next_event, program};
use crate::tls::Authority;
use std::fs;
use std::io::BufReader;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// The blocks of commands between these two sentences, in order.
fn blocks() -> Vec<Vec<&'static str>> {
    let readme = include_str!("../../../README.md");
    let about = readme.split_once("Under TLS (RFC 4217)").map_or("", |(_, rest)| rest);
    let about = about.split_once("A data connection has to resume").map_or("", |(about, _)| about);
    let code = about.split("```sh\n").skip(1).filter_map(|rest| rest.split_once("```"));
    code.map(|(block, _)| block.lines().map(|line| line.split(" #").next().unwrap_or(line)).collect()).collect()
}

/// A server that was started by a line of the README; it ends with this.
struct Serving {
    child: Child,
    port: u64,
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command of a line, in `place`, where its words that begin with the first of a pair begin with the second.
fn command(place: &Path, line: &str, instead: &[(&str, &str)]) -> Command {
    let mut words = line.split_whitespace();
    assert_eq!(words.next(), Some("ftpkit"), "{line}");
    let mut command = program();
    command.current_dir(place).env("XDG_STATE_HOME", place).args(words.map(|word| {
        let known = instead.iter().find(|(from, _)| word.starts_with(from));
        known.map_or_else(|| word.to_owned(), |(from, to)| word.replacen(from, to, 1))
    }));
    command
}

fn serve(place: &Path, line: &str) -> Result<Serving, Box<dyn std::error::Error>> {
    let mut command = command(place, line, &[("0.0.0.0:21", "127.0.0.1:0"), ("0.0.0.0:990", "127.0.0.1:0")]);
    if !line.contains("--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    let mut child = command.arg("--json").stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().ok_or("no standard output")?;
    let mut serving = Serving { child, port: 0 };
    let started = next_event(&mut BufReader::new(output))?;
    let port = started["listening"][0].as_str().and_then(|address| address.rsplit(':').next()?.parse().ok());
    serving.port = port.ok_or("it does not say where it listens")?;
    Ok(serving)
}

fn get(place: &Path, line: &str, server: &Serving) -> std::io::Result<Output> {
    let url = format!("ftp://ann@localhost:{}/", server.port);
    let mut command = command(place, line, &[("ftp://ann@example.org/", &url)]);
    command.args(["--ca", "ca.pem", "--verbose"]).env("FTPKIT_PASSWORD", "secret").output()
}

#[test]
fn the_commands_of_the_readme_serve_and_fetch_under_tls() -> Outcome {
    let blocks = blocks();
    let [first, second] = blocks.as_slice() else { return Err(format!("{blocks:?}").into()) };
    let [serve_named, get_by_password, list] = first[..] else { return Err(format!("{first:?}").into()) };
    let [give, serve_users, get_by_certificate] = second[..] else { return Err(format!("{second:?}").into()) };

    let (authority, place) = (Authority::new()?, tempfile::tempdir()?);
    let place = place.path();
    let own = fs::read_to_string(authority.certify("localhost", false)?)?;
    let key = own.find("-----BEGIN PRIVATE KEY").ok_or("no key")?;
    fs::write(place.join("ca.pem"), fs::read(authority.file())?)?;
    fs::write(place.join("ann.pem"), fs::read(authority.certify_user("ann")?)?)?;
    fs::write(place.join("key.pem"), &own[key..])?;
    fs::create_dir(place.join("home"))?;
    fs::write(place.join("home/report.pdf"), "content")?;
    let added = command(place, "ftpkit account add ann --accounts accounts.json --home home --password-stdin", &[]);
    assert!(told(added, b"secret\n")?.success());

    // Left to itself, a server finds the key behind the certificate.
    for (serve_line, chain, get_line) in
        [(serve_named, &own[..key], get_by_password), (serve_users, &own[..], get_by_certificate)]
    {
        fs::write(place.join("chain.pem"), chain)?;
        if serve_line == serve_users {
            let given = command(place, give, &[]).output()?;
            assert!(given.status.success(), "{given:?}");
        }
        let server = serve(place, serve_line)?;
        let ran = get(place, get_line, &server)?;
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success() && said.contains("> PROT P"), "{get_line}: {said}");
        assert_eq!(said.contains("> PASS"), get_line == get_by_password, "{said}");
        assert_eq!(fs::read(place.join("report.pdf"))?, b"content");
        fs::remove_file(place.join("report.pdf"))?;
    }
    let listed = command(place, list, &[]).output()?;
    assert!(listed.status.success(), "{listed:?}");
    Ok(())
}

/// Runs it with this standard input.
fn told(mut command: Command, input: &[u8]) -> std::io::Result<std::process::ExitStatus> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        std::io::Write::write_all(&mut stdin, input)?;
    }
    child.wait()
}
