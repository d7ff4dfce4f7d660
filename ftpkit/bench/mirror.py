#!/usr/bin/env python3
"""`ftpkit mirror` beside lftp, curl and ncftp: a tree of small files, both ways, and one large file.

    python3 ftpkit/bench/mirror.py [--program target/release/ftpkit] [--servers ours,vsftpd] [--clients ftpkit,lftp,...]
                                   [--ways get,put] [--directories 100] [--files 100] [--connections 4] [--rounds 3]
                                   [--delay MILLISECONDS] [--large] [--segments N [--window BYTES]] [--crash] [--seed N]
                                   [--work DIR]

As root, with lftp, curl and ncftp installed; servers and namespaces are those of servers.py. Every client has as many connections
(ncftp, which has one, is started as many times), is timed from its start to its end, and its copy is counted. The clients take
turns in each round; the medians are shown, with the ratio to the best of the others.

With --delay the servers are in a network namespace of their own, and the packets between the two wait for half of it on each way,
those of connecting too. Shown then are the round trips that a file costs on its connection.

With --crash ftpkit alone mirrors, and is killed (SIGKILL) at three random moments, the server at a fourth; it goes on with `ftpkit
jobs resume` each time. A relay in front of the server counts what passes there. Shown are the files that were begun
there more than once, and the bytes that this cost with the listings for going on. At each moment no more can be lost than was under way:
six files on each connection. The copy is compared with the original, byte by byte and date by date (of directories nothing but their
names).

curl lists nothing: it is told the names. With --large one file of 1 GiB is fetched and stored, on one connection. With --segments one
of 100 MiB is fetched in so many segments at once, by ftpkit and by lftp's pget, and by ftpkit in one piece. --window bounds the
buffers of each connection on both sides, and with them what is under way at a time, as many long ways do.
"""

import argparse
import collections
import contextlib
import ctypes
import fcntl
import json
import os
import pathlib
import random
import select
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time

import peers
import relay
import servers

HOME = servers.FILES / "home"
DESK = pathlib.Path("/srv/desk")
CLIENTS = ["ftpkit", "lftp-sync", "lftp-async", "curl", "ncftp"]
NEAR, FAR = "10.99.0.1", "10.99.0.2"


# The commands ------------------------------------------------------------------------------------------------------------------------


def command(client, way, host, port, place, options):
    """What a client is asked: to make `place` on its side what is on the other, as a list of processes to run at once."""
    url = f"ftp://bench:bench@{host}:{port}"
    there = "tree" if way == "get" else place.name
    here = place if way == "get" else DESK / "tree"
    n = options.connections
    directories = [f"d{number:03}" for number in range(options.directories)]
    files = [f"{directory}/f{number:03}" for directory in directories for number in range(options.files)]
    if client == "ftpkit":
        pair = [f"{url}/{there}", here] if way == "get" else [here, f"{url}/{there}"]
        return [[options.program, "mirror", "--quiet", "--tls", "off", "--jobs", n, *pair]]
    if client.startswith("lftp"):
        sync = "on" if client == "lftp-sync" else "off"
        mirror = f"mirror --parallel={n} {there} {here}" if way == "get" else f"mirror -R --parallel={n} {here} {there}"
        settings = f"set ftp:ssl-allow no; set ftp:sync-mode {sync}; set net:connection-limit {n}"
        return [["lftp", "-c", f"{settings}; open -u bench,bench ftp://{host}:{port}; {mirror}"]]
    if client == "curl":
        lines = []
        for name in files:
            pair = (f"{url}/{there}/{name}", here / name)
            lines.append(f'url = "{pair[0]}"\n' + (f'output = "{pair[1]}"' if way == "get" else f'upload-file = "{pair[1]}"'))
        config = DESK / "curl.conf"
        config.write_text("\n".join(lines) + "\n")
        return [["curl", "-s", "-Z", "--parallel-max", n, "--create-dirs", "--ftp-create-dirs", "-K", config]]
    program = ["ncftpget" if way == "get" else "ncftpput", "-V", "-R", "-u", "bench", "-p", "bench", "-P", port, host]
    quarters = [directories[start::n] for start in range(n)]
    if way == "get":
        place.mkdir(parents=True)
        return [[*program, place, *[f"{there}/{directory}" for directory in quarter]] for quarter in quarters if quarter]
    program.insert(1, "-m")
    return [[*program, there, *[here / directory for directory in quarter]] for quarter in quarters if quarter]


