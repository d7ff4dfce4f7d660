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
    let ran = run_with_input(&server.work(), ["connect", "--keep-going", &server.url("")], commands);
    assert_eq!((ran.code, ran.out.as_slice()), (Some(0), &b"/\n"[..]), "{ran:?}");
    fs::write(server.work().join("file"), "bogus\n")?;
    let ran = server.run(["connect", "-f", "file"]);
    assert!(ran.code == Some(2) && ran.err.contains("help shows the commands"), "{ran:?}");
    fs::write(server.work().join("file"), "open\n")?;
    let ran = server.run(["connect", "-f", "file"]);
    assert!(ran.code == Some(2) && ran.err.contains("open URL"), "{ran:?}");
    Ok(())
}
