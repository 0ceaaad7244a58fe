"""Rules by upstream and route: the same alerts of a log that is scanned with any number of threads,
followed, or followed under rules that a reload brought."""
import json
import time

import pytest
from conftest import check_schema, scan, wait_for

FORMAT = "nginx:$remote_addr [$time_iso8601] \"$request\" $status $upstream_addr"
RULE = 'alert shop { preset = prometheus  by = %s }\n'
SOURCE = "source a { path = {\"%s\"}  format = 'nginx:$remote_addr [$time_iso8601] \"$request\" $status $upstream_addr' }\n"
LINE = '192.0.2.7 [2026-11-22T16:%02d:%02d+00:00] "GET /%s HTTP/1.1" %d %s\n'


def lines(minutes=10, bad=range(5, 7)):
    """Ten requests a second: 10.0.0.8 is well, 10.0.0.7 fails on /cart, / is a file."""
    out = []
    for second in range(minutes * 60):
        minute = second // 60
        for i in range(10):
            path, upstream = ("cart", "list", "")[i % 3], ("10.0.0.7:80", "10.0.0.8:80")[i % 2]
            is_bad = minute in bad and path == "cart" and upstream == "10.0.0.7:80"
            row = (path, 502 if is_bad else 200, upstream if path else "-")
            out.append(LINE % (minute, second % 60, *row))
    return "".join(out)


CASES = [
    ("upstream", [{"upstream": "10.0.0.7:80"}]),
    ("route", [{"route": "/cart"}]),
    ("{source, route, upstream}", [{"source": "LOG", "route": "/cart", "upstream": "10.0.0.7:80"}]),
    ("{host, route}", [{"route": "/cart"}]),
]


def series(alerts, log):
    return [
        {key: "LOG" if value == str(log) else value for key, value in alert["series"].items()}
        for alert in alerts
    ]


@pytest.mark.parametrize("by, want", CASES)
def test_a_route_or_upstream_that_fails_is_the_series_of_the_alert(tmp_path, by, want):
    rules, log = tmp_path / "rules.conf", tmp_path / "access.log"
    rules.write_text(RULE % by)
    log.write_text(lines())
    found = [
        scan("--replay", rules, "--format", FORMAT, "--threads", threads, log)["alerts"]
        for threads in (1, 4)
    ]
    assert series(found[0], log) == want
    assert found[0] == found[1]
    check_schema("alert.schema.json", "\n".join(map(json.dumps, found[0])))


