"""The other programs, called as somebody would who knows them well."""
import pathlib
import shutil
import subprocess
from typing import Callable, NamedTuple

BENCH = pathlib.Path(__file__).resolve().parent.parent
PACKAGES = [
    "mawk",
    "ripgrep",
    "jq",
    "mtail",
    "lnav",
    "goaccess",
    "libsimdjson-dev",
    "g++",
    "python3-matplotlib",
    "strace",
    "time",
    "valgrind",
]
SLOW_LINES = 200000


class Peer(NamedTuple):
    name: str
    program: str
    command: Callable  # of the log's path
    does: str  # what it makes of the log
    cut: int = 0  # so many lines at most, when it is slow; 0: all
    own_clock: bool = False  # the last word it prints is its CPU time: without loading the file


def mtail(program):
    programs = str(BENCH / "mtail" / program)
    return lambda log: [
        "mtail",
        "--one_shot",
        "--one_shot_format=prometheus",
        "--logtostderr=false",
        "--progs=" + programs,
        "--logs=" + log,
    ]


def goaccess(log_format):
    return lambda log: [
        "goaccess",
        log,
        "--no-global-config",
        "--no-progress",
        "--log-format=" + log_format,
        "--output=json",
    ]


LNAV = ";SELECT sc_status, count(*) FROM access_log GROUP BY sc_status"
AWK = "{c[$9]++} END {for (k in c) print k, c[k]}"

PEERS = {
    "wc": Peer("wc -l", "wc", lambda log: ["wc", "-l", log], "newlines"),
    "rg": Peer(
        "ripgrep",
        "rg",
        lambda log: ["rg", "--no-config", "-c", '" 5[0-9][0-9] ', log],
        "lines with a 5xx",
    ),
    "mawk": Peer("mawk", "mawk", lambda log: ["mawk", AWK, log], "codes"),
    "mtail": Peer("mtail", "mtail", mtail("status.mtail"), "codes", SLOW_LINES),
    "mtail-regex": Peer(
        "mtail, same regex",
        "mtail",
        mtail("expression.mtail"),
        "codes",
        SLOW_LINES,
    ),
    "lnav": Peer(
        "lnav",
        "lnav",
        lambda log: ["lnav", "-n", "-N", "-c", LNAV, "-c", ":write-csv-to -", log],
        "codes, by SQL",
        SLOW_LINES,
    ),
    "goaccess": Peer("GoAccess", "goaccess", goaccess("COMBINED"), "all its panels", SLOW_LINES),
    "goaccess-caddy": Peer(
        "GoAccess", "goaccess", goaccess("CADDY"), "all its panels", SLOW_LINES // 4
    ),
    "jq": Peer("jq", "jq", lambda log: ["jq", "-r", ".status", log], "codes", SLOW_LINES),
    "cjson": Peer("cJSON", "cjson_scan", lambda log: ["cjson_scan", log], "codes"),
    "simdjson": Peer(
        "simdjson, file in memory",
        "simdjson_scan",
        lambda log: ["simdjson_scan", log],
        "codes, on demand, without loading the file",
        own_clock=True,
    ),
    "simdjson-all": Peer(
        "simdjson",
        "simdjson_scan",
        lambda log: ["simdjson_scan", log],
        "codes, on demand",
    ),
}


DOES = {"teapotd": "codes, meanings, routes, alerts"}
DOES.update((peer.name, peer.does) for peer in PEERS.values())


def find(peer, build):
    """Where its program is: beside teapotd when we made it ourselves. None: not installed."""
    beside = build / peer.program
    return str(beside) if beside.exists() else shutil.which(peer.program)


def versions():
    """The versions of what is installed, as the packages say."""
    packages = ["coreutils", "ripgrep", "mawk", "mtail", "lnav", "goaccess", "jq", "libcjson1"]
    command = ["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *packages, "libsimdjson-dev"]
    if not shutil.which("dpkg-query"):
        return []
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [line.strip() for line in listed.splitlines() if len(line.split()) == 2]


def install():
    """Gets what is missing from Debian. Needs root, or sudo."""
    command = ["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES]
    sudo = [] if not shutil.which("sudo") else ["sudo"]
    subprocess.run([*sudo, "apt-get", "update", "-q"], check=False)
    subprocess.run([*sudo, "env", "DEBIAN_FRONTEND=noninteractive", *command], check=True)
