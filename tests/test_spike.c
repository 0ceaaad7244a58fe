/*
 * The spike detector over days of made-up traffic, with time as a number.
 */
#include "alert/rule.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    START = 1795305600, /* 2026-11-22 00:00:00 UTC */
    DAY = 86400,
};

static struct rule rule_of(int64_t false_alarm_s)
{
    struct rule rule = {.name = "spike"};
    assert_true(rule_preset(&rule, SPAN("spike")));
    rule.false_alarm_s = false_alarm_s;
    return rule;
}

struct series {
    struct rule rule;
    void *state;
    int64_t now;
    uint64_t random;
    struct rule_finding found;
};

static struct series begin(void)
{
    struct series s = {.rule = rule_of(RULE_FALSE_ALARM_S), .now = START, .random = 1};
    s.state = calloc(1, rule_spike.state_size(&s.rule));
    assert_non_null(s.state);
    return s;
}

static void tick(struct series *s, uint64_t requests, uint64_t errors)
{
    rule_spike.tick(s->state, &s->rule, s->now++, requests, errors, &s->found);
}

static bool is_firing(const struct series *s)
{
    return s->found.severity != RULE_NONE;
}

/* Of `n` requests, each an error with a chance of `ratio`. */
static uint64_t errors_of(struct series *s, uint64_t n, double ratio)
{
    uint64_t errors = 0;
    for (uint64_t i = 0; i < n; i++) {
        s->random = s->random * 6364136223846793005u + 1442695040888963407u;
        errors += (double)(s->random >> 11) < ratio * 0x1p53;
    }
    return errors;
}

/* So many seconds of traffic without an alert. */
static void calm(struct series *s, int64_t seconds, uint64_t rate, double ratio)
{
    for (int64_t i = 0; i < seconds; i++) {
        tick(s, rate, errors_of(s, rate, ratio));
        if (is_firing(s)) {
            fail_msg("an alert after %lld s", (long long)i);
        }
    }
}

/* How many seconds until it fires, at most `most`. */
static int64_t until_fired(struct series *s, int64_t most, uint64_t rate, double ratio)
{
    for (int64_t i = 1; i <= most; i++) {
        tick(s, rate, errors_of(s, rate, ratio));
        if (is_firing(s)) {
            return i;
        }
    }
    fail_msg("no alert in %lld s", (long long)most);
    return most;
}

static int64_t until_over(struct series *s, int64_t most, uint64_t rate, double ratio)
{
    for (int64_t i = 1; i <= most; i++) {
        tick(s, rate, errors_of(s, rate, ratio));
        if (!is_firing(s)) {
            return i;
        }
    }
    fail_msg("still firing after %lld s", (long long)most);
    return most;
}

/* 14.8 nats at four a second, and a fifth second for the mixture. */
static void a_full_outage_fires_in_seconds_and_says_since_when(void **unused)
{
    struct series s = begin();
    (void)unused;
    calm(&s, 2 * DAY, 50, 0.002);
    int64_t onset = s.now;
    assert_in_range(until_fired(&s, 10, 50, 1), 4, 5);
    assert_int_equal(s.found.severity, RULE_CRITICAL);
    assert_in_range(s.found.onset, onset - 2, onset);
    assert_true(s.found.ratio > 0.9);
    assert_true(s.found.baseline > 0.001 && s.found.baseline < 0.003);
    assert_true(s.found.evidence > log(30.0 * DAY));
    for (int i = 0; i < 300; i++) {
        tick(&s, 50, 50);
        assert_true(is_firing(&s));
    }
    assert_in_range(until_over(&s, 200, 50, 0.002), 60, 120);
    calm(&s, DAY, 50, 0.002);
    free(s.state);
}

/* Its own blips are not known yet: 40 nats at the ceiling, and its weight, at four a second. */
static void a_new_series_needs_more(void **unused)
{
    struct series s = begin();
    (void)unused;
    calm(&s, 3600, 50, 0.002);
    assert_in_range(until_fired(&s, 30, 50, 1), 10, 12);
    free(s.state);
}

/* Evidence counts requests, not seconds: one in ten seconds. */
static void an_outage_of_thin_traffic_takes_some_requests(void **unused)
{
    struct series s = begin();
    (void)unused;
    for (int i = 0; i < 3 * DAY; i++) {
        tick(&s, i % 10 == 0, 0);
        assert_false(is_firing(&s));
    }
    int64_t onset = s.now;
    while (!is_firing(&s) && s.now < onset + 600) {
        tick(&s, s.now % 10 == 0, s.now % 10 == 0);
    }
    assert_true(is_firing(&s));
    assert_in_range(s.now - onset, 20, 200);
    free(s.state);
}

