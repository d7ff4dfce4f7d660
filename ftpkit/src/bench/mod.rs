//! `ftpkit bench`: a load generator for any FTP server, as wrk is for HTTP.
//!
//! This file decides the order of what is measured: one workload after the other, and within it the servers in turn
//! (A B C A B C …), so that whatever else the machine does meanwhile hits all of them alike. How a workload is
//! measured is in `workload`; what the figures become is in `statistics` and `report`. The protocol's grammar is ftp-core's.

mod connection;
mod data;
mod fault;
mod figure;
mod local;
mod options;
mod process;
mod records;
mod report;
mod statistics;
mod target;
mod workload;

pub(crate) use options::BenchOptions;

use crate::console::{Console, Go};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::password;
use fault::Fault;
use ftp_core::anonymous;
use ftp_core::secret::Secret;
use ftp_host::tls::{TlsClient, Trust};
use indicatif::ProgressBar;
use report::Report;
use std::process::{Command, Stdio};
use std::sync::Arc;
use workload::{Subject, Workload};

/// Measures, and prints what came out.
///
/// # Errors
/// [`Failure`], if nothing could be measured. A server that cannot do one workload, or any, does not end the run.
pub(crate) fn run(options: &BenchOptions, console: Console) -> Result<(), Failure> {
    let interrupt = Interrupt::install()?;
    let mut subjects = subjects(options, console)?;
    local::raise_descriptor_limit();
    let workloads = options.workloads();
    let bar = console.steps(workloads.len() * options.runs * subjects.len());

    for workload in &workloads {
        for subject in &mut subjects {
            workload.foresee(subject, options);
        }
    }
    let mut report = Report::new(options, &subjects);
    // From here on a first Ctrl-C still prints what has been measured.
    let hold = interrupt.hold();
    for workload in workloads {
        if interrupt.asked() {
            break;
        }
        measure(workload, &subjects, options, &mut report, &bar, &interrupt);
    }
    bar.finish_and_clear();
    let interrupted = interrupt.asked();
    drop(hold);
    for line in report.render(options.format).lines() {
        if console.result(line)? == Go::Stop {
            break;
        }
    }
    match report.failure() {
        Some(failure) => Err(failure),
        None if interrupted => Err(Failure::new(Exit::Interrupted, "cannot measure everything", "interrupted")),
        None => Ok(()),
    }
}

/// One workload, on all servers in turn.
fn measure(
    workload: Workload,
    subjects: &[Subject],
    options: &BenchOptions,
    report: &mut Report,
    bar: &ProgressBar,
    interrupt: &Interrupt,
) {
    let mut able = Vec::with_capacity(subjects.len());
    for subject in subjects {
        bar.set_message(format!("{} {}: preparing", workload.name(), subject.target.name));
        let prepared = workload.prepare(subject, options);
        able.push(prepared.map_err(|fault| report.fault(workload, subject, fault)).is_ok());
    }
    for run in 1..=options.runs {
        for (subject, able) in subjects.iter().zip(&mut able) {
            if *able && !interrupt.asked() {
                bar.set_message(format!("{} {} {run}/{}", workload.name(), subject.target.name, options.runs));
                match before(options).and_then(|()| workload.run(subject, options)) {
                    Ok(figures) => report.figures(workload, subject, figures),
                    Err(fault) => {
                        report.fault(workload, subject, fault);
                        *able = false;
                    }
                }
            }
            bar.inc(1);
        }
    }
    for subject in subjects {
        // What cannot be tidied up stays; the figures stand nevertheless.
        let _ = workload.finish(subject, options);
    }
}

/// What comes before every single measurement, so that none pays for the one before it.
fn before(options: &BenchOptions) -> Result<(), Fault> {
    if let Some(command) = &options.prepare {
        let mut shell = Command::new("sh");
        let status = shell.arg("-c").arg(command).stdin(Stdio::null()).stdout(Stdio::null()).status()?;
        if !status.success() {
            return Err(Fault::Prepare(status.to_string()));
        }
    }
    local::settle(options.time_wait);
    Ok(())
}

fn subjects(options: &BenchOptions, console: Console) -> Result<Vec<Subject>, Failure> {
    if options.pid.is_some() && options.servers.len() > 1 {
        return Err(Failure::new(Exit::Usage, "cannot measure", "--pid is for a single server")
            .with_remedy("write NAME=HOST:PORT,PID for each"));
    }
    let password = match &options.password {
        Some(password) => Secret::new(password.as_bytes()),
        None if anonymous::is_name(options.user.as_bytes()) => Secret::new(anonymous::PASSWORD),
        None => password::existing(&options.user, false, None, console)?,
    };
    let tls = options.tls.then(tls_client).transpose()?;
    let subjects = options.servers.iter().map(|target| {
        let address = target.resolve().map_err(|error| {
            Failure::new(Exit::Connect, format!("cannot find {}", target.place), error)
                .with_remedy("write HOST:PORT, as in 127.0.0.1:2121")
        })?;
        Ok(Subject {
            target: target.clone(),
            address,
            tree: target.pid.or(options.pid).map(process::Tree::new),
            fresh: None,
            user: options.user.clone(),
            password: password.clone(),
            tls: tls.clone(),
        })
    });
    subjects.collect()
}

/// TLS that costs the same with every server. Whose certificate it is does not matter to a measurement.
fn tls_client() -> Result<Arc<TlsClient>, Failure> {
    let client = TlsClient::new("localhost", &Trust::Anybody, Vec::new()).and_then(TlsClient::with_one_suite);
    client.map(Arc::new).map_err(|error| Failure::new(Exit::Internal, "cannot do TLS", error))
}
