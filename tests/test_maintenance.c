/* When hours of work cover an alert, and what is told of those that outlast them. */
#include "alert/maintenance.h"
#include "alert_world.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    MINUTE = 60,
    HOUR = 3600,
    DAY = 86400,
    FRIDAY = 4, /* bit of days */
};

/* 2026-11-27 is a Friday. */
static int64_t friday(int hour, int minute)
{
    return clock_days(2026, 11, 27) * DAY + hour * HOUR + minute * MINUTE;
}

static void one_that_is_once_covers_its_hours(void **state)
{
    (void)state;
    struct alert a = {.rule = "spike"};
    struct maintenance m = {.from = friday(22, 0), .to = friday(26, 0)};
    assert_false(maintenance_covers(&m, &a, friday(22, 0) - 1));
    assert_true(maintenance_covers(&m, &a, friday(22, 0)));
    assert_true(maintenance_covers(&m, &a, friday(26, 0) - 1));
    assert_false(maintenance_covers(&m, &a, friday(26, 0)));
}

static void a_weekly_one_covers_its_days(void **state)
{
    (void)state;
    struct alert a = {.rule = "spike"};
    struct maintenance m = {.days = 1 << FRIDAY, .from = 2 * HOUR, .to = 4 * HOUR};
    assert_true(maintenance_covers(&m, &a, friday(2, 0)));
    assert_false(maintenance_covers(&m, &a, friday(4, 0)));
    assert_false(maintenance_covers(&m, &a, friday(24 + 2, 0)));
    assert_true(maintenance_covers(&m, &a, friday(7 * 24 + 3, 59)));
    assert_true(maintenance_covers(&m, &a, friday(-7 * 24 * 3000 + 2, 0))); /* in 1969 */
    m.zone_s = HOUR; /* there it is two o'clock an hour earlier */
    assert_true(maintenance_covers(&m, &a, friday(1, 0)));
    assert_false(maintenance_covers(&m, &a, friday(3, 0)));
}

static void one_over_midnight_ends_on_the_next_day(void **state)
{
    (void)state;
    struct alert a = {.rule = "spike"};
    struct maintenance m = {.days = 1 << FRIDAY, .from = 23 * HOUR, .to = 1 * HOUR};
    assert_false(maintenance_covers(&m, &a, friday(0, 30)));
    assert_true(maintenance_covers(&m, &a, friday(23, 0)));
    assert_true(maintenance_covers(&m, &a, friday(24, 59)));
    assert_false(maintenance_covers(&m, &a, friday(25, 0)));
    assert_false(maintenance_covers(&m, &a, friday(47, 30)));
}

static void it_may_be_for_some_rules_and_series(void **state)
{
    (void)state;
    struct alert a = {.rule = "spike", .source = "a.log", .upstream = "10.0.0.7:80"};
    struct maintenance m = {.rules = {"slo", "spike"}, .n_rules = 2, .from = 0, .to = 10};
    assert_true(maintenance_covers(&m, &a, 5));
    m.n_rules = 1;
    assert_false(maintenance_covers(&m, &a, 5));
    m.n_rules = 0;
    m.n_series = 1;
    memcpy(m.series[0], "10.0.0.7:80", 12);
    assert_true(maintenance_covers(&m, &a, 5));
    memcpy(m.series[0], "10.0.0.8:80", 12);
    assert_false(maintenance_covers(&m, &a, 5));
}

/* Feeds seconds of which some fail. */
static void feed(struct world *world, int64_t from, int64_t n, uint32_t errors)
{
    world_seconds(world, from, n, 10, errors);
}

static void what_is_over_before_its_end_is_told_to_nobody(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_SOURCE);
    struct world *world = world_new(&rule);
    struct maintenance m = {.from = WORLD_START + 100, .to = WORLD_START + 1000};
    alert_set_maintenance(world->set, &m, 1);
    feed(world, WORLD_START, 110, 0);
    feed(world, WORLD_START + 110, 100, 9);
    feed(world, WORLD_START + 210, 1000, 0);
    assert_int_equal(alert_set_count(world->set), 1);
    assert_true(alert_set_at(world->set, 0)->silenced);
    assert_int_equal(alert_set_at(world->set, 0)->state, ALERT_RESOLVED);
    assert_int_equal(world->n_told, 0);
    world_free(world);
}

static void what_outlasts_it_is_told_at_its_end(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_SOURCE);
    struct world *world = world_new(&rule);
    struct maintenance m = {.from = WORLD_START + 100, .to = WORLD_START + 1000};
    alert_set_maintenance(world->set, &m, 1);
    feed(world, WORLD_START, 110, 0);
    feed(world, WORLD_START + 110, 889, 9);
    assert_int_equal(world->n_told, 0);
    feed(world, WORLD_START + 999, 1, 9);
    assert_int_equal(world->n_told, 1);
    assert_false(alert_set_at(world->set, 0)->silenced);
    alert_set_maintenance(world->set, NULL, 0);
    feed(world, WORLD_START + 1000, 1, 9);
    assert_int_equal(world->n_told, 1);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_is_once_covers_its_hours),
        cmocka_unit_test(a_weekly_one_covers_its_days),
        cmocka_unit_test(one_over_midnight_ends_on_the_next_day),
        cmocka_unit_test(it_may_be_for_some_rules_and_series),
        cmocka_unit_test(what_is_over_before_its_end_is_told_to_nobody),
        cmocka_unit_test(what_outlasts_it_is_told_at_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
