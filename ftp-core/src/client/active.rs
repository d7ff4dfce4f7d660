//! [`Active`]: data connections that the server makes (RFC 959 3.2, PORT), where that saves round trips. One that the client makes takes two: the port
//! has to be told, and a server that then accepts waits for the third packet of TCP. One that the server makes takes one, since the
//! command that moves the file stands behind the PORT.
//!
//! On the way there may be who lets no connection in, and a server that waits for one answers nothing. So somebody else has to have tried first, on
//! a connection that can be lost. The listener for the next file stands by while one moves, so that its port can be announced at once.

use super::config::{ClientConfig, DataPreference};
use super::server::Server;
use crate::action::OpId;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

/// What a round trip has to take for one of them to matter. On a shorter way the server's search for a port of its own costs more.
const LONG: Duration = Duration::from_millis(5);

/// What a session knows of active data connections.
#[derive(Debug, Default)]
pub(super) struct Active {
    /// From a command to its reply, at best: a busy server takes its time with some.
    round_trip: Option<Duration>,
    standby: Standby,
}

/// The listener for the next transfer.
#[derive(Debug, Default)]
enum Standby {
    #[default]
    None,
    /// The host was asked for it.
    Asked(OpId),
    /// It listens there, and nobody has been told.
    Ready(OpId, SocketAddr),
}

impl Active {
    /// Would it be worth a trial?
    pub(super) fn may_gain(&self, config: &ClientConfig, server: Server) -> bool {
        let (ours, theirs) = (config.local.ip().to_canonical(), config.peer.ip().to_canonical());
        // Between a private and a public address somebody translates, and the server is told one that it cannot reach.
        let alike = ours.is_ipv4() == theirs.is_ipv4() && is_private(ours) == is_private(theirs);
        config.data == DataPreference::Passive
            && !config.learnt.active
            && server == Server::Queue
            && self.round_trip.is_some_and(|time| time >= LONG)
            && alike
    }

    /// A reply came, so long after its command.
    pub(super) fn replied(&mut self, time: Duration) {
        self.round_trip = Some(self.round_trip.map_or(time, |best| best.min(time)));
    }

    /// The host is to listen for the next transfer.
    pub(super) fn stand_by(&mut self, op: OpId) {
        self.standby = Standby::Asked(op);
    }

    /// The host has an answer to that: was it its operation?
    pub(super) fn listening(&mut self, op: OpId, address: Option<SocketAddr>) -> bool {
        let asked = matches!(self.standby, Standby::Asked(asked) if asked == op);
        if asked {
            self.standby = address.map_or(Standby::None, |address| Standby::Ready(op, address));
        }
        asked
    }

    pub(super) fn is_ready(&self) -> bool {
        matches!(self.standby, Standby::Ready(..))
    }

    /// Takes the listener that stands by. What the host is asked for otherwise ends it.
    pub(super) fn take(&mut self) -> Option<(OpId, SocketAddr)> {
        match core::mem::take(&mut self.standby) {
            Standby::Ready(op, address) => Some((op, address)),
            Standby::None | Standby::Asked(_) => None,
        }
    }
}

/// Is it an address that is valid in a network of its own only (RFC 1918, RFC 6598, RFC 4193), or on this machine?
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            ip.is_private() || ip.is_loopback() || ip.is_link_local() || (first == 100 && second & 0xc0 == 64)
        }
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_loopback() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_is_worth_it_on_a_long_way_without_translation_to_a_server_that_gains() {
        let gains = |local: &str, peer: &str, server, round_trip| {
            let config = ClientConfig::new(local.parse().unwrap(), peer.parse().unwrap());
            let mut active = Active::default();
            for time in [round_trip * 3, round_trip, round_trip * 2] {
                active.replied(time);
            }
            active.may_gain(&config, server)
        };
        let (near, far) = (Duration::from_millis(4), Duration::from_millis(5));
        assert!(gains("10.0.0.2:4000", "192.168.0.1:21", Server::Queue, far));
        assert!(gains("[2001:db8::1]:4000", "[2001:db8::2]:21", Server::Queue, far));
        assert!(!gains("10.0.0.2:4000", "192.168.0.1:21", Server::Queue, near));
        assert!(!gains("10.0.0.2:4000", "192.0.2.1:21", Server::Queue, far));
        assert!(!gains("100.64.0.2:4000", "192.0.2.1:21", Server::Queue, far));
        assert!(!gains("192.0.2.2:4000", "192.0.2.1:21", Server::Keeper, far), "it needs none for each file");
        assert!(!gains("192.0.2.2:4000", "192.0.2.1:21", Server::OnePair, far));
    }
}
