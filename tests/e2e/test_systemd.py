"""The units under a real systemd, which boots in a container of its own (systemd-nspawn).

Needs root, systemd-container and mmdebstrap; the container's tree is made once, in build/, from the
package sources that mmdebstrap has. The container has no network. Memory and task limits are not
enforced in it.
"""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import TEAPOTCTL, TEAPOTD, TOP, codes_of, generate, wait_for

TREE = TOP / "build/systemd-tree"
PACKAGES = (
    "systemd,systemd-sysv,dbus,procps,libuv1,libpcre2-8-0,libcjson1,libcurl4,libmicrohttpd12,"
    "libsqlite3-0,libconfuse2,libsystemd0,zlib1g,libzstd1"
)
CONFIG = """
source site { path = {"/var/log/site/*.log"} format = combined }
stats { listen = {"unix:/run/teapotd/stats.sock"} group = adm }
store { path = "/var/lib/teapotd/teapotd.db" }
summary { every = 1s to = "/var/log/teapotd/summary.ndjson" }
alert t { on = 5xx window = 10s min_requests = 10 warning = 10% critical = 80% }
notify journal { journal = true }
"""
SOCKET = "/run/teapotd/stats.sock"


def make_tree():
    """Debian with systemd and the libraries; kept for the next time."""
    done = TREE.with_suffix(".packages")
    if done.exists() and done.read_text() == PACKAGES:
        return
    shutil.rmtree(TREE, ignore_errors=True)
    made = subprocess.run(
        ["mmdebstrap", "--variant=minbase", "--include=" + PACKAGES, "bookworm", str(TREE)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=600,
    )
    if made.returncode != 0:
        shutil.rmtree(TREE, ignore_errors=True)
        pytest.skip(
            "the container's tree can't be made: %s" % made.stderr.decode(errors="replace")[-200:]
        )
    done.write_text(PACKAGES)


class Machine:
    """A container that has booted, with the programs and units of this checkout."""

    def __init__(self, folder):
        self.folder = folder
        self.etc = folder / "etc"
        self.logs = folder / "logs"
        for path in (folder, self.etc, self.logs):
            path.mkdir(exist_ok=True)
            path.chmod(0o755)
        binds = {
            TEAPOTD: "/usr/sbin/teapotd",
            TEAPOTCTL: "/usr/bin/teapotctl",
            TOP / "systemd/teapotd.service": "/etc/systemd/system/teapotd.service",
            TOP / "systemd/teapotd.socket": "/etc/systemd/system/teapotd.socket",
            TOP / "systemd/teapotd.sysusers": "/usr/lib/sysusers.d/teapotd.conf",
            self.etc: "/etc/teapotd",
            self.logs: "/var/log/site",
        }
        command = [
            "systemd-nspawn",
            "-D",
            str(TREE),
            "--volatile=overlay",
            "--boot",
            "--quiet",
            "--register=no",
        ]
        command += ["--keep-unit", "--console=pipe", "--private-network"]
        command += ["--bind-ro=%s:%s" % (source, place) for source, place in binds.items()]
        self.write(CONFIG)
        with open(folder / "boot.log", "wb") as log:
            self.container = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.init = None
        self.wait_until_booted()

    def wait_until_booted(self):
        def child():
            if self.container.poll() is not None:
                pytest.skip("no container here: %s" % (self.folder / "boot.log").read_text()[-200:])
            children = pathlib.Path(
                "/proc/%d/task/%d/children" % (self.container.pid, self.container.pid)
            ).read_text()
            for pid in children.split():
                if pathlib.Path("/proc/%s/comm" % pid).read_text().strip() == "systemd":
                    return int(pid)
            return None

        self.init = wait_for(child, "the container's init")
        wait_for(
            lambda: self.run("systemctl", "is-system-running").stdout.strip()
            in (b"running", b"degraded"),
            "the container to boot",
            60,
        )
        assert self.run("systemd-sysusers").returncode == 0

    def run(self, *command):
        return subprocess.run(
            ["nsenter", "-t", str(self.init), "-a", *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )

    def must(self, *command):
        done = self.run(*command)
        if done.returncode != 0:
            pytest.fail("%s\n%s\n%s" % (" ".join(command), done.stderr.decode(), self.journal()), False)
        return done.stdout.decode()

    def write(self, config):
        (self.etc / "teapotd.conf").write_text(config)
        (self.etc / "teapotd.conf").chmod(0o644)

    def journal(self, *options):
        return self.run(
            "journalctl", "-u", "teapotd", "--no-pager", "-n", "100", *options
        ).stdout.decode()

    def show(self, name):
        return self.must("systemctl", "show", "teapotd", "-p", name, "--value").strip()

    def summary(self):
        return json.loads(self.must("teapotctl", "-s", SOCKET, "summary"))

    def restart_afresh(self):
        """As after the installation: nothing counted, nothing running."""
        self.run("systemctl", "stop", "teapotd.socket", "teapotd.service")
        self.run("systemctl", "reset-failed")
        self.run("sh", "-c", "rm -rf /var/lib/teapotd/* /var/log/teapotd/*")
        for path in self.logs.iterdir():
            path.unlink()
        self.write(CONFIG)

    def power_off(self):
        self.run("systemctl", "poweroff")
        try:
            self.container.wait(30)
        except subprocess.TimeoutExpired:
            self.container.kill()
            self.container.wait()


@pytest.fixture(scope="module")
def booted(tmp_path_factory):
    if os.geteuid() != 0:
        pytest.skip("only root can boot a container")
    for name in ("systemd-nspawn", "mmdebstrap", "nsenter"):
        if not shutil.which(name):
            pytest.skip("%s is not installed" % name)
    make_tree()
    machine = Machine(tmp_path_factory.mktemp("systemd"))
    yield machine
    machine.power_off()


@pytest.fixture
def machine(booted):
    booted.restart_afresh()
    return booted


def log(machine, lines, *options):
    (machine.logs / "access.log").write_bytes(generate("--lines", lines, *options))
    (machine.logs / "access.log").chmod(0o640)
    shutil.chown(machine.logs / "access.log", 0, 4)


def test_the_units_are_understood_whole(machine):
    done = machine.run(
        "systemd-analyze",
        "verify",
        "--man=no",
        "/etc/systemd/system/teapotd.service",
        "/etc/systemd/system/teapotd.socket",
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_the_service_gets_ready_and_counts(machine):
    log(machine, 2000)
    machine.must("systemctl", "start", "teapotd")
    assert machine.show("ActiveState") == "active"
    assert machine.show("StatusText")
    wait_for(lambda: machine.summary()["requests"] == 2000, "2000 requests")
    assert machine.must("stat", "-c", "%U %G %a", SOCKET).strip() == "teapotd adm 660"
    wait_for(
        lambda: machine.run("grep", "-q", "requests", "/var/log/teapotd/summary.ndjson").returncode
        == 0,
        "summaries",
    )
    assert (
        machine.must("stat", "-c", "%U %G", "/var/log/teapotd/summary.ndjson").strip()
        == "teapotd adm"
    )


def test_it_runs_without_any_privilege(machine):
    machine.must("systemctl", "start", "teapotd")
    status = machine.must("cat", "/proc/%s/status" % machine.show("MainPID"))
    values = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert int(values["CapEff"], 16) == 0 and int(values["CapBnd"], 16) == 0
    assert values["NoNewPrivs"].strip() == "1" and values["Seccomp"].strip() == "2"


def test_reload_takes_the_new_settings_and_keeps_the_process(machine):
    log(machine, 100)
    machine.must("systemctl", "start", "teapotd")
    wait_for(lambda: machine.summary()["requests"] == 100, "100 requests")
    pid = machine.show("MainPID")
    machine.write(CONFIG.replace("source site {", "source renamed {"))
    machine.must("systemctl", "reload", "teapotd")
    wait_for(
        lambda: any(row["name"].startswith("renamed") for row in machine.summary()["sources"]),
        "the source that the new configuration has",
    )
    assert machine.show("MainPID") == pid


def test_reload_of_a_bad_configuration_fails_and_changes_nothing(machine):
    machine.must("systemctl", "start", "teapotd")
    machine.write(CONFIG + "sauce { }\n")
    assert machine.run("systemctl", "reload", "teapotd").returncode != 0
    assert machine.show("ActiveState") == "active"
    assert "teapotd.conf:" in machine.journal()


def test_a_bad_configuration_ends_the_start_for_good(machine):
    machine.write("sauce { }\n")
    assert machine.run("systemctl", "start", "teapotd").returncode != 0
    assert machine.show("ActiveState") == "failed"
    assert machine.show("ExecMainStatus") == "2" and machine.show("NRestarts") == "0"


def test_killed_it_comes_back_and_counts_no_line_twice(machine):
    log(machine, 500)
    machine.must("systemctl", "start", "teapotd")
    wait_for(lambda: machine.summary()["requests"] == 500, "500 requests")
    restarts = int(machine.show("NRestarts"))
    machine.must("systemctl", "kill", "-s", "KILL", "teapotd")
    wait_for(lambda: int(machine.show("NRestarts")) == restarts + 1, "the restart")
    wait_for(lambda: machine.show("ActiveState") == "active", "the service")
    with open(machine.logs / "access.log", "ab") as more:
        more.write(generate("--lines", 70, "--start", 1795305700))
    wait_for(lambda: machine.summary()["requests"] in (70, 570), "the new lines, each once")


def test_hung_it_is_restarted_by_the_watchdog(machine):
    machine.must("mkdir", "-p", "/run/systemd/system/teapotd.service.d")
    machine.must(
        "sh",
        "-c",
        "printf '[Service]\\nWatchdogSec=2\\n' >/run/systemd/system/teapotd.service.d/test.conf",
    )
    machine.must("systemctl", "daemon-reload")
    try:
        machine.must("systemctl", "start", "teapotd")
        machine.must("kill", "-STOP", machine.show("MainPID"))
        wait_for(lambda: int(machine.show("NRestarts")) >= 1, "the watchdog")
        wait_for(lambda: machine.show("ActiveState") == "active", "the service")
    finally:
        machine.must("rm", "/run/systemd/system/teapotd.service.d/test.conf")
        machine.must("systemctl", "daemon-reload")


def test_the_socket_starts_the_service_and_outlives_it(machine):
    log(machine, 300)
    machine.must("systemctl", "start", "teapotd.socket")
    assert machine.show("ActiveState") == "inactive"
    assert machine.must("stat", "-c", "%G %a", SOCKET).strip() == "adm 660"
    wait_for(lambda: machine.summary()["requests"] == 300, "300 requests")
    assert machine.show("ActiveState") == "active"
    machine.must("systemctl", "restart", "teapotd")
    assert machine.summary()["schema"] == "teapotd.summary/1"
    machine.must("systemctl", "stop", "teapotd.service")
    machine.must("test", "-S", SOCKET)


def test_an_alert_is_in_the_journal_with_its_fields(machine):
    machine.must("systemctl", "start", "teapotd")
    now = int(machine.must("date", "+%s"))
    log(machine, 3000, "--rate", 100, "--start", now - 30, "--incident", "10,60,0.5")

    def alert():
        rows = [json.loads(line) for line in machine.journal("-o", "json").splitlines()]
        return [row for row in rows if row.get("TEAPOTD_RULE") == "t"]

    row = wait_for(alert, "the alert in the journal")[0]
    assert row["TEAPOTD_STATE"] == "firing" and row["MESSAGE"]
    assert int(row["PRIORITY"]) <= 4
    assert codes_of(machine.summary())
