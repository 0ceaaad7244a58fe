"""The logs that are measured: made by `generate`, seeded, and kept in build/bench."""
import os
import pathlib
import subprocess
from typing import NamedTuple

NGINX = (
    'nginx:$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" rt=$request_time urt="$upstream_response_time" '
    'ua="$upstream_addr" host=$host'
)
# mtail gets the same (bench/mtail/expression.mtail).
REGEX = (
    r"regex:^(?<client>\S+) \S+ \S+ \[(?<time>[^]]+)\] "
    r"\"(?<request>[^\"]*)\" (?<status>\d+) (?<bytes>\S+)"
)


class Kind(NamedTuple):
    spec: str  # --format
    share: float  # of --lines: all but combined have about half as many bytes as that


KINDS = {
    "combined": Kind("combined", 1),
    "vhost": Kind("vhost_combined", 0.44),
    "timed": Kind(NGINX, 0.36),
    "haproxy": Kind("haproxy", 0.57),
    "syslog": Kind("haproxy", 0.44),
    "w3c": Kind("w3c", 0.48),
    "caddy": Kind("caddy", 0.13),
    "short": Kind("common", 1.6),
    "long": Kind("combined", 0.0128),
}


class Log(NamedTuple):
    path: str
    lines: int
    size: int


class Corpora:
    """Makes logs when they are asked for first."""

    def __init__(self, build, folder, lines):
        self.generate = str(build / "generate")
        self.folder = folder
        self.lines = lines

    def log(self, kind):
        return self._made(kind, max(100, round(self.lines * KINDS[kind].share)))

    def cut(self, log, lines):
        """The first lines of a log, as a log of its own."""
        if lines >= log.lines:
            return log
        path = pathlib.Path(log.path).with_suffix(".%d.log" % lines)
        if not is_newer(path, log.path):
            with open(log.path, "rb") as whole, open(part(path), "wb") as out:
                for _ in range(lines):
                    out.write(whole.readline())
            part(path).rename(path)
        return Log(str(path), lines, path.stat().st_size)

    def _made(self, kind, lines):
        path = self.folder / ("%s-%d.log" % (kind, lines))
        if not is_newer(path, self.generate):
            options = ["--format", kind, "--lines", str(lines), "--incident", "600,120,0.2"]
            with open(part(path), "wb") as out:
                subprocess.run([self.generate, *options], stdout=out, check=True)
            part(path).rename(path)
        return Log(str(path), lines, os.path.getsize(path))


def is_newer(path, than):
    """Is it there, and made after what it is made from?"""
    return path.exists() and path.stat().st_mtime > os.path.getmtime(than)


def part(path):
    """Where a file is made before it has its name: what was interrupted is not taken for whole."""
    return path.with_suffix(".part")
