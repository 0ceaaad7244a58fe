#include "parsers/lang/syslog.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void envelopes_are_taken_off(void **state)
{
    static const struct {
        const char *line, *body, *tag, *time;
    } cases[] = {
        {"<190>Nov 22 16:29:31 web1 nginx: ::1 - x", "::1 - x", "nginx", "Nov 22 16:29:31"},
        {"<190>Nov  2 16:29:31 web1 nginx: a", "a", "nginx", "Nov  2 16:29:31"},
        {"<190>Nov 22 16:29:31 nginx: a: b", "a: b", "nginx", "Nov 22 16:29:31"},
        {"<0>Nov 22 16:29:31 web1 haproxy[20]: a", "a", "haproxy", "Nov 22 16:29:31"},
        {"Nov 22 16:40:25 web1 haproxy[20596]: a", "a", "haproxy", "Nov 22 16:40:25"},
        {"2026-11-22T16:40:24+00:00 web1 nginx: a", "a", "nginx", "2026-11-22T16:40:24+00:00"},
        {"2026-11-22T16:40:24.123456+05:30 web1 nginx: a", "a", "nginx",
         "2026-11-22T16:40:24.123456+05:30"},
        {"<134>1 2026-11-22T16:40:25.5Z web1 haproxy 20596 - - a b", "a b", "haproxy",
         "2026-11-22T16:40:25.5Z"},
        {"<134>1 2026-11-22T16:40:25Z web1 app - - [x@1 k=\"v\\\"]\"][y] a", "a", "app",
         "2026-11-22T16:40:25Z"},
        {"<134>1 2026-11-22T16:40:25Z web1 app - - - \xef\xbb\xbf"
         "a",
         "a", "app", "2026-11-22T16:40:25Z"},
        {"<134>1 - - app - - - a", "a", "app", "-"},
        {"<134>1 - - app - - -", "", "app", "-"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct span body;
        struct syslog_header h;
        if (!syslog_peel(span_of(cases[i].line), &body, &h) || !span_is(body, cases[i].body) ||
            !span_is(h.tag, cases[i].tag) || !span_is(h.time, cases[i].time)) {
            fail_msg("%s", cases[i].line);
        }
    }
}

static void other_lines_are_left_alone(void **state)
{
    static const char *const lines[] = {
        "",
        "<",
        "<1",
        "<>",
        "<134>",
        "<13456>Nov 22 16:29:31 web1 nginx: a",
        "<134>1 2026 web1 app - - [x k=\"v]",
        "<134>1 2026 web1",
        "192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET / HTTP/1.1\" 200 5",
        "Nov 22 16:40:25 a message without a tag",
        "2026-11-22T16:40:24 one",
        "<190>garbage: a",
        "Nov 22 16:40:25",
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct span body = SPAN("untouched");
        struct syslog_header h;
        if (syslog_peel(span_of(lines[i]), &body, &h) || !span_is(body, "untouched")) {
            fail_msg("%s", lines[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(envelopes_are_taken_off),
        cmocka_unit_test(other_lines_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
