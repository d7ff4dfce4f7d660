"""vsftpd, ProFTPD, Pure-FTPd and pyftpdlib side by side with ours, in namespaces of their own, for whoever compares them.

As root on Debian 12 (it uses apt-get, dpkg, pip, unshare, ip, openssl):

- `fetch` gets the packages (`apt-get download`, `dpkg -x`) into a directory, since they conflict with each other, with the
  libraries that they lack here, and pyftpdlib into a virtual environment beside them. They are fetched once.
- `enter` starts the calling script again in mount and network namespaces of its own. In them, after `set_the_scene`, /etc is
  a copy with the users `ftp` and `bench` and a PAM service of their own, /srv is a tmpfs, and loopback is the only
  network. All of it is gone when the script ends; nothing is installed, and nothing outside changes.
- `start` starts a server there: anonymous users read, `bench` (password `bench`) writes; no limits on sessions, no DNS or
  ident look-ups, no delays after a login, no slow password hashes. TLS only where a [`Tls`] is given: then nobody logs in
  without it, and a data connection has to resume the control connection's session where the server can demand that.
"""

import ctypes
import dataclasses
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

PACKAGES = (
    "vsftpd proftpd-core proftpd-mod-crypto pure-ftpd pure-ftpd-common libwrap0 libhiredis0.14 libmemcached11 libmemcachedutil2 libhashkit2 "
    "libpcre2-posix3 libsodium23 libcap2 libidn2-0 libpam0g libacl1"
).split()

FILES = pathlib.Path("/srv/files")
USER = 1500

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