def large(client, way, host, port, place, options):
    url = f"ftp://bench:bench@{host}:{port}"
    if client == "ftpkit":
        pair = [f"{url}/large", place] if way == "get" else [DESK / "large", f"{url}/{place.name}"]
        return [[options.program, way, "--quiet", "--tls", "off", *pair]]
    if client.startswith("lftp"):
        verb = f"get large -o {place}" if way == "get" else f"put {DESK / 'large'} -o {place.name}"
        return [["lftp", "-c", f"set ftp:ssl-allow no; open -u bench,bench ftp://{host}:{port}; {verb}"]]
    if client == "curl":
        return [["curl", "-s", *(["-o", place, f"{url}/large"] if way == "get" else ["-T", DESK / "large", f"{url}/{place.name}"])]]
    return None


def segments(client, way, host, port, place, options):
    url = f"ftp://bench:bench@{host}:{port}"
    if client.startswith("ftpkit"):
        segments = 1 if client == "ftpkit-one" else options.segments
        return [[options.program, "get", "--quiet", "--tls", "off", "--segments", segments, f"{url}/large", place]]
    if client == "lftp-pget":
        pget = f"pget -n {options.segments} large -o {place}"
        return [["lftp", "-c", f"set ftp:ssl-allow no; set net:connection-limit 0; open -u bench,bench ftp://{host}:{port}; {pget}"]]
    return None


def run(processes):
    """Runs them at once: seconds from the first start to the last end, and seconds of CPU."""
    began = time.monotonic()
    running = [subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) for words in processes]
    cpu = 0.0
    for process in running:
        _, status, usage = os.wait4(process.pid, 0)
        cpu += usage.ru_utime + usage.ru_stime
        if status:
            print(f"status {status}: {process.args[:4]}", file=sys.stderr)
    return time.monotonic() - began, cpu


# The link ----------------------------------------------------------------------------------------------------------------------------


def tunnel(address):
    """A network device whose packets are ours to carry."""
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, 0x400454CA, struct.pack("16sH", b"wire", 0x1001))  # TUNSETIFF, IFF_TUN | IFF_NO_PI
    servers.run("ip", "address", "add", f"{address}/24", "dev", "wire")
    servers.run("ip", "link", "set", "dev", "wire", "up", "mtu", "16000", "txqueuelen", "10000")
    return device


def carry(ends, delay):
    """Packets from each end to the other, each after `delay` seconds."""
    for end in ends:
        os.set_blocking(end, False)
    waiting = collections.deque()
    while True:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, end, packet = waiting.popleft()
            try:
                os.write(end, packet)
            except OSError:
                pass
        timeout = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for end in select.select(ends, [], [], timeout)[0]:
            other = ends[1] if end == ends[0] else ends[0]
            due = time.monotonic() + delay
            try:
                while True:
                    waiting.append((due, other, os.read(end, 65536)))
            except BlockingIOError:
                pass


def far_side(delay):
    """Forks: the child, for which this returns None, is in a network of its own, at the other end of the link. For the parent it
    returns the child's number and that of the process which carries."""
    near = tunnel(NEAR)
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        servers.end_with_parent()
        if ctypes.CDLL(None, use_errno=True).unshare(0x40000000):  # CLONE_NEWNET
            raise OSError(ctypes.get_errno(), "unshare")
        servers.run("ip", "link", "set", "lo", "up")
        socket.send_fds(theirs, [b"!"], [tunnel(FAR)])
        return None
    _, fds, _, _ = socket.recv_fds(ours, 1, 1)
    carrier = os.fork()
    if carrier == 0:
        servers.end_with_parent()
        carry([near, fds[0]], delay)
    return child, carrier


# The measurement ---------------------------------------------------------------------------------------------------------------------


def grow(root, options):
    block = os.urandom(1024)
    for directory in range(options.directories):
        place = root / f"d{directory:03}"
        place.mkdir(parents=True)
        for file in range(options.files):
            (place / f"f{file:03}").write_bytes(block)


def count(root):
    return sum(len(files) for _, _, files in os.walk(root))


