"""However the same bytes come in, and wherever they are cut, what is counted is the same."""
import gzip
import json
import os
import subprocess
import threading

import pytest

from conftest import TEAPOTD, generate, needs, scan

# Of the reading, not of what was read.
NAMES = {"host", "name", "seq", "kind", "schema", "source"}


@pytest.fixture(scope="module")
def log():
    """Some ordinary lines, and the kinds of line at which a cut would hurt."""
    ordinary = generate("--lines", 2000, "--rate", 20, "--incident", "40,30,0.4")
    odd = b"".join(
        [
            b'203.0.113.7 - - [22/Nov/2026:00:01:40 +0000] "GET /crlf HTTP/1.1" 200 5 "-" "-"\r\n',
            b"\n",
            b"not a line of any log\n",
            b'203.0.113.7 - - [22/Nov/2026:00:01:40 +0000] "GET /\xc3\xff HTTP/1.1" 404 5 "" ""\n',
            b"\0\0\0"
            b'203.0.113.7 - - [22/Nov/2026:00:01:40 +0000] "GET /nul HTTP/1.1" 502 5 "-" "-"\n',
            b'203.0.113.7 - - [22/Nov/2026:00:01:41 +0000] "GET /'
            + b"x" * 70000
            + b' HTTP/1.1" 200 5 "-" "-"\n',
            b'203.0.113.7 - - [22/Nov/2026:00:01:41 +0000] "GET /last HTTP/1.1" 499 0 "-" "-"',
        ]
    )
    return ordinary + odd


def counted(summary):
    """A summary without what depends on how it was read.

    An alert's id and sentence name the source.
    """
    if isinstance(summary, dict):
        skip = NAMES
        if summary.get("schema") == "teapotd.alert/1":
            skip = NAMES | {"id", "summary"}
        return {key: counted(value) for key, value in summary.items() if key not in skip}
    if isinstance(summary, list):
        return [counted(value) for value in summary]
    return summary


def facts(summary):
    """What was counted, leaving out the sources' own members."""
    return counted({key: value for key, value in summary.items() if key != "sources"})


@pytest.fixture(scope="module")
def plain(log, tmp_path_factory):
    path = tmp_path_factory.mktemp("cuts") / "access.log"
    path.write_bytes(log)
    summary = scan("--format", "combined", path)
    assert summary["lines"] == 2007 and summary["requests"] >= 2004
    return path, facts(summary)


def test_threads_do_not_change_the_result(plain):
    path, want = plain
    for threads in (1, 2, 4):
        assert facts(scan("--format", "combined", "--threads", threads, path)) == want


def test_standard_input(log, plain):
    assert facts(scan("--format", "combined", "-", stdin=log)) == plain[1]
    assert facts(scan("--format", "combined", stdin=log)) == plain[1]


def test_gzip_also_in_several_members(log, plain, tmp_path):
    path = tmp_path / "access.log.gz"
    path.write_bytes(gzip.compress(log))
    assert facts(scan("--format", "combined", path)) == plain[1]
    path.write_bytes(gzip.compress(log[:100001]) + gzip.compress(log[100001:]))
    assert facts(scan("--format", "combined", path)) == plain[1]


def test_zstd(log, plain, tmp_path):
    path = tmp_path / "access.log.zst"
    path.write_bytes(
        subprocess.run([needs("zstd"), "-c"], input=log, capture_output=True, check=True).stdout
    )
    assert facts(scan("--format", "combined", path)) == plain[1]


def test_a_name_does_not_say_what_is_in_the_file(log, plain, tmp_path):
    path = tmp_path / "access.log"
    path.write_bytes(gzip.compress(log))
    assert facts(scan("--format", "combined", path)) == plain[1]


def test_damaged_gzip_gives_what_could_be_read_and_exit_1(log, tmp_path):
    path = tmp_path / "access.log.gz"
    path.write_bytes(gzip.compress(log)[:-2000])
    run = subprocess.run(
        [TEAPOTD, "--json", "--format", "combined", path], capture_output=True, timeout=60
    )
    assert run.returncode == 1
    assert "access.log.gz" in run.stderr.decode()
    assert json.loads(run.stdout)["lines"] > 0


def test_fifo(log, plain, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_bytes, args=(log,))
    writer.start()
    assert facts(scan("--format", "combined", fifo)) == plain[1]
    writer.join()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000, 4096])
def test_pieces_of_a_pipe(log, plain, size):
    part = log if size > 3 else log[-100000:]
    want = plain[1] if size > 3 else facts(scan("--format", "combined", "-", stdin=part))
    process = subprocess.Popen(
        [TEAPOTD, "--json", "--format", "combined", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    out = []
    reader = threading.Thread(target=lambda: out.append(process.stdout.read()))
    reader.start()
    for at in range(0, len(part), size):
        os.write(process.stdin.fileno(), part[at : at + size])
    process.stdin.close()
    reader.join()
    assert process.wait(60) == 0
    assert facts(json.loads(out[0])) == want


@pytest.mark.parametrize("size", [7, 1000, 65536])
def test_followed_through_a_pipe(log, plain, size):
    process = subprocess.Popen(
        [TEAPOTD, "-f", "--every", "1h", "--json", "--format", "combined", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    out = []
    reader = threading.Thread(target=lambda: out.append(process.stdout.read()))
    reader.start()
    for at in range(0, len(log), size):
        os.write(process.stdin.fileno(), log[at : at + size])
    process.stdin.close()
    reader.join()
    assert process.wait(60) == 0
    assert_same_counts(out[0], plain[1])


def assert_same_counts(ndjson, want):
    """Interval summaries, which add up to what a scan counts."""
    rows = [json.loads(line) for line in ndjson.splitlines()]
    summaries = [row for row in rows if row.get("kind") == "interval"]
    for member in ("lines", "requests", "unparsed", "ignored", "bytes"):
        assert sum(row[member] for row in summaries) == want[member], member
    codes = {}
    for summary in summaries:
        for row in summary["codes"]:
            key = (row["code"], row["vendor"])
            codes[key] = codes.get(key, 0) + row["count"]
    assert codes == {(row["code"], row["vendor"]): row["count"] for row in want["codes"]}


def test_files_of_several_pieces_are_merged(log, plain, tmp_path):
    lines = log.splitlines(keepends=True)
    parts = []
    for number, at in enumerate(range(0, len(lines), 700)):
        parts.append(tmp_path / ("part%d.log" % number))
        parts[-1].write_bytes(b"".join(lines[at : at + 700]))
    summary = facts(scan("--format", "combined", *parts))
    for member in (
        "lines",
        "requests",
        "unparsed",
        "ignored",
        "bytes",
        "classes",
        "codes",
        "vendors",
        "blame",
    ):
        assert summary[member] == plain[1][member], member
    assert len(parts) == 3
