"""Rules that watch the logs themselves: one that falls silent, one whose format is another now."""
import json
import subprocess
import time

from conftest import TEAPOTD, check_schema, scan, wait_for

LINE = '192.0.2.7 - - [%s] "GET / HTTP/1.1" 200 5 "-" "-"\n'


def stamp(second):
    return time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(second))


def add(log, *lines):
    with open(log, "a") as out:
        out.writelines(lines)


def in_state(d, state):
    return [alert for alert in d.alerts() if alert["state"] == state]


def check(alerts):
    check_schema("alert.schema.json", "\n".join(map(json.dumps, alerts)))


def test_a_log_that_falls_silent_is_missed_until_its_next_line(tmp_path, daemon):
    log = tmp_path / "access.log"
    add(log, *[LINE % stamp(time.time())] * 30)
    d = daemon(
        'lateness = 100ms\nsource site { path = "%s" format = combined }\n' % log
        + "alert quiet { preset = silent window = 2s min_requests = 20 }\n"
    )
    (alert,) = wait_for(lambda: in_state(d, "firing"), "the silence")
    check([alert])
    assert alert["series"] == {"source": "site"} and alert["severity"] == "warning"
    assert alert["summary"].startswith("No requests in site since ")
    assert alert["summary"].endswith(": 30 in the hour before.")
    add(log, LINE % stamp(time.time()))
    (alert,) = wait_for(lambda: in_state(d, "resolved"), "its end")
    check([alert])
    assert " is over since " in alert["summary"] and "worst" not in alert["summary"]


def test_a_format_that_does_not_fit_any_more_is_told(tmp_path, daemon):
    log = tmp_path / "access.log"
    add(log, *[LINE % stamp(time.time())] * 100)
    d = daemon(
        'lateness = 100ms\nsource site { path = "%s" format = combined }\n' % log
        + "alert format { preset = drift }\n"
    )
    d.wait_for_lines(100)
    assert d.alerts() == []
    add(log, *["something else altogether %d\n" % i for i in range(100)])
    (alert,) = wait_for(lambda: in_state(d, "firing"), "the drift")
    check([alert])
    assert alert["requests"] == 200 and alert["errors"] == 100 and alert["severity"] == "warning"
    assert alert["summary"].startswith("Lines that can't be read in site since ")
    assert "50 % of 200 lines" in alert["summary"]


def test_a_replay_finds_both_and_however_it_is_cut(tmp_path):
    """A gap of 20 minutes, and a minute in which every other line is unreadable."""
    rules, log = tmp_path / "rules.conf", tmp_path / "access.log"
    rules.write_text("alert quiet { preset = silent }\nalert format { preset = drift }\n")
    start = 1795364000
    lines = []
    for second in range(3600):
        if 1800 <= second < 3000:
            continue
        lines.append(LINE % stamp(start + second))
        if 600 <= second < 660:
            lines.append("no line of this format\n" * 3)
    log.write_text("".join(lines))
    found = scan("--format", "combined", "--replay", rules, log)["alerts"]
    assert [alert["rule"] for alert in found] == ["format", "quiet"]
    assert found[0]["since"] == "2026-11-22T16:23:20Z"
    assert found[1]["since"] == "2026-11-22T16:43:20Z"
    assert found[1]["at"] == "2026-11-22T16:53:19Z"
    for threads in "1", "3":
        command = [TEAPOTD, "--json", "--format", "combined", "--threads", threads]
        run = subprocess.run(
            command + ["--replay", rules, "-"], input=log.read_bytes(), capture_output=True
        )
        again = json.loads(run.stdout)["alerts"]
        assert [(a["rule"], a["since"], a["at"], a["errors"]) for a in again] == [
            (a["rule"], a["since"], a["at"], a["errors"]) for a in found
        ]
