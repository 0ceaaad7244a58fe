/*
 * Why a line's request failed, and whose its code is, for real-looking lines of each server, read
 * by the parsers themselves.
 */
#include "base/alloc.h"
#include "codes/judge.h"
#include "format/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct expectation {
    const char *format;
    const char *line;
    const char *reason; /* NULL: none */
    enum blame blame;
    bool is_sure;
};

#define NGINX                                                                               \
    "nginx:$remote_addr [$time_local] \"$request\" $status $body_bytes_sent $request_time " \
    "\"$upstream_addr\" \"$upstream_status\" \"$upstream_connect_time\" \"$upstream_header_time\""
#define APACHE   "apache:%h %t \"%r\" %>s %b %X \"%R\" \"%{error-notes}n\""
#define STAMP    "192.0.2.7 [22/Nov/2026:16:43:42 +0000] \"GET /tea HTTP/1.1\" "
#define CLF      "192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET /tea HTTP/1.1\" "
#define HAPROXY  "192.0.2.7:4242 [22/Nov/2026:16:43:42.877] web "
#define CAPTURES " 209 - - "
#define COUNTERS " 5/1/0/0/0 0/0 \"GET /tea HTTP/1.1\""
#define ENVOY    "[2026-11-22T16:43:42.127Z] \"GET /tea HTTP/1.1\" "
#define ENVOY_TO " 0 19 12 - \"-\" \"curl\" \"1\" \"shop.example\" "
#define ALB \
    "https 2026-11-22T16:43:42.127531Z app/tea/50 192.0.2.7:2817 10.0.0.1:80 0.001 0.102 0.000 "
#define ALB_END " 225 350 \"GET https://shop.example:443/tea HTTP/1.1\" \"curl\" - -"

