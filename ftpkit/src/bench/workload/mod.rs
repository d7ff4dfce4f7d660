//! [`Workload`]: what can be measured. One file holds each family; what is common to them is here.

mod idle;
mod listing;
mod logins;
mod meter;
mod noop;
mod small;
mod throughput;

use super::connection::Connection;
use super::fault::Fault;
use super::figure::Figure;
use super::options::BenchOptions;
use super::process::Tree;
use super::target::Target;
use clap::ValueEnum;
use ftp_core::secret::Secret;
use ftp_host::tls::TlsClient;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// A server, and how to get in.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) target: Target,
    pub(super) address: SocketAddr,
    pub(super) tree: Option<Tree>,
    /// The memory of its processes before anything was measured, in KiB (PSS). A server that has had many sessions keeps
    /// some of what they took, which would be missing from a difference taken later.
    pub(super) fresh: Option<u64>,
    pub(super) user: String,
    pub(super) password: Secret,
    /// What is common to all connections under TLS.
    pub(super) tls: Option<Arc<TlsClient>>,
}

impl Subject {
    /// The name of something that is stored there. Servers that serve the same directory do not get in each other's way.
    fn own(&self, what: &str) -> String {
        format!("ftpkit-bench-{}-{what}", self.address.port())
    }
}

/// Something to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Workload {
    /// sessions that do nothing, and logins meanwhile
    // First, while every server's memory is that of a server that has done nothing yet.
    Idle,
    /// download of one large file
    Retr,
    /// upload of one large file
    Stor,
    /// downloads of 1 KiB, one after the other, in one session
    SmallRetr,
    /// uploads of 1 KiB, one after the other, in one session
    SmallStor,
    /// connections with USER, PASS and QUIT
    Logins,
    /// NOOP, one after the other
    Noop,
    /// NOOP, 100 in flight
    NoopPipelined,
    /// LIST of a large directory
    List,
    /// MLSD of a large directory
    Mlsd,
    /// very many small downloads in one session: does it become slower?
    ManyRetr,
}

impl Workload {
    /// As the command line and the report call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Retr => "retr",
            Self::Stor => "stor",
            Self::SmallRetr => "small-retr",
            Self::SmallStor => "small-stor",
            Self::Logins => "logins",
            Self::Idle => "idle",
            Self::Noop => "noop",
            Self::NoopPipelined => "noop-pipelined",
            Self::List => "list",
            Self::Mlsd => "mlsd",
            Self::ManyRetr => "many-retr",
        }
    }

    /// What has to be known before anything is measured.
    pub(super) fn foresee(self, subject: &mut Subject, options: &BenchOptions) {
        if self == Self::Idle {
            subject.fresh = idle::memory(subject, options);
        }
    }

    /// Puts on the server what the workload needs; what is there already is used.
    ///
    /// # Errors
    /// That this server cannot have it.
    pub(super) fn prepare(self, subject: &Subject, options: &BenchOptions) -> Result<(), Fault> {
        match self {
            Self::Retr => throughput::prepare(subject, options),
            Self::SmallRetr | Self::ManyRetr => small::prepare(subject, options),
            Self::List | Self::Mlsd => listing::prepare(subject, options),
            _ => Ok(()),
        }
    }

    /// Measures once.
    ///
    /// # Errors
    /// What stood in the way.
    pub(super) fn run(self, subject: &Subject, options: &BenchOptions) -> Result<Vec<Figure>, Fault> {
        match self {
            Self::Retr => throughput::retrieve(subject, options),
            Self::Stor => throughput::store(subject, options),
            Self::SmallRetr => small::retrieve(subject, options),
            Self::SmallStor => small::store(subject, options),
            Self::Logins => logins::run(subject, options),
            Self::Idle => idle::run(subject, options),
            Self::Noop => noop::one_by_one(subject, options),
            Self::NoopPipelined => noop::pipelined(subject, options),
            Self::List => listing::run("LIST", subject, options),
            Self::Mlsd => listing::run("MLSD", subject, options),
            Self::ManyRetr => small::many(subject, options),
        }
    }

    /// Removes what was put there.
    ///
    /// # Errors
    /// That it is still there.
    pub(super) fn finish(self, subject: &Subject, options: &BenchOptions) -> Result<(), Fault> {
        match self {
            Self::Retr | Self::Stor => throughput::finish(subject, options),
            Self::SmallRetr | Self::ManyRetr => small::finish_retrieve(subject, options),
            Self::SmallStor => small::finish_store(subject, options),
            Self::List | Self::Mlsd => listing::finish(subject, options),
            _ => Ok(()),
        }
    }
}

/// So many in this time, as a rate.
fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(1e-9)
}

/// Stores a file of these bytes.
fn put(connection: &mut Connection, name: &str, bytes: &[u8]) -> Result<(), Fault> {
    let channel = connection.data(&super::connection::command("STOR", name.as_bytes()), false)?;
    connection.begun()?;
    super::data::send_bytes(channel, bytes)?;
    connection.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_and_the_command_line_use_the_same_names() {
        for workload in Workload::value_variants() {
            let value = workload.to_possible_value();
            assert_eq!(value.as_ref().map(clap::builder::PossibleValue::get_name), Some(workload.name()));
        }
    }
}
