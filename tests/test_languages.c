/* Servers' ways to write a format, and our own; the lines of formats in use are in the
 * corpus. */
#include "parsers/lang/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

typedef int open_fn(void *state, struct span format, bool open_end, struct problem *why);

struct format_case {
    const char *format, *line;
    const char *status; /* NULL: the line is refused */
    const char *client, *target, *time;
};

static bool is_wrong(struct span got, const char *want)
{
    return want && !span_is(got, want);
}

static void check(open_fn *open, const struct format_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct format_case *c = &cases[i];
        struct text_state *s = calloc(1, sizeof *s);
        struct problem why = {.text = ""};
        struct event e;
        char status[STATUS_TEXT];
        assert_non_null(s);
        if (open(s, span_of(c->format), true, &why)) {
            fail_msg("%s: %s", c->format, why.text);
        }
        event_clear(&e);
        bool is_ok = text_parse(s, span_of(c->line), &e) == PARSE_OK;
        event_split(&e);
        if (is_ok != (c->status != NULL) ||
            (is_ok && is_wrong(span_of(status_text(e.status, status)), c->status)) ||
            is_wrong(e.client, c->client) || is_wrong(e.target, c->target) ||
            is_wrong(e.time, c->time)) {
            fail_msg("%s reads %s as %s, %.*s, %.*s, %.*s", c->format, c->line,
                     is_ok ? status : "bad", (int)e.client.len, e.client.ptr, (int)e.target.len,
                     e.target.ptr, (int)e.time.len, e.time.ptr);
        }
        free(s);
    }
}

static void nginx_names_are_variables(void **state)
{
    static const struct format_case cases[] = {
        {"$remote_addr $status", "::1 009", "009", "::1", NULL, NULL},
        {"${remote_addr}x${status}y", "::1x404y", "404", "::1", NULL, NULL},
        {"$ $status", "$ 200", "200", NULL, NULL, NULL},
        {"${broken $status", "${broken 200", "200", NULL, NULL, NULL},
        {"$status\\t\"$request\"", "502\t\"GET /a\\\"b HTTP/1.1\"", "502", NULL, "/a\\\"b", NULL},
        {"$uri$is_args$args $status", "/tea?a=b 200", "200", NULL, "/tea?a=b", NULL},
        {"$uri $query_string $status", "/tea a=b 200", "200", NULL, "/tea", NULL},
        {"$time_iso8601 $remote_addr $status", "2026-11-22T16:43:42+05:30 ::1 200", "200", "::1",
         NULL, "2026-11-22T16:43:42+05:30"},
        {"[$time_local] $status", "[22/Nov/2026:16:43:42 +0000] 200", "200", NULL, NULL,
         "22/Nov/2026:16:43:42 +0000"},
        {"$msec $status", "1795365822.147 200", "200", NULL, NULL, "1795365822.147"},
        {"$what_is_this $status", "some words 200", "200", NULL, NULL, NULL},
        {"$connection$pipe $status", "12p 200", "200", NULL, NULL, NULL},
        {"$upstream_status $status", "502, 502 : - 200", "200", NULL, NULL, NULL},
        {"escape=none \"$request\" $status", "\"GET /\\\" 200", "200", NULL, "/\\", NULL},
        {"escape=json {\"s\":$status}", "{\"s\":200}", "200", NULL, NULL, NULL},
        {"escape=default $status", "200", "200", NULL, NULL, NULL},
        {"$remote_addr $status", "::1 x", NULL, NULL, NULL, NULL},
    };
    (void)state;
    check(text_open_nginx, cases, sizeof cases / sizeof cases[0]);
}

