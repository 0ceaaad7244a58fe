"""teapotctl against a stand-in for the daemon: what it asks, what it prints, and its exit status.

The binary is $TEAPOTCTL, or build/teapotctl beside this folder; without one everything is skipped.
"""

import json
import os
import pathlib
import socket
import subprocess
import threading

import pytest

BINARY = os.environ.get("TEAPOTCTL") or str(pathlib.Path(__file__).parent.parent / "build" / "teapotctl")

pytestmark = pytest.mark.skipif(not os.access(BINARY, os.X_OK), reason=f"no teapotctl at {BINARY}")


class Daemon:
    """Answers each connection with `answer` and keeps what it was asked."""

    def __init__(self, listener, answer):
        self.listener = listener
        self.answer = answer
        self.asked = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                request = b""
                while not request.endswith(b"\n"):
                    got = connection.recv(4096)
                    if not got:
                        break
                    request += got
                if request.startswith(b"GET "):
                    while b"\r\n\r\n" not in request:
                        request += connection.recv(4096)
                self.asked.append(request.decode())
                try:
                    connection.sendall(self.answer)
                except OSError:
                    pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)


@pytest.fixture
def daemon(tmp_path):
    made = []

    def make(answer, tcp=False):
        listener = socket.socket(socket.AF_INET if tcp else socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(("127.0.0.1", 0) if tcp else str(tmp_path / "s.sock"))
        listener.listen(8)
        one = Daemon(listener, answer)
        one.address = f"tcp:127.0.0.1:{listener.getsockname()[1]}" if tcp else str(tmp_path / "s.sock")
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()


def run(*args, env=None):
    return subprocess.run([BINARY, *args], capture_output=True, text=True, timeout=30,
                          env={**os.environ, **(env or {})}, check=False)


@pytest.mark.parametrize("args, line", [
    (["summary"], "summary\n"),
    (["summary", "10m"], "summary 10m\n"),
    (["metrics"], "metrics\n"),
    (["alerts"], "alerts\n"),
    (["sources"], "sources\n"),
    (["top", "hosts", "5"], "top hosts 5\n"),
    (["silence", "spike", "web", "1h"], "silence spike web 1h\n"),
    (["reload"], "reload\n"),
])
def test_a_command_is_one_line_and_its_answer_is_printed(daemon, args, line):
    one = daemon(b'{"schema":"x"}\n')
    for address in (one.address, "unix:" + one.address):
        got = run("-s", address, *args)
        assert (got.returncode, got.stdout, got.stderr) == (0, '{"schema":"x"}\n', "")
    assert one.asked == [line, line]


def test_the_socket_may_come_from_the_environment(daemon):
    one = daemon(b"ok\n")
    assert run("health", env={"TEAPOTD_SOCKET": one.address}).returncode == 0


def test_options_may_stand_behind_the_command(daemon):
    one = daemon(b"ok\n")
    assert run("health", f"--socket={one.address}").returncode == 0


@pytest.mark.parametrize("answer, status", [(b"ok\n", 0), (b"2 sources can't be read\n", 1), (b"okay\n", 1)])
def test_health_is_the_exit_status(daemon, answer, status):
    got = run("-s", daemon(answer).address, "health")
    assert (got.returncode, got.stdout) == (status, answer.decode())


@pytest.mark.parametrize("answer, said", [
    (b"error: no such rule\n", "teapotctl: no such rule\n"),
    (b'{"error":"no"}\n', 'teapotctl: {"error":"no"}\n'),
    (b"", "there was no answer"),
])
def test_an_error_goes_to_stderr_and_the_exit_status(daemon, answer, said):
    got = run("-s", daemon(answer).address, "summary")
    assert (got.returncode, got.stdout) == (1, "")
    assert said in got.stderr


def test_a_large_answer_is_printed_whole(daemon):
    answer = b"x" * (20 << 20) + b"\n"
    got = run("-s", daemon(answer).address, "metrics")
    assert got.returncode == 0
    assert len(got.stdout) == len(answer)


def test_a_reader_that_goes_away_is_no_failure(daemon):
    one = daemon(b"x" * (4 << 20))
    with subprocess.Popen([BINARY, "-s", one.address, "metrics"], stdout=subprocess.PIPE) as child:
        child.stdout.read(1)
        child.stdout.close()
        assert child.wait(30) == 0


def test_without_a_daemon_it_says_so(tmp_path):
    got = run("-s", str(tmp_path / "nothing"), "summary")
    assert got.returncode == 1
    assert "is teapotd running?" in got.stderr


@pytest.mark.parametrize("args", [
    [], ["frobnicate"], ["summary", "1m", "2m"], ["silence", "rule"], ["explain"], ["reload", "now"],
    ["--frobnicate"], ["-s"], ["summary", "a\nreload"], ["top", ""], ["-s", "tcp:127.0.0.1:1", "reload"],
    ["explain", "abc"], ["explain", "499", "frobnicate"],
])
def test_wrong_usage_is_exit_status_2(args):
    got = run(*args)
    assert got.returncode == 2
    assert got.stderr.startswith("teapotctl: ")


def test_tcp_takes_the_line_too(daemon):
    one = daemon(b"{}\n", tcp=True)
    assert run("-s", one.address, "alerts").stdout == "{}\n"
    assert one.asked == ["alerts\n"]


@pytest.mark.parametrize("args, target", [
    (["summary", "10m"], "/summary?last=10m"),
    (["top", "a&b", "3"], "/top?by=a%26b&n=3"),
    (["alerts"], "/alerts"),
])
def test_a_token_goes_by_http(daemon, tmp_path, args, target):
    (tmp_path / "token").write_text("secret\n")
    one = daemon(b"HTTP/1.1 200 OK\r\nContent-Type: x\r\n\r\n{}\n", tcp=True)
    got = run("-s", one.address, "--token-file", str(tmp_path / "token"), *args)
    assert (got.returncode, got.stdout) == (0, "{}\n")
    assert one.asked[0].startswith(f"GET {target} HTTP/1.0\r\n")
    assert "\r\nAuthorization: Bearer secret\r\n" in one.asked[0]


@pytest.mark.parametrize("answer", [
    b'HTTP/1.1 401 Unauthorized\r\n\r\n{"error":"a token is needed"}\n', b"SSH-2.0-x\r\n", b"",
])
def test_what_http_refuses_is_a_failure(daemon, tmp_path, answer):
    (tmp_path / "token").write_text("wrong\n")
    got = run("-s", daemon(answer, tcp=True).address, "--token-file", str(tmp_path / "token"), "summary")
    assert (got.returncode, got.stdout) == (1, "")
    assert got.stderr


def test_explain_needs_no_daemon():
    env = {"TEAPOTD_SOCKET": "/nonexistent"}
    text = run("explain", "499", "nginx", env=env)
    assert text.returncode == 0
    assert "Client Closed Request" in text.stdout
    assert run("explain", "499", "--format", "nginx", env=env).stdout == text.stdout
    answer = json.loads(run("explain", "520", "cloudflare", "--json", env=env).stdout)
    assert answer["code"] == "520"
    chosen = [entry for entry in answer["entries"] if entry["chosen"]]
    assert [entry["vendor"] for entry in chosen] == ["cloudflare"]


@pytest.mark.parametrize("code", ["-", "-1", "000", "0", "009"])
def test_pseudo_codes_are_explained(code):
    got = run("explain", code, "--json")
    assert got.returncode == 0
    assert json.loads(got.stdout)["code"] == code


def test_no_escape_sequences_go_into_a_pipe():
    assert "\033" not in run("explain", "502").stdout


def test_help_and_version():
    text = run("--help").stdout
    for word in ("summary", "metrics", "alerts", "sources", "top", "explain", "silence", "reload", "health"):
        assert f"\n  {word} " in text
    assert run("--version").stdout.startswith("teapotctl ")
