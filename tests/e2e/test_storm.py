"""Rotations of every kind, and kills, in an order that a seed decides: each line is counted once. A
short form of tests/torture/storm.py, which goes on for as long as one likes."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

from conftest import TEAPOTD, TOP, generate, wait_for


def storm(*options):
    run = subprocess.run(
        [sys.executable, str(TOP / "tests/torture/storm.py"), TEAPOTD, *map(str, options)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.stdout, run.stderr
    return json.loads(run.stdout), run.stderr


@pytest.mark.parametrize(
    "rotations", ["rename", "rename_and_wait", "date", "twice", "copytruncate"]
)
def test_a_log_is_rotated_while_it_is_followed(rotations):
    result, said = storm("--seed", 7, "--steps", 40, "--rotations", rotations, "--no-kills")
    assert result["counted"] == result["lines"] and not result["wrong"], (result, said)
    assert sum(result["rotations"].values()) > 1


@pytest.mark.parametrize("seed", [1, 5])
def test_a_log_is_rotated_and_the_daemon_killed(seed):
    result, said = storm("--seed", seed, "--steps", 40, "--calm", "--rotations", "rename,date,twice")
    assert result["counted"] == result["lines"] and not result["wrong"], (result, said)
    assert sum(result["kills"].values()) > 1


@pytest.mark.parametrize("options", [("--olddir",), ("--same-head",), ("--olddir", "--same-head")])
def test_rotated_files_elsewhere_and_files_that_begin_alike(options):
    result, said = storm("--seed", 3, "--steps", 40, "--calm", *options)
    assert result["counted"] == result["lines"] and not result["wrong"], (result, said)


def test_a_disk_that_fails_now_and_then():
    """Reads of the log and writes of the store, in one call of thirty."""
    faults = pathlib.Path(TEAPOTD).parent / "faults.so"
    if not faults.exists():
        pytest.skip("%s is not there" % faults)
    result, said = storm("--seed", 2, "--steps", 60, "--no-kills", "--faults", faults)
    assert result["counted"] == result["lines"] and not result["wrong"], (result, said)


def open_logs(process):
    """What the daemon has open of the log and its rotated files."""
    folder = pathlib.Path("/proc/%d/fd" % process.pid)
    links = (os.readlink(link) for link in folder.iterdir() if link.exists())
    return [name for name in links if "access.log" in name]


def test_what_was_rotated_away_is_not_counted_again_later(tmp_path, daemon):
    """Days of a log: what was read is closed, and only known by its time, when the next rotation
    looks at the files beside the name."""
    log = tmp_path / "access.log"
    log.write_bytes(generate("--format", "combined", "--lines", 10, "--seed", 100))
    d = daemon('source day { path = "%s" }' % log)
    lines = 10
    d.wait_for_lines(lines)
    for day in range(1, 4):
        for number in range(2 * day, 0, -1):
            old = tmp_path / ("access.log.%d" % number)
            if old.exists():
                old.rename(tmp_path / ("access.log.%d" % (number + 1)))
        log.rename(tmp_path / "access.log.1")
        log.write_bytes(generate("--format", "combined", "--lines", day, "--seed", day))
        lines += day
        d.wait_for_lines(lines)
        wait_for(lambda: len(open_logs(d.process)) == 1, "the rotated file to be closed")
    summary = d.wait_for_lines(lines)
    assert summary["lines"] == lines
