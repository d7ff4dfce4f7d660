//! The server's session.
