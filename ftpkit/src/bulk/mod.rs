//! Many files: both sides are walked ([`walk`]) into trees ([`tree`]), a [`plan`] is made of what differs, and the plan is carried
//! out ([`run`]) by several connections ([`pool`], [`crew`]) that take from one queue ([`queue`]).
//!
//! Nothing is moved before the plan is whole: conflicts are settled, space is counted and names are checked by then, and the plan
//! can be shown, kept in a file, and gone on with after a crash.

mod across;
mod crew;
mod encoded;
pub(crate) mod filter;
pub(crate) mod jobs;
pub(crate) mod journal;
mod large;
pub(crate) mod local;
mod one;
mod pipe;
pub(crate) mod plan;
mod pool;
mod queue;
pub(crate) mod report;
pub(crate) mod run;
mod side;
pub(crate) mod space;
pub(crate) mod tree;
mod trial;
pub(crate) mod walk;

pub(crate) use filter::Filter;
pub(crate) use plan::{Plan, Rules, Step};
pub(crate) use pool::Pool;
pub(crate) use report::Report;
pub(crate) use run::Job;
pub(crate) use side::{Side, There};
