#include "alert/rule.h"
#include "base/alloc.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* A detector and the second that it is at. */
struct run {
    struct rule rule;
    void *detector;
    int64_t second;
    struct rule_finding last;
};

static int set_up(void **state)
{
    struct run *run = alloc_zero(1, sizeof *run);
    run->rule = (struct rule){.name = "spike"};
    rule_preset(&run->rule, SPAN("netdata"));
    run->detector = alloc_zero(1, rule_threshold.state_size(&run->rule));
    run->second = 1795364000;
    *state = run;
    return 0;
}

static int tear_down(void **state)
{
    struct run *run = *state;
    free(run->detector);
    free(run);
    return 0;
}

/* Ticks `seconds` times with these counts each. */
static enum rule_severity ticks(struct run *run, int seconds, uint64_t requests, uint64_t errors)
{
    for (int i = 0; i < seconds; i++) {
        rule_threshold.tick(run->detector, &run->rule, run->second++, requests, errors, &run->last);
    }
    return run->last.severity;
}

static void healthy_traffic_is_no_finding(void **state)
{
    struct run *run = *state;
    for (int i = 0; i < 600; i++) {
        assert_int_equal(ticks(run, 1, 100, i % 5 == 0), RULE_NONE);
    }
}

static void ratio_above_a_limit_is_found_and_the_limit_itself_is_not(void **state)
{
    struct run *run = *state;
    assert_int_equal(ticks(run, 60, 100, 2), RULE_NONE);
    assert_int_equal(ticks(run, 1, 100, 3), RULE_WARNING);
    assert_int_equal(ticks(run, 60, 100, 5), RULE_WARNING);
    assert_int_equal(ticks(run, 1, 100, 6), RULE_CRITICAL);
}

static void counts_in_the_finding_are_those_of_the_window(void **state)
{
    struct run *run = *state;
    ticks(run, 100, 10, 0);
    ticks(run, 20, 10, 5);
    assert_int_equal(run->last.requests, 600);
    assert_int_equal(run->last.errors, 100);
    assert_true(fabs(run->last.ratio - 1.0 / 6) < 1e-12);
}

static void too_few_requests_raise_nothing(void **state)
{
    struct run *run = *state;
    assert_int_equal(ticks(run, 300, 2, 2), RULE_NONE); /* 120 in the window: not more than 120 */
    assert_int_equal(ticks(run, 1, 3, 3), RULE_CRITICAL);
}

static void warning_stays_until_the_clear_ratio(void **state)
{
    struct run *run = *state;
    ticks(run, 60, 1000, 0);
    assert_int_equal(ticks(run, 60, 1000, 30), RULE_WARNING);
    assert_int_equal(ticks(run, 60, 1000, 11), RULE_WARNING);
    assert_int_equal(ticks(run, 60, 1000, 10), RULE_NONE);
    assert_int_equal(ticks(run, 60, 1000, 19), RULE_NONE);
}

static void critical_falls_back_to_warning_and_then_to_none(void **state)
{
    struct run *run = *state;
    assert_int_equal(ticks(run, 60, 1000, 60), RULE_CRITICAL);
    assert_int_equal(ticks(run, 60, 1000, 21), RULE_CRITICAL);
    assert_int_equal(ticks(run, 60, 1000, 20), RULE_WARNING);
    assert_int_equal(ticks(run, 60, 1000, 10), RULE_NONE);
}

static void critical_without_warning_clears_to_none(void **state)
{
    struct run *run = *state;
    rule_preset(&run->rule, SPAN("prometheus"));
    assert_int_equal(ticks(run, 1, 1, 1), RULE_CRITICAL);
    assert_int_equal(ticks(run, 19, 1, 0), RULE_NONE); /* 1 of 20 is 5 %, which is not above 5 % */
}

static void finding_outlives_thin_traffic_but_not_silence(void **state)
{
    struct run *run = *state;
    ticks(run, 60, 10, 10);
    assert_int_equal(ticks(run, 200, 1, 1), RULE_CRITICAL);
    assert_int_equal(ticks(run, 59, 0, 0), RULE_CRITICAL);
    assert_int_equal(ticks(run, 1, 0, 0), RULE_NONE);
    assert_true(rule_threshold.is_settled(run->detector));
}

