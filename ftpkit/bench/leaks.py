#!/usr/bin/env python3
"""What our server holds after many sessions: descriptors, threads and memory, after a thousand of them and after all.

    python3 ftpkit/bench/leaks.py [--program target/release/ftpkit] [--runtimes blocking,smol,mio] [--sessions 100000] [--minutes 0]

Each session is one of eight: a download, a listing, an upload, a login alone, one that is reset behind the login, a download whose
data connection is reset, an EPSV to which nobody comes, an ABOR. With --minutes it goes on for so long, whatever the number, and
prints a line for each twentieth of the time. The table is Markdown; the status is 1 if there are more descriptors, if memory has grown
by more than a tenth and 2 MiB, or if there are eight more threads, as many as the pools of the runtimes come and go by.
"""

import argparse
import pathlib
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time

RESET = struct.pack("ii", 1, 0)
FIRST = 1000


class Session:
    """A control connection of a user who is logged in."""

    def __init__(self, port):
        self.port = port
        self.control = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.unread = b""
        self.reply("220")
        self.say("USER anonymous\r\nPASS bench@example.org\r\n")
        self.reply("331")
        self.reply("230")

    def say(self, text):
        self.control.sendall(text.encode())

    def reply(self, *codes):
        while True:
            while b"\r\n" not in self.unread:
                more = self.control.recv(4096)
                if not more:
                    raise SystemExit(f"the server closed, where {codes} was to come")
                self.unread += more
            line, _, self.unread = self.unread.partition(b"\r\n")
            if line[3:4] == b" ":
                break
        if line[:3].decode() not in codes:
            raise SystemExit(f"{line.decode()} instead of {codes}")
        return line.decode()

    def data(self, command):
        """The data connection of this command, whose 1xx has come."""
        self.say(f"TYPE I\r\nEPSV\r\n{command}\r\n")
        self.reply("200")
        port = int(re.search(r"\|(\d+)\|", self.reply("229")).group(1))
        data = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.reply("150", "125")
        return data

    def read(self, command):
        with self.data(command) as data:
            while data.recv(65536):
                pass
        self.reply("226", "250")

    def leave(self):
        self.say("QUIT\r\n")
        self.reply("221")
        self.control.close()


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.close()


def play(number, port):
    session = Session(port)
    match number % 8:
        case 0:
            session.read("RETR small")
        case 1:
            session.read("LIST")
        case 2:
            with session.data(f"STOR in/{number}") as data:
                data.sendall(b"x" * 1000)
            session.reply("226", "250")
        case 4:
            return reset(session.control)
        case 5:
            reset(session.data("RETR large"))
            session.reply("426", "451", "226")
        case 6:
            session.say("EPSV\r\n")
            session.reply("229")
        case 7:
            with session.data("RETR large"):
                session.say("ABOR\r\n")
                session.reply("426", "226")
                session.reply("226", "225")
    session.leave()


def held(process):
    """What the server holds when its last sessions are over: descriptors, threads, KiB of memory."""
    seen = []
    for _ in range(30):
        root = pathlib.Path("/proc", str(process.pid))
        status = dict(re.findall(r"^(\w+):\s+(\d+)", (root / "status").read_text(), re.MULTILINE))
        seen.append((len(list((root / "fd").iterdir())), int(status["Threads"]), int(status["VmRSS"])))
        time.sleep(0.1)
    return tuple(min(column) for column in zip(*seen[-10:]))


def run(runtime, options, folder):
    command = [options.program, "serve", folder, "--anonymous", "upload", "--listen", "127.0.0.1:0", "--tls", "off", "--runtime", runtime, "--json"]
    server = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE)
    try:
        port = int(re.search(rb'127\.0\.0\.1:(\d+)', server.stdout.readline()).group(1))
        begun, rows, number = time.monotonic(), [], 0
        end, step = begun + 60 * options.minutes, 3 * options.minutes
        while number < options.sessions or time.monotonic() < end:
            play(number, port)
            number += 1
            due = options.minutes and time.monotonic() >= begun + step * len(rows)
            if number == min(FIRST, options.sessions) or (number > FIRST and due):
                rows.append((number, *held(server)))
        seconds = time.monotonic() - begun
        rows.append((number, *held(server)))
    finally:
        server.kill()
        server.wait()
    for row in rows if options.minutes else (rows[0], rows[-1]):
        print("| {} | {:,} | {} | {} | {:,} |".format(runtime, *row), flush=True)
    print(f"{runtime}: {number / seconds:.0f} sessions a second", file=sys.stderr)
    (_, files, threads, memory), (_, files_now, threads_now, memory_now) = rows[0], rows[-1]
    return files_now <= files and threads_now < threads + 8 and memory_now <= memory * 1.1 + 2048


def main():
    repository = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", type=pathlib.Path, default=repository / "target/release/ftpkit")
    parser.add_argument("--runtimes", type=lambda text: text.split(","), default="blocking,smol,mio".split(","))
    parser.add_argument("--sessions", type=int, default=100_000, help="of each runtime")
    parser.add_argument("--minutes", type=float, default=0, help="so long at least, for each runtime")
    options = parser.parse_args()
    print("| runtime | sessions | descriptors | threads | memory, KiB |\n|---|--:|--:|--:|--:|")
    kept = []
    for runtime in options.runtimes:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "in").mkdir()
            (folder / "small").write_bytes(b"s" * 1024)
            (folder / "large").write_bytes(b"l" * 8_000_000)
            kept.append(run(runtime, options, folder))
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
