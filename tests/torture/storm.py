#!/usr/bin/python3
"""A storm over one log: lines are written, the log is rotated in every way, and the daemon is killed,
in an order that a seed decides. In the end each line must have been counted once.

    storm.py TEAPOTD [--seed N] [--steps N] [--folder DIR] [--verbose]

Prints one line of JSON: seed, steps, lines, rotations and kills by kind, and what is wrong, if anything.
Exit status 1 when the counts are not those of the lines. A writer that is quiet while its log is copied
and truncated is assumed: what copytruncate itself loses can't be won back.
"""
import argparse
import collections
import contextlib
import gzip
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

STATUSES = [200] * 12 + [204, 301, 304, 404, 404, 499, 500, 502, 503]
KEPT = 40  # generations
HEAD = b"#Fields: " + b"the same in every file " * 60 + b"\n"  # longer than a fingerprint
KINDS = "rename,rename_and_wait,date,twice,copytruncate"
UNREAD_ROTATIONS = 6  # at most, before the daemon is given time


class Daemon:
    def __init__(self, program, folder, log, more, env):
        self.program, self.folder, self.process = program, folder, None
        self.env = {**os.environ, **env}
        self.socket = folder / "stats.sock"
        self.conf = folder / "teapotd.conf"
        self.conf.write_text(
            'source storm { path = "%s"  format = combined %s }\nstats { listen = {"unix:%s"} }\n'
            'store { path = "%s"  checkpoint_every = 100ms }\nsummary { every = 0 }\n'
            % (log, more, self.socket, folder / "checkpoint")
        )

    def start(self):
        with open(self.folder / "out", "ab") as out:
            self.process = subprocess.Popen(
                [self.program, "-c", str(self.conf)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=self.env,
            )

    def stop(self, how):
        self.process.send_signal(how)
        self.process.wait()

    def saved_ms(self):
        """When the last checkpoint was taken; 0 when there is none."""
        store = "file:%s?mode=ro" % (self.folder / "checkpoint")
        try:
            with contextlib.closing(sqlite3.connect(store, uri=True)) as db:
                row = db.execute("SELECT value FROM meta WHERE name = 'saved_ms'").fetchone()
        except sqlite3.OperationalError:  # it is not there yet, or not made yet
            return 0
        return row[0] if row else 0

    def history(self):
        """How many requests the store's history has."""
        with sqlite3.connect("file:%s?mode=ro" % (self.folder / "checkpoint"), uri=True) as db:
            row = db.execute("SELECT sum(count) FROM history WHERE width = 3600 AND kind = 0")
            return row.fetchone()[0]

    def summary(self):
        """None while it does not answer."""
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(5)
                s.connect(str(self.socket))
                s.sendall(b"summary\n")
                answer = b""
                while not answer.endswith(b"\n"):
                    more = s.recv(65536)
                    if not more:
                        return None
                    answer += more
            return json.loads(answer)
        except (OSError, ValueError):
            return None


class Mtail(Daemon):
    """mtail, which keeps nothing: what it had counted when it was killed is asked for just before,
    and added to what it counts afterwards. So only what is lost or doubled in the log is held
    against it."""

    def __init__(self, program, folder, log, more, env):
        super().__init__(program, folder, log, more, env)
        self.log, self.before = log, collections.Counter()
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.progs = pathlib.Path(__file__).resolve().parents[2] / "bench/mtail/status.mtail"

    def start(self):
        with open(self.folder / "out", "ab") as out:
            self.process = subprocess.Popen(
                [self.program, "-progs", str(self.progs), "-logs", str(self.log)]
                + ["-address", "127.0.0.1", "-port", str(self.port), "-logtostderr"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )

    def stop(self, how):
        self.before += self.counted() or collections.Counter()
        super().stop(how)

    def saved_ms(self):
        return 1

    def history(self):
        return None

    def counted(self):
        try:
            url = "http://127.0.0.1:%d/json" % self.port
            with urllib.request.urlopen(url, timeout=5) as answer:
                metrics = json.load(answer)
        except (OSError, ValueError):
            return None
        (metric,) = [m for m in metrics if m["Name"] == "http_responses"]
        rows = metric.get("LabelValues") or []
        return collections.Counter({r["Labels"][0]: int(r["Value"]["Value"]) for r in rows})

    def summary(self):
        now = self.counted()
        if now is None:
            return None
        codes = self.before + now
        rows = [{"code": code, "count": n} for code, n in codes.items()]
        return {"requests": sum(codes.values()), "codes": rows}


class Storm:
    def __init__(self, options, folder):
        self.random = random.Random(options.seed)
        self.verbose = options.verbose
        self.kinds = options.rotations.split(",")
        self.is_calm = options.calm
        self.does_kill = not options.no_kills
        self.log = folder / "logs/access.log"
        self.log.parent.mkdir()
        self.old = folder / "old" if options.olddir else self.log.parent
        self.old.mkdir(exist_ok=True)
        self.head = HEAD if options.same_head else b""
        self.log.write_bytes(self.head)
        more = 'rotated = "%s/*"' % self.old if options.olddir else ""
        env = {
            "LD_PRELOAD": options.faults or "",
            "FAULTS_SEED": str(options.seed),
            "FAULTS_EVERY": "30",
            "FAULTS_READ": "/access.log",
            "FAULTS_WRITE": "/checkpoint",
            "FAULTS_AFTER_MS": "300",
        }
        kind = Mtail if options.mtail else Daemon
        self.daemon = kind(options.teapotd, folder, self.log, more, env)
        self.does_reload = not options.mtail
        self.truth, self.lines, self.unread = collections.Counter(), 0, 0
        self.rotations, self.kills = collections.Counter(), collections.Counter()
        self.began = int(time.time()) - 86400
        self.half = b""  # of a line, written already
        self.daemon.start()
        self.settle(10)
        while not self.daemon.saved_ms():  # a first start that nothing was kept of
            self.write()
            time.sleep(0.05)

    def line(self):
        status = self.random.choice(STATUSES)
        self.truth[str(status)] += 1
        self.lines += 1
        now = self.began + self.lines // 50
        stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now))
        agent = "x" * self.random.choice((4, 4, 40, 400))
        return b'192.0.2.%d - - [%s] "GET /p/%d HTTP/1.1" %d %d "-" "%s"\n' % (
            self.lines % 250,
            stamp.encode(),
            self.lines,
            status,
            self.lines % 1000,
            agent.encode(),
        )

    def write(self):
        rest, self.half = self.half, b""
        text = rest + b"".join(self.line() for _ in range(self.random.choice((1, 3, 20, 300))))
        if self.random.random() < 0.2:  # the last line comes in two pieces
            cut = self.random.randrange(1, len(text.splitlines(True)[-1]))
            text, self.half = text[:-cut], text[-cut:]
        with open(self.log, "ab") as out:
            out.write(text)

    def finish_line(self):
        with open(self.log, "ab") as out:
            out.write(self.half)
        self.half = b""

    # Each rotation leaves the live log under its name, empty.

    def rotated(self, name):
        return self.old / name

    def shift(self):
        old = self.rotated("access.log.%d" % KEPT)
        old.unlink(missing_ok=True)
        for number in range(KEPT - 1, 0, -1):
            for end in ("", ".gz"):
                name = self.rotated("access.log.%d%s" % (number, end))
                if name.exists():
                    name.rename(self.rotated("access.log.%d%s" % (number + 1, end)))

    def rename(self):
        self.shift()
        self.log.rename(self.rotated("access.log.1"))
        self.log.write_bytes(self.head)

    def rename_and_wait(self):
        """The name is missing for a moment."""
        self.shift()
        self.log.rename(self.rotated("access.log.1"))
        time.sleep(self.random.random() / 20)
        self.log.write_bytes(self.head)

    def date(self):
        name = "access.log-20261122%04d" % sum(self.rotations.values())
        self.log.rename(self.rotated(name))
        self.log.write_bytes(self.head)

    def twice(self):
        self.rename()
        self.write()
        self.finish_line()
        self.rename()

    def copytruncate(self):
        self.shift()
        shutil.copyfile(self.log, self.rotated("access.log.1"))
        os.truncate(self.log, 0)
        with open(self.log, "ab") as out:
            out.write(self.head)

    def compress(self):
        """As with delaycompress: the second one is packed, with the time of its last change."""
        plain = self.rotated("access.log.2")
        if not plain.exists():
            return
        packed = self.rotated("access.log.2.gz")
        with open(plain, "rb") as source, gzip.open(packed, "wb") as out:
            shutil.copyfileobj(source, out)
        stat = plain.stat()
        os.utime(packed, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        plain.unlink()

    def rotate(self):
        if self.unread >= UNREAD_ROTATIONS:
            self.settle(10)
        self.finish_line()
        how = getattr(self, self.random.choice(self.kinds))
        self.rotations[how.__name__] += 1
        self.unread += 1
        how()

    def kill(self):
        how = self.random.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, signal.SIGTERM))
        self.kills[how.name] += 1
        self.daemon.stop(how)
        for _ in range(self.random.choice((0, 0, 1, 3))):  # what happens while it is away
            self.random.choice((self.write, self.write, self.rotate_unwatched))()
        self.daemon.start()
        if self.is_calm:
            self.settle(20)
            self.wait_for_checkpoint()

    def wait_for_checkpoint(self):
        """Until one holds what was counted."""
        before = self.daemon.saved_ms()
        end = time.monotonic() + 2  # nothing new is nothing to be kept
        while self.daemon.saved_ms() == before and time.monotonic() < end:
            time.sleep(0.02)

    def rotate_unwatched(self):
        if self.unread < UNREAD_ROTATIONS:
            self.rotate()

    def settle(self, seconds):
        """Waits until all whole lines are counted."""
        whole = self.lines - bool(self.half)
        end = time.monotonic() + seconds
        summary = None
        while time.monotonic() < end:
            summary = self.daemon.summary() or summary
            if summary and summary["requests"] >= whole:
                break
            time.sleep(0.01)
        self.unread = 0
        return summary

    def step(self):
        action = self.random.choices(
            (self.write, self.rotate, self.kill, self.compress, self.pause, self.hup),
            (50, 12, 12, 3, 22, 1),
        )[0]
        if action == self.kill and not self.does_kill:
            action = self.pause
        if self.verbose:
            print(action.__name__, file=sys.stderr)
        action()

    def pause(self):
        time.sleep(self.random.random() ** 3 / 3)

    def hup(self):
        if not self.does_reload or not self.daemon.summary():
            return  # one that has just begun to start would die of it
        self.daemon.process.send_signal(signal.SIGHUP)

    def end(self):
        self.finish_line()
        summary = self.settle(15)
        time.sleep(0.3)  # should more be counted than there is, it is counted now
        summary = self.daemon.summary() or summary
        self.daemon.stop(signal.SIGTERM)
        got = {row["code"]: row["count"] for row in summary["codes"]} if summary else {}
        codes = {code: (n, got.get(code, 0)) for code, n in self.truth.items() if got.get(code) != n}
        return {
            "lines": self.lines,
            "counted": summary["requests"] if summary else None,
            "in_history": self.daemon.history(),
            "wrong": codes,
            "rotations": dict(self.rotations),
            "kills": dict(self.kills),
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("teapotd")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--rotations", default=KINDS, help="which, divided by commas (%s)" % KINDS)
    parser.add_argument("--no-kills", action="store_true")
    parser.add_argument("--calm", action="store_true", help="wait until a new start has caught up")
    parser.add_argument("--olddir", action="store_true", help="rotated files go to another folder")
    parser.add_argument("--same-head", action="store_true", help="all files begin alike")
    parser.add_argument("--faults", help="a faults.so (tests/faults.c): a disk that fails, too")
    parser.add_argument("--mtail", action="store_true", help="the program is mtail, to compare")
    parser.add_argument("--folder")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    folder = pathlib.Path(options.folder or tempfile.mkdtemp(prefix="storm."))
    storm = Storm(options, folder)
    try:
        for _ in range(options.steps):
            storm.step()
        result = storm.end()
    finally:
        if storm.daemon.process.poll() is None:
            storm.daemon.stop(signal.SIGKILL)
    is_good = not result["wrong"] and result["lines"] == result["counted"] == result["in_history"]
    print(json.dumps({"seed": options.seed, "steps": options.steps, **result}))
    if is_good and not options.folder:
        shutil.rmtree(folder)
    elif not is_good:
        print("its files are in %s" % folder, file=sys.stderr)
    return not is_good


if __name__ == "__main__":
    sys.exit(main())
