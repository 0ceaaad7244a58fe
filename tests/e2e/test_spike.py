"""Rules: the same alerts of a log that is scanned, followed, or written piece by piece."""
import json

import pytest
from conftest import check_schema, generate, scan, wait_for

RULE = 'alert spike { by = {source, host}  false_alarms = "1 per 30d" }\n'
TOLD = ("rule", "state", "severity", "since", "at", "resolved_at", "requests", "errors", "ratio")


def told(alerts):
    return sorted(tuple(str(alert.get(key)) for key in TOLD) for alert in alerts)


def outage():
    """Half an hour, with two minutes of 60 % errors in it."""
    return generate(
        "--format", "vhost", "--lines", 180000, "--rate", 100, "--incident", "900,120,0.6"
    )


SPIKE = (RULE, "by chance once in")
CODES = ("alert gateway { on = {502, 503}  by = host }\n", "requests in 60 s, limit")
BLAME = ('alert edge { on = {edge, upstream, server}  false_alarms = "1 per 1d" }\n', "by chance once in")
BURN = ("alert slo { objective = 99.5 }\n", "burns the error budget of 99.5 % at")


def test_maintenance_keeps_quiet_in_a_replay_too(tmp_path):
    rules, log = tmp_path / "rules.conf", tmp_path / "access.log"
    log.write_bytes(outage())
    hours = 'maintenance work { days = sun  from = %s  to = %s }\n'
    for text, silenced in (("", None), (hours % ("00:00", "00:20"), True), (hours % ("00:00", "00:16"), None)):
        rules.write_text(RULE + text)
        alerts = scan("--replay", rules, log)["alerts"]
        assert alerts and {alert.get("silenced") for alert in alerts} == {silenced}


def test_traffic_that_is_gone_is_the_same_alert_live(tmp_path, daemon):
    """Two days of one request in two seconds; in the second one none for an hour."""
    rule = 'alert traffic { preset = gone  by = source }\n'
    rules, log = tmp_path / "rules.conf", tmp_path / "access.log"
    rules.write_text(rule)
    line = '192.0.2.7 - - [%02d/Nov/2026:%02d:%02d:%02d +0000] "GET /tea HTTP/1.1" 200 5 "-" "curl"\n'
    gap = range(86400 + 43200, 86400 + 46800)
    seconds = [s for s in range(0, 2 * 86400, 2) if s not in gap]
    log.write_text("".join(
        line % (20 + s // 86400, s // 3600 % 24, s // 60 % 60, s % 60) for s in seconds))
    (scanned,) = scan("--replay", rules, log)["alerts"]
    assert scanned["since"] == "2026-11-21T11:59:59Z"  # the last request was a second before
    assert scanned["at"] < "2026-11-21T12:02:00Z" and scanned["resolved_at"] > "2026-11-21T13:00:00Z"
    assert scanned["requests"] == 0 and scanned["expected_requests"] > 0
    check_schema("alert.schema.json", json.dumps(scanned))
    d = daemon(rule + 'source a { path = {"%s"} }\n' % log)
    d.wait_for_lines(len(seconds))
    (followed,) = wait_for(d.alerts, "the alert")
    assert told([followed]) == told([scanned])


@pytest.mark.parametrize("rule, evidence", [SPIKE, CODES, BLAME, BURN])
def test_scan_and_daemon_raise_the_same_alerts(tmp_path, daemon, rule, evidence):
    rules, log = tmp_path / "rules.conf", tmp_path / "logs/access.log"
    log.parent.mkdir()
    rules.write_text(rule)
    lines = outage()
    log.write_bytes(lines)
    scanned = scan("--replay", rules, log)["alerts"]
    assert {alert["rule"] for alert in scanned} == {rule.split()[1]}
    assert evidence in scanned[0]["evidence"]
    d = daemon(rule + 'source a { path = {"%s"} }\n' % log)
    d.wait_for_lines(180000)
    followed = wait_for(
        lambda: d.alerts() if len(d.alerts()) == len(scanned) else None, "the alerts"
    )
    assert told(followed) == told(scanned)


def test_a_log_that_is_written_meanwhile_raises_them_too(tmp_path, daemon):
    rules, log = tmp_path / "rules.conf", tmp_path / "access.log"
    rules.write_text(RULE)
    lines = outage()
    log.write_bytes(b"")
    d = daemon(RULE + 'source a { path = {"%s"} }\n' % log)
    step = len(lines) // 7
    with open(log, "ab") as out:
        for at in range(0, len(lines), step):
            out.write(lines[at : at + step])
            out.flush()
            d.wait_for_lines(lines[: at + step].count(b"\n"))
    scanned = scan("--replay", rules, log)["alerts"]
    followed = wait_for(
        lambda: d.alerts() if len(d.alerts()) == len(scanned) else None, "the alerts"
    )
    assert scanned and told(followed) == told(scanned)


def test_without_a_spike_there_is_no_alert(tmp_path):
    rules, log = tmp_path / "rules.conf", tmp_path / "access.log"
    rules.write_text(RULE)
    log.write_bytes(generate("--format", "combined", "--lines", 300000, "--rate", 50))
    assert scan("--replay", rules, log)["alerts"] == []


def test_a_configuration_with_a_mistake_is_named(tmp_path):
    import subprocess

    from conftest import TEAPOTD

    rules = tmp_path / "rules.conf"
    rules.write_text('alert spike { false_alarms = "never" }\n')
    run = subprocess.run([TEAPOTD, "--replay", rules, rules], capture_output=True, text=True)
    assert run.returncode == 2
    assert '%s:1:30: false_alarms must be like "1 per 30d"' % rules in run.stderr
