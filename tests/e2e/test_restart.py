"""Counts over kill -9 and restart: each line once, whenever the daemon dies."""
import contextlib
import json
import os
import pathlib
import random
import resource
import signal
import sqlite3
import subprocess
import time

import pytest

from conftest import TEAPOTD, Receiver, free_port, generate, scan, wait_for

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


def begin(tmp_path, daemon, more=""):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/access.log").touch()
    return daemon(CONFIG.format(folder=tmp_path) + more)


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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")
def test_a_store_on_a_file_system_that_may_only_be_read_comes_when_it_may_be_written(
    tmp_path, daemon, running
):
    folder, log = tmp_path / "store", tmp_path / "logs/access.log"
    folder.mkdir()
    log.parent.mkdir()
    log.write_text(lines(0, 40))
    mounts = "mount --make-rprivate / && mount -t tmpfs -o ro tmpfs '%s' && exec sleep infinity"
    holder = running(["unshare", "-m", "sh", "-c", mounts % folder])
    within = ("nsenter", "-t", str(holder.pid), "-m", "--")
    wait_for(
        lambda: str(folder) in pathlib.Path("/proc/%d/mounts" % holder.pid).read_text(), "the mount"
    )
    d = daemon(CONFIG.format(folder=tmp_path).replace("/state", "/store/state"), wrap=within)
    d.wait_for_lines(40)
    assert "Read-only file system" in d.said()
    subprocess.run([*within, "mount", "-o", "remount,rw", str(folder)], check=True)
    wait_for(lambda: "checkpoints are written again" in d.said(), "a checkpoint")
    with open(log, "a") as out:
        out.write(lines(40, 40))
    d.wait_for_lines(80)
    d.kill()
    d.start(wrap=within)
    assert counted(d.wait_for_lines(80)) == truth(80)


def test_a_damaged_store_begins_anew_with_counts_and_offsets_alike(tmp_path, daemon):
    d = begin(tmp_path, daemon)
    (tmp_path / "logs/access.log").write_text(lines(0, 100))
    d.wait_for_lines(100)
    assert d.stop() == 0
    state = tmp_path / "state"
    damaged = bytearray(state.read_bytes())
    damaged[damaged.rindex(b"access.log")] ^= 1
    state.write_bytes(damaged)
    d.start()
    assert counted(d.wait_for_lines(100)) == truth(100)
    assert "damaged" in d.said()


RULE = 'alert spike { by = {source, host}  false_alarms = "1 per 30d" }\n'
TOLD = ("state", "since", "at", "resolved_at", "requests", "errors", "codes", "where", "samples")


def told(alerts):
    return sorted(json.dumps([alert.get(key) for key in TOLD]) for alert in alerts)


def test_alerts_and_what_detectors_learned_outlive_kills(tmp_path, daemon):
    """Killed nine times before, in and after an outage: the alerts are those of one that ran on."""
    rules, log = tmp_path / "rules.conf", tmp_path / "logs/access.log"
    rules.write_text(RULE)
    lines = generate(
        "--format", "vhost", "--lines", 180000, "--rate", 100, "--incident", "900,120,0.6"
    )
    d = begin(tmp_path, daemon, RULE)
    rows = lines.splitlines(keepends=True)
    for n in range(0, 180000, 18000):
        with open(log, "ab") as out:
            out.write(b"".join(rows[n : n + 18000]))
        d.wait_for_lines(n + 18000)
        if n % 54000:  # sometimes when it is stored, sometimes at once
            wait_until_stored(tmp_path / "state")
        d.kill()
        d.start()
    scanned = scan("--replay", rules, log)["alerts"]
    assert scanned and all(alert["state"] == "resolved" for alert in scanned)
    followed = wait_for(
        lambda: d.alerts() if len(d.alerts()) == len(scanned) else None, "the alerts"
    )
    assert told(followed) == told(scanned)


def wait_until_stored(state):
    """Waits until a checkpoint holds the log's end."""
    size = (state.parent / "logs/access.log").stat().st_size
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % state, uri=True)) as db:
        wait_for(
            lambda: db.execute("SELECT max(bytes_read) FROM position").fetchone()[0] == size,
            "the log's end in the store",
        )


