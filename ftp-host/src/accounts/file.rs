//! [`AccountFile`]: accounts in a JSON file.
//!
//! ```json
//! {"accounts": [
//!   {"name": "ann", "password": "$argon2id$…", "home": "/srv/ann", "permissions": ["read", "list"]},
//!   {"name": "bob", "password": "$argon2id$…", "home": "/srv/bob", "permissions": "all"}
//! ]}
//! ```
//!
//! `permissions` is `"all"`, `"read-only"` or a list of names; with `"host": "NAME"` an account is known on that virtual host
//! only (RFC 7151), and with `"certificates": ["SHA-256, or a name in it", …]` its user needs no password under TLS who shows one of
//! these; then `password` may be missing. The file may be edited while the server runs: it is read
//! again when it has changed. While it cannot be read nobody logs in by it.

use super::password::{Hashed, Verifier};
use super::{Account, Accounts};
use crate::storage::Disk;
use crate::tls::{CertificateName, ClientCertificate};
use ftp_core::action::{Credentials, LoginError};
use ftp_core::permission::Permissions;
use ftp_core::secret::Secret;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// Accounts in a JSON file.
pub struct AccountFile {
    path: PathBuf,
    verifier: Verifier,
    fsync: bool,
    loaded: Mutex<Loaded>,
}

/// What an account is, its password aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountInfo {
    /// The user name.
    pub name: String,
    /// The directory that the user sees as `/`.
    pub home: PathBuf,
    /// What the user may do there.
    pub permissions: Permissions,
    /// The virtual host that knows the user; every one where it is `None`.
    pub host: Option<String>,
    /// The certificates that stand for a password.
    pub certificates: Vec<CertificateName>,
}

/// Why an account file cannot be used or changed. It is written for the person who keeps the file.
#[derive(Debug)]
pub struct AccountsError {
    path: PathBuf,
    fault: Fault,
}

#[derive(Debug)]
enum Fault {
    Read(io::Error),
    Write(io::Error),
    Json(serde_json::Error),
    Twice(String),
    Unknown(String),
    NoHash,
}

#[derive(Clone, Default)]
struct Loaded {
    stamp: Option<Stamp>,
    records: Arc<Vec<Record>>,
}

/// What changes when a file does.
#[derive(Clone, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    size: u64,
    inode: u64,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    accounts: Vec<Record>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    name: String,
    /// Without one nobody logs in but by certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<Hashed>,
    home: PathBuf,
    permissions: Rights,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    certificates: Vec<Shown>,
}

/// A certificate's name as the file has it.
#[derive(Clone)]
struct Shown(CertificateName);

#[derive(Clone, Copy)]
struct Rights(Permissions);

impl AccountFile {
    /// Reads the file. At most as many passwords are checked at once as there are cores.
    ///
    /// # Errors
    /// [`AccountsError`], if there is no such file or it cannot be understood.
    pub fn load(path: impl Into<PathBuf>) -> Result<Self, AccountsError> {
        let path = path.into();
        let fail = |fault| AccountsError { path: path.clone(), fault };
        let loaded = read(&path).map_err(fail)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let verifier = Verifier::new(cores).ok_or_else(|| fail(Fault::NoHash))?;
        Ok(Self { path, verifier, fsync: false, loaded: Mutex::new(loaded) })
    }

    /// Reads the file, or makes an empty one if there is none.
    ///
    /// # Errors
    /// As [`AccountFile::load`], and if it cannot be written.
    pub fn load_or_create(path: impl Into<PathBuf>) -> Result<Self, AccountsError> {
        let path = path.into();
        if !path.exists() {
            write(&path, &Document::default())
                .map_err(|error| AccountsError { path: path.clone(), fault: Fault::Write(error) })?;
        }
        Self::load(path)
    }

    /// At most `at_once` passwords are checked together; each takes 19 MiB.
    ///
    /// # Errors
    /// [`AccountsError`], if the system has no randomness to make a hash.
    pub fn with_concurrency(self, at_once: usize) -> Result<Self, AccountsError> {
        let verifier = Verifier::new(at_once).ok_or_else(|| self.error(Fault::NoHash))?;
        Ok(Self { verifier, ..self })
    }

    /// Must the uploads of these users have reached the medium before they count (see [`Disk::with_fsync`])?
    #[must_use]
    pub fn with_fsync(self, fsync: bool) -> Self {
        Self { fsync, ..self }
    }

    /// The accounts, in the order of the file.
    ///
    /// # Errors
    /// [`AccountsError`], if the file has changed and can no longer be read.
    pub fn list(&self) -> Result<Vec<AccountInfo>, AccountsError> {
        let records = self.current()?;
        Ok(records.iter().map(Record::info).collect())
    }