static const struct expectation expectations[] = {
    /* What a proxy says of a try tells how far it came. */
    {NGINX, STAMP "502 157 0.001 \"10.0.0.7:80\" \"502\" \"-\" \"-\"",
     "upstream refused the connection", BLAME_UPSTREAM, false},
    {NGINX, STAMP "502 157 0.001 \"10.0.0.7:80\" \"502\" \"0.001\" \"-\"",
     "upstream closed the connection without an answer", BLAME_UPSTREAM, false},
    {NGINX, STAMP "502 157 0.001 \"10.0.0.7:80\" \"502\" \"0.001\" \"0.002\"",
     "upstream answered with an error of its own", BLAME_SERVER, true},
    {NGINX, STAMP "502 157 0.000 \"tea\" \"502\" \"-\" \"-\"", "no upstream was available",
     BLAME_UPSTREAM, true},
    {NGINX, STAMP "504 157 5.001 \"10.0.0.7:80\" \"504\" \"-\" \"-\"",
     "connecting to the upstream took too long", BLAME_UPSTREAM, true},
    {NGINX, STAMP "504 157 5.001 \"10.0.0.7:80\" \"504\" \"0.001\" \"-\"",
     "upstream did not answer in time", BLAME_UPSTREAM, true},
    {NGINX, STAMP "500 157 0.010 \"10.0.0.7:80\" \"500\" \"0.001\" \"0.010\"",
     "upstream answered with an error of its own", BLAME_SERVER, true},
    {NGINX, STAMP "404 157 0.010 \"10.0.0.7:80\" \"404\" \"0.001\" \"0.010\"",
     "upstream turned the request down", BLAME_CLIENT, true},
    {NGINX, STAMP "503 157 0.000 \"-\" \"-\" \"-\" \"-\"", "a configured limit was reached",
     BLAME_CONFIG, false},
    {NGINX, STAMP "499 0 1.200 \"10.0.0.7:80\" \"-\" \"0.001\" \"-\"",
     "client left before it was answered", BLAME_CLIENT, true},
    {NGINX, STAMP "499 0 30.001 \"10.0.0.7:80\" \"-\" \"0.001\" \"-\"",
     "client gave up waiting for the upstream", BLAME_UPSTREAM, false},
    {NGINX, STAMP "502 157 0.002 \"10.0.0.7:80, 10.0.0.8:80\" \"504, 502\" \"0.001, -\" \"-, -\"",
     "upstream refused the connection", BLAME_UPSTREAM, false},
    {"combined", CLF "502 157 \"-\" \"curl\"", NULL, BLAME_UPSTREAM, false},
    /* HAProxy's termination state. */
    {"haproxy", HAPROXY "bk/s1 0/0/-1/-1/1 503" CAPTURES "SC--" COUNTERS,
     "upstream refused the connection", BLAME_UPSTREAM, true},
    {"haproxy", HAPROXY "bk/<NOSRV> 0/-1/-1/-1/1 503" CAPTURES "SC--" COUNTERS,
     "no upstream was available", BLAME_UPSTREAM, true},
    {"haproxy", HAPROXY "bk/s1 0/0/1/-1/9001 504" CAPTURES "sH--" COUNTERS,
     "upstream did not answer in time", BLAME_UPSTREAM, true},
    {"haproxy", HAPROXY "bk/s1 0/0/1/-1/2 502" CAPTURES "SH--" COUNTERS,
     "upstream closed the connection without an answer", BLAME_UPSTREAM, true},
    {"haproxy", HAPROXY "bk/s1 0/0/1/-1/2 502" CAPTURES "PH--" COUNTERS,
     "upstream's answer was not valid", BLAME_UPSTREAM, true},
    {"haproxy", HAPROXY "bk/s1 0/0/1/1/2 500" CAPTURES "--VN" COUNTERS,
     "upstream answered with an error of its own", BLAME_SERVER, true},
    {"haproxy", HAPROXY "web/<NOSRV> -1/-1/-1/-1/5000 408" CAPTURES "cR--" COUNTERS,
     "client did not send its request in time", BLAME_CLIENT, true},
    {"haproxy", HAPROXY "bk/s1 0/0/0/-1/9 -1" CAPTURES "CH--" COUNTERS,
     "client left before it was answered", BLAME_CLIENT, true},
    {"haproxy", HAPROXY "bk/s1 0/0/0/1/9 500" CAPTURES "KD--" COUNTERS, "an administrator ended it",
     BLAME_CONFIG, true},
    {"haproxy", HAPROXY "bk/s1 0/0/0/-1/9 500" CAPTURES "PH--" COUNTERS,
     "configuration is missing or wrong", BLAME_CONFIG, false},
    /* Envoy's flags, the first of several that says something. */
    {"envoy", ENVOY "503 UF,URX" ENVOY_TO "\"10.0.0.1:80\"", "upstream could not be reached",
     BLAME_UPSTREAM, true},
    {"envoy", ENVOY "504 UT" ENVOY_TO "\"10.0.0.1:80\"", "upstream did not answer in time",
     BLAME_UPSTREAM, true},
    {"envoy", ENVOY "404 NR" ENVOY_TO "\"-\"", "nothing is configured for this request",
     BLAME_CONFIG, true},
    {"envoy", ENVOY "500 -" ENVOY_TO "\"10.0.0.1:80\"",
     "upstream answered with an error of its own", BLAME_SERVER, true},
    {"envoy", ENVOY "0 DC" ENVOY_TO "\"10.0.0.1:80\"", "client left before it was answered",
     BLAME_CLIENT, true},
    {"envoy-json",
     "{\"start_time\":\"2026-11-22T16:43:42Z\",\"response_code\":403,\"response_flags\":\"-\","
     "\"response_code_details\":\"rbac_access_denied_matched_policy[none]\"}",
     "access rules or credentials denied it", BLAME_AUTH, true},
    /* Proxy-Status wins over what else the line says; the member nearest to the origin counts. */
    {NGINX " \"$upstream_http_proxy_status\"",
     STAMP "502 157 0.010 \"10.0.0.7:80\" \"502\" \"0.001\" \"0.010\" "
           "\"edge; error=connection_refused; next-hop=10.0.0.9, cdn; received-status=502\"",
     "upstream refused the connection", BLAME_UPSTREAM, true},
    {NGINX " \"$upstream_http_proxy_status\"",
     STAMP "504 157 0.010 \"10.0.0.7:80\" \"504\" \"0.001\" \"0.010\" \"\\x22my, edge\\x22; "
           "details=\\x22a; error=dns_error\\x22; error=connection_read_timeout\"",
     "upstream did not answer in time", BLAME_UPSTREAM, true},
    {"json",
     "{\"status\":500,\"time\":\"2026-11-22T16:43:42Z\",\"proxy_status\":\"edge; received-status=500\"}",
     "upstream answered with an error of its own", BLAME_SERVER, true},
    {"json",
     "{\"status\":502,\"time\":\"2026-11-22T16:43:42Z\",\"proxy_status\":\"edge; error=made_up\"}",
     "the line does not say", BLAME_UPSTREAM, false},
    {"envoy:%START_TIME% %RESPONSE_CODE% %RESPONSE_FLAGS% \"%RESP(PROXY-STATUS)%\"",
     "2026-11-22T16:43:42.127Z 503 - \"envoy; error=destination_unavailable\"",
     "no upstream was available", BLAME_UPSTREAM, true},
    {"envoy:%START_TIME% %RESPONSE_CODE% %RESPONSE_FLAGS% \"%RESP(PROXY-STATUS)%\"",
     "2026-11-22T16:43:42.127Z 503 UF \"-\"", "upstream could not be reached", BLAME_UPSTREAM,
     true},
    /* Balancers and edges with a second status. */
    {"alb", ALB "502 -" ALB_END, "upstream refused, closed the connection or answered nonsense",
     BLAME_UPSTREAM, true},
    {"alb", ALB "504 -" ALB_END, "upstream did not answer in time", BLAME_UPSTREAM, true},
    {"alb", ALB "500 500" ALB_END, "upstream answered with an error of its own", BLAME_SERVER,
     true},
    {"alb", ALB "460 -" ALB_END, "client left before it was answered", BLAME_CLIENT, true},
    {"alb", ALB "400 -" ALB_END, "request was malformed or not allowed", BLAME_CLIENT, true},
    {"cloudflare",
     "{\"EdgeResponseStatus\":522,\"EdgeStartTimestamp\":1795365822123000000,"
     "\"OriginResponseStatus\":0}",
     "connecting to the upstream took too long", BLAME_UPSTREAM, true},
    {"cloudflare",
     "{\"EdgeResponseStatus\":500,\"EdgeStartTimestamp\":1795365822123000000,"
     "\"OriginResponseStatus\":500}",
     "upstream answered with an error of its own", BLAME_SERVER, true},
    {"traefik",
     "{\"DownstreamStatus\":504,\"OriginStatus\":0,\"StartUTC\":\"2026-11-22T16:43:42Z\","
     "\"Duration\":3034764}",
     "upstream did not answer in time", BLAME_UPSTREAM, true},
    {"gcp-lb",
     "{\"httpRequest\":{\"status\":502},\"jsonPayload\":{\"statusDetails\":"
     "\"failed_to_connect_to_backend\"},\"logName\":\"l\",\"timestamp\":\"2026-11-22T16:43:42Z\"}",
     "upstream could not be reached", BLAME_UPSTREAM, true},
    {"cloudfront:date time sc-status x-edge-detailed-result-type",
     "2026-11-22\t16:43:42\t502\tOriginDnsError", "upstream's name did not resolve", BLAME_CONFIG,
     true},
    /* Caches and web servers. */
    {"squid",
     "1795365817.091 15 192.0.2.7 TCP_DENIED/403 251 GET http://shop.example/ - HIER_NONE/- text/html",
     "access rules or credentials denied it", BLAME_AUTH, true},
    {"squid",
     "1795365817.091 15 192.0.2.7 TCP_MISS_ABORTED/000 0 GET http://shop.example/ - HIER_DIRECT/10.0.0.1 -",
     "client left before it was answered", BLAME_CLIENT, true},
    {"squid",
     "1795365817.091 15 192.0.2.7 TCP_MISS_ABORTED/502 0 GET http://shop.example/ - HIER_DIRECT/10.0.0.1 -",
     "upstream broke off its answer", BLAME_UPSTREAM, true},
    {"iis:date time cs-uri-stem sc-status sc-substatus sc-win32-status",
     "2026-11-22 16:43:42 /tea 404 13 0", "404.13 Request filter: content length", BLAME_CLIENT,
     true},
    {"iis:date time cs-uri-stem sc-status sc-substatus sc-win32-status",
     "2026-11-22 16:43:42 /tea 500 19 5", "500.19 Configuration data invalid", BLAME_CONFIG, true},
    {"iis:date time cs-uri-stem sc-status sc-substatus sc-win32-status",
     "2026-11-22 16:43:42 /tea 401 0 1326", "access rules or credentials denied it", BLAME_AUTH,
     true},
    {"iis:date time sc-status s-reason", "2026-11-22 16:43:42 503 QueueFull",
     "application had no room for more requests", BLAME_SERVER, true},
    {"apache:%h %t \"%r\" %>s %X",
     "192.0.2.7 [22/Nov/2026:16:43:42 +0000] \"GET / HTTP/1.1\" 500 X",
     "client left in the middle of the answer", BLAME_CLIENT, true},
    {APACHE, STAMP "503 299 + \"proxy-server\" \"-\"", "upstream could not be reached",
     BLAME_UPSTREAM, false},
    {APACHE,
     STAMP "502 299 - \"proxy-server\" \"The proxy server could not handle the request<p>"
           "Reason: <strong>Error reading from remote server</strong></p>\"",
     "upstream closed the connection without an answer", BLAME_UPSTREAM, true},
    {APACHE, STAMP "500 299 + \"proxy-server\" \"-\"", "upstream answered with an error of its own",
     BLAME_SERVER, false},
    {APACHE, STAMP "503 299 + \"-\" \"-\"", "the line does not say", BLAME_SERVER, false},
    {"traefik", CLF "502 11 \"-\" \"curl\" 7 \"web@file\" \"http://10.0.0.1:80\" 2ms",
     "upstream refused, closed the connection or answered nonsense", BLAME_UPSTREAM, false},
    {"traefik", CLF "404 19 \"-\" \"curl\" 7 \"-\" \"-\" 0ms",
     "nothing is configured for this request", BLAME_CONFIG, false},
    {"logfmt",
     "at=error code=H12 desc=\"Request timeout\" method=GET path=\"/tea\" host=shop.example "
     "dyno=web.1 connect=1ms service=30000ms status=503 bytes=0",
     "upstream did not answer in time", BLAME_UPSTREAM, true},
    {"azure",
     "{\"time\":\"2026-11-22T16:43:42Z\",\"category\":\"FrontDoorAccessLog\",\"properties\":"
     "{\"httpStatusCode\":\"503\",\"errorInfo\":\"OriginTimeout\"}}",
     "upstream did not answer in time", BLAME_UPSTREAM, true},
    /* Answers that began well: the code's blame stays nobody's. */
    {"haproxy", HAPROXY "bk/s1 0/0/1/1/2 200" CAPTURES "SD--" COUNTERS,
     "upstream broke off its answer", BLAME_NONE, true},
    {"haproxy", HAPROXY "bk/s1 0/0/1/1/2 206" CAPTURES "CD--" COUNTERS,
     "client left in the middle of the answer", BLAME_NONE, true},
    {"haproxy", HAPROXY "bk/s1 0/0/1/1/2 200" CAPTURES "--VN" COUNTERS, NULL, BLAME_NONE, false},
    {"envoy", ENVOY "200 DC" ENVOY_TO "\"10.0.0.1:80\"", "client left in the middle of the answer",
     BLAME_NONE, true},
    {"envoy", ENVOY "200 -" ENVOY_TO "\"10.0.0.1:80\"", NULL, BLAME_NONE, false},
    {"squid",
     "1795365817.091 15 192.0.2.7 TCP_REFRESH_FAIL_OLD/200 251 GET http://shop.example/ - "
     "HIER_DIRECT/10.0.0.1 text/html",
     "upstream failed and an old copy was sent", BLAME_NONE, true},
    {"squid",
     "1795365817.091 15 192.0.2.7 TCP_REFRESH_MODIFIED/200 251 GET http://shop.example/ - "
     "HIER_DIRECT/10.0.0.1 text/html",
     NULL, BLAME_NONE, false},
    {"apache:%h %t \"%r\" %>s %X",
     "192.0.2.7 [22/Nov/2026:16:43:42 +0000] \"GET / HTTP/1.1\" 200 X",
     "client left in the middle of the answer", BLAME_NONE, true},
    {"apache:%h %t \"%r\" %>s %X",
     "192.0.2.7 [22/Nov/2026:16:43:42 +0000] \"GET / HTTP/1.1\" 200 +", NULL, BLAME_NONE, false},
};

