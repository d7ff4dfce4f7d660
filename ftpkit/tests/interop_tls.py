#!/usr/bin/env python3
"""Real clients against the server under TLS: curl, lftp, Python's ftplib and basic-ftp (npm), over loopback.

    python3 ftpkit/tests/interop_tls.py [--program target/release/ftpkit] [--runtime blocking|smol|mio] [--size MIB]

Every client uploads and downloads a file with PROT P, explicitly (AUTH TLS) and implicitly, by TLS 1.2 and 1.3, and both
copies are compared byte by byte. The server demands that data connections resume the session of the control connection;
ftplib cannot by itself, so it is tried twice: as it is, against a server that only prefers it, and taught. Then the taught
ftplib fetches 2,000 small files in one session, each under a ticket that has to be new.

basic-ftp is fetched from the npm registry into a temporary directory; without npm it is left out, which is said.
"""

import argparse
import contextlib
import ftplib
import io
import itertools
import pathlib
import random
import shutil
import ssl
import subprocess
import sys
import tempfile

import interop
from interop import check, digest, run

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import servers

MANY = 2000

BASIC_FTP = """\
const { Client } = require("basic-ftp");
const fs = require("fs");
(async () => {
    const [port, secure, version, ca, local, remote, back] = process.argv.slice(2);
    const client = new Client(60000);
    try {
        await client.access({
            host: "127.0.0.1", port: Number(port), user: "ann", password: "secret",
            secure: secure === "implicit" ? "implicit" : true,
            secureOptions: { ca: fs.readFileSync(ca), minVersion: version, maxVersion: version },
        });
        await client.uploadFrom(local, remote);
        await client.downloadTo(back, remote);
    } finally {
        client.close();
    }
})().catch(error => { console.error(error); process.exit(1); });
"""


class Ftplib(ftplib.FTP_TLS):
    """FTP_TLS with what it lacks: implicit TLS, and data connections that resume the control connection's session."""

    def __init__(self, context, implicit=False, resume=True):
        super().__init__(context=context, encoding="utf-8")
        self.implicit, self.resume = implicit, resume

    @property
    def sock(self):
        return self._sock

    # What `connect` assigns, before it reads the greeting.

    @sock.setter
    def sock(self, value):
        if self.implicit and value is not None and not isinstance(value, ssl.SSLSocket):
            value = self.context.wrap_socket(value, server_hostname=self.host)
        self._sock = value

    def ntransfercmd(self, cmd, rest=None):
        if not self.resume:
            return super().ntransfercmd(cmd, rest)
        conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        if self._prot_p:
            conn = self.context.wrap_socket(conn, server_hostname=self.host, session=self.sock.session)
            if not conn.session_reused:
                raise RuntimeError("the session was not resumed")
        return conn, size


def context_of(version, ca):
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version.replace(".", "_"))
    return context


@contextlib.contextmanager
def session(port, implicit, version, ca, resume=True):
    with Ftplib(context_of(version, ca), implicit, resume) as ftp:
        ftp.connect("127.0.0.1", port, 60)
        ftp.login("ann", "secret")
        ftp.prot_p()
        yield ftp


def curl(port, implicit, version, ca, local, remote, back):
    place = f"{'ftps' if implicit else 'ftp'}://127.0.0.1:{port}/{remote}"
    number = version.removeprefix("TLSv")
    how = ["curl", "-sS", "--ssl-reqd", "--cacert", ca, f"--tlsv{number}", "--tls-max", number, "-u", "ann:secret"]
    up = run(*how, "-T", local, place)
    return up if up.returncode else run(*how, "-o", back, place)


def lftp(port, implicit, version, ca, local, remote, back):
    script = (f"set net:timeout 30; set net:max-retries 1; set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ssl:ca-file {ca}; "
              f"set ssl:priority NORMAL:-VERS-ALL:+VERS-{version.replace('v', '')}; put {local} -o {remote}; get {remote} -o {back}; bye")
    # A host name, which is what GnuTLS compares with the certificate.
    return run("lftp", "-e", script, "-u", "ann,secret", f"{'ftps' if implicit else 'ftp'}://localhost:{port}")


