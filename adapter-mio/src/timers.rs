//! [`Timers`]: which session is to be looked at when. What is due then, the session knows.

use ftp_core::time::Time;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A heap of alarms. Most deadlines only move further off, with every command: an alarm that is already set for an earlier
/// time stays, and is set anew when it goes off too early. So a session costs one entry however much it does.
#[derive(Debug)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(Time, usize)>>,
}

/// The alarm of one session, as the heap has it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Alarm(Option<Time>);

impl Timers {
    pub(crate) const fn new() -> Self {
        Self { heap: BinaryHeap::new() }
    }

    /// Sees that the alarm of `key` goes off at `deadline` at the latest.
    pub(crate) fn set(&mut self, key: usize, alarm: &mut Alarm, deadline: Option<Time>) {
        if let Some(deadline) = deadline
            && alarm.0.is_none_or(|set| deadline < set)
        {
            // The later one stays in the heap and is known there by its time.
            alarm.0 = Some(deadline);
            self.heap.push(Reverse((deadline, key)));
        }
    }

    /// When the next alarm goes off.
    pub(crate) fn next(&self) -> Option<Time> {
        self.heap.peek().map(|Reverse((time, _))| *time)
    }

    /// An alarm that has gone off by `now`, and the session that it may be for.
    pub(crate) fn pop(&mut self, now: Time) -> Option<(Time, usize)> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry)
    }
}

impl Alarm {
    /// Was it this alarm that went off? An older one, or one of a session that is gone, was not.
    pub(crate) fn went_off(&mut self, time: Time) -> bool {
        let is_it = self.0 == Some(time);
        if is_it {
            self.0 = None;
        }
        is_it
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64) -> Time {
        Time::new(Duration::from_secs(seconds))
    }

    #[test]
    fn a_deadline_that_moves_further_off_costs_no_entry() {
        let (mut timers, mut alarm) = (Timers::new(), Alarm::default());
        for second in 10..1000 {
            timers.set(7, &mut alarm, Some(at(second)));
        }
        assert_eq!(timers.heap.len(), 1);
        assert_eq!(timers.pop(at(9)), None);
        assert_eq!(timers.pop(at(10)), Some((at(10), 7)));
        assert!(alarm.went_off(at(10)));
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn the_earliest_deadline_counts_and_a_stale_one_is_known() {
        let (mut timers, mut alarm) = (Timers::new(), Alarm::default());
        timers.set(7, &mut alarm, Some(at(10)));
        timers.set(7, &mut alarm, Some(at(5)));
        assert_eq!(timers.pop(at(20)), Some((at(5), 7)));
        assert!(alarm.went_off(at(5)));
        timers.set(7, &mut alarm, Some(at(15)));
        assert_eq!(timers.pop(at(20)), Some((at(10), 7)));
        assert!(!alarm.went_off(at(10)));
        assert_eq!(timers.next(), Some(at(15)));
    }
}