/* Reads the line by the format; the event's spans point into the line or into `state`. */
static enum server read_line(const char *spec, const char *line, void **state, struct event *e)
{
    struct format format;
    struct problem why;
    assert_int_equal(format_read(&format, span_of(spec), &why), 0);
    const struct parser *p = format.parser;
    *state = alloc_zero(1, p->state_size);
    if (p->open) {
        assert_int_equal(p->open(*state, span_of(format.args ? format.args : ""), &why), 0);
    }
    event_clear(e);
    if (p->parse(*state, span_of(line), e) != PARSE_OK) {
        fail_msg("%s does not read %s", spec, line);
    }
    event_split(e);
    format_done(&format);
    return p->server;
}

static void each_server_says_why_in_its_own_way(void **unused)
{
    static struct verdict_table table;
    (void)unused;
    for (size_t i = 0; i < sizeof(expectations) / sizeof(expectations[0]); i++) {
        const struct expectation *want = &expectations[i];
        char text[REASON_TEXT];
        struct event e;
        void *state;
        verdict_table_init(&table, read_line(want->format, want->line, &state, &e), SPAN(""));
        struct judgement j = judge(&table, &e);
        const char *reason = j.reason == REASON_NONE ? "none" : reason_text(j.reason, text);
        if (strcmp(reason, want->reason ? want->reason : "none") != 0 ||
            j.verdict.blame != want->blame || (want->reason && j.is_sure != want->is_sure)) {
            fail_msg("%s\n%s\n%s, %s, %s", want->format, want->line, reason,
                     blame_name(j.verdict.blame), j.is_sure ? "sure" : "likely");
        }
        free(state);
    }
}

