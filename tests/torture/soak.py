"""Memory over a long time: counts lines whose hosts, paths and agents are new in nearly every one,
and looks at the daemon's resident memory. After the warm-up it must stay within a MiB: the last 60
intervals are remembered, which are a second long here.

    tests/torture/soak.py build/release/teapotd build/release/generate --lines 1000000000
"""
import argparse
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

CONFIG = """
source soak {{ path = "{folder}/log"  format = vhost_combined }}
alert spike {{ by = {{source, host}}  false_alarms = "1 per 30d" }}
store {{ path = "{folder}/store" }}
dimensions = {{host, route, upstream, client}}
summary {{ every = 1s }}
stats {{ listen = {{"unix:{folder}/socket"}} }}
"""


def ask(folder, command):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(30)
        s.connect(str(folder / "socket"))
        s.sendall(command + b"\n")
        parts = []
        while part := s.recv(65536):
            parts.append(part)
    return b"".join(parts)


def rss_kib(process):
    for line in open("/proc/%d/status" % process.pid):
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def settled_kib(process):
    """Without what a checkpoint takes for a moment: the least of a second."""
    least = rss_kib(process)
    for _ in range(10):
        time.sleep(0.1)
        least = min(least, rss_kib(process))
    return least


def wait_for(what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if what():
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit("it takes too long")


def lines_of(folder):
    return json.loads(ask(folder, b"summary"))["lines"]


def soak(options, folder):
    """RSS in KiB after each of the pieces."""
    os.mkfifo(folder / "log")
    (folder / "conf").write_text(CONFIG.format(folder=folder))
    daemon = subprocess.Popen([options.teapotd, "-c", folder / "conf"], stderr=subprocess.DEVNULL)
    seen = []
    try:
        wait_for(lambda: ask(folder, b"health"))
        begin = int(time.time()) - options.lines // options.rate
        each = options.lines // options.pieces
        for i in range(options.pieces):
            start = begin + i * each // options.rate
            with open(folder / "log", "wb") as fifo:
                subprocess.run(
                    [options.generate, "--format", "strange", "--seed", str(i + 1)]
                    + ["--lines", str(each), "--rate", str(options.rate), "--start", str(start)],
                    stdout=fifo,
                    check=True,
                )
            wait_for(lambda: lines_of(folder) == (i + 1) * each)
            seen.append(settled_kib(daemon))
            if options.verbose:
                alerts = json.loads(ask(folder, b"alerts"))["alerts"]
                print(len(alerts), "alerts", file=sys.stderr)
                print((i + 1) * each, seen[-1], file=sys.stderr, flush=True)
        daemon.terminate()
        if daemon.wait(30):
            raise SystemExit("it ended with status %d" % daemon.returncode)
    finally:
        if daemon.poll() is None:
            daemon.kill()
            daemon.wait()
    return seen


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("teapotd")
    parser.add_argument("generate")
    parser.add_argument("--lines", type=int, default=10000000)
    parser.add_argument("--rate", type=int, default=5000, help="lines per second of log time")
    parser.add_argument("--pieces", type=int, default=20)
    parser.add_argument("--warm", type=int, default=5, help="pieces before memory must be flat")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="soak."))
    try:
        seen = soak(options, folder)
    finally:
        shutil.rmtree(folder)
    # A checkpoint that was under way is not what it comes to.
    flat = sorted(seen[options.warm :])
    spread = flat[len(flat) * 19 // 20 - 1] - flat[0]
    print(json.dumps({"lines": options.lines, "rss_kib": seen, "spread_kib": spread}))
    return spread > 2048


if __name__ == "__main__":
    sys.exit(main())
