//! [`Place`]: where files are, here or on a server: what `SRC` and `DST` mean on the command line.

use crate::cli::UrlParser;
use crate::remote::FtpUrl;
use clap::builder::TypedValueParser;
use clap::{Arg, Command, Error};
use std::ffi::OsStr;
use std::path::PathBuf;

/// Here or there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On this machine.
    Local(PathBuf),
    /// On a server.
    Remote(FtpUrl),
}

/// Reads a place: whatever holds `://` is a URL.
#[derive(Clone, Copy)]
pub(crate) struct PlaceParser;

impl TypedValueParser for PlaceParser {
    type Value = Place;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<Place, Error> {
        if value.to_string_lossy().contains("://") {
            return UrlParser.parse_ref(command, argument, value).map(Place::Remote);
        }
        Ok(Place::Local(PathBuf::from(value)))
    }
}
