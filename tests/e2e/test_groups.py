"""Many virtual hosts that fail together: what is told again, late, or to Alertmanager, is one as well."""
import time

from conftest import wait_for

HOSTS = 12
CONFIG = """
lateness = 10m
alert shop {{ preset = prometheus  by = host  for = 0s }}
source a {{ path = {{"{log}"}}  format = vhost_combined }}
notify ops {{ webhook = "{url}"  {more} }}
"""
LINE = 'h%02d.example:80 192.0.2.7 - - [%s +0000] "GET / HTTP/1.1" %d 5 "-" "curl"\n'


def write(log, first, last, failing=lambda host, second: False):
    """A request in each second to each host."""
    with open(log, "a") as out:
        for second in range(first, last):
            stamp = time.strftime("%d/%b/%Y:%H:%M:%S", time.gmtime(second))
            for host in range(HOSTS):
                out.write(LINE % (host, stamp, 502 if failing(host, second) else 200))


def messages(receiver):
    return [body for _, body in list(receiver.bodies)]


def test_a_group_is_told_again_as_one(tmp_path, daemon, receiver):
    """Also when its first host is well again and others are not."""
    log, now = tmp_path / "access.log", int(time.time())
    log.touch()
    d = daemon(CONFIG.format(log=log, url=receiver.url, more="repeat = 1s"))
    write(log, now - 280, now - 220)
    write(log, now - 220, now - 180, lambda host, second: second >= now - 220 + host)
    again = wait_for(lambda: [b for b in messages(receiver) if b.get("repeat")][2:], "repeats")
    first = messages(receiver)[0]["id"]
    assert {body["id"] for body in messages(receiver)} == {first}
    assert again[0]["parts_total"] == HOSTS - 1
    write(log, now - 180, now - 100, lambda host, second: host > 0)
    wait_for(lambda: [a for a in d.alerts() if a["id"] == first and a["state"] == "resolved"], "a host")
    seen = len(receiver.bodies)
    wait_for(lambda: messages(receiver)[seen + 2 :], "more repeats")
    assert {(b["id"], b["state"]) for b in messages(receiver)} == {(first, "firing")}


def test_a_group_of_an_old_log_is_told_when_some_of_it_still_fires(tmp_path, daemon, receiver):
    """Its first host was well again before the log's end, which is all that the daemon knows of."""
    log, now = tmp_path / "access.log", int(time.time())
    write(log, now - 900, now - 800)
    write(log, now - 800, now - 400, lambda host, second: host > 0 or second < now - 700)
    d = daemon(CONFIG.format(log=log, url=receiver.url, more=""))
    wait_for(lambda: messages(receiver), "a message")
    body = messages(receiver)[0]
    assert body["state"] == "firing" and body["series"]["host"] == "h00.example"
    assert body["parts_total"] == HOSTS - 1
    assert len([a for a in d.alerts() if a["state"] == "firing"]) == HOSTS - 1
    assert len(receiver.bodies) == 1


def test_alertmanager_hears_of_each_part_at_once(tmp_path, daemon, receiver):
    """Without waiting for the minute after which all is sent again."""
    log, now = tmp_path / "access.log", int(time.time())
    log.touch()
    daemon(CONFIG.format(log=log, url=receiver.url, more="style = alertmanager"))
    write(log, now - 280, now - 220)
    write(log, now - 220, now - 205, lambda host, second: host == 0)

    def hosts():
        bodies = messages(receiver)
        return {alert["labels"]["host"] for alert in bodies[-1]} if bodies else set()

    wait_for(lambda: hosts() == {"h00.example"}, "the first")
    write(log, now - 205, now - 195, lambda host, second: True)  # the time of the group is not over
    wait_for(lambda: len(hosts()) == HOSTS, "all of them")
