"""Whose code it is, line by line: each code that two owners use, in each of the ways that tell them
apart. The codes are those of ../shared/reference/vendor-resolution.md, section 3; where that is
there, its table is walked."""
import re

import pytest

from conftest import TOP, scan

RULES = TOP.parent / "shared/reference/vendor-resolution.md"
STAMP = '192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] "%s HTTP/1.1" %s 0 "-" "curl"'
HEADERS = "nginx:$remote_addr - - [$time_local] \"$request\" $status $upstream_http_%s"
IIS = "iis:date time cs-method cs-uri-stem sc-status"


def combined(code, request="GET /tea"):
    return "combined", STAMP % (request, code)


def of(server, code, request="GET /tea"):
    return server, STAMP % (request, code)


def header(name, value, code):
    stamp = '192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] "GET /tea HTTP/1.1" %s %s'
    return HEADERS % name, stamp % (code, value)


def iis(code, path="/tea"):
    return IIS, "2026-11-22 16:43:42 POST %s %s" % (path, code)


def host(code, name):
    return "json", '{"status":%s,"time":"2026-11-22T16:43:42Z","uri":"/","host":"%s"}' % (code, name)


ALB = (
    "https 2026-11-22T16:43:42.127531Z app/tea/50 192.0.2.7:2817 10.0.0.1:80 0.001 0.102 0.000 %s - "
    '225 350 "GET https://shop.example:443/tea HTTP/1.1" "curl" - -'
)
HEROKU = (
    'at=error code=H27 desc="Client Request Interrupted" method=GET path="/tea" host=shop.example '
    "dyno=web.1 connect=1ms service=30000ms status=499 bytes=0"
)
CLOUDFLARE = '{"EdgeResponseStatus":%s,"EdgeStartTimestamp":1795365822123000000,"ClientIP":"192.0.2.7"}'
TRAEFIK = '{"DownstreamStatus":%s,"OriginStatus":0,"StartUTC":"2026-11-22T16:43:42Z","Duration":3034764}'
CADDY = (
    '{"level":"info","ts":1795365822.1,"logger":"http.log.access","msg":"handled request","request":'
    '{"remote_ip":"192.0.2.7","method":"GET","host":"shop.example","uri":"/"},"duration":0.1,"status":%s}'
)
GOOGLE = (
    '{"httpRequest":{"status":%s},"jsonPayload":{"statusDetails":"x"},"logName":"l",'
    '"timestamp":"2026-11-22T16:43:42Z"}'
)

# By code: the lines that tell, and whose the code is there. The first one is the default.
CASES = {
    "103": [(combined(103), "ietf"), (of("nginx", 103), "ietf")],
    "308": [
        (combined(308), "ietf"),
        (combined(308, "PUT /up?uploadType=resumable"), "google"),
        (combined(308, "POST /up?upload_id=7"), "google"),
        (host(308, "storage.googleapis.com"), "google"),
    ],
    "418": [(combined(418), "ietf"), (header("server", "edgeone", 418), "tencent-edgeone")],
    "419": [(combined(419, "POST /form"), "laravel")],
    "420": [(combined(420), "twitter"), (combined(420, "PROPFIND /dav"), "webdav-draft")],
    "421": [(combined(421), "ietf")],
    "423": [
        (combined(423), "ietf"),
        (combined(423, "LOCK /dav"), "ietf"),
        (header("eo_log_uuid", "1", 423), "tencent-edgeone"),
    ],
    "440": [(combined(440), "microsoft-iis"), (iis(440, "/owa/"), "microsoft-iis")],
    "444": [(combined(444), "nginx"), (of("nginx", 444), "nginx")],
    "449": [
        (combined(449), "microsoft-iis"),
        (iis(449), "microsoft-iis"),
        (iis(449, "/Microsoft-Server-ActiveSync"), "microsoft-exchange"),
    ],
    "450": [(combined(450), "microsoft-windows")],
    "451": [
        (combined(451), "ietf"),
        (iis(451), "ietf"),
        (iis(451, "/Microsoft-Server-ActiveSync/default.eas"), "microsoft-exchange"),
    ],
    "456": [
        (combined(456), "haproxy"),
        (iis(456, "/Microsoft-Server-ActiveSync"), "microsoft-exchange"),
        (iis(456, "/EWS/Exchange.asmx"), "microsoft-exchange"),
    ],
    **{
        code: [
            (combined(code), ""),
            (("alb", ALB % code), "aws-elb"),
            (header("server", "awselb/2.0", code), "aws-elb"),
        ]
        for code in ("460", "463", "464", "561")
    },
    **{code: [(combined(code), "nginx"), (of("nginx", code), "nginx")]
       for code in ("494", "495", "496", "497")},
    "498": [(combined(498, "GET /arcgis/rest"), "esri"), (of("nginx", 498), "esri")],
    "499": [
        (combined(499), "nginx"),
        (combined(499, "GET /arcgis/rest"), "nginx"),
        (("caddy", CADDY % 499), "caddy"),
        (("traefik", TRAEFIK % 499), "traefik"),
        (("cloudflare", CLOUDFLARE % 499), "cloudflare"),
        (("gcp-lb", GOOGLE % 499), "google"),
        (iis(499), "microsoft-aspnet"),
        (iis(499, "/arcgis/rest/info"), "esri"),
        (of("apache", 499, "GET /gis/rest/services"), "esri"),
        (of("tomcat", 499, "GET /arcgis/admin"), "esri"),
        (header("x_azure_ref", "0a", 499), "microsoft-azure"),
        (header("eo_log_uuid", "1", 499), "tencent-edgeone"),
        (("logfmt", HEROKU), "heroku"),
    ],
    "508": [
        (combined(508), "ietf"),
        (of("apache", 508), "cloudlinux"),
        (of("apache", 508, "POST /x"), "cloudlinux"),
        (of("apache", 508, "PROPFIND /dav"), "ietf"),
        (of("nginx", 508), "ietf"),
    ],
    "509": [(combined(509), "apache")],
    "520": [
        (combined(520), "cloudflare"),
        (header("cf_ray", "9f-AMS", 520), "cloudflare"),
        (header("eo_log_uuid", "1", 520), "tencent-edgeone"),
        (header("x_azure_ref", "0a", 520), "microsoft-azure"),
        (header("proxy_status", "eo; received-status=520", 520), "cloudflare"),
        (header("proxy_status", "EdgeOne; error=connection_terminated", 520), "tencent-edgeone"),
    ],
    **{
        code: [
            (combined(code), "cloudflare"),
            (("cloudflare", CLOUDFLARE % code), "cloudflare"),
            (header("eo_log_uuid", "1", code), "tencent-edgeone"),
        ]
        for code in ("521", "522", "523", "524", "525")
    },
    "526": [(combined(526), "cloudflare")],
    "527": [(combined(527), "cloudflare")],
    "529": [(combined(529), "qualys"), (host(529, "api.anthropic.com"), "anthropic")],
    "530": [
        (combined(530), "cloudflare"),
        (header("cf_ray", "9f-AMS", 530), "cloudflare"),
        (header("x_pantheon_styx_hostname", "styx-1", 530), "pantheon"),
    ],
    "550": [
        (combined(550), "tencent-edgeone"),
        (header("x_served_by", "cache-ams1-AMS", 550), "fastly"),
    ],
    **{
        code: [
            (combined(code), "proxy-convention"),
            (header("via", "kunlun4.cn12[0]", code), "alibaba-edgeroutine"),
            (header("eagleid", "2f", code), "alibaba-edgeroutine"),
        ]
        for code in ("598", "599")
    },
    "600": [
        (combined(600), ""),
        (("squid", "1795365817.091 15 192.0.2.7 TCP_MISS/600 0 GET http://a/ - HIER_NONE/- -"), "squid"),
    ],
    "601": [
        (combined(601), ""),
        (("squid", "1795365817.091 15 192.0.2.7 TCP_MISS/601 0 GET http://a/ - HIER_NONE/- -"), "squid"),
    ],
    "801": [(combined(801), ""), (header("x_served_by", "cache-ams1-AMS", 801), "fastly")],
    "999": [(combined(999), "linkedin"), (host(999, "mail.yahoo.com"), "yahoo")],
}


