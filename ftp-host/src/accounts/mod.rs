//! [`Accounts`]: who may log in, and what he then sees and may do.
//!
//! [`AccountFile`] is the program's own, a JSON file; [`Anonymous`] the open door; [`Doors`] both together.
//! [`FixedAccounts`] are for tests and transcripts. What an account's rights mean is decided in [`crate::gate`].

mod anonymous;
mod file;
mod fixed;
mod password;

pub use anonymous::{Anonymous, Doors};
pub use file::{AccountFile, AccountInfo, AccountsError};
pub use fixed::FixedAccounts;

use crate::storage::Storage;
use crate::tls::ClientCertificate;
use ftp_core::action::{Credentials, LoginError};
use ftp_core::permission::Permissions;
use std::sync::Arc;

/// Says who a user is.
pub trait Accounts: Send + Sync {
    /// The account of these credentials. This blocks, and is slow on purpose where a password is checked.
    ///
    /// # Errors
    /// [`LoginError`]; it tells nobody whether there is such a user (RFC 2577 6).
    fn verify(&self, credentials: &Credentials) -> Result<Account, LoginError>;

    /// As [`verify`](Self::verify), where the answer takes neither waiting nor work: `None` where it may.
    fn verify_promptly(&self, credentials: &Credentials) -> Option<Result<Account, LoginError>> {
        let _ = credentials;
        None
    }

    /// The account of the user of this name on this virtual host, if this certificate of the control connection is his. It
    /// may take its time, as a file's does.
    ///
    /// # Errors
    /// [`LoginError::Refused`]: it is not, and he has to say a password.
    fn recognise(
        &self,
        host: Option<&str>,
        user: &[u8],
        certificate: &ClientCertificate,
    ) -> Result<Account, LoginError> {
        let _ = (host, user, certificate);
        Err(LoginError::Refused)
    }
}

/// A user who is logged in.
#[derive(Clone)]
pub struct Account {
    /// The name, as logs show it.
    pub name: String,
    /// The files the user sees.
    pub storage: Arc<dyn Storage>,
    /// What he may do with them.
    pub permissions: Permissions,
}

impl core::fmt::Debug for Account {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Account")
            .field("name", &self.name)
            .field("permissions", &self.permissions)
            .finish_non_exhaustive()
    }
}
