"""teapotd --detect: how a log would be read, field by field, and what is no access log at all."""
import gzip
import json
import subprocess

import pytest

from conftest import TEAPOTD, TOP, generate, scan


def detect(*arguments, stdin=None):
    run = subprocess.run(
        [TEAPOTD, "--detect", "--json", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr.decode(errors="replace")
    return json.loads(run.stdout)["files"]


def fields_of(found):
    return {row["field"]: row for row in found["fields"]}


def test_each_field_of_a_line_is_shown(tmp_path):
    log = tmp_path / "haproxy.log"
    log.write_text(
        "192.0.2.7:4242 [22/Nov/2026:16:43:42.877] web bk/s2 0/0/0/-1/4 502 209 - - SH-- "
        '5/1/0/0/0 0/0 "GET /tea HTTP/1.1"\n'
    )
    (found,) = detect(log)
    assert (found["format"], found["voted"], found["accepted"]) == ("haproxy", 1, 1)
    fields = fields_of(found)
    assert fields["status"]["text"] == "502"
    assert fields["status"]["read"].startswith("Bad Gateway (ietf), blame: upstream")
    assert fields["time"]["read"] == "2026-11-22T16:43:42.877Z"
    assert fields["upstream"]["text"] == "bk/s2"
    assert fields["flag"]["text"] == "SH--"
    assert fields["duration"] == {"field": "duration", "text": "0.004", "read": "seconds"}
    assert fields["reason"]["text"] == "upstream closed the connection without an answer"


def test_iis_is_told_from_other_w3c_logs(tmp_path):
    head = "#Version: 1.0\n#Fields: date time cs-method cs-uri-stem %s\n"
    iis, tomcat = tmp_path / "u_ex.log", tmp_path / "tomcat.log"
    iis.write_text(
        head % "sc-status sc-substatus sc-win32-status time-taken"
        + "2026-11-22 16:43:42 GET /tea 404 13 0 250\n"
    )
    tomcat.write_text(head % "sc-status time-taken" + "2026-11-22 16:43:42 GET /tea 404 0.25\n")
    found = detect(iis, tomcat)
    assert [f["format"] for f in found] == ["iis", "w3c"]
    assert [f["voted"] for f in found] == [1, 1]
    assert [fields_of(f)["duration"]["text"] for f in found] == ["0.25", "0.25"]
    assert fields_of(found[0])["reason"]["text"] == "404.13 Request filter: content length"


def test_packed_logs_and_standard_input(tmp_path):
    lines = generate("--format", "combined", "--lines", 3000)
    packed = tmp_path / "access.log.gz"
    packed.write_bytes(gzip.compress(lines))
    found = [*detect(packed), *detect("-", stdin=lines)]
    assert [f["format"] for f in found] == ["combined", "combined"]
    assert all(f["accepted"] == f["voted"] == 64 for f in found)


def test_a_schema_describes_the_answer(tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    logs = [*(TOP / "tests/corpus").rglob("*.log"), *(TOP / "tests/corpus/none").glob("*")]
    schema = json.loads((TOP / "docs/schema/detect.schema.json").read_text())
    found = detect(*logs)
    assert len(found) == len(logs)
    jsonschema.validate({"schema": "teapotd.detect/1", "files": found}, schema)


def test_a_broken_format_is_named_with_the_place_where_it_breaks(tmp_path):
    log = tmp_path / "odd.log"
    log.write_text('192.0.2.1 - - [22/Nov/2026:16:29:32 +0000] "GET / HTTP/1.1" abc 12 "-" "-"\n')
    (found,) = detect(log)
    assert found["format"] == "unknown" and "fields" not in found
    assert found["nearest"]["expected"] == "status"
    assert found["nearest"]["column"] == log.read_text().index("abc") + 1


OTHER_LOGS = {
    "auth": "Nov 22 16:43:42 web1 sshd[123]: Failed password for root from 192.0.2.1 port 200 ssh2",
    "kernel": "[  200.404500] usb 1-1: new high-speed USB device number 502 using xhci_hcd",
    "nginx-error": "2026/11/22 16:43:42 [error] 502#404: *499 connect() failed (111: Connection "
    'refused) while connecting to upstream, client: 192.0.2.1, request: "GET /tea HTTP/1.1"',
    "apache-error": "[Sun Nov 22 16:43:42.500404 2026] [proxy:error] [pid 502] (111)Connection "
    "refused: AH00957: http: attempt to connect to 127.0.0.1:500 failed",
    "java": "2026-11-22 16:43:42,404 ERROR [http-nio-8080-exec-5] c.e.Shop - took 500 ms",
    "stack": "\tat com.example.Shop.serve(Shop.java:502)",
    "csv": "2026-11-22,200,404,500\n2026-11-23,201,405,502",
    "prose": "Some 200 years ago, 404 people drank 500 cups of tea in 502 minutes.",
    "sql": "INSERT INTO tea VALUES (200, 'oolong', 404), (500, 'earl grey', 502);",
    "metrics": 'http_requests_total{method="GET",path="/"} 200 1795365822000',
    "json": '{"level":"info","ts":1795365822.5,"msg":"cache refreshed","entries":200,"took":500}',
    "mail": "Nov 22 16:43:42 mx postfix/smtp[502]: 4045AB: to=<a@example.org>, delay=5, status=sent "
    "(250 2.0.0 Ok: queued as 500404)",
}


@pytest.mark.parametrize("kind", OTHER_LOGS)
def test_what_is_no_access_log_has_no_codes(tmp_path, kind):
    log = tmp_path / "other.log"
    log.write_text((OTHER_LOGS[kind] + "\n") * 20)
    summary = scan(log)
    assert summary["requests"] == 0 and summary["codes"] == []
    (found,) = detect(log)
    assert found["format"] == "unknown" and found["confidence"] == 0
