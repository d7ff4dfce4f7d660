//! The other side: places on servers ([`FtpUrl`]), how one gets there ([`Site`]), and a connection that stands
//! ([`Session`]), with what every command does on one: list, walk, find by pattern, make and remove trees.
//!
//! Nothing here prints results or reads options; the commands in `verb` do.

mod certificate;
mod glob;
mod kept;
mod learnt;
mod login;
mod netrc;
pub(crate) mod path;
pub(crate) mod refusal;
mod session;
mod site;
mod tree;
mod url;

pub(crate) use certificate::CertificateFiles;
pub(crate) use glob::expand;
pub(crate) use kept::Kept;
pub(crate) use login::{is_certified, needs_password};
pub(crate) use session::{Looker, Moved, Session};
pub(crate) use site::{Pipeline, Site, pause};
pub(crate) use tree::{DEEPEST, entry, list, make_directories, remove, too_deep, walk};
pub(crate) use url::{FtpUrl, UrlError, encoded_path};
