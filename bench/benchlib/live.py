"""The daemon at work: quiet, following, started anew, scraped, and watching many series."""
import contextlib
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

from benchlib import writer
from benchlib.cost import Failed, quantile, spread
from benchlib.daemon import Daemon, scratch
from benchlib.table import NONE, Aim, Row

LINES_PER_S = 20000
LINE = '%s 192.0.2.%d - - [%s +0000] "GET /tea HTTP/1.1" %d 2326 "-" "curl/7.88.1"\n'
START_S = 1795305600  # of all logs that are made here
SOURCES = 1000


def stamp(second):
    return time.strftime("%d/%b/%Y:%H:%M:%S", time.gmtime(START_S + second))


def quiet_logs(folder, n, lines=20):
    """Logs of an hour ago, each with every code that a healthy site has."""
    (folder / "logs").mkdir()
    codes = (200, 200, 200, 304, 404, 500)
    for i in range(n):
        text = "".join(
            LINE % ("shop.example:443", i % 250, stamp(j), codes[j % len(codes)])
            for j in range(lines)
        )
        (folder / "logs" / ("%05d.log" % i)).write_text(text)
    return n * lines


def config(folder, more=""):
    return 'source s { path = {"%s/logs/*.log"}  format = vhost_combined }\n%s' % (folder, more)


def store(folder):
    return 'store { path = "%s/teapotd.db" }\n' % folder


def idle(bench):
    files, slices, seconds = (20, 1, 1) if bench.quick else (SOURCES, 3, 20)
    with scratch() as name:
        folder = pathlib.Path(name)
        lines = quiet_logs(folder, files)
        with Daemon(bench.teapotd, folder, config(folder, store(folder))) as daemon:
            daemon.wait_for_lines(lines)
            # A file counts as quiet, and is looked at less often, after ten seconds.
            time.sleep(0 if bench.quick else 15)
            work = "idle, %s quiet files" % "{:,}".format(files)
            yield from idle_rows(work, [idle_slice(daemon, seconds) for _ in range(slices)])
            yield Row(work, "resident, MiB", spread([daemon.resident_mib()]), Aim(16, None, True))
            ready = woken(daemon, seconds)
            yield Row(
                work,
                "wake-ups/s beside its timers",
                None if ready is None else spread([ready]),
                Aim(0, None, True),
            )


def idle_slice(daemon, seconds):
    cpu, switches = daemon.cpu_seconds(), daemon.status("voluntary_ctxt_switches")
    time.sleep(seconds)
    return (
        (daemon.cpu_seconds() - cpu) / seconds * 100,
        (daemon.status("voluntary_ctxt_switches") - switches) / seconds,
    )


def idle_rows(work, slices):
    percent, switches = zip(*slices)
    yield Row(work, "CPU, % of a core", spread(percent), Aim(0.1, None, True, True))
    yield Row(work, "wake-ups/s in all", spread(switches))


def woken(daemon, seconds):
    """How often a second something other than time woke the loop: epoll said that a descriptor is
    ready. None where strace is missing or may not look."""
    if not shutil.which("strace"):
        return None
    out = daemon.folder / "strace"
    command = ["strace", "-f", "-qq", "-e", "trace=epoll_wait,epoll_pwait", "-o", str(out)]
    tracer = subprocess.Popen(
        [*command, "-p", str(daemon.process.pid)], stderr=subprocess.DEVNULL, start_new_session=True
    )
    time.sleep(seconds)
    if tracer.poll() is not None:
        return None
    tracer.send_signal(signal.SIGINT)
    tracer.wait()
    return sum(map(int, re.findall(r" = (\d+)$", out.read_text(), re.M))) / seconds


def many(bench):
    """Ten thousand files: read for the first time, quiet, and a fifth of them growing."""
    files, growing, seconds = (200, 40, 1) if bench.quick else (10000, 2000, 20)
    work = "{:,} files".format(files)
    with scratch() as name:
        folder = pathlib.Path(name)
        lines = quiet_logs(folder, files)
        began = time.monotonic()
        with Daemon(bench.teapotd, folder, config(folder, store(folder))) as daemon:
            while recent_lines(daemon) < lines:
                time.sleep(0.005)
            scanned = time.monotonic() - began
            yield Row(work, "start to all counted, s", spread([scanned]), Aim(0.5, None, True))
            time.sleep(0 if bench.quick else 15)
            percent = [idle_slice(daemon, seconds)[0] for _ in range(1 if bench.quick else 3)]
            yield Row(work, "quiet: CPU, % of a core", spread(percent), Aim(1, None, True, True))
            yield Row(work, "quiet: resident, MiB", spread([daemon.resident_mib()]), Aim(26, None, True))
            delays = [grown_delay(daemon, folder, growing, lines, i) for i in range(10)]
            what = "{:,} of them grow: written to visible, ms".format(growing)
            yield Row(work, what, spread(delays), Aim(250, None, True))


