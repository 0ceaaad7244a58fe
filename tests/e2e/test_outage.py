"""A real nginx whose upstream is killed: who is told, of what, and since when; and that it is over.

TEAPOTD_AWAY_S says how many seconds Alertmanager is away in the second test: 5 if not given, and 300
before a release."""
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

import pytest

from conftest import NGINX_HEAD, Receiver, free_port, get, is_listening, needs, wait_for
from test_blame import WHY
from test_deliver import manager, told

NGINX = NGINX_HEAD + """\
    log_format why '{why}';
    access_log {folder}/access.log why;
    server {{
        listen 127.0.0.1:{port};
        location /static {{ return 200 tea; }}
        location / {{ proxy_pass http://127.0.0.1:{upstream}; }}
    }}
}}
"""
CONFIG = """
source site {{ path = {{"{folder}/access.log"}}  format = "nginx:{form}" }}
store {{ path = "{folder}/teapotd.db"  checkpoint_every = 100ms }}
alert spike {{ by = {{source}}  false_alarms = "1 per 30d" }}
alert quick {{ preset = none  critical = 20%  window = 5s  min_requests = 20  by = upstream }}
notify am {{ webhook = "http://127.0.0.1:{am}"  style = alertmanager }}
notify hook {{ webhook = "{generic}" }}
notify chat {{ webhook = "{slack}"  style = slack }}
notify pager {{ exec = {{"{folder}/pager"}} }}
"""
JOURNALD = "/lib/systemd/systemd-journald"
JOURNAL = """
mount --make-rprivate / && mkdir -p /run/systemd /run/log &&
mount -t tmpfs tmpfs /run/systemd && mount -t tmpfs tmpfs /run/log &&
mkdir -p /run/systemd/journal && exec %s
""" % JOURNALD
UPSTREAM = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"tea")
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
AWAY_S = int(os.environ.get("TEAPOTD_AWAY_S", 5))


class Traffic:
    """Some sixty requests a second, of which nine in ten are for the upstream."""

    def __init__(self, port):
        self.done, self.sent = threading.Event(), 0
        self.thread = threading.Thread(target=self.run, args=(port,))
        self.thread.start()

    def run(self, port):
        while not self.done.wait(0.01):
            get(port, "/static" if self.sent % 10 == 0 else "/cart?id=%d" % self.sent)
            self.sent += 1

    def stop(self):
        self.done.set()
        self.thread.join()


def seconds(text):
    return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone


def of_rule(bodies, rule, state):
    return [body for body in bodies if body.get("rule") == rule and body["state"] == state]


class Site:
    """nginx in front of an upstream, and traffic."""

    def __init__(self, folder, running):
        self.folder, self.running = folder, running
        self.port, self.upstream = free_port(), free_port()
        self.server = self.serve()
        conf = folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        conf.write_text(
            NGINX.format(folder=folder, why=WHY, port=self.port, upstream=self.upstream, user=user)
        )
        running([needs("nginx"), "-p", str(folder), "-c", str(conf)])
        wait_for(lambda: is_listening(self.port), "nginx")
        self.traffic = Traffic(self.port)

    def serve(self):
        server = self.running([sys.executable, "-c", UPSTREAM, str(self.upstream)])
        wait_for(lambda: is_listening(self.upstream), "the upstream")
        return server

    def kill(self):
        """When the upstream was killed, in Unix time."""
        self.server.kill()
        killed = time.time()
        self.server.wait()
        return killed

    def config(self, am, generic, slack="http://127.0.0.1:9/"):
        form = WHY.replace('"', '\\"')
        return CONFIG.format(folder=self.folder, form=form, am=am, generic=generic, slack=slack)


