//! [`Way`]: how a data connection comes to be, and where the replies to EPSV and PASV send the client.

use super::config::{ClientConfig, DataPreference};
use super::link::Link;
use crate::address::{ExtendedAddress, ExtendedPassive, find_extended_port, find_host_port};
use crate::command::Command;
use crate::reply::Reply;
use core::net::{IpAddr, SocketAddr, SocketAddrV4};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// EPSV, where nothing speaks against it.
    Epsv,
    /// PASV.
    Pasv,
    /// PORT or EPRT.
    Active,
    /// The connection of the last transfer, which is still open.
    Kept,
}

impl Way {
    /// The way to try first, from what is asked and known.
    pub(super) fn first(link: &Link) -> Self {
        match link.config.data {
            DataPreference::Active => Self::Active,
            DataPreference::Passive if link.gains_by_active() => Self::Active,
            DataPreference::Passive if link.learnt.avoid_epsv => Self::Pasv,
            DataPreference::Passive => Self::Epsv,
        }
    }

    /// The way to try when this one fails; 227 cannot hold an IPv6 address.
    pub(super) fn fallback(self, config: &ClientConfig) -> Option<Self> {
        (self == Self::Epsv && config.peer.ip().to_canonical().is_ipv4()).then_some(Self::Pasv)
    }

    /// Sends EPSV or PASV.
    pub(super) fn ask(self, link: &mut Link) {
        match self {
            Self::Epsv => link.send(&Command::Epsv(ExtendedPassive::Any)),
            Self::Pasv => link.send(&Command::Pasv),
            Self::Active | Self::Kept => {}
        }
    }

    /// Where the reply says the server listens.
    pub(super) fn address(self, config: &ClientConfig, reply: &Reply) -> Option<SocketAddr> {
        let found = match self {
            Self::Epsv => {
                let port = reply.lines().iter().find_map(|line| find_extended_port(line))?;
                with_port(config.peer, port)
            }
            Self::Pasv => {
                let named = reply.lines().iter().find_map(|line| find_host_port(line))?;
                // Nobody can connect to 0.0.0.0; any other address is either the peer's or foreign.
                if config.keep_foreign_addresses && !named.ip().is_unspecified() {
                    SocketAddr::V4(named)
                } else {
                    with_port(config.peer, named.port())
                }
            }
            Self::Active | Self::Kept => return None,
        };
        (found.port() != 0).then_some(found)
    }
}

/// The peer's address, with scope, and this port.
fn with_port(mut address: SocketAddr, port: u16) -> SocketAddr {
    address.set_port(port);
    address
}

/// Sends PORT or EPRT for this listener. One that listens on every address is announced by the control connection's.
pub(super) fn announce(link: &mut Link, listener: SocketAddr) {
    let ip = if listener.ip().is_unspecified() { link.config.local.ip() } else { listener.ip() };
    match ip.to_canonical() {
        IpAddr::V4(ip) => link.send(&Command::Port(SocketAddrV4::new(ip, listener.port()))),
        ip @ IpAddr::V6(_) => {
            let address = SocketAddr::new(ip, listener.port());
            link.send(&Command::Eprt(ExtendedAddress::Known(address)));
        }
    }
}