def python(port, implicit, version, ca, local, remote, back, resume=True):
    with session(port, implicit, version, ca, resume) as ftp:
        with open(local, "rb") as file:
            ftp.storbinary(f"STOR {remote}", file)
        with open(back, "wb") as file:
            ftp.retrbinary(f"RETR {remote}", file.write)
        return ftp.quit()


def basic_ftp(place):
    """basic-ftp, if it is to be had."""
    if not shutil.which("npm"):
        print("left out: basic-ftp, since there is no npm here")
        return None
    said = run("npm", "install", "--prefix", place, "--no-audit", "--no-fund", "basic-ftp")
    check("basic-ftp is installed", said.returncode == 0, said)
    script = place / "updown.js"
    script.write_text(BASIC_FTP)

    def way(port, implicit, version, ca, local, remote, back):
        how = "implicit" if implicit else "explicit"
        return run("node", script, str(port), how, version, ca, local, remote, back)

    return way


class Server(interop.Server):
    """A server that listens twice: for AUTH TLS, and for TLS at once."""

    def __init__(self, program, *arguments):
        super().__init__(program, "--tls-listen", "127.0.0.1:0", *arguments)

    def at(self, implicit):
        return self.ports[1 if implicit else 0]


def move(clients, server, home, work, ca, local):
    for (name, client), implicit, version in itertools.product(clients.items(), [False, True], ["TLSv1.2", "TLSv1.3"]):
        what = f"{name}, {'implicit' if implicit else 'explicit'}, {version}"
        back = work / "back"
        try:
            said = client(server.at(implicit), implicit, version, str(ca), str(local), "there", str(back))
        except (OSError, EOFError, RuntimeError, ftplib.Error) as error:
            said = repr(error)
        there = home / "there"
        check(f"{what}: up", there.exists() and digest(there) == digest(local), said)
        check(f"{what}: down", back.exists() and digest(back) == digest(local), said)
        for file in [there, back]:
            file.unlink(missing_ok=True)


def many(server, home, ca):
    (home / "small").write_bytes(b"small")
    for version in ["TLSv1.2", "TLSv1.3"]:
        same = 0
        try:
            with session(server.at(False), False, version, str(ca)) as ftp:
                for _ in range(MANY):
                    got = io.BytesIO()
                    ftp.retrbinary("RETR small", got.write)
                    same += got.getvalue() == b"small"
        except (OSError, EOFError, RuntimeError, ftplib.Error) as error:
            print(repr(error))
        check(f"ftplib fetches {MANY} files in one session, {version}", same == MANY, same)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default="target/release/ftpkit")
    parser.add_argument("--size", type=int, default=100, help="MiB of the file")
    parser.add_argument("--runtime", help="what carries the server's sessions")
    arguments = parser.parse_args()
    if arguments.runtime:
        interop.RUNTIME.extend(["--runtime", arguments.runtime])
    for tool in ["curl", "lftp", "openssl"]:
        if not shutil.which(tool):
            sys.exit(f"{tool} is not installed; try: apt-get install curl lftp openssl")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as place:
        place = pathlib.Path(place)
        home, work, node = place / "home", place / "work", place / "node"
        for directory in [home, work, node]:
            directory.mkdir()
        local = work / "local"
        local.write_bytes(random.Random(1).randbytes(arguments.size << 20))
        secrets = servers.certificates(place)
        ca = secrets / "ca.pem"
        accounts = place / "accounts.json"
        subprocess.run([arguments.program, "account", "add", "ann", "--accounts", accounts, "--home", home,
                        "--permissions", "all", "--password-stdin"], input=b"secret\n", check=True)
        serve = ["--accounts", accounts, "--anonymous", "off", "--tls", "require-data",
                 "--tls-cert", secrets / "certificate.pem", "--tls-key", secrets / "key.pem"]
        clients = {"curl": curl, "lftp": lftp, "ftplib, taught": python, "basic-ftp": basic_ftp(node)}
        with Server(arguments.program, *serve) as server:
            move({name: client for name, client in clients.items() if client}, server, home, work, ca, local)
            many(server, home, ca)
        with Server(arguments.program, *serve, "--data-resumption", "prefer") as server:
            plain = {"ftplib as it is": lambda *rest: python(*rest, resume=False)}
            move(plain, server, home, work, ca, local)
    sys.exit(1 if interop.failures else 0)


if __name__ == "__main__":
    main()
