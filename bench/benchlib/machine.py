"""What the figures depend on: said beside them, without names of hosts or paths."""
import datetime
import os
import pathlib
import platform
import re
import subprocess


def cores():
    return len(os.sched_getaffinity(0))


def first(pattern, path, otherwise):
    try:
        found = re.search(pattern, pathlib.Path(path).read_text(errors="replace"), re.M)
    except OSError:
        found = None
    return found.group(1).strip() if found else otherwise


def compiler(build):
    """The compiler that made the programs, in its own words."""
    path = first(r"^CMAKE_C_COMPILER:\w+=(.*)$", build / "CMakeCache.txt", "cc")
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "compiler not known"
    return said.stdout.splitlines()[0].strip()


def facts(build):
    simd = os.environ.get("TEAPOTD_SIMD")
    parts = [
        "%s, %d cores"
        % (first(r"^model name\s*: (.*)$", "/proc/cpuinfo", platform.machine()), cores()),
        "%.0f GiB" % (os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "Linux " + ".".join(platform.release().split(".")[:2]),
        first(r'^PRETTY_NAME="?([^"\n]*)', "/etc/os-release", "a system without a name"),
        compiler(build),
        datetime.date.today().isoformat(),
    ]
    return "; ".join(parts + (["TEAPOTD_SIMD=" + simd] if simd else []))
