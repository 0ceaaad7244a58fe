"""Many files with little news: what each of them costs, and that nothing piles up."""
import pathlib
import re

import pytest

from conftest import TEAPOTD, wait_for

COUNTER = pathlib.Path(TEAPOTD).parent / "alloc_counter.so"
FILES = 500
BYTES_EACH = 10 << 10  # resident, of which 3 KiB are for alerts on its errors of the last minute
STATUSES = (200, 200, 304, 404, 500)
LINE = (
    'shop.example:443 192.0.2.%d - - [22/Nov/2026:10:%02d:%02d +0000] "GET /tea HTTP/1.1" %d 2326 '
    '"-" "curl/7.88.1"\n'
)
CONFIG = 'source s {{ path = {{"{0}/*.log"}}  format = {1} }}\n'

pytestmark = pytest.mark.skipif(
    not COUNTER.exists(), reason="a sanitizer build takes memory of its own"
)


def append(folder, minute, lines):
    for number in range(FILES):
        with open(folder / ("%04d.log" % number), "a") as log:
            for i in range(lines):
                status = STATUSES[(minute + i) % len(STATUSES)]
                log.write(LINE % (number % 250, minute, i, status))


def resident(d):
    """Bytes of its own: pages of the program and its libraries come as they are first needed."""
    status = pathlib.Path("/proc/%d/status" % d.process.pid).read_text()
    return int(re.search(r"^RssAnon:\s*(\d+)", status, re.M).group(1)) << 10


def wait_for_lines(d, lines):
    wait_for(lambda: d.summary()["lines"] == lines, "%d lines" % lines)


@pytest.mark.parametrize("spec", ["vhost_combined", "auto"])
def test_a_file_with_a_few_lines_takes_a_few_kilobytes(tmp_path, daemon, spec):
    logs = tmp_path / "logs"
    logs.mkdir()
    d = daemon(CONFIG.format(logs, spec))
    before = resident(d)
    append(logs, 0, 10)
    wait_for_lines(d, FILES * 10)
    assert resident(d) - before < FILES * BYTES_EACH


def test_short_activity_again_and_again_takes_no_more_memory(tmp_path, daemon):
    logs = tmp_path / "logs"
    logs.mkdir()
    append(logs, 0, 10)
    d = daemon(CONFIG.format(logs, "vhost_combined"))
    wait_for_lines(d, FILES * 10)
    append(logs, 1, 3)
    wait_for_lines(d, FILES * 13)
    before = resident(d)
    for minute in range(2, 8):
        append(logs, minute, 3)
        wait_for_lines(d, FILES * (10 + 3 * minute))
    assert resident(d) - before < FILES << 10