/* Sections 2 and 3 of the rules: who owns a code that two use, by path, method or host. */
static void a_line_may_speak_for_an_owner(void **unused)
{
    static const struct {
        const char *status;
        enum server server;
        const char *vendor, *method, *target, *host, *owner;
    } cases[] = {
        {"308", SERVER_UNKNOWN, "", "GET", "/", "shop.example", "ietf"},
        {"308", SERVER_NGINX, "", "PUT", "/u?uploadType=resumable", "", "google"},
        {"308", SERVER_UNKNOWN, "", "POST", "/u", "storage.googleapis.com:443", "google"},
        {"420", SERVER_UNKNOWN, "", "PROPFIND", "/", "", "webdav-draft"},
        {"420", SERVER_UNKNOWN, "", "GET", "/", "", "twitter"},
        {"449", SERVER_IIS, "", "GET", "/", "", "microsoft-iis"},
        {"449", SERVER_IIS, "", "POST", "/microsoft-server-activesync", "", "microsoft-exchange"},
        {"451", SERVER_IIS, "", "POST", "/Microsoft-Server-ActiveSync", "", "microsoft-exchange"},
        {"451", SERVER_IIS, "", "GET", "/film", "", "ietf"},
        {"451", SERVER_NGINX, "", "POST", "/Microsoft-Server-ActiveSync", "", "ietf"},
        {"499", SERVER_IIS, "", "GET", "/arcgis/rest", "", "esri"},
        {"499", SERVER_TOMCAT, "", "GET", "/gis/rest/services/x", "", "esri"},
        {"499", SERVER_APACHE, "", "GET", "/tea", "", "nginx"},
        {"499", SERVER_NGINX, "", "GET", "/arcgis/rest", "", "nginx"},
        {"508", SERVER_APACHE, "", "GET", "/", "", "cloudlinux"},
        {"508", SERVER_APACHE, "", "COPY", "/", "", "ietf"},
        {"508", SERVER_APACHE, "ietf", "GET", "/", "", "ietf"},
        {"508", SERVER_UNKNOWN, "", "GET", "/", "", "ietf"},
        {"529", SERVER_UNKNOWN, "", "GET", "/", "api.anthropic.com", "anthropic"},
        {"529", SERVER_UNKNOWN, "", "GET", "/", "notanthropic.com", "qualys"},
        {"456", SERVER_IIS, "", "POST", "/EWS/Exchange.asmx", "", "microsoft-exchange"},
        {"456", SERVER_HAPROXY, "", "GET", "/", "", "haproxy"},
    };
    static struct verdict_table table;
    (void)unused;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct event e;
        event_clear(&e);
        e.status = status_slot(span_of(cases[i].status));
        e.method = span_of(cases[i].method);
        e.target = span_of(cases[i].target);
        e.host = span_of(cases[i].host);
        verdict_table_init(&table, cases[i].server, span_of(cases[i].vendor));
        const char *owner = verdict_vendor(judge(&table, &e).verdict);
        if (strcmp(owner, cases[i].owner) != 0) {
            fail_msg("%s %s %s in %s: %s", cases[i].status, cases[i].method, cases[i].target,
                     server_name(cases[i].server), owner);
        }
    }
}

