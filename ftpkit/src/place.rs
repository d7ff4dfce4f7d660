//! [`Place`]: where files are, here or on a server: what `SRC` and `DST` mean on the command line.

use crate::bookmark;
use crate::cli::UrlParser;
use crate::failure::Failure;
use crate::remote::FtpUrl;
use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
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

/// Reads a place: whatever holds `://` is a URL, and `NAME:PATH` one below a bookmark.
#[derive(Clone, Copy)]
pub(crate) struct PlaceParser;

impl TypedValueParser for PlaceParser {
    type Value = Place;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<Place, Error> {
        if value.to_string_lossy().contains("://") {
            return UrlParser.parse_ref(command, argument, value).map(Place::Remote);
        }
        // A file that is there is meant, whatever else has its name.
        let named = value.to_str().filter(|text| text.contains(':') && !PathBuf::from(text).exists());
        let place = named.map_or(Ok(None), bookmark::place);
        let wrong = |failure: Failure| command.clone().error(ErrorKind::ValueValidation, failure);
        if let Some(url) = place.map_err(wrong)? {
            return Ok(Place::Remote(url));
        }
        Ok(Place::Local(PathBuf::from(value)))
    }
}
