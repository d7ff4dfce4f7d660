//! [`Server`]: what a greeting tells about how many commands a server bears at once, and about its tickets. Nobody announces that in FEAT.

use crate::reply::Reply;

/// How many commands a server bears at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Server {
    /// It loses what comes behind a command.
    OneCommand,
    /// It reads EPSV and the command that uses it from one write, as nearly all do; but behind a transfer that runs it may lose them. `ProFTPD`
    /// looks at them even while bytes move, and refuses them (450).
    #[default]
    OnePair,
    /// It reads commands when it comes to them, also those that came while a transfer ran.
    Queue,
    /// So does this one, and in MODE B it keeps the data connection open for the commands that wait (RFC 959 3.3).
    Keeper,
}

/// Words of greetings.
const NAMES: [(&[u8], Server); 5] = [
    (b"microsoft ftp service", Server::OneCommand),
    (b"mikrotik", Server::OneCommand),
    (b"madgoat", Server::OneCommand),
    (b"vsftpd", Server::Queue),
    (b"ftpkit", Server::Keeper),
];

impl Server {
    /// Does it bear commands behind a transfer that runs?
    pub(super) fn bears_queue(self) -> bool {
        matches!(self, Self::Queue | Self::Keeper)
    }

    /// The one that greets so.
    pub(super) fn named(greeting: &Reply) -> Self {
        NAMES.iter().find(|(name, _)| speaks_of(greeting, name)).map(|(_, server)| *server).unwrap_or_default()
    }
}

/// Is it one that gives no ticket of TLS 1.3 with an upload? `ProFTPD` does so on purpose (its issue 959), and takes each ticket as often as it comes;
/// but clients are to use each once (RFC 8446 C.4), and have no other for the third upload. Whoever says this name on the server's behalf has a client do
/// with TLS 1.2, and no less.
pub(super) fn gives_few_tickets(greeting: &Reply) -> bool {
    speaks_of(greeting, b"proftpd")
}

fn speaks_of(greeting: &Reply, name: &[u8]) -> bool {
    greeting.lines().iter().any(|line| memchr::memmem::find(&line.to_ascii_lowercase(), name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Code;

    #[test]
    fn greetings_name_the_server() {
        for (text, server) in [
            ("(vsFTPd 3.0.5)", Server::Queue),
            ("ProFTPD Server (Debian) [::ffff:127.0.0.1]", Server::OnePair),
            ("ftpkit ready.", Server::Keeper),
            ("Microsoft FTP Service", Server::OneCommand),
            ("router FTP server (MikroTik 6.49.6) ready", Server::OneCommand),
            ("pyftpdlib 1.5.9 ready.", Server::OnePair),
            ("---------- Welcome to Pure-FTPd [privsep] ----------", Server::OnePair),
            ("", Server::OnePair),
        ] {
            let reply = Reply::new(Code::new(220).unwrap(), text.as_bytes());
            assert_eq!(Server::named(&reply), server, "{text}");
            assert_eq!(gives_few_tickets(&reply), text.starts_with("ProFTPD"), "{text}");
        }
    }
}
