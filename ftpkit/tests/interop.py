#!/usr/bin/env python3
"""Real clients against the server: curl, wget, lftp and Python's ftplib, over loopback.

    python3 ftpkit/tests/interop.py [--program target/release/ftpkit] [--runtime blocking|smol|mio] [--size MIB]

Every client fetches a large file, an empty file, a file with a name that is not ASCII, and a listing of 10,000 entries,
and compares them byte by byte. With an account, every client that can puts, appends, resumes, renames, makes and removes.
It exits with 1 if anything differs, and says what.
"""

import argparse
import ftplib
import hashlib
import io
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

NAME = "näme with space"
RUNTIME = []
failures = 0


def check(what, holds, detail=""):
    global failures
    print(f"{'ok  ' if holds else 'FAIL'} {what}{'' if holds else ': ' + str(detail)[-600:]}", flush=True)
    failures += not holds


def digest(path):
    sha = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            sha.update(chunk)
    return sha.hexdigest()


def run(*command):
    return subprocess.run(command, capture_output=True, timeout=300)


class Server:
    """A server on a free port, for as long as the block lasts."""

    def __init__(self, program, *arguments):
        command = [program, "serve", "--json", "--listen", "127.0.0.1:0", *RUNTIME, *map(str, arguments)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        started = json.loads(self.process.stdout.readline())
        self.ports = [int(address.rsplit(":", 1)[1]) for address in started["listening"]]
        self.port = self.ports[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)


def fetch(port, root, work, user=None):
    """Each client's way of fetching `remote` to `local`."""
    login = "anonymous:guest@" if user is None else user
    base = f"ftp://127.0.0.1:{port}/"
    name, password = login.split(":")

    def python(remote, local):
        with ftplib.FTP(encoding="utf-8") as ftp, open(local, "wb") as file:
            ftp.connect("127.0.0.1", port, 30)
            ftp.login(name, password)
            ftp.retrbinary(f"RETR {remote}", file.write)

    quote = urllib.parse.quote
    ways = {
        "curl": lambda remote, local: run("curl", "-sS", "-u", login, "-o", local, base + quote(remote)),
        "wget": lambda remote, local: run("wget", "-q", f"--user={name}", f"--password={password}", "-O", local, base + quote(remote)),
        "lftp": lambda remote, local: run(
            "lftp", "-e", f'set net:timeout 20; set net:max-retries 1; get "{remote}" -o "{local}"; bye', "-u",
            f"{name},{password}", f"127.0.0.1:{port}"),
        "ftplib": python,
    }
    for client, way in ways.items():
        for remote in ["large", "empty", NAME]:
            local = work / f"{client}-{remote}"
            said = way(remote, str(local))
            same = local.exists() and digest(local) == digest(root / remote)
            check(f"{client} fetches {remote}", same, said)
            local.unlink(missing_ok=True)


def list_many(port, expected):
    names = run("curl", "-sS", "--list-only", f"ftp://127.0.0.1:{port}/many/").stdout.decode().split()
    check("curl lists 10,000 names", sorted(names) == expected, len(names))
    names = run("lftp", "-e", "cls -1 many; bye", f"127.0.0.1:{port}").stdout.decode().split()
    check("lftp lists 10,000 names", sorted(name.rsplit("/", 1)[-1] for name in names) == expected, len(names))
    page = run("wget", "-q", "-O", "-", f"ftp://127.0.0.1:{port}/many/").stdout.decode()
    check("wget lists 10,000 names", page.count("<a href=") >= 10_000, page.count("<a href="))
    with ftplib.FTP(encoding="utf-8") as ftp:
        ftp.connect("127.0.0.1", port, 30)
        ftp.login()
        facts = [(name, facts) for name, facts in ftp.mlsd("many") if facts["type"] == "file"]
        check("ftplib lists 10,000 entries by MLSD", sorted(name for name, _ in facts) == expected, len(facts))
        check("ftplib sees their sizes", all(int(facts["size"]) == int(name[1:]) % 7 for name, facts in facts))
        # What NLST gives is what RETR takes (RFC 959 4.1.3): the names with the directory that was asked about.
        names = sorted(ftp.nlst("many"))
        check("ftplib lists 10,000 names by NLST", names == [f"many/{name}" for name in expected], names[:1])


def change(port, home, work):
    """Put, append, resume, rename, make and remove, by each client that can."""
    data = random.Random(7).randbytes(3_000_000)
    local = work / "local"
    local.write_bytes(data)
    half = len(data) // 2
    base = f"ftp://127.0.0.1:{port}/"
    login = ["-u", "ann:secret"]

    run("curl", "-sS", *login, "-T", str(local), base + "curl.bin")
    check("curl puts", (home / "curl.bin").read_bytes() == data)
    run("curl", "-sS", *login, "-a", "-T", str(local), base + "curl.bin")
    check("curl appends", (home / "curl.bin").read_bytes() == data + data)
    (home / "curl.half").write_bytes(data[:half])
    run("curl", "-sS", *login, "-C", "-", "-T", str(local), base + "curl.half")
    check("curl resumes an upload", (home / "curl.half").read_bytes() == data)
    (work / "down").write_bytes(data[:half])
    run("curl", "-sS", *login, "-C", "-", "-o", str(work / "down"), base + "curl.half")
    check("curl resumes a download", (work / "down").read_bytes() == data)
    run("curl", "-sS", *login, "-Q", "-RNFR curl.half", "-Q", "-RNTO curl.moved", "-Q", "-MKD curl.dir", base)
    check("curl renames and makes", (home / "curl.moved").exists() and (home / "curl.dir").is_dir())
    run("curl", "-sS", *login, "-Q", "-DELE curl.moved", "-Q", "-RMD curl.dir", base)
    check("curl removes", not (home / "curl.moved").exists() and not (home / "curl.dir").exists())
    run("curl", "-sS", *login, "--ftp-port", "-", "-T", str(local), base + "curl.active")
    check("curl puts in active mode", (home / "curl.active").read_bytes() == data)

    (home / "lftp.half").write_bytes(data[:half])
    script = (f'set net:max-retries 1; put "{local}" -o lftp.bin; put -c "{local}" -o lftp.half; mv lftp.half lftp.moved; '
              f'mkdir lftp.dir; mkdir lftp.gone; rmdir lftp.gone; put "{local}" -o lftp.rm; rm lftp.rm; bye')
    said = run("lftp", "-e", script, "-u", "ann,secret", f"127.0.0.1:{port}")
    check("lftp puts", (home / "lftp.bin").read_bytes() == data, said)
    check("lftp resumes and renames", (home / "lftp.moved").read_bytes() == data, said)
    check("lftp makes and removes", (home / "lftp.dir").is_dir() and not (home / "lftp.gone").exists()
          and not (home / "lftp.rm").exists(), said)

    with ftplib.FTP(encoding="utf-8") as ftp:
        ftp.connect("127.0.0.1", port, 30)
        ftp.login("ann", "secret")
        ftp.storbinary("STOR py.bin", io.BytesIO(data))
        check("ftplib puts", (home / "py.bin").read_bytes() == data)
        ftp.storbinary("APPE py.bin", io.BytesIO(b"tail"))
        check("ftplib appends", (home / "py.bin").read_bytes() == data + b"tail")
        ftp.storbinary("STOR py.bin", io.BytesIO(data[half:]), rest=half)
        check("ftplib resumes by REST", (home / "py.bin").read_bytes() == data)
        ftp.storlines("STOR py.txt", io.BytesIO(b"one\r\ntwo\r\n"))
        check("ftplib puts text", (home / "py.txt").read_bytes() == b"one\ntwo\n")
        lines = []
        ftp.retrlines("RETR py.txt", lines.append)
        check("ftplib fetches text", lines == ["one", "two"])
        ftp.set_pasv(False)
        got = io.BytesIO()
        ftp.retrbinary("RETR py.bin", got.write)
        check("ftplib fetches in active mode", got.getvalue() == data)
        ftp.set_pasv(True)
        ftp.rename("py.txt", NAME)
        check("ftplib renames", (home / NAME).exists())
        check("ftplib makes", ftp.mkd('say "hi"') == '/say "hi"' and (home / 'say "hi"').is_dir())
        ftp.rmd('say "hi"')
        ftp.delete(NAME)
        check("ftplib removes", not (home / NAME).exists() and not (home / 'say "hi"').exists())


def fill(program, place):
    """An upload that does not fit, over a file that does: a small tmpfs is filled, which needs root."""
    disk = place / "disk"
    disk.mkdir()
    mounted = run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk))
    check("a small tmpfs is mounted (as root)", mounted.returncode == 0, mounted)
    if mounted.returncode:
        return
    try:
        (disk / "file").write_bytes(b"old")
        accounts = place / "full.json"
        subprocess.run([program, "account", "add", "ann", "--accounts", accounts, "--home", disk,
                        "--permissions", "all", "--password-stdin"], input=b"secret\n", check=True)
        with Server(program, place / "root", "--accounts", accounts) as server, ftplib.FTP() as ftp:
            ftp.connect("127.0.0.1", server.port, 30)
            ftp.login("ann", "secret")
            try:
                said = ftp.storbinary("STOR file", io.BytesIO(bytes(4 << 20)))
            except ftplib.error_temp as error:
                said = str(error)
            except ConnectionError:
                # The server has closed the data connection; what it says stands on the other one.
                try:
                    said = ftp.getresp()
                except ftplib.error_temp as error:
                    said = str(error)
            check("a full disk is answered by 452", said.startswith("452"), said)
            check("and the old file is whole", (disk / "file").read_bytes() == b"old")
    finally:
        run("umount", str(disk))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default="target/release/ftpkit")
    parser.add_argument("--size", type=int, default=1024, help="MiB of the large file")
    parser.add_argument("--runtime", help="what carries the server's sessions")
    arguments = parser.parse_args()
    if arguments.runtime:
        RUNTIME.extend(["--runtime", arguments.runtime])
    for tool in ["curl", "wget", "lftp"]:
        if not shutil.which(tool):
            sys.exit(f"{tool} is not installed; try: apt-get install curl wget lftp")
    shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=shared) as place:
        place = pathlib.Path(place)
        root, home, work = place / "root", place / "home", place / "work"
        for directory in [root, home, work, root / "many"]:
            directory.mkdir()
        chunk = random.Random(1).randbytes(1 << 20)
        with open(root / "large", "wb") as file:
            for index in range(arguments.size):
                file.write(index.to_bytes(8, "big") + chunk[8:])
        (root / "empty").touch()
        (root / NAME).write_bytes(chunk[:1000])
        expected = [f"f{index:05}" for index in range(10_000)]
        for index, name in enumerate(expected):
            (root / "many" / name).write_bytes(b"x" * (index % 7))
        with Server(arguments.program, root) as server:
            fetch(server.port, root, work)
            list_many(server.port, expected)
        accounts = place / "accounts.json"
        subprocess.run([arguments.program, "account", "add", "ann", "--accounts", accounts, "--home", home,
                        "--permissions", "all", "--password-stdin"], input=b"secret\n", check=True)
        with Server(arguments.program, root, "--accounts", accounts, "--anonymous", "off") as server:
            change(server.port, home, work)
        fill(arguments.program, place)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
