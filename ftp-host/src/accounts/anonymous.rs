//! Login without a password (RFC 1635), and [`Doors`], which joins it with an account file.

use super::{Account, AccountFile, Accounts};
use crate::storage::Storage;
use crate::tls::ClientCertificate;
use ftp_core::action::{Credentials, LoginError};
use ftp_core::anonymous;
use ftp_core::permission::Permissions;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What users without a password find.
#[derive(Clone, Default)]
pub enum Anonymous {
    /// Nothing: `anonymous` and `ftp` are names like others.
    #[default]
    Off,
    /// Files to look at and fetch.
    ReadOnly(Arc<dyn Storage>),
    /// The same, and room for new files and directories; what is there is neither replaced, renamed nor removed.
    Upload(Arc<dyn Storage>),
}

impl Accounts for Anonymous {
    /// Any password will do: by custom it is an e-mail address, and proves nothing.
    fn verify(&self, credentials: &Credentials) -> Result<Account, LoginError> {
        if !anonymous::is_name(&credentials.user) {
            return Err(LoginError::Refused);
        }
        let (storage, permissions) = match self {
            Self::Off => return Err(LoginError::Refused),
            Self::ReadOnly(storage) => (storage, Permissions::READ_ONLY),
            Self::Upload(storage) => (storage, Permissions::READ_ONLY | Permissions::CREATE | Permissions::MAKE_DIR),
        };
        Ok(Account { name: anonymous::USER.to_owned(), storage: Arc::clone(storage), permissions })
    }

    fn verify_promptly(&self, credentials: &Credentials) -> Option<Result<Account, LoginError>> {
        Some(self.verify(credentials))
    }
}

/// Every way in that the program offers.
#[derive(Default)]
pub struct Doors {
    /// Users without a password.
    pub anonymous: Anonymous,
    /// Those of virtual hosts (RFC 7151), by name.
    pub hosts: BTreeMap<String, Anonymous>,
    /// Users with one.
    pub accounts: Option<AccountFile>,
}

impl Doors {
    /// The open door of the host that was chosen.
    fn open(&self, credentials: &Credentials) -> &Anonymous {
        let host = credentials.host.as_ref().and_then(|host| self.hosts.get(host));
        host.unwrap_or(&self.anonymous)
    }
}

impl Accounts for Doors {
    fn verify(&self, credentials: &Credentials) -> Result<Account, LoginError> {
        match (self.open(credentials).verify(credentials), &self.accounts) {
            (Err(LoginError::Refused), Some(accounts)) => accounts.verify(credentials),
            (verdict, _) => verdict,
        }
    }

    fn verify_promptly(&self, credentials: &Credentials) -> Option<Result<Account, LoginError>> {
        match (self.open(credentials).verify(credentials), &self.accounts) {
            (Err(LoginError::Refused), Some(_)) => None,
            (verdict, _) => Some(verdict),
        }
    }

    fn recognise(
        &self,
        host: Option<&str>,
        user: &[u8],
        certificate: &ClientCertificate,
    ) -> Result<Account, LoginError> {
        self.accounts.as_ref().ok_or(LoginError::Refused)?.recognise(host, user, certificate)
    }
}
