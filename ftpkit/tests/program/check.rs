//! `ftpkit check`: on our own server, and on one that means harm.

use crate::common::{Outcome, Ran, Server, program, run, run_with_input};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

/// Cases that our server does not pass yet.
const GAPS: &str = include_str!("../../../conformance/known-gaps.txt");

/// `secret`, hashed with so little work that some hundred logins take no time.
const CHEAP_HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$2LwyawdbPTF8Kj/svdfUYg$B0NxXA7x2DdXZpgMOa2ap8t877eXDUNExE5wRz+yjLY";

/// Gives every account that password.
fn log_in_cheaply(server: &Server) -> Outcome {
    let file = server.home().with_file_name("accounts.json");
    let mut accounts: Value = serde_json::from_slice(&fs::read(&file)?)?;
    for account in accounts["accounts"].as_array_mut().ok_or("no accounts")? {
        account["password"] = CHEAP_HASH.into();
    }
    Ok(fs::write(&file, accounts.to_string())?)
}

fn check(server: &Server, options: &[&str]) -> Ran {
    check_at(server, server.port(), options)
}

fn check_at(server: &Server, port: u16, options: &[&str]) -> Ran {
    let address = format!("127.0.0.1:{port}");
    let fixed = ["check", &address, "--user", "ann", "--password-stdin"];
    run_with_input(&server.work(), fixed.iter().chain(options), b"secret\n")
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// Every must and should, and every may that our server offers; and nothing stays behind.
fn passes_on(runtime: &str) -> Outcome {
    let server = Server::start_with(&["--deflate", "6", "--runtime", runtime])?;
    log_in_cheaply(&server)?;
    let ran = check(&server, &["--json", "--hostile"]);
    passed(&server, &ran, &["IPv"])
}

/// All is as it has to be, but for what was skipped for these reasons.
fn passed(server: &Server, ran: &Ran, reasons: &[&str]) -> Outcome {
    let events = ran.json();
    let failed: Vec<&Value> = events.iter().filter(|event| event["verdict"] == "failed").collect();
    let known = |case: &&Value| GAPS.lines().any(|gap| gap.split(' ').next() == Some(text(case, "name")));
    let unknown: Vec<_> = failed.iter().filter(|case| !known(case)).map(|case| format!("{case:#}")).collect();
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
    let skipped = |event: &&Value| {
        event["verdict"] == "skipped" && !reasons.iter().any(|reason| text(event, "reason").contains(reason))
    };
    assert_eq!(events.iter().find(skipped), None);
    let summary = events.last().ok_or("no summary")?;
    assert_eq!(summary["event"], "summary");
    let broken = |rule: &&Value| rule["verdict"] != "passed";
    assert_eq!(summary["replies"].as_array().ok_or("no rules")?.iter().find(broken), None);
    assert_eq!(ran.code == Some(0), summary["conforms"] == true, "{}", ran.err);
    assert_eq!(fs::read_dir(server.home())?.count(), 0, "the scratch directory is gone");
    Ok(())
}

#[test]
fn our_server_passes_on_blocking() -> Outcome {
    passes_on("blocking")
}

#[test]
fn our_server_passes_on_smol() -> Outcome {
    passes_on("smol")
}

#[test]
fn our_server_passes_on_mio() -> Outcome {
    passes_on("mio")
}

#[test]
fn our_server_passes_under_tls() -> Outcome {
    let server = Server::start_with(&["--deflate", "6", "--tls", "require-data", "--tls-listen", "127.0.0.1:0"])?;
    log_in_cheaply(&server)?;
    let clear = "it is about a session in the clear";
    let ran = check(&server, &["--json", "--hostile", "--tls", "explicit"]);
    passed(&server, &ran, &["IPv", "no urgent data", "REIN ends TLS", "HOST comes before AUTH", clear])?;
    let own = |event: &Value| event["name"] == "rfc4217/retr" && event["verdict"] == "passed";
    assert!(ran.json().iter().any(own), "cases that make their own TLS are played");

    let implicit = server.ports().last().copied().ok_or("no port")?;
    let ran = check_at(&server, implicit, &["--json", "--tls", "implicit", "--only", "rfc959/r,rfc959/s,rfc4217"]);
    passed(&server, &ran, &["IPv", "no urgent data", "hostile", "begins with TLS"])?;
    // Without TLS there is nobody to be spoken to.
    let ran = check_at(&server, implicit, &["--timeout", "1s"]);
    assert_eq!(ran.code, Some(10), "{ran:?}");
    Ok(())
}

/// Where several servers share an address, the handshake says which of them is meant (RFC 6066 3).
#[test]
fn a_server_that_has_a_name_is_asked_for_by_it_under_tls() -> Outcome {
    for (host, asked) in [("localhost", true), ("127.0.0.1", false)] {
        let listener = TcpListener::bind((host, 0))?;
        let server = format!("{host}:{}", listener.local_addr()?.port());
        // TLS 1.2 is tried, and then what there is.
        let hellos = thread::spawn(move || -> std::io::Result<Vec<bool>> {
            let asks = |mut stream: TcpStream| {
                let mut hello = [0; 4096];
                let count = stream.read(&mut hello)?;
                Ok(hello[..count].windows(host.len()).any(|bytes| bytes == host.as_bytes()))
            };
            listener.incoming().take(2).map(|stream| asks(stream?)).collect()
        });
        let ran = run(&std::env::temp_dir(), ["check", &server, "--tls", "implicit", "--timeout", "2s"]);
        assert_eq!(ran.code, Some(14), "{ran:?}");
        assert_eq!(hellos.join().map_err(|_| "it panicked")??, [asked; 2], "{host}");
    }
    Ok(())
}

#[test]
fn who_may_not_write_is_checked_without_files() -> Outcome {
    let server = Server::start()?;
    fs::write(server.root().join("a.txt"), "hello")?;
    let address = format!("127.0.0.1:{}", server.port());
    let ran = run(&server.work(), ["check", &address, "--level", "must", "--json", "--only", "rfc959"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let events = ran.json();
    assert!(events.iter().any(|event| event["reason"] == "the user may not write"));
    assert!(events.iter().any(|event| event["verdict"] == "passed"));
    assert_eq!(fs::read_dir(server.root())?.count(), 1);
    Ok(())
}

#[test]
fn ctrl_c_leaves_nothing_behind() -> Outcome {
    let server = Server::start()?;
    let mut command = program();
    command.args(["check", &format!("127.0.0.1:{}", server.port()), "--user", "ann", "--json"]);
    let mut child = command.env("FTPKIT_PASSWORD", "secret").stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no standard output")?).lines();
    let first = lines.next().ok_or("nothing was checked")??;
    assert!(first.contains("\"case\""), "{first}");
    assert!(fs::read_dir(server.home())?.count() > 0, "the scratch directory is there");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status()?.success());
    let rest: Vec<String> = lines.collect::<Result<_, _>>()?;
    assert!(rest.iter().any(|line| line.contains("\"summary\"")), "what was seen is still told");
    assert_eq!(child.wait()?.code(), Some(130));
    assert_eq!(fs::read_dir(server.home())?.count(), 0);
    Ok(())
}

#[test]
fn what_a_server_says_does_no_harm_in_a_report() -> Outcome {
    const EVIL: &str = "<script>alert(1)</script>\u{1b}[2J\"'&\u{202e}";
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?.to_string();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream, EVIL));
        }
    });
    let place = tempfile::tempdir()?;
    let files = ["--html", "report.html", "--junit", "report.xml"];
    let ran = run(place.path(), ["check", &address, "--all", "--only", "rfc959/"].iter().chain(&files));
    assert_eq!(ran.code, Some(13), "{}", ran.err);
    let shown = String::from_utf8(ran.out)?;
    assert!(shown.contains("alert(1)") && !shown.contains('\u{1b}') && !shown.contains('\u{202e}'));
    for file in ["report.html", "report.xml"] {
        let report = fs::read_to_string(place.path().join(file))?;
        assert!(report.contains("alert(1)"), "{file} shows it");
        for harm in ["<script", "\u{1b}", "\u{202e}"] {
            assert!(!report.contains(harm), "{file}: {harm:?}");
        }
    }
    Ok(())
}