def test_an_alert_says_what_retries_hid(tmp_path):
    rules, log = tmp_path / "rules.conf", tmp_path / "access.log"
    form = "nginx:$remote_addr [$time_iso8601] \"$request\" $status \"$upstream_addr\" \"$upstream_status\""
    rules.write_text(RULE % "source")
    line = '192.0.2.7 [2026-11-22T16:%02d:%02d+00:00] "GET /cart HTTP/1.1" %d "%s" "%s"\n'
    rows = [(502, "10.0.0.7:80", "502"), (200, "10.0.0.7:80, 10.0.0.8:80", "502, 200"),
            (200, "10.0.0.7:80, 10.0.0.8:80", "502, 200"), (200, "10.0.0.8:80", "200")]
    log.write_text("".join(line % (s // 60, s % 60, *row) for s in range(240) for row in rows))
    (alert,) = scan("--replay", rules, "--format", form, log)["alerts"]
    assert alert["masked_retries"] == 2 * alert["errors"] > 0
    assert alert["requests"] == 4 * alert["errors"]
    assert "retries hid %d more failures" % alert["masked_retries"] in alert["summary"]
    check_schema("alert.schema.json", json.dumps(alert))


@pytest.mark.parametrize("by", ["source", "upstream"])
def test_an_alert_says_which_upstream_fell_silent(tmp_path, daemon, by):
    rules, log = tmp_path / "rules.conf", tmp_path / "access.log"
    rule = RULE % by
    rules.write_text(rule)
    rows = []
    for second in range(900):
        for upstream in ("10.0.0.7:80", "10.0.0.8:80", "10.0.0.9:80"):
            is_bad = second >= 600 and upstream == "10.0.0.7:80"
            row = (second // 60, second % 60, "cart", 502 if is_bad else 200, upstream)
            rows += [LINE % row] * 3
    log.write_text("".join(rows))
    found = [
        scan("--replay", rules, "--format", FORMAT, "--threads", threads, log)["alerts"]
        for threads in (1, 4)
    ]
    assert found[0] == found[1]
    (alert,) = found[0]
    if by == "upstream":
        assert "gone" not in alert
        return
    gone = {"upstream": "10.0.0.7:80", "last_answer": "2026-11-22T16:09:59Z"}
    assert alert["gone"] == [gone]
    assert "; 10.0.0.7:80 answers no longer" in alert["summary"]
    check_schema("alert.schema.json", json.dumps(alert))
    d = daemon(rule + SOURCE % log)
    d.wait_for_lines(len(rows))
    (followed,) = wait_for(d.alerts, "the alert")
    assert followed["gone"] == [gone]


def test_a_reload_may_bring_other_places(tmp_path, daemon):
    log = tmp_path / "access.log"
    log.write_text("")
    d = daemon(RULE % "source" + SOURCE % log)
    text = lines()
    half = text.index("2026-11-22T16:04:00")
    half = text.rindex("\n", 0, half) + 1
    with open(log, "a") as out:
        out.write(text[:half])
        out.flush()
        d.wait_for_lines(text[:half].count("\n"))
        d.write_config(RULE % "{source, upstream}" + SOURCE % log)
        d.reload()
        out.write(text[half:])
    d.wait_for_lines(text.count("\n"))
    alerts = wait_for(d.alerts, "the alert")
    assert [alert["series"].get("upstream") for alert in alerts] == ["10.0.0.7:80"]
    assert 'upstream="10.0.0.7:80"' in d.get("/metrics").decode() or alerts[0]["state"] == "resolved"


def test_many_hosts_that_fail_together_are_one_message(tmp_path, daemon, receiver):
    """Thirty virtual hosts; the page comes once, then how many there are, then the end."""
    log, now = tmp_path / "access.log", int(time.time())
    log.touch()
    line = 'h%d.example:80 192.0.2.7 - - [%s +0000] "GET / HTTP/1.1" %d 5 "-" "curl"\n'
    config = (
        'lateness = 10m\nalert shop { preset = prometheus  by = host  for = 0s }\n'
        'source a { path = {"%s"}  format = vhost_combined }\nnotify ops { webhook = "%s" }\n'
    )
    d = daemon(config % (log, receiver.url))

    def write(first, last, bad):
        with open(log, "a") as out:
            for second in range(first, last):
                stamp = time.strftime("%d/%b/%Y:%H:%M:%S", time.gmtime(second))
                for host in range(30):
                    status = 502 if bad and second >= first + host % 10 else 200
                    out.write(line % (host, stamp, status))

    write(now - 280, now - 220, False)
    write(now - 220, now - 180, True)
    bodies = wait_for(lambda: [b for _, b in receiver.bodies][1:] and [b for _, b in receiver.bodies], "news")
    assert [body["parts_total"] if "parts" in body else 0 for body in bodies] == [0, 29]
    assert " and 29 more since " in bodies[1]["summary"]
    assert len(d.alerts()) == 30 and {a.get("group") for a in d.alerts()} == {None, bodies[0]["id"]}
    write(now - 180, now - 100, False)
    ends = wait_for(lambda: [b for _, b in receiver.bodies if b["state"] == "resolved"], "the end")
    assert len(ends) == 1 and len(receiver.bodies) == 3
    check_schema("alert.schema.json", "\n".join(map(json.dumps, d.alerts())))
    assert not [a for a in d.alerts() if a["state"] == "firing"]
