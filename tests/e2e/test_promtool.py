"""What Prometheus itself thinks of the metrics."""
import re
import subprocess

from conftest import generate, needs, unix_get

CONFIG = 'source shop {{ path = {{"{folder}/access.log"}} format = combined }}\n'


def metrics(daemon, tmp_path, headers=None):
    (tmp_path / "access.log").write_bytes(generate("--lines", 3000, "--incident", "2,2,0.5"))
    d = daemon(CONFIG.format(folder=tmp_path))
    d.wait_for_lines(3000)
    status, answer, body = unix_get(d.socket, "/metrics", headers)
    assert status == 200
    return answer, body


def test_promtool_finds_nothing_to_complain_about(tmp_path, daemon):
    promtool = needs("promtool")
    answer, body = metrics(daemon, tmp_path)
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    check = subprocess.run(
        [promtool, "check", "metrics"], input=body, capture_output=True, timeout=60
    )
    assert check.returncode == 0 and not check.stderr, check.stderr.decode()


def test_responses_add_up_to_the_requests(tmp_path, daemon):
    _, body = metrics(daemon, tmp_path)
    counts = re.findall(rb"^teapotd_http_responses_total\{[^\n]*\} (\d+)$", body, re.M)
    assert sum(map(int, counts)) == 3000


def test_open_metrics_is_given_to_those_who_ask_for_it(tmp_path, daemon):
    answer, body = metrics(
        daemon, tmp_path, {"Accept": "application/openmetrics-text; version=1.0.0"}
    )
    assert answer["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert body.endswith(b"# EOF\n")