/* A tenth more of next to nothing, and a bit above a high baseline, are below the floor. */
static void small_changes_are_below_the_floor(void **unused)
{
    struct series s = begin();
    (void)unused;
    calm(&s, 2 * DAY, 100, 0.05);
    calm(&s, 3600, 100, 0.06);
    free(s.state);
}

static void blips_that_heal_are_learned(void **unused)
{
    struct series s = begin();
    (void)unused;
    unsigned alarms = 0, late = 0;
    calm(&s, 2 * DAY, 80, 0.002);
    for (int day = 0; day < 6; day++) {
        for (int i = 0; i < DAY; i++) {
            bool was = is_firing(&s);
            double ratio = i % (DAY / 4) < 12 ? 0.4 : 0.002; /* a deploy */
            tick(&s, 80, errors_of(&s, 80, ratio));
            alarms += is_firing(&s) && !was;
            late += is_firing(&s) && !was && day > 1;
        }
    }
    assert_in_range(alarms, 1, 3); /* the first ones */
    assert_int_equal(late, 0);
    assert_in_range(until_fired(&s, 200, 80, 1), 5, 120); /* an outage that lasts is none of them */
    free(s.state);
}

/* Seconds of bad traffic among calm ones, that many times, six hours apart. */
static unsigned blips(struct series *s, int times, int lasts, uint64_t rate, double ratio)
{
    unsigned alarms = 0;
    for (int i = 0; i < times * DAY / 4; i++) {
        bool was = is_firing(s), is_bad = i % (DAY / 4) < lasts;
        uint64_t n = is_bad ? rate : 80;
        tick(s, n, errors_of(s, n, is_bad ? ratio : 0.002));
        alarms += is_firing(s) && !was;
    }
    return alarms;
}

/* What deploys have taught is about their ratio. A full outage is another thing: five seconds. */
static void a_full_outage_is_seen_at_once_all_the_same(void **unused)
{
    struct series s = begin();
    (void)unused;
    calm(&s, 2 * DAY, 80, 0.002);
    blips(&s, 16, 15, 80, 0.55);
    assert_int_equal(blips(&s, 4, 18, 80, 0.6), 0);
    assert_in_range(until_fired(&s, 20, 80, 1), 4, 6);
    assert_in_range(until_over(&s, 400, 80, 0.002), 60, 120);
    assert_int_equal(blips(&s, 4, 18, 80, 0.6), 0);
    free(s.state);
}

/* Clumps of requests of which all fail teach the ceiling, too. */
static void the_ceiling_learns_as_well(void **unused)
{
    struct series s = begin();
    (void)unused;
    calm(&s, 2 * DAY, 80, 0.002);
    assert_in_range(blips(&s, 8, 8, 120, 1), 1, 2);
    assert_int_equal(blips(&s, 12, 9, 120, 1), 0);
    assert_in_range(until_fired(&s, 60, 80, 1), 10, 40);
    free(s.state);
}

/* A weak incident that healed teaches those bets that it moved. */
static void weak_lessons_do_not_delay_strong_alarms(void **unused)
{
    struct series s = begin();
    (void)unused;
    calm(&s, 2 * DAY, 80, 0.002);
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 180; k++) {
            tick(&s, 80, errors_of(&s, 80, 0.009));
        }
        if (is_firing(&s)) {
            until_over(&s, 2000, 80, 0.002);
        }
        calm(&s, 3 * 3600, 80, 0.002);
    }
    assert_in_range(until_fired(&s, 20, 80, 1), 4, 6);
    free(s.state);
}

static void lessons_are_forgotten_in_forty_days(void **unused)
{
    struct series s = begin();
    (void)unused;
    calm(&s, 2 * DAY, 80, 0.002);
    blips(&s, 8, 15, 80, 0.3);
    s.now += (int64_t)25 * DAY;
    calm(&s, DAY, 80, 0.002);
    assert_int_equal(blips(&s, 1, 15, 80, 0.3), 0);
    s.now += (int64_t)45 * DAY;
    calm(&s, DAY, 80, 0.002);
    assert_in_range(until_fired(&s, 15, 80, 0.3), 4, 8);
    free(s.state);
}

/* Two blips in one hour are not one of twice the length. */
static void what_healed_is_not_added_to_what_comes_next(void **unused)
{
    struct series s = begin();
    unsigned alarms = 0;
    (void)unused;
    calm(&s, 2 * DAY, 80, 0.002);
    blips(&s, 8, 14, 80, 0.4);
    for (int i = 0; i < 3600; i++) {
        bool was = is_firing(&s), is_bad = i % 120 < 14;
        tick(&s, 80, errors_of(&s, 80, is_bad ? 0.4 : 0.002));
        alarms += is_firing(&s) && !was;
    }
    assert_int_equal(alarms, 0);
    free(s.state);
}

