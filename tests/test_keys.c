#include "parsers/lang/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct keys_state));
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static struct event read_json(struct keys_state *s, const char *line)
{
    struct event e;
    event_clear(&e);
    keys_read_json(s, span_of(line), &e);
    return e;
}

static void a_key_is_looked_up_with_the_object_around_it(void **state)
{
    static const struct {
        const char *parent, *key;
        enum field field;
    } cases[] = {
        {"", "status", FIELD_STATUS},
        {"response", "status", FIELD_STATUS},
        {"res", "statusCode", FIELD_STATUS},
        {"http", "status_code", FIELD_STATUS},
        {"req", "url", FIELD_TARGET},
        {"request", "host", FIELD_HOST},
        {"error", "status", FIELD_SKIP},
        {"headers", "host", FIELD_SKIP},
        {"", "nothing", FIELD_SKIP},
        {"a_parent_with_a_name_that_is_very_long_and_goes_on_and_on", "status", FIELD_SKIP},
    };
    (void)state;
    for (int round = 0; round < 2; round++) { /* looked up, then remembered */
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            assert_int_equal(keys_field(*state, span_of(cases[i].parent), span_of(cases[i].key)),
                             cases[i].field);
        }
    }
}

static void more_keys_than_can_be_remembered_are_looked_up_anew(void **state)
{
    for (int i = 0; i < 5 * KEYS_SLOTS; i++) {
        char key[16];
        int n = snprintf(key, sizeof key, "key%d", i);
        assert_int_equal(keys_field(*state, SPAN(""), (struct span){key, (size_t)n}), FIELD_SKIP);
        assert_int_equal(keys_field(*state, SPAN(""), SPAN("status")), FIELD_STATUS);
    }
}

/* Two keys of the same place in the table were taken for one that is given twice. */
static void many_keys_can_be_given(void **state)
{
    char key[16];
    for (int i = 0; i < KEYS_GIVEN; i++) {
        int n = snprintf(key, sizeof key, "key%d", i);
        assert_true(keys_give(*state, (struct span){key, (size_t)n}, FIELD_STATUS));
        assert_false(keys_give(*state, (struct span){key, (size_t)n}, FIELD_HOST));
        assert_int_equal(keys_field(*state, SPAN(""), (struct span){key, (size_t)n}), FIELD_STATUS);
    }
    assert_false(keys_give(*state, SPAN("one more"), FIELD_STATUS));
}

static void a_given_key_stands_for_its_usual_names(void **state)
{
    assert_true(keys_give(*state, SPAN("answer"), FIELD_STATUS));
    assert_true(keys_give(*state, SPAN("took"), FIELD_DURATION_MS));
    struct event e =
        read_json(*state, "{\"status\":1,\"answer\":502,\"duration\":9,\"took\":3,\"host\":\"x\"}");
    assert_int_equal(e.status, 502);
    assert_true(e.duration_ns == 3000000);
    assert_true(span_is(e.host, "x"));
    assert_int_equal(read_json(*state, "{\"status\":200}").status, STATUS_NONE);
}

static void a_given_key_with_a_dot_is_found_inside_and_outside(void **state)
{
    assert_true(keys_give(*state, SPAN("http.answer"), FIELD_STATUS));
    assert_int_equal(read_json(*state, "{\"http\":{\"answer\":502}}").status, 502);
    assert_int_equal(read_json(*state, "{\"http.answer\":503}").status, 503);
    assert_int_equal(read_json(*state, "{\"answer\":504}").status, STATUS_NONE);
}

static void a_number_with_a_point_may_be_a_status(void **state)
{
    assert_int_equal(read_json(*state, "{\"status\":200.0}").status, 200);
    assert_int_equal(read_json(*state, "{\"status\":200.5}").status, STATUS_NONE);
    assert_int_equal(read_json(*state, "{\"status\":\"200.0\"}").status, STATUS_NONE);
}

