"""What the end-to-end tests share: the programs, a daemon under test, waiting for events."""
import http.client
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / "build/release"


def program(variable, name):
    path = pathlib.Path(os.environ.get(variable, BUILD / name))
    if not path.exists():
        pytest.exit("%s is not built (%s)" % (name, path), 2)
    return str(path)


TEAPOTD = program("TEAPOTD", "teapotd")
TEAPOTCTL = program("TEAPOTCTL", "teapotctl")
GENERATE = program("GENERATE", "generate")


def needs(name):
    """The path of a program that not every machine has; the test is skipped where it is missing."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not path:
        pytest.skip("%s is not installed" % name)
    return path


def wait_for(condition, what, seconds=20):
    """The first true value of condition(); it is asked often, and given up loudly."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            pytest.fail("waited %d s for %s" % (seconds, what))
        time.sleep(0.02)


def check_schema(schema, documents):
    """Text or bytes, a JSON document a line, are what a schema of docs/schema says."""
    done = subprocess.run(
        [sys.executable, TOP / "tests/check_schema.py", TOP / "docs/schema" / schema],
        input=documents if isinstance(documents, bytes) else documents.encode(),
        capture_output=True,
    )
    if done.returncode == 77:
        pytest.skip(done.stdout.decode().strip())
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def is_listening(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def get(port, path, host="shop.example"):
    """One request; the status of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def generate(*options):
    return subprocess.run([GENERATE, *map(str, options)], check=True, capture_output=True).stdout


def scan(*arguments, stdin=None, check=True):
    """The summary of a scan."""
    run = subprocess.run(
        [TEAPOTD, "--json", *map(str, arguments)], input=stdin, capture_output=True, timeout=120
    )
    if check:
        assert run.returncode in (0, 3), run.stderr.decode(errors="replace")
    return json.loads(run.stdout)


def codes_of(summary):
    out = {}
    for row in summary["codes"]:
        out[row["code"]] = out.get(row["code"], 0) + row["count"]
    return out


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self.path)


def unix_get(path, target, headers=None):
    connection = UnixConnection(path)
    connection.request("GET", target, headers=headers or {})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), body


class Notifications:
    """The service manager's end of sd_notify(3)."""

    def __init__(self, path):
        self.address = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + self.address[1:] if self.address.startswith("@") else self.address)
        self.seen = []

    def wait(self, line, seconds=20):
        """Waits for a message with this line (or one that begins so, when it ends in '=')."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            if left <= 0:
                pytest.fail("waited %d s for %s; came: %s" % (seconds, line, self.seen))
            self.socket.settimeout(left)
            try:
                message = self.socket.recv(4096).decode().split("\n")
            except TimeoutError:
                continue
            self.seen.append(message)
            if any(
                part == line or (line.endswith("=") and part.startswith(line)) for part in message
            ):
                return message

    def close(self):
        self.socket.close()


class Daemon:
    """A teapotd -c, started and ready, with its stats socket in `folder`."""

    def __init__(self, folder, config, env=None):
        self.folder = folder
        self.socket = folder / "stats.sock"
        self.config = folder / "teapotd.conf"
        self.output = folder / "teapotd.out"
        self.env = env or {}
        self.process = None
        self.notifications = None
        self.write_config(config)

    def write_config(self, config):
        self.config.write_text('stats { listen = {"unix:%s"} }\n%s' % (self.socket, config))

    def start(self, stdout=None, wrap=()):
        path = self.folder / "notify"
        path.unlink(missing_ok=True)
        self.notifications = Notifications(path)
        env = {**os.environ, "NOTIFY_SOCKET": str(path), **self.env}
        with open(self.output, "ab") as out:
            self.process = subprocess.Popen(
                [*wrap, TEAPOTD, "-c", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=out if stdout is None else stdout,
                stderr=out,
                env=env,
            )
        self.notifications.wait("READY=1")
        return self

    def said(self):
        return self.output.read_text(errors="replace")

    def get(self, target, headers=None):
        status, _, body = unix_get(self.socket, target, headers)
        assert status == 200, body
        return body

    def json(self, target):
        return json.loads(self.get(target))

    def summary(self):
        return self.json("/summary")

    def wait_for_lines(self, lines, seconds=20):
        """The summary that has at least so many lines."""

        def enough():
            summary = self.summary()
            return summary if summary["lines"] >= lines else None

        return wait_for(enough, "%d lines" % lines, seconds)

    def alerts(self):
        return self.json("/alerts")["alerts"]

    def reload(self):
        self.process.send_signal(signal.SIGHUP)
        self.notifications.wait("RELOADING=1")
        self.notifications.wait("READY=1")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.notifications.close()

    def stop(self):
        """Ends it as a service manager does; its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        status = self.process.wait(20)
        self.notifications.close()
        return status


@pytest.fixture
def daemon(tmp_path):
    """Makes daemons, and ends those that are still there after the test."""
    made = []

    def make(config, wrap=(), **more):
        made.append(Daemon(tmp_path, config, **more).start(wrap=wrap))
        return made[-1]

    yield make
    for one in made:
        if one.process.poll() is None:
            one.stop()


@pytest.fixture
def running():
    """Starts other programs, and ends them after the test."""
    started = []

    def run(command, **more):
        started.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, **more))
        return started[-1]

    yield run
    for process in started:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Receiver:
    """A web server that keeps what is posted to it; answers with `statuses` in turn, then 200."""

    def __init__(self, port=0):
        self.bodies, self.paths = [], []
        self.statuses = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.paths.append(self.path)
                receiver.bodies.append((self.headers, json.loads(body)))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = "http://127.0.0.1:%d/hook" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    r = Receiver()
    yield r
    r.close()


APACHE_MODULES = "/usr/lib/apache2/modules"


# A configuration of nginx up to the settings of its http block: for root and anybody, in one folder.
NGINX_HEAD = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
"""


def apache_conf(folder, port, modules, root=None):
    """What every httpd under test begins with: it runs in `folder` and serves folder/www."""
    if not os.path.isdir(APACHE_MODULES):
        pytest.skip("%s is not there" % APACHE_MODULES)
    (folder / "www").mkdir(exist_ok=True)
    lines = [
        "ServerRoot %s" % (root or folder),
        "PidFile %s/apache.pid" % folder,
        "ErrorLog %s/error.log" % folder,
        "DefaultRuntimeDir %s" % folder,
        "Mutex pthread",
        "Listen 127.0.0.1:%d" % port,
        "ServerName shop.example",
        "DocumentRoot %s/www" % folder,
        *(
            "LoadModule %s_module %s/mod_%s.so" % (name, APACHE_MODULES, name)
            for name in ("mpm_event", "authz_core", *modules)
        ),
    ]
    if os.geteuid() == 0:
        lines += ["User nobody", "Group nogroup"]
    return "\n".join(lines) + "\n"


def start_caddy(running, conf, folder):
    """Caddy with a Caddyfile; what it keeps is kept in `folder`."""
    home = {name: str(folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    with open(folder / "caddy.out", "wb") as out:
        return running(
            [needs("caddy"), "run", "--config", str(conf), "--adapter", "caddyfile"],
            env={**os.environ, **home},
            stdout=out,
            stderr=out,
        )
