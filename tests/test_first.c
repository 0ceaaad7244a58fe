/* What is told of a code that a series never had, and what is not. */
#include "alert/seen.h"
#include "alert_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    DAY_S = 86400,
};

static struct rule first_rule(unsigned by)
{
    struct rule rule = {.name = "new", .by = by};
    rule_preset(&rule, SPAN("first"));
    return rule;
}

/* One second of a source with three good answers and one of that status; 0: without. */
static void second_of(struct world *world, const char *source, int64_t second, uint16_t status)
{
    struct window w = {.by = WINDOW_BY_HOST};
    world_add(&w, second, "shop.example", 3, status != 0, status);
    alert_set_feed(world->set, source, &w, second + 1);
    window_done(&w);
}

static void assert_told(const struct world *world, const char *part)
{
    if (!strstr(world->told.data, part)) {
        fail_msg("%s\nis not in\n%.*s", part, (int)world->told.len, world->told.data);
    }
}

static void a_code_that_never_was_is_told_once(void **state)
{
    (void)state;
    struct rule rule = first_rule(RULE_BY_SOURCE);
    struct world *world = world_new(&rule);
    second_of(world, "a.log", WORLD_START, 0);
    second_of(world, "a.log", WORLD_START + 10, 502); /* while it learns */
    second_of(world, "a.log", WORLD_START + DAY_S, 502);
    second_of(world, "a.log", WORLD_START + DAY_S + 1, 404); /* of a standard, and no 5xx */
    assert_int_equal(world->n_told, 0);
    second_of(world, "a.log", WORLD_START + DAY_S + 7200, 503);
    assert_int_equal(world->n_told, 1);
    assert_int_equal(world->last.severity, RULE_INFO);
    assert_true(world->last.since == WORLD_START + DAY_S + 7200);
    assert_int_equal(world->last.n_codes, 1);
    assert_int_equal(world->last.codes[0].status, 503);
    assert_string_equal(world->last.evidence, "never seen before, in 26 hours");
    buf_byte(&world->told, '\0');
    assert_told(world, "New code 503 Service Unavailable in a.log since");
    second_of(world, "a.log", WORLD_START + DAY_S + 7800, 503);
    assert_int_equal(world->n_told, 2);
    assert_int_equal(world->last.state, ALERT_RESOLVED);
    second_of(world, "a.log", WORLD_START + 9 * DAY_S, 503);
    assert_int_equal(world->n_told, 2);
    world_free(world);
}

/* 499 is nginx's, so it is one of those, though it is no 5xx. */
static void further_codes_soon_after_are_told_with_it(void **state)
{
    (void)state;
    struct rule rule = first_rule(0);
    struct world *world = world_new(&rule);
    second_of(world, "a.log", WORLD_START, 0);
    second_of(world, "a.log", WORLD_START + 2 * DAY_S, 499);
    second_of(world, "a.log", WORLD_START + 2 * DAY_S + 60, 499);
    assert_int_equal(world->n_told, 1);
    second_of(world, "a.log", WORLD_START + 2 * DAY_S + 90, 502);
    assert_int_equal(world->n_told, 2);
    assert_int_equal(world->last.n_codes, 2);
    assert_int_equal(alert_set_count(world->set), 1);
    assert_string_equal(world->last.evidence, "never seen before, in 2 days");
    buf_byte(&world->told, '\0');
    assert_told(world, "New codes 499 Client Closed Request and 1 more since");
    world_free(world);
}

/* One that is slow brings the older seconds after the newer ones. */
static void sources_that_are_one_series_tell_the_same_in_any_order(void **state)
{
    (void)state;
    struct rule rule = first_rule(0);
    struct buf told[2] = {{0}, {0}};
    for (int k = 0; k < 2; k++) {
        struct world *world = world_new(&rule);
        const char *first = k ? "b.log" : "a.log", *last = k ? "a.log" : "b.log";
        alert_set_idle(world->set, "a.log", false);
        alert_set_idle(world->set, "b.log", false);
        second_of(world, first, WORLD_START, 0);
        second_of(world, last, WORLD_START, 0);
        second_of(world, first, WORLD_START + 2 * DAY_S + (k ? 0 : 30), 502);
        second_of(world, last, WORLD_START + 2 * DAY_S + (k ? 30 : 0), 502);
        alert_set_feed(world->set, "a.log", NULL, WORLD_START + 2 * DAY_S + 60);
        alert_set_feed(world->set, "b.log", NULL, WORLD_START + 2 * DAY_S + 60);
        assert_int_equal(world->n_told, 1);
        assert_true(world->last.at == WORLD_START + 2 * DAY_S);
        buf_add(&told[k], buf_span(&world->told));
        world_free(world);
    }
    assert_true(span_equal(buf_span(&told[0]), buf_span(&told[1])));
    buf_done(&told[0]);
    buf_done(&told[1]);
}

/* Of another rule: an outage with a code that a series of two days never had. */
static void other_alerts_say_which_of_their_codes_are_new(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_SOURCE);
    struct world *world = world_new(&rule);
    struct window w = {0};
    int64_t outage = WORLD_START + 2 * DAY_S;
    for (int64_t s = WORLD_START; s < outage - 300; s += 1800) { /* it must not be forgotten */
        second_of(world, "a.log", s, s == WORLD_START ? 500 : 0);
    }
    for (int64_t s = outage - 300; s < outage + 30; s++) {
        world_add(&w, s, "shop.example", 9, s >= outage ? 6 : 0, 502);
        world_add(&w, s, "shop.example", 0, s >= outage ? 3 : 0, 500);
        alert_set_feed(world->set, "a.log", &w, s + 1);
        window_drain(&w);
    }
    assert_true(world->n_told > 0);
    assert_int_equal(world->last.n_codes, 2);
    assert_int_equal(world->last.codes[0].status, 502);
    assert_true(world->last.codes[0].is_new);
    assert_false(world->last.codes[1].is_new);
    assert_non_null(strstr(world->last.summary, "; 502 was never seen before."));
    window_done(&w);
    world_free(world);
}

/* Then it is not known whether one more is new. */
static void with_too_many_codes_none_is_new(void **state)
{
    (void)state;
    struct seen seen = {0};
    for (uint16_t i = 0; i < SEEN_CODES + 1; i++) {
        seen_note(&seen, (uint16_t)(500 + i), 0, 100 + i);
    }
    seen_note(&seen, 500, 0, 90);
    assert_true(seen_first(&seen, 500, 0) == 90);
    assert_true(seen_first(&seen, 500 + SEEN_CODES - 1, 0) == 100 + SEEN_CODES - 1);
    assert_true(seen_first(&seen, 500 + SEEN_CODES, 0) == INT64_MIN);
    assert_true(seen_first(&seen, 500, 1) == INT64_MIN);
    free(seen.codes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_that_never_was_is_told_once),
        cmocka_unit_test(further_codes_soon_after_are_told_with_it),
        cmocka_unit_test(sources_that_are_one_series_tell_the_same_in_any_order),
        cmocka_unit_test(other_alerts_say_which_of_their_codes_are_new),
        cmocka_unit_test(with_too_many_codes_none_is_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
