#include "format/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const char COMBINED[] =
    "192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET /tea HTTP/1.1\" 404 17 \"-\" \"curl/7.88.1\"";
static const char IPV6[] =
    "2001:db8::17 - - [22/Nov/2026:16:43:42 +0000] \"GET / HTTP/1.1\" 404 17 \"-\" \"curl\"";
static const char COMMON[] =
    "192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET /tea HTTP/1.1\" 405 17";
static const char VHOST[] =
    "shop.example:443 192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET / HTTP/1.1\" 406 1 \"-\" "
    "\"-\"";
static const char JSON[] = "{\"time\":\"2026-11-22T16:43:42Z\",\"status\":502,\"path\":\"/tea\"}";
static const char CADDY[] =
    "{\"level\":\"info\",\"ts\":1795365821.9,\"logger\":\"http.log.access\",\"msg\":\"handled "
    "request\",\"status\":418}";
static const char SQUID[] =
    "192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET http://shop.example/ HTTP/1.1\" 503 1 \"-\" "
    "\"-\" TCP_MISS:HIER_DIRECT";
static const char W3C_FIELDS[] = "#Fields: date time cs-method cs-uri-stem sc-status";
static const char W3C[] = "2026-11-22 16:43:45 GET /tea 503";
static const char LTSV[] = "time:22/Nov/2026:16:43:42 +0000\thost:192.0.2.7\tstatus:410";
static const char HAPROXY[] =
    "192.0.2.7:45497 [22/Nov/2026:16:47:54.877] web bk/s2 0/0/0/1/4 504 209 - - sH-- "
    "5/1/0/0/0 0/0 \"GET /tea HTTP/1.1\"";
static const char CLF[] =
    "192.0.2.7 - - [22/Nov/2026:16:47:40 +0000] \"GET / HTTP/1.1\" 522 89 \"\" \"\" 58243 486 "
    "\"clf\" \"clf\" \"<NOSRV>\" 0 -1 -1 -1 0 LR-- 2 1 0 0 0 0 0 \"\" \"\" ";
static const char INGRESS[] =
    "192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET / HTTP/1.1\" 502 150 \"-\" \"curl\" 129 "
    "0.001 [default-tea-80] [] 10.0.0.1:80 150 0.001 502 751ce5450cbead73";

static struct reader *reader_of(const char *spec)
{
    struct format format;
    struct problem why;
    assert_int_equal(format_read(&format, span_of(spec), &why), 0);
    struct reader *r = reader_new(&format, NULL);
    format_done(&format);
    return r;
}

/* A reader that lines have voted for, NULL at their end. */
static struct reader *voted(const char *const *lines)
{
    struct reader *r = reader_of("auto");
    for (; *lines; lines++) {
        reader_vote(r, span_of(*lines));
    }
    reader_decide(r);
    return r;
}

static uint16_t status_of(struct reader *r, const char *line)
{
    struct event e;
    return reader_parse(r, span_of(line), &e) == PARSE_OK ? e.status : STATUS_NONE;
}

