//! `connect` without a screen: commands from a pipe or a file.

use crate::common::{Outcome, Server, run_with_input};
use std::fs;

#[test]
fn the_commands_of_a_pipe_are_obeyed_one_by_one() -> Outcome {
    let server = Server::start()?;
    fs::create_dir(server.home().join("pub"))?;
    fs::write(server.home().join("pub/a.txt"), "alpha\n")?;
    fs::write(server.home().join("pub/b c"), "beta")?;
    fs::write(server.work().join("new"), "gamma")?;
    let commands = "\
cd pub            # a remark
pwd
ls
cat a.txt
get 'b c' here
mput new
ren new newer
md sub
size newer
del *.txt
cdup
rd pub/sub
!echo shell; echo twice
bye
never obeyed
";
    let ran = run_with_input(&server.work(), ["connect", &server.url_as("ann", "")], commands.as_bytes());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    insta::assert_snapshot!(String::from_utf8_lossy(&ran.out));
    assert_eq!(fs::read(server.work().join("here"))?, b"beta");
    let names: Vec<_> = crate::bulk::tree(&server.home())?.into_keys().collect();
    assert_eq!(names, ["pub", "pub/b c", "pub/newer"]);
    Ok(())
}

#[test]
fn the_first_command_that_fails_is_the_last() -> Outcome {
    let server = Server::start()?;
    let commands = b"cd none\npwd\n";
    let ran = run_with_input(&server.work(), ["connect", &server.url("")], commands);
    assert_eq!((ran.code, ran.out.as_slice()), (Some(5), &b""[..]), "{ran:?}");
    assert!(ran.err.contains("line 1:") && ran.err.contains("try: `ls` shows what is there"), "{ran:?}");
    let ran = run_with_input(&server.work(), ["connect", "--keep-going", &server.url("")], commands);
    assert_eq!((ran.code, ran.out.as_slice()), (Some(0), &b"/\n"[..]), "{ran:?}");
    // No other command runs by mistake where the first is not to be had.
    let ran = run_with_input(&server.work(), ["connect"], b"pwd\nlpwd\n");
    assert!(ran.code == Some(2) && ran.out.is_empty() && ran.err.contains("there is no connection"), "{ran:?}");
    fs::write(server.work().join("file"), "bogus\n")?;
    let ran = server.run(["connect", "-f", "file"]);
    assert!(ran.code == Some(2) && ran.err.contains("help shows the commands"), "{ran:?}");
    fs::write(server.work().join("file"), "open\n")?;
    let ran = server.run(["connect", "-f", "file"]);
    assert!(ran.code == Some(2) && ran.err.contains("open URL"), "{ran:?}");
    Ok(())
}

/// What issue and habit ask of an FTP client at its prompt.
const COMMANDS: &str = "open close user ls dir nlst cd cdup pwd mkdir rmdir delete rename get put mget mput append reget \
    reput mirror sync cat less edit chmod size modtime hash quote site feat help status type mode struct passive debug lcd lls \
    lpwd lmkdir lcat quit bye copy del md rd ren stat du system binary ascii limit conflict";

#[test]
fn every_command_is_there_and_says_what_it_does() -> Outcome {
    let server = Server::start()?;
    let lines: Vec<_> = COMMANDS.split_whitespace().map(|name| format!("help {name}\n")).collect();
    let ran = run_with_input(&server.work(), ["connect"], lines.concat().as_bytes());
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    Ok(())
}

/// The names that other systems give them are in the help, and whatever people type without thinking is understood.
#[test]
fn every_name_is_in_the_help_and_options_of_listings_are_known() -> Outcome {
    let server = Server::start()?;
    for (name, size) in [("small", 1), ("large", 300), ("middle", 20)] {
        fs::write(server.home().join(name), vec![b'x'; size])?;
    }
    let ran = run_with_input(&server.work(), ["connect"], b"help\n");
    let help = String::from_utf8_lossy(&ran.out).into_owned();
    for name in
        "list ll copy send recv del erase rm md rd ren mv move chdir bye exit more image text raw syst sync".split(' ')
    {
        let also = |line: &str| line.contains("(also ") && line.contains(name);
        assert!(help.lines().any(also), "{name} is not in\n{help}");
    }
    let commands = b"ls -lS\nls -Sr\ndir -la .\n";
    let ran = run_with_input(&server.work(), ["connect", &server.url_as("ann", "")], commands);
    let lines: Vec<_> = std::str::from_utf8(&ran.out)?.lines().map(str::to_owned).collect();
    let name = |line: &String| line.split_whitespace().last().unwrap_or_default().to_owned();
    assert_eq!(lines.iter().take(3).map(name).collect::<Vec<_>>(), ["large", "middle", "small"], "{ran:?}");
    assert_eq!((lines[3].as_str(), lines.len()), ("small   middle  large", 7), "{ran:?}");
    let ran = run_with_input(&server.work(), ["connect", &server.url_as("ann", "")], b"ls -x\n");
    assert!(ran.code == Some(5), "what is no option is a name: {ran:?}");
    Ok(())
}

#[test]
fn the_less_usual_commands_do_what_they_say() -> Outcome {
    let server = Server::start()?;
    fs::write(server.home().join("log"), "one\n")?;
    fs::write(server.home().join("half"), "0123456789")?;
    fs::write(server.work().join("more"), "two\n")?;
    fs::write(server.work().join("half"), "01234")?;
    fs::create_dir(server.work().join("site"))?;
    fs::write(server.work().join("site/index"), "x")?;
    let commands = "\
append more log
less log
type log
type ascii
type
mode block
get log copied
mode stream
struct record
get log records
struct file
binary
reget half
hash half
chmod 600 half
modtime nothing
stat half
passive off
ls
passive
nlst
lmkdir made
lcd made
lls
lcd ..
lcat more
mirror site :site
mirror --dry-run --delete site :site
mirror --delete :site twin
du site
debug on
quote NOOP
debug off
site CHMOD 644 half
user bob
close
status
";
    let arguments = ["connect", "--keep-going", &server.url_as("ann", "")];
    let mut command = crate::common::program();
    command.env("FTPKIT_PASSWORD", "secret");
    let ran = crate::common::run_command(command, &server.work(), arguments, commands.as_bytes());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(fs::read(server.home().join("log"))?, b"one\ntwo\n");
    assert_eq!(fs::read(server.work().join("copied"))?, b"one\ntwo\n");
    assert_eq!(fs::read(server.work().join("records"))?, b"one\ntwo\n");
    assert_eq!(fs::read(server.work().join("half"))?, b"0123456789");
    assert_eq!(fs::read(server.home().join("site/index"))?, b"x");
    assert!(server.work().join("made").is_dir());
    assert_eq!(fs::read(server.work().join("twin/index"))?, b"x");
    let out = String::from_utf8_lossy(&ran.out).into_owned();
    let steady = |line: &str| !line.contains("20") && !line.contains("ftp://");
    insta::assert_snapshot!(out.lines().filter(|line| steady(line)).collect::<Vec<_>>().join("\n"));
    assert!(ran.err.contains("> NOOP") && !ran.err.contains("> QUIT"), "{}", ran.err);
    let failures = ran.err.matches("ftpkit: ").count();
    assert_eq!(failures, 2, "nothing but `modtime nothing` and `status` after `close` failed: {}", ran.err);
    Ok(())
}
