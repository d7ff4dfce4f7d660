//! The client's session.

pub mod action;
mod config;
mod entries;
mod features;
mod link;
mod login;
mod misuse;
mod movement;
mod pathname;
mod session;
mod simple;
mod task;
mod transfer;
mod way;

pub use action::{ClientAction, ClientCompletion, ClientError, Event, LocalEnd, Outcome, Request, Upload};
pub use config::{ClientConfig, DataPreference};
pub use entries::ListingTooLarge;
pub use features::Features;
pub use misuse::Misuse;
pub use session::ClientSession;
