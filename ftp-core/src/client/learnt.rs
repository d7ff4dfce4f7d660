//! [`Learnt`]: what a session has found out about its server, that no FEAT line says.

/// What a session has found out about its server. An application that keeps it for each server, and hands it to the next session
/// ([`ClientConfig::learnt`](super::ClientConfig::learnt)), spares that session the failures from which it was learnt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub struct Learnt {
    /// EPSV was refused, or its ports cannot be reached while PASV's can.
    pub avoid_epsv: bool,
    /// MLSD and MLST are listed by FEAT, yet unknown.
    pub avoid_mlst: bool,
    /// MFMT is listed by FEAT, yet unknown.
    pub avoid_mfmt: bool,
    /// The seconds to add to the times of LIST, which are local to the server, for UTC.
    pub zone: Option<i32>,
    /// The server lost a command that came behind another one.
    pub avoid_pipelining: bool,
    /// The server was known to keep a data connection open in MODE B, and refuses the mode or closes the connection.
    pub avoid_blocks: bool,
    /// Data connections that the server makes come to be, and save round trips. Whoever tried has found it out, for the way there and not for the server.
    pub active: bool,
    /// Its tickets of TLS 1.3, each of which is for one data connection, run out. Of TLS 1.2 one does for any number of them, so that is the better
    /// with it; unless it was asked for and there was none (`false`).
    pub few_tickets: Option<bool>,
}
