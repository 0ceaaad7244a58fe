/* When traffic is missed, and when it is not. */
#include "alert/rule.h"
#include "base/alloc.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    START = 1795305600, /* midnight, 2026-11-22 */
    DAY = 86400,
};

struct stage {
    struct rule rule;
    void *state;
    int64_t next;
    uint64_t random;
    struct rule_finding found;
    int64_t fired, resolved; /* seconds of the last changes */
    unsigned n_fired;
};

static int set_up(void **state)
{
    struct stage *s = alloc_zero(1, sizeof(*s));
    s->next = START;
    s->random = 0x9e3779b97f4a7c15u;
    rule_preset(&s->rule, SPAN("gone"));
    s->state = alloc_zero(1, rule_gone.state_size(&s->rule));
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *s = *state;
    free(s->state);
    free(s);
    return 0;
}

static double uniform(struct stage *s)
{
    s->random = s->random * 6364136223846793005u + 1442695040888963407u;
    return ((double)(s->random >> 11) + 0.5) / 9007199254740992.0;
}

/* Knuth's way, for small means. */
static uint64_t poisson(struct stage *s, double mean)
{
    double limit = exp(-mean), product = uniform(s);
    uint64_t n = 0;
    while (product > limit) {
        product *= uniform(s);
        n++;
    }
    return n;
}

static void tick(struct stage *s, uint64_t requests)
{
    bool was_firing = s->found.severity != RULE_NONE;
    rule_gone.tick(s->state, &s->rule, s->next, requests, 0, &s->found);
    bool is_firing = s->found.severity != RULE_NONE;
    if (is_firing && !was_firing) {
        s->fired = s->next;
        s->n_fired++;
    } else if (was_firing && !is_firing) {
        s->resolved = s->next;
    }
    s->next++;
}

static void seconds(struct stage *s, int64_t n, double mean)
{
    for (int64_t i = 0; i < n; i++) {
        tick(s, mean > 0 ? poisson(s, mean) : 0);
    }
}

/* By day eleven times what there is at night. */
static double day_and_night(int64_t second)
{
    return 10 * exp(1.2 * cos((double)(second % DAY - 14 * 3600) / DAY * 6.283185307179586));
}

static void an_outage_is_seen_within_seconds(void **state)
{
    struct stage *s = *state;
    char text[160];
    seconds(s, 2 * DAY, 20);
    assert_int_equal(s->n_fired, 0);
    int64_t outage = s->next;
    seconds(s, 600, 0);
    assert_int_equal(s->n_fired, 1);
    assert_in_range(s->fired - outage, 2, 6);
    assert_in_range(s->found.onset - outage, 0, 1);
    assert_int_equal(s->found.severity, RULE_CRITICAL);
    assert_int_equal(s->found.requests, 0);
    assert_true(fabs(s->found.expected / (20 * 600) - 1) < 0.05);
    rule_gone.evidence(&s->rule, &s->found, text, sizeof(text));
    assert_non_null(strstr(text, "0 requests since its onset, usually 1"));
    assert_non_null(strstr(text, "by chance once in "));
    seconds(s, 300, 20);
    assert_int_equal(s->found.severity, RULE_NONE);
    assert_in_range(s->resolved - outage - 600, 55, 120);
}

static void a_part_that_is_missing_is_a_warning(void **state)
{
    struct stage *s = *state;
    seconds(s, 2 * DAY, 20);
    int64_t outage = s->next;
    seconds(s, 300, 6);
    assert_int_equal(s->found.severity, RULE_WARNING);
    assert_in_range(s->fired - outage, 5, 60);
    assert_true(fabs(s->found.ratio - 0.3) < 0.05);
}

/* No hour of the day is known before it has been seen. */
static void the_first_day_only_teaches(void **state)
{
    struct stage *s = *state;
    seconds(s, DAY - 3600, 20);
    assert_true(rule_gone.is_settled(s->state));
    seconds(s, 1800, 0);
    assert_int_equal(s->n_fired, 0);
}

