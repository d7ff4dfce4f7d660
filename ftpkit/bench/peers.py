#!/usr/bin/env python3
"""Our server beside vsftpd, ProFTPD, Pure-FTPd and pyftpdlib, on one machine, under one load.

    python3 ftpkit/bench/peers.py [--program target/release/ftpkit] [--runtimes blocking,...] [--only retr,stor,...]
                                  [--servers ours,vsftpd,...] [--work DIR] [-- OPTIONS OF ftpkit bench]

What it does, as root on Debian 12 (it uses apt-get, dpkg, pip, unshare, ip, ss, openssl):

1. Fetches the packages (`apt-get download`, `dpkg -x`) into a directory, since they conflict with each other, with the
   libraries that they lack here, and pyftpdlib into a virtual environment beside them. They are fetched once.
2. Starts itself again in mount and network namespaces of its own. In them /etc is a copy with the users `ftp` and
   `bench` and a PAM service that lets everybody in, /srv is a tmpfs, and loopback is the only network. All of it is gone
   when the script ends; nothing is installed, and nothing outside changes.
3. Fills the tmpfs: a file of 1 GiB, one of 1 KiB, a directory of 10,000 entries, and a place to write for `bench`.
4. Starts every server there: anonymous users read, `bench` (password `bench`) writes; no TLS, no limits on sessions, no DNS
   or ident look-ups, no delays after a login, no slow password hashes. Ours is started once for each runtime given; a program
   that knows only one runtime is called without `--runtime`.
5. Runs `ftpkit bench`, anonymously for what reads and as `bench` for what writes, prints the command lines, and stops all.
   Sockets in TIME_WAIT are cleared away before each measurement, so that no server pays for the one before it.
"""

import argparse
import ctypes
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time

PACKAGES = (
    "vsftpd proftpd-core pure-ftpd pure-ftpd-common libwrap0 libhiredis0.14 libmemcached11 libmemcachedutil2 libhashkit2 "
    "libpcre2-posix3 libsodium23 libcap2 libidn2-0 libpam0g libacl1"
).split()

READING = "retr small-retr logins idle noop noop-pipelined list mlsd many-retr".split()
WRITING = "stor small-stor".split()

CLEAR = "ss --tcp --ipv4 --kill state time-wait"

FILES = pathlib.Path("/srv/files")
USER = 1500
ENTRIES = 10_000

VSFTPD = """\
listen=YES
listen_address={host}
listen_port={port}
background=NO
anonymous_enable=YES
no_anon_password=NO
anon_root={files}
ftp_username=ftp
local_enable=YES
local_root={files}/home
write_enable=YES
local_umask=022
pam_service_name=bench
secure_chroot_dir={work}/empty
xferlog_enable=NO
use_localtime=NO
max_per_ip=0
max_clients=0
delay_failed_login=0
delay_successful_login=0
ssl_enable=NO
seccomp_sandbox=NO
allow_writeable_chroot=YES
"""

PROFTPD = """\
ServerType standalone
DefaultAddress {host}
SocketBindTight on
Port {port}
User ftp
Group ftp
UseIPv6 off
UseReverseDNS off
DelayEngine off
MaxInstances none
MaxClients none
MaxClientsPerHost none
TimeoutIdle 3600
TimeoutNoTransfer 3600
TransferLog none
WtmpLog off
SystemLog none
AuthOrder mod_auth_unix.c
AuthPAM off
RequireValidShell off
PidFile {work}/proftpd.pid
ScoreboardFile none
ControlsEngine off
AllowOverwrite on
DefaultRoot ~
Umask 022
<Anonymous {files}>
  User ftp
  Group ftp
  UserAlias anonymous ftp
  MaxClients none
  MaxClientsPerHost none
  RequireValidShell off
  <Limit WRITE>
    DenyAll
  </Limit>
</Anonymous>
"""

