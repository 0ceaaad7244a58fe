"""Alerts where people are paged from: a real Alertmanager, what Slack takes, programs, mail."""
import getpass
import http.client
import json
import os
import re
import time

import pytest

from conftest import Receiver, check_schema, free_port, is_listening, needs, wait_for

# Minutes that lie behind are written at once, so the wall clock must not close them.
CONFIG = """
lateness = 10m
source site {{ path = {{"{folder}/access.log"}} format = "nginx:$remote_addr [$time_local] \\"$request\\" $status $body_bytes_sent \\"$upstream_addr\\" \\"$upstream_status\\" \\"$http_user_agent\\"" }}
store {{ path = "{folder}/teapotd.db"  checkpoint_every = 100ms }}
alert spike {{ by = {{source}}  false_alarms = "1 per 30d" }}
"""
MANAGER = """
route: {{ receiver: page, group_wait: 0s, group_interval: 1s, repeat_interval: 1h, group_by: ['...'] }}
receivers:
  - name: page
    webhook_configs: [{{ url: '{url}', send_resolved: true }}]
"""
AGENT = "<!channel> & <http://evil.example|click>"


def write(log, first, last, failing=lambda second: False):
    """Twenty requests in each second, of which half fail while `failing`."""
    with open(log, "a") as out:
        for second in range(first, last):
            stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(second))
            for i in range(20):
                bad = failing(second) and i % 2
                out.write(
                    '192.0.2.7 [%s] "GET /cart?id=9 HTTP/1.1" %d 5 "10.0.0.7:8080" "%d" "%s"\n'
                    % (stamp, 502 if bad else 200, 502 if bad else 200, AGENT)
                )


def outage(log):
    """A quarter of an hour that ends in an outage of a minute, three minutes ago."""
    now = int(time.time())
    write(log, now - 1100, now - 180, lambda second: second >= now - 240)
    return now


def manager(tmp_path, running, port, receiver):
    conf = tmp_path / "alertmanager.yml"
    conf.write_text(MANAGER.format(url=receiver.url))
    running(
        [
            needs("prometheus-alertmanager"),
            "--config.file=%s" % conf,
            "--storage.path=%s" % (tmp_path / "alertmanager"),
            "--web.listen-address=127.0.0.1:%d" % port,
            "--cluster.listen-address=",
        ]
    )
    wait_for(lambda: is_listening(port), "alertmanager")


def known(port):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    client.request("GET", "/api/v2/alerts")
    alerts = json.loads(client.getresponse().read())
    client.close()
    return alerts


def told(receiver, status):
    return [body for _, body in receiver.bodies if body["status"] == status]


def test_alertmanager_hears_of_an_alert_and_of_its_end(tmp_path, running, daemon, receiver):
    log, port = tmp_path / "access.log", free_port()
    manager(tmp_path, running, port, receiver)
    log.touch()
    notify = 'notify am { webhook = "http://127.0.0.1:%d"  style = alertmanager }\n' % port
    d = daemon(CONFIG.format(folder=tmp_path) + notify)
    now = outage(log)
    (alert,) = wait_for(lambda: known(port), "the alert in Alertmanager")
    assert alert["labels"] == {"alertname": "spike", "severity": "critical", "source": "site"}
    assert "502" in alert["annotations"]["summary"] and "10.0.0.7:8080" in alert["annotations"]["where"]
    assert alert["annotations"]["codes"].startswith("502 x ")
    assert "id=9" not in json.dumps(alert)
    began = time.mktime(time.strptime(alert["startsAt"], "%Y-%m-%dT%H:%M:%S.000Z")) - time.timezone
    assert abs(began - (now - 240)) <= 2
    wait_for(lambda: told(receiver, "firing"), "the page")
    write(log, now - 180, now)
    wait_for(lambda: told(receiver, "resolved"), "the end")
    assert (len(told(receiver, "firing")), len(told(receiver, "resolved"))) == (1, 1)
    assert d.alerts()[0]["state"] == "resolved"


