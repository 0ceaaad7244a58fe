"""Counts over kill -9 and restart: each line once, whenever the daemon dies."""
import os
import random
import signal

from conftest import wait_for

LINE = (
    '192.0.2.7 - - [22/Nov/2026:16:%02d:%02d +0000] "GET /page/%d HTTP/1.1" %d 512 "-" "curl"\n'
)
CONFIG = """
source a {{ path = {{"{folder}/logs/*.log"}} }}
store {{ path = "{folder}/state"  checkpoint_every = 100ms }}
"""


def lines(first, n):
    return "".join(
        LINE % (i // 60 % 60, i % 60, i, (200, 200, 404, 502)[i % 4]) for i in range(first, first + n)
    )


def truth(n):
    return {"200": (n + 3) // 4 + (n + 2) // 4, "404": (n + 1) // 4, "502": n // 4}


def counted(summary):
    return {row["code"]: row["count"] for row in summary["codes"]}


def begin(tmp_path, daemon):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/access.log").touch()
    return daemon(CONFIG.format(folder=tmp_path))


def test_totals_outlive_a_restart(tmp_path, daemon):
    d = begin(tmp_path, daemon)
    log = tmp_path / "logs/access.log"
    log.write_text(lines(0, 1000))
    before = d.wait_for_lines(1000)
    assert d.stop() == 0
    d.start()
    after = d.summary()
    for member in ("lines", "requests", "bytes", "classes", "codes", "vendors", "blame", "from"):
        assert after[member] == before[member], member
    assert after["top"] == before["top"]
    (source,) = after["sources"]
    assert source["lines"] == 1000 and counted(source) == truth(1000)
    with open(log, "a") as out:
        out.write(lines(1000, 500))
    assert counted(d.wait_for_lines(1500)) == truth(1500)
    assert 'teapotd_http_responses_total{source="a/access.log",code="502"' in d.get(
        "/metrics"
    ).decode()


def test_each_line_counts_once_over_kills(tmp_path, daemon):
    """Killed at random while a log is written and rotated; in the end the counts are the truth."""
    chance = random.Random(7)
    d = begin(tmp_path, daemon)
    log = tmp_path / "logs/access.log"
    written = 0
    for round_ in range(12):
        for _ in range(chance.randrange(1, 6)):
            n = chance.randrange(1, 400)
            with open(log, "a") as out:
                out.write(lines(written, n))
            written += n
            if chance.random() < 0.7:
                least = chance.randrange(written + 1)
                wait_for(lambda: d.summary()["lines"] >= least, "some lines")
        if round_ % 4 == 3:
            d.wait_for_lines(written)
            os.rename(log, tmp_path / ("logs/old-%d.log" % round_))
            log.touch()
        d.process.send_signal(signal.SIGKILL)
        d.process.wait()
        d.notifications.close()
        d.start()
    summary = d.wait_for_lines(written)
    assert summary["lines"] == written
    assert counted(summary) == truth(written)


def test_a_store_that_can_not_be_written_is_tried_again(tmp_path, daemon):
    (tmp_path / "logs").mkdir()
    log = tmp_path / "logs/access.log"
    log.write_text(lines(0, 100))
    config = CONFIG.format(folder=tmp_path).replace("/state", "/later/state")
    d = daemon(config)
    d.wait_for_lines(100)
    assert "can't open the store: No such file or directory" in d.said()
    (tmp_path / "later").mkdir()
    wait_for(lambda: "checkpoints are written again" in d.said(), "a checkpoint")
    with open(log, "a") as out:
        out.write(lines(100, 50))
    d.wait_for_lines(150)
    assert d.stop() == 0
    d.start()
    assert counted(d.summary()) == truth(150)


def test_a_damaged_store_begins_anew_with_counts_and_offsets_alike(tmp_path, daemon):
    d = begin(tmp_path, daemon)
    (tmp_path / "logs/access.log").write_text(lines(0, 100))
    d.wait_for_lines(100)
    assert d.stop() == 0
    state = tmp_path / "state"
    damaged = bytearray(state.read_bytes())
    damaged[-3] ^= 1
    state.write_bytes(damaged)
    d.start()
    assert counted(d.wait_for_lines(100)) == truth(100)
    assert "damaged" in d.said()
