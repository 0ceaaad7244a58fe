"""Everything that is given out as JSON is what the schemas in docs/schema say it is."""
import json
import subprocess

import pytest

from conftest import TEAPOTD, TOP, check_schema, generate

SCHEMAS = TOP / "docs/schema"
CONFIG = """
source shop {{ path = {{"{folder}/access.log"}} format = combined }}
alert t {{ on = 5xx  window = 10s  min_requests = 10  warning = 10%  critical = 80% }}
summary {{ every = 1s  to = "{folder}/summary.ndjson" }}
"""


@pytest.fixture(scope="module")
def log():
    return generate("--lines", 6000, "--rate", 50, "--incident", "60,30,0.4")


def test_summary_of_a_scan(log):
    run = subprocess.run([TEAPOTD, "--json", "-"], input=log, capture_output=True, timeout=60)
    assert json.loads(run.stdout)["alerts"]
    check_schema("summary.schema.json", run.stdout)


def test_alerts_of_a_burn_rate_rule(log, tmp_path):
    rules = tmp_path / "rules.conf"
    rules.write_text("alert slo { objective = 99.9 }")
    command = [TEAPOTD, "--json", "--replay", rules, "-"]
    run = subprocess.run(command, input=log, capture_output=True, timeout=60)
    (alert, *_) = json.loads(run.stdout)["alerts"]
    assert alert["burn_rate"] >= 6 and alert["budget_left"] < 1
    check_schema("summary.schema.json", run.stdout)


def test_summary_of_nothing():
    run = subprocess.run([TEAPOTD, "--json", "-"], input=b"", capture_output=True, timeout=60)
    check_schema("summary.schema.json", run.stdout)


def test_summary_of_lines_that_are_no_text():
    garbage = bytes(range(256)) * 40 + b'\n"\\\xff\xfe\n' * 10
    lines = b'203.0.113.7 - - [22/Nov/2026:16:29:32 +0000] "GET /\xff\x01" 200 5 "-" "-"\n' * 10
    run = subprocess.run(
        [TEAPOTD, "--json", "--by", "host,route,upstream,client", "--format", "combined", "-"],
        input=lines.replace(b"200", b"404") + garbage,
        capture_output=True,
        timeout=60,
    )
    check_schema("summary.schema.json", run.stdout)


def test_every_row_that_is_followed(log):
    run = subprocess.run([TEAPOTD, "-f", "-"], input=log, capture_output=True, timeout=60)
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    kinds = {row["schema"] for row in rows}
    assert kinds == {"teapotd.summary/1", "teapotd.alert/1"}
    summaries = [row for row in rows if row["schema"] == "teapotd.summary/1"]
    check_schema("summary.schema.json", "\n".join(map(json.dumps, summaries)).encode())
    if (SCHEMAS / "alert.schema.json").exists():
        alerts = [row for row in rows if row["schema"] == "teapotd.alert/1"]
        check_schema("alert.schema.json", "\n".join(map(json.dumps, alerts)).encode())


def test_what_a_daemon_answers_and_writes(log, tmp_path, daemon):
    (tmp_path / "access.log").write_bytes(log)
    d = daemon(CONFIG.format(folder=tmp_path))
    d.wait_for_lines(6000)
    check_schema("summary.schema.json", d.get("/summary"))
    assert d.stop() == 0
    rows = (tmp_path / "summary.ndjson").read_bytes().splitlines()
    summaries = [row for row in rows if json.loads(row)["schema"] == "teapotd.summary/1"]
    assert summaries
    check_schema("summary.schema.json", b"\n".join(summaries))
