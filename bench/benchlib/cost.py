"""What a command costs: CPU time, user and system, of the process and its children, and wall time."""
import os
import statistics
import subprocess
import tempfile
import time
from typing import NamedTuple


class Failed(Exception):
    """A program did not do what it was measured for."""


class Cost(NamedTuple):
    cpu: float
    wall: float
    output: str


class Spread(NamedTuple):
    least: float
    middle: float
    most: float


def spread(values):
    return Spread(min(values), statistics.median(values), max(values))


def quantile(ordered, share):
    """The value below which that share of a sorted list lies."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def run(command, env=None):
    """Runs a command to its end. The whole life of the process counts: its start, reading the file,
    and what it prints. What it prints goes to a file without a name, read back afterwards."""
    with tempfile.TemporaryFile() as out, open(os.devnull, "r+b") as null:
        began = time.monotonic()
        child = subprocess.Popen(
            command, stdin=null, stdout=out, stderr=null, env={**os.environ, **(env or {})}
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise Failed("%s: exit %d" % (os.path.basename(command[0]), child.returncode))
        size = out.tell()
        out.seek(max(0, size - 65536))
        text = out.read().decode(errors="replace")
    return Cost(max(usage.ru_utime + usage.ru_stime, 1e-6), wall, text)


def warm(path):
    """Reads a file once, so that what is measured afterwards finds it in the page cache."""
    with open(path, "rb") as f:
        while f.read(1 << 20):
            pass


def resident_mib(command):
    """The most memory a command had, in MiB, as GNU time tells it: a process that is started from
    here would inherit our own peak. None where there is no GNU time."""
    timer = "/usr/bin/time"
    if not os.path.exists(timer):
        return None
    with tempfile.NamedTemporaryFile() as said:
        run([timer, "-q", "-f", "%M", "-o", said.name, *command])
        return int(said.read().split()[-1]) / 1024