static void lines_choose_their_format(void **state)
{
    static const struct {
        const char *lines[4], *name;
    } cases[] = {
        {{COMBINED}, "combined"},
        {{COMMON}, "common"},
        {{VHOST}, "vhost_combined"},
        {{JSON}, "json"},
        {{CADDY}, "caddy"},
        {{W3C_FIELDS, W3C}, "w3c"},
        {{LTSV}, "ltsv"},
        {{HAPROXY}, "haproxy"},
        {{CLF}, "haproxy"},
        {{INGRESS}, "nginx-ingress"},
        {{SQUID}, "squid"},
        {{COMBINED, COMBINED, SQUID}, "combined"},
        {{IPV6}, "combined"},
        {{COMMON, COMBINED, COMBINED}, "combined"},
        {{""}, "unknown"},
        {{"garbage", "200"}, "unknown"},
        {{W3C_FIELDS}, "unknown"},
        {{NULL}, "unknown"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reader *r = voted(cases[i].lines);
        if (strcmp(reader_format(r), cases[i].name) != 0) {
            fail_msg("%zu: %s instead of %s", i, reader_format(r), cases[i].name);
        }
        assert_non_null(reader_reason(r));
        assert_int_equal(reader_switches(r), 0);
        reader_free(r);
    }
}

/* Of two formats that read a line, the one that says more must win. */
static void each_sample_chooses_its_own_format(void **state)
{
    const struct parser *const *parsers = format_parsers();
    (void)state;
    for (size_t i = 0; parsers[i]; i++) {
        if (parsers[i]->weight == 0) {
            continue;
        }
        struct reader *r = reader_of("auto");
        struct span rest = span_of(parsers[i]->sample);
        while (rest.len) {
            size_t end = span_find(rest, '\n');
            reader_vote(r, span_head(rest, end));
            rest = span_after(rest, end + 1);
        }
        reader_decide(r);
        assert_string_equal(reader_format(r), parsers[i]->name);
        assert_int_equal(reader_server(r), parsers[i]->server);
        reader_free(r);
    }
}

static void a_vote_ends_after_enough_lines_or_bytes(void **state)
{
    static const char blanks[READER_VOTE_BYTES] = {0};
    struct reader *r = reader_of("auto");
    (void)state;
    assert_true(reader_is_undecided(r));
    assert_string_equal(reader_format(r), "auto");
    for (int i = 1; i <= READER_VOTE_LINES; i++) {
        assert_int_equal(reader_vote(r, span_of(COMBINED)), i == READER_VOTE_LINES);
    }
    reader_decide(r);
    assert_false(reader_is_undecided(r));
    reader_free(r);
    r = reader_of("auto");
    assert_true(reader_vote(r, (struct span){blanks, sizeof blanks}));
    reader_free(r);
}

static void a_named_format_reads_no_other(void **state)
{
    struct reader *r = reader_of("json");
    (void)state;
    assert_false(reader_is_undecided(r));
    assert_int_equal(status_of(r, COMBINED), STATUS_NONE);
    assert_int_equal(status_of(r, JSON), 502);
    assert_string_equal(reader_format(r), "json");
    assert_null(reader_reason(r));
    reader_free(r);
}

static void a_file_may_have_lines_of_several_named_formats(void **state)
{
    (void)state;
    struct reader *r = reader_of("haproxy\nnginx:$status|$request\ncombined");
    assert_false(reader_is_undecided(r));
    assert_null(reader_reason(r));
    for (int i = 0; i < 2 * READER_SWITCH; i++) {
        assert_int_equal(status_of(r, HAPROXY), 504);
        assert_int_equal(reader_server(r), SERVER_HAPROXY);
        assert_int_equal(status_of(r, "404|GET / HTTP/1.1"), 404);
        assert_int_equal(reader_server(r), SERVER_NGINX);
        assert_int_equal(status_of(r, JSON), STATUS_NONE); /* nobody named that */
    }
    assert_string_equal(reader_format(r), "haproxy");
    for (int i = 0; i < READER_SWITCH; i++) {
        assert_int_equal(status_of(r, COMBINED), 404);
    }
    assert_string_equal(reader_format(r), "combined");
    struct reader *clone = reader_clone(r);
    assert_int_equal(status_of(clone, "404|GET / HTTP/1.1"), 404);
    assert_true(reader_fits(clone, r));
    reader_free(clone);
    reader_free(r);
}

static void a_file_may_change_its_format(void **state)
{
    static const struct {
        const char *line;
        uint16_t status;
        const char *name;
    } parts[] = {
        {COMBINED, 404, "combined"}, {JSON, 502, "json"}, {W3C, 503, "w3c"}, {LTSV, 410, "ltsv"}};
    static const char *const first[] = {COMBINED, NULL};
    struct reader *r = voted(first);
    (void)state;
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        assert_int_equal(status_of(r, W3C_FIELDS), STATUS_NONE);
        for (unsigned line = 1; line <= 2 * READER_SWITCH; line++) {
            assert_int_equal(status_of(r, parts[i].line), parts[i].status);
            bool is_chosen = strcmp(reader_format(r), parts[i].name) == 0;
            assert_int_equal(is_chosen, i == 0 || line >= READER_SWITCH);
        }
        assert_int_equal(reader_switches(r), i);
    }
    reader_free(r);
}

static void lines_in_between_change_nothing(void **state)
{
    static const char *const first[] = {COMBINED, NULL};
    struct reader *r = voted(first);
    (void)state;
    for (int i = 0; i < 10 * READER_SWITCH; i++) {
        assert_int_equal(status_of(r, i % 2 ? JSON : COMBINED), i % 2 ? 502 : 404);
    }
    assert_string_equal(reader_format(r), "combined");
    assert_int_equal(reader_switches(r), 0);
    reader_free(r);
}

static void lines_that_nobody_knew_at_first_are_read_later(void **state)
{
    static const char *const first[] = {"starting", "", NULL};
    struct reader *r = voted(first);
    (void)state;
    for (int i = 0; i < READER_SWITCH; i++) {
        assert_int_equal(status_of(r, COMBINED), 404);
    }
    assert_string_equal(reader_format(r), "combined");
    assert_int_equal(reader_switches(r), 0);
    reader_free(r);
}

