//! The commands of `trust`.

use clap::Subcommand;

/// Show or forget the certificates that were believed
///
/// A server whose certificate no authority vouches for is believed once the user has said so; from then on, only that
/// certificate is taken for it.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  ftpkit trust list
      servers, and the SHA-256 of their certificates
  ftpkit trust remove ftp.example.org:21
      after its certificate was exchanged: the next connection asks again")]
pub(crate) enum TrustCommand {
    /// Show whose certificates are believed
    #[command(after_help = "\
Examples:
  ftpkit trust list")]
    List,
    /// Forget a server's certificate
    #[command(after_help = "\
Examples:
  ftpkit trust remove ftp.example.org:21")]
    Remove {
        /// HOST:PORT, as the list has it
        server: String,
    },
}
