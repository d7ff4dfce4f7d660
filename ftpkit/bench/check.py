#!/usr/bin/env python3
"""`ftpkit check` on our server and on vsftpd, ProFTPD, Pure-FTPd and pyftpdlib, and the table of what it finds.

    python3 ftpkit/bench/check.py [--program target/debug/ftpkit] [--runtimes blocking,smol,mio] [--servers ours,vsftpd,...]
                                  [--tls explicit|implicit] [--reports DIR] [--work DIR] [-- OPTIONS OF ftpkit check]

As root; `servers.py` says how the servers are fetched and started, and that nothing outside changes. Each is checked as the
user `bench`, who may write. The table that it prints is Markdown, as in README.md; with --reports there is an HTML report for
each server, too.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import servers

LEVELS = ("must", "should", "may")


def check(name, port, options):
    """What `ftpkit check` found: its cases and its summary."""
    # By a name, so that the handshake of TLS asks for it.
    command = [options.program, "check", f"localhost:{port}", "--user", "bench", "--password-stdin", "--json"]
    if options.tls:
        command += ["--tls", options.tls]
    if options.reports:
        options.reports.mkdir(parents=True, exist_ok=True)
        command += ["--html", options.reports / f"{name.replace('/', '-')}.html"]
    command = [str(part) for part in [*command, *options.rest]]
    output = subprocess.run(command, input=b"bench\n", stdout=subprocess.PIPE).stdout
    events = [json.loads(line) for line in output.splitlines()]
    summary = next(event for event in events if event["event"] == "summary")
    return [event for event in events if event["event"] == "case"], summary


def share(counts):
    told = counts["passed"] + counts["failed"]
    return f"{counts['passed']}/{told}" if told else "–"


def table(found):
    documents = []
    for _, summary in found.values():
        documents += [entry["document"] for entry in summary["documents"] if entry["document"] not in documents]
    print("| | " + " | ".join(found) + " |")
    print("|---|" + "--:|" * len(found))
    for document in [*documents, "all"]:
        cells = []
        for _, summary in found.values():
            entry = next((entry for entry in [*summary["documents"], summary["all"]] if entry["document"] == document), None)
            cells.append(" ".join(share(entry[level]) for level in LEVELS) if entry else "–")
        print(f"| {document} | " + " | ".join(cells) + " |")


def inside(options):
    servers.set_the_scene(options.work, "pam_unix.so")
    names = servers.named(options.servers, options.runtimes)
    tls = None
    if options.tls:
        servers.certificates(options.work)
        tls = servers.Tls(implicit=options.tls == "implicit")
    running = servers.run_all(names, options.work, options.program, tls=tls, ours=["--deflate", "6"])
    found = {}
    try:
        for name, port, _ in running:
            found[name] = check(name, port, options)
    finally:
        servers.stop_all(running)
    table(found)
    for name, (cases, summary) in found.items():
        print(f"\n{name}:\n")
        for case in cases:
            if case["verdict"] == "failed":
                print(f"- {case['level']} {case['name']} ({case['sources']}) {case['title']}: permitted {case['permitted']}; {case['seen']}")
            elif case["verdict"] == "skipped" and "hostile" not in case["reason"]:
                print(f"- skipped {case['name']}: {case['reason']}")
        for rule in summary["replies"]:
            if rule["verdict"] == "failed":
                print(f"- {rule['level']} {rule['name']}: {rule['seen']}")
    left = [str(path) for path in servers.FILES.rglob("ftpkit-check-*")]
    if left:
        raise SystemExit(f"left behind: {left}")


def words(text):
    return [word for word in text.split(",") if word]


def main():
    repository = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], epilog="What follows -- goes to `ftpkit check`.")
    parser.add_argument("--program", type=pathlib.Path, default=repository / "target/debug/ftpkit")
    parser.add_argument("--runtimes", type=words, default=[], help="ours, once with each of these as --runtime")
    parser.add_argument("--servers", type=words, default="ours,vsftpd,proftpd,pure-ftpd,pyftpdlib".split(","))
    parser.add_argument("--tls", choices=("explicit", "implicit"), help="everything under TLS; implicit: not for all servers")
    parser.add_argument("--reports", type=pathlib.Path, help="where the HTML reports go")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("/var/tmp/ftpkit-peers"), help="where what is fetched is kept")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = sys.argv[1:]
    split = arguments.index("--") if "--" in arguments else len(arguments)
    options = parser.parse_args(arguments[:split])
    options.rest = arguments[split + 1 :]
    servers.enter(__file__, arguments, options, inside)


if __name__ == "__main__":
    main()