    /// Adds an account and saves the file. Without a password its user has to have a certificate.
    ///
    /// # Errors
    /// [`AccountsError`], if there is an account of that name or the file cannot be written.
    pub fn add(&self, account: AccountInfo, password: Option<&Secret>) -> Result<(), AccountsError> {
        let hashed = |password| Hashed::new(password).ok_or_else(|| self.error(Fault::NoHash));
        let password = password.map(hashed).transpose()?;
        self.change(|records| {
            if records.iter().any(|record| record.name == account.name) {
                return Err(Fault::Twice(account.name));
            }
            let AccountInfo { name, home, permissions, host, certificates } = account;
            let certificates = certificates.into_iter().map(Shown).collect();
            records.push(Record { name, password, home, permissions: Rights(permissions), host, certificates });
            Ok(())
        })
    }

    /// Changes a password and saves the file.
    ///
    /// # Errors
    /// [`AccountsError`], if there is no such account or the file cannot be written.
    pub fn set_password(&self, name: &str, password: &Secret) -> Result<(), AccountsError> {
        let password = Hashed::new(password).ok_or_else(|| self.error(Fault::NoHash))?;
        self.change(|records| {
            let record = records.iter_mut().find(|record| record.name == name);
            record.ok_or_else(|| Fault::Unknown(name.to_owned()))?.password = Some(password);
            Ok(())
        })
    }

    /// Changes the certificates that stand for an account's password, and saves the file.
    ///
    /// # Errors
    /// [`AccountsError`], if there is no such account or the file cannot be written.
    pub fn set_certificates(&self, name: &str, certificates: Vec<CertificateName>) -> Result<(), AccountsError> {
        self.change(|records| {
            let record = records.iter_mut().find(|record| record.name == name);
            record.ok_or_else(|| Fault::Unknown(name.to_owned()))?.certificates =
                certificates.into_iter().map(Shown).collect();
            Ok(())
        })
    }

    /// Removes an account, not its files, and saves the file. Who is logged in stays so.
    ///
    /// # Errors
    /// [`AccountsError`], if there is no such account or the file cannot be written.
    pub fn remove(&self, name: &str) -> Result<(), AccountsError> {
        self.change(|records| {
            let place = records.iter().position(|record| record.name == name);
            records.remove(place.ok_or_else(|| Fault::Unknown(name.to_owned()))?);
            Ok(())
        })
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Record>) -> Result<(), Fault>) -> Result<(), AccountsError> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody may have edited the file since.
        let mut accounts = read(&self.path).map_err(|fault| self.error(fault))?.records.to_vec();
        change(&mut accounts).map_err(|fault| self.error(fault))?;
        write(&self.path, &Document { accounts }).map_err(|error| self.error(Fault::Write(error)))?;
        *loaded = read(&self.path).map_err(|fault| self.error(fault))?;
        Ok(())
    }

    /// The accounts as the file has them now.
    fn current(&self) -> Result<Arc<Vec<Record>>, AccountsError> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = fs::metadata(&self.path).map(|facts| Stamp::of(&facts));
        let stamp = stamp.map_err(|error| self.error(Fault::Read(error)))?;
        if loaded.stamp.as_ref() != Some(&stamp) {
            *loaded = read(&self.path).map_err(|fault| self.error(fault))?;
        }
        Ok(Arc::clone(&loaded.records))
    }

    /// Whoever this is may come in.
    fn admit(&self, record: &Record) -> Result<Account, LoginError> {
        let storage = Disk::open(&record.home).map_err(|_| LoginError::Unavailable)?.with_fsync(self.fsync);
        Ok(Account { name: record.name.clone(), storage: Arc::new(storage), permissions: record.permissions.0 })
    }

    fn error(&self, fault: Fault) -> AccountsError {
        AccountsError { path: self.path.clone(), fault }
    }
}

impl Accounts for AccountFile {
    fn verify(&self, credentials: &Credentials) -> Result<Account, LoginError> {
        let records = self.current().map_err(|_| LoginError::Unavailable)?;
        let record = records.iter().find(|record| record.is(credentials.host.as_deref(), &credentials.user));
        if !self.verifier.verify(&credentials.password, record.and_then(|record| record.password.as_ref())) {
            return Err(LoginError::Refused);
        }
        self.admit(record.ok_or(LoginError::Refused)?)
    }

    fn recognise(
        &self,
        host: Option<&str>,
        user: &[u8],
        certificate: &ClientCertificate,
    ) -> Result<Account, LoginError> {
        let records = self.current().map_err(|_| LoginError::Unavailable)?;
        let record = records.iter().find(|record| record.is(host, user)).ok_or(LoginError::Refused)?;
        if record.certificates.iter().any(|Shown(name)| name.means(certificate)) {
            self.admit(record)
        } else {
            Err(LoginError::Refused)
        }
    }
}

