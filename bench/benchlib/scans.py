"""Scans of a file: against other programs, over threads, by size, and what they take of memory."""
import os
from typing import NamedTuple, Optional

from benchlib import machine, peers
from benchlib.corpora import KINDS, REGEX
from benchlib.cost import Failed, resident_mib, run, spread, warm
from benchlib.table import NONE, Aim, Row

SLOW_ROUNDS = 3
OF_WC = Aim(must=0.25)


class Comparison(NamedTuple):
    work: str
    kind: str
    rivals: list  # of (key of PEERS, Aim)
    spec: Optional[str] = None  # --format, where it is not the kind's own


COMPARISONS = [
    Comparison(
        "combined, one thread",
        "combined",
        [
            ("wc", Aim(must=0.4, goal=0.5)),
            ("rg", NONE),
            ("mawk", Aim(must=5)),
            ("lnav", NONE),
            ("mtail", Aim(must=80)),
            ("goaccess", Aim(must=400)),
        ],
    ),
    Comparison("combined, guessed", "combined", [("wc", Aim(must=0.4, goal=0.5))], "auto"),
    Comparison("nginx log_format", "timed", [("wc", OF_WC)]),
    Comparison("HAProxy", "haproxy", [("wc", OF_WC)]),
    Comparison("HAProxy over syslog", "syslog", [("wc", OF_WC)]),
    Comparison("W3C (IIS)", "w3c", [("wc", OF_WC)]),
    Comparison("vhost_combined, with garbage", "vhost", [("wc", NONE), ("mawk", NONE)]),
    Comparison("shortest lines", "short", [("wc", NONE), ("mawk", NONE)]),
    Comparison("lines of 4 to 100 KiB", "long", [("wc", NONE), ("mawk", NONE)]),
    Comparison(
        "JSON (Caddy)",
        "caddy",
        [
            ("wc", NONE),
            # 1.2 GB/s where simdjson on demand does 2.8.
            ("simdjson", Aim(must=1.2 / 2.8)),
            ("simdjson-all", NONE),
            ("cjson", Aim(must=4)),
            ("jq", NONE),
            ("goaccess-caddy", NONE),
        ],
    ),
    Comparison(
        "regex", "combined", [("wc", NONE), ("mawk", NONE), ("mtail-regex", Aim(must=10))], REGEX
    ),
]


def scan(bench, spec, log, *options):
    return [bench.teapotd, "--json", "--format", spec, *options, log.path]


def cpu_per_line(command, log, own_clock=False):
    cost = run(command)
    return (float(cost.output.split()[-1]) if own_clock else cost.cpu) / log.lines


def against_one(bench, comparison, key, aim):
    """One row: both programs in turn, and the ratio of each round."""
    peer, log = peers.PEERS[key], bench.corpora.log(comparison.kind)
    spec = comparison.spec or KINDS[comparison.kind].spec
    theirs = bench.corpora.cut(log, bench.cut(peer.cut)) if peer.cut else log
    name = peer.name + (", %s lines" % "{:,}".format(theirs.lines) if peer.cut else "")
    program = peers.find(peer, bench.build)
    if not program:
        return Row(comparison.work, name, None, aim)
    command = [program, *peer.command(theirs.path)[1:]]
    ours, other = [], []
    warm(log.path)
    warm(theirs.path)
    for _ in range(min(bench.rounds, SLOW_ROUNDS) if peer.cut else bench.rounds):
        ours.append(cpu_per_line(scan(bench, spec, log, "--threads", "1"), log))
        other.append(cpu_per_line(command, theirs, peer.own_clock))
    bench.remember(comparison, "teapotd", log, ours)
    bench.remember(comparison, peer.name, log, other)
    return Row(comparison.work, name, spread([b / a for a, b in zip(ours, other)]), aim)


