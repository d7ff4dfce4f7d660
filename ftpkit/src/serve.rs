//! `ftpkit serve`: a server of this directory, until somebody stops it.

use crate::cli::{AnonymousMode, ServeOptions};
use crate::console::Console;
use crate::event::Event;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::remote::encoded_path;
use crate::tls::ServerTls;
use ftp_core::server::{ServerConfig, TlsPolicy, VirtualHost};
use ftp_host::accounts::{AccountFile, Anonymous, Doors};
use ftp_host::data::PassivePorts;
use ftp_host::host::Host;
use ftp_host::registry::{Limits, Registry};
use ftp_host::storage::Disk;
use listenfd::ListenFd;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::fs;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

/// How many entries of the directory are looked at for a file to name in the example.
const LOOKED_AT: usize = 1000;

/// Serves until a signal comes.
///
/// # Errors
/// [`Failure`], if it cannot begin.
pub(crate) fn run(options: &ServeOptions, console: Console) -> Result<(), Failure> {
    let interrupt = Interrupt::install()?;
    let signals = Signals::new([SIGHUP, SIGINT, SIGTERM]);
    let mut signals = signals.map_err(|error| Failure::new(Exit::Internal, "cannot handle signals", error))?;
    let mut host = host(options)?;
    let tls = ServerTls::new(options)?;
    host.tls = tls.as_ref().map(|tls| Arc::clone(&tls.server));
    let policy = tls.as_ref().map_or(TlsPolicy::Off, |tls| tls.policy);
    host.config = Arc::new(ServerConfig {
        tls: policy,
        data_resumption: options.data_resumption,
        clear_control: options.tls_ccc,
        handshake_refused_425: options.tls_refusal == "425",
        ..ServerConfig::clone(&host.config)
    });
    warn(options, policy, console);
    let mut listeners = handed_over()?;
    if listeners.is_empty() {
        listeners = options.listen.iter().map(|&address| listen(address)).collect::<Result<_, _>>()?;
    }
    for &address in &options.tls_listen {
        let listener = listen(address)?;
        let address = listener.local_addr();
        host.implicit_tls.push(address.map_err(|error| Failure::new(Exit::Internal, "cannot serve", error))?);
        listeners.push(listener);
    }
    let implicit = host.implicit_tls.clone();
    let running = options
        .runtime
        .serve(listeners, Arc::new(host))
        .map_err(|error| Failure::new(Exit::Internal, "cannot serve", error))?;

    // From here on a signal lets transfers finish; before, there was nothing to finish.
    let _hold = interrupt.hold();
    announce(options, console, running.addresses(), &implicit, tls.as_ref());
    if let Some(tls) = &tls {
        tls.watch(console);
    }
    for signal in signals.forever() {
        match (signal, &tls) {
            (SIGHUP, Some(tls)) => tls.reload(console),
            // There is nothing to be read anew, and a terminal that is gone takes its server along.
            _ => break,
        }
    }
    console.event(&Event::Stopping);
    console.note("ftpkit: stopping; transfers may finish (once more stops them too)");
    let in_time = running.stop(options.grace);
    console.event(&Event::Stopped { in_time });
    if !in_time {
        console.warning("transfers were cut off; the files that they were to replace are unharmed");
    }
    Ok(())
}

fn host(options: &ServeOptions) -> Result<Host, Failure> {
    let accounts = match &options.accounts {
        Some(file) => {
            Some(AccountFile::load(file).map_err(|error| Failure::new(Exit::Disk, "cannot use the accounts", error))?)
        }
        None => None,
    };
    let open = match options.anonymous {
        AnonymousMode::Off if accounts.is_none() => {
            return Err(Failure::new(
                Exit::Usage,
                "cannot serve",
                "nobody could log in: --anonymous off, and no --accounts",
            )
            .with_remedy("add an account with `ftpkit account add`, and give its file as --accounts"));
        }
        mode => anonymous(mode, &options.dir)?,
    };
    let hosts = options.host.iter().map(|(name, dir)| Ok((name.clone(), anonymous(options.anonymous, dir)?)));
    let hosts = hosts.collect::<Result<_, Failure>>()?;
    let named = options.host.iter().map(|(name, _)| VirtualHost { name: name.clone(), greeting: None }).collect();
    let mut host = Host::new(Doors { anonymous: open, hosts, accounts });
    host.config = Arc::new(ServerConfig {
        hosts: named,
        disabled: options.disable.clone(),
        public_address: options.public_address,
        idle_timeout: options.idle_timeout,
        deflate: options.deflate,
        ..ServerConfig::default()
    });
    if let Some(ports) = &options.passive_ports {
        host.passive_ports = PassivePorts::range(ports.clone());
    }
    let limits = Limits::default();
    host.registry = Registry::new(Limits {
        sessions: options.max_sessions.unwrap_or(limits.sessions),
        per_address: options.max_per_address.unwrap_or(limits.per_address),
    });
    Ok(host)
}

/// What users without a password find in this directory.
fn anonymous(mode: AnonymousMode, dir: &Path) -> Result<Anonymous, Failure> {
    Ok(match mode {
        AnonymousMode::Off => Anonymous::Off,
        AnonymousMode::Ro => Anonymous::ReadOnly(Arc::new(disk(dir)?)),
        AnonymousMode::Upload => Anonymous::Upload(Arc::new(disk(dir)?)),
    })
}

fn disk(dir: &Path) -> Result<Disk, Failure> {
    Disk::open(dir).map_err(|error| {
        Failure::new(Exit::Disk, format!("cannot serve {}", dir.display()), error)
            .with_remedy("name a directory that is there and that you may read")
    })
}

