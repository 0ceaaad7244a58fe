"""The daemon behind a real nginx: exact counts, alerts, webhooks, rotation, restarts."""
import json
import os
import re
import signal
import threading
import time

import pytest

from conftest import NGINX_HEAD, codes_of, free_port, get, is_listening, needs, wait_for

NGINX = NGINX_HEAD + """\
    access_log {folder}/access.log combined;
    server {{
        listen 127.0.0.1:{port};
        location /ok {{ return 200 tea; }}
        location /teapot {{ return 418; }}
        location /broken {{ return 503; }}
        location /closed {{ return 444; }}
        location /gone {{ proxy_pass http://127.0.0.1:{closed}; }}
    }}
}}
"""

CONFIG = """
source site {{ path = {{"{folder}/access.log"}} format = nginx }}
store {{ path = "{folder}/teapotd.db" }}
alert t {{
    on = 5xx
    by = {{source}}
    window = 5s
    min_requests = 10
    warning = 20%
    warning_clear = 10%
    critical = 90%
    critical_clear = 80%
    for = 0s
    clear_for = 0s
}}
{more}
"""


@pytest.fixture
def nginx(tmp_path, running):
    """A port where nginx answers, writing tmp_path/access.log."""
    port = free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    conf = tmp_path / "nginx.conf"
    conf.write_text(NGINX.format(folder=tmp_path, port=port, closed=free_port(), user=user))
    process = running([needs("nginx"), "-p", str(tmp_path), "-c", str(conf)])
    wait_for(lambda: is_listening(port), "nginx")
    process.port = port
    return process


def config(folder, more=""):
    return CONFIG.format(folder=folder, more=more)


def test_counts_are_exact_and_metrics_agree(tmp_path, nginx, daemon):
    d = daemon(config(tmp_path))
    for path, times in (("/ok", 40), ("/teapot", 3), ("/broken", 5), ("/missing", 7), ("/gone", 2)):
        for _ in range(times):
            get(nginx.port, path)
    for _ in range(4):
        with pytest.raises(Exception):
            get(nginx.port, "/closed")
    summary = d.wait_for_lines(61)
    assert codes_of(summary) == {"200": 40, "418": 3, "503": 5, "404": 7, "502": 2, "444": 4}
    assert summary["requests"] == 61 and summary["unparsed"] == 0
    assert next(row for row in summary["codes"] if row["code"] == "444")["vendor"] == "nginx"
    metrics = d.get("/metrics").decode()
    found = dict(
        re.findall(r'^teapotd_http_responses_total\{[^}]*code="(\d+)"[^}]*\} (\d+)', metrics, re.M)
    )
    assert found["200"] == "40" and found["444"] == "4" and found["503"] == "5"
    assert found["500"] == "0", "the series of an alert's codes are there from the start"


def test_alert_fires_and_is_resolved_and_the_webhook_hears_of_both(
    tmp_path, nginx, daemon, receiver
):
    d = daemon(config(tmp_path, 'notify hook { webhook = "%s" }' % receiver.url))
    calm = threading.Event()
    done = threading.Event()

    def traffic():
        while not done.is_set():
            get(nginx.port, "/ok")
            get(nginx.port, "/ok" if calm.is_set() else "/broken")
            time.sleep(0.05)

    thread = threading.Thread(target=traffic)
    thread.start()
    try:
        firing = wait_for(
            lambda: [a for a in d.alerts() if a["state"] == "firing"], "a firing alert", 30
        )[0]
        calm.set()
        resolved = wait_for(
            lambda: [a for a in d.alerts() if a["state"] == "resolved"], "a resolved alert", 30
        )[0]
        wait_for(lambda: len(receiver.bodies) >= 2, "two webhooks")
    finally:
        done.set()
        thread.join()
    assert (
        firing["rule"] == "t"
        and firing["severity"] == "warning"
        and firing["series"]["source"] == "site"
    )
    assert firing["codes"][0]["code"] == "503" and firing["ratio"] > 0.2
    assert resolved["id"] == firing["id"]
    bodies = [body for _, body in receiver.bodies]
    assert [body["state"] for body in bodies] == ["firing", "resolved"]
    assert {body["id"] for body in bodies} == {firing["id"]}
    assert all(body["schema"] == "teapotd.alert/1" for body in bodies)
    assert receiver.bodies[0][0]["Content-Type"].startswith("application/json")


