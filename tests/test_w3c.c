#include "parsers/lang/w3c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct event event;

static enum parse_result parse(struct w3c_state *s, const char *line)
{
    event_clear(&event);
    return w3c_parse(s, span_of(line), &event);
}

static struct w3c_state opened(const char *fields)
{
    struct w3c_state s = {0};
    assert_int_equal(w3c_open(&s, span_of(fields), NULL), 0);
    return s;
}

static void columns_mean_what_the_fields_line_says(void **state)
{
    struct w3c_state s = opened("");
    (void)state;
    assert_int_equal(parse(&s, "2026-11-22 16:43:45 200"), PARSE_BAD);
    assert_int_equal(parse(&s, "#Fields: date time sc-status"), PARSE_SKIP);
    assert_int_equal(parse(&s, "2026-11-22 16:43:45 404"), PARSE_OK);
    assert_int_equal(event.status, 404);
    assert_int_equal(parse(&s, "#Fields:\tSC-STATUS  cs-method time "), PARSE_SKIP);
    assert_int_equal(parse(&s, "503 GET 16:43:45"), PARSE_OK);
    assert_int_equal(event.status, 503);
    assert_int_equal(event.time.len, 0); /* the date of the first lines is of those lines only */
}

static void a_date_directive_dates_lines_that_have_a_time(void **state)
{
    struct w3c_state s = opened("time sc-status");
    (void)state;
    parse(&s, "#Date: 2026-11-22 00:00:00");
    assert_int_equal(parse(&s, "16:43:45 404"), PARSE_OK);
    assert_true(span_is(event.time, "2026-11-22 16:43:45"));
    assert_int_equal(event.time_kind, LOGTIME_ISO_UTC);
    parse(&s, "#Date: x");
    assert_int_equal(parse(&s, "16:43:45 404"), PARSE_OK);
    assert_int_equal(event.time.len, 0);
}

static void quoted_values_hold_blanks_and_doubled_quotes(void **state)
{
    static const struct {
        const char *line;
        enum parse_result result;
    } cases[] = {
        {"\"a b\" 404 1", PARSE_OK},  {"\"a \"\"500\"\" b\" 404 1", PARSE_OK},
        {"\"\" 404 1", PARSE_OK},     {"\" 404 1", PARSE_OK},
        {"\"a 404 1", PARSE_OK},      {"a\"b 404 1", PARSE_OK},
        {"a b 404 1", PARSE_BAD},     {"\"\"\" 404 1", PARSE_OK},
        {"a 404 \"x y\" ", PARSE_OK}, {"a 404", PARSE_OK},
        {"a 40", PARSE_BAD},          {"a 404 1 2", PARSE_BAD},
    };
    struct w3c_state s = opened("cs(User-Agent) sc-status sc-bytes");
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum parse_result got = parse(&s, cases[i].line);
        if (got != cases[i].result || (got == PARSE_OK && event.status != 404)) {
            fail_msg("%s", cases[i].line);
        }
    }
}

static void tabs_divide_where_they_come_first(void **state)
{
    struct w3c_state s = opened("cs-uri-stem sc-status cs(User-Agent)");
    (void)state;
    assert_int_equal(parse(&s, "/a b\t404\tx y"),
                     PARSE_BAD); /* CloudFront's first value is a date */
    assert_int_equal(parse(&s, "/a\t404\tx y"), PARSE_OK);
    assert_int_equal(event.status, 404);
    assert_int_equal(parse(&s, "/a 404 x\ty"), PARSE_OK);
    assert_int_equal(event.status, 404);
}

static void time_taken_is_in_milliseconds_for_iis_alone(void **state)
{
    struct w3c_state s = opened("");
    (void)state;
    parse(&s, "#Software: Microsoft Internet Information Services 10.0");
    parse(&s, "#Fields: sc-status time-taken");
    assert_int_equal(parse(&s, "404 15"), PARSE_OK);
    assert_true(event.duration_ns == 15000000);
    parse(&s, "#Software: Apache Tomcat");
    parse(&s, "#Fields: sc-status time-taken");
    assert_int_equal(parse(&s, "404 0.015"), PARSE_OK);
    assert_true(event.duration_ns == 15000000);
}

static void more_columns_than_there_is_room_for_are_refused(void **state)
{
    char fields[W3C_COLUMNS * 2 + 64] = "sc-status";
    struct w3c_state s;
    (void)state;
    for (size_t at = strlen(fields); at + 2 < sizeof fields; at += 2) {
        memcpy(fields + at, " x", 3);
    }
    s = opened(fields);
    assert_int_equal(s.n_columns, W3C_COLUMNS);
    fields[0] = '4';
    assert_int_equal(parse(&s, fields), PARSE_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_mean_what_the_fields_line_says),
        cmocka_unit_test(a_date_directive_dates_lines_that_have_a_time),
        cmocka_unit_test(quoted_values_hold_blanks_and_doubled_quotes),
        cmocka_unit_test(tabs_divide_where_they_come_first),
        cmocka_unit_test(time_taken_is_in_milliseconds_for_iis_alone),
        cmocka_unit_test(more_columns_than_there_is_room_for_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