def test_an_alertmanager_that_was_away_hears_of_it_once(tmp_path, running, daemon, receiver):
    log, port = tmp_path / "access.log", free_port()
    log.touch()
    notify = 'notify am { webhook = "http://127.0.0.1:%d/"  style = alertmanager }\n' % port
    d = daemon(CONFIG.format(folder=tmp_path) + notify)
    outage(log)
    wait_for(d.alerts, "the alert")
    d.kill()
    d.start()
    manager(tmp_path, running, port, receiver)
    d.kill()
    d.start()
    wait_for(lambda: told(receiver, "firing"), "the page")
    d.kill()
    d.start()
    wait_for(d.alerts, "the alert after another kill")
    assert len(known(port)) == 1 and len(told(receiver, "firing")) == 1


def test_slack_gets_a_message_that_calls_nobody(tmp_path, daemon, receiver):
    log = tmp_path / "access.log"
    log.touch()
    notify = 'notify chat { webhook = "%s"  style = slack }\n' % receiver.url
    d = daemon(CONFIG.format(folder=tmp_path) + notify)
    now = outage(log)
    wait_for(lambda: receiver.bodies, "the message")
    _, message = receiver.bodies[0]
    assert message["text"].startswith("[critical] 502 Bad Gateway from upstream")
    assert not set("<>") & set(message["text"])
    assert [block["text"]["type"] for block in message["blocks"]] == ["plain_text", "plain_text"]
    assert "by chance once in" in message["blocks"][1]["text"]["text"]
    write(log, now - 180, now)
    wait_for(lambda: len(receiver.bodies) > 1, "the end")
    assert receiver.bodies[1][1]["text"].startswith("[resolved] ")
    assert d.alerts()[0]["state"] == "resolved"


def outage_and_end(d, log, is_told):
    """What the daemon tells of an outage, and then of its end."""
    now = outage(log)
    wait_for(lambda: is_told(1), "the alert")
    write(log, now - 180, now)
    wait_for(lambda: is_told(2), "the end")
    assert d.alerts()[0]["state"] == "resolved"
    return now


def test_a_receiver_of_alertmanagers_messages_takes_ours(tmp_path, daemon, receiver):
    log = tmp_path / "access.log"
    log.touch()
    d = daemon(CONFIG.format(folder=tmp_path) + 'notify ops { webhook = "%s" }\n' % receiver.url)
    outage_and_end(d, log, lambda n: len(receiver.bodies) >= n)
    fired, ended = [body for _, body in receiver.bodies]
    assert (fired["schema"], fired["state"], fired["version"]) == ("teapotd.alert/1", "firing", "4")
    assert (fired["status"], ended["status"], fired["receiver"]) == ("firing", "resolved", "ops")
    (alert,) = fired["alerts"]
    assert alert["labels"] == fired["groupLabels"] == fired["commonLabels"]
    assert alert["labels"]["alertname"] == "spike" and alert["startsAt"] == fired["since"]
    assert alert["annotations"]["summary"] == fired["summary"]
    assert ended["alerts"][0]["fingerprint"] == alert["fingerprint"] == fired["id"]
    assert ended["alerts"][0]["endsAt"] == ended["resolved_at"]


def told_by_tee(path):
    text, found, at = path.read_text() if path.exists() else "", [], 0
    while at < len(text):
        one, at = json.JSONDecoder().raw_decode(text, at)
        found.append(one)
    return found


def test_a_program_gets_each_alert_on_its_standard_input(tmp_path, daemon):
    log, out = tmp_path / "access.log", tmp_path / "told $(touch x); x"
    log.touch()
    notify = 'notify page { exec = {"/usr/bin/tee", "-a", "%s"} }\n' % out
    d = daemon(CONFIG.format(folder=tmp_path) + notify)
    outage_and_end(d, log, lambda n: len(told_by_tee(out)) >= n)
    assert [(a["state"], a["receiver"]) for a in told_by_tee(out)] == [
        ("firing", "page"),
        ("resolved", "page"),
    ]


def waiting(d):
    """How many alerts wait for the one way to tell of them."""
    return re.search(r"^teapotd_notifications_waiting\{.*\} (\d+)$", d.get("/metrics").decode(), re.M)[1]