def comparisons(bench):
    for comparison in COMPARISONS:
        for key, aim in comparison.rivals:
            if not bench.wants(comparison.work, peers.PEERS[key].name, peers.PEERS[key].program):
                continue
            try:
                yield against_one(bench, comparison, key, aim)
            except Failed as why:
                yield Row(comparison.work, "%s (%s)" % (peers.PEERS[key].name, why), None, aim)


def json_rate(bench):
    """Bytes per second of CPU time: the figure that design speaks of, for those who compare."""
    rates = bench.rates.get("JSON (Caddy)", {})
    for name in ("teapotd", "simdjson, file in memory"):
        if name in rates:
            yield Row(
                "JSON (Caddy), %s alone" % name.split(",")[0],
                "GB per CPU second",
                spread(rates[name]),
            )


def threads(bench):
    """Wall time with one thread over that with n, divided by n: 1 when nothing is lost."""
    log, cores = bench.corpora.log("combined"), machine.cores()
    counts = sorted({n for n in (2, 4, 8, 16, 32, 64) if n < cores} | {cores})
    warm(log.path)
    for n in counts:
        ratios = []
        for _ in range(bench.rounds):
            one = run(scan(bench, "combined", log, "--threads", "1")).wall
            many = run(scan(bench, "combined", log, "--threads", str(n))).wall
            ratios.append(one / many / n)
        work = "combined, %d threads" % n
        yield Row(
            work + (" (all cores)" if n == cores else ""),
            "one thread × %d" % n,
            spread(ratios) if cores > 1 else None,
            Aim(must=0.9) if n == cores else NONE,
        )


def first_report(bench):
    """Wall time from the start of the process to its end, by size of the log."""
    log = bench.corpora.log("combined")
    for megabytes in (1, 10, 100, 1000):
        cut = bench.corpora.cut(log, int(megabytes * 1e6 * log.lines / log.size))
        warm(cut.path)
        command = [bench.teapotd, "--text", "--format", "auto", cut.path]
        walls = [run(command).wall * 1000 for _ in range(bench.rounds)]
        yield Row("report of %.0f MB" % (cut.size / 1e6), "ms", spread(walls))
        if cut is log:
            break


def memory(bench):
    for kind, options, how in (
        ("combined", ("--threads", "1"), "combined, one thread"),
        ("combined", (), "combined, all cores"),
        ("caddy", (), "JSON (Caddy), all cores"),
    ):
        log = bench.corpora.log(kind)
        used = resident_mib(scan(bench, KINDS[kind].spec, log, *options))
        yield Row(how, "most resident, MiB", spread([used]) if used else None)


def allocations(bench):
    """How many more calls of malloc and its kin twice the lines take, per line, in the worst of the
    formats. Each chunk that is read ahead has tables of its own, which grow once: so it is 8 against
    16 times the lines. A table may grow once more: that is not per line, and rounded away."""
    counter, worst = bench.build / "alloc_counter.so", 0
    aim = Aim(must=0, at_most=True)
    if not counter.exists():
        yield Row("allocations", "calls per line", None, aim)
        return
    for kind, spec in [*((k, v.spec) for k, v in KINDS.items()), ("combined", REGEX)]:
        log = bench.corpora.cut(bench.corpora.log(kind), 20000)
        if log.lines < 2000:
            continue
        more = calls(bench, counter, spec, log, 16) - calls(bench, counter, spec, log, 8)
        worst = max(worst, round(more / (8 * log.lines), 3))
    yield Row("allocations, worst format", "calls per line", spread([worst]), aim)


def calls(bench, counter, spec, log, times):
    """The same lines again, so that the tables of the second half are those of the first."""
    path, said = bench.folder / "allocations.log", bench.folder / "allocations"
    with open(log.path, "rb") as once:
        path.write_bytes(once.read() * times)
    env = {"LD_PRELOAD": str(counter), "ALLOC_COUNTER_FILE": str(said)}
    run([bench.teapotd, "--json", "--threads", "1", "--format", spec, str(path)], env)
    os.unlink(path)
    return int(said.read_text())