static void nights_are_no_outages(void **state)
{
    struct stage *s = *state;
    for (int64_t i = 0; i < 5 * DAY; i++) {
        tick(s, poisson(s, day_and_night(s->next)));
    }
    assert_int_equal(s->n_fired, 0);
    while (s->next % DAY != 2 * 3600) { /* the quietest hour: three requests a second */
        tick(s, poisson(s, day_and_night(s->next)));
    }
    int64_t outage = s->next;
    seconds(s, 60, 0);
    assert_int_equal(s->n_fired, 1);
    assert_in_range(s->fired - outage, 5, 30);
}

/* On a day with a third of the traffic, what was usual at that hour is not asked for. */
static void a_quiet_day_is_no_outage(void **state)
{
    struct stage *s = *state;
    for (int64_t i = 0; i < 5 * DAY; i++) {
        tick(s, poisson(s, day_and_night(s->next)));
    }
    for (int64_t i = 0; i < 2 * DAY; i++) { /* it begins at night, and not at once */
        double part = i < 7200 ? 1 - (double)i / 7200 * 0.65 : 0.35;
        tick(s, poisson(s, part * day_and_night(s->next)));
    }
    assert_int_equal(s->n_fired, 0);
}

static void pauses_that_heal_are_learned(void **state)
{
    struct stage *s = *state;
    seconds(s, 2 * DAY, 20);
    for (int i = 0; i < 5; i++) { /* as from a log that is written once a minute */
        seconds(s, 40, 0);
        seconds(s, 3600, 20);
    }
    assert_int_equal(s->n_fired, 1);
    int64_t outage = s->next;
    seconds(s, 300, 0);
    assert_int_equal(s->n_fired, 2);
    assert_in_range(s->fired - outage, 41, 80);
}

static void thin_traffic_needs_longer(void **state)
{
    struct stage *s = *state;
    seconds(s, 3 * DAY, 0.1);
    assert_int_equal(s->n_fired, 0);
    int64_t outage = s->next;
    seconds(s, 1800, 0);
    assert_int_equal(s->n_fired, 1);
    assert_in_range(s->fired - outage, 120, 900);
}

static void what_stays_away_is_the_new_normal(void **state)
{
    struct stage *s = *state;
    seconds(s, 2 * DAY, 20);
    seconds(s, DAY / 2 - 60, 1);
    assert_int_equal(s->found.severity, RULE_CRITICAL);
    seconds(s, 2 * DAY, 1);
    assert_int_equal(s->found.severity, RULE_NONE);
    assert_int_equal(s->n_fired, 1);
}

/* Less from eight on, nothing from noon on. */
static double half_a_day(int64_t second)
{
    double hour = (double)(second % DAY) / 3600;
    return hour < 8 ? 5 : hour < 12 ? 5 * (12 - hour) / 4 : 0;
}

static void an_outage_into_hours_without_traffic_ends_with_the_next_requests(void **state)
{
    struct stage *s = *state;
    for (int64_t i = 0; i < 3 * DAY; i++) {
        double mean = half_a_day(s->next);
        tick(s, mean > 0 ? poisson(s, mean) : 0);
    }
    assert_int_equal(s->n_fired, 0);
    seconds(s, 7 * 3600, 5);
    seconds(s, 10 * 3600, 0);
    assert_int_equal(s->found.severity, RULE_CRITICAL);
    seconds(s, 600, 1);
    assert_int_equal(s->found.severity, RULE_NONE);
    assert_int_equal(s->n_fired, 1);
}

/* A gap in a log that is read later: the seconds are ticked all the same, or the series is new. */
static void a_jump_of_the_clock_costs_little(void **state)
{
    struct stage *s = *state;
    seconds(s, 2 * DAY, 20);
    s->next += 400LL * DAY;
    seconds(s, 600, 20);
    s->next += 400LL * DAY;
    seconds(s, 600, 0);
    assert_true(s->n_fired <= 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_outage_is_seen_within_seconds),
        TEST(a_part_that_is_missing_is_a_warning),
        TEST(the_first_day_only_teaches),
        TEST(nights_are_no_outages),
        TEST(a_quiet_day_is_no_outage),
        TEST(pauses_that_heal_are_learned),
        TEST(thin_traffic_needs_longer),
        TEST(what_stays_away_is_the_new_normal),
        TEST(an_outage_into_hours_without_traffic_ends_with_the_next_requests),
        TEST(a_jump_of_the_clock_costs_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