def test_webhook_is_tried_again_after_an_error_of_the_receiver(tmp_path, nginx, daemon, receiver):
    receiver.statuses = [503]
    d = daemon(config(tmp_path, 'notify hook { webhook = "%s" }' % receiver.url))
    end = time.monotonic() + 30
    while len(receiver.bodies) < 2 and time.monotonic() < end:
        get(nginx.port, "/broken")
        time.sleep(0.05)
    assert [body["state"] for _, body in receiver.bodies[:2]] == ["firing", "firing"]
    assert receiver.bodies[0][1]["id"] == receiver.bodies[1][1]["id"]
    assert d.process.poll() is None


def test_nothing_is_lost_when_the_log_is_rotated(tmp_path, nginx, daemon):
    d = daemon(config(tmp_path))
    log = tmp_path / "access.log"
    sent = 0
    for turn in range(3):
        for _ in range(20):
            get(nginx.port, "/ok")
            sent += 1
        old = log.stat().st_ino
        log.rename(tmp_path / ("access.log.%d" % turn))
        for _ in range(20):  # nginx still writes to the renamed file
            get(nginx.port, "/teapot")
            sent += 1
        nginx.send_signal(signal.SIGUSR1)
        wait_for(lambda: log.exists() and log.stat().st_ino != old, "nginx to reopen its log")
        for _ in range(20):
            get(nginx.port, "/broken")
            sent += 1
    summary = d.wait_for_lines(sent)
    assert codes_of(summary) == {"200": 60, "418": 60, "503": 60}
    assert summary["unparsed"] == 0


def test_counts_go_on_after_a_restart_without_counting_a_line_twice(tmp_path, nginx, daemon):
    d = daemon(config(tmp_path))
    for _ in range(25):
        get(nginx.port, "/ok")
    d.wait_for_lines(25)
    assert d.stop() == 0
    for _ in range(10):
        get(nginx.port, "/teapot")
    d.start()
    summary = wait_for(
        lambda: (lambda s: s if codes_of(s).get("418", 0) >= 10 else None)(d.summary()),
        "the new lines",
    )
    assert codes_of(summary)["418"] == 10
    assert codes_of(summary).get("200", 0) in (
        0,
        25,
    ), "offsets were kept: the old lines are not read again"


def test_reload_takes_a_new_source_and_keeps_what_was_counted(tmp_path, nginx, daemon):
    d = daemon(config(tmp_path))
    for _ in range(10):
        get(nginx.port, "/ok")
    d.wait_for_lines(10)
    (tmp_path / "other.log").write_bytes((tmp_path / "access.log").read_bytes())
    d.write_config(
        config(tmp_path, 'source other { path = {"%s/other.log"} format = nginx }' % tmp_path)
    )
    d.reload()
    summary = d.wait_for_lines(20)
    assert codes_of(summary) == {"200": 20}
    assert {source["name"] for source in summary["sources"]} >= {"site", "other"}


def test_reload_of_a_bad_file_keeps_the_old_settings_and_says_so(tmp_path, nginx, daemon):
    d = daemon(config(tmp_path))
    d.write_config(config(tmp_path, "sauce x { }"))
    d.reload()
    get(nginx.port, "/ok")
    d.wait_for_lines(1)
    assert "teapotd.conf:" in d.said() and "sauce" in d.said()


def test_interval_summaries_are_written_and_add_up(tmp_path, nginx, daemon):
    out = tmp_path / "summary.ndjson"
    d = daemon(config(tmp_path, 'summary { every = 1s to = "%s" }' % out))
    for _ in range(30):
        get(nginx.port, "/ok")
    d.wait_for_lines(30)
    assert d.stop() == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    summaries = [row for row in rows if row["schema"] == "teapotd.summary/1"]
    assert sum(row["requests"] for row in summaries) == 30
    assert [row["seq"] for row in summaries] == sorted({row["seq"] for row in summaries})
