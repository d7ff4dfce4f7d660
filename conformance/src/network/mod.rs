//! [`Network`]: listeners and connections in memory, in virtual time. Both ends of a connection are alike, so that a session in
//! memory meets a script on it as well as another session. What goes wrong on the way is up to the [`Weather`].
//!
//! It behaves as TCP does towards a program: bytes arrive in order and in any pieces, a sender is held up once the
//! [window](Weather::window) is full, one direction can be closed alone, and who closes with bytes unread resets the connection.

mod pipe;
mod weather;

pub use pipe::{Broken, Read, Socket};
pub use weather::Weather;

use ftp_core::time::Time;
use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;
use weather::{NEVER, Strike};

/// The first port that is given out.
const FIRST_PORT: u16 = 40_001;
/// How many there are before they begin anew.
const PORTS: u16 = 20_000;

/// Everything that is connected with each other. Clones are the same network.
#[derive(Clone, Default)]
pub struct Network {
    shared: Rc<Shared>,
}

#[derive(Default)]
struct Shared {
    now: Cell<Time>,
    /// How many ports were given out.
    ports: Cell<u16>,
    queues: RefCell<BTreeMap<u16, Queue>>,
    weather: RefCell<Weather>,
    /// When something that is on its way will be there.
    arrivals: RefCell<BinaryHeap<Reverse<Time>>>,
}

/// The connection that waits to be accepted; there is room for one.
type Queue = Rc<RefCell<Option<Socket>>>;

impl Network {
    /// A network where this may go wrong.
    pub fn new(weather: Weather) -> Self {
        let shared = Shared { weather: RefCell::new(weather), ..Shared::default() };
        Self { shared: Rc::new(shared) }
    }

    /// The time is now this.
    pub fn set_time(&self, now: Time) {
        self.shared.now.set(now);
    }

    /// When the next thing that is on its way now will be there.
    pub fn next_arrival(&self) -> Option<Time> {
        let mut arrivals = self.shared.arrivals.borrow_mut();
        while arrivals.peek().is_some_and(|Reverse(time)| *time <= self.shared.now.get()) {
            arrivals.pop();
        }
        arrivals.peek().map(|Reverse(time)| *time)
    }

    /// A port where nobody listens.
    pub fn nobody(&self) -> SocketAddr {
        let ports = self.shared.ports.get();
        self.shared.ports.set((ports + 1) % PORTS);
        (Ipv4Addr::LOCALHOST, FIRST_PORT + ports).into()
    }

    /// Listens at a new port.
    pub fn listen(&self) -> Listener {
        let address = self.nobody();
        let queue = Queue::default();
        self.shared.queues.borrow_mut().insert(address.port(), Rc::clone(&queue));
        Listener { address, queue, network: self.clone() }
    }

    /// Connects to who listens there and has room in his queue.
    pub fn connect(&self, to: SocketAddr) -> Option<Socket> {
        if to.ip() != Ipv4Addr::LOCALHOST || self.shared.weather.borrow_mut().refuses() {
            return None;
        }
        let queue = self.shared.queues.borrow().get(&to.port()).map(Rc::clone)?;
        let mut queue = queue.borrow_mut();
        if queue.is_some() {
            return None;
        }
        let (near, far) = self.pair();
        *queue = Some(far);
        Some(near)
    }

    /// Both ends of a new connection.
    pub fn pair(&self) -> (Socket, Socket) {
        Socket::pair(self)
    }

    fn window(&self) -> usize {
        self.shared.weather.borrow().window
    }

    fn now(&self) -> Time {
        self.shared.now.get()
    }

    /// What the weather does to bytes that are sent now.
    fn strike(&self) -> Strike {
        self.shared.weather.borrow_mut().strike()
    }

    /// Something is on its way for so long: when it will be there.
    fn after(&self, delay: Duration) -> Time {
        let time = self.now() + delay;
        if !delay.is_zero() && delay < NEVER {
            self.shared.arrivals.borrow_mut().push(Reverse(time));
        }
        time
    }
}

/// Takes connections at a port, until it is dropped; who waits then is turned away.
pub struct Listener {
    address: SocketAddr,
    queue: Queue,
    network: Network,
}

impl Listener {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The connection that waits.
    pub fn accept(&self) -> Option<Socket> {
        self.queue.borrow_mut().take()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.network.shared.queues.borrow_mut().remove(&self.address.port());
        // So does TCP to who was never accepted.
        if let Some(socket) = self.accept() {
            socket.reset();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connected() -> (Network, Socket, Socket) {
        let network = Network::default();
        let (near, far) = network.pair();
        (network, near, far)
    }

    #[test]
    fn bytes_arrive_in_order_until_the_window_is_full() {
        let (_, near, far) = connected();
        assert_eq!(near.write(b"hello"), Ok(5));
        assert_eq!(near.write(b" you"), Ok(4));
        assert_eq!((far.read(3), far.read(100)), (Read::Bytes(b"hel".to_vec()), Read::Bytes(b"lo you".to_vec())));
        assert_eq!(far.read(1), Read::Nothing);
        let window = Weather::default().window;
        assert_eq!(near.write(&vec![0; window + 1]), Ok(window));
        assert_eq!(near.write(b"x"), Ok(0));
    }

    #[test]
    fn each_direction_closes_by_itself() {
        let (_, near, far) = connected();
        assert_eq!(near.write(b"last"), Ok(4));
        near.close_write();
        assert_eq!(far.write(b"answer"), Ok(6));
        assert_eq!((far.read(9), far.read(9)), (Read::Bytes(b"last".to_vec()), Read::Closed));
        assert_eq!(near.read(9), Read::Bytes(b"answer".to_vec()));
        drop(far);
        assert_eq!(near.read(9), Read::Closed);
        assert_eq!(near.write(b"x"), Err(Broken));
    }

    #[test]
    fn who_closes_with_bytes_unread_resets() {
        let (_, near, far) = connected();
        assert_eq!((near.write(b"unread"), far.write(b"lost")), (Ok(6), Ok(4)));
        drop(far);
        assert_eq!(near.read(9), Read::Broken);
    }

    #[test]
    fn a_listener_has_room_for_one_and_turns_it_away_at_the_end() {
        let network = Network::default();
        let listener = network.listen();
        let near = network.connect(listener.address());
        assert!(near.is_some() && network.connect(listener.address()).is_none());
        drop(listener);
        assert_eq!(near.map(|near| near.read(9)), Some(Read::Broken));
        assert!(network.connect(network.nobody()).is_none());
    }

    #[test]
    fn what_is_delayed_arrives_at_its_time() {
        let network = Network::new(Weather { latency: Duration::from_secs(1), ..Weather::default() });
        let (near, far) = network.pair();
        assert_eq!(near.write(b"x"), Ok(1));
        let arrival = network.next_arrival().unwrap_or_default();
        assert!(arrival > Time::ZERO && arrival <= Time::new(Duration::from_secs(1)));
        assert_eq!(far.read(9), Read::Nothing);
        network.set_time(arrival);
        assert_eq!(far.read(9), Read::Bytes(b"x".to_vec()));
        assert_eq!(network.next_arrival(), None);
    }
}