def recent_lines(daemon):
    """Without the sources: of ten thousand the list alone is megabytes."""
    return int(re.search(rb'"lines":(\d+)', daemon.ask("summary 1h")).group(1))


def grown_delay(daemon, folder, growing, base, i):
    """From the moment when one line is in the last of the files until all are counted."""
    for number in range(growing):
        with open(folder / "logs" / ("%05d.log" % number), "a") as out:
            out.write(LINE % ("shop.example:443", 1, stamp(100 + i), 200))
    written = time.monotonic()
    while recent_lines(daemon) < base + (i + 1) * growing:
        time.sleep(0.002)
    return (time.monotonic() - written) * 1000


@contextlib.contextmanager
def one_log(bench):
    """A daemon that follows an empty log, and the log."""
    with scratch() as name:
        folder = pathlib.Path(name)
        (folder / "logs").mkdir()
        log = folder / "logs/access.log"
        log.touch()
        with Daemon(bench.teapotd, folder, config(folder, store(folder))) as daemon:
            yield daemon, log


def following(bench):
    rounds, seconds = (1, 1) if bench.quick else (3, 10)
    work = "following %s lines/s" % "{:,}".format(LINES_PER_S)
    with one_log(bench) as (daemon, log):
        busy = [followed_cpu(daemon, log, seconds) for _ in range(rounds)]
        yield Row(work, "CPU, % of a core", spread(busy), Aim(2, None, True, True))
        late = [followed_delays(daemon, log, seconds) for _ in range(rounds)]
        for share, aim in ((0.5, NONE), (0.99, Aim(20, None, True))):
            yield Row(
                work,
                "written to visible, p%d, ms" % (share * 100),
                spread([quantile(delays, share) for delays in late]),
                aim,
            )


def followed_cpu(daemon, log, seconds):
    """Nobody asks meanwhile: that would be counted as well."""
    with writer.Writer(log, LINES_PER_S, seconds + 1):
        time.sleep(0.5)
        began, cpu = time.monotonic(), daemon.cpu_seconds()
        time.sleep(seconds)
        return (daemon.cpu_seconds() - cpu) / (time.monotonic() - began) * 100


def followed_delays(daemon, log, seconds):
    """How long after it was written each line was in the answer to a question, in ms, sorted. The
    question is asked every two milliseconds, and what that adds is in the figure."""
    base, seen = log.read_bytes().count(b"\n"), []
    daemon.wait_for_lines(base)
    with writer.Writer(log, LINES_PER_S, seconds) as w:
        while w.is_writing():
            lines = daemon.lines() - base
            seen.append((lines, time.monotonic()))
            time.sleep(0.002)
        written = w.times()
    daemon.wait_for_lines(base + len(written))
    seen.append((len(written), time.monotonic()))
    delays, at = [], 0
    for lines, moment in seen:
        while at < lines:
            delays.append((moment - written[at]) * 1000)
            at += 1
    return sorted(delays)


def clients(bench):
    """A good client among a thousand that hold their connections: silent ones, half requests by both
    manners, giant ones, and readers that do not read, while lines come."""
    held, seconds = (50, 1) if bench.quick else (1000, 10)
    with one_log(bench) as (daemon, log):
        with writer.Writer(log, LINES_PER_S, seconds + 2):
            time.sleep(0.5)
            bad = [hold(daemon, i) for i in range(held)]
            waits, end = [], time.monotonic() + seconds
            while time.monotonic() < end:
                began = time.monotonic()
                if b'"lines"' not in daemon.ask("summary"):
                    raise Failed("a good client was refused")
                waits.append((time.monotonic() - began) * 1000)
                time.sleep(0.005)
            resident = daemon.resident_mib()
        for s in bad:
            s.close()
        work = "{:,} held connections, {:,} lines/s".format(held, LINES_PER_S)
        yield Row(work, "a good client's worst answer, ms", spread([max(waits)]), Aim(20, None, True))
        yield Row(work, "p99, ms", spread([quantile(sorted(waits), 0.99)]))
        yield Row(work, "resident, MiB", spread([resident]), Aim(19, None, True))


HELD = (b"", b"summ", b"GET /summary HT", b"GET /summary HTTP/1.1\r\nHost: x\r\n", b"x" * 9000, b"metrics\n")