static void the_word_null_is_no_value(void **state)
{
    struct event e;
    event_clear(&e);
    assert_true(
        keys_read_json(*state, SPAN("{\"status\":502,\"host\":null,\"upstream\":null}"), &e));
    assert_int_equal(e.host.len, 0);
    assert_int_equal(e.upstream.len, 0);
    assert_true(keys_read_json(*state, SPAN("{\"status\":502,\"host\":\"null\"}"), &e));
    assert_true(span_is(e.host, "null"));
}

static void a_cut_line_is_partial_behind_its_status(void **state)
{
    assert_int_equal(read_json(*state, "{\"status\":502").status, STATUS_NONE);
    struct event e = read_json(*state, "{\"status\":502,\"ho");
    assert_int_equal(e.status, 502);
    assert_true(e.is_partial);
    assert_false(read_json(*state, "{\"status\":502}").is_partial);
}

static void a_dropped_field_is_left_out(void **state)
{
    const char *line = "{\"remote_ip\":\"192.0.2.1\",\"host\":\"x\",\"status\":200}";
    assert_true(span_is(read_json(*state, line).client, "192.0.2.1"));
    keys_drop(*state, FIELD_CLIENT);
    struct event e = read_json(*state, line);
    assert_int_equal(e.client.len, 0);
    assert_true(span_is(e.host, "x"));
}

static void members_of_the_outermost_object_can_be_noted(void **state)
{
    struct keys_notes notes = {.names = {"a", "b", "c"}};
    struct jsonscan scan;
    struct event e;
    event_clear(&e);
    jsonscan_over(
        &scan,
        SPAN("{\"a\":\"\",\"a\":\"\\\"1\",\"x\":{\"c\":2},\"b\":[3],\"a\":4,\"status\":200}"));
    keys_begin(*state, true);
    assert_true(keys_read(*state, &scan, &notes, &e));
    assert_true(span_is(notes.values[0], "\\\"1"));
    assert_true(span_is(notes.values[1], "[3]"));
    assert_null(notes.values[2].ptr);
}

static void a_batch_of_lines_has_room_for_some(void **state)
{
    struct keys_state *s = *state;
    unsigned n = 0;
    assert_true(keys_begin(s, true));
    for (s->used = 0; keys_begin(s, false); s->used += KEYS_SCRATCH) {
        n++;
    }
    assert_int_equal(n, KEYS_BATCH / KEYS_SCRATCH);
    assert_true(keys_begin(s, true));
    assert_int_equal(s->used, 0);
}

static void escapes_are_replaced_until_there_is_no_more_room(void **state)
{
    struct event e =
        read_json(*state, "{\"uri\":\"\\/caf\\u00e9\",\"host\":\"a\\\\b\",\"status\":200}");
    assert_true(span_is(e.target, "/caf\xc3\xa9"));
    assert_true(span_is(e.host, "a\\b"));

    char line[3 * KEYS_SCRATCH];
    int n = snprintf(line, sizeof line, "{\"uri\":\"\\\\%0*d\",\"host\":\"\\\\x\",\"status\":200}",
                     KEYS_SCRATCH + 9, 0);
    assert_in_range(n, KEYS_SCRATCH, sizeof line - 1);
    e = read_json(*state, line);
    assert_int_equal(e.status, 200);
    assert_in_range(e.target.len, KEYS_SCRATCH - 8, KEYS_SCRATCH);
}

#define KEYS_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KEYS_TEST(a_key_is_looked_up_with_the_object_around_it),
        KEYS_TEST(more_keys_than_can_be_remembered_are_looked_up_anew),
        KEYS_TEST(many_keys_can_be_given),
        KEYS_TEST(a_given_key_stands_for_its_usual_names),
        KEYS_TEST(a_given_key_with_a_dot_is_found_inside_and_outside),
        KEYS_TEST(a_number_with_a_point_may_be_a_status),
        KEYS_TEST(the_word_null_is_no_value),
        KEYS_TEST(a_cut_line_is_partial_behind_its_status),
        KEYS_TEST(a_dropped_field_is_left_out),
        KEYS_TEST(members_of_the_outermost_object_can_be_noted),
        KEYS_TEST(a_batch_of_lines_has_room_for_some),
        KEYS_TEST(escapes_are_replaced_until_there_is_no_more_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