PYFTPDLIB = """\
import logging
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
logging.disable(logging.CRITICAL)
authorizer = DummyAuthorizer()
authorizer.add_anonymous({files!r})
authorizer.add_user("bench", "bench", {files!r} + "/home", perm="elradfmwMT")
FTPHandler.authorizer = authorizer
FTPHandler.timeout = 3600
FTPHandler.auth_failed_timeout = 0
server = FTPServer(("{host}", {port}), FTPHandler)
server.max_cons = 0
server.max_cons_per_ip = 0
server.serve_forever()
"""


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, **options)


def fetch(work):
    """Everything that has to come from elsewhere."""
    packages, root, venv = work / "packages", work / "root", work / "venv"
    if not (root / "fetched").exists():
        packages.mkdir(parents=True, exist_ok=True)
        print("fetching packages", file=sys.stderr)
        run("apt-get", "update", "-qq", stdout=subprocess.DEVNULL)
        run("apt-get", "download", "-qq", *PACKAGES, cwd=packages, stderr=subprocess.DEVNULL)
        for package in packages.glob("*.deb"):
            run("dpkg", "-x", package, root)
        (root / "fetched").touch()
    if not (venv / "fetched").exists():
        run(sys.executable, "-m", "venv", venv)
        run(venv / "bin/pip", "install", "-q", "pyftpdlib")
        (venv / "fetched").touch()


def set_the_scene(work):
    """Users, PAM, tmpfs and loopback, in this namespace only."""
    etc = work / "etc"
    shutil.rmtree(etc, ignore_errors=True)
    run("cp", "-a", "/etc", etc)
    run("mount", "--bind", etc, "/etc")
    run("mount", "-t", "tmpfs", "-o", "size=90%", "tmpfs", "/srv")
    run("ip", "link", "set", "lo", "up")
    password = subprocess.check_output(["openssl", "passwd", "-1", "bench"], text=True).strip()
    for name, line in {
        "passwd": f"ftp:x:{USER + 1}:{USER + 1}::{FILES}:/bin/sh\nbench:x:{USER}:{USER}::{FILES}/home:/bin/sh\n",
        "group": f"ftp:x:{USER + 1}:\nbench:x:{USER}:\n",
        "shadow": f"ftp:*:19000:0:99999:7:::\nbench:{password}:19000:0:99999:7:::\n",
    }.items():
        with open(f"/etc/{name}", "a") as file:
            file.write(line)
    pathlib.Path("/etc/pam.d/bench").write_text("auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n")
    pathlib.Path("/etc/shells").touch()
    (work / "empty").mkdir(exist_ok=True)
    fill()


def fill():
    (FILES / "home").mkdir(parents=True)
    os.chown(FILES / "home", USER, USER)
    block = os.urandom(1 << 20)
    with open(FILES / "large", "wb") as file:
        for _ in range(1024):
            file.write(block)
    (FILES / "small").write_bytes(block[:1024])
    (FILES / "many").mkdir()
    for number in range(ENTRIES):
        (FILES / "many" / f"entry-{number:06}.txt").touch()


def start(name, port, work, program, log, host="127.0.0.1"):
    """Starts a server; its process."""
    root = work / "root"
    place = {"host": host, "port": port, "files": str(FILES), "work": work}
    environment = dict(os.environ)

    def config(text):
        file = work / f"{name}.conf"
        file.write_text(text.format(**place))
        file.chmod(0o600)
        return file

    if name == "vsftpd":
        command = [root / "usr/sbin/vsftpd", config(VSFTPD)]
    elif name == "proftpd":
        command = [root / "usr/sbin/proftpd", "-n", "-q", "-c", config(PROFTPD)]
    elif name == "pure-ftpd":
        # -H: no DNS. -A: chroot. -l unix: passwords of /etc/shadow. -c, -C, -I: nobody is turned away.
        command = f"{root}/usr/sbin/pure-ftpd -4 -H -A -l unix -u 1000 -c 20000 -C 20000 -I 60 -L 20000:8 -S {host},{port}".split()
        command += ["-g", work / "pure-ftpd.pid"]
    elif name == "pyftpdlib":
        file = work / "pyftpdlib_server.py"
        file.write_text(PYFTPDLIB.format(**place))
        command = [work / "venv/bin/python", file]
    else:
        command = [program, "serve", FILES, "--listen", f"{host}:{port}", "--accounts", accounts(work, program)]
        command += ["--idle-timeout", "1h", "--max-sessions", "20000", "--quiet"]
        if "/" in name:
            command += ["--runtime", name.split("/")[1]]
    if name in ("vsftpd", "proftpd", "pure-ftpd"):
        # Only they see the libraries that were fetched with them.
        lib = f"{root}/usr/lib/x86_64-linux-gnu:{root}/lib/x86_64-linux-gnu"
        environment["LD_LIBRARY_PATH"] = lib
    process = subprocess.Popen([str(part) for part in command], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=end_with_parent)
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex((host, port)) == 0:
                return process
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise SystemExit(f"{name} does not start; see {log.name}")