def hold(daemon, i):
    """A connection that says one of these and then nothing, and does not read."""
    s = socket.socket(socket.AF_UNIX)
    s.connect(str(daemon.socket))
    try:
        s.send(HELD[i % len(HELD)], socket.MSG_DONTWAIT)
    except OSError:  # it is shown the door already
        pass
    return s


def start(bench):
    files, times = (20, 2) if bench.quick else (SOURCES, 10)
    with scratch() as name:
        folder = pathlib.Path(name)
        lines = quiet_logs(folder, files)
        daemon = Daemon(bench.teapotd, folder, config(folder, store(folder)))
        with daemon:
            daemon.wait_for_lines(lines)
        waits = []
        for _ in range(times):
            with daemon:
                waits.append(daemon.ready_s * 1000)
        work = "start, {:,} sources in the store".format(files)
        yield Row(work, "ms until it is ready", spread(waits), Aim(50, None, True))


def scrape(bench):
    # A source of quiet_logs has 16 series.
    files, times = (20, 5) if bench.quick else (625, 100)
    with scratch() as name:
        folder = pathlib.Path(name)
        lines = quiet_logs(folder, files)
        with Daemon(bench.teapotd, folder, config(folder)) as daemon:
            daemon.wait_for_lines(lines)
            series = sum(not row.startswith(b"#") for row in daemon.ask("metrics").splitlines())
            cpu = daemon.cpu_seconds()
            waits = scrape_waits(daemon, times)
            cpu = (daemon.cpu_seconds() - cpu) / times * 1000
            work = "scrape of {:,} series".format(series)
            yield Row(work, "ms", spread(waits))
            yield Row(work, "ms of CPU", spread([cpu]))


def scrape_waits(daemon, times):
    waits = []
    for _ in range(times):
        began = time.monotonic()
        daemon.ask("metrics")
        waits.append((time.monotonic() - began) * 1000)
    return waits


def backlog(bench):
    """Scrapes while it reads: the same file as several sources, since only its pages cost memory."""
    log = bench.corpora.log("combined")
    copies = 2 if bench.quick else max(1, round(10e9 / log.size))
    sources = "".join(
        'source s%d { path = {"%s"}  format = combined }\n' % (i, log.path) for i in range(copies)
    )
    with scratch() as name:
        waits = []
        with Daemon(bench.teapotd, pathlib.Path(name), sources) as daemon:
            while not waits or daemon.lines() < log.lines * copies:
                waits += scrape_waits(daemon, 1)
        work = "scrape, reading %.1f GB meanwhile" % (log.size * copies / 1e9)
        yield Row(work, "ms, p99", spread([quantile(sorted(waits), 0.99)]), Aim(20, None, True))


def alerts(bench):
    """What watching costs: the CPU time of reading the same log with rules and without, for each
    second of it. 20 sources with 100 hosts each, a line from each a second, and five rules."""
    seconds, rounds = (3, 1) if bench.quick else (60, 3)
    rule = "alert r%d { by = {source, host}  min_requests = 10  warning = 50%  critical = 90% }\n"
    watched = "".join(rule.replace("%d", str(i), 1) for i in range(5))
    with scratch() as name:
        folder = pathlib.Path(name)
        busy_logs(folder, seconds)
        costs, refused = [], 0
        for _ in range(rounds):
            plain, _ = reading_cost(bench, folder, "alert none { off = true }\n", seconds)
            with_rules, refused = reading_cost(bench, folder, watched, seconds)
            costs.append((with_rules - plain) / seconds * 1000)
        work = "alert check of {:,} series".format(10000 - refused)
        yield Row(work, "ms of CPU for a second", spread(costs))


def busy_logs(folder, seconds):
    (folder / "logs").mkdir()
    for source in range(20):
        with open(folder / "logs" / ("%02d.log" % source), "w") as out:
            for second in range(seconds):
                at = stamp(second)
                for host in range(100):
                    code = 500 if (second + host) % 50 == 0 else 200
                    out.write(LINE % ("h%d.example:443" % host, host, at, code))


def reading_cost(bench, folder, rules, seconds):
    """CPU seconds until all is read, and how many series the rules' caps kept out."""
    with Daemon(bench.teapotd, folder, config(folder, rules)) as daemon:
        daemon.wait_for_lines(seconds * 2000)
        cpu = daemon.cpu_seconds()
        said = [row.split() for row in daemon.ask("metrics").decode().splitlines()]
    refused = [float(r[1]) for r in said if r[0].startswith("teapotd_alert_series_refused")]
    return cpu, int(sum(refused))