/* Section 4: headers of the answer, where a log has them. */
static void an_answers_headers_may_tell_whose_code_it_is(void **unused)
{
    static const struct {
        const char *status, *format, *value, *owner;
    } cases[] = {
        {"418", "nginx:$status $sent_http_server", "edgeone", "tencent-edgeone"},
        {"418", "nginx:$status $sent_http_server", "nginx", "ietf"},
        {"423", "nginx:$status $upstream_http_eo_log_uuid", "1234", "tencent-edgeone"},
        {"423", "nginx:$status $upstream_http_eo_log_uuid", "-", "ietf"},
        {"499", "nginx:$status $upstream_http_x_azure_ref", "0abc", "microsoft-azure"},
        {"520", "apache:%s %{X-Azure-Ref}o", "0abc", "microsoft-azure"},
        {"520", "apache:%s %{EO-LOG-UUID}o", "7", "tencent-edgeone"},
        {"520", "nginx:$status $upstream_http_cf_ray", "9f-AMS", "cloudflare"},
        {"523", "apache:%s %{Server}o", "EdgeOne", "tencent-edgeone"},
        {"530", "apache:%s %{X-Pantheon-Styx-Hostname}o", "styx-1", "pantheon"},
        {"530", "apache:%s %{CF-Ray}o", "9f-AMS", "cloudflare"},
        {"550", "nginx:$status $upstream_http_x_served_by", "cache-ams1-AMS", "fastly"},
        {"550", "nginx:$status $upstream_http_x_served_by", "web1", "tencent-edgeone"},
        {"598", "nginx:$status $upstream_http_via", "kunlun4.cn12[0]", "alibaba-edgeroutine"},
        {"599", "apache:%s %{EagleId}o", "2ff", "alibaba-edgeroutine"},
        {"460", "apache:%s %{Server}o", "awselb/2.0", "aws-elb"},
        /* One that the visitor's request brought along says nothing of the answer. */
        {"520", "nginx:$status $http_eo_log_uuid", "1234", "cloudflare"},
    };
    static struct verdict_table table;
    (void)unused;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct event e;
        void *state;
        char *line = alloc_printf("%s %s", cases[i].status, cases[i].value);
        verdict_table_init(&table, read_line(cases[i].format, line, &state, &e), SPAN(""));
        const char *owner = verdict_vendor(judge(&table, &e).verdict);
        if (strcmp(owner, cases[i].owner) != 0) {
            fail_msg("%s of %s: %s", line, cases[i].format, owner);
        }
        free(line);
        free(state);
    }
}

