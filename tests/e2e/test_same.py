"""A log is read alike by all kinds of instructions, any number of threads, whole or in pieces.

The long form, over ten million damaged lines, is bench/same by hand."""
import pathlib
import subprocess

from conftest import TEAPOTD, TOP


def test_damaged_logs_are_read_alike_in_every_way():
    build = str(pathlib.Path(TEAPOTD).parent)
    run = subprocess.run(
        [str(TOP / "bench/same"), "--build", build, "--lines", "20000", "--formats", "auto,nginx"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert " 0 differ" in run.stdout
