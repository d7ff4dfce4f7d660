#!/usr/bin/env python3
"""Our server beside vsftpd, ProFTPD, Pure-FTPd and pyftpdlib, on one machine, under one load.

    python3 ftpkit/bench/peers.py [--program target/release/ftpkit] [--runtimes blocking,...] [--only retr,stor,...]
                                  [--servers ours,vsftpd,...] [--tls] [--work DIR] [-- OPTIONS OF ftpkit bench]

What it does, as root on Debian 12 (`servers.py` has the first two, and needs apt-get, dpkg, pip, unshare, ip, openssl; this
one ss):

1. Fetches the servers into a directory, once; nothing is installed.
2. Starts itself again in namespaces of its own, where nothing outside changes.
3. Fills the tmpfs: a file of 1 GiB, one of 1 KiB, a directory of 10,000 entries, and a place to write for `bench`.
4. Starts every server there: anonymous users read, `bench` (password `bench`) writes; no limits on sessions, no DNS
   or ident look-ups, no delays after a login, no slow password hashes. Ours is started once for each runtime given; a program
   that knows only one runtime is called without `--runtime`.
5. Runs `ftpkit bench`, anonymously for what reads and as `bench` for what writes, prints the command lines, and stops all.
   Sockets in TIME_WAIT are cleared away before each measurement, so that no server pays for the one before it.

With --tls all of it is under TLS 1.3 with AES-128-GCM, which is all that `bench` offers, and with one RSA certificate. Data
connections resume their control connection's session; ours and vsftpd demand it.

Two things would otherwise make more of a difference than the servers do:

- Congestion control is TCP's plain one (reno), whatever the machine uses. BBR paces what it sends by timers; over loopback
  that spreads the downloads of any server by a factor of two.
- Before each large upload as many pages as it takes are touched and freed. A virtual machine gives pages that are long free
  back to its host, and the server that happens to get them again waits for the host: a factor of five, at random.
"""

import argparse
import os
import pathlib
import shlex
import subprocess
import sys

import servers
from servers import FILES

READING = "retr small-retr logins idle noop noop-pipelined list mlsd many-retr".split()
WRITING = "stor small-stor".split()

CLEAR = "ss --tcp --ipv4 --kill state time-wait"
WARM = CLEAR + "; head -c 1200M /dev/zero > /srv/warm; rm /srv/warm"

ENTRIES = 10_000


def fill():
    block = os.urandom(1 << 20)
    with open(FILES / "large", "wb") as file:
        for _ in range(1024):
            file.write(block)
    (FILES / "small").write_bytes(block[:1024])
    (FILES / "many").mkdir()
    for number in range(ENTRIES):
        (FILES / "many" / f"entry-{number:06}.txt").touch()


def bench(options, targets, workloads, arguments, prepare=CLEAR):
    if not workloads:
        return 0
    tls = ["--tls"] if options.tls else []
    command = [options.program, "bench", *targets, "--only", ",".join(workloads), *tls, *arguments, "--prepare", prepare, *options.rest]
    print("\n$ " + shlex.join(map(str, command)) + "\n", flush=True)
    return subprocess.run([str(part) for part in command]).returncode


def inside(options):
    """The measurement itself, in namespaces of its own."""
    work, program = options.work, options.program
    servers.set_the_scene(work)
    pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").write_text("reno")
    fill()
    if options.tls:
        servers.certificates(work)
    names = servers.named(options.servers, options.runtimes)
    running = servers.run_all(names, work, program, servers.Tls() if options.tls else None)
    try:
        targets = [f"{name}=127.0.0.1:{port},{process.pid}" for name, port, process in running]
        here = "--file large --small-file small --dir many".split()
        chosen = options.only or READING + WRITING
        status = bench(options, targets, [w for w in READING if w in chosen], here)
        login = "--user bench --password bench".split()
        status = bench(options, targets, [w for w in ["stor"] if w in chosen], login, WARM) or status
        return bench(options, targets, [w for w in ["small-stor"] if w in chosen], login) or status
    finally:
        servers.stop_all(running)


def words(text):
    return [word for word in text.split(",") if word]


def main():
    repository = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], epilog="What follows -- goes to `ftpkit bench`.")
    parser.add_argument("--program", type=pathlib.Path, default=repository / "target/release/ftpkit")
    parser.add_argument("--runtimes", type=words, default=[], help="ours, once with each of these as --runtime")
    parser.add_argument("--servers", type=words, default="ours,vsftpd,proftpd,pure-ftpd,pyftpdlib".split(","))
    parser.add_argument("--only", type=words, default=[], help="workloads of `ftpkit bench`")
    parser.add_argument("--tls", action="store_true", help="everything under TLS")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("/var/tmp/ftpkit-peers"), help="where what is fetched is kept")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = sys.argv[1:]
    split = arguments.index("--") if "--" in arguments else len(arguments)
    options = parser.parse_args(arguments[:split])
    options.rest = arguments[split + 1 :]
    servers.enter(__file__, arguments, options, inside)


if __name__ == "__main__":
    main()
