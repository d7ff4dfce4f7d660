//! `ftpkit check`: a report card for any FTP server. The cases, and playing one, are `conformance`'s; this file decides which
//! are played and in what order, and what becomes of the result.

mod chart;
mod html;
mod json;
mod junit;
mod report;
mod summary;
mod table;

use crate::cli::{CheckOptions, CheckTls, Weight};
use crate::console::{Console, Go};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::password;
use conformance::backend::Login;
use conformance::backend::foreign::{Fault, Foreign, Secure, Steward, Target, visit};
use conformance::check::{Ability, Case, Findings, Verdict, corpus};
use conformance::transcript::Level;
use ftp_core::anonymous;
use ftp_core::secret::Secret;
use report::{Report, Row};
use std::fs;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::time::Instant;

/// The port of control connections (RFC 959 8).
const PORT: u16 = 21;

/// Checks, and reports.
///
/// # Errors
/// [`Failure`], if nothing could be checked, or if a must does not hold.
pub(crate) fn run(options: &CheckOptions, console: Console) -> Result<(), Failure> {
    let cases = corpus().map_err(|error| Failure::new(Exit::Internal, "cannot read the cases", error))?;
    if let Some(name) = &options.show {
        return show(&cases, name, console);
    }
    let cases: Vec<Case> = cases.into_iter().filter(|case| wanted(case, options)).collect();
    if cases.is_empty() {
        return Err(Failure::new(Exit::Usage, "cannot check", "no case has such a name and level")
            .with_remedy("ftpkit check --list shows the cases"));
    }
    if options.list {
        return list(&cases, console);
    }
    let server = options.server.as_deref().unwrap_or_default();
    let interrupt = Interrupt::install()?;
    let login = login(options, console)?;
    let target = Target {
        address: resolve(server)?,
        login,
        tls: options.tls.map(|mode| match mode {
            CheckTls::Explicit => Secure::Explicit,
            CheckTls::Implicit => Secure::Implicit,
        }),
        foreign: Foreign { name: name(server), ..Foreign::default() },
        silence: options.timeout,
        case: options.case_timeout,
        stop: interrupt.flag(),
    };
    // From here on a first Ctrl-C still tidies up, and prints what has been seen.
    let hold = interrupt.hold();
    let mut steward = Steward::begin(target).map_err(|fault| connect_failure(server, &fault))?;
    let mut report = Report::new(server, steward.system());
    play_all(&cases, options, &mut steward, &mut report, console, &interrupt);
    let interrupted = interrupt.asked();
    let scratch = steward.scratch().unwrap_or_default().to_owned();
    if let Err(fault) = steward.end() {
        console.warning(&format!("{scratch} is still on the server: {fault}"));
    }
    drop(hold);
    publish(&report, options, console)?;
    if interrupted {
        return Err(Failure::new(Exit::Interrupted, "cannot check everything", "interrupted"));
    }
    match report.failed_musts() {
        0 => Ok(()),
        count => Err(Failure::new(Exit::Deviation, format!("{server} is not as the RFCs have it"), {
            if count == 1 { "a must failed".to_owned() } else { format!("{count} musts failed") }
        })),
    }
}

fn play_all<'c>(
    cases: &'c [Case],
    options: &CheckOptions,
    steward: &mut Steward,
    report: &mut Report<'c>,
    console: Console,
    interrupt: &Interrupt,
) {
    let ability = steward.ability(options.hostile);
    let bar = console.steps(cases.len());
    for case in cases {
        bar.set_message(case.name.clone());
        let row = play(case, steward, &ability);
        if interrupt.asked() {
            break;
        }
        console.event_line(&json::case(&row));
        report.add(row);
        bar.inc(1);
    }
    bar.finish_and_clear();
}

/// One case, from its directory to the end of that.
fn play<'c>(case: &'c Case, steward: &mut Steward, ability: &Ability) -> Row<'c> {
    let began = Instant::now();
    let row = |verdict, findings| Row { case, verdict, findings, took: began.elapsed() };
    if let Some(hindrance) = case.hindrance(ability) {
        return row(hindrance, Findings::default());
    }
    let dir = match steward.prepare(case.setup()) {
        Ok(dir) => dir,
        Err(fault) => return row(Verdict::Skipped(format!("it cannot be prepared: {fault}")), Findings::default()),
    };
    let played = match visit(steward, &dir, case.check.clear) {
        Ok(mut server) => {
            let (verdict, findings) = case.play(&mut server);
            row(verdict, findings)
        }
        Err(error) => row(Verdict::Skipped(format!("no connection: {error}")), Findings::default()),
    };
    // What is left goes with the scratch directory, or is told then.
    let _ = steward.clear(&dir);
    played
}

