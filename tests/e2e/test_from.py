"""teapotd --from SERVER: what is printed for a server's configuration is good, and reads each log that
the server then writes, to its last line."""
import collections
import http.client
import os
import socket
import subprocess

import pytest

from conftest import (
    TEAPOTD,
    apache_conf,
    codes_of,
    free_port,
    get,
    is_listening,
    needs,
    start_caddy,
    wait_for,
)


def from_server(server, root=None, code=0):
    """What is printed; with an exit status other than 0, what is said."""
    command = [TEAPOTD, "--from", server, *(["--root", str(root)] if root else [])]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert run.returncode == code, run.stderr
    return run.stderr if code else run.stdout


def checked(tmp_path, text):
    conf = tmp_path / "printed.conf"
    conf.write_text(text)
    run = subprocess.run(
        [TEAPOTD, "--check", "-c", str(conf)], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr + text
    return text


def sources_of(daemon, text, requests):
    """{source: {code: count}} of a daemon with that configuration."""
    d = daemon(text)

    def whole():
        summary = d.summary()
        return summary if summary["requests"] >= requests else None

    summary = wait_for(whole, "%d requests" % requests)
    assert (summary["requests"], summary["unparsed"]) == (requests, 0), summary
    counted = {}
    for source in summary["sources"]:
        counted[source["name"].split("/")[0]] = source["requests"]
    return counted, codes_of(summary)


STOCK = {
    "nginx": ("/etc/nginx/nginx.conf", ["/var/log/nginx/access.log"]),
    "apache": (
        "/etc/apache2/apache2.conf",
        ["/var/log/apache2/access.log", "/var/log/apache2/other_vhosts_access.log"],
    ),
    "haproxy": ("/etc/haproxy/haproxy.cfg", ["/var/log/haproxy.log"]),
    "caddy": ("/etc/caddy/Caddyfile", []),
}


@pytest.mark.parametrize("server", STOCK)
def test_stock(server, tmp_path):
    conf, logs = STOCK[server]
    if not os.path.exists(conf):
        pytest.skip("%s is not there" % conf)
    text = checked(tmp_path, from_server(server))
    for log in logs:
        assert "path = '%s'" % log in text
    assert text.count("source ") == len(logs)


def tree(root, **files):
    """Files by their path below `root`, with "__" for a slash."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


NGINX = """
daemon off; pid {root}/nginx.pid; error_log {root}/error.log;
{user}
events {{ }}
# a comment with a }} in it
http {{
    include formats.conf;
    access_log {root}/http.log;   # inherited by the server that has none of its own
    client_body_temp_path {root}/b; proxy_temp_path {root}/p; fastcgi_temp_path {root}/f;
    uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
    include sites/*.conf;
    server {{ listen 127.0.0.1:{port}; server_name plain.example; return 404; }}
}}
"""
FORMATS = r"""
log_format tabs "$msec	$host	$request_method	$request_uri	$status	$body_bytes_sent";
log_format 'two parts' '$remote_addr "$request" '
                       'it\'s \"quoted\" \\ $status ${request_time}s';
log_format js escape=json '{"t":"$time_iso8601","st":"$status","ua":"$http_user_agent",'
    '"nested":{"uri":"$request_uri"}}';
log_format none escape=none '$status|$http_user_agent|$request';
"""
SITES = """
server {{
    listen 127.0.0.1:{port}; server_name a.example; root {root};
    access_log {root}/$host.log tabs;
    location /js {{ access_log {root}/js.log js buffer=4k flush=1s; return 503; }}
    location /off {{ access_log off; return 200; }}
    location /lua {{ return 418; }}
}}
server {{
    listen 127.0.0.1:{port}; server_name b.example;
    access_log {root}/parts.log "two parts";
    access_log {root}/none.log none if=$request_method;
    access_log syslog:server=127.0.0.1:9,tag=web tabs;
    return 502;
}}
"""


def test_nginx(tmp_path, running, daemon):
    nginx, root, port = needs("nginx"), tmp_path / "root", free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    tree(
        root,
        etc__nginx__nginx_DOT_conf=NGINX.format(root=root, port=port, user=user),
        etc__nginx__formats_DOT_conf=FORMATS,
        etc__nginx__sites__both_DOT_conf=SITES.format(root=root, port=port),
    )
    conf = root / "etc/nginx/nginx.conf"
    server = running([nginx, "-c", str(conf), "-p", str(root), "-e", str(root / "error.log")])
    wait_for(lambda: is_listening(port), "nginx")
    want = collections.Counter()
    logs = {"nginx-http": 0, "nginx": 0, "nginx-js": 0, "nginx-parts": 0, "nginx-none": 0}
    asked = {
        ("plain.example", "/x"): ["nginx-http"],
        ("a.example", "/lua"): ["nginx"],
        ("a.example", "/js?q=%22x"): ["nginx-js"],
        ("a.example", "/off"): [],
        ("b.example", '/say"it\\"'): ["nginx-parts", "nginx-none"],
    }
    for times, ((host, path), names) in enumerate(asked.items(), 2):
        for _ in range(times):
            status = get(port, path, host)
            for name in names:
                logs[name] += 1
                want[str(status)] += 1
    text = checked(tmp_path, from_server("nginx", root))
    assert "sites/both.conf:13: a log goes to syslog:server=127.0.0.1:9" in text
    assert "path = '%s/*.log'" % root in text
    server.terminate()  # it writes what it has buffered
    server.wait()
    (root / "error.log").unlink()
    counted, codes = sources_of(daemon, text, sum(want.values()))
    assert codes == dict(want)
    assert sorted(counted.values()) == sorted(logs.values())


APACHE = """
Define SITE shop
LogFormat "%v:%p %h %l %u %t \\"%r\\" %>s %O" \\
    main
<IfDefine !NOT_GIVEN>
    LogFormat "%{{sec}}t\\t%V\\t%m\\t%U%q\\t%>s\\t%D\\t%{{it's}}i" tabs
</IfDefine>
<IfDefine NOT_GIVEN>
    CustomLog {root}/never.log main
</IfDefine>
CustomLog ${{APACHE_LOG_DIR}}/main.log main
IncludeOptional sites-enabled/*.conf
Redirect 503 /broken
Redirect 410 /gone
"""
APACHE_SITE = """
<VirtualHost *:{port}>
    ServerName ${{SITE}}.example
    CustomLog "${{APACHE_LOG_DIR}}/${{SITE}}.log" tabs
    CustomLog "${{APACHE_LOG_DIR}}/own.log" "%a [%t] %>s %b '%r' %T"
    CustomLog "|/usr/bin/logger -t web" tabs
    Redirect 403 /no
</VirtualHost>
<VirtualHost *:{port}>
    ServerName other.example
</VirtualHost>
<Macro Site $name $namespace %log>
    <VirtualHost *:{port}>
        ServerName $name.example
        CustomLog ${{APACHE_LOG_DIR}}/$namespace-$name.log \\
            "%log %s"
    </VirtualHost>
</Macro>
Use Site first tenant "%a %t"
use SITE second tenant "%t %B"
"""


def test_apache(tmp_path, running, daemon):
    apache, root, port = needs("apache2"), tmp_path / "root", free_port()
    (root / "logs").mkdir(parents=True)
    tree(
        root,
        etc__apache2__apache2_DOT_conf=apache_conf(root, port, ["alias", "macro"], root / "etc/apache2")
        + APACHE.format(root=root),
        etc__apache2__envvars="export APACHE_LOG_DIR=%s/logs$SUFFIX\n" % root,
    )
    tree(root, **{"etc__apache2__sites-enabled__1_DOT_conf": APACHE_SITE.format(port=port)})
    env = {**os.environ, "APACHE_LOG_DIR": str(root / "logs")}
    running([apache, "-X", "-f", str(root / "etc/apache2/apache2.conf")], env=env)
    wait_for(lambda: is_listening(port), "apache")
    want = collections.Counter()
    asked = {
        ("shop.example", "/no?q=1"): 2,
        ("shop.example", "/missing"): 2,
        ("other.example", "/broken"): 1,
        ("other.example", "/gone"): 1,
        ("first.example", "/missing"): 1,
        ("second.example", "/missing"): 1,
    }
    for times, ((host, path), logs) in enumerate(asked.items(), 3):
        for _ in range(times):
            want[str(get(port, path, host))] += logs
    text = checked(tmp_path, from_server("apache", root))
    assert "a log is piped into /usr/bin/logger -t web" in text
    assert "never.log" not in text
    counted, codes = sources_of(daemon, text, sum(want.values()))
    assert codes == dict(want)
    assert counted == {"apache-main": 11, "apache-shop": 7, "apache-own": 7, "apache-tenant-first": 7, "apache-tenant-second": 8}


HAPROXY = """
global
    nbthread 1
    log 127.0.0.1:{syslog} local0
    log 127.0.0.1:{syslog} local1 notice
defaults base
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
    log global
    option httplog
defaults other from base
    log-format "%ci [%tr] \\"%HM %HU\\" st=%ST %B 'it''s' %{{+Q}}r"
frontend web from base
    bind 127.0.0.1:{web}
    http-request deny deny_status 503
frontend api from other
    bind 127.0.0.1:{api}
    http-request deny deny_status 429
frontend out from base
    bind 127.0.0.1:{out}
    log stdout format raw daemon
    no log
    log stdout format raw daemon
    http-request deny deny_status 404
"""
RSYSLOG = """
$AddUnixListenSocket /var/lib/haproxy/dev/log
:programname, startswith, "haproxy" {
  /var/log/lb/haproxy.log
  stop
}
"""


def test_haproxy(tmp_path, running, daemon):
    haproxy, root = needs("haproxy"), tmp_path / "root"
    syslog = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    syslog.bind(("127.0.0.1", 0))
    syslog.settimeout(10)
    ports = {"syslog": syslog.getsockname()[1]}
    for name in ("web", "api", "out"):
        ports[name] = free_port()
    tree(
        root,
        etc__haproxy__haproxy_DOT_cfg=HAPROXY.format(**ports),
        **{"etc__rsyslog_DOT_d__49-haproxy_DOT_conf": RSYSLOG},
    )
    running([haproxy, "-db", "-f", str(root / "etc/haproxy/haproxy.cfg")], stdout=subprocess.DEVNULL)
    wait_for(lambda: is_listening(ports["out"]), "haproxy")
    for _ in range(9):
        assert get(ports["web"], "/x") == 503
    for _ in range(11):
        assert get(ports["api"], '/y"') == 429
    lines = []
    while sum(b"haproxy[" in line and b"/x " in line or b"st=429" in line for line in lines) < 20:
        lines.append(syslog.recv(4096).rstrip(b"\n") + b"\n")
    syslog.close()
    log = root / "var/log/lb/haproxy.log"
    log.parent.mkdir(parents=True)
    log.write_bytes(b"".join(line for line in lines if b"/x " in line or b"st=429" in line))
    text = checked(tmp_path, from_server("haproxy", root))
    assert "path = '%s'" % log in text
    assert "frontend out logs to stdout: pipe that into teapotd --format 'haproxy'" in text
    _, codes = sources_of(daemon, text, 20)
    assert codes == {"503": 9, "429": 11}


CADDYFILE = """
{{
    admin off
    auto_https off
    storage file_system {root}/caddy
    # a log of the server itself, on standard error
}}
(logged) {{
    log {{
        output file {root}/shop.log {{
            roll_size 10mb
        }}
        format console
    }}
}}
import sites/*.caddy
http://:{port} {{
    bind 127.0.0.1
    import logged
    respond /broken 503
    respond 404
}}
"""
CADDY_SITE = """
http://:{port} {{
    bind 127.0.0.1
    log {{
        output file "{{$NOT_SET:{root}/api.log}}"
    }}
    respond "it \\"is\\" {{path}}" 429
}}
"""


def test_caddy(tmp_path, running, daemon):
    root = tmp_path / "root"
    shop, api = free_port(), free_port()
    tree(
        root,
        etc__caddy__Caddyfile=CADDYFILE.format(root=root, port=shop),
        etc__caddy__sites__api_DOT_caddy=CADDY_SITE.format(root=root, port=api),
    )
    start_caddy(running, root / "etc/caddy/Caddyfile", root)
    wait_for(lambda: is_listening(shop) and is_listening(api), "caddy")
    for _ in range(7):
        assert get(shop, "/broken") == 503
    for _ in range(5):
        assert get(api, "/x") == 429
    text = checked(tmp_path, from_server("caddy", root))
    counted, codes = sources_of(daemon, text, 12)
    assert codes == {"503": 7, "429": 5}
    assert counted == {"caddy-shop": 7, "caddy-api": 5}


def test_mistakes_have_their_place(tmp_path):
    assert 'unknown server "ngnix"; did you mean "nginx"?' in from_server("ngnix", code=2)
    assert "there is no %s/etc/caddy/Caddyfile" % tmp_path in from_server("caddy", tmp_path, 1)
    conf = tmp_path / "etc/nginx/nginx.conf"
    tree(tmp_path, etc__nginx__nginx_DOT_conf="http {\n  access_log 'x;\n}\n")
    assert "%s:2:14: a quote has no end" % conf in from_server("nginx", tmp_path, 2)
    conf.write_text("}\n")
    assert "%s:1:1: a \"}\" closes nothing" % conf in from_server("nginx", tmp_path, 2)
    conf.write_text("include nginx.conf;\n")
    assert "files include one another without end" in from_server("nginx", tmp_path, 2)
    conf.write_text("http { include nowhere.conf; }\n")
    assert "nowhere.conf: No such file or directory" in from_server("nginx", tmp_path, 1)


def test_a_relative_root_becomes_absolute(tmp_path):
    tree(tmp_path, etc__nginx__nginx_DOT_conf="http { access_log /a.log; }\n")
    run = subprocess.run(
        [TEAPOTD, "--from", "nginx", "--root", "./" + tmp_path.name + "/"],
        cwd=tmp_path.parent,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "path = '%s/a.log'" % tmp_path in run.stdout
    assert "nowhere: No such file or directory" in from_server("nginx", "./nowhere", 1)


def test_what_has_no_status_is_left_out_and_said(tmp_path):
    tree(
        tmp_path,
        etc__nginx__nginx_DOT_conf="http { log_format bare '$remote_addr';\n"
        "access_log /a.log bare;\naccess_log /b.log unknown;\nserver { } }\n",
    )
    text = checked(tmp_path, from_server("nginx", tmp_path))
    assert "source" not in text
    assert "nginx.conf:2: /a.log is left out: " in text
    assert 'nginx.conf:3: /b.log is left out: there is no log_format "unknown"' in text
