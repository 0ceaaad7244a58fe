#include "event/field.h"
#include "parsers/lang/w3c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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

static void a_field_that_nobody_wants_is_not_read_whenever_it_is_named(void **state)
{
    struct w3c_state s = opened("c-ip sc-status");
    (void)state;
    w3c_drop(&s, FIELD_CLIENT);
    assert_int_equal(parse(&s, "192.0.2.7 404"), PARSE_OK);
    assert_int_equal(event.client.len, 0);
    parse(&s, "#Fields: sc-status c-ip cs-host");
    assert_int_equal(parse(&s, "404 192.0.2.7 shop.example"), PARSE_OK);
    assert_int_equal(event.client.len, 0);
    assert_true(span_is(event.host, "shop.example"));
}

#define SLACK "................................................................\n"

/* Reads what stands at `at` in a row; returns where it stopped. */
static const char *parse_row(struct w3c_state *s, const char *at, const char *end, size_t want)
{
    static struct lines lines;
    static struct event events[W3C_LINES];
    assert_ptr_equal(w3c_lines_marks(s), &s->marks);
    lines_take(&lines, &s->marks, (struct span){at, (size_t)(end - at)});
    assert_int_equal(w3c_lines_parse(s, &lines, events, W3C_LINES), want);
    event = events[want ? want - 1 : 0];
    return lines.at;
}

static void columns_may_change_between_lines_in_a_row(void **state)
{
    static const char log[] = "2026-11-22 16:43:45 404 /tea\n"
                              "2026-11-22 16:43:45 500 /pot\n"
                              "#Fields: sc-status cs-host\n"
                              "503 shop.example\n"
                              "2026-11-22 16:43:45 404 /tea\n" SLACK;
    struct w3c_state s = opened("date time sc-status cs-uri");
    const char *end = log + sizeof log - 1;
    (void)state;
    const char *at = parse_row(&s, log, end, 2);
    assert_true(span_is(event.target, "/pot"));
    assert_true(event.same_time);
    assert_true(span_starts(span_of(at), SPAN("#Fields")));
    assert_int_equal(parse(&s, "#Fields: sc-status cs-host"), PARSE_SKIP);
    at = parse_row(&s, strchr(at, '\n') + 1, end, 1);
    assert_int_equal(event.status, 503);
    assert_true(span_is(event.host, "shop.example"));
    assert_int_equal(event.time_kind, LOGTIME_NONE);
    parse_row(&s, at, end, 0);
}

/* Each stands behind a line as usual, and before the slack that lines in a row must have. */
static void a_row_ends_before_a_line_that_needs_care(void **state)
{
    static const struct {
        const char *line;
        size_t n; /* lines in the row */
    } cases[] = {
        {"2026-11-22 16:43:45 404 1 x", 2},
        {"2026-11-22 16:43:45 404 1 x ", 2},
        {"2026-11-22 16:43:45 404 1 x \r", 2},
        {"2026-11-22 16:43:45 404 1 \"x y\"\r", 2},
        {"2026-11-22 16:43:45 404 1 ", 2},
        {"2026-11-22\t16:43:45\t404\t1\tx y", 2},
        {"2026-11-22 16:43:45.123 404 1 \"\"", 2},
        {"2026-11-22 16:43:45 404 \"1\" a\"b", 2},
        {"2026-11-22 16:43:45 404 1 x  ", 1},
        {"2026-11-22 16:43:45 404 1", 1},
        {"2026-11-22 16:43:45 404 1 x y", 1},
        {"2026-11-22 16:43:45 404 1 \"x y", 1},
        {"2026-11-22 16:43:45 404 1 \"x\"\r\r", 1},
        {"2026-11-22 16:43:45 40 1 x", 1},
        {"2026-11-22 16:43:45 - 1 x", 1},
        {"2026-11-22 16:43:45 4O4 1 x", 1},
        {"2026-11-22 16:43 404 1 x", 1},
        {"- 16:43:45 404 1 x", 1},
        {"2026-11-22\t16:43:45 404 1 x", 1},
        {"# 16:43:45 404 1 x", 1},
        {"", 1},
        {"\r", 1},
    };
    struct w3c_state s = opened("date time sc-status sc-bytes cs-uri");
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char log[256];
        int n = snprintf(log, sizeof log, "2026-11-22 16:43:45 404 1 /\n%s\n" SLACK, cases[i].line);
        parse_row(&s, log, log + n, cases[i].n);
    }
}

/* The stamps of a row are all there until the next call. */
static void date_and_time_that_stand_apart_are_put_together(void **state)
{
    static const char log[] = "16:43:45 404 2026-11-22\n"
                              "16:43:45 404 2026-11-22\n"
                              "16:43:46 404 2026-11-22\n" SLACK;
    static const bool same[] = {false, true, false};
    struct w3c_state s = opened("time sc-status date");
    struct event events[3];
    static struct lines lines;
    (void)state;
    lines_take(&lines, &s.marks, (struct span){log, sizeof log - 1});
    assert_int_equal(w3c_lines_parse(&s, &lines, events, 3), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(span_is(events[i].time, i < 2 ? "2026-11-22 16:43:45" : "2026-11-22 16:43:46"));
        assert_int_equal(events[i].time_kind, LOGTIME_ISO_UTC);
        assert_int_equal(events[i].same_time, same[i]);
    }
}

static void lines_are_in_no_row_without_a_status_or_with_two(void **state)
{
    struct w3c_state s = opened("");
    (void)state;
    assert_null(w3c_lines_marks(&s));
    parse(&s, "#Fields: time sc-status");
    assert_non_null(w3c_lines_marks(&s));
    parse(&s, "#Fields: sc-status sc-status");
    assert_null(w3c_lines_marks(&s));
    parse(&s, "#Fields: time");
    assert_null(w3c_lines_marks(&s));
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
        cmocka_unit_test(a_field_that_nobody_wants_is_not_read_whenever_it_is_named),
        cmocka_unit_test(columns_may_change_between_lines_in_a_row),
        cmocka_unit_test(a_row_ends_before_a_line_that_needs_care),
        cmocka_unit_test(date_and_time_that_stand_apart_are_put_together),
        cmocka_unit_test(lines_are_in_no_row_without_a_status_or_with_two),
        cmocka_unit_test(more_columns_than_there_is_room_for_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
