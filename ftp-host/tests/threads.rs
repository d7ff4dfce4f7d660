//! The registry and the turnstile in every order in which threads may meet there, as shuttle tries them out: no order is lost, nobody
//! stays behind, no more get in than may.

#[allow(dead_code, unreachable_pub, reason = "the modules are those of the crate, built on other locks")]
#[path = "../src/registry.rs"]
mod registry;
#[allow(dead_code, unreachable_pub, reason = "the modules are those of the crate, built on other locks")]
#[path = "../src/turnstile.rs"]
mod turnstile;

/// What stands in `src/sync.rs`, by shuttle.
mod sync {
    pub(crate) use shuttle::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, atomic};
}

use registry::{Full, Limits, Order, Registry, Seat};
use shuttle::thread;
use std::net::SocketAddr;
use std::time::Duration;
use sync::atomic::{AtomicUsize, Ordering};
use sync::{Arc, Condvar, Mutex};
use turnstile::Turnstile;

/// Orders that are tried.
const ORDERS: usize = 2000;

fn in_every_order(test: impl Fn() + Send + Sync + 'static) {
    shuttle::check_random(test, ORDERS);
}

fn peer(last: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, last], 1))
}

/// What wakes a session, which sleeps until then.
#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    heard: Condvar,
}

impl Bell {
    fn ring(&self) {
        *self.rung.lock().unwrap() = true;
        self.heard.notify_all();
    }

    fn sleep(&self) {
        let mut rung = self.rung.lock().unwrap();
        while !*rung {
            rung = self.heard.wait(rung).unwrap();
        }
        *rung = false;
    }
}

/// A session that does nothing but wait for orders.
struct Session {
    seat: Seat,
    bell: Arc<Bell>,
}

impl Session {
    fn enter(registry: &Arc<Registry>, last: u8) -> Result<Self, Full> {
        let bell = Arc::new(Bell::default());
        let ring = Arc::clone(&bell);
        Ok(Self { seat: registry.admit(peer(last), Arc::new(move || ring.ring()))?, bell })
    }

    /// A turn each time it is woken, as an adapter has it take them, until it is ordered to end.
    fn run(&self) -> Order {
        loop {
            let round = self.seat.round();
            if let Some(order) = self.seat.order() {
                return order;
            }
            self.seat.has_seen(round, None);
            self.bell.sleep();
        }
    }
}

#[test]
fn an_order_reaches_whoever_is_there() {
    in_every_order(|| {
        let registry = Registry::new(Limits::default());
        let sessions: Vec<_> = (0..2)
            .map(|last| {
                let session = Session::enter(&registry, last).unwrap();
                thread::spawn(move || session.run())
            })
            .collect();
        registry.kick_all();
        for session in sessions {
            assert_eq!(session.join().unwrap(), Order::Kick);
        }
        assert!(registry.present().is_empty());
    });
}

#[test]
fn who_comes_while_the_server_stops_is_turned_away_or_told() {
    in_every_order(|| {
        let registry = Registry::new(Limits::default());
        let arrivals: Vec<_> = (0..2)
            .map(|last| {
                let registry = Arc::clone(&registry);
                thread::spawn(move || match Session::enter(&registry, last) {
                    Ok(session) => assert_eq!(session.run(), Order::Stop),
                    Err(full) => assert_eq!(full, Full::Stopping),
                })
            })
            .collect();
        registry.stop();
        for arrival in arrivals {
            arrival.join().unwrap();
        }
        assert!(registry.present().is_empty());
    });
}

#[test]
fn no_more_get_in_than_may_and_every_place_is_given_back() {
    in_every_order(|| {
        let registry = Registry::new(Limits { sessions: 2, per_address: 1 });
        let inside = Arc::new(AtomicUsize::new(0));
        let visits: Vec<_> = [1, 1, 2, 3]
            .into_iter()
            .map(|last| {
                let (registry, inside) = (Arc::clone(&registry), Arc::clone(&inside));
                thread::spawn(move || {
                    if let Ok(session) = Session::enter(&registry, last) {
                        assert!(inside.fetch_add(1, Ordering::SeqCst) < 2, "a third is inside");
                        thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(session);
                    }
                })
            })
            .collect();
        for visit in visits {
            visit.join().unwrap();
        }
        let again: Vec<_> = [1, 2].map(|last| Session::enter(&registry, last).map(drop)).into();
        assert_eq!(again, [Ok(()), Ok(())], "a place was not given back");
    });
}

#[test]
fn who_is_shown_the_time_has_seen_it_or_gone() {
    in_every_order(|| {
        let registry = Registry::new(Limits::default());
        let time = Arc::new(AtomicUsize::new(0));
        let seen = Arc::new(AtomicUsize::new(0));
        let session = Session::enter(&registry, 1).unwrap();
        let (clock, noted) = (Arc::clone(&time), Arc::clone(&seen));
        let stays = thread::spawn(move || {
            loop {
                let round = session.seat.round();
                noted.store(clock.load(Ordering::SeqCst), Ordering::SeqCst);
                if session.seat.order().is_some() {
                    return;
                }
                session.seat.has_seen(round, None);
                session.bell.sleep();
            }
        });
        let leaves = Session::enter(&registry, 2).unwrap();
        let leaves = thread::spawn(move || drop(leaves));
        time.store(1, Ordering::SeqCst);
        assert!(registry.show(Duration::from_hours(1)));
        assert_eq!(seen.load(Ordering::SeqCst), 1, "a turn that began before counted");
        registry.stop();
        stays.join().unwrap();
        leaves.join().unwrap();
        assert!(registry.wait_empty(Duration::from_hours(1)));
    });
}

#[test]
fn a_turn_that_began_before_the_round_does_not_count() {
    in_every_order(|| {
        for (began, counts) in [(0, false), (1, true)] {
            let registry = Registry::new(Limits::default());
            let session = Session::enter(&registry, 1).unwrap();
            assert_eq!(session.seat.round(), 0);
            session.seat.has_seen(began, None);
            assert_eq!(registry.show(Duration::ZERO), counts);
        }
    });
}

#[test]
fn a_turnstile_lets_so_many_through_and_everybody_in_the_end() {
    in_every_order(|| {
        let turnstile = Arc::new(Turnstile::<usize>::new(2));
        let through = Arc::new(AtomicUsize::new(0));
        let passers: Vec<_> = (0..4)
            .map(|_| {
                let (turnstile, through) = (Arc::clone(&turnstile), Arc::clone(&through));
                thread::spawn(move || {
                    let mut turn = turnstile.pass();
                    *turn += 1;
                    assert!(through.fetch_add(1, Ordering::SeqCst) < 2, "a third has passed");
                    thread::yield_now();
                    through.fetch_sub(1, Ordering::SeqCst);
                    drop(turn);
                })
            })
            .collect();
        for passer in passers {
            passer.join().unwrap();
        }
        // Nobody else had the tool of a turn meanwhile.
        let tools = (turnstile.pass(), turnstile.pass());
        assert_eq!(*tools.0 + *tools.1, 4);
    });
}
