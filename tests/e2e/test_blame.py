"""Servers in front of upstreams that refuse, hang, hang up, lie or fail: the reason that is read from
the log is the one that was caused."""
import collections
import contextlib
import http.client
import os
import socket
import threading

import pytest

from conftest import apache_conf, free_port, is_listening, needs, scan, start_caddy, wait_for

REFUSES, HANGS, CLOSES, LIES, FAILS, WORKS = "refuses hangs closes lies fails works".split()
BREAKS = "breaks"  # off in the middle of a good answer
ANSWERS = {
    LIES: b"HTTP/1.1 200 OK\r\nno header\x00at all\r\n\r\n",
    FAILS: b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno",
    BREAKS: b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\ntea",
    WORKS: b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\ntea",
}


class Upstream:
    """A server that behaves as told. What refuses is a port where nobody listens."""

    def __init__(self, kind):
        self.kind, self.port, self.held = kind, free_port(), []
        if kind != REFUSES:
            self.socket = socket.create_server(("127.0.0.1", self.port))
            threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection = self.socket.accept()[0]
                threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        with contextlib.suppress(OSError):
            connection.recv(65536)
            if self.kind == HANGS:
                self.held.append(connection)
                return
            connection.sendall(ANSWERS.get(self.kind, b""))
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
            connection.close()

    def close(self):
        if self.kind != REFUSES:
            self.socket.close()
        for connection in self.held:
            connection.close()


@pytest.fixture
def upstreams():
    servers = {kind: Upstream(kind) for kind in (REFUSES, HANGS, CLOSES, LIES, FAILS, WORKS)}
    yield servers
    for server in servers.values():
        server.close()


def ask(port, path, patience=20):
    """The status, or None when nothing came in time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    try:
        connection.request("GET", path, headers={"Host": "shop.example"})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (TimeoutError, http.client.HTTPException, OSError):
        return None
    finally:
        connection.close()


def reasons_of(log, spec, requests):
    """{(reason, blame): count}, once the log has so many requests."""

    def complete():
        summary = scan("--format", spec, log)
        return summary if summary["requests"] >= requests else None

    summary = wait_for(complete, "%d requests in %s" % (requests, log))
    got = collections.Counter()
    for row in summary.get("reasons", []):
        got[row["reason"], row["blame"]] += row["count"]
    return got, summary


WHY = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent $request_time '
    '"$upstream_addr" "$upstream_status" "$upstream_connect_time" "$upstream_header_time"'
)
NGINX = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    log_format why '{why}';
    access_log {folder}/access.log why;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    proxy_read_timeout 1s;
    limit_req_zone $host zone=one:1m rate=1r/m;
    upstream pair {{ server 127.0.0.1:{refuses}; server 127.0.0.1:{works}; }}
    upstream dead {{ server 127.0.0.1:{refuses} down; }}
    server {{
        listen 127.0.0.1:{port};
        location /dead {{ proxy_pass http://dead; }}
        location /pair {{ proxy_pass http://pair; proxy_next_upstream_tries 2; }}
        location /limited {{ limit_req zone=one; proxy_pass http://127.0.0.1:{works}; }}
        {locations}
    }}
}}
"""


