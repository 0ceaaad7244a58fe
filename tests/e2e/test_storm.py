"""Rotations of every kind, and kills, in an order that a seed decides: each line is counted once. A
short form of tests/torture/storm.py, which goes on for as long as one likes."""
import json
import subprocess
import sys

import pytest

from conftest import TEAPOTD, TOP


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
    assert sum(result["kills"].values()) > 2
