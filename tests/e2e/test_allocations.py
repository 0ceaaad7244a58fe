"""No memory is allocated per line: twice the lines take as many calls of malloc."""
import os
import pathlib
import subprocess

import pytest

from conftest import TEAPOTD, generate

COUNTER = pathlib.Path(TEAPOTD).parent / "alloc_counter.so"
LINES = 30000
# A table may grow once more.
FEW = 100


def allocations(folder, log, spec):
    out = folder / "allocations"
    out.unlink(missing_ok=True)
    env = {**os.environ, "LD_PRELOAD": str(COUNTER), "ALLOC_COUNTER_FILE": str(out)}
    subprocess.run(
        [TEAPOTD, "--json", "--threads", "1", "--format", spec, str(log)],
        env=env,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return int(out.read_text())


@pytest.mark.parametrize(
    "kind, spec",
    [
        ("combined", "auto"),
        ("combined", "combined"),
        ("timed", "nginx"),
        ("haproxy", "haproxy"),
        ("caddy", "caddy"),
        ("combined", r"regex:^(?<client>\S+) .*\" (?<status>\d+) "),
    ],
)
def test_twice_the_lines_take_no_more_allocations(tmp_path, kind, spec):
    if not COUNTER.exists():
        pytest.skip("%s is not built: a sanitizer build counts itself" % COUNTER.name)
    once, twice = tmp_path / "once.log", tmp_path / "twice.log"
    lines = generate("--format", kind, "--lines", LINES, "--rate", 1000)
    # The same seconds again, so that the tables of the second half are those of the first; and
    # enough of them that the tables of each chunk of a file have grown.
    once.write_bytes(lines * 8)
    twice.write_bytes(lines * 16)
    assert allocations(tmp_path, twice, spec) - allocations(tmp_path, once, spec) < FEW