static void a_line_shows_the_codes_of_whoever_wrote_it(void **state)
{
    static const char *const first[] = {HAPROXY, NULL};
    struct reader *r = voted(first);
    (void)state;
    status_of(r, HAPROXY);
    assert_int_equal(reader_server(r), SERVER_HAPROXY);
    status_of(r, CADDY);
    assert_int_equal(reader_server(r), SERVER_CADDY);
    status_of(r, JSON);
    assert_int_equal(reader_server(r), SERVER_UNKNOWN);
    status_of(r, VHOST);
    assert_int_equal(reader_server(r), SERVER_APACHE);
    reader_free(r);
}

static void the_vote_leaves_no_trace_in_what_is_read(void **state)
{
    static const char *const first[] = {W3C_FIELDS, W3C, "#Fields: sc-status time", NULL};
    struct reader *r = voted(first);
    (void)state;
    assert_int_equal(status_of(r, W3C), STATUS_NONE); /* its #Fields line has not come yet */
    assert_int_equal(status_of(r, W3C_FIELDS), STATUS_NONE);
    assert_int_equal(status_of(r, W3C), 503);
    reader_free(r);
}

static void a_log_without_statuses_gives_none(void **state)
{
    static const char *const lines[] = {
        "2026-11-22 16:43:42,147 INFO [main] com.shop.Tea - loaded 404 leaves in 200 ms",
        "2026-11-22T16:43:42.147Z WARN 503 sessions open, 200 idle",
        ("2026/11/22 16:43:42 [error] 123#123: *45 connect() failed (111: Connection refused) "
         "while connecting to "
         "upstream, client: 192.0.2.7, server: shop.example, request: \"GET /tea HTTP/1.1\", "
         "upstream: "
         "\"http://10.0.0.1:80/tea\", host: \"shop.example\""),
        ("[Sun Nov 22 22:38:05.858601 2026] [proxy:error] [pid 30498:tid 30513] (111)Connection "
         "refused: AH00957"),
        ("Nov 22 16:43:42 mail postfix/smtp[404]: 4F1A2: to=<a@b.example>, "
         "relay=mx[192.0.2.9]:25, delay=0.2, "
         "dsn=2.0.0, status=sent (250 2.0.0 Ok)"),
        "Nov 22 16:43:42 web1 sshd[503]: Accepted publickey for tea from 192.0.2.7 port 404 ssh2",
        "date,count,price",
        "2026-11-22,200,404",
        "a,b,503",
        "200",
        "200 404 503",
        "GET /tea 200",
        ("{\"time\":\"2026-11-22T16:43:42Z\",\"level\":\"info\",\"message\":\"took 200 "
         "ms\",\"code\":404}"),
        "{\"status\":\"started\",\"pid\":200}",
        "time:16:43:42\tlevel:info\tms:200",
        "192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET /tea HTTP/1.1\"",
        "I1122 16:43:42.147000  404 server.go:200] started",
        "",
    };
    struct reader *r = reader_of("auto");
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        reader_vote(r, span_of(lines[i]));
    }
    reader_decide(r);
    assert_string_equal(reader_format(r), "unknown");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        uint16_t status = status_of(r, lines[i]);
        if (status != STATUS_NONE) {
            fail_msg("%s is read as status %u", lines[i], status);
        }
    }
    reader_free(r);
}

/* Reads lines, NULL at the end, and returns what came of them as text. */
static void read_lines(struct reader *r, const char *const *lines, char *out)
{
    for (; *lines; lines++) {
        out += sprintf(out, "%u ", status_of(r, *lines));
    }
    *out = '\0';
}

/* A clone reads the second part from the state that it was given; when it does not fit, it reads
 * again. Both together must be what one reader makes of the whole. */