fn publish(report: &Report, options: &CheckOptions, console: Console) -> Result<(), Failure> {
    if let Some(file) = &options.html {
        write(file, &html::page(report))?;
    }
    if let Some(file) = &options.junit {
        write(file, &junit::document(report))?;
    }
    if console.json() {
        console.event_line(&json::summary(report));
        return Ok(());
    }
    print(&table::render(report, options.all), console)
}

fn show(cases: &[Case], name: &str, console: Console) -> Result<(), Failure> {
    let case = cases.iter().find(|case| case.name == name).ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("cannot show {name}"), "there is no such case")
            .with_remedy("ftpkit check --list shows the cases")
    })?;
    print(&format!("{}: {} ({})\n\n{}", case.name, case.title, case.check.level, case.text), console)
}

fn list(cases: &[Case], console: Console) -> Result<(), Failure> {
    let width = cases.iter().map(|case| case.name.len()).max().unwrap_or_default();
    let lines = cases.iter().map(|case| format!("{:6}  {:width$}  {}\n", case.check.level, case.name, case.title));
    print(&lines.collect::<String>(), console)
}

fn print(text: &str, console: Console) -> Result<(), Failure> {
    for line in text.lines() {
        if console.result(line)? == Go::Stop {
            break;
        }
    }
    Ok(())
}

fn write(file: &Path, content: &str) -> Result<(), Failure> {
    fs::write(file, content)
        .map_err(|error| Failure::new(Exit::Disk, format!("cannot write {}", file.display()), error))
}

fn wanted(case: &Case, options: &CheckOptions) -> bool {
    let least = match options.level {
        Weight::Must => Level::Must,
        Weight::Should => Level::Should,
        Weight::May => Level::May,
    };
    let named = options.only.is_empty() || options.only.iter().any(|start| case.name.starts_with(&**start));
    named && case.check.level <= least
}

fn login(options: &CheckOptions, console: Console) -> Result<Login, Failure> {
    let password = if anonymous::is_name(options.user.as_bytes()) && !options.password_stdin {
        Secret::new(anonymous::PASSWORD)
    } else {
        password::existing(&options.user, options.password_stdin, None, console)?
    };
    Ok(Login { user: options.user.clone(), password, account: options.account.clone() })
}

fn resolve(server: &str) -> Result<SocketAddr, Failure> {
    let found = server.to_socket_addrs().or_else(|_| (server.trim_matches(['[', ']']), PORT).to_socket_addrs());
    let first = found.map(|mut addresses| addresses.next());
    let failure = |why: &dyn std::fmt::Display| {
        Failure::new(Exit::Connect, format!("cannot find {server}"), why)
            .with_remedy("write HOST or HOST:PORT, as in 127.0.0.1:2121")
    };
    first.map_err(|error| failure(&error))?.ok_or_else(|| failure(&"it has no address"))
}

/// The server's name, where it is not an address: the handshake of TLS asks for it.
fn name(server: &str) -> Option<String> {
    let is_port = |port: &str| port.parse::<u16>().is_ok();
    let host = server.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(server, |(host, _)| host);
    let is_address = [server, host].iter().any(|text| text.trim_matches(['[', ']']).parse::<IpAddr>().is_ok());
    (!is_address).then(|| host.to_owned())
}

fn connect_failure(server: &str, fault: &Fault) -> Failure {
    let exit = match fault {
        Fault::Network(_) => Exit::Connect,
        Fault::Login(_) => Exit::Login,
        Fault::Refused(..) => Exit::Refused,
        Fault::Silent => Exit::TimedOut,
        Fault::NoReply => Exit::Broken,
        Fault::Tls(_) => Exit::Tls,
    };
    Failure::new(exit, format!("cannot check {server}"), fault)
}
