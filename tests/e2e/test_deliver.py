"""Alerts where people are paged from: a real Alertmanager, and what Slack takes."""
import http.client
import json
import time

from conftest import Receiver, free_port, is_listening, needs, wait_for

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