def test_nginx(tmp_path, running, upstreams):
    nginx, port = needs("nginx"), free_port()
    locations = "\n".join(
        "location /%s { proxy_pass http://127.0.0.1:%d; }" % (kind, server.port)
        for kind, server in upstreams.items()
    )
    conf = tmp_path / "nginx.conf"
    conf.write_text(
        NGINX.format(
            folder=tmp_path,
            port=port,
            why=WHY,
            locations=locations,
            user="user root;" if os.geteuid() == 0 else "",
            refuses=upstreams[REFUSES].port,
            works=upstreams[WORKS].port,
        )
    )
    running([nginx, "-c", str(conf), "-p", str(tmp_path), "-e", str(tmp_path / "error.log")])
    wait_for(lambda: is_listening(port), "nginx")
    status = {kind: ask(port, "/" + kind) for kind in upstreams}
    assert status == {REFUSES: 502, HANGS: 504, CLOSES: 502, LIES: 502, FAILS: 500, WORKS: 200}
    assert ask(port, "/dead") == 502
    assert ask(port, "/hangs?left", patience=0.2) is None
    assert ask(port, "/limited") == 200
    assert ask(port, "/limited") == 503
    masked = 0
    while not masked:  # which of the two comes first is for nginx to choose
        assert ask(port, "/pair") == 200
        _, summary = reasons_of(tmp_path / "access.log", "nginx:" + WHY, 1)
        masked = summary.get("masked_retries", 0)
    got, summary = reasons_of(tmp_path / "access.log", "nginx:" + WHY, 11)
    assert got == {
        ("upstream refused the connection", "upstream"): 1,
        ("upstream did not answer in time", "upstream"): 1,
        ("upstream closed the connection without an answer", "upstream"): 2,
        ("upstream answered with an error of its own", "server"): 1,
        ("no upstream was available", "upstream"): 1,
        ("client left before it was answered", "client"): 1,
        ("a configured limit was reached", "config"): 1,
    }
    codes = {row["name"]: row["codes"] for row in summary["upstreams"]}
    refused = codes["127.0.0.1:%d" % upstreams[REFUSES].port]
    assert [(row["code"], row["count"], row["masked"]) for row in refused] == [("502", 2, 1)]


HAPROXY = """
global
    nbthread 1
    log stdout format raw local0
defaults
    mode http
    timeout client 5s
    timeout server 1s
    timeout connect 1s
    retries 0
    log global
    option httplog
frontend web
    bind 127.0.0.1:{port}
    use_backend %[path,field(2,/)]
backend none
{backends}
"""


def test_haproxy(tmp_path, running, upstreams):
    haproxy, port, breaks = needs("haproxy"), free_port(), Upstream(BREAKS)
    backends = "\n".join(
        "backend %s\n    server s 127.0.0.1:%d" % (kind, server.port)
        for kind, server in [*upstreams.items(), (BREAKS, breaks)]
    )
    conf = tmp_path / "haproxy.cfg"
    conf.write_text(HAPROXY.format(port=port, backends=backends))
    log = tmp_path / "haproxy.log"
    with open(log, "wb") as out:
        running([haproxy, "-db", "-f", str(conf)], stdout=out)
        wait_for(lambda: is_listening(port), "haproxy")
        status = {kind: ask(port, "/" + kind) for kind in upstreams}
        assert status == {REFUSES: 503, HANGS: 504, CLOSES: 502, LIES: 502, FAILS: 500, WORKS: 200}
        assert ask(port, "/none") == 503
        assert ask(port, "/hangs", patience=0.2) is None
        assert ask(port, "/breaks") is None

    def whole():
        rows = scan("--format", "auto", log).get("reasons", [])
        got = {(row["reason"], row["blame"]): row["count"] for row in rows}
        return got if sum(got.values()) >= 8 else None

    got = wait_for(whole, "the log")
    breaks.close()
    got.pop(("request was malformed or not allowed", "client"), None)  # who asked if it listens
    assert got == {
        ("upstream refused the connection", "upstream"): 1,
        ("upstream did not answer in time", "upstream"): 1,
        ("upstream closed the connection without an answer", "upstream"): 1,
        ("upstream's answer was not valid", "upstream"): 1,
        ("upstream answered with an error of its own", "server"): 1,
        ("no upstream was available", "upstream"): 1,
        ("client left before it was answered", "client"): 1,
        ("upstream broke off its answer", "upstream"): 1,
    }


APACHE_WHY = '%h %l %u %t "%r" %>s %O %X "%R" "%{error-notes}n"'
APACHE = """
ProxyTimeout 1
LogFormat "{why}" why
CustomLog {folder}/access.log why
{proxies}
"""


