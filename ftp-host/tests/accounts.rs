//! Who may log in.

use ftp_core::action::{Credentials, LoginError};
use ftp_core::permission::Permissions;
use ftp_core::secret::Secret;
use ftp_host::accounts::{AccountFile, AccountInfo, Accounts, Anonymous, Doors, FixedAccounts};
use ftp_host::storage::Memory;
use ftp_host::tls::{CertificateName, ClientCertificate, SelfSigned};
use std::fs;
use std::path::Path;
use std::sync::Arc;

fn credentials(user: &str, password: &str) -> Credentials {
    Credentials { host: None, user: user.as_bytes().to_vec(), password: Secret::new(password), account: None }
}

fn verdict(accounts: &dyn Accounts, user: &str, password: &str) -> Result<(String, Permissions), LoginError> {
    accounts.verify(&credentials(user, password)).map(|account| (account.name, account.permissions))
}

fn ann(home: &Path) -> AccountInfo {
    AccountInfo {
        name: "ann".to_owned(),
        home: home.to_owned(),
        permissions: Permissions::READ_ONLY,
        host: None,
        certificates: Vec::new(),
    }
}

#[test]
fn accounts_are_added_changed_and_removed_in_their_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("accounts.json");
    assert!(AccountFile::load(&path).is_err());
    let file = AccountFile::load_or_create(&path).and_then(|file| file.with_concurrency(1)).expect("it loads");
    file.add(ann(dir.path()), Some(&Secret::new("right"))).expect("it adds");
    assert!(file.add(ann(dir.path()), Some(&Secret::new("other"))).is_err(), "a name is given once");
    let known = Ok(("ann".to_owned(), Permissions::READ_ONLY));
    assert_eq!(verdict(&file, "ann", "right"), known);
    assert_eq!(verdict(&file, "ann", "wrong"), Err(LoginError::Refused));
    assert_eq!(verdict(&file, "bob", "right"), Err(LoginError::Refused));
    let again = AccountFile::load(&path).expect("what it wrote it reads");
    assert_eq!(again.list().expect("it lists"), [ann(dir.path())]);
    again.set_password("ann", &Secret::new("new")).expect("it sets");
    assert_eq!(verdict(&file, "ann", "right"), Err(LoginError::Refused), "an edit by others counts at once");
    assert_eq!(verdict(&file, "ann", "new"), known);
    again.remove("ann").expect("it removes");
    assert_eq!(verdict(&file, "ann", "new"), Err(LoginError::Refused));
    assert!(again.remove("ann").is_err());
    assert!(again.set_password("ann", &Secret::new("x")).is_err());
    assert_eq!(fs::read_dir(dir.path()).expect("it lists").count(), 1, "nothing is left aside");
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("accounts.json");
    AccountFile::load_or_create(&path).expect("it makes");
    assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
}

#[test]
fn while_the_file_cannot_be_read_nobody_logs_in() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("accounts.json");
    let file = AccountFile::load_or_create(&path).expect("it loads");
    fs::write(&path, "{").expect("it writes");
    assert_eq!(verdict(&file, "ann", "x"), Err(LoginError::Unavailable));
    fs::remove_file(&path).expect("it removes");
    assert_eq!(verdict(&file, "ann", "x"), Err(LoginError::Unavailable));
}

#[test]
fn a_home_that_is_gone_is_not_the_users_fault() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = AccountFile::load_or_create(dir.path().join("accounts.json")).expect("it loads");
    file.add(ann(&dir.path().join("gone")), Some(&Secret::new("right"))).expect("it adds");
    assert_eq!(verdict(&file, "ann", "right"), Err(LoginError::Unavailable));
    assert_eq!(verdict(&file, "ann", "wrong"), Err(LoginError::Refused));
}

#[test]
fn a_wrong_file_is_told_by_name_and_line() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("accounts.json");
    let hash = "$argon2id$v=19$m=16,t=2,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg";
    let account = |password: &str, more: &str| {
        format!("{{\"accounts\": [\n{{\"name\": \"ann\", \"password\": \"{password}\", \"home\": \"/\",\n{more}}}\n]}}")
    };
    for (text, hints) in [
        (account("hunter2", "\"permissions\": \"all\""), ["line 2", "Argon2id"]),
        (account(hash, "\"permissions\": \"most\""), ["line 3", "read-only"]),
        (account(hash, "\"permissions\": [\"raed\"]"), ["line 3", "raed"]),
        (account(hash, "\"permisions\": \"all\""), ["line 3", "permisions"]),
        (account(hash, ""), ["line 3", "accounts.json"]),
    ] {
        fs::write(&path, &text).expect("it writes");
        let error = AccountFile::load(&path).err().expect("it is wrong").to_string();
        assert!(hints.iter().all(|hint| error.contains(hint)), "{error}");
        assert!(!error.contains("hunter2"), "a password in plain stays out of messages: {error}");
    }
    let one =
        format!("{{\"name\":\"ann\",\"password\":\"{hash}\",\"home\":\"/\",\"permissions\":[\"read\",\"list\"]}}");
    fs::write(&path, format!("{{\"accounts\":[{one},{one}]}}")).expect("it writes");
    assert!(AccountFile::load(&path).err().expect("it is wrong").to_string().contains("\"ann\""));
    fs::write(&path, format!("{{\"accounts\":[{one}]}}")).expect("it writes");
    let listed = AccountFile::load(&path).and_then(|file| file.list()).expect("it is right");
    assert_eq!(listed.first().map(|account| account.permissions), Some(Permissions::READ_ONLY));
}

