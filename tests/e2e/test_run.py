"""./run, as the README has it: a report on files, and the demonstration."""
import json
import os
import signal
import subprocess

import pytest

from conftest import TOP, generate, unix_get, wait_for


@pytest.fixture(autouse=True)
def own_checkout():
    if not os.access(TOP / "build", os.W_OK):
        pytest.skip("./run builds in %s/build, which can't be written" % TOP)


def test_run_with_a_file_reports_on_it_and_says_nothing_else(tmp_path):
    log = tmp_path / "access.log"
    log.write_bytes(generate("--lines", 500))
    # From another folder, as a person would: names are relative to where that person is.
    done = subprocess.run([TOP / "run", "access.log"], cwd=tmp_path, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["requests"] == 500


def test_run_hands_on_options_standard_input_and_the_exit_status():
    log = generate("--lines", 5000, "--rate", 20, "--incident", "100,60,0.4")
    done = subprocess.run(
        [TOP / "run", "--fail-on-alert", "--json", "-"], input=log, capture_output=True, timeout=300
    )
    assert done.returncode == 3, done.stderr.decode()
    assert json.loads(done.stdout)["requests"] == 5000


def test_run_without_a_file_shows_the_demonstration(tmp_path):
    with open(tmp_path / "out", "wb") as out:
        process = subprocess.Popen(
            [TOP / "run"], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    said = (tmp_path / "out").read_text
    socket = TOP / "build/demo/stats.sock"

    def counted():
        assert process.poll() is None, said()
        if "Ctrl-C ends it" not in said():
            return None
        return json.loads(unix_get(socket, "/summary")[2])["requests"]

    try:
        wait_for(counted, "the demonstration to count", 120)
    finally:
        process.send_signal(signal.SIGTERM)
        status = process.wait(30)
    assert status == 0 and "Ended." in said()
    with pytest.raises(ProcessLookupError):  # it leaves nobody behind
        os.killpg(process.pid, 0)