def test_a_program_that_was_missing_gets_it_after_a_kill_and_once(tmp_path, daemon):
    log, out, program = tmp_path / "access.log", tmp_path / "told", tmp_path / "page"
    log.touch()
    d = daemon(CONFIG.format(folder=tmp_path) + 'notify page { exec = {"%s"} }\n' % program)
    outage(log)
    wait_for(lambda: "no such file or directory; tried again" in d.said(), "the failure")
    wait_for(lambda: waiting(d) == "1", "the queue")
    d.kill()
    program.write_text("#!/bin/sh\ncat >>%s\n" % out)
    program.chmod(0o755)
    d.start()
    wait_for(lambda: told_by_tee(out), "the alert")
    wait_for(lambda: waiting(d) == "0", "an empty queue")
    d.stop()
    d.start()
    wait_for(d.alerts, "the alert after another start")
    assert len(told_by_tee(out)) == 1


@pytest.fixture
def mailbox():
    """The text that comes into this user's mailbox, which is as before afterwards."""
    user = getpass.getuser()
    path = "/var/mail/" + user
    if os.path.basename(os.path.realpath(needs("sendmail"))) != "dma":
        pytest.skip("sendmail is not dma's")
    before = open(path, "rb").read() if os.path.exists(path) else None

    def new():
        if not os.path.exists(path):
            return ""
        return open(path, "rb").read()[len(before or b"") :].decode()

    yield user, new
    if before is not None:
        open(path, "wb").write(before)
    elif os.path.exists(path):
        os.unlink(path)


def test_a_mail_arrives(tmp_path, daemon, mailbox):
    log = tmp_path / "access.log"
    log.touch()
    user, text = mailbox
    d = daemon(CONFIG.format(folder=tmp_path) + 'notify night { mail = {"%s"} }\n' % user)
    outage_and_end(d, log, lambda n: text().count("Subject: [") >= n)
    assert "Subject: [critical] 502 Bad Gateway" in text() and "Subject: [resolved] " in text()
    assert "upstream 10.0.0.7:8080" in text() and "id=9" not in text()
    assert "To: %s\n" % user in text()


def test_what_still_fires_is_told_again(tmp_path, daemon, receiver):
    """Every second here; not after a restart at once, not while it is silenced, not when it is over."""
    log = tmp_path / "access.log"
    log.touch()
    notify = 'notify ops {{ webhook = "{url}"  repeat = {every}s }}\n'
    d = daemon(CONFIG.format(folder=tmp_path) + notify.format(url=receiver.url, every=1))
    now = outage(log)
    again = wait_for(
        lambda: [body["repeat"] for body in told(receiver, "firing") if "repeat" in body][2:], "repeats"
    )
    bodies = told(receiver, "firing")
    assert "repeat" not in bodies[0] and len({body["id"] for body in bodies}) == 1
    assert again == sorted(again)
    check_schema("alert.schema.json", "\n".join(json.dumps(ours(body)) for body in bodies))
    d.write_config(CONFIG.format(folder=tmp_path) + notify.format(url=receiver.url, every=1000))
    d.reload()
    d.kill()
    d.start()
    seen = len(receiver.bodies)
    write(log, now - 180, now)
    wait_for(lambda: told(receiver, "resolved"), "the end")
    assert len(receiver.bodies) <= seen + 2  # one may have been on its way at the reload
    assert "repeat" not in told(receiver, "resolved")[0]


def ours(body):
    """Without what Alertmanager's messages have beside it."""
    more = ("version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels",
            "commonLabels", "commonAnnotations", "externalURL", "alerts")
    return {key: value for key, value in body.items() if key not in more}


def test_secrets_come_from_files_and_stay_there(tmp_path, daemon, receiver):
    log, secrets = tmp_path / "access.log", tmp_path / "credentials"
    log.touch()
    secrets.mkdir()
    address = receiver.url + "/T0SECRET"
    (secrets / "chat").write_text(address + "\n")
    (tmp_path / "token").write_text("B0SECRET\n")
    notify = 'notify chat {{ webhook_file = chat  token_file = "{folder}/token" }}\n'
    d = daemon((CONFIG + notify).format(folder=tmp_path), env={"CREDENTIALS_DIRECTORY": str(secrets)})
    outage(log)
    wait_for(lambda: told(receiver, "firing"), "the page")
    assert receiver.paths[0] == "/hook/T0SECRET"
    assert receiver.bodies[0][0]["Authorization"] == "Bearer B0SECRET"
    shown = [d.said()] + [d.get(path).decode() for path in ("/sources", "/metrics", "/alerts", "/summary")]
    assert "SECRET" not in "".join(shown)
