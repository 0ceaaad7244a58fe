/* The burn rate detector against sums over all that it was given. */
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
    START = 1795364000, /* 2026-11-22T16:13:20Z: within a step of every width */
    HOUR = 3600,
    DAY = 86400,
};

struct traffic {
    struct rule rule;
    void *state;
    int64_t next;
    struct rule_finding found;
};

static void begin(struct traffic *t)
{
    *t = (struct traffic){.rule = {.name = "slo"}, .next = START};
    assert_true(rule_preset(&t->rule, SPAN("sre")));
    t->state = alloc_zero(1, rule_slo.state_size(&t->rule));
}

static void second(struct traffic *t, uint64_t requests, uint64_t errors)
{
    rule_slo.tick(t->state, &t->rule, t->next++, requests, errors, &t->found);
}

/* Until it says that severity, or `most` seconds are over; how many it took. */
static int64_t seconds_until(struct traffic *t, enum rule_severity severity, int64_t most,
                             uint64_t requests, uint64_t errors)
{
    int64_t n = 0;
    do {
        second(t, requests, errors);
        n++;
    } while (t->found.severity != severity && n < most);
    return n;
}

static void half_of_all_failing_pages_within_two_minutes(void **state)
{
    struct traffic t;
    (void)state;
    begin(&t);
    seconds_until(&t, RULE_CRITICAL, 7 * HOUR, 100, 0);
    assert_int_equal(t.found.severity, RULE_NONE);
    int64_t began = t.next;
    /* 1.44 % of an hour's 360,000 to 361,000. */
    int64_t took = seconds_until(&t, RULE_CRITICAL, 600, 100, 50);
    assert_in_range(took, 104, 105);
    assert_true(llabs(t.found.onset - began) <= 10);
    assert_true(fabs(t.found.burn_rate - 14.4) < 0.2);
    assert_int_equal(t.found.errors, 50 * took);
    assert_in_range(t.found.requests, 30000, 31000);
    /* 5 min of the first pair; what it used up of three days' budget is another matter. */
    took = seconds_until(&t, RULE_NONE, HOUR, 100, 0);
    assert_in_range(took, 290, 310);
    assert_int_equal(seconds_until(&t, RULE_WARNING, HOUR, 100, 0), 1);
    assert_in_range(seconds_until(&t, RULE_NONE, DAY, 100, 0), 5 * HOUR, 6 * HOUR);
    free(t.state);
}

static void a_slow_burn_is_a_warning(void **state)
{
    struct traffic t;
    (void)state;
    begin(&t);
    seconds_until(&t, RULE_CRITICAL, 3 * DAY, 10, 0);
    /* 0.2 %: twice the budget. */
    for (int64_t i = 0; i < 2 * DAY && t.found.severity == RULE_NONE; i++) {
        second(&t, 10, i % 50 == 0);
    }
    assert_int_equal(t.found.severity, RULE_WARNING);
    assert_int_equal(t.found.windows, 3);
    assert_true(t.found.burn_rate > 1 && t.found.burn_rate < 1.01);
    free(t.state);
}

static void the_budget_is_that_of_thirty_days(void **state)
{
    struct traffic t;
    (void)state;
    begin(&t);
    t.rule.objective = 0.99;
    seconds_until(&t, RULE_CRITICAL, 10 * DAY, 10, 0);
    seconds_until(&t, RULE_CRITICAL, DAY, 10, 10);
    double requests = (double)(t.next - START) * 10;
    double errors = (double)(t.next - START - 10 * DAY) * 10;
    assert_true(fabs(t.found.budget_left - (1 - errors / requests / 0.01)) < 1e-9);
    char text[200];
    rule_slo.evidence(&t.rule, &t.found, text, sizeof(text));
    assert_non_null(strstr(text, "burns the error budget of 99 % at 14.4 times its rate over 1 h"));
    /* All that is older is forgotten. */
    seconds_until(&t, RULE_NONE, DAY, 10, 0);
    seconds_until(&t, RULE_CRITICAL, 31 * DAY, 1, 0);
    seconds_until(&t, RULE_CRITICAL, DAY, 1, 1);
    assert_true(t.found.budget_left > 0.85);
    free(t.state);
}