/// Says the same to everything, as success or as a refusal.
fn answer(stream: TcpStream, text: &str) {
    let Ok(mut out) = stream.try_clone() else { return };
    let said = out.write_all(format!("220 {text}\r\n").as_bytes());
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    while let (true, Some(line)) = (said.is_ok(), lines.next()) {
        let code = match line.split(' ').next() {
            Some("USER") => 230,
            Some("TYPE" | "SYST" | "NOOP") => 200,
            _ => 550,
        };
        if out.write_all(format!("{code} {text}\r\n").as_bytes()).is_err() {
            return;
        }
    }
}

#[test]
fn cases_are_listed_and_shown() -> Outcome {
    let place = tempfile::tempdir()?;
    let listed = run(place.path(), ["check", "--list", "--only", "rfc959/retr", "--level", "must"]);
    let text = String::from_utf8(listed.out)?;
    assert!(text.lines().any(|line| line.starts_with("must    rfc959/retr ")), "{text}");
    assert!(!text.contains("should"), "{text}");
    let shown = run(place.path(), ["check", "--show", "rfc959/retr"]);
    assert!(String::from_utf8(shown.out)?.contains("C: RETR a.bin"));
    assert_eq!(run(place.path(), ["check", "--show", "rfc959/nothing"]).code, Some(5));
    assert_eq!(run(place.path(), ["check"]).code, Some(2));
    Ok(())
}

#[test]
fn a_server_that_is_not_there_has_its_exit_code() -> Outcome {
    let place = tempfile::tempdir()?;
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    assert_eq!(run(place.path(), ["check", &free.to_string()]).code, Some(3));
    let server = Server::start()?;
    let address = format!("127.0.0.1:{}", server.port());
    let wrong = ["check", &address, "--user", "ann", "--password-stdin"];
    assert_eq!(run_with_input(place.path(), wrong, b"wrong\n").code, Some(4));
    Ok(())
}