def test_an_alert_that_waits_for_its_receiver_outlives_a_kill(tmp_path, daemon):
    port = free_port()
    notify = 'notify ops { webhook = "http://127.0.0.1:%d/hook" }\n' % port
    d = begin(tmp_path, daemon, RULE + notify)
    log, now = tmp_path / "logs/access.log", int(time.time()) - 60
    live = b"".join(
        b'192.0.2.7 - - [%s] "GET / HTTP/1.1" %d 5 "-" "curl"\n'
        % (time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(second)).encode(), code)
        for second in range(now - 900, now)
        for code in [200] * 20 + [502 if second > now - 60 else 200] * 20
    )
    log.write_bytes(live)
    alert = wait_for(lambda: d.alerts()[0] if d.alerts() else None, "the alert")
    wait_until_stored(tmp_path / "state")
    d.kill()
    server = Receiver(port)
    got = server.bodies
    d.start()
    try:
        wait_for(lambda: got, "the alert at its receiver")
        ((_, first),) = got
        assert (first["id"], first["state"]) == (alert["id"], "firing")
        assert [a["state"] for a in d.alerts()] == ["firing"]
        queued(tmp_path / "state", 0)
        d.kill()
        d.start()
        with open(log, "ab") as out:  # the receiver's thread would have got a second one by then
            out.write(live[:1000].rpartition(b"\n")[0] + b"\n")
        d.wait_for_lines(live.count(b"\n") + live[:1000].count(b"\n"))
        assert len([body for _, body in got if body["state"] == "firing"]) == 1
    finally:
        server.close()


def queued(state, n):
    """Waits until so many bodies wait in the store."""
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % state, uri=True)) as db:
        wait_for(
            lambda: db.execute("SELECT count(*) FROM note WHERE kind = 'queue'").fetchone()[0] == n,
            "%d bodies in the store" % n,
        )


def test_intervals_add_up_to_the_total_over_a_kill(tmp_path, daemon):
    out = tmp_path / "summaries.ndjson"
    d = begin(tmp_path, daemon, 'summary { every = 1s  to = "%s" }\n' % out)
    log, written = tmp_path / "logs/access.log", 0
    for _ in range(5):
        with open(log, "a") as to:
            to.write(lines(written, 500))
        written += 500
        d.wait_for_lines(written)
        d.kill()
        d.start()
    d.wait_for_lines(written)
    assert d.stop() == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    last = {row["seq"]: row for row in rows if row["kind"] == "interval"}
    assert sum(row["requests"] for row in last.values()) == written


def test_a_second_daemon_at_one_store_does_not_start(tmp_path, daemon):
    d = begin(tmp_path, daemon)
    config = tmp_path / "second.conf"
    config.write_text(CONFIG.format(folder=tmp_path))
    run = subprocess.run([TEAPOTD, "-c", config], capture_output=True, text=True, timeout=20)
    assert run.returncode == 1
    assert "%s: another teapotd has this store" % (tmp_path / "state") in run.stderr
    (tmp_path / "logs/access.log").write_text(lines(0, 10))
    d.wait_for_lines(10)


def test_with_fewer_descriptors_than_files_each_line_counts_once(tmp_path, daemon):
    """300 logs and 150 descriptors: written to in turn, rotated, killed."""
    d = begin(tmp_path, daemon)
    resource.prlimit(d.process.pid, resource.RLIMIT_NOFILE, (150, 150))
    logs = [tmp_path / ("logs/%03d.log" % i) for i in range(300)]
    written = 0
    for round_ in range(3):
        for i, log in enumerate(logs):
            if round_ and i % 7 == round_:
                log.rename(tmp_path / ("logs/%03d.log.1" % i))
            with open(log, "a") as out:
                out.write(lines(written, 5))
            written += 5
        d.wait_for_lines(written)
    summary = d.summary()
    assert summary["lines"] == written and counted(summary) == truth(written)
    assert len(os.listdir("/proc/%d/fd" % d.process.pid)) <= 150
    d.kill()
    d.start()
    resource.prlimit(d.process.pid, resource.RLIMIT_NOFILE, (150, 150))
    for log in logs:
        with open(log, "a") as out:
            out.write(lines(written, 1))
        written += 1
    summary = d.wait_for_lines(written)
    assert summary["lines"] == written and counted(summary) == truth(written)


