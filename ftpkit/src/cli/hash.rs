//! The options of `hash`.

use super::connect::{ConnectOptions, UrlParser};
use crate::exit::Exit;
use crate::remote::FtpUrl;
use clap::{Args, ValueHint};
use ftp_core::digest::Algorithm;

/// Show the digests of files, made by the server
///
/// For servers that know HASH, or XSHA256 and its like. Without --algorithm it is the best that the server offers.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ftpkit hash ftp://example.org/pub/file.iso
  ftpkit hash --algorithm SHA-256 'ftp://example.org/pub/*.iso' > SHA256SUMS

With --json: one object a line: path, algorithm, digest.

{}", Exit::help()))]
pub(crate) struct HashOptions {
    /// Of what
    #[arg(value_parser = UrlParser, value_hint = ValueHint::Url, required = true)]
    pub(crate) urls: Vec<FtpUrl>,

    /// CRC32, MD5, SHA-1, SHA-256 or SHA-512; the lines are then as sha256sum and its like print and check them
    #[arg(short, long, value_name = "NAME", value_parser = algorithm)]
    pub(crate) algorithm: Option<Algorithm>,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}

fn algorithm(name: &str) -> Result<Algorithm, String> {
    Algorithm::from_name(name.as_bytes()).ok_or_else(|| "write CRC32, MD5, SHA-1, SHA-256 or SHA-512".to_owned())
}
