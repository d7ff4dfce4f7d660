//! The help texts, which people read and scripts' authors trust.

use std::process::Command;

/// As wide a terminal as tests agree on.
fn help(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ftpkit"));
    command.args(arguments).env("NO_COLOR", "1").env("COLUMNS", "100");
    let output = command.output().unwrap_or_else(|error| panic!("cannot run the program: {error}"));
    assert_eq!(output.status.code(), Some(0));
    // Where it wraps its lines depends on the terminal, where there are words left over.
    String::from_utf8_lossy(&output.stdout).lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

macro_rules! helps {
    ($($name:ident: $arguments:expr;)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(help(&$arguments));
        }
    )*};
}

helps! {
    program: ["--help"];
    serve: ["serve", "--help"];
    account: ["account", "--help"];
    account_add: ["account", "add", "--help"];
    account_passwd: ["account", "passwd", "--help"];
    account_remove: ["account", "remove", "--help"];
    account_list: ["account", "list", "--help"];
    connect: ["connect", "--help"];
    get: ["get", "--help"];
    put: ["put", "--help"];
    mirror: ["mirror", "--help"];
    jobs: ["jobs", "--help"];
    jobs_list: ["jobs", "list", "--help"];
    jobs_resume: ["jobs", "resume", "--help"];
    jobs_forget: ["jobs", "forget", "--help"];
    ls: ["ls", "--help"];
    cat: ["cat", "--help"];
    stat: ["stat", "--help"];
    du: ["du", "--help"];
    hash: ["hash", "--help"];
    edit: ["edit", "--help"];
    doctor: ["doctor", "--help"];
    mv: ["mv", "--help"];
    rm: ["rm", "--help"];
    mkdir: ["mkdir", "--help"];
    rmdir: ["rmdir", "--help"];
    raw: ["raw", "--help"];
    bookmark: ["bookmark", "--help"];
    bookmark_add: ["bookmark", "add", "--help"];
    trust: ["trust", "--help"];
    trust_list: ["trust", "list", "--help"];
    trust_remove: ["trust", "remove", "--help"];
    check: ["check", "--help"];
    completions: ["completions", "--help"];
    man: ["man", "--help"];
}