static void onset_is_the_second_in_which_errors_began(void **state)
{
    struct run *run = *state;
    ticks(run, 600, 50, 0);
    int64_t began = run->second;
    while (ticks(run, 1, 50, 10) == RULE_NONE) {
    }
    assert_true(run->last.onset == began);
    ticks(run, 100, 50, 10); /* it stays when the window has moved on */
    assert_true(run->last.onset == began);
}

static void onset_is_found_behind_a_few_usual_errors(void **state)
{
    struct run *run = *state;
    for (int i = 0; i < 600; i++) {
        ticks(run, 1, 100, i % 3 == 0);
    }
    int64_t began = run->second;
    while (ticks(run, 1, 100, 15) == RULE_NONE) {
    }
    assert_true(run->last.onset == began);
}

static void onset_of_errors_all_along_is_the_first_error(void **state)
{
    struct run *run = *state;
    int64_t began = run->second + 3;
    ticks(run, 3, 0, 0);
    while (ticks(run, 1, 10, 5) == RULE_NONE) {
    }
    assert_true(run->last.onset == began);
}

static void baseline_is_unknown_at_first(void **state)
{
    struct run *run = *state;
    assert_int_equal(ticks(run, 60, 10, 10), RULE_CRITICAL);
    assert_true(run->last.baseline < 0);
}

static void baseline_is_the_ratio_before_the_onset(void **state)
{
    struct run *run = *state;
    for (int i = 0; i < 3000; i++) {
        ticks(run, 1, 100, i % 10 == 0);
    }
    assert_int_equal(ticks(run, 30, 100, 50), RULE_CRITICAL);
    assert_true(fabs(run->last.baseline - 0.001) < 1e-5);
    ticks(run, 10000, 100, 50);
    assert_true(fabs(run->last.baseline - 0.001) < 1e-5);
}

static void alerting_time_is_not_in_the_baseline(void **state)
{
    struct run *run = *state;
    ticks(run, 1800, 100, 0);
    ticks(run, 600, 100, 50);
    assert_int_equal(ticks(run, 600, 100, 0), RULE_NONE);
    assert_true(fabs(run->last.baseline) < 1e-12);
}

static void baseline_forgets_what_is_older_than_an_hour(void **state)
{
    struct run *run = *state;
    ticks(run, 3600, 1000, 9);
    ticks(run, 3600 + 180, 1000, 1);
    assert_true(fabs(run->last.baseline - 0.001) < 1e-12);
}

static bool is_same(const struct rule_finding *a, const struct rule_finding *b)
{
    return a->severity == b->severity && a->onset == b->onset && a->requests == b->requests &&
           a->errors == b->errors && fabs(a->baseline - b->baseline) < 1e-12;
}

static void seconds_left_out_of_a_settled_state_change_nothing(void **state)
{
    struct run *run = *state, other = *run;
    other.detector = alloc_zero(1, rule_threshold.state_size(&run->rule));
    ticks(run, 500, 100, 1);
    ticks(&other, 500, 100, 1);
    ticks(run, 5000, 0, 0);
    ticks(&other, 60, 0, 0);
    assert_true(rule_threshold.is_settled(other.detector));
    other.second = run->second;
    for (int i = 0; i < 4000; i++) {
        ticks(run, 1, 50, i % 300 > 250);
        ticks(&other, 1, 50, i % 300 > 250);
        assert_true(is_same(&run->last, &other.last));
    }
    free(other.detector);
}

/* Does any of the next empty seconds, as many as a window has, find something? */
static bool finds_in_silence(const struct run *run)
{
    struct run copy = *run;
    size_t size = rule_threshold.state_size(&run->rule);
    bool found = false;
    copy.detector = alloc_zero(1, size);
    memcpy(copy.detector, run->detector, size);
    for (int i = 0; i < run->rule.window_s; i++) {
        found = ticks(&copy, 1, 0, 0) != RULE_NONE || found;
    }
    free(copy.detector);
    return found;
}

