//! [`Server`]: what a greeting tells about how many commands a server bears at once. Nobody announces it in FEAT.

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
}

/// Words of greetings.
const NAMES: [(&[u8], Server); 5] = [
    (b"microsoft ftp service", Server::OneCommand),
    (b"mikrotik", Server::OneCommand),
    (b"madgoat", Server::OneCommand),
    (b"vsftpd", Server::Queue),
    (b"ftpkit", Server::Queue),
];

impl Server {
    /// The one that greets so.
    pub(super) fn named(greeting: &Reply) -> Self {
        let lines = || greeting.lines().iter().map(|line| line.to_ascii_lowercase());
        let speaks_of = |name: &[u8]| lines().any(|line| memchr::memmem::find(&line, name).is_some());
        NAMES.iter().find(|(name, _)| speaks_of(name)).map(|(_, server)| *server).unwrap_or_default()
    }
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
            ("ftpkit ready.", Server::Queue),
            ("Microsoft FTP Service", Server::OneCommand),
            ("router FTP server (MikroTik 6.49.6) ready", Server::OneCommand),
            ("pyftpdlib 1.5.9 ready.", Server::OnePair),
            ("---------- Welcome to Pure-FTPd [privsep] ----------", Server::OnePair),
            ("", Server::OnePair),
        ] {
            let reply = Reply::new(Code::new(220).unwrap(), text.as_bytes());
            assert_eq!(Server::named(&reply), server, "{text}");
        }
    }
}