def clear(place):
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def measure(targets, options):
    single = options.large or options.segments
    expected = 1 if single else options.directories * options.files
    task = segments if options.segments else large if options.large else command
    results = collections.defaultdict(list)
    for turn in range(options.rounds):
        for way in options.ways:
            for server, host, port in targets:
                for client in options.clients:
                    place = (DESK if way == "get" else HOME) / f"copy-{turn}"
                    clear(place)
                    processes = task(client, way, host, port, place, options)
                    if processes is None:
                        continue
                    subprocess.run(peers.CLEAR.split(), stdout=subprocess.DEVNULL)
                    taken, cpu = run(processes)
                    found = (1 if place.exists() and place.stat().st_size == options.size else 0) if single else count(place)
                    if found != expected:
                        print(f"{client} {way} {server}: {found} of {expected} files", file=sys.stderr)
                    else:
                        results[way, server, client].append((taken, cpu))
                    clear(place)
    for way in options.ways:
        for server, _, _ in targets:
            show(way, server, {client: results[way, server, client] for client in options.clients if results[way, server, client]}, options)


def show(way, server, results, options):
    print(f"\n{way}, server {server}, {options.rounds} rounds" + (f", {options.delay} ms there and back" if options.delay else ""))
    medians = {client: statistics.median(taken for taken, _ in runs) for client, runs in results.items()}
    best = min((taken for client, taken in medians.items() if client != "ftpkit"), default=None)
    for client, taken in medians.items():
        cpu = statistics.median(cpu for _, cpu in results[client])
        if options.large or options.segments:
            figure = f"{(options.size >> 20) / taken:8.1f} MiB/s"
        else:
            files = options.directories * options.files
            figure = f"{files / taken:8.0f} files/s"
            if options.delay:
                figure += f"  {taken * options.connections / files / (options.delay / 1000):5.2f} round trips a file"
        ratio = f"  {best / taken:5.2f} of the best other" if client == "ftpkit" and best else ""
        print(f"  {client:<11}{taken:8.2f} s {figure}  CPU {cpu:6.2f} s{ratio}", flush=True)


def crash(targets, options, processes):
    seed = options.seed if options.seed is not None else int.from_bytes(os.urandom(4), "big")
    dice = random.Random(seed)
    print(f"seed {seed}")
    for way in options.ways:
        for number, (server, host, port) in enumerate(targets):
            place = (DESK if way == "get" else HOME) / "copy-0"
            clear(place)
            behind, (port, count) = port, relay.start(host, port)
            # A run to the end tells how long it takes, and what passes.
            first = command("ftpkit", way, host, port, place, options)[0]
            whole, _ = run([first])
            clear(place)
            _, once = count("passed")
            words, downs = [*first, "--json", "--retries", "20"], []
            # Short enough that all four moments come before the end.
            for moment in range(4):
                began = time.monotonic()
                client = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                lines = []
                reader = threading.Thread(target=lambda: lines.extend(client.stdout))
                reader.start()
                # Before the first file there is no plan, and nothing to lose.
                while client.poll() is None and not any(b'"started"' in line for line in list(lines)):
                    time.sleep(0.005)
                time.sleep(whole * dice.uniform(0.02, 0.18))
                if moment == 3:
                    # vsftpd's sessions outlive it.
                    for process in [processes[number].pid, *descendants(processes[number].pid)]:
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(process, signal.SIGKILL)
                    processes[number].wait()
                    downs.append(time.monotonic() - began)
                    time.sleep(0.3)
                    with open(options.work / "servers.log", "a") as log:
                        processes[number] = servers.start(server, behind, options.work, options.program, log, host)
                    client.wait()
                else:
                    client.kill()
                    downs.append(time.monotonic() - began)
                    client.wait()
                reader.join()
                for line in lines:
                    if b'"failed"' in line and b'"finished"' not in line:
                        print(line.decode(errors="replace"), end="", file=sys.stderr)
                words = [options.program, "jobs", "resume", "--json", "--tls", "off", "--retries", "20"]
                os.environ["FTPKIT_PASSWORD"] = "bench"
            times, passed = count("passed")
            count("end")
            again = sum(number - 1 for number in times.values() if number)
            spent = passed - once
            same = subprocess.run(["diff", "-r", HOME / "tree" if way == "get" else DESK / "tree", place]).returncode == 0
            held = dates(HOME / "tree" if way == "get" else DESK / "tree", place)
            moments = ", ".join(f"{down:.2f} s" for down in downs)
            print(f"\n{way}, server {server}: client killed after {moments.rsplit(', ', 1)[0]}, server after {moments.rsplit(', ', 1)[1]}")
            print(f"  ended with status {client.returncode}; begun again at the server: {again} files of at most {4 * 6 * options.connections}, {spent} bytes more")
            print(f"  the copy is {'the same' if same else 'ANOTHER'}, {held} of its dates too", flush=True)
            clear(place)