static void silence_finds_nothing_where_seconds_can_wait(void **state)
{
    struct run *run = *state;
    int waits = 0, finds = 0;
    uint64_t random = 42;
    for (int i = 0; i < 2000; i++) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        bool is_thin = i / 100 % 2;
        uint64_t requests = (random >> 33) % (is_thin ? 3 : 20);
        ticks(run, 1, requests, i % 200 > 140 || i % 7 == 0 ? requests / 3 : 0);
        bool can_wait = rule_threshold.can_wait(run->detector, &run->rule);
        bool found = finds_in_silence(run);
        assert_false(can_wait && found);
        waits += can_wait;
        finds += found;
    }
    assert_true(waits > 100);
    assert_true(finds > 100);
}

static void baseline_of_more_requests_than_fit_into_a_minute_is_right(void **state)
{
    struct run *run = *state;
    ticks(run, 400, UINT32_MAX / 7, UINT32_MAX / 700);
    assert_true(fabs(run->last.baseline - 0.01) < 1e-6);
    ticks(run, 4000, 100, 0);
    ticks(run, 4000, 100, 1);
    assert_true(fabs(run->last.baseline - 0.01) < 1e-6);
}

static void more_errors_than_requests_are_taken_as_all(void **state)
{
    struct run *run = *state;
    ticks(run, 60, 10, UINT64_MAX);
    assert_true(fabs(run->last.ratio - 1) < 1e-12);
    ticks(run, 60, UINT64_MAX, 0);
    assert_true(run->last.errors == 0);
}

static void times_before_1970_are_times_too(void **state)
{
    struct run *run = *state;
    run->second = -200;
    ticks(run, 150, 100, 0);
    assert_int_equal(ticks(run, 20, 100, 50), RULE_CRITICAL);
    assert_true(run->last.onset == -50);
    assert_true(fabs(run->last.baseline) < 1e-12);
}

static void evidence_says_what_was_measured_and_the_limit(void **state)
{
    struct run *run = *state;
    char text[160];
    struct rule_finding finding = {
        .severity = RULE_CRITICAL, .requests = 840, .errors = 260, .ratio = 0.31};
    rule_threshold.evidence(&run->rule, &finding, text, sizeof text);
    assert_string_equal(text, "31.0 % of 840 requests in 60 s, limit 5 %");
    finding.severity = RULE_WARNING;
    rule_threshold.evidence(&run->rule, &finding, text, sizeof text);
    assert_string_equal(text, "31.0 % of 840 requests in 60 s, limit 2 %");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(healthy_traffic_is_no_finding),
        TEST(ratio_above_a_limit_is_found_and_the_limit_itself_is_not),
        TEST(counts_in_the_finding_are_those_of_the_window),
        TEST(too_few_requests_raise_nothing),
        TEST(warning_stays_until_the_clear_ratio),
        TEST(critical_falls_back_to_warning_and_then_to_none),
        TEST(critical_without_warning_clears_to_none),
        TEST(finding_outlives_thin_traffic_but_not_silence),
        TEST(onset_is_the_second_in_which_errors_began),
        TEST(onset_is_found_behind_a_few_usual_errors),
        TEST(onset_of_errors_all_along_is_the_first_error),
        TEST(baseline_is_unknown_at_first),
        TEST(baseline_is_the_ratio_before_the_onset),
        TEST(alerting_time_is_not_in_the_baseline),
        TEST(baseline_forgets_what_is_older_than_an_hour),
        TEST(seconds_left_out_of_a_settled_state_change_nothing),
        TEST(silence_finds_nothing_where_seconds_can_wait),
        TEST(baseline_of_more_requests_than_fit_into_a_minute_is_right),
        TEST(more_errors_than_requests_are_taken_as_all),
        TEST(times_before_1970_are_times_too),
        TEST(evidence_says_what_was_measured_and_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