static void apache_directives_are_variables(void **state)
{
    static const struct format_case cases[] = {
        {"%h %>s", "::1 404", "404", "::1", NULL, NULL},
        {"%{c}a %s", "::1 404", "404", "::1", NULL, NULL},
        {"%a %!200,304{Referer}i %<s", "::1 - 404", "404", "::1", NULL, NULL},
        {"%400,501{User-agent}i %s", "curl x 400", "400", NULL, NULL, NULL},
        {"%s%% %X", "200% +", "200", NULL, NULL, NULL},
        {"%^FB %s", "12 200", "200", NULL, NULL, NULL},
        {"%U%q %s", "/tea?a=b 200", "200", NULL, "/tea?a=b", NULL},
        {"%t %s", "[22/Nov/2026:16:43:42 +0000] 200", "200", NULL, NULL,
         "22/Nov/2026:16:43:42 +0000"},
        {"%{%d/%b/%Y:%T %z}t %s", "22/Nov/2026:16:43:42 -0330 200", "200", NULL, NULL,
         "22/Nov/2026:16:43:42 -0330"},
        {"%{begin:%d/%b/%Y:%T}t.%{msec_frac}t %s", "22/Nov/2026:16:43:42.147 200", "200", NULL,
         NULL, "22/Nov/2026:16:43:42.147"},
        {"%{%Y-%m-%dT%H:%M:%S}t.%{usec_frac}t%{%z}t %h %s",
         "2026-11-22T16:43:42.147000-0330 ::1 200", "200", "::1", NULL,
         "2026-11-22T16:43:42.147000-0330"},
        {"%{%F %T}t %h %s", "2026-11-22 16:43:42 ::1 200", "200", "::1", NULL,
         "2026-11-22 16:43:42"},
        {"%{end:sec}t %s", "1795365822 200", "200", NULL, NULL, "1795365822"},
        {"%{msec}t %s", "1795365822147 200", "200", NULL, NULL, "1795365822147"},
        {"%{%d/%b/%Y %T}t %h %s", "22/Nov/2026 16:43:42 ::1 200", "200", "::1", NULL, ""},
        {"[%{%a %b %d %T %Y}t] %h %s", "[Sun Nov 22 16:43:42 2026] ::1 200", "200", "::1", NULL,
         ""},
        {"%{}t %h %s", "x ::1 200", "200", "::1", NULL, ""},
        {"%I %h \\\"%r\\\" %s", "http-nio-8080-exec-1 ::1 \"GET / HTTP/1.1\" 200", "200", "::1",
         "/", NULL},
    };
    (void)state;
    check(text_open_apache, cases, sizeof cases / sizeof cases[0]);
}

static void haproxy_aliases_are_variables(void **state)
{
    static const struct format_case cases[] = {
        {"%ci:%cp %ST", "::1:80 -1", "-1", "::1", NULL, NULL},
        {"%{+Q}r %ST", "\"GET /tea HTTP/1.1\" 200", "200", NULL, "/tea", NULL},
        {"%{+Q}[capture.req.hdr(0)] %ST", "\"a 404 b\" 200", "200", NULL, NULL, NULL},
        {"%[src,field(1,[x])] %ST", "anything 200", "200", NULL, NULL, NULL},
        {"%{+Q,+E}o %ST", "200", "200", NULL, NULL, NULL},
        {"%{+Q}o %ci %cp %ST %tsc %s  %{-Q}HV %[var(txn.host)] %r",
         "\"::1\" 80 429 PR-- \"<NOSRV>\" HTTP/1.1 \"shop.example\" \"GET /tea HTTP/1.1\"", "429",
         "::1", "/tea", NULL},
        {"%tsc/%bq/%sq %ST", "----/0/0 200", "200", NULL, NULL, NULL},
        {"%never %ST", "x 200", "200", NULL, NULL, NULL},
        {"%% %ST", "% 200", "200", NULL, NULL, NULL},
        {"%Tr/%Ta\\ %ST", "0/1 200", "200", NULL, NULL, NULL},
        {"%tr %s %ST", "22/Nov/2026:16:43:42.537 a 200", "200", NULL, NULL,
         "22/Nov/2026:16:43:42.537"},
        {"%HM %HP%HQ %ST", "GET /tea?a 200", "200", NULL, "/tea?a", NULL},
    };
    (void)state;
    check(text_open_haproxy, cases, sizeof cases / sizeof cases[0]);
}

static void envoy_operators_are_variables(void **state)
{
    static const struct format_case cases[] = {
        {"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH):40% %PROTOCOL% %RESPONSE_CODE%\\n",
         "GET /a HTTP/2 503", "503", NULL, "/a", NULL},
        {"%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)% %RESPONSE_CODE% x", "2026-11-22T16:43:42.127Z 200 x",
         "200", NULL, NULL, "2026-11-22T16:43:42.127Z"},
        {"%START_TIME(%d %b)% %RESPONSE_CODE% x", "22 Nov 200 x", "200", NULL, NULL, NULL},
        {"%DOWNSTREAM_REMOTE_ADDRESS% 100%% %response_code%;", "[::1]:80 100% 0;", "0", "::1", NULL,
         NULL},
        {"\"%RESP(A%B)%\" %RESPONSE_CODE% \"%REQ(:PATH)%\"", "\"x\\\" 404 \"/a\"", "404", NULL,
         "/a", NULL},
        {"%RESPONSE_CODE% %DURATION%", "5x3 1", NULL, NULL, NULL, NULL},
    };
    (void)state;
    check(text_open_envoy, cases, sizeof(cases) / sizeof(cases[0]));
}