static void check_parts(const char *const *first, const char *const *second, bool fits)
{
    static const char *const vote[] = {COMBINED, NULL};
    char want[512], got[512];
    struct reader *whole = voted(vote), *r = voted(vote), *clone = reader_clone(r);
    read_lines(whole, first, want);
    read_lines(r, first, got);
    read_lines(whole, second, want);
    read_lines(clone, second, got);
    assert_int_equal(reader_fits(clone, r), fits);
    if (!fits) {
        reader_resume(clone, r);
        read_lines(clone, second, got);
        assert_true(reader_fits(clone, r));
    }
    assert_string_equal(got, want);
    reader_take(r, clone);
    assert_string_equal(reader_format(r), reader_format(whole));
    assert_string_equal(reader_reason(r), reader_reason(whole));
    assert_int_equal(reader_switches(r), reader_switches(whole));
    /* What follows is read alike as well. */
    static const char *const after[] = {W3C, JSON, JSON, JSON, JSON, JSON, JSON, JSON, NULL};
    read_lines(whole, after, want);
    read_lines(r, after, got);
    assert_string_equal(got, want);
    assert_string_equal(reader_format(r), reader_format(whole));
    reader_free(clone);
    reader_free(whole);
    reader_free(r);
}

static void a_part_fits_when_nothing_before_it_matters(void **state)
{
    static const char *const plain[] = {COMBINED, COMBINED, NULL};
    static const char *const mixed[] = {COMBINED, JSON, JSON, NULL};
    static const char *const back[] = {JSON, JSON, COMBINED, JSON, NULL};
    (void)state;
    check_parts(plain, plain, true);
    check_parts(plain, mixed, true);
    check_parts(mixed, plain, true);
    check_parts(mixed, back, true);
}

static void a_part_that_needs_what_was_before_is_read_again(void **state)
{
    static const char *const seven[] = {JSON, JSON, JSON, JSON, JSON, JSON, JSON, NULL};
    static const char *const one[] = {JSON, COMBINED, NULL};
    static const char *const eight[] = {JSON, JSON, JSON, JSON, JSON, JSON, JSON, JSON, NULL};
    static const char *const fields[] = {W3C_FIELDS, COMBINED, NULL};
    static const char *const values[] = {W3C, COMBINED, NULL};
    static const char *const nothing[] = {NULL};
    (void)state;
    check_parts(seven, one, false);     /* the run becomes long enough */
    check_parts(seven, nothing, false); /* and may in the next part */
    check_parts(eight, one, false);     /* another format was chosen */
    check_parts(fields, values, false); /* columns were named */
}

static void a_part_of_a_line_belongs_to_its_end(void **state)
{
    static const char *const begun[] = {COMBINED, "2026-11-22T16:43:42Z stdout P {\"status\":50",
                                        NULL};
    static const char *const ended[] = {"2026-11-22T16:43:42Z stdout F 2,\"path\":\"/\"}", COMBINED,
                                        NULL};
    static const char *const whole[] = {"2026-11-22T16:43:42Z stdout F {\"status\":503}", COMBINED,
                                        NULL};
    (void)state;
    check_parts(begun, ended, false);
    check_parts(whole, begun, true);
}

/* What a line in an envelope is depends on what is in it. */
static void envelopes_are_looked_into(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"log\":\"192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \\\"GET / HTTP/1.1\\\" 404 17 \\\"-\\\" "
        "\\\"-\\\"\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T16:43:42.1Z\"}",
        "web-1  | 192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET / HTTP/1.1\" 503 17 \"-\" \"-\"",
        NULL,
    };
    struct reader *r = voted(lines);
    assert_string_equal(reader_format(r), "combined");
    assert_int_equal(status_of(r, lines[0]), 404);
    assert_int_equal(status_of(r, lines[1]), 503);
    assert_int_equal(status_of(r, "web-1  | {\"level\":\"info\",\"message\":\"200\"}"),
                     STATUS_NONE);
    /* Another format in another envelope. */
    assert_int_equal(status_of(r, "2026-11-22T16:43:42Z stdout F {\"status\":502,\"path\":\"/\"}"),
                     502);
    reader_free(r);
}

/* The front of an envelope is no client. Syslog costs no speed. */
static void what_is_inside_is_read_before_what_is_around(void **state)
{
    static const char *const lines[] = {
        "web-1 | 192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET / HTTP/1.1\" 503 17 \"-\" \"-\"",
        "2026-11-22T16:43:42Z stdout F 192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET / HTTP/1.1\" "
        "503 17 \"-\" \"-\"",
        COMBINED,
        "<190>Nov 22 16:43:42 web1 nginx: 192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET / "
        "HTTP/1.1\" 503 17 \"-\" \"-\"",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        const char *const vote[] = {lines[i], NULL};
        struct reader *r = voted(vote);
        struct event e;
        assert_int_equal(reader_parse(r, span_of(lines[i]), &e), PARSE_OK);
        assert_true(span_is(e.client, "192.0.2.7"));
        assert_int_equal(reader_marks(r) != NULL, i >= 2);
        reader_free(r);
    }
    struct reader *r = reader_of("combined");
    struct event e;
    assert_int_equal(reader_parse(r, span_of(lines[1]), &e), PARSE_OK);
    assert_true(span_is(e.client, "192.0.2.7"));
    reader_free(r);
}

