"""Logs of real servers, just written, read with the format guessed: every code is counted."""
import collections
import socket

import pytest

from conftest import (
    apache_conf,
    codes_of,
    free_port,
    get,
    is_listening,
    needs,
    scan,
    start_caddy,
    wait_for,
)

WANTED = {"/ok": 200, "/teapot": 418, "/broken": 503, "/slow": 504, "/missing": 404, "/moved": 301}


def traffic(port, wanted=None):
    """Asks for everything, more often the further down; what the servers should have logged."""
    want = collections.Counter()
    for number, (path, status) in enumerate((wanted or WANTED).items(), 3):
        for _ in range(number):
            assert get(port, path) == status
            want[str(status)] += 1
    return want


def raw(port, request):
    with socket.create_connection(("127.0.0.1", port), 10) as s:
        s.sendall(request)
        while s.recv(4096):
            pass


def check(log, want, names, spec="auto"):
    def complete():
        summary = scan("--format", spec, log)
        return summary if summary["requests"] >= sum(want.values()) else None

    summary = wait_for(complete, "%d lines in %s" % (sum(want.values()), log.name))
    assert codes_of(summary) == dict(want)
    assert summary["unparsed"] == 0
    assert summary["sources"][0]["format"] in names


APACHE = """
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" plain
LogFormat "%v:%p %h %l %u %t \\"%r\\" %>s %O \\"-\\" \\"%{{User-Agent}}i\\"" vhost
CustomLog {folder}/combined.log plain
CustomLog {folder}/vhost.log vhost
Redirect 200 /ok
Redirect 404 /missing
Redirect 410 /teapot
Redirect 503 /broken
Redirect 504 /slow
Redirect 301 /moved http://shop.example/ok
"""


def test_apache(tmp_path, running):
    apache, port = needs("apache2"), free_port()
    conf = tmp_path / "apache.conf"
    conf.write_text(apache_conf(tmp_path, port, ["alias"]) + APACHE.format(folder=tmp_path))
    running([apache, "-X", "-f", str(conf)])
    wait_for(lambda: is_listening(port), "apache")
    want = traffic(port, {**WANTED, "/teapot": 410})  # it knows no 418
    raw(port, b"NONSENSE\r\n\r\n")
    want["400"] += 1
    check(tmp_path / "combined.log", want, ("combined", "apache"))
    check(tmp_path / "vhost.log", want, ("vhost_combined",))


# One thread: with more, HAProxy drops a line when two want to write to a descriptor at once.
HAPROXY = """
global
    nbthread 1
    log stdout format raw local0
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
    log global
    option {option}
frontend web
    bind 127.0.0.1:{port}
    http-request return status 200 content-type text/plain string tea if {{ path /ok }}
    http-request deny deny_status 503 if {{ path /broken }}
    http-request deny deny_status 504 if {{ path /slow }}
    http-request return status 418 content-type text/plain string teapot if {{ path /teapot }}
    http-request redirect location http://shop.example/ok code 301 if {{ path /moved }}
    http-request deny deny_status 404
"""


@pytest.mark.parametrize("option", ["httplog", "httplog clf", "httpslog"])
def test_haproxy(tmp_path, running, option):
    port = free_port()
    conf = tmp_path / "haproxy.cfg"
    conf.write_text(HAPROXY.format(port=port, option=option))
    log = tmp_path / "haproxy.log"
    with open(log, "wb") as out:
        running([needs("haproxy"), "-db", "-f", str(conf)], stdout=out)
        wait_for(lambda: is_listening(port), "haproxy")
        want = traffic(port)
    # The connection that only asked whether it listens is no request, but has a line or not.
    def whole():
        summary = scan("--format", "auto", log)
        codes = codes_of(summary)
        done = sum(codes.get(code, 0) for code in want) >= sum(want.values())
        return summary if done else None

    summary = wait_for(whole, "the log")
    got = codes_of(summary)
    got = {code: got[code] for code in got if code in want}
    assert got == dict(want)
    assert summary["sources"][0]["format"].startswith("haproxy")


CADDY = """
{{
    admin off
    auto_https off
    storage file_system {folder}/caddy
}}
http://:{port} {{
    bind 127.0.0.1
    log {{
        output file {folder}/caddy.log
    }}
    respond /ok tea 200
    respond /teapot 418
    respond /broken 503
    respond /slow 504
    redir /moved /ok 301
    respond 404
}}
"""


def test_caddy(tmp_path, running):
    port = free_port()
    conf = tmp_path / "Caddyfile"
    conf.write_text(CADDY.format(folder=tmp_path, port=port))
    start_caddy(running, conf, tmp_path)
    wait_for(lambda: is_listening(port), "caddy")
    want = traffic(port)
    check(tmp_path / "caddy.log", want, ("caddy",))
