//! [`FixedAccounts`]: accounts written down in code, for tests and transcripts. Passwords are compared as they are.

use super::{Account, Accounts};
use crate::storage::Storage;
use crate::tls::{CertificateName, ClientCertificate};
use ftp_core::action::{Credentials, LoginError};
use ftp_core::permission::Permissions;
use ftp_core::secret::Secret;
use std::sync::Arc;

/// Accounts that never change.
#[derive(Default)]
pub struct FixedAccounts {
    users: Vec<User>,
}

struct User {
    password: Secret,
    /// What ACCT has to say (RFC 959 4.1.1), if anything.
    required: Option<Secret>,
    /// The virtual host that this user belongs to (RFC 7151); any where it is `None`.
    host: Option<String>,
    /// What the user may show in the place of a password.
    certificate: Option<CertificateName>,
    account: Account,
}

impl FixedAccounts {
    /// Nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a user.
    #[must_use]
    pub fn with(mut self, name: &str, password: &str, permissions: Permissions, storage: Arc<dyn Storage>) -> Self {
        let account = Account { name: name.to_owned(), storage, permissions };
        self.users.push(User {
            password: Secret::new(password),
            required: None,
            host: None,
            certificate: None,
            account,
        });
        self
    }

    /// From the user added last, ACCT is asked too, and has to say `account`.
    #[must_use]
    pub fn requiring_account(mut self, account: &str) -> Self {
        if let Some(user) = self.users.last_mut() {
            user.required = Some(Secret::new(account));
        }
        self
    }

    /// The user added last needs no password with this certificate.
    #[must_use]
    pub fn certified(mut self, certificate: CertificateName) -> Self {
        if let Some(user) = self.users.last_mut() {
            user.certificate = Some(certificate);
        }
        self
    }

    /// The user added last is known on this virtual host only.
    #[must_use]
    pub fn on_host(mut self, host: &str) -> Self {
        if let Some(user) = self.users.last_mut() {
            user.host = Some(host.to_owned());
        }
        self
    }
}

impl Accounts for FixedAccounts {
    fn verify(&self, credentials: &Credentials) -> Result<Account, LoginError> {
        let known = |user: &&User| {
            user.account.name.as_bytes() == credentials.user
                && user.password == credentials.password
                && (user.host.is_none() || user.host == credentials.host)
        };
        let user = self.users.iter().find(known).ok_or(LoginError::Refused)?;
        match (&user.required, &credentials.account) {
            (None, _) => Ok(user.account.clone()),
            (Some(_), None) => Err(LoginError::AccountNeeded),
            (Some(required), Some(given)) if required == given => Ok(user.account.clone()),
            (Some(_), Some(_)) => Err(LoginError::Refused),
        }
    }

    fn recognise(
        &self,
        host: Option<&str>,
        user: &[u8],
        certificate: &ClientCertificate,
    ) -> Result<Account, LoginError> {
        let known = |known: &&User| {
            known.account.name.as_bytes() == user
                && (known.host.is_none() || known.host.as_deref() == host)
                && known.certificate.as_ref().is_some_and(|name| name.means(certificate))
        };
        self.users.iter().find(known).map(|user| user.account.clone()).ok_or(LoginError::Refused)
    }
}
