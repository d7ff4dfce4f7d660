//! [`Side`]: one of the two places of a job, here or on a server, and what both kinds are asked alike.

use super::filter::Filter;
use super::plan::Plan;
use super::pool::Pool;
use super::tree::Tree;
use super::{local, space, walk};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{FtpUrl, make_directories};
use ftp_core::anonymous::is_name;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Where files are, or where they go.
#[derive(Clone)]
pub(crate) enum Side {
    /// A directory here.
    Local(PathBuf),
    /// One on a server.
    Remote(There),
}

/// A directory on a server, and the connections by which one gets at it.
#[derive(Clone)]
pub(crate) struct There {
    /// The directory.
    pub(crate) url: FtpUrl,
    /// The connections; several jobs may have the same.
    pub(crate) pool: Arc<Pool>,
}

impl There {
    /// The URL with the user who logs in there, where `.netrc` named him.
    pub(super) fn with_user(&self) -> FtpUrl {
        let user =
            self.url.user.clone().or_else(|| self.pool.site().user().filter(|user| !is_name(user)).map(<[u8]>::to_vec));
        FtpUrl { user, ..self.url.clone() }
    }
}

impl Side {
    /// All that is below it; `None`: there is no such directory.
    ///
    /// # Errors
    /// [`Failure`], if a directory cannot be read: half a tree would lead to a wrong plan.
    pub(crate) fn walk(&self, filter: &Filter) -> Result<Option<Tree>, Failure> {
        match self {
            Self::Local(dir) if !dir.exists() => Ok(None),
            Self::Local(dir) => local::walk(&local::open(dir)?, b"", filter).map(Some),
            Self::Remote(there) => walk::remote(&there.pool, &there.url.path, filter),
        }
    }

    /// What is in the directories below it that these paths lie in: all that can be in their way.
    ///
    /// # Errors
    /// [`Failure`], if they cannot be read.
    pub(crate) fn around<'a>(&self, paths: impl Iterator<Item = &'a [u8]>) -> Result<Tree, Failure> {
        match self {
            Self::Local(dir) => local::around(&local::open(dir)?, paths),
            Self::Remote(there) => walk::around(&there.pool, &there.url.path, paths),
        }
    }

    /// Makes it, and the directories that it lies in, where they are missing.
    ///
    /// # Errors
    /// [`Failure`], if that cannot be.
    pub(crate) fn make(&self) -> Result<(), Failure> {
        match self {
            Self::Local(dir) => std::fs::create_dir_all(dir)
                .map_err(|error| Failure::new(Exit::Disk, format!("cannot make {}", dir.display()), error)),
            // They are there, and cannot be made.
            Self::Remote(there) if matches!(there.url.path.as_slice(), b"" | b"/") => Ok(()),
            Self::Remote(there) => there.pool.with_one(|session| make_directories(session, &there.url.path)),
        }
    }

    /// Refuses a plan that it has no room for.
    ///
    /// # Errors
    /// [`Failure`], with what is missing.
    pub(crate) fn check_space(&self, plan: &Plan) -> Result<(), Failure> {
        match self {
            Self::Local(dir) => space::check_local(plan, &local::open(dir)?, &dir.display().to_string()),
            Self::Remote(There { url, pool }) => {
                pool.with_one(|session| space::check_remote(plan, session, &url.path, &url.to_string()))
            }
        }
    }

    /// Says goodbye on all connections.
    pub(crate) fn close(&self) {
        if let Self::Remote(there) = self {
            there.pool.close();
        }
    }
}

/// As the user would write it, without password.
impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(dir) => dir.display().fmt(f),
            Self::Remote(there) => there.url.fmt(f),
        }
    }
}
