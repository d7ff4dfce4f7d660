//! [`BenchOptions`]: the command line of `ftpkit bench`.

use super::target::Target;
use super::workload::Workload;
use crate::duration;
use crate::exit::Exit;
use clap::{Args, ValueEnum};
use ftp_core::anonymous;
use std::time::Duration;

/// Measure FTP servers
///
/// Runs workloads against one server or several in turn, and shows the median of the runs, their spread, and how each server
/// compares with the best (1.00; less is worse, whatever the unit). It speaks plain FTP, or with --tls
/// FTP under TLS, with passive data connections. What it stores is named ftpkit-bench-…, and removed afterwards.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ftpkit bench 127.0.0.1:2121
      everything, as the anonymous user; what needs to write is left out where that is not allowed
  ftpkit bench 127.0.0.1:2121 --only retr,list,mlsd --file large.iso --dir pub
      on files that are there already
  ftpkit bench old=127.0.0.1:2121,4711 new=127.0.0.1:2122,4712 --user ann --format markdown
      two servers in turn, with the CPU time and memory of the processes 4711 and 4712 and their children
  ftpkit bench 127.0.0.1:2121 --only idle --sessions 10000 --pid 4711
      what an idle session costs

With --format json: one object: runs, servers (name, address, pid), results (workload, figure, unit, better, servers: name,
values, median, min, max, ratio), faults (workload, server, message).

{}", Exit::help()))]
pub(crate) struct BenchOptions {
    /// The servers; PID is the server's process, for CPU time and memory
    #[arg(value_name = "[NAME=]HOST:PORT[,PID]", required = true)]
    pub(super) servers: Vec<Target>,

    /// Run only these workloads, with commas between them
    #[arg(long, value_name = "WORKLOADS", value_enum, value_delimiter = ',')]
    only: Vec<Workload>,

    /// Run each workload so many times on each server
    #[arg(long, value_name = "N", value_parser = positive, default_value = "5")]
    pub(super) runs: usize,

    /// Who logs in
    #[arg(long, default_value = anonymous::USER)]
    pub(super) user: String,

    /// The password; without it, that of `FTPKIT_PASSWORD`, or it is asked for
    #[arg(long)]
    pub(super) password: Option<String>,

    /// Measure under TLS: AUTH TLS, and PROT P for data. Only TLS 1.3 with AES-128-GCM is offered, so that all servers do
    /// the same work; any certificate is taken; large downloads are counted by their records and not decrypted
    #[arg(long)]
    pub(super) tls: bool,

    /// The process of the only server, whose CPU time and memory are measured with its children's
    #[arg(long)]
    pub(super) pid: Option<u32>,

    /// retr, stor: how large the file is
    #[arg(long, value_name = "BYTES", value_parser = size, default_value = "1G")]
    pub(super) size: u64,

    /// retr: fetch this file, instead of one that is stored first
    #[arg(long, value_name = "NAME")]
    pub(super) file: Option<String>,

    /// small-retr, many-retr: fetch this file, instead of one of 1 KiB that is stored first
    #[arg(long, value_name = "NAME")]
    pub(super) small_file: Option<String>,

    /// list, mlsd: list this directory, instead of one that is filled first
    #[arg(long, value_name = "NAME")]
    pub(super) dir: Option<String>,

    /// list, mlsd: how many files the directory is filled with
    #[arg(long, value_name = "N", value_parser = positive, default_value = "10000")]
    pub(super) entries: usize,

    /// small-retr, small-stor: how many files
    #[arg(long, value_name = "N", value_parser = positive, default_value = "2000")]
    pub(super) files: usize,

    /// many-retr: how many files
    #[arg(long, value_name = "N", value_parser = positive, default_value = "20000")]
    pub(super) many: usize,

    /// small-retr, small-stor: measure with EPSV and RETR or STOR in one write, too
    #[arg(long)]
    pub(super) pipeline: bool,

    /// logins: how many connections at once, besides one
    #[arg(long, value_name = "N", value_parser = positive, default_value = "50")]
    pub(super) connections: usize,

    /// idle: open at most so many sessions
    #[arg(long, value_name = "N", value_parser = positive, default_value = "1000")]
    pub(super) sessions: usize,

    /// logins, noop, noop-pipelined, idle: for how long
    #[arg(long, value_name = "TIME", value_parser = duration::parse_positive, default_value = "2s")]
    pub(super) duration: Duration,

    /// Give up a workload when the server is silent for this long
    #[arg(long, value_name = "TIME", value_parser = duration::parse_positive, default_value = "60s")]
    pub(super) timeout: Duration,

    /// Run this shell command before every single measurement
    #[arg(long, value_name = "COMMAND")]
    pub(super) prepare: Option<String>,

    /// Before every measurement wait until this machine has at most so many closed sockets whose ports are kept (`TIME_WAIT`), but no longer than 65 s
    #[arg(long, value_name = "N", default_value = "6000")]
    pub(super) time_wait: u64,

    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(super) format: Format,
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// for a terminal
    Table,
    /// for a README
    Markdown,
    /// for a program
    Json,
}

impl BenchOptions {
    /// Is standard output for JSON?
    pub(crate) fn json(&self) -> bool {
        self.format == Format::Json
    }

    /// What to run, each once and in the order of the list of all.
    pub(super) fn workloads(&self) -> Vec<Workload> {
        let all = Workload::value_variants().iter().copied();
        all.filter(|workload| self.only.is_empty() || self.only.contains(workload)).collect()
    }
}

fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&number| number > 0).ok_or_else(|| "must be a number above 0".to_owned())
}

/// Bytes, with K, M or G for the powers of 1024.
fn size(text: &str) -> Result<u64, String> {
    let (number, shift) = match text.strip_suffix(['K', 'M', 'G']) {
        Some(number) if text.ends_with('K') => (number, 10),
        Some(number) if text.ends_with('M') => (number, 20),
        Some(number) => (number, 30),
        None => (text, 0),
    };
    let number = number.parse::<u64>().ok().filter(|&number| number > 0);
    let bytes = number.and_then(|number| number.checked_mul(1 << shift));
    bytes.ok_or_else(|| "write a number above 0 and K, M or G, as in 64M".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("1"), Ok(1));
        assert_eq!(size("64K"), Ok(65536));
        assert_eq!(size("3M"), Ok(3 << 20));
        assert_eq!(size("1G"), Ok(1 << 30));
        for text in ["", "0", "K", "-1", "1.5G", "1T", "99999999999999G"] {
            assert!(size(text).is_err(), "{text:?}");
        }
    }
}