fn read(path: &Path) -> Result<Loaded, Fault> {
    let mut file = File::open(path).map_err(Fault::Read)?;
    // Dated before it is read: an edit in between is seen next time.
    let stamp = Stamp::of(&file.metadata().map_err(Fault::Read)?);
    let text = io::read_to_string(&mut file).map_err(Fault::Read)?;
    let document: Document = serde_json::from_str(&text).map_err(Fault::Json)?;
    let mut names: Vec<_> = document.accounts.iter().map(|record| record.name.as_str()).collect();
    names.sort_unstable();
    if let Some([name, _]) = names.array_windows().find(|[name, next]| name == next) {
        return Err(Fault::Twice((*name).to_owned()));
    }
    Ok(Loaded { stamp: Some(stamp), records: Arc::new(document.accounts) })
}

/// Writes the file aside and puts it in place whole; nobody but its owner may read it.
fn write(path: &Path, document: &Document) -> io::Result<()> {
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(format!(".{:016x}", getrandom::u64().map_err(io::Error::other)?));
    let aside = path.with_file_name(name);
    let written = write_aside(&aside, document).and_then(|()| fs::rename(&aside, path));
    if written.is_err() {
        // The first error says more than that of tidying up.
        let _left = fs::remove_file(&aside);
    }
    written?;
    // The name is only on the medium when the directory is; systems that open no directories keep it anyway.
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(dir).map_or(Ok(()), |dir| dir.sync_all())
}

fn write_aside(aside: &Path, document: &Document) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(aside)?;
    serde_json::to_writer_pretty(&mut file, document)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

impl Stamp {
    fn of(facts: &fs::Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(facts);
        #[cfg(not(unix))]
        let inode = 0;
        Self { modified: facts.modified().ok(), size: facts.len(), inode }
    }
}

impl Record {
    /// Is it this user's, on this virtual host?
    fn is(&self, host: Option<&str>, user: &[u8]) -> bool {
        self.name.as_bytes() == user && (self.host.is_none() || self.host.as_deref() == host)
    }

    fn info(&self) -> AccountInfo {
        AccountInfo {
            name: self.name.clone(),
            home: self.home.clone(),
            permissions: self.permissions.0,
            host: self.host.clone(),
            certificates: self.certificates.iter().map(|Shown(name)| name.clone()).collect(),
        }
    }
}

impl fmt::Display for AccountsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.fault {
            Fault::Read(error) if error.kind() == io::ErrorKind::NotFound => {
                f.write_str("there is no such account file; add an account to make one")
            }
            Fault::Read(error) => write!(f, "cannot be read ({error}); the server's user needs the right to read it"),
            Fault::Write(error) => {
                write!(f, "cannot be written ({error}); its directory must be writable and have space")
            }
            // The text of serde_json ends in line and column.
            Fault::Json(error) => {
                write!(f, "{error}; correct that line, or set the file aside and add the accounts anew")
            }
            Fault::Twice(name) => write!(f, "there is an account {name:?} already; each name can be given once"),
            Fault::Unknown(name) => write!(f, "there is no account {name:?}; list the accounts to see their names"),
            Fault::NoHash => f.write_str("a password cannot be hashed; the system lacks randomness or memory"),
        }
    }
}

impl core::error::Error for AccountsError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match &self.fault {
            Fault::Read(error) | Fault::Write(error) => Some(error),
            Fault::Json(error) => Some(error),
            Fault::Twice(_) | Fault::Unknown(_) | Fault::NoHash => None,
        }
    }
}

impl Serialize for Hashed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Hashed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // The text itself stays out of the message: it may be a password in plain.
        Self::parse(&text).ok_or_else(|| D::Error::custom("`password` is no Argon2id hash (\"$argon2id$…\")"))
    }
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Shown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(D::Error::custom)
    }
}

impl Serialize for Rights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Permissions::ALL => serializer.serialize_str("all"),
            Permissions::READ_ONLY => serializer.serialize_str("read-only"),
            some => serializer.collect_seq(some.names()),
        }
    }
}

impl<'de> Deserialize<'de> for Rights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RightsVisitor)
    }
}

struct RightsVisitor;

impl<'de> Visitor<'de> for RightsVisitor {
    type Value = Rights;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"all\", \"read-only\" or a list of")?;
        Permissions::NAMES.iter().try_for_each(|(name, _)| write!(f, " \"{name}\""))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Rights, E> {
        let rights = Permissions::by_name(text);
        rights.map(Rights).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Rights, A::Error> {
        let mut rights = Permissions::NONE;
        while let Some(name) = names.next_element::<String>()? {
            let right = Permissions::by_name(&name);
            rights = rights | right.ok_or_else(|| A::Error::invalid_value(serde::de::Unexpected::Str(&name), &self))?;
        }
        Ok(Rights(rights))
    }
}
