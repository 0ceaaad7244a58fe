"""A teapotd -c that is measured from outside: by its socket, its CPU clock, and /proc."""
import pathlib
import re
import socket
import subprocess
import tempfile
import time

from benchlib.cost import Failed

PATIENCE_S = 120


class Daemon:
    """A context: `folder` is a scratch folder, where logs may lie; it vanishes at the end."""

    def __init__(self, teapotd, folder, config):
        self.teapotd = teapotd
        self.folder = folder
        self.socket = folder / "stats.sock"
        self.config = folder / "teapotd.conf"
        self.config.write_text('stats { listen = {"unix:%s"} }\n%s' % (self.socket, config))
        self.process = None
        self.ready_s = None

    def start(self):
        """Returns when it says that it is ready; `ready_s` is how long that took."""
        address = self.folder / "notify"
        said = self.folder / "teapotd.out"
        address.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, open(said, "wb") as out:
            notify.bind(str(address))
            began = time.monotonic()
            self.process = subprocess.Popen(
                [self.teapotd, "-c", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={"NOTIFY_SOCKET": str(address), "LC_ALL": "C.UTF-8"},
            )
            notify.settimeout(1)
            while not self.is_ready(notify):
                if self.process.poll() is not None:
                    raise Failed("the daemon ended: " + said.read_text(errors="replace"))
            self.ready_s = time.monotonic() - began
        return self

    @staticmethod
    def is_ready(notify):
        """Waits a second at most."""
        try:
            return b"READY=1" in notify.recv(4096).split(b"\n")
        except TimeoutError:
            return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE_S)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def ask(self, command):
        """The answer to a command of the stats socket."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(PATIENCE_S)
            s.connect(str(self.socket))
            s.sendall(command.encode() + b"\n")
            answer = bytearray()
            while piece := s.recv(1 << 16):
                answer += piece
        return bytes(answer)

    def lines(self):
        """How many lines are counted, as whoever asks sees it."""
        return int(re.search(rb'"lines":(\d+)', self.ask("summary")).group(1))

    def wait_for_lines(self, lines):
        end = time.monotonic() + PATIENCE_S
        while self.lines() < lines:
            if time.monotonic() > end:
                raise Failed("the daemon did not read %d lines" % lines)
            time.sleep(0.05)

    def cpu_seconds(self):
        """The CPU time of all its threads, to the nanosecond. The number of a process's clock is
        made as clock_getcpuclockid(3) makes it."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def status(self, name):
        """The sum of a figure in /proc/PID/status over its threads."""
        paths = pathlib.Path("/proc/%d/task" % self.process.pid).glob("*/status")
        pattern = re.compile(r"^%s:\s*(\d+)" % name, re.M)
        return sum(int(pattern.search(p.read_text()).group(1)) for p in paths)

    def resident_mib(self):
        text = pathlib.Path("/proc/%d/status" % self.process.pid).read_text()
        return int(re.search(r"^VmRSS:\s*(\d+)", text, re.M).group(1)) / 1024


def scratch():
    """A folder with a short name: paths of unix sockets have at most 107 bytes."""
    return tempfile.TemporaryDirectory(prefix="bench-")