/// The listeners that a supervisor opened for us (systemd's socket activation, `sd_listen_fds(3)`).
fn handed_over() -> Result<Vec<TcpListener>, Failure> {
    let mut sockets = ListenFd::from_env();
    let listeners = (0..sockets.len()).filter_map(|at| sockets.take_tcp_listener(at).transpose());
    listeners.collect::<Result<_, _>>().map_err(|error| {
        Failure::new(Exit::Connect, "cannot take over the listeners of the supervisor", error)
            .with_remedy("a socket unit with ListenStream=, an address and port")
    })
}

fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| {
        let failure = Failure::new(Exit::Connect, format!("cannot listen on {address}"), &error);
        match error.kind() {
            ErrorKind::AddrInUse => failure.with_remedy("another port with --listen; some program listens on this one"),
            ErrorKind::PermissionDenied => {
                failure.with_remedy("a port from 1024 on with --listen; those below need a privilege")
            }
            ErrorKind::AddrNotAvailable => {
                failure.with_remedy("--listen 0.0.0.0:2121, which is every address that this machine has")
            }
            _ => failure,
        }
    })
}

/// Before the first connection can come in.
fn warn(options: &ServeOptions, tls: TlsPolicy, console: Console) {
    if options.listen.iter().all(|address| address.ip().is_loopback()) {
        return;
    }
    match (options.anonymous, &options.accounts) {
        (AnonymousMode::Upload, _) => console.warning("everybody who reaches this machine can fetch and store files"),
        (AnonymousMode::Ro, None) => console.warning("everybody who reaches this machine can fetch every file served"),
        _ => {}
    }
    match tls {
        TlsPolicy::Off if options.accounts.is_some() => {
            console.warning("passwords and files cross the network unencrypted");
        }
        TlsPolicy::Offer if options.accounts.is_some() => {
            console.warning("passwords and files of clients without TLS cross the network unencrypted");
        }
        _ => {}
    }
}

fn announce(
    options: &ServeOptions,
    console: Console,
    addresses: &[SocketAddr],
    implicit: &[SocketAddr],
    tls: Option<&ServerTls>,
) {
    let directory = fs::canonicalize(&options.dir).unwrap_or_else(|_| options.dir.clone());
    let anonymous = options.anonymous != AnonymousMode::Off;
    let user = if anonymous { "" } else { "USER@" };
    let url = addresses.first().map(|&address| format!("ftp://{user}{}/", reachable(address))).unwrap_or_default();
    console.event(&Event::Serving {
        listening: addresses.iter().map(ToString::to_string).collect(),
        directory: anonymous.then(|| directory.display().to_string()),
        anonymous: options.anonymous.name(),
        accounts: options.accounts.as_ref().map(|file| file.display().to_string()),
        url: &url,
        tls: tls.map_or("off", |tls| tls.mode()),
        fingerprint: tls.and_then(|tls| tls.fingerprint).map(|fingerprint| fingerprint.to_string()),
    });
    let shown = |address: &SocketAddr| {
        let begins_with_tls = if implicit.contains(address) { " (ftps)" } else { "" };
        format!("{address}{begins_with_tls}")
    };
    let list = addresses.iter().map(shown).collect::<Vec<_>>().join(", ");
    console.note(&format!("Listening on {list}."));
    match options.anonymous {
        AnonymousMode::Ro => console.note(&format!("Anonymous users can fetch from {}.", directory.display())),
        AnonymousMode::Upload => {
            console.note(&format!("Anonymous users can fetch from {}, and store new files.", directory.display()));
        }
        AnonymousMode::Off => {}
    }
    if let Some(file) = &options.accounts {
        console.note(&format!("The users of {} see their home directories.", file.display()));
    }
    if let Some(tls) = tls {
        console.note(tls.promise());
        if let Some(fingerprint) = tls.fingerprint {
            console.note(&format!("The certificate is the server's own; its SHA-256 is {fingerprint}."));
        }
    }
    let example = if anonymous { example(&directory) } else { None };
    console.note(&match example {
        Some(name) => format!("To fetch:  ftpkit get {url}{}", encoded_path(&name)),
        None => format!("To look:  ftpkit ls {url}"),
    });
    console.note("Ctrl-C stops it.");
}

/// An address that a client on this machine can connect to: listening on every address is none.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The name of some file in the directory.
fn example(dir: &Path) -> Option<Vec<u8>> {
    fs::read_dir(dir)
        .ok()?
        .take(LOOKED_AT)
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .map(|entry| entry.file_name().into_encoded_bytes())
        .filter(|name| !name.starts_with(b"."))
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_names_a_visible_file() -> std::io::Result<()> {
        let dir = tempfile::tempdir()?;
        assert_eq!(example(dir.path()), None);
        fs::write(dir.path().join(".hidden"), "")?;
        fs::create_dir(dir.path().join("a"))?;
        assert_eq!(example(dir.path()), None);
        fs::write(dir.path().join("c"), "")?;
        fs::write(dir.path().join("b c"), "")?;
        assert_eq!(example(dir.path()), Some(b"b c".to_vec()));
        Ok(())
    }

    #[test]
    fn nobody_connects_to_the_unspecified_address() {
        let reach = |text: &str| text.parse().map(|address| reachable(address).to_string());
        assert_eq!(reach("0.0.0.0:21").as_deref(), Ok("127.0.0.1:21"));
        assert_eq!(reach("[::]:21").as_deref(), Ok("[::1]:21"));
        assert_eq!(reach("192.0.2.1:21").as_deref(), Ok("192.0.2.1:21"));
    }
}
