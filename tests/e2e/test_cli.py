"""The command line: exit statuses, errors, help, and what a terminal gets to see."""
import json
import os
import pty
import re
import select
import struct
import subprocess
import fcntl
import termios

import pytest

from conftest import TEAPOTD, generate

LINE = b'203.0.113.7 - - [22/Nov/2026:16:29:32 +0000] "GET /tea HTTP/1.1" %s 5 "-" "-"\n'


def run(*arguments, **more):
    more.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([TEAPOTD, *map(str, arguments)], capture_output=True, timeout=60, **more)


def on_terminal(*arguments, columns=80, env=None):
    """What a terminal of that width is sent, and the exit status."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(env or {})}
    environment.pop("NO_COLOR", None) if not env or "NO_COLOR" not in env else None
    process = subprocess.Popen(
        [TEAPOTD, *map(str, arguments)], stdin=slave, stdout=slave, stderr=slave, env=environment
    )
    os.close(slave)
    out = b""
    while select.select([master], [], [], 20)[0]:
        try:
            piece = os.read(master, 65536)
        except OSError:
            break
        if not piece:
            break
        out += piece
    os.close(master)
    return out.decode(errors="replace").replace("\r\n", "\n"), process.wait(20)


def without_colours(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "access.log"
    path.write_bytes(generate("--lines", 5000, "--rate", 20, "--incident", "100,60,0.4"))
    return path


def test_help_names_every_option_and_goes_to_standard_output():
    answer = run("--help")
    assert answer.returncode == 0 and not answer.stderr
    text = answer.stdout.decode()
    for option in (
        "--follow",
        "--config",
        "--check",
        "--format",
        "--formats",
        "--json",
        "--text",
        "--every",
        "--threads",
    ):
        assert option in text
    for option in ("--by", "--vendor", "--fail-on-alert", "--explain", "--help", "--version"):
        assert option in text
    assert max(map(len, text.splitlines())) <= 80


def test_version():
    answer = run("--version")
    assert answer.returncode == 0
    assert re.fullmatch(r"teapotd \d+\.\d+\.\d+\n?", answer.stdout.decode().splitlines()[0] + "\n")


def test_formats_names_each_format_with_its_sample():
    answer = run("--formats")
    assert answer.returncode == 0
    for name in ("combined", "nginx", "apache", "haproxy", "caddy", "json"):
        assert name in answer.stdout.decode()


def test_no_file_and_a_terminal_gives_a_short_help_and_exit_2():
    text, status = on_terminal()
    assert status == 2
    assert "teapotd" in text and len(text.splitlines()) < 15


@pytest.mark.parametrize(
    "arguments, word",
    [
        (["--sauce"], "sauce"),
        (["--format", "combned", "-"], "combined"),
        (["--format", "nginx:$statsu", "-"], "status"),
        (["--every", "soon", "-f", "-"], "soon"),
        (["--threads", "many", "-"], "many"),
        (["--by", "planet", "-"], "planet"),
        (["-c"], "-c"),
    ],
)
def test_wrong_usage_is_exit_2_and_says_what_is_wrong(arguments, word):
    answer = run(*arguments)
    assert answer.returncode == 2
    assert not answer.stdout
    assert word in answer.stderr.decode()
    assert answer.stderr.decode().startswith("teapotd: ")


def test_a_file_that_is_not_there_is_exit_1_and_the_others_are_still_read(log, tmp_path):
    answer = run("--json", tmp_path / "missing.log", log)
    assert answer.returncode == 1
    assert "missing.log" in answer.stderr.decode()
    assert json.loads(answer.stdout)["requests"] == 5000


def test_a_folder_is_no_log(tmp_path):
    answer = run("--json", tmp_path)
    assert answer.returncode == 1 and str(tmp_path) in answer.stderr.decode()


def test_an_empty_file_is_no_error(tmp_path):
    empty = tmp_path / "empty.log"
    empty.write_bytes(b"")
    answer = run("--json", empty)
    assert answer.returncode == 0
    assert json.loads(answer.stdout)["lines"] == 0


def test_piped_output_is_one_line_of_json(log):
    answer = run(log)
    assert answer.returncode == 0
    assert answer.stdout.count(b"\n") == 1
    assert json.loads(answer.stdout)["schema"] == "teapotd.summary/1"
    assert not answer.stderr


def test_text_can_be_forced_into_a_pipe_and_has_no_colours(log):
    answer = run("--text", log)
    assert answer.returncode == 0
    assert b"\x1b" not in answer.stdout and b"5000" in answer.stdout.replace(b",", b"").replace(
        b" ", b""
    )


def test_a_reader_that_goes_away_is_no_error(log):
    process = subprocess.Popen(
        [TEAPOTD, "--text", str(log)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    assert process.wait(30) == 0
    assert process.stderr.read() == b""
    process.stderr.close()


def test_following_ends_with_exit_0_when_its_reader_goes_away(tmp_path):
    process = subprocess.Popen(
        [TEAPOTD, "-f", "--every", "1s", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    process.stdin.write(LINE % b"200")
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["schema"] == "teapotd.summary/1"
    process.stdout.close()
    assert process.wait(30) == 0
    process.stdin.close()


def test_a_full_disk_is_exit_1(log):
    with open("/dev/full", "wb") as full:
        process = subprocess.run(
            [TEAPOTD, "--json", str(log)], stdout=full, stderr=subprocess.PIPE, timeout=60
        )
    assert process.returncode == 1 and process.stderr


def test_fail_on_alert_is_exit_3_only_when_one_fired(log, tmp_path):
    assert run("--fail-on-alert", log).returncode == 3
    calm = tmp_path / "calm.log"
    calm.write_bytes(LINE % b"200" * 5000)
    assert run("--fail-on-alert", calm).returncode == 0
    assert run(log).returncode == 0


def test_explain_knows_whose_code_it_is():
    assert b"Client Closed Request" in run("--explain", "499", "--format", "nginx").stdout
    assert b"Client Closed Connection" in run("--explain", "460", "--format", "alb").stdout
    assert run("--explain", "460", "--format", "no-such-server").returncode == 2
    answer = run("--explain", "418")
    assert answer.returncode == 0 and answer.stdout
    assert run("--explain", "tea").returncode == 2


def test_check_says_where_a_configuration_is_wrong(tmp_path):
    config = tmp_path / "teapotd.conf"
    config.write_text('source a { path = {"/var/log/x.log"} }\nalert b {\n    on = 6xx\n}\n')
    answer = run("--check", "-c", config)
    assert answer.returncode == 2
    assert re.search(r"teapotd\.conf:3(:\d+)?: ", answer.stderr.decode())
    config.write_text('source a { path = {"/var/log/x.log"} }\n')
    assert run("--check", "-c", config).returncode == 0


def test_the_report_fits_a_terminal_of_80_columns(log):
    text, status = on_terminal(log)
    assert status == 0
    plain = without_colours(text)
    assert max(map(len, plain.splitlines())) <= 80
    assert len(plain.splitlines()) > 10
    assert "\x1b[" in text


def test_no_color_is_obeyed(log):
    text, status = on_terminal(log, env={"NO_COLOR": "1"})
    assert status == 0 and "\x1b" not in text


def test_nothing_from_the_log_reaches_the_terminal_unescaped(tmp_path):
    path = tmp_path / "hostile.log"
    target = b"GET /\x1b]0;owned\x07\x1b[2J\xff\xc2\x9b31m HTTP/1.1"
    hostile = b'203.0.113.7 - - [22/Nov/2026:16:29:32 +0000] "%s" 500 5 "-" "-"\n' % target
    path.write_bytes(hostile * 200 + b"\x1b[31mgarbage\x07\n" * 5)
    text, status = on_terminal("--format", "combined", path)
    assert status == 0
    left = without_colours(text)
    assert not [c for c in left if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0]
    assert max(map(len, left.splitlines())) <= 80
