"""bench/run goes through all that it measures. How fast it was is not asked here."""
import pathlib
import subprocess

import pytest

from conftest import GENERATE, TEAPOTD, TOP, generate

RUN = str(TOP / "bench/run")
FORMATS = "combined timed vhost haproxy syslog w3c caddy short long".split()


def bench(*options):
    build = str(pathlib.Path(TEAPOTD).parent)
    return subprocess.run(
        ["/usr/bin/python3", RUN, "--build", build, *options],
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_seed_makes_the_same_log(kind):
    options = ["--format", kind, "--lines", 200, "--incident", "1,1,0.5", "--rate", 50]
    first = generate(*options)
    assert generate(*options) == first
    assert generate(*options, "--seed", 2) != first
    assert len(first.splitlines()) >= 200


def test_generate_refuses_a_format_that_it_does_not_know():
    run = subprocess.run([GENERATE, "--format", "tea"], capture_output=True, text=True)
    assert run.returncode == 2
    assert "vhost" in run.stderr


def test_a_quick_run_prints_every_figure_that_is_promised():
    run = bench("--quick")
    # 1: something was slower than it must be, as on any machine that has other things to do.
    assert run.returncode in (0, 1), run.stderr
    assert run.stderr == ""
    works = [
        "combined, one thread",
        "nginx log_format",
        "HAProxy over syslog",
        "W3C",
        "JSON",
        "regex",
        "combined, 1 threads" if "1 cores" in run.stdout else "(all cores)",
        "report of",
        "allocations",
        "idle,",
        "following",
        "start,",
        "scrape of",
        "scrape, reading",
        "alert check",
    ]
    lines = run.stdout.splitlines()
    for work in works:
        assert any(work in line for line in lines), (work, run.stdout)
    assert " reached" in lines[-1]


def test_micro_times_every_stage():
    micro = pathlib.Path(TEAPOTD).with_name("micro")
    run = subprocess.run(
        [str(micro), "--lines", "300", "--repeats", "1"], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    for stage in ("framing with marks", "parse, combined", "verdict", "tally", "all of it, JSON"):
        assert stage in run.stdout


def test_a_part_of_the_table_is_never_written_for_the_whole():
    run = bench("--quick", "--write")
    assert run.returncode == 2
    assert "--write" in run.stderr
