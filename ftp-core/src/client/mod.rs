//! The client's session.

pub mod action;

pub use action::{ClientAction, ClientCompletion, ClientError, Event, LocalEnd, Outcome, Request, Upload};