def test_apache(tmp_path, running, upstreams):
    apache, port = needs("apache2"), free_port()
    why = APACHE_WHY.replace('"', '\\"')
    proxies = "\n".join(
        "ProxyPass /%s http://127.0.0.1:%d/ retry=0" % (kind, server.port)
        for kind, server in upstreams.items()
    )
    conf = tmp_path / "apache.conf"
    conf.write_text(
        apache_conf(tmp_path, port, ["proxy", "proxy_http"])
        + APACHE.format(folder=tmp_path, why=why, proxies=proxies)
    )
    running([apache, "-X", "-f", str(conf)])
    wait_for(lambda: is_listening(port), "apache")
    status = {kind: ask(port, "/" + kind) for kind in upstreams}
    assert (status[REFUSES], status[FAILS], status[WORKS]) == (503, 500, 200)
    assert status[HANGS] in (502, 504) and status[CLOSES] == 502
    got, _ = reasons_of(tmp_path / "access.log", "apache:" + APACHE_WHY, len(upstreams))
    assert got["upstream could not be reached", "upstream"] == 1
    assert got["upstream answered with an error of its own", "server"] == 1
    closed = got["upstream closed the connection without an answer", "upstream"]
    assert closed + got["upstream did not answer in time", "upstream"] >= 2
    assert {blame for _, blame in got} <= {"upstream", "server"}


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
    {proxies}
}}
"""


def test_caddy(tmp_path, running, upstreams):
    """Its access log has no word of the upstream: the codes alone tell who has to act."""
    port = free_port()
    proxies = "\n".join(
        "reverse_proxy /%s 127.0.0.1:%d {\n transport http {\n response_header_timeout 1s\n }\n}"
        % (kind, server.port)
        for kind, server in upstreams.items()
    )
    conf = tmp_path / "Caddyfile"
    conf.write_text(CADDY.format(folder=tmp_path, port=port, proxies=proxies))
    start_caddy(running, conf, tmp_path)
    wait_for(lambda: is_listening(port), "caddy")
    status = {kind: ask(port, "/" + kind) for kind in upstreams}
    assert (status[REFUSES], status[CLOSES], status[FAILS], status[WORKS]) == (502, 502, 500, 200)
    assert status[HANGS] in (502, 504)
    got, summary = reasons_of(tmp_path / "caddy.log", "auto", len(upstreams))
    assert not got
    blames = {row["code"]: row["blame"] for row in summary["codes"]}
    assert (blames["502"], blames["500"], blames["200"]) == ("upstream", "server", "none")


SQUID = """
http_port 127.0.0.1:{port}
pid_filename {folder}/squid.pid
access_log stdio:{folder}/access.log squid
cache_log {folder}/cache.log
cache_store_log none
cache deny all
coredump_dir {folder}
shutdown_lifetime 1 second
read_timeout 1 second
forward_timeout 2 seconds
connect_timeout 1 second
netdb_filename none
pinger_enable off
acl bad urlpath_regex ^/denied
http_access deny bad
http_access allow all
"""


def test_squid(tmp_path, running, upstreams):
    squid, port = needs("squid"), free_port()
    conf = tmp_path / "squid.conf"
    conf.write_text(SQUID.format(port=port, folder=tmp_path))
    if os.geteuid() == 0:
        os.chmod(tmp_path, 0o777)
        for folder in tmp_path.parents:
            if os.stat(folder).st_mode & 1 == 0:
                os.chmod(folder, os.stat(folder).st_mode | 0o711)
    running([squid, "-N", "-f", str(conf)])
    wait_for(lambda: is_listening(port), "squid")
    path = "http://127.0.0.1:%d/%s"
    status = {
        kind: ask(port, path % (server.port, kind)) for kind, server in upstreams.items()
    }
    assert status[WORKS] == 200 and status[FAILS] == 500 and status[REFUSES] == 503
    assert ask(port, path % (upstreams[WORKS].port, "denied")) == 403
    got, _ = reasons_of(tmp_path / "access.log", "auto", 7)
    assert got["access rules or credentials denied it", "auth"] == 1
    assert got["upstream could not be reached", "upstream"] == 1
    assert got["upstream answered with an error of its own", "server"] == 1


LIGHTTPD = """
server.document-root = "{folder}"
server.port = {port}
server.bind = "127.0.0.1"
server.errorlog = "{folder}/error.log"
server.modules = ("mod_proxy", "mod_accesslog")
accesslog.filename = "{folder}/access.log"
accesslog.format = "%h %V %u %t \\"%r\\" %>s %b \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\""
{proxies}
"""


def test_lighttpd(tmp_path, running, upstreams):
    lighttpd, port = needs("lighttpd"), free_port()
    proxies = "\n".join(
        '$HTTP["url"] =~ "^/%s" { proxy.server = ("" => (("host" => "127.0.0.1", "port" => %d))) }'
        % (kind, server.port)
        for kind, server in upstreams.items()
        if kind != HANGS
    )
    conf = tmp_path / "lighttpd.conf"
    conf.write_text(LIGHTTPD.format(folder=tmp_path, port=port, proxies=proxies))
    log = tmp_path / "access.log"
    process = running([lighttpd, "-D", "-f", str(conf)])
    wait_for(lambda: is_listening(port), "lighttpd")
    want = collections.Counter(
        str(ask(port, "/" + kind)) for kind in upstreams if kind not in (HANGS, LIES)
    )
    want[str(ask(port, "/missing"))] += 1
    assert want["200"] == 1 and want["404"] == 1 and want["500"] >= 1
    process.terminate()  # the log is buffered
    process.wait(20)
    _, summary = reasons_of(log, "auto", sum(want.values()))
    got = {row["code"]: row["count"] for row in summary["codes"]}
    assert {code: got.get(code) for code in want} == dict(want)


VARNISH = """vcl 4.1;
{backends}
sub vcl_recv {{
    {choices}
    return (pass);
}}
"""


def test_varnish(tmp_path, running, upstreams):
    varnishd, ncsa, port = needs("varnishd"), needs("varnishncsa"), free_port()
    backends = "\n".join(
        'backend %s { .host = "127.0.0.1"; .port = "%d"; .first_byte_timeout = 1s; }'
        % (kind, server.port)
        for kind, server in upstreams.items()
    )
    choices = "\n".join(
        'if (req.url ~ "^/%s") { set req.backend_hint = %s; }' % (kind, kind) for kind in upstreams
    )
    vcl = tmp_path / "default.vcl"
    vcl.write_text(VARNISH.format(backends=backends, choices=choices))
    home, log = tmp_path / "v", tmp_path / "access.log"
    running(
        [varnishd, "-F", "-n", str(home), "-a", "127.0.0.1:%d" % port, "-f", str(vcl)]
        + ["-j", "none", "-s", "malloc,10m"]
    )
    wait_for(lambda: is_listening(port), "varnishd", 60)
    running([ncsa, "-n", str(home), "-w", str(log), "-t", "20"])
    wait_for(log.exists, "varnishncsa")

    def is_logging():
        ask(port, "/works?first")
        return log.stat().st_size > 0

    wait_for(is_logging, "the first line")
    status = collections.Counter(str(ask(port, "/" + kind)) for kind in upstreams)
    assert status["503"] == 4 and status["500"] == 1 and status["200"] == 1

    def complete():
        codes = {row["code"]: row["count"] for row in scan("--format", "auto", log)["codes"]}
        return codes if codes.get("503", 0) >= 4 and codes.get("500", 0) >= 1 else None

    codes = wait_for(complete, "the log")
    assert codes["503"] == 4 and codes["500"] == 1 and codes["200"] >= 2