def descendants(process):
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True).stdout.split()
    return [found for child in map(int, children) for found in (child, *descendants(child))]


def dates(original, copy):
    pairs = [(path, copy / path.relative_to(original)) for path in original.rglob("*") if path.is_file()]
    return sum(int(ours.stat().st_mtime) == int(theirs.stat().st_mtime) for ours, theirs in pairs if theirs.exists())


def inside(options):
    work = options.work
    servers.set_the_scene(work)
    peers.fill()
    (work / "accounts.json").unlink(missing_ok=True)
    DESK.mkdir()
    HOME.chmod(0o777)
    if options.segments:
        with open(servers.FILES / "large", "rb") as whole:
            (HOME / "large").write_bytes(whole.read(options.size))
    elif options.large:
        os.link(servers.FILES / "large", HOME / "large")
        os.link(servers.FILES / "large", DESK / "large")
    else:
        grow(HOME / "tree", options)
        grow(DESK / "tree", options)
    for path in [HOME, *HOME.rglob("*")]:
        os.chown(path, servers.USER, servers.USER)
    os.environ["XDG_STATE_HOME"] = str(DESK / "state")
    forks = far_side(options.delay / 2000) if options.delay else ()
    host = FAR if options.delay else "127.0.0.1"
    if options.window:
        # Of this network; the servers have one of their own.
        for direction in ("r", "w"):
            pathlib.Path(f"/proc/sys/net/ipv4/tcp_{direction}mem").write_text(f"4096 {options.window} {options.window}")
    if forks is None:
        serve(options, host)
        signal.pause()
    targets = [(name, host, port) for port, name in enumerate(options.servers, start=2121)]
    processes = [] if options.delay else serve(options, host)
    try:
        for _, _, port in targets:
            reach(host, port)
        if options.crash:
            crash(targets, options, processes)
        else:
            measure(targets, options)
    finally:
        for process in forks:
            os.kill(process, signal.SIGTERM)
        for process in processes:
            process.terminate()


def serve(options, host):
    with open(options.work / "servers.log", "a") as log:
        return [servers.start(name, port, options.work, options.program, log, host) for port, name in enumerate(options.servers, start=2121)]


def reach(host, port):
    for _ in range(200):
        with socket.socket() as probe:
            probe.settimeout(2)
            if probe.connect_ex((host, port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nobody listens on {host}:{port}")


def main():
    repository = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", type=pathlib.Path, default=repository / "target/release/ftpkit")
    parser.add_argument("--servers", type=peers.words, default=["ours", "vsftpd"])
    parser.add_argument("--clients", type=peers.words, default=CLIENTS)
    parser.add_argument("--ways", type=peers.words, default=["get", "put"])
    parser.add_argument("--directories", type=int, default=100)
    parser.add_argument("--files", type=int, default=100, help="in each directory, of 1 KiB")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--delay", type=float, default=0, help="there and back, in milliseconds")
    parser.add_argument("--large", action="store_true", help="one file of 1 GiB")
    parser.add_argument("--segments", type=int, default=0, help="one file of 100 MiB, in so many segments")
    parser.add_argument("--window", type=int, default=0, help="buffers of a connection, in bytes")
    parser.add_argument("--crash", action="store_true", help="client and server are killed on the way")
    parser.add_argument("--seed", type=int, help="of the moments of --crash")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("/var/tmp/ftpkit-peers"), help="where what is fetched is kept")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.size = 100 << 20 if options.segments else 1 << 30
    if options.segments:
        options.ways, options.clients = ["get"], ["ftpkit", "ftpkit-one", "lftp-pget"]
    servers.enter(__file__, sys.argv[1:], options, inside)


if __name__ == "__main__":
    main()
