/* Parser states that sources share, and those that they must not. */
#include "format/reader.h"
#include "format/states.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char COMBINED[] =
    "192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET /tea HTTP/1.1\" 404 17 \"-\" \"curl/7.88.1\"";
static const char JSON[] = "{\"time\":\"2026-11-22T16:43:42Z\",\"status\":502,\"path\":\"/tea\"}";
static const char GARBAGE[] = "this is no line of any format";

static struct reader *sharing(const char *spec, struct states *states)
{
    struct format format;
    struct problem why;
    assert_int_equal(format_read(&format, span_of(spec), &why), 0);
    struct reader *r = reader_new(&format, states->dropped);
    reader_share(r, states);
    format_done(&format);
    return r;
}

static uint16_t status_of(struct reader *r, const char *line)
{
    struct event e;
    return reader_parse(r, span_of(line), &e) == PARSE_OK ? e.status : STATUS_NONE;
}

static void readers_of_one_format_have_one_state(void **state)
{
    (void)state;
    struct states states = {0};
    struct reader *a = sharing("combined", &states), *b = sharing("combined", &states);
    struct reader *c = sharing("nginx:'$status $remote_addr'", &states);
    assert_int_equal(status_of(a, COMBINED), 404);
    assert_int_equal(status_of(b, COMBINED), 404);
    assert_int_equal(states.n_items, 1);
    assert_int_equal(status_of(c, "503 192.0.2.7"), 503);
    assert_int_equal(states.n_items, 2);
    reader_free(a);
    assert_int_equal(status_of(b, COMBINED), 404);
    reader_free(b);
    reader_free(c);
    assert_int_equal(states.n_items, 1); /* combined stays for whoever comes next */
    states_done(&states);
}

/* A line of no format opens all that there are. */
static void readers_that_guess_share_what_they_try(void **state)
{
    (void)state;
    struct states states = {0};
    struct reader *first = sharing("auto", &states);
    reader_vote(first, span_of(COMBINED));
    reader_decide(first);
    assert_int_equal(status_of(first, GARBAGE), STATUS_NONE);
    size_t n = states.n_items;
    struct reader *second = sharing("auto", &states);
    reader_vote(second, span_of(JSON));
    reader_decide(second);
    assert_int_equal(status_of(second, GARBAGE), STATUS_NONE);
    assert_int_equal(states.n_items, n);
    assert_int_equal(status_of(first, COMBINED), 404);
    assert_int_equal(status_of(second, JSON), 502);
    reader_free(first);
    reader_free(second);
    states_done(&states);
}

static void what_lines_say_of_later_lines_is_not_shared(void **state)
{
    (void)state;
    struct states states = {0};
    struct reader *a = sharing("w3c", &states), *b = sharing("w3c", &states);
    status_of(a, "#Fields: time sc-status");
    status_of(b, "#Fields: sc-status time");
    assert_int_equal(status_of(a, "12:00:00 503"), 503);
    assert_int_equal(status_of(b, "504 12:00:00"), 504);
    assert_int_equal(states.n_items, 0);
    reader_free(a);
    reader_free(b);
    states_done(&states);
}

static void fields_that_nobody_wants_are_left_out_for_all(void **state)
{
    (void)state;
    static const enum field dropped[] = {FIELD_CLIENT, FIELD_SKIP};
    struct states states = {.dropped = dropped};
    struct reader *a = sharing("combined", &states), *b = sharing("combined", &states);
    struct event e;
    assert_int_equal(reader_parse(a, span_of(COMBINED), &e), PARSE_OK);
    assert_int_equal(e.client.len, 0);
    assert_int_equal(reader_parse(b, span_of(COMBINED), &e), PARSE_OK);
    assert_int_equal(e.client.len, 0);
    reader_free(a);
    reader_free(b);
    states_done(&states);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_of_one_format_have_one_state),
        cmocka_unit_test(readers_that_guess_share_what_they_try),
        cmocka_unit_test(what_lines_say_of_later_lines_is_not_shared),
        cmocka_unit_test(fields_that_nobody_wants_are_left_out_for_all),
    };
    return cmocka_run_group_tests_name("states", tests, NULL, NULL);
}