static void failed_tries_before_the_last_are_masked(void **unused)
{
    static const struct {
        const char *origin;
        unsigned masked;
    } cases[] = {{"", 0},
                 {"200", 0},
                 {"502", 0},
                 {"502, 200", 1},
                 {"502, -, 200 : 200", 2},
                 {"404, 502", 0},
                 {"502, 504 : 503", 2},
                 {" : , ", 0}};
    (void)unused;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct event e;
        event_clear(&e);
        e.origin = span_of(cases[i].origin);
        assert_int_equal(judge_masked(&e), cases[i].masked);
    }
}

/* Of the first such try it is told which server it was, where the log has as many names. */
static void the_first_masked_try_has_a_name(void **unused)
{
    static const struct {
        const char *origin, *flag, *upstream, *name;
        uint16_t status;
    } cases[] = {{"502, 200", "", "a:1, b:2", "a:1", 502},
                 {"404, 504 : 200", "", "a:1, b:2 : c:3", "b:2", 504},
                 {"-, 200", "a:1, b:2", "b:2", "a:1", STATUS_DASH},
                 {"502, 502, 200", "", "a:1", "a:1", 502},
                 {"502, 200", "", "", "", 502},
                 {"200", "", "a:1", "", 0}};
    (void)unused;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct event e;
        event_clear(&e);
        e.origin = span_of(cases[i].origin);
        if (cases[i].upstream[0]) {
            e.flag = span_of(cases[i].flag);
            e.upstream = span_of(cases[i].upstream);
        }
        struct masked masked = judge_first_masked(&e);
        assert_true(span_is(masked.upstream, cases[i].name));
        assert_int_equal(masked.status, cases[i].status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_server_says_why_in_its_own_way),
        cmocka_unit_test(a_line_may_speak_for_an_owner),
        cmocka_unit_test(an_answers_headers_may_tell_whose_code_it_is),
        cmocka_unit_test(failed_tries_before_the_last_are_masked),
        cmocka_unit_test(the_first_masked_try_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