def accounts(work, program):
    file = work / "accounts.json"
    if not file.exists():
        run(program, "account", "add", "bench", "--accounts", file, "--home", FILES / "home", "--password-stdin", input=b"bench\n")
    return file


def end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def bench(program, targets, workloads, arguments, options):
    if not workloads:
        return 0
    command = [program, "bench", *targets, "--only", ",".join(workloads), *arguments, "--prepare", CLEAR, *options]
    print("\n$ " + shlex.join(map(str, command)) + "\n", flush=True)
    return subprocess.run([str(part) for part in command]).returncode


def inside(options):
    """The measurement itself, in namespaces of its own."""
    work, program = options.work, options.program
    set_the_scene(work)
    (work / "accounts.json").unlink(missing_ok=True)
    names = [name for name in options.servers if name != "ours"]
    if "ours" in options.servers:
        names = [f"ours/{runtime}" for runtime in options.runtimes] + names if options.runtimes else ["ours", *names]
    processes = []
    try:
        targets = []
        with open(work / "servers.log", "w") as log:
            for port, name in enumerate(names, start=2121):
                processes.append(start(name, port, work, program, log))
                targets.append(f"{name}=127.0.0.1:{port},{processes[-1].pid}")
        here = "--file large --small-file small --dir many".split()
        chosen = options.only or READING + WRITING
        status = bench(program, targets, [w for w in READING if w in chosen], here, options.rest)
        login = "--user bench --password bench".split()
        return bench(program, targets, [w for w in WRITING if w in chosen], login, options.rest) or status
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def words(text):
    return [word for word in text.split(",") if word]


def main():
    repository = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], epilog="What follows -- goes to `ftpkit bench`.")
    parser.add_argument("--program", type=pathlib.Path, default=repository / "target/release/ftpkit")
    parser.add_argument("--runtimes", type=words, default=[], help="ours, once with each of these as --runtime")
    parser.add_argument("--servers", type=words, default="ours,vsftpd,proftpd,pure-ftpd,pyftpdlib".split(","))
    parser.add_argument("--only", type=words, default=[], help="workloads of `ftpkit bench`")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("/var/tmp/ftpkit-peers"), help="where what is fetched is kept")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = sys.argv[1:]
    split = arguments.index("--") if "--" in arguments else len(arguments)
    options = parser.parse_args(arguments[:split])
    options.rest = arguments[split + 1 :]
    options.program, options.work = options.program.resolve(), options.work.resolve()
    if os.geteuid() != 0:
        raise SystemExit("run this as root: it makes namespaces, and servers change users")
    if options.inside:
        raise SystemExit(inside(options))
    if not options.program.exists():
        raise SystemExit(f"{options.program} is not there: cargo build --release")
    options.work.mkdir(parents=True, exist_ok=True)
    fetch(options.work)
    command = ["unshare", "--mount", "--net", "--propagation", "private", sys.executable, __file__, "--inside", *arguments]
    raise SystemExit(subprocess.run(command).returncode)


if __name__ == "__main__":
    main()