/* A line of another format must not get in by way of a number that is none. */
static void our_own_pieces_must_look_like_what_they_are(void **state)
{
    static const char both[] = "<iso> <client> <number> <status> ";
    static const struct format_case cases[] = {
        {both, "2026-11-22T16:43:42Z ::1 0.1 502 x", "502", "::1", NULL, "2026-11-22T16:43:42Z"},
        {both, "2026-11-22T16:43:42Z ::1 -1 502 x", "502", "::1", NULL, NULL},
        {both, "2026-11-22T16:43:42Z ::1 10.0.0.1 502 x", NULL, NULL, NULL, NULL},
        {both, "2026-11-22T16:43:42Z ::1  502 x", NULL, NULL, NULL, NULL},
        {both, "https ::1 0.1 502 x", NULL, NULL, NULL, NULL},
        {both, "2026-11-22T16:43:42Z ::1 0.1 50", NULL, NULL, NULL, NULL},
        {"[<clf>] <status> ", "[yesterday] 502 ", NULL, NULL, NULL, NULL},
        {"<caps>/<status> <blanks><client> x", "TCP_MISS/502    ::1 x", "502", "::1", NULL, NULL},
        {"<caps>/<status> <blanks><client> x", "TCP_MISS/502 ::1 x", "502", "::1", NULL, NULL},
        {"<caps>/<status> <blanks><client> x", "tcp/502 ::1 x", NULL, NULL, NULL, NULL},
        {"<target> <status>", "/a 200", "200", NULL, "/a", NULL},
        {"<target> <status>", "/a 20", NULL, NULL, NULL, NULL},
    };
    (void)state;
    check(text_open_plain, cases, sizeof(cases) / sizeof(cases[0]));
}

static void the_last_piece_of_a_closed_format_ends_the_line(void **state)
{
    struct text_state *s = calloc(1, sizeof *s);
    struct problem why;
    struct event e;
    (void)state;
    assert_non_null(s);
    assert_int_equal(text_open_plain(s, SPAN("<target> <status>"), false, &why), 0);
    event_clear(&e);
    assert_int_equal(text_parse(s, SPAN("/a 200 /b 404"), &e), PARSE_OK);
    assert_int_equal(e.status, 404);
    free(s);
}

static void a_format_that_can_not_be_read_says_why(void **state)
{
    static const struct {
        open_fn *open;
        const char *format, *why;
    } cases[] = {
        {text_open_nginx, "$remote_addr $time_local", "no status"},
        {text_open_nginx, "", "no status"},
        {text_open_nginx, "escape=json", "no status"},
        {text_open_nginx, "$foo$status", "status"},
        {text_open_apache, "%h %t", "no status"},
        {text_open_apache, "%", "directive"},
        {text_open_apache, "%s %{Referer", "directive"},
        {text_open_apache, "%s % x", "directive"},
        {text_open_haproxy, "%ci %r", "no status"},
        {text_open_haproxy, "%", "no status"},
        {text_open_haproxy, "%{+Q", "no status"},
        {text_open_haproxy, "%[never ends", "no status"},
        {text_open_envoy, "%START_TIME", "begins no operator"},
        {text_open_envoy, "%REQ(:PATH %RESPONSE_CODE", "begins no operator"},
        {text_open_envoy, "%PROTOCOL%", "no status"},
        {text_open_plain, "<tea> <status>", "nothing is called <tea>"},
        {text_open_plain, "<status", "has no >"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text_state *s = calloc(1, sizeof *s);
        struct problem why = {.text = ""};
        assert_non_null(s);
        if (cases[i].open(s, span_of(cases[i].format), true, &why) == 0 ||
            !strstr(why.text, cases[i].why)) {
            fail_msg("%s: %s", cases[i].format, why.text);
        }
        free(s);
    }
}

static void an_envelope_gives_its_time_to_a_format_without_one(void **state)
{
    static const struct format_case cases[] = {
        {"$remote_addr $status", "<190>Nov 22 16:43:42 web1 nginx: ::1 404", "404", "::1", NULL,
         "Nov 22 16:43:42"},
        {"$remote_addr $msec $status", "<190>Nov 22 16:43:42 web1 nginx: ::1 1795365822.1 404",
         "404", "::1", NULL, "1795365822.1"},
    };
    (void)state;
    check(text_open_nginx, cases, sizeof cases / sizeof cases[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nginx_names_are_variables),
        cmocka_unit_test(apache_directives_are_variables),
        cmocka_unit_test(haproxy_aliases_are_variables),
        cmocka_unit_test(envoy_operators_are_variables),
        cmocka_unit_test(our_own_pieces_must_look_like_what_they_are),
        cmocka_unit_test(the_last_piece_of_a_closed_format_ends_the_line),
        cmocka_unit_test(a_format_that_can_not_be_read_says_why),
        cmocka_unit_test(an_envelope_gives_its_time_to_a_format_without_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
