//! What an enemy sends, and what a crash leaves behind.

use crate::common::{Outcome, Server, noise};
use crate::control::Control;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::thread;

/// The server's memory now, in KiB; its peak is counted from here on (proc(5), `clear_refs`).
fn memory(server: &Server) -> Result<u64, Box<dyn std::error::Error>> {
    fs::write(format!("/proc/{}/clear_refs", server.id()), "5")?;
    peak_memory(server)
}

/// The most memory that the server had since, in KiB.
fn peak_memory(server: &Server) -> Result<u64, Box<dyn std::error::Error>> {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id()))?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.split_whitespace().nth(1).ok_or("no figure")?.parse()?)
}

/// What a session may cost the server in all these attacks, in KiB: a stack's touched pages, a line, some replies.
const BOUND: u64 = 1024;

#[test]
fn ten_megabytes_without_a_line_end() -> Outcome {
    let server = Server::start()?;
    let before = memory(&server)?;
    let mut control = Control::connect(&server)?;
    control.expect("220")?;
    let mut socket = control.socket().try_clone()?;
    // The server hangs up before it has taken it all.
    let sender = thread::spawn(move || socket.write_all(&vec![b'x'; 10 << 20]));
    control.expect("421")?;
    let _ = sender.join();
    let cost = peak_memory(&server)?.saturating_sub(before);
    println!("cost: {cost} KiB");
    assert!(cost < BOUND, "{cost} KiB");
    assert!(Control::connect(&server)?.reply()?.starts_with("220"), "the server goes on");
    Ok(())
}

#[test]
fn a_hundred_thousand_commands_in_one_write() -> Outcome {
    let server = Server::start()?;
    let mut control = Control::log_in(&server, "anonymous", "guest@")?;
    let before = memory(&server)?;
    let mut socket = control.socket().try_clone()?;
    let sender = thread::spawn(move || socket.write_all(&b"NOOP\r\n".repeat(100_000)));
    for _ in 0..100_000 {
        control.expect("200")?;
    }
    assert!(matches!(sender.join(), Ok(Ok(()))));
    let cost = peak_memory(&server)?.saturating_sub(before);
    println!("cost: {cost} KiB");
    assert!(cost < BOUND, "{cost} KiB");
    Ok(())
}

#[test]
fn a_peer_that_never_reads_is_not_listened_to() -> Outcome {
    let server = Server::start()?;
    let control = Control::log_in(&server, "anonymous", "guest@")?;
    let before = memory(&server)?;
    let mut socket = control.socket().try_clone()?;
    socket.set_nonblocking(true)?;
    let commands = b"HELP\r\n".repeat(1 << 16);
    // Until neither the server nor the sockets between take any more.
    let mut sent = 0;
    while let Ok(count) = socket.write(&commands) {
        sent += count;
        assert!(sent < 1 << 30, "the server swallows without end");
    }
    let cost = peak_memory(&server)?.saturating_sub(before);
    println!("cost: {cost} KiB");
    assert!(cost < BOUND, "{cost} KiB");
    Ok(())
}

#[test]
fn nul_and_eight_bits_are_answered() -> Outcome {
    let server = Server::start()?;
    let mut control = Control::log_in(&server, "ann", "secret")?;
    control.send(b"CWD a\0b\r\n")?;
    control.expect("55")?;
    control.send(b"\x80\x81\xfe\r\n")?;
    control.expect("500")?;
    control.send(b"MKD \xe9t\xe9\r\n")?;
    control.expect("257")?;
    assert_eq!(fs::read_dir(server.home())?.count(), 1);
    control.send(b"RMD \xe9t\xe9\r\n")?;
    control.expect("250")?;
    Ok(())
}

#[test]
fn a_browser_is_sent_away() -> Outcome {
    let server = Server::start()?;
    let mut control = Control::connect(&server)?;
    control.expect("220")?;
    control.send(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nDELE important\r\n")?;
    control.expect("421")?;
    assert_eq!(control.reply()?, "", "nothing behind it is carried out");
    Ok(())
}

#[test]
fn no_path_leads_out() -> Outcome {
    let server = Server::start()?;
    let outside = server.work();
    fs::write(outside.join("secret"), "secret")?;
    std::os::unix::fs::symlink(&outside, server.home().join("absolute"))?;
    std::os::unix::fs::symlink("../desk", server.home().join("relative"))?;
    std::os::unix::fs::symlink("../desk/secret", server.home().join("file"))?;
    let mut control = Control::log_in(&server, "ann", "secret")?;
    let commands =
        ["CWD ../desk", "CWD absolute", "CWD relative", "RETR absolute/secret", "RETR relative/secret", "RETR file"];
    for command in commands.into_iter().chain([
        "RETR ../desk/secret",
        "STOR absolute/new",
        "STOR relative/new",
        "MKD absolute/new",
    ]) {
        let reply = control.say(command)?;
        assert!(reply.starts_with("55"), "{command}: {reply}");
    }
    assert_eq!(names(&outside)?, ["secret"]);
    Ok(())
}

#[test]
fn a_link_swapped_in_mid_operation_leads_nowhere() -> Outcome {
    let server = Server::start()?;
    let (home, outside) = (server.home(), server.work());
    fs::write(outside.join("file"), "outside")?;
    fs::create_dir(home.join("inside"))?;
    fs::write(home.join("inside/file"), "inside")?;
    std::os::unix::fs::symlink("inside", home.join("door"))?;
    let mut control = Control::log_in(&server, "ann", "secret")?;
    let swapper = {
        let home = home.clone();
        thread::spawn(move || -> std::io::Result<()> {
            for round in 0..4000 {
                let to = if round % 2 == 0 { outside.as_path() } else { Path::new("inside") };
                std::os::unix::fs::symlink(to, home.join("new-door"))?;
                fs::rename(home.join("new-door"), home.join("door"))?;
            }
            Ok(())
        })
    };
    let mut came = 0;
    while !swapper.is_finished() {
        let mut data = control.data()?;
        if control.say("RETR door/file")?.starts_with('1') {
            let mut content = String::new();
            data.read_to_string(&mut content)?;
            assert_eq!(content, "inside");
            control.expect("226")?;
            came += 1;
        }
    }
    assert!(matches!(swapper.join(), Ok(Ok(()))));
    println!("{came} fetches went through the door while it led inside");
    Ok(())
}

/// At several points of an upload over a file, the server is killed without warning.
#[test]
fn killed_in_mid_upload_the_old_file_is_whole() -> Outcome {
    let old = noise(100_000);
    for sent in [0, 1, 50_000, 100_000, 3 << 20] {
        let mut server = Server::start()?;
        fs::write(server.home().join("file"), &old)?;
        let mut control = Control::log_in(&server, "ann", "secret")?;
        let mut data = control.data()?;
        control.send(b"STOR file\r\n")?;
        control.expect("150")?;
        data.write_all(&vec![b'n'; sent])?;
        if sent > 0 {
            // It has come as far as the disk.
            while aside(&server.home())? == 0 {
                thread::yield_now();
            }
        }
        server.kill()?;
        assert!(fs::read(server.home().join("file"))? == old, "after {sent} bytes");
    }
    Ok(())
}

/// The bytes of the uploads that are aside.
fn aside(home: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(home)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".ftpkit-part") {
            bytes += entry.metadata()?.len();
        }
    }
    Ok(bytes)
}

fn names(dir: &Path) -> std::io::Result<Vec<String>> {
    fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}
