"""Threads change how fast a log is read, and nothing else."""
import contextlib
import gzip
import json
import os
import sqlite3
import subprocess
import threading
import time

import pytest

from conftest import TEAPOTD, TOP, generate, needs, unix_get, wait_for

DATA = TOP.parent / "shared/data"
THREADS = (1, 2, 5)


def told(threads, *arguments, stdin=None):
    """The summary of a scan, byte for byte but for its host."""
    run = subprocess.run(
        [TEAPOTD, "--json", "--threads", str(threads), *map(str, arguments)],
        stdin=stdin or subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
    )
    assert run.returncode in (0, 1), run.stderr.decode(errors="replace")
    summary = run.stdout.decode()
    host = json.loads(summary)["host"]
    return run.returncode, run.stderr, summary.replace('"host":"%s",' % host, "", 1)


def assert_same(*arguments, stdin=None):
    """The outcome, which must be that of any number of threads."""
    outcomes = []
    for threads in THREADS:
        if stdin:
            with open(stdin, "rb") as file:
                outcomes.append(told(threads, *arguments, stdin=file))
        else:
            outcomes.append(told(threads, *arguments))
    assert outcomes[1] == outcomes[0] and outcomes[2] == outcomes[0]
    return json.loads(outcomes[0][2])


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """A log of several chunks in each format, and one of them all."""
    folder = tmp_path_factory.mktemp("threads")
    mixed = b""
    for kind in ("combined", "timed", "haproxy", "caddy"):
        log = generate("--format", kind, "--lines", 60000, "--rate", 50, "--incident", "300,60,0.4")
        (folder / (kind + ".log")).write_bytes(log)
        mixed += log[: len(log) // 3]
    (folder / "mixed.log").write_bytes(mixed + b"\0" * 70000 + b"x" * 200000 + b"\nno line end")
    return folder


@pytest.mark.parametrize("kind", ["combined", "timed", "haproxy", "caddy", "mixed"])
def test_a_log_of_several_chunks(logs, kind):
    log = logs / (kind + ".log")
    assert log.stat().st_size > 2 * 4194304
    assert assert_same(log)["lines"] >= 60000


@pytest.mark.parametrize("kind", ["combined", "mixed"])
def test_packed_and_standard_input(logs, kind, tmp_path):
    log = (logs / (kind + ".log")).read_bytes()
    packed = tmp_path / "log.gz"
    packed.write_bytes(gzip.compress(log, 1))
    zst = tmp_path / "log.zst"
    zst.write_bytes(
        subprocess.run([needs("zstd"), "-c"], input=log, capture_output=True, check=True).stdout
    )
    plain = assert_same(logs / (kind + ".log"))
    for summary in (
        assert_same(packed),
        assert_same(zst),
        assert_same("-", stdin=logs / (kind + ".log")),
        assert_same("-", stdin=packed),
    ):
        assert summary["lines"] == plain["lines"] and summary["codes"] == plain["codes"]


def test_a_pipe(logs):
    with open(logs / "combined.log", "rb") as file:
        want = told(1, "-", stdin=file)
    for threads in THREADS:
        cat = subprocess.Popen(["cat", logs / "combined.log"], stdout=subprocess.PIPE)
        assert told(threads, "-", stdin=cat.stdout) == want
        cat.stdout.close()
        assert cat.wait(10) == 0


def test_many_files_good_and_bad(logs, tmp_path):
    lines = (logs / "mixed.log").read_bytes().splitlines(keepends=True)
    for i in range(300):
        part = b"".join(lines[i * 150 : i * 150 + 200])
        path = tmp_path / ("%03d.log" % i)
        path.write_bytes(gzip.compress(part, 1) if i % 7 == 3 else part)
    (tmp_path / "100.log").unlink()
    (tmp_path / "150.log").write_bytes(b"")
    (tmp_path / "200.log").write_bytes(gzip.compress(b"".join(lines[:20000]))[:-20])
    (tmp_path / "250.log").write_bytes(b"".join(lines[:60000]))
    summary = assert_same(*[tmp_path / ("%03d.log" % i) for i in range(300)])
    assert len(summary["sources"]) == 300
    assert "failed" in summary["sources"][100]["state"]
    assert "failed" in summary["sources"][200]["state"]


def test_a_fifo_between_files_is_read_in_its_turn(logs, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    log = (logs / "haproxy.log").read_bytes()
    outcomes = []
    for threads in THREADS:
        writer = threading.Thread(target=fifo.write_bytes, args=(log,))
        writer.start()
        outcomes.append(told(threads, logs / "combined.log", fifo, logs / "timed.log"))
        writer.join()
    assert outcomes[1] == outcomes[0] and outcomes[2] == outcomes[0]
    assert outcomes[0][0] == 0


def test_a_file_that_grows_and_shrinks_meanwhile_does_no_harm(logs, tmp_path):
    path = tmp_path / "log"
    log = (logs / "combined.log").read_bytes()
    path.write_bytes(log)
    process = subprocess.Popen(
        [TEAPOTD, "--json", "--threads", "3", str(path)], stdout=subprocess.PIPE
    )
    for _ in range(20):
        with open(path, "ab") as file:
            file.write(log[:100000])
        with open(path, "r+b") as file:
            file.truncate(len(log) // 3)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and json.loads(out)["lines"] > 0


def shared_logs():
    return sorted(DATA.glob("*/*.log")) if DATA.is_dir() else []


def test_all_logs_that_are_at_hand():
    logs = shared_logs()
    if not logs:
        pytest.skip("../shared/data is not there")
    # Lines without a time count for the time of the scan: those logs are compared without it.
    for log in logs:
        outcomes = [json.loads(told(threads, log)[2]) for threads in THREADS]
        if "from" not in outcomes[0]:
            for outcome in outcomes:
                for part in [outcome, *outcome["sources"]]:
                    part.pop("merge", None)
        assert outcomes[1] == outcomes[0] and outcomes[2] == outcomes[0], log
    together = [log for log in logs if "from" in json.loads(told(1, log)[2])]
    assert_same(*together)


class Scraper:
    """Asks for the metrics again and again, as Prometheus would if it were impatient."""

    def __init__(self, socket):
        self.socket, self.seconds, self.is_over = socket, [], False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.is_over:
            began = time.perf_counter()
            assert unix_get(self.socket, "/metrics")[0] == 200
            self.seconds.append(time.perf_counter() - began)

    def stop(self):
        self.is_over = True
        self.thread.join()
        return self.seconds


@pytest.fixture(scope="module")
def backlog(tmp_path_factory):
    """A log that takes a while, and its number of lines."""
    path = tmp_path_factory.mktemp("backlog") / "big.log"
    part = generate("--lines", 250000, "--rate", 500, "--incident", "300,60,0.4")
    with open(path, "wb") as file:
        for _ in range(6):
            file.write(part)
    return path, 6 * 250000


def test_a_backlog_is_counted_exactly_while_clients_are_answered(daemon, backlog):
    path, lines = backlog
    d = daemon('source big { path = {"%s"} }\nsummary { to = "none" }\n' % path)
    scraper = Scraper(d.socket)
    summary = d.wait_for_lines(lines, 60)
    seconds = scraper.stop()
    assert summary["lines"] == lines and summary["unparsed"] == 0
    scanned = json.loads(told(2, path)[2])
    for member in ("requests", "bytes", "classes", "codes", "blame"):
        assert summary[member] == scanned[member], member
    assert len(seconds) > 3 and d.stop() == 0


def stored_offset(store):
    """Where the store says that reading stopped; None before the first checkpoint."""
    if not store.exists():
        return None
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % store, uri=True)) as db:
        try:
            row = db.execute("SELECT bytes_read FROM position").fetchone()
        except sqlite3.OperationalError:  # its tables are not there yet
            return None
    return row and row[0]


def test_after_a_kill_in_a_backlog_reading_goes_on_at_the_last_checkpoint(
    daemon, backlog, tmp_path
):
    path, lines = backlog
    store = tmp_path / "positions"
    config = (
        'source big {{ path = {{"{0}"}} }}\nsummary {{ to = "none" }}\n'
        'store {{ path = "{1}"  checkpoint_every = 100ms }}\n'
    ).format(path, store)
    size, offset = path.stat().st_size, None
    d = daemon(config)
    for _ in range(8):  # a fast machine may have read all before the first checkpoint
        wait_for(lambda: stored_offset(store), "the first checkpoint")
        d.kill()
        offset = stored_offset(store)
        if offset < size:
            break
        for left in tmp_path.glob("positions*"):
            left.unlink()
        d.start()
    else:
        pytest.skip("the backlog is read before it can be killed")
    with open(path, "rb") as file:
        assert offset > 0 and file.read(offset).endswith(b"\n")
    d.start()
    summary = d.wait_for_lines(lines, 60)
    assert summary["lines"] == lines  # those before the kill came from the store
    scanned = json.loads(told(2, path)[2])
    for member in ("requests", "bytes", "classes", "codes", "blame"):
        assert summary[member] == scanned[member], member
    assert d.stop() == 0
