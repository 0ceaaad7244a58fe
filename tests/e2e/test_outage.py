"""A real nginx whose upstream is killed: who is told, of what, and since when; and that it is over."""
import json
import os
import subprocess
import sys
import threading
import time

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


def test_an_upstream_that_is_killed(tmp_path, running, daemon, receiver):
    port, upstream, am = free_port(), free_port(), free_port()
    server = [sys.executable, "-c", UPSTREAM, str(upstream)]
    one = running(server)
    conf = tmp_path / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    conf.write_text(NGINX.format(folder=tmp_path, why=WHY, port=port, upstream=upstream, user=user))
    running([needs("nginx"), "-p", str(tmp_path), "-c", str(conf)])
    wait_for(lambda: is_listening(port) and is_listening(upstream), "the servers")
    page, chat = Receiver(), Receiver()
    manager(tmp_path, running, am, page)
    pager = tmp_path / "pager"
    pager.write_text('#!/bin/sh\ncat >>"%s/paged"\necho >>"%s/paged"\n' % (tmp_path, tmp_path))
    pager.chmod(0o755)
    d = daemon(
        CONFIG.format(folder=tmp_path, form=WHY.replace('"', '\\"'), am=am, generic=receiver.url, slack=chat.url)
    )
    traffic = Traffic(port)
    try:
        wait_for(lambda: d.summary()["requests"] > 600, "traffic", 60)
        one.kill()
        killed = time.time()
        one.wait()
        generic = lambda state, rule="spike": of_rule([b for _, b in receiver.bodies], rule, state)
        (alert,) = wait_for(lambda: generic("firing"), "the page", 60)
        running(server)
        wait_for(lambda: is_listening(upstream), "the upstream again")
        wait_for(lambda: generic("resolved", "quick"), "the end of the quick one", 60)
        wait_for(lambda: generic("resolved"), "the end", 150)
        wait_for(lambda: len(told(page, "resolved")) == 2, "both ends in Alertmanager", 60)
    finally:
        traffic.stop()
    assert abs(seconds(alert["since"]) - killed) <= 2
    assert [code["code"] for code in alert["codes"]] == ["502"]
    assert alert["blame"]["upstream"] == alert["errors"] and alert["severity"] == "critical"
    place = next(w for w in alert["where"] if w["dimension"] == "upstream")
    assert place["name"] == "127.0.0.1:%d" % upstream and place["explains"]
    assert "502 Bad Gateway from upstream" in alert["summary"]
    assert "from upstream 127.0.0.1:%d on /cart" % upstream in alert["summary"]
    assert alert["samples"] and "id=" not in json.dumps(alert)
    (quick,) = generic("firing", "quick")[-1:]
    assert quick["series"] == {"upstream": "127.0.0.1:%d" % upstream}
    assert len(generic("firing")) == len(generic("resolved")) == 1
    assert len(told(page, "firing")) == 2
    texts = [body["text"] for _, body in chat.bodies]
    assert any(text.startswith("[critical] 502 Bad Gateway from upstream") for text in texts)
    paged = [json.loads(line) for line in (tmp_path / "paged").read_text().splitlines() if line]
    assert {(p["rule"], p["state"]) for p in paged} >= {("spike", "firing"), ("spike", "resolved")}
    page.close()
    chat.close()
