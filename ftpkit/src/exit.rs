//! [`Exit`]: the exit codes, and the table of them that `--help` shows.

use std::fmt::Write;
use std::process::ExitCode;

/// How the program ends. Scripts rely on the numbers: they do not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Ok = 0,
    Internal = 1,
    /// clap ends with this number too.
    Usage = 2,
    Connect = 3,
    Login = 4,
    NotFound = 5,
    Refused = 6,
    Conflict = 7,
    Disk = 8,
    Broken = 9,
    TimedOut = 10,
    Partial = 11,
    Verification = 12,
    Deviation = 13,
    Tls = 14,
    /// As shells count a death by SIGINT.
    Interrupted = 130,
}

impl Exit {
    /// Every code in the order of its number, with its name in JSON and its meaning.
    pub(crate) const TABLE: [(Self, &'static str, &'static str); 16] = [
        (Self::Ok, "ok", "done"),
        (Self::Internal, "internal", "an error in ftpkit itself"),
        (Self::Usage, "usage", "the command line or URL is wrong"),
        (Self::Connect, "connect", "no connection to the server, or none for the data"),
        (Self::Login, "login", "the server refused the login"),
        (Self::NotFound, "not-found", "no such file, directory or account"),
        (Self::Refused, "refused", "the server said no: permission, space, or a command it lacks"),
        (Self::Conflict, "conflict", "something of that name is there already"),
        (Self::Disk, "disk", "a local file cannot be read or written, or the disk is full"),
        (Self::Broken, "broken", "the transfer or the connection broke"),
        (Self::TimedOut, "timed-out", "no answer in time"),
        (Self::Partial, "partial", "some files were done, others not"),
        (Self::Verification, "verification", "what arrived is not what was sent"),
        (Self::Deviation, "deviation", "check: the server is not as the RFCs demand"),
        (Self::Tls, "tls", "TLS did not come to be, or the server's certificate is not believed"),
        (Self::Interrupted, "interrupted", "stopped by Ctrl-C or SIGTERM"),
    ];

    /// Its number.
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }

    /// Its name in JSON events.
    pub(crate) fn name(self) -> &'static str {
        Self::TABLE.iter().find(|(exit, ..)| *exit == self).map_or("internal", |(_, name, _)| name)
    }

    /// The table, for `--help`.
    pub(crate) fn help() -> String {
        let mut help = String::from("Exit codes:\n");
        for (exit, name, meaning) in Self::TABLE {
            // Writing to a String cannot fail.
            let _ = writeln!(help, "  {:>3}  {name:<12} {meaning}", exit.code());
        }
        help
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_distinct_and_in_order() {
        assert!(Exit::TABLE.array_windows().all(|[a, b]| a.0.code() < b.0.code() && a.1 != b.1));
    }

    #[test]
    fn the_help_table_is_stable() {
        insta::assert_snapshot!(Exit::help());
    }

    #[test]
    fn the_readme_has_the_table() {
        let table = Exit::help();
        let readme = include_str!("../../README.md");
        assert!(table.lines().skip(1).all(|line| readme.contains(line)), "put into README.md:\n{table}");
    }
}