VSFTPD_TLS = """\
allow_anon_ssl=YES
force_local_data_ssl=YES
force_local_logins_ssl=YES
ssl_tlsv1=YES
require_ssl_reuse=YES
strict_ssl_read_eof=YES
ssl_ciphers=HIGH
implicit_ssl={implicit}
rsa_cert_file={certificate}
rsa_private_key_file={key}
require_cert={client}
validate_cert={client}
ca_certs_file={ca}
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
AllowStoreRestart on
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

PROFTPD_TLS = """\
ModulePath {root}/usr/lib/proftpd
LoadModule mod_tls.c
TLSEngine on
TLSRequired on
TLSProtocol {protocols}
TLSRSACertificateFile {certificate}
TLSRSACertificateKeyFile {key}
# Left to itself it reads the system's authorities anew for each session: 30 ms.
TLSCACertificateFile {ca}
TLSVerifyClient {verify}
{options}
"""

PYFTPDLIB = """\
import logging
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import {handler} as FTPHandler
from pyftpdlib.servers import FTPServer
logging.disable(logging.CRITICAL)
authorizer = DummyAuthorizer()
authorizer.add_anonymous({files!r})
authorizer.add_user("bench", "bench", {files!r} + "/home", perm="elradfmwMT")
FTPHandler.authorizer = authorizer
FTPHandler.timeout = 3600
FTPHandler.auth_failed_timeout = 0
FTPHandler.certfile = {pair!r}
FTPHandler.tls_control_required = FTPHandler.tls_data_required = True
server = FTPServer(("{host}", {port}), FTPHandler)
server.max_cons = 0
server.max_cons_per_ip = 0
server.serve_forever()
"""


# OpenSSL reads it at its start, whichever program it serves.
ONLY_TLS_1_2 = """\
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = limits
[limits]
MaxProtocol = TLSv1.2
"""


@dataclasses.dataclass
class Tls:
    """What TLS a server speaks."""

    implicit: bool = False
    only_1_2: bool = False
    # vsftpd and ProFTPD: nobody without a certificate of the authority's.
    client: bool = False


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, **options)


def fetch(work):
    """Everything that has to come from elsewhere."""
    packages, root, venv = work / "packages", work / "root", work / "venv"
    fetched = root / "fetched"
    if not fetched.exists() or fetched.read_text() != " ".join(PACKAGES):
        packages.mkdir(parents=True, exist_ok=True)
        print("fetching packages", file=sys.stderr)
        run("apt-get", "update", "-qq", stdout=subprocess.DEVNULL)
        run("apt-get", "download", "-qq", *PACKAGES, cwd=packages, stderr=subprocess.DEVNULL)
        for package in packages.glob("*.deb"):
            run("dpkg", "-x", package, root)
        fetched.write_text(" ".join(PACKAGES))
    modules = ["pyftpdlib", "pyopenssl"]
    fetched = venv / "fetched"
    if not fetched.exists() or fetched.read_text() != " ".join(modules):
        run(sys.executable, "-m", "venv", venv)
        run(venv / "bin/pip", "install", "-q", *modules)
        fetched.write_text(" ".join(modules))


def certificates(work):
    """An authority, and certificates of it, as files: ca.pem; for this machine certificate.pem, key.pem, and pair.pem with both; for a user user.pem."""
    place = work / "certificates"
    place.mkdir(exist_ok=True)
    ca, ca_key, certificate, key = (place / name for name in ("ca.pem", "ca-key.pem", "certificate.pem", "key.pem"))
    new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    run(*new, "-subj", "/CN=an authority for tests", "-keyout", ca_key, "-out", ca, **quiet)
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    run(*new, "-subj", "/CN=localhost", "-addext", names, "-addext", "basicConstraints=critical,CA:FALSE", "-CA", ca, "-CAkey", ca_key,
        "-keyout", key, "-out", certificate, **quiet)
    (place / "pair.pem").write_text(certificate.read_text() + key.read_text())
    user, user_key = place / "user.pem", place / "user-key.pem"
    run(*new, "-subj", "/CN=bench", "-addext", "basicConstraints=critical,CA:FALSE", "-CA", ca, "-CAkey", ca_key, "-keyout", user_key, "-out", user, **quiet)
    user.write_text(user.read_text() + user_key.read_text())
    return place


def set_the_scene(work, auth="pam_permit.so"):
    """Users, PAM (by default it lets everybody in, at no cost), tmpfs and loopback, in this namespace only."""
    if os.readlink("/proc/self/ns/mnt") == os.readlink(f"/proc/{os.getppid()}/ns/mnt"):
        raise SystemExit("this would change the machine itself: `enter` makes namespaces first")
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
    pathlib.Path("/etc/pam.d/bench").write_text(f"auth required {auth}\naccount required pam_permit.so\nsession required pam_permit.so\n")
    pathlib.Path("/etc/shells").touch()
    pathlib.Path("/etc/hosts").write_text("127.0.0.1 localhost\n")
    (work / "empty").mkdir(exist_ok=True)
    (FILES / "home").mkdir(parents=True)
    os.chown(FILES / "home", USER, USER)
    (work / "accounts.json").unlink(missing_ok=True)


def run_all(names, work, program, tls=None, ours=()):
    """Starts these servers at ports from 2121 on, ours with these options too; name, port and process of each."""
    running = []
    with open(work / "servers.log", "w") as log:
        for port, name in enumerate(names, start=2121):
            running.append((name, port, start(name, port, work, program, log, tls=tls, ours=ours)))
    return running


def stop_all(running):
    for _, _, process in running:
        process.terminate()
    for _, _, process in running:
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()


def named(servers, runtimes):
    """The names with `ours` in the place of one for each runtime."""
    names = [name for name in servers if name != "ours"]
    if "ours" in servers:
        names = [f"ours/{runtime}" for runtime in runtimes] + names if runtimes else ["ours", *names]
    return names


def enter(script, arguments, options, inside):
    """Ends the script with what `inside` says: as root, once more in namespaces of its own, with the servers fetched before."""
    options.program, options.work = options.program.resolve(), options.work.resolve()
    if os.geteuid() != 0:
        raise SystemExit("run this as root: it makes namespaces, and servers change users")
    if options.inside:
        raise SystemExit(inside(options))
    if not options.program.exists():
        raise SystemExit(f"{options.program} is not there: cargo build, with --release to measure")
    options.work.mkdir(parents=True, exist_ok=True)
    fetch(options.work)
    command = ["unshare", "--mount", "--net", "--propagation", "private", sys.executable, script, "--inside", *arguments]
    raise SystemExit(subprocess.run(command).returncode)


def start(name, port, work, program, log, host="127.0.0.1", tls=None, ours=()):
    """Starts a server; its process. With `tls`, `certificates` have to be there."""
    root, secrets = work / "root", work / "certificates"
    place = {"host": host, "port": port, "files": str(FILES), "work": work, "root": root}
    place |= {"ca": secrets / "ca.pem", "certificate": secrets / "certificate.pem", "key": secrets / "key.pem", "pair": str(secrets / "pair.pem")}
    environment = dict(os.environ)
    if tls:
        place["implicit"] = "YES" if tls.implicit else "NO"
        place["options"] = "TLSOptions UseImplicitSSL" if tls.implicit else ""
        place["client"], place["verify"] = ("YES", "on") if tls.client else ("NO", "off")
        place["protocols"] = "TLSv1.2" if tls.only_1_2 else "TLSv1.2 TLSv1.3"
        if tls.only_1_2:
            limits = work / "openssl.conf"
            limits.write_text(ONLY_TLS_1_2)
            environment["OPENSSL_CONF"] = str(limits)
        if tls.implicit and name in ("pure-ftpd", "pyftpdlib"):
            raise SystemExit(f"{name} has no implicit TLS")
    place["handler"] = "TLS_FTPHandler" if tls else "FTPHandler"

    def config(text, more=""):
        file = work / f"{name}.conf"
        file.write_text(((more if tls else "") + text).format(**place))
        file.chmod(0o600)
        return file

    if name == "vsftpd":
        text = VSFTPD.replace("ssl_enable=NO", "ssl_enable=YES") if tls else VSFTPD
        command = [root / "usr/sbin/vsftpd", config(text, VSFTPD_TLS)]
    elif name == "proftpd":
        command = [root / "usr/sbin/proftpd", "-n", "-q", "-c", config(PROFTPD, PROFTPD_TLS)]
    elif name == "pure-ftpd":
        # -H: no DNS. -A: chroot. -l unix: passwords of /etc/shadow. -c, -C, -I: nobody is turned away.
        command = f"{root}/usr/sbin/pure-ftpd -4 -H -A -l unix -u 1000 -c 20000 -C 20000 -I 60 -L 20000:8 -S {host},{port}".split()
        command += ["-g", work / "pure-ftpd.pid"]
        command += ["-Y", "3", "-2", place["pair"]] if tls else []
    elif name == "pyftpdlib":
        file = work / "pyftpdlib_server.py"
        file.write_text(PYFTPDLIB.format(**place))
        command = [work / "venv/bin/python", file]
    else:
        listen = ["--listen", f"{host}:{port}"]
        if tls:
            listen = ["--listen", f"{host}:0", "--tls-listen", f"{host}:{port}"] if tls.implicit else listen
            listen += ["--tls", "require-data", "--tls-cert", place["pair"]]
        else:
            # Left to itself it takes no password in the clear across a network, as with --delay of mirror.py.
            listen += ["--tls", "off"]
        command = [program, "serve", FILES, *listen, "--accounts", accounts(work, program)]
        command += ["--idle-timeout", "1h", "--max-sessions", "20000", "--quiet", *ours]
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


