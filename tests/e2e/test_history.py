"""What was counted by the minute, over kills and restarts."""
import json
import random
import subprocess
import time
from collections import Counter

from conftest import TEAPOTCTL, check_schema, unix_get, wait_for

CODES = (200, 200, 404, 502)
CONFIG = """
source a {{ path = {{"{folder}/logs/*.log"}} format = combined }}
store {{ path = "{folder}/state"  checkpoint_every = 100ms {keep} }}
"""


def line(second, code):
    stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(second))
    return '192.0.2.7 - - [%s] "GET /page HTTP/1.1" %d 512 "-" "curl"\n' % (stamp, code)


def begin(tmp_path, daemon, keep=""):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/access.log").touch()
    return daemon(CONFIG.format(folder=tmp_path, keep=keep))


def check(document):
    check_schema("history.schema.json", json.dumps(document))
    return document


def test_minutes_are_exact_over_kills(tmp_path, daemon):
    """Killed at random while three hours of log are written; each minute is what was written."""
    chance, d = random.Random(11), begin(tmp_path, daemon)
    second, n = int(time.time()) // 60 * 60 - 3 * 3600, 0
    requests, codes = Counter(), Counter()
    with open(tmp_path / "logs/access.log", "a") as log:
        for round_ in range(8):
            for _ in range(chance.randrange(1, 4)):
                for _ in range(chance.randrange(1, 900)):
                    code = chance.choice(CODES)
                    log.write(line(second, code))
                    at = time.strftime("%Y-%m-%dT%H:%M:00Z", time.gmtime(second))
                    requests[at] += 1
                    codes[at, str(code)] += code >= 400
                    second += chance.random() < 0.5
                    n += 1
                log.flush()
                least = chance.randrange(n + 1)
                wait_for(lambda: d.summary()["lines"] >= least, "some lines")
            d.kill()
            d.start()
        d.wait_for_lines(n)
        history = check(d.json("/history"))
        assert history["step"] == 60
        assert {p["at"]: p["requests"] for p in history["points"]} == requests
        assert {
            (p["at"], code): count for p in history["points"] for code, count in p["codes"].items()
        } == +codes
        assert d.stop() == 0
    d.start()
    assert d.json("/history")["points"] == history["points"]
    hours = check(d.json("/history?last=30d"))
    assert hours["step"] == 3600 and len(hours["points"]) in (2, 3, 4)
    assert sum(p["requests"] for p in hours["points"]) == n
    assert sum(p["5xx"] for p in hours["points"]) == sum(p["5xx"] for p in history["points"])
    asked = subprocess.run(
        [TEAPOTCTL, "-s", d.socket, "history", "10d"], capture_output=True, check=True
    )
    assert json.loads(asked.stdout)["points"] == hours["points"]


def test_counts_are_there_before_their_checkpoint_and_after(tmp_path, daemon):
    """Asked all the time while lines come, it never goes back."""
    d = begin(tmp_path, daemon)
    seen, written = 0, 0
    with open(tmp_path / "logs/access.log", "a") as log:
        while written < 3000:
            log.write(line(time.time(), 200) * 10)
            log.flush()
            written += 10
            now = sum(p["requests"] for p in d.json("/history?last=1h")["points"])
            assert seen <= now <= written
            seen = now
    d.wait_for_lines(written)
    wait_for(
        lambda: sum(p["requests"] for p in d.json("/history")["points"]) == written, "all of it"
    )


def test_a_store_that_fails_loses_no_minute(tmp_path, daemon):
    d = begin(tmp_path, daemon)
    log = tmp_path / "logs/access.log"
    state, aside = tmp_path / "state", tmp_path / "aside"
    log.write_text(line(time.time(), 502) * 10)
    d.wait_for_lines(10)
    wait_for(lambda: state.exists(), "a checkpoint")
    for name in "state", "state-wal", "state-shm":
        (tmp_path / name).unlink()
    state.mkdir()  # nothing can be written there
    aside.touch()
    with open(log, "a") as out:
        out.write(line(time.time(), 502) * 7)
    d.wait_for_lines(17)
    wait_for(lambda: "counting goes on" in d.said(), "the failure")
    state.rmdir()
    wait_for(lambda: "written again" in d.said(), "another checkpoint")
    d.stop()
    d.start()
    points = d.json("/history")["points"]
    assert sum(p["codes"].get("502", 0) for p in points) >= 7


def test_without_a_place_there_is_none(tmp_path, daemon):
    d = begin(tmp_path, daemon, "keep = 0")
    status, _, body = unix_get(d.socket, "/history")
    assert status == 404 and "keep above 0" in json.loads(body)["error"]
