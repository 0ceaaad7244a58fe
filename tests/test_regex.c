#include "format/format.h"
#include "format/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct reader *opened(const char *spec)
{
    struct format format;
    struct problem why = {.text = ""};
    if (format_read(&format, span_of(spec), &why)) {
        fail_msg("%s: %s", spec, why.text);
    }
    struct reader *r = reader_new(&format, NULL);
    format_done(&format);
    return r;
}

static void named_groups_are_fields(void **state)
{
    struct reader *r = opened(
        "regex:^(?<client>\\S+) (?<status>\\d{3}|-) (?<duration_ms>\\S+)(?: (?<host>\\S+))?$");
    struct event e;
    (void)state;
    assert_int_equal(reader_parse(r, SPAN("::1 502 12.5 shop.example"), &e), PARSE_OK);
    assert_int_equal(e.status, 502);
    assert_true(e.duration_ns == 12500000);
    assert_true(span_is(e.client, "::1") && span_is(e.host, "shop.example"));
    assert_int_equal(reader_parse(r, SPAN("::1 - 3"), &e), PARSE_OK);
    assert_int_equal(e.status, STATUS_DASH);
    assert_int_equal(e.host.len, 0);
    assert_int_equal(reader_parse(r, SPAN("::1 5021 3"), &e), PARSE_BAD);
    assert_int_equal(reader_parse(r, SPAN(""), &e), PARSE_BAD);
    reader_free(r);
}

static void bytes_that_are_no_text_are_matched_as_bytes(void **state)
{
    struct reader *r = opened("regex:^(.*) (?<status>\\d{3})$");
    struct event e;
    (void)state;
    assert_int_equal(reader_parse(r, (struct span){"\xff\0\xfe 404", 7}, &e), PARSE_OK);
    assert_int_equal(e.status, 404);
    reader_free(r);
}

static void an_expression_that_runs_away_is_stopped(void **state)
{
    struct reader *r = opened("regex:^(a+)+$|(?<status>\\d{3})$");
    char line[64];
    struct event e;
    (void)state;
    memset(line, 'a', sizeof line);
    line[sizeof line - 1] = '!';
    assert_int_equal(reader_parse(r, (struct span){line, sizeof line}, &e), PARSE_BAD);
    reader_free(r);
}

/* The number of a group was kept in eight bits. */
static void a_group_far_back_is_found(void **state)
{
    char spec[2048] = "regex:^";
    struct event e;
    (void)state;
    for (int i = 0; i < 260; i++) {
        strncat(spec, "(x?)", sizeof spec - strlen(spec) - 1);
    }
    strncat(spec, "(?<status>\\d{3})$", sizeof spec - strlen(spec) - 1);
    struct reader *r = opened(spec);
    assert_int_equal(reader_parse(r, SPAN("xxx418"), &e), PARSE_OK);
    assert_int_equal(e.status, 418);
    reader_free(r);
}

static void a_wrong_expression_says_why(void **state)
{
    static const struct {
        const char *spec, *why;
    } cases[] = {
        {"regex", "needs an expression"},
        {"regex:", "needs an expression"},
        {"regex:(?<status>\\d", "wrong at character"},
        {"regex:\\d{3}", "no group (?<status>"},
        {"regex:(?<state>\\d{3})", "\"state\", which is no field"},
        {"regex:(*UTF)(?<status>\\d{3})", "wrong at character"},
        {"regex:(?J)(?<status>0)|(?<status>1)|(?<status>2)|(?<status>3)|(?<status>4)|(?<status>5)|"
         "(?<status>6)|(?<status>7)|(?<status>8)|(?<status>9)|(?<status>a)|(?<status>b)|"
         "(?<status>c)|(?<status>d)|(?<status>e)|(?<status>f)|(?<status>g)",
         "more than 16 groups"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct format format;
        struct problem why = {.text = ""};
        if (format_read(&format, span_of(cases[i].spec), &why) == 0 ||
            !strstr(why.text, cases[i].why)) {
            fail_msg("%s: %s", cases[i].spec, why.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named_groups_are_fields),
        cmocka_unit_test(bytes_that_are_no_text_are_matched_as_bytes),
        cmocka_unit_test(an_expression_that_runs_away_is_stopped),
        cmocka_unit_test(a_group_far_back_is_found),
        cmocka_unit_test(a_wrong_expression_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