def vendor_of(spec, line, *more):
    summary = scan("--format", spec, *more, "-", stdin=(line + "\n").encode())
    assert (summary["requests"], summary["unparsed"]) == (1, 0), (spec, line, summary)
    (row,) = summary["codes"]
    return row["vendor"]


@pytest.mark.parametrize("code", CASES)
def test_a_line_tells_whose_its_code_is(code):
    for (spec, line), owner in CASES[code]:
        assert vendor_of(spec, line) == owner, (spec, line)


def test_what_a_person_says_wins():
    for code, vendor in (("499", "esri"), ("520", "microsoft-azure"), ("508", "cloudlinux"),
                         ("451", "microsoft-exchange"), ("418", "tencent-edgeone")):
        for (spec, line), _ in CASES[code]:
            assert vendor_of(spec, line, "--vendor", vendor) == vendor, (spec, line)


def codes_in(cell):
    """ "494-497" and "460, 463" as single codes."""
    for part in re.findall(r"\d{3}(?:-\d{3})?", cell):
        first, _, last = part.partition("-")
        yield from map(str, range(int(first), int(last or first) + 1))


def test_each_row_of_the_rules_has_its_lines():
    if not RULES.exists():
        pytest.skip("%s is not there" % RULES.relative_to(TOP.parent))
    text = RULES.read_text().split("## 3. ")[1].split("\n## ")[0]
    rows = [line.split("|")[1:4] for line in text.splitlines() if re.match(r"\| *\d", line)]
    assert len(rows) > 20
    for cell, default, _ in rows:
        for code in codes_in(cell.split("and")[0]):
            assert code in CASES, code
            owner = re.match(r"[a-z-]+", default.strip())
            known = CASES[code][0][1]
            names = {known, known.split("-")[0]}
            is_conditional = re.search(r" only in | by hint| in iis with ", " " + default)
            assert is_conditional or not owner or owner.group() in names, (code, default, known)


@pytest.mark.parametrize("code, vendor", [(561, ""), (520, "cloudflare"), (509, "apache")])
def test_an_alert_tells_whose_its_code_is_as_the_summary_does(tmp_path, code, vendor):
    log = tmp_path / "site.log"
    line = '192.0.2.7 - - [22/Nov/2026:16:%02d:%02d +0000] "GET /tea HTTP/1.1" %d 0 "-" "curl"\n'
    seconds = [(m, s, 200 if m < 40 else code) for m in range(10, 42) for s in range(60)] * 5
    log.write_text("".join(line % row for row in sorted(seconds)))
    summary = scan("--format", "apache", log)
    (alert,) = summary["alerts"]
    (row,) = [row for row in summary["codes"] if row["code"] == str(code)]
    (told,) = alert["codes"]
    assert told["vendor"] == row["vendor"] == vendor
    assert alert["summary"].startswith("%d %s" % (code, row["name"][:40]))