static void what_lasts_half_a_day_is_the_new_normal(void **unused)
{
    struct series s = begin();
    (void)unused;
    calm(&s, 2 * DAY, 20, 0.01);
    until_fired(&s, 600, 20, 0.2);
    int64_t lasted = until_over(&s, DAY, 20, 0.2);
    assert_in_range(lasted, DAY / 2, DAY / 2 + 60);
    calm(&s, 6 * 3600, 20, 0.2);
    free(s.state);
}

static void an_alert_ends_when_nobody_comes_any_more(void **unused)
{
    struct series s = begin();
    (void)unused;
    calm(&s, 2 * DAY, 20, 0.01);
    until_fired(&s, 60, 20, 1);
    assert_false(rule_spike.is_settled(s.state));
    assert_in_range(until_over(&s, DAY, 0, 0), 3600, 3700);
    assert_true(rule_spike.is_settled(s.state));
    free(s.state);
}

/* The program leaves empty seconds out while the detector is settled. */
static void empty_seconds_may_be_left_out(void **unused)
{
    struct series all = begin(), some = begin();
    (void)unused;
    for (int64_t second = START; second < START + 3 * DAY; second++) {
        bool is_quiet = (second / 1800) % 5 == 2 || second % 7 == 3;
        bool is_bad = second > START + 2 * DAY && (second / 600) % 9 == 4;
        uint64_t n = is_quiet ? 0 : 9, x = is_bad ? 5U : (uint64_t)(second % 50 == 0);
        x = is_quiet ? 0 : x;
        all.now = some.now = second;
        tick(&all, n, x);
        if (n || !rule_spike.is_settled(some.state)) {
            tick(&some, n, x);
            assert_int_equal(all.found.severity, some.found.severity);
            assert_int_equal(all.found.onset, some.found.onset);
            assert_int_equal(all.found.errors, some.found.errors);
        } else {
            assert_false(is_firing(&all));
        }
    }
    free(all.state);
    free(some.state);
}

static void a_gap_of_years_is_no_alarm_and_no_work(void **unused)
{
    struct series s = begin();
    (void)unused;
    calm(&s, DAY, 50, 0.002);
    s.now += (int64_t)50 * 365 * DAY;
    calm(&s, DAY, 50, 0.002);
    s.now = -3 * DAY; /* a clock before 1970 is a clock */
    calm(&s, 60, 50, 0.002);
    free(s.state);
}

/* The budget is shared: of a hundred series each may be wrong a hundredth as often. */
static void more_series_need_more_evidence(void **unused)
{
    double evidence[2];
    (void)unused;
    for (int i = 0; i < 2; i++) {
        struct series s = begin();
        s.rule.n_series = i ? 100 : 1;
        calm(&s, 2 * DAY, 5, 0.001);
        until_fired(&s, 600, 5, 0.05);
        evidence[i] = s.found.evidence;
        free(s.state);
    }
    assert_true(evidence[0] > log(30.0 * DAY));
    assert_true(evidence[1] > log(30.0 * DAY * 100));
}

static void evidence_is_said_in_words(void **unused)
{
    struct rule rule = rule_of(RULE_FALSE_ALARM_S);
    struct rule_finding found = {.severity = RULE_CRITICAL,
                                 .requests = 840,
                                 .errors = 260,
                                 .ratio = 0.31,
                                 .baseline = 0.001,
                                 .evidence = log(900 * 365.25 * DAY)};
    char text[160];
    (void)unused;
    rule_spike.evidence(&rule, &found, text, sizeof text);
    assert_string_equal(text, "31 % of 840 requests since its onset, usually 0.1 %; by chance once "
                              "in 900 years of such traffic");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_outage_fires_in_seconds_and_says_since_when),
        cmocka_unit_test(a_new_series_needs_more),
        cmocka_unit_test(an_outage_of_thin_traffic_takes_some_requests),
        cmocka_unit_test(small_changes_are_below_the_floor),
        cmocka_unit_test(blips_that_heal_are_learned),
        cmocka_unit_test(a_full_outage_is_seen_at_once_all_the_same),
        cmocka_unit_test(the_ceiling_learns_as_well),
        cmocka_unit_test(weak_lessons_do_not_delay_strong_alarms),
        cmocka_unit_test(lessons_are_forgotten_in_forty_days),
        cmocka_unit_test(what_healed_is_not_added_to_what_comes_next),
        cmocka_unit_test(what_lasts_half_a_day_is_the_new_normal),
        cmocka_unit_test(an_alert_ends_when_nobody_comes_any_more),
        cmocka_unit_test(empty_seconds_may_be_left_out),
        cmocka_unit_test(a_gap_of_years_is_no_alarm_and_no_work),
        cmocka_unit_test(more_series_need_more_evidence),
        cmocka_unit_test(evidence_is_said_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