class Journal:
    """A journald of our own, in a mount namespace: what runs in it logs there."""

    def __init__(self, running):
        self.wrap = ()
        if os.geteuid() == 0 and os.path.exists(JOURNALD):
            process = running(["unshare", "-m", "sh", "-c", JOURNAL])
            self.wrap = ("nsenter", "-t", str(process.pid), "-m", "--")
            address = pathlib.Path("/proc/%d/root/run/systemd/journal/socket" % process.pid)
            wait_for(address.exists, "the journal")

    def rows(self, rule):
        command = [*self.wrap, "journalctl", "-D", "/run/log/journal", "-o", "json", "--no-pager"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        rows = [json.loads(line) for line in said.splitlines()]
        return [row for row in rows if row.get("TEAPOTD_RULE") == rule]


def bodies_of(receiver, state, rule="spike"):
    return of_rule([body for _, body in receiver.bodies], rule, state)


@pytest.fixture
def site(tmp_path, running):
    made = Site(tmp_path, running)
    yield made
    made.traffic.stop()


def test_an_upstream_that_is_killed(tmp_path, site, running, daemon, receiver):
    am, page, chat = free_port(), Receiver(), Receiver()
    manager(tmp_path, running, am, page)
    pager = tmp_path / "pager"
    pager.write_text('#!/bin/sh\ncat >>"%s/paged"\necho >>"%s/paged"\n' % (tmp_path, tmp_path))
    pager.chmod(0o755)
    journal = Journal(running)
    config = site.config(am, receiver.url, chat.url)
    if journal.wrap:
        config += "notify log { journal = true }\n"
    d = daemon(config, wrap=journal.wrap)
    wait_for(lambda: d.summary()["requests"] > 600, "traffic", 60)
    killed = site.kill()
    (alert,) = wait_for(lambda: bodies_of(receiver, "firing"), "the page", 60)
    site.serve()
    wait_for(lambda: bodies_of(receiver, "resolved", "quick"), "the end of the quick one", 60)
    wait_for(lambda: bodies_of(receiver, "resolved"), "the end", 150)
    wait_for(lambda: len(told(page, "resolved")) == 2, "both ends in Alertmanager", 60)
    assert abs(seconds(alert["since"]) - killed) <= 2
    assert [code["code"] for code in alert["codes"]] == ["502"]
    assert alert["blame"]["upstream"] == alert["errors"] and alert["severity"] == "critical"
    place = next(w for w in alert["where"] if w["dimension"] == "upstream")
    assert place["name"] == "127.0.0.1:%d" % site.upstream and place["explains"]
    assert "502 Bad Gateway from upstream" in alert["summary"]
    assert "from upstream 127.0.0.1:%d on /cart" % site.upstream in alert["summary"]
    assert alert["samples"] and "id=" not in json.dumps(alert)
    (quick,) = bodies_of(receiver, "firing", "quick")[-1:]
    assert quick["series"] == {"upstream": "127.0.0.1:%d" % site.upstream}
    assert len(bodies_of(receiver, "firing")) == len(bodies_of(receiver, "resolved")) == 1
    assert len(told(page, "firing")) == 2
    texts = [body["text"] for _, body in chat.bodies]
    assert any(text.startswith("[critical] 502 Bad Gateway from upstream") for text in texts)
    paged = [json.loads(line) for line in (tmp_path / "paged").read_text().splitlines() if line]
    assert {(p["rule"], p["state"]) for p in paged} >= {("spike", "firing"), ("spike", "resolved")}
    if journal.wrap:
        rows = wait_for(lambda: journal.rows("spike")[1:], "both in the journal") and journal.rows("spike")
        assert [row["TEAPOTD_STATE"] for row in rows] == ["firing", "resolved"]
        assert "from upstream 127.0.0.1:%d on /cart" % site.upstream in rows[0]["MESSAGE"]
    page.close()
    chat.close()


def test_an_outage_while_alertmanager_is_away(tmp_path, site, running, daemon, receiver):
    """And a daemon that is killed meanwhile: all is told once it is back, and once."""
    am, page = free_port(), Receiver()
    d = daemon(site.config(am, receiver.url))
    wait_for(lambda: d.summary()["requests"] > 600, "traffic", 60)
    killed = site.kill()
    wait_for(lambda: bodies_of(receiver, "firing"), "the page elsewhere", 60)
    d.kill()
    d.start()
    back = time.monotonic() + AWAY_S
    wait_for(lambda: time.monotonic() > back, "the time that Alertmanager is away", AWAY_S + 5)
    assert [alert["rule"] for alert in d.alerts()].count("spike") == 1
    manager(tmp_path, running, am, page)
    firing = lambda: [a for b in told(page, "firing") for a in b["alerts"] if a["labels"]["alertname"] == "spike"]
    (alert,) = wait_for(firing, "the page", 90)
    assert abs(seconds(alert["startsAt"][:19] + "Z") - killed) <= 2
    site.serve()
    wait_for(lambda: len(told(page, "resolved")) == 2, "the ends in Alertmanager", 150)
    wait_for(lambda: bodies_of(receiver, "resolved"), "the end elsewhere", 60)
    assert len(firing()) == 1
    assert len(told(page, "firing")) == len(told(page, "resolved")) == 2
    # The kill may come before it is noted that a receiver was told: then it is told again, by id.
    first, *again = bodies_of(receiver, "firing")
    assert len(again) <= 1 and {body["id"] for body in again} <= {first["id"]}
    assert [body["id"] for body in bodies_of(receiver, "resolved")] == [first["id"]]
    page.close()
