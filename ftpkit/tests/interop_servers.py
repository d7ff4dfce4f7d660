#!/usr/bin/env python3
"""Our client under TLS against our server, vsftpd, ProFTPD, Pure-FTPd and pyftpdlib.

    python3 ftpkit/tests/interop_servers.py [--program target/release/ftpkit] [--size MIB] [--many N] [--servers vsftpd,...] [--work DIR]

As root; ../bench/servers.py says how the servers are fetched and started, and that nothing outside changes. Ours, vsftpd and
ProFTPD demand that data connections resume the session of the control connection. From each, by TLS 1.2 and 1.3, explicitly
and, where the server has that, implicitly: a file goes up and comes down again, in one piece and in three, and is compared; then many small files come
down in one session, and go up in one, each under a ticket that has to be new, or in TLS 1.2, which the client prefers with ProFTPD.
Then vsftpd and ProFTPD let nobody in without a certificate, which is shown, and not shown.
"""

import argparse
import os
import pathlib
import random
import subprocess
import sys

import interop
from interop import check, digest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import servers
from servers import FILES, Tls

IMPLICIT = ["ours", "vsftpd", "proftpd"]
CLIENT_CERTIFICATES = ["vsftpd", "proftpd"]


def ftpkit(options, *arguments):
    """Our client; what it said and how it ended."""
    command = [options.program, *arguments, "--ca", options.work / "certificates/ca.pem", "--password-stdin"]
    return subprocess.run([str(part) for part in command], input=b"bench\n", capture_output=True, timeout=300)


def spoken(said, line):
    """How often our side said this, or the server."""
    return sum(line in text for text in said.stderr.decode(errors="replace").splitlines())


def move(options, what, url, local, work):
    back = work / "back"
    up = ftpkit(options, "put", "--overwrite", local, url + "there")
    there = FILES / "home/there"
    check(f"{what}: up", there.exists() and digest(there) == digest(local), up)
    down = ftpkit(options, "get", "--overwrite", url + "there", back)
    check(f"{what}: down", back.exists() and digest(back) == digest(local), down)
    back.unlink(missing_ok=True)
    cut = ftpkit(options, "get", "--segments", "3", "-v", url + "there", back)
    check(f"{what}: down in segments", back.exists() and digest(back) == digest(local) and spoken(cut, "> RETR") == 3, cut)
    for file in [there, back]:
        file.unlink(missing_ok=True)


def many(options, what, url, work):
    goal, there = work / "goal", FILES / "home/goal"
    for place in [goal, there]:
        place.mkdir()
        place.chmod(0o777)
    for way, source, target, place in [("down", url + "many", goal, goal / "many"), ("up", FILES / "home/many", url + "goal", there / "many")]:
        said = ftpkit(options, "put" if way == "up" else "get", "-r", "-j", "1", "-v", source, target)
        same = sum(file.read_bytes() == file.name.encode() for file in place.glob("f*"))
        sessions, refused = spoken(said, "> PBSZ"), sum(spoken(said, f"< {code}") for code in [425, 426, 522])
        check(f"{what}: {options.many} files {way} in one session", (said.returncode, same, sessions, refused) == (0, options.many, 1, 0),
              (said.returncode, same, sessions, refused, said.stderr[-500:]))
        subprocess.run(["rm", "-rf", place.parent], check=True)


def certified(options, what, url, work):
    back, user = work / "back", options.work / "certificates/user.pem"
    there = FILES / "home/many/f00000"
    without = ftpkit(options, "get", "--overwrite", url + "many/" + there.name, back)
    check(f"{what}: nobody without a certificate", without.returncode != 0 and not back.exists(), without)
    shown = ftpkit(options, "get", "--overwrite", "--cert", user, url + "many/" + there.name, back)
    check(f"{what}: in with a certificate", back.exists() and digest(back) == digest(there), shown)
    back.unlink(missing_ok=True)


def inside(options):
    """All of it, in namespaces of its own."""
    servers.set_the_scene(options.work)
    servers.certificates(options.work)
    work = FILES.parent / "work"
    work.mkdir()
    os.environ["XDG_STATE_HOME"] = str(work)
    local = work / "local"
    local.write_bytes(random.Random(1).randbytes(options.size << 20))
    (FILES / "home/many").mkdir()
    for index in range(options.many):
        file = FILES / f"home/many/f{index:05}"
        file.write_text(file.name)
    with open(options.work / "servers.log", "w") as log:
        for name in options.servers:
            for implicit in [False, True] if name in IMPLICIT else [False]:
                # Ours speaks what the client does.
                for only_1_2 in [False] if name == "ours" else [True, False]:
                    tls = Tls(implicit, only_1_2)
                    process = servers.start(name, 2121, options.work, options.program, log, tls=tls)
                    url = f"{'ftps' if implicit else 'ftp'}://bench@127.0.0.1:2121/"
                    what = f"{name}, {'implicit' if implicit else 'explicit'}, {'TLS 1.2' if only_1_2 else 'TLS 1.3'}"
                    try:
                        move(options, what, url, local, work)
                        if not implicit:
                            many(options, what, url, work)
                    finally:
                        servers.stop_all([(name, 2121, process)])
            if name in CLIENT_CERTIFICATES:
                for only_1_2 in [True, False]:
                    process = servers.start(name, 2121, options.work, options.program, log, tls=Tls(only_1_2=only_1_2, client=True))
                    try:
                        certified(options, f"{name}, {'TLS 1.2' if only_1_2 else 'TLS 1.3'}", "ftp://bench@127.0.0.1:2121/", work)
                    finally:
                        servers.stop_all([(name, 2121, process)])
    return 1 if interop.failures else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", type=pathlib.Path, default=pathlib.Path("target/release/ftpkit"))
    parser.add_argument("--size", type=int, default=100, help="MiB of the file")
    parser.add_argument("--many", type=int, default=2000, help="small files in one session")
    parser.add_argument("--servers", type=lambda text: text.split(","), default="ours,vsftpd,proftpd,pure-ftpd,pyftpdlib".split(","))
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("/var/tmp/ftpkit-peers"), help="where what is fetched is kept")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    servers.enter(__file__, sys.argv[1:], options, inside)


if __name__ == "__main__":
    main()
