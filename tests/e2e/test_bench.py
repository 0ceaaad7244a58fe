"""bench/run goes through all that it measures. How fast it was is not asked here."""
import json
import pathlib
import subprocess

import pytest

from conftest import GENERATE, TEAPOTD, TOP, generate

RUN = str(TOP / "bench/run")
FALSE_ALARMS = str(TOP / "bench/falsealarms")
SPIKES = pathlib.Path(TEAPOTD).with_name("spikes")
FORMATS = "combined timed vhost haproxy syslog w3c caddy short long".split()


def bench(*options, program=RUN):
    build = str(pathlib.Path(TEAPOTD).parent)
    return subprocess.run(
        ["/usr/bin/python3", program, "--build", build, *options],
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


@pytest.mark.parametrize("program", [RUN, FALSE_ALARMS])
def test_a_part_of_the_table_is_never_written_for_the_whole(program):
    run = bench("--quick", "--write", program=program)
    assert run.returncode == 2
    assert "--write" in run.stderr


def traffic(kind, *options):
    command = [str(SPIKES), "--traffic", kind, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def test_the_same_seed_makes_the_same_traffic():
    options = ["--days", "3", "--series", "1", "--incidents", "1", "spike", "netdata"]
    first = traffic("deploys", *options)
    assert first.returncode == 0, first.stderr
    assert traffic("deploys", *options).stdout == first.stdout
    assert traffic("deploys", "--seed", "2", *options).stdout != first.stdout


def test_kinds_of_traffic_are_named_when_there_is_no_such_one():
    run = traffic("tea", "spike")
    assert run.returncode == 2
    assert "nightlow" in run.stderr and run.stdout == ""


@pytest.mark.parametrize("rest", [["--days", "x"], ["--tea", "1"], ["tea"]])
def test_mistakes_in_what_is_to_be_run_are_named(rest):
    run = traffic("zero", *rest)
    assert run.returncode == 2
    assert rest[-1] in run.stderr


def test_an_outage_of_steady_traffic_is_seen_and_calm_is_not():
    calm, ill = (
        json.loads(traffic("steady", "--days", "8", "--series", "1", *more, "spike").stdout)
        for more in ([], ["--incidents", "1"])
    )
    assert calm["wrong_early"] == calm["wrong_late"] == 0
    assert sum(i["n"] for i in calm["incidents"]) == 0
    outages = ill["incidents"][-1]
    assert outages["added"] == 1 and outages["n"] > 0
    assert len(outages["delays"]) == outages["n"]
    assert ill["wrong_early"] == 0


def test_a_quick_run_has_every_rule_and_kind():
    run = bench("--quick", program=FALSE_ALARMS)
    assert run.returncode in (0, 1), run.stderr
    assert run.stderr == ""
    for rule in ("spike", "netdata", "prometheus", "sre"):
        assert "| 5 % more: {} |".format(rule) in run.stdout
        assert "| {}, over after |".format(rule) in run.stdout
    assert "| steady | seasonal | drift |" in run.stdout
    assert "of 12 kinds within 1 in 30 days" in run.stdout


def test_counts_of_a_file_fire_and_are_over(tmp_path):
    path = tmp_path / "outage.csv"
    rows = ["second,requests,errors"]
    for second in range(90000):
        bad = 86400 <= second < 86700
        rows.append("%d,50,%d" % (second, 50 if bad else second % 10 == 0))
    path.write_text("\n".join(rows) + "\n")
    run = subprocess.run([str(SPIKES), str(path)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    [[fired, over]] = json.loads(run.stdout)[str(path)]
    assert 86400 < fired < 86410 and 86700 < over < 87000


SPIKEBENCH = TOP.parent / "shared/spikebench"


def spikebench(*options):
    return bench(str(SPIKEBENCH), *options, program=str(TOP / "bench/spikebench"))


@pytest.mark.skipif(not SPIKEBENCH.exists(), reason="../shared/spikebench is not there")
def test_a_scenario_raises_the_same_alerts_as_counts_scanned_and_followed():
    run = spikebench("--same", "bots-1")
    assert run.returncode == 0, run.stdout + run.stderr
    ways = [line.split() for line in run.stdout.splitlines()[1:]]
    assert [way[0] for way in ways] == ["counts", "scanned", "followed"]
    assert len({tuple(way[1:]) for way in ways}) == 1 and ways[0][1] != "0"


@pytest.mark.skipif(not SPIKEBENCH.exists(), reason="../shared/spikebench is not there")
def test_rules_stand_beside_other_detectors():
    run = spikebench("--kinds", "tiny", "--seeds", "1-2", "--days", "1", "--others", "1")
    assert run.returncode == 0, run.stderr
    rows = [line.split("|")[1:4] for line in run.stdout.splitlines() if line.startswith("| ")]
    days = {rule.strip(): n.strip() for rule, n, _ in rows[1:]}
    assert days["spike"] == "2" and days["other:netdata"] == "1"


def test_without_spikebench_it_says_so(tmp_path):
    run = bench(str(tmp_path), program=str(TOP / "bench/spikebench"))
    assert run.returncode == 2 and "no spikebench in" in run.stderr