static void a_named_format_is_read_in_envelopes(void **state)
{
    (void)state;
    struct reader *r = reader_of("json");
    struct event e;
    assert_int_equal(reader_parse(r, SPAN("2026-11-22T16:43:42Z stdout P {\"status\":50"), &e),
                     PARSE_SKIP);
    assert_int_equal(status_of(r, "2026-11-22T16:43:42Z stdout F 2,\"path\":\"/\"}"), 502);
    assert_int_equal(reader_parse(r, SPAN("2026-11-22T16:43:42Z stdout F {\"status\":503}"), &e),
                     PARSE_OK);
    assert_true(span_is(e.time, "2026-11-22T16:43:42Z"));
    assert_int_equal(e.time_kind, LOGTIME_ISO);
    assert_int_equal(status_of(r, COMBINED), STATUS_NONE);
    reader_free(r);
}

/* The lines of the vote are read once more. */
static void parts_of_the_vote_are_not_joined_twice(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "2026-11-22T16:43:42Z stdout F {\"status\":200,\"path\":\"/\"}",
        "2026-11-22T16:43:42Z stdout P {\"status\":50",
        NULL,
    };
    struct reader *r = voted(lines);
    struct event e;
    assert_int_equal(status_of(r, lines[0]), 200);
    assert_int_equal(reader_parse(r, span_of(lines[1]), &e), PARSE_SKIP);
    assert_int_equal(status_of(r, "2026-11-22T16:43:42Z stdout F 2,\"path\":\"/\"}"), 502);
    reader_free(r);
}

/* Whatever it read before, it sleeps between any two lines. */
static void a_reader_that_slept_reads_on_as_before(void **state)
{
    (void)state;
    static const char *const lines[] = {
        COMBINED, JSON,  COMBINED, W3C_FIELDS, W3C, IPV6,  CADDY,   CADDY, CADDY,  CADDY, CADDY,
        CADDY,    CADDY, CADDY,    CADDY,      W3C, VHOST, HAPROXY, CADDY, "none", CADDY};
    static const char *const first[][2] = {{COMBINED}, {W3C_FIELDS, W3C}, {"none"}, {CADDY}};
    for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
        const char *const vote[] = {first[i][0], first[i][1], NULL};
        struct reader *awake = voted(vote), *asleep = voted(vote);
        for (size_t k = 0; k < sizeof(lines) / sizeof(lines[0]); k++) {
            reader_sleep(asleep);
            assert_string_equal(reader_format(asleep), reader_format(awake));
            assert_ptr_equal(reader_last(asleep), reader_last(awake));
            assert_int_equal(reader_server(asleep), reader_server(awake));
            reader_wake(asleep);
            assert_int_equal(status_of(asleep, lines[k]), status_of(awake, lines[k]));
        }
        assert_string_equal(reader_reason(asleep), reader_reason(awake));
        assert_int_equal(reader_switches(asleep), reader_switches(awake));
        reader_free(awake);
        reader_free(asleep);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_choose_their_format),
        cmocka_unit_test(each_sample_chooses_its_own_format),
        cmocka_unit_test(a_vote_ends_after_enough_lines_or_bytes),
        cmocka_unit_test(a_named_format_reads_no_other),
        cmocka_unit_test(a_file_may_have_lines_of_several_named_formats),
        cmocka_unit_test(a_file_may_change_its_format),
        cmocka_unit_test(lines_in_between_change_nothing),
        cmocka_unit_test(lines_that_nobody_knew_at_first_are_read_later),
        cmocka_unit_test(a_line_shows_the_codes_of_whoever_wrote_it),
        cmocka_unit_test(the_vote_leaves_no_trace_in_what_is_read),
        cmocka_unit_test(a_log_without_statuses_gives_none),
        cmocka_unit_test(a_part_fits_when_nothing_before_it_matters),
        cmocka_unit_test(a_part_that_needs_what_was_before_is_read_again),
        cmocka_unit_test(envelopes_are_looked_into),
        cmocka_unit_test(what_is_inside_is_read_before_what_is_around),
        cmocka_unit_test(a_named_format_is_read_in_envelopes),
        cmocka_unit_test(a_part_of_a_line_belongs_to_its_end),
        cmocka_unit_test(parts_of_the_vote_are_not_joined_twice),
        cmocka_unit_test(a_reader_that_slept_reads_on_as_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