#[test]
fn the_open_door_is_shut_unless_opened() {
    let storage = Arc::new(Memory::new());
    let off = Doors::default();
    assert_eq!(verdict(&off, "anonymous", "a@b"), Err(LoginError::Refused));
    let read = Doors { anonymous: Anonymous::ReadOnly(storage.clone()), ..Doors::default() };
    for user in ["anonymous", "ftp"] {
        assert_eq!(verdict(&read, user, ""), Ok(("anonymous".to_owned(), Permissions::READ_ONLY)));
    }
    assert_eq!(verdict(&read, "root", ""), Err(LoginError::Refused));
    let (_, rights) = verdict(&Anonymous::Upload(storage), "ftp", "").expect("it is open");
    assert!(rights.allows(Permissions::CREATE | Permissions::MAKE_DIR | Permissions::READ_ONLY));
    for right in [Permissions::OVERWRITE, Permissions::APPEND, Permissions::DELETE, Permissions::RENAME] {
        assert!(!rights.allows(right), "{right:?}");
    }
}

#[test]
fn a_virtual_host_has_users_and_files_of_its_own() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = AccountFile::load_or_create(dir.path().join("accounts.json")).expect("it is made");
    let home = dir.path().to_owned();
    let on_host = AccountInfo { host: Some("one.example".to_owned()), ..ann(&home) };
    file.add(on_host, Some(&Secret::new("secret"))).expect("it is added");
    let one = Anonymous::Upload(Arc::new(Memory::new()));
    let doors = Doors { hosts: [("one.example".to_owned(), one)].into(), accounts: Some(file), ..Doors::default() };
    let at = |host: Option<&str>, user: &str, password: &str| {
        let credentials = Credentials { host: host.map(str::to_owned), ..credentials(user, password) };
        let prompt = doors.verify_promptly(&credentials).is_none_or(|verdict| verdict.is_ok());
        assert!(prompt || doors.verify(&credentials).is_err(), "both ways say the same");
        doors.verify(&credentials).is_ok()
    };
    assert!(at(Some("one.example"), "ann", "secret") && at(Some("one.example"), "ftp", ""));
    for elsewhere in [None, Some("two.example")] {
        assert!(!at(elsewhere, "ann", "secret") && !at(elsewhere, "ftp", ""), "{elsewhere:?}");
    }
}

#[test]
fn fixed_accounts_may_ask_for_an_account() {
    let accounts = FixedAccounts::new()
        .with("ann", "a", Permissions::ALL, Arc::new(Memory::new()))
        .with("bob", "b", Permissions::ALL, Arc::new(Memory::new()))
        .requiring_account("books");
    assert!(verdict(&accounts, "ann", "a").is_ok());
    assert_eq!(verdict(&accounts, "ann", "b"), Err(LoginError::Refused));
    assert_eq!(verdict(&accounts, "bob", "b"), Err(LoginError::AccountNeeded));
    let with = |account: &str| Credentials { account: Some(Secret::new(account)), ..credentials("bob", "b") };
    assert!(accounts.verify(&with("books")).is_ok());
    assert_eq!(accounts.verify(&with("cars")).err(), Some(LoginError::Refused));
}

#[test]
fn an_account_without_a_password_is_its_certificates_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("accounts.json");
    let file = AccountFile::load_or_create(&path).expect("it makes");
    let made = SelfSigned::new(&["ann.example".to_owned()]).expect("a certificate");
    let shown = ClientCertificate::from_pem(made.certificate.as_bytes()).expect("it is one");
    let by_name = "ANN.example".parse().expect("a name");
    file.add(AccountInfo { certificates: vec![by_name], ..ann(dir.path()) }, None).expect("it adds");
    assert_eq!(verdict(&file, "ann", ""), Err(LoginError::Refused));
    let recognised = |user: &[u8]| file.recognise(None, user, &shown).map(|account| account.name);
    assert_eq!(recognised(b"ann"), Ok("ann".to_owned()));
    assert_eq!(recognised(b"bob"), Err(LoginError::Refused));

    let fingerprint = CertificateName::Fingerprint(shown.fingerprint);
    file.set_certificates("ann", vec![fingerprint.clone()]).expect("it sets");
    assert_eq!(file.list().expect("it lists")[0].certificates, [fingerprint]);
    assert_eq!(recognised(b"ann"), Ok("ann".to_owned()));
    let other =
        ClientCertificate { fingerprint: ["00"; 32].join(":").parse().expect("a fingerprint"), ..shown.clone() };
    assert!(file.recognise(None, b"ann", &other).is_err(), "the same name is not the same certificate");
    file.set_certificates("ann", Vec::new()).expect("it sets");
    assert_eq!(recognised(b"ann"), Err(LoginError::Refused));
}
