//! [`Event`]: what `--json` prints, one object a line. Scripts rely on the names: they may gain fields, not lose them.

use serde::Serialize;

/// Something that happened.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Event<'a> {
    /// A server listens.
    Serving {
        /// Addresses and ports.
        listening: Vec<String>,
        /// What anonymous users see; null if there are none.
        directory: Option<String>,
        /// `ro`, `upload` or `off`.
        anonymous: &'a str,
        /// The account file.
        accounts: Option<String>,
        /// A URL that leads to it.
        url: &'a str,
        /// What has to be under TLS: `off`, `offer`, `require` or `require-data`.
        tls: &'a str,
        /// SHA-256 of the certificate, where the server made that for itself; null otherwise.
        fingerprint: Option<String>,
    },
    /// A server ends; transfers may still run.
    Stopping,
    /// A server has ended.
    Stopped {
        /// Did every transfer end by itself?
        in_time: bool,
    },
    /// A transfer begins.
    Started {
        /// The place on the server, without password.
        url: &'a str,
        /// The local file; `-` for standard input or output.
        file: &'a str,
        /// Bytes that were there already.
        offset: u64,
        /// Bytes of the whole file, where known.
        size: Option<u64>,
        /// The segments that are fetched at once, where there are several.
        #[serde(skip_serializing_if = "Option::is_none")]
        segments: Option<usize>,
    },
    /// A transfer goes on; at most five a second.
    Progress {
        /// Bytes of the file that are at the other end, those of earlier attempts included.
        bytes: u64,
        /// Bytes of the whole file, where known.
        size: Option<u64>,
    },
    /// A transfer succeeded.
    Done {
        /// The place on the server, without password.
        url: &'a str,
        /// The local file; `-` for standard input or output.
        file: &'a str,
        /// Bytes that this run moved.
        moved: u64,
        /// Bytes of the whole file.
        bytes: u64,
        /// How long the transfer took.
        seconds: f64,
    },
    /// A job of many files is planned.
    Planned {
        /// Files to be moved.
        files: u64,
        /// Their bytes, as far as they are known.
        bytes: u64,
        /// Directories to be made.
        directories: u64,
        /// Files and directories to be removed.
        removals: u64,
        /// Files that are left as they are.
        left: u64,
    },
    /// One of many failed.
    Failed {
        /// The exit code that it would have by itself.
        code: u8,
        /// Its name.
        kind: &'a str,
        /// What happened.
        message: &'a str,
    },
    /// A job of many files has ended.
    Finished {
        /// Files moved.
        files: u64,
        /// Bytes moved.
        moved: u64,
        /// What failed.
        failed: u64,
        /// How long it took.
        seconds: f64,
    },
    /// The command failed.
    Error {
        /// The exit code.
        code: u8,
        /// Its name.
        kind: &'a str,
        /// What happened.
        message: &'a str,
        /// What can be done about it.
        remedy: Option<&'a str>,
    },
}
