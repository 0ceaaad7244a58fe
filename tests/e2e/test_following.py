"""What a daemon follows beside plain files, and what it writes while it does."""
import glob
import json
import os
import random
import signal
import subprocess
import time

import pytest

from conftest import TEAPOTD, Daemon, generate, needs, wait_for

RULE = "alert t { window = 5s  min_requests = 10  warning = 5%  critical = 20% }\n"


def line(status, at):
    stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(at))
    return '192.0.2.7 - - [%s] "GET /tea HTTP/1.1" %d 5 "-" "-"\n' % (stamp, status)


def written(path):
    return [json.loads(text) for text in path.read_text().splitlines()] if path.exists() else []


def alerts_in(path, state):
    return [o for o in written(path) if o["schema"] == "teapotd.alert/1" and o["state"] == state]


def test_a_fifo_is_read_on_when_writers_come_and_go(tmp_path, daemon):
    fifo = tmp_path / "log.fifo"
    os.mkfifo(fifo)
    d = daemon('source f { path = {"%s"}  format = combined }\n' % fifo)
    for _ in range(3):
        with open(fifo, "wb") as out:
            out.write(generate("--lines", 100))
    wait_for(lambda: d.summary()["requests"] == 300, "300 lines of three writers")


def test_alerts_stand_between_the_summaries_in_their_file(tmp_path, daemon):
    log, out = tmp_path / "a.log", tmp_path / "out.ndjson"
    d = daemon(
        'source a {{ path = {{"{0}"}}  format = combined }}\n'
        'summary {{ every = 1s  to = "{1}" }}\n{2}'.format(log, out, RULE)
    )
    now = time.time()
    log.write_text("".join(line(200 if i % 2 else 502, now + i // 10 - 5) for i in range(50)))
    fired = wait_for(lambda: alerts_in(out, "firing"), "the alert")[0]
    assert fired["rule"] == "t" and fired["codes"][0]["code"] == "502"
    wait_for(lambda: alerts_in(out, "resolved"), "its end, when nothing more comes")
    assert any(o["schema"] == "teapotd.summary/1" and o["requests"] == 50 for o in written(out))
    assert d.process.poll() is None


def test_an_alert_of_a_fifo_ends_when_nothing_more_comes(tmp_path, daemon):
    fifo, out = tmp_path / "log.fifo", tmp_path / "out.ndjson"
    os.mkfifo(fifo)
    daemon(
        'source f {{ path = {{"{0}"}}  format = combined }}\n'
        'summary {{ every = 1s  to = "{1}" }}\n{2}'.format(fifo, out, RULE)
    )
    now = time.time()
    with open(fifo, "w") as to:
        to.write("".join(line(502, now + i // 10 - 5) for i in range(50)))
    wait_for(lambda: alerts_in(out, "firing"), "the alert")
    wait_for(lambda: alerts_in(out, "resolved"), "its end")


def test_which_format_was_chosen_is_said_and_said_again_when_it_changes(tmp_path, daemon):
    log = tmp_path / "a.log"
    d = daemon('source a {{ path = {{"{0}"}} }}\n'.format(log))
    now = time.time()
    log.write_text("".join(line(200, now) for _ in range(70)))
    wait_for(lambda: "a: read as combined: 64 of 64 lines" in d.output.read_text(), "the choice")
    with open(log, "a") as out:
        out.write(json.dumps({"status": 200, "time": now}) + "\n")
        out.write((json.dumps({"status": 404, "time": now}) + "\n") * 9)
    wait_for(lambda: "a: read as json: " in d.output.read_text(), "the change")
    assert d.summary()["requests"] == 80


def test_a_source_that_a_reload_changes_goes_on_where_it_was(tmp_path, daemon):
    log = tmp_path / "a.log"
    config = 'source a {{ path = {{"{0}"}}  format = combined {1} }}\n'
    d = daemon(config.format(log, ""))
    log.write_bytes(generate("--lines", 100))
    wait_for(lambda: d.summary()["requests"] == 100, "100 lines")
    d.write_config(config.format(log, "vendor = nginx"))
    d.reload()
    with open(log, "ab") as out:
        out.write(generate("--lines", 50, "--seed", 2))
    wait_for(lambda: d.summary()["requests"] >= 150, "50 more")
    assert d.summary()["requests"] == 150
    d.write_config('source b {{ path = {{"{0}/b.log"}} }}\n'.format(tmp_path))
    d.reload()
    assert d.summary()["requests"] == 150
    states = {source["name"]: source["state"] for source in d.summary()["sources"]}
    assert states["a"] == "stopped"


def test_an_alert_that_was_over_long_ago_is_recorded_but_not_sent(tmp_path, daemon, receiver):
    log = tmp_path / "a.log"
    then = time.time() - 7200
    bad = [line(502, then + i // 10) for i in range(100)]
    good = [line(200, then + 60 + i // 10) for i in range(400)]
    log.write_text("".join(bad + good))
    d = daemon(
        'source a {{ path = {{"{0}"}}  format = combined }}\n'
        'notify hook {{ webhook = "{1}" }}\n{2}'.format(log, receiver.url, RULE)
    )
    wait_for(lambda: d.summary()["requests"] == 500, "the log")
    states = [alert["state"] for alert in d.summary()["alerts"]]
    assert states == ["resolved"]
    # What comes now is told, and it is the first that the receiver hears of.
    now = time.time()
    with open(log, "a") as out:
        out.write("".join(line(503, now + i // 10 - 9) for i in range(100)))
    wait_for(lambda: receiver.bodies, "the new alert")
    assert receiver.bodies[0][1]["codes"][0]["code"] == "503"


def test_an_old_alert_that_still_holds_is_sent_when_all_is_read(tmp_path, daemon, receiver):
    log = tmp_path / "a.log"
    then = time.time() - 1000
    log.write_text("".join(line(502, then + i // 10) for i in range(9990)))
    daemon(
        'source a {{ path = {{"{0}"}}  format = combined }}\n'
        'notify hook {{ webhook = "{1}" }}\n{2}'.format(log, receiver.url, RULE)
    )
    wait_for(lambda: receiver.bodies, "the alert that began 1000 s ago")
    assert receiver.bodies[0][1]["state"] == "firing"


def test_a_full_pipe_on_stdout_holds_up_nothing(tmp_path):
    """Nobody reads the summaries: counting and answers go on, and so does the end."""
    log, reader, writer = tmp_path / "access.log", *os.pipe()
    os.set_blocking(writer, False)
    while True:
        try:
            os.write(writer, b"x" * 4096)
        except BlockingIOError:
            break
    os.set_blocking(writer, True)
    d = Daemon(
        tmp_path,
        'source a { path = "%s" format = combined }\nsummary { every = 1s  to = "stdout" }\n' % log,
    )
    try:
        d.start(stdout=writer)
        for n in range(1, 4):
            seq = d.summary()["seq"]
            wait_for(lambda: d.summary()["seq"] > seq, "another interval")
            with open(log, "ab") as out:
                out.write(generate("--lines", 100, "--seed", n))
            d.wait_for_lines(100 * n)
    finally:
        assert d.stop() == 0
        os.close(reader)
        os.close(writer)


@pytest.mark.parametrize("limit", ["instances", "watches"])
def test_without_inotify_files_are_found_by_the_clock_and_the_limit_is_named(tmp_path, limit):
    """In a namespace of its own the daemon has none of what is counted for each user."""
    (tmp_path / "logs").mkdir()
    log = tmp_path / "logs/access.log"
    d = Daemon(tmp_path, 'source a { path = "%s/logs/*.log" format = combined }\n' % tmp_path)
    none = 'echo 0 >/proc/sys/user/max_inotify_%s && exec "$@"' % limit
    wrap = [needs("unshare"), "--user", "--map-root-user", "sh", "-c", none, "sh"]
    if subprocess.run([*wrap, "true"], capture_output=True).returncode:
        pytest.skip("no user namespace is to be had here")
    try:
        d.start(wrap=wrap)
        for n in range(1, 4):
            with open(log, "ab") as out:
                out.write(generate("--lines", 100, "--seed", n))
            d.wait_for_lines(100 * n)
            log.rename(tmp_path / ("logs/access.log.%d" % n))
        assert "fs.inotify.max_user_%s" % limit in d.said()
    finally:
        assert d.stop() == 0


def test_a_day_of_traffic_while_the_clock_jumps(tmp_path):
    """Our clock is set forth and back by up to two days between any two hours of the log."""
    (fake,) = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1") or [None]
    if not fake or "asan" in TEAPOTD:
        pytest.skip("no libfaketime, or not to be preloaded here")
    clock, log = tmp_path / "clock", tmp_path / "access.log"
    log.touch()
    clock.write_text("+0")
    env = {
        "LD_PRELOAD": fake,
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    start = int(time.time()) - 86400
    lines = generate("--lines", 86400, "--rate", 1, "--start", start).splitlines(True)
    d = Daemon(
        tmp_path,
        'source a { path = "%s" format = combined }\nstore { path = "%s/store" }\n'
        'alert spike { false_alarms = "1 per 30d" }\nsummary { every = 1s }\n' % (log, tmp_path),
        env,
    )
    try:
        d.start()
        for hour, jump in enumerate(random.Random(5).choices((-172800, -3600, 1, 7200, 172800), k=24)):
            clock.write_text("%+d" % jump)
            with open(log, "ab") as out:
                out.writelines(lines[3600 * hour : 3600 * (hour + 1)])
            d.wait_for_lines(3600 * (hour + 1))
            if hour % 8 == 7:
                seq = d.summary()["seq"]
                wait_for(lambda: d.summary()["seq"] > seq, "an interval")
                d.kill()
                d.start()
        summary = d.wait_for_lines(86400)
        assert summary["lines"] == summary["requests"] == 86400
        assert d.alerts() == []
    finally:
        assert d.stop() == 0


def test_what_is_known_to_be_lost_is_counted(tmp_path, daemon):
    """Half a line that was seen, and is gone with a truncation before its end came."""
    log = tmp_path / "access.log"
    whole = line(200, time.time())
    log.write_text(whole + "half a line")
    d = daemon('source a { path = "%s" format = combined }\n' % log)
    d.wait_for_lines(1)
    (source,) = d.json("/sources")["sources"]
    assert source["lost_bytes"] == 0 and source["lag_bytes"] == 11
    os.kill(d.process.pid, signal.SIGSTOP)  # or it might see the file while it is empty
    log.write_text(whole)
    os.kill(d.process.pid, signal.SIGCONT)
    d.wait_for_lines(2)
    (source,) = d.json("/sources")["sources"]
    assert source["lost_bytes"] == 11 and source["truncations"] == 1
    assert 'teapotd_source_lost_bytes_total{source="a"} 11\n' in d.get("/metrics").decode()
