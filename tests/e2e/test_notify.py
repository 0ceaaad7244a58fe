"""The service manager's protocols, without one: readiness, watchdog, sockets handed over."""
import os
import pathlib
import socket
import subprocess
import time
import uuid

from conftest import TEAPOTD, Notifications, needs, wait_for

CONFIG = 'source a {{ path = {{"{folder}/a.log"}} }}\n'


def test_ready_means_that_the_socket_answers(tmp_path, daemon):
    d = daemon(CONFIG.format(folder=tmp_path))
    assert d.summary()["requests"] == 0
    message = next(message for message in d.notifications.seen if "READY=1" in message)
    assert any(part.startswith("STATUS=") for part in message)


def test_reload_says_reloading_then_ready(tmp_path, daemon):
    d = daemon(CONFIG.format(folder=tmp_path))
    d.process.send_signal(1)
    message = d.notifications.wait("RELOADING=1")
    assert any(part.startswith("MONOTONIC_USEC=") for part in message)
    d.notifications.wait("READY=1")


def test_stopping_is_said_and_the_exit_status_is_0(tmp_path, daemon):
    d = daemon(CONFIG.format(folder=tmp_path))
    d.process.terminate()
    d.notifications.wait("STOPPING=1")
    assert d.process.wait(20) == 0
    assert not d.socket.exists()


def test_the_watchdog_is_fed_in_time(tmp_path, daemon):
    d = daemon(CONFIG.format(folder=tmp_path), env={"WATCHDOG_USEC": "1000000"})
    d.notifications.wait("WATCHDOG=1")
    for _ in range(3):
        before = time.monotonic()
        d.notifications.wait("WATCHDOG=1")
        assert time.monotonic() - before < 1


def test_libcurl_is_loaded_only_for_a_webhook(tmp_path, daemon):
    hook = 'notify n { webhook = "http://127.0.0.1:9/" }'
    for more, is_loaded in (("", False), (hook, True)):
        d = daemon(CONFIG.format(folder=tmp_path) + more)
        maps = pathlib.Path("/proc/%d/maps" % d.process.pid).read_text()
        assert ("libcurl" in maps) == is_loaded
        d.process.terminate()
        assert d.process.wait(20) == 0


def test_a_socket_in_the_abstract_namespace_is_notified(tmp_path):
    address = "@teapotd-%s" % uuid.uuid4().hex
    notifications = Notifications(address)
    config = tmp_path / "teapotd.conf"
    config.write_text(CONFIG.format(folder=tmp_path))
    env = {**os.environ, "NOTIFY_SOCKET": address}
    process = subprocess.Popen([TEAPOTD, "-c", str(config)], env=env, stderr=subprocess.DEVNULL)
    try:
        notifications.wait("READY=1")
    finally:
        process.terminate()
        process.wait(20)
        notifications.close()


def test_a_socket_that_was_handed_over_is_used_and_not_removed(tmp_path, running):
    activate = needs("systemd-socket-activate")
    path = tmp_path / "handed.sock"
    config = tmp_path / "teapotd.conf"
    config.write_text('stats { listen = {"unix:%s"} }\n%s' % (path, CONFIG.format(folder=tmp_path)))
    process = running(
        [activate, "-l", str(path), TEAPOTD, "-c", str(config)], stderr=subprocess.DEVNULL
    )
    wait_for(path.exists, "the socket")
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(path))
        client.sendall(b"health\n")
        assert client.makefile("rb").read()
    process.terminate()
    process.wait(20)
    assert path.exists(), "it is systemd's socket"


def test_the_daemon_runs_without_a_service_manager(tmp_path):
    env = {
        key: value
        for key, value in os.environ.items()
        if key not in ("NOTIFY_SOCKET", "WATCHDOG_USEC")
    }
    config = tmp_path / "teapotd.conf"
    sock = tmp_path / "stats.sock"
    config.write_text('stats { listen = {"unix:%s"} }\n%s' % (sock, CONFIG.format(folder=tmp_path)))
    process = subprocess.Popen([TEAPOTD, "-c", str(config)], env=env, stderr=subprocess.DEVNULL)
    try:
        wait_for(sock.exists, "the socket")
    finally:
        process.terminate()
    assert process.wait(20) == 0