static void thin_traffic_says_nothing_where_that_is_asked(void **state)
{
    struct traffic t;
    (void)state;
    begin(&t);
    t.rule.min_requests = 20;
    for (int i = 0; i < 20; i++) {
        second(&t, 1, 1);
        assert_int_equal(t.found.severity, RULE_NONE);
    }
    second(&t, 1, 1);
    assert_int_equal(t.found.severity, RULE_CRITICAL);
    free(t.state);
}

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

/* Sums from the start of the step that a window begins with. */
struct sums {
    uint64_t *requests, *errors; /* before each second */
};

static double ratio_over(const struct sums *all, int64_t now, int step_s, int steps)
{
    int64_t first = (now / step_s - steps) * step_s;
    size_t from = first > START ? (size_t)(first - START) : 0, to = (size_t)(now - START) + 1;
    uint64_t requests = all->requests[to] - all->requests[from];
    return requests ? (double)(all->errors[to] - all->errors[from]) / (double)requests : 0;
}

/* `was` goes on: then only those that are as bad are asked. */
static int expected_pair(const struct sums *all, int64_t now, int was)
{
    static const struct {
        double rate;
        int step[2], steps[2];
    } pairs[] = {{14.4, {10, 10}, {360, 30}},
                 {6, {300, 10}, {72, 180}},
                 {3, {3600, 300}, {24, 24}},
                 {1, {3600, 300}, {72, 72}}};
    for (int i = 0; i < (was == 0 || was == 1 ? 2 : 4); i++) {
        double limit = pairs[i].rate * (1 - 0.999);
        if (ratio_over(all, now, pairs[i].step[0], pairs[i].steps[0]) > limit &&
            ratio_over(all, now, pairs[i].step[1], pairs[i].steps[1]) > limit) {
            return i;
        }
    }
    return -1;
}

/* Four days with gaps, dirty hours and outages; empty seconds are left out where that is allowed.
 */
static void windows_are_sums_and_gaps_may_be_left_out(void **state)
{
    struct traffic t;
    uint64_t random = 88172645463325252u, n_found = 0, n_left_out = 0;
    size_t n = 4 * DAY;
    struct sums all = {alloc_zero(n + 1, sizeof(uint64_t)), alloc_zero(n + 1, sizeof(uint64_t))};
    (void)state;
    begin(&t);
    int was = -1;
    for (size_t i = 0; i < n; i++) {
        unsigned hour = (unsigned)(i / 3600), kind = (hour * 7 + 3) % 11;
        uint64_t requests = next_random(&random) % (kind == 4 ? 1 : 40), errors = 0;
        for (uint64_t k = 0; k < requests; k++) {
            errors += next_random(&random) % 10000 < (kind == 9                     ? 40U
                                                      : kind == 6 && i % 3600 < 400 ? 3000U
                                                                                    : 4U);
        }
        all.requests[i + 1] = all.requests[i] + requests;
        all.errors[i + 1] = all.errors[i] + errors;
        int want = expected_pair(&all, START + (int64_t)i, was);
        want = was < 0 && requests == 0 ? -1 : want;
        was = want;
        if (requests == 0 && (i == 0 || rule_slo.is_settled(t.state))) {
            n_left_out++;
            assert_int_equal(want, -1);
            continue;
        }
        t.next = START + (int64_t)i;
        second(&t, requests, errors);
        int got = t.found.severity == RULE_NONE ? -1 : t.found.windows;
        if (got != want) {
            fail_msg("second %zu: pair %d, not %d", i, got, want);
        }
        n_found += want >= 0;
    }
    assert_true(n_found > 5000 && n_left_out > 5000);
    free(all.requests);
    free(all.errors);
    free(t.state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_of_all_failing_pages_within_two_minutes),
        cmocka_unit_test(a_slow_burn_is_a_warning),
        cmocka_unit_test(the_budget_is_that_of_thirty_days),
        cmocka_unit_test(thin_traffic_says_nothing_where_that_is_asked),
        cmocka_unit_test(windows_are_sums_and_gaps_may_be_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
