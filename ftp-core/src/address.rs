//! Addresses and ports as commands and replies carry them: PORT and 227 (RFC 959 5.3.2), EPRT, EPSV and 229 (RFC 2428).

use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr, SocketAddrV4};

/// EPRT's argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtendedAddress {
    /// Protocol 1 or 2, with an address of that family.
    Known(SocketAddr),
    /// A protocol nobody here speaks: 522.
    UnknownFamily,
}

/// EPSV's argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtendedPassive {
    /// None: the family of the control connection.
    Any,
    /// 1.
    V4,
    /// 2.
    V6,
    /// Any other number: 522.
    UnknownFamily,
    /// `ALL`: only EPSV from now on.
    All,
}

/// Appends `h1,h2,h3,h4,p1,p2`.
pub fn write_host_port(_address: SocketAddrV4, _out: &mut Vec<u8>) {}

/// Finds the six numbers in the text of a 227 reply by scanning for digits, since no two servers bracket them alike
/// (RFC 1123 4.1.2.6).
pub fn find_host_port(_text: &[u8]) -> Option<SocketAddrV4> {
    None
}

/// Finds the port in the text of a 229 reply: between `<d><d><d>` and `<d>` (RFC 2428 3).
pub fn find_extended_port(_text: &[u8]) -> Option<u16> {
    None
}

/// Is this an address that only makes sense within a network of its own (RFC 1918, link-local, loopback, unspecified)?
pub fn is_private(_address: IpAddr) -> bool {
    false
}
