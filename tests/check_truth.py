#!/usr/bin/python3
"""Holds the counts of teapotd against logs whose true counts are known.

    check_truth.py TEAPOTD [--verbose]

The logs were written by real servers, the counts come from beside the servers, and both lie in
../shared/data, which not every checkout has: then this is skipped (exit 77). Every log is read with
the format it was written in where a server's configuration is known, and with --format auto. Codes
are compared as numbers (000 is 0), "-" only where the true counts have it.

truth_not_yet.txt beside this names the logs that --format auto does not count right yet. It only gets
shorter: a log that fails and is not in it is an error, and so is one in it that is counted right.
"""
import json
import os
import pathlib
import subprocess
import sys

DATA = pathlib.Path(__file__).resolve().parent.parent.parent / "shared/data"
NOT_YET = pathlib.Path(__file__).resolve().with_name("truth_not_yet.txt")
HAPROXY_LOG_FORMAT = "bare: log-format "
SERVERS = ("nginx", "apache", "haproxy", "caddy")


def format_of(expected):
    """The --format that says what the log's server was configured with."""
    server, variant, text = expected["server"], expected["variant"], expected["format"]
    if server == "nginx":
        if variant in ("nginx-combined", "nginx-syslog"):
            return "nginx"
        escape = expected.get("escape", "default")
        return "nginx:%s%s" % ("" if escape == "default" else escape + " ", text)
    if server == "apache":
        return "apache:%s" % text
    if server == "haproxy":
        custom = text.startswith(HAPROXY_LOG_FORMAT)
        return "haproxy:%s" % text[len(HAPROXY_LOG_FORMAT) :] if custom else "haproxy"
    return server


def numbered(codes):
    """Counts by number: a log's 000 and 0 are one."""
    out = {}
    for code, count in codes.items():
        key = str(int(code)) if code.lstrip("-").isdigit() else code
        if count:
            out[key] = out.get(key, 0) + count
    return out


def counted(teapotd, spec, log):
    run = subprocess.run(
        [teapotd, "--json", "--format", spec, log], capture_output=True, timeout=120
    )
    if run.returncode not in (0, 3):
        raise ValueError(
            "exit %d: %s" % (run.returncode, run.stderr.decode(errors="replace")[-200:].strip())
        )
    summary = json.loads(run.stdout)
    codes = {}
    for row in summary["codes"]:
        codes[row["code"]] = codes.get(row["code"], 0) + row["count"]
    if sum(codes.values()) != summary["requests"]:
        raise ValueError(
            "codes add up to %d, requests is %d" % (sum(codes.values()), summary["requests"])
        )
    if summary["requests"] + summary["unparsed"] + summary["ignored"] != summary["lines"]:
        raise ValueError("lines is not requests + unparsed + ignored")
    return numbered(codes)


def fault(teapotd, spec, log, expected):
    """What is wrong, in words, or nothing."""
    try:
        got = counted(teapotd, spec, str(log))
    except (ValueError, KeyError, subprocess.TimeoutExpired) as error:
        return str(error)
    wants = [numbered(codes) for codes in [expected["codes"], *expected.get("codes_also", [])]]
    if not any("-" in want for want in wants):
        got.pop("-", None)
    if got in wants:
        return None
    want = wants[0]
    differs = {
        k: (got.get(k, 0), want.get(k, 0))
        for k in sorted({*got, *want})
        if got.get(k, 0) != want.get(k, 0)
    }
    return "got and want: %s" % dict(list(differs.items())[:6])


def cases():
    """Each log with a format to read it by."""
    for path in sorted(DATA.glob("*/*.expected.json")):
        expected = json.loads(path.read_text())
        log = path.with_name(path.name.replace(".expected.json", ".log"))
        yield log, "auto", expected
        if path.parent.name == "generated" and expected["server"] in SERVERS:
            yield log, format_of(expected), expected


def main():
    teapotd = sys.argv[1] if len(sys.argv) > 1 else os.environ["TEAPOTD"]
    if not DATA.is_dir():
        print("../shared/data is not there")
        return 77
    lines = (line.split("#")[0].strip() for line in NOT_YET.read_text().splitlines())
    not_yet = {line for line in lines if line}
    exact = total = faults = 0
    for log, spec, expected in cases():
        wrong = fault(teapotd, spec, log, expected)
        total += 1
        exact += wrong is None
        known = spec == "auto" and log.name in not_yet
        if known and not wrong:
            wrong = "is exact: take it out of %s" % NOT_YET.name
        elif known and "--verbose" not in sys.argv:
            continue
        if wrong:
            faults += not known or wrong.startswith("is exact")
            print("%s, %s: %s" % (log.name, spec.split(":")[0], wrong))
    print("exact %d of %d, %d not yet" % (exact, total, len(not_yet)))
    return 1 if faults else 0


sys.exit(main())