def stored_offset(folder, path):
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % (folder / "state"), uri=True)) as db:
        row = db.execute("SELECT bytes_read FROM position WHERE path = ?", (str(path),)).fetchone()
        return row and row[0]


def test_a_log_that_can_not_be_read_at_the_start_keeps_its_place(tmp_path, daemon):
    """Others are read and checkpoints written meanwhile; restarts and a reload come, too."""
    (tmp_path / "logs").mkdir()
    log, other = tmp_path / "logs/access.log", tmp_path / "logs/other.log"
    log.write_text(lines(0, 50))
    other.write_text(lines(0, 5))
    config = 'source a {{ path = {{"{0}/logs/*.log"}} format = combined }}\n'.format(tmp_path)
    config += 'store {{ path = "{0}/state" checkpoint_every = 100ms }}\n'.format(tmp_path)
    d = daemon(config)
    d.wait_for_lines(55)
    d.stop()
    hidden = tmp_path / "hidden"
    for how in (signal.SIGKILL, signal.SIGTERM):
        log.rename(hidden)
        log.symlink_to(log)  # ELOOP: it is there, and root can't open it either
        d = daemon(config)
        d.reload()
        with open(other, "a") as out:
            out.write(lines(100, 5))
        d.wait_for_lines(60 if how == signal.SIGKILL else 65)
        wait_for(lambda: stored_offset(tmp_path, other) == other.stat().st_size, "a checkpoint")
        d.process.send_signal(how)
        d.process.wait()
        log.unlink()
        hidden.rename(log)
    d = daemon(config)
    with open(log, "a") as out:
        out.write(lines(200, 3))
    assert d.wait_for_lines(68)["lines"] == 68


def test_a_file_that_was_renamed_has_one_place_though_its_old_name_can_not_be_read(tmp_path, daemon):
    (tmp_path / "logs").mkdir()
    old, new = tmp_path / "logs/a.log", tmp_path / "logs/b.log"
    old.write_text(lines(0, 50))
    config = CONFIG.format(folder=tmp_path)
    d = daemon(config)
    d.wait_for_lines(50)
    d.stop()
    old.rename(new)
    old.symlink_to(old)
    for expected in (55, 60):
        with open(new, "a") as out:
            out.write(lines(expected, 5))
        d = daemon(config)
        d.wait_for_lines(expected)
        wait_for(lambda: stored_offset(tmp_path, new) == new.stat().st_size, "a checkpoint")
        assert d.summary()["lines"] == expected
        d.kill()


def stored_ms(folder):
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % (folder / "state"), uri=True)) as db:
        return db.execute("SELECT value FROM meta WHERE name = 'saved_ms'").fetchone()[0]


def test_what_was_rotated_away_is_found_though_its_log_could_not_be_read_for_a_run(tmp_path, daemon):
    """Checkpoints of that run, and a reload, don't make it old."""
    (tmp_path / "logs").mkdir()
    log, other = tmp_path / "logs/access.log", tmp_path / "logs/other.log"
    log.write_text(lines(0, 50))
    other.write_text(lines(0, 5))
    config = CONFIG.format(folder=tmp_path)
    d = daemon(config)
    d.wait_for_lines(55)
    d.stop()
    log.rename(tmp_path / "logs/access.log.2")
    unseen = tmp_path / "logs/access.log.1"
    unseen.write_text(lines(100, 10))
    just_young = stored_ms(tmp_path) - 2990  # by the margin of 3 s
    os.utime(unseen, ns=(just_young * 1000000,) * 2)
    log.symlink_to(log)  # ELOOP: it is there, and root can't open it either
    for expected in (60, 65):
        before = stored_ms(tmp_path)
        d = daemon(config)
        d.reload()
        with open(other, "a") as out:
            out.write(lines(200, 5))
        d.wait_for_lines(expected)
        wait_for(lambda: stored_offset(tmp_path, other) == other.stat().st_size, "a checkpoint")
        wait_for(lambda: stored_ms(tmp_path) > before + 10, "a later moment")
        d.kill()
    log.unlink()
    log.write_text(lines(300, 3))
    d = daemon(config)
    assert d.wait_for_lines(78)["lines"] == 78
