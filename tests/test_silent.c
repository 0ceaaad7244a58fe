/* When a series is missed, and when it is not. */
#include "alert/rule.h"
#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    START = 1795364000,
};

struct stage {
    struct rule rule;
    void *state;
    int64_t next;
    struct rule_finding found;
};

static int set_up(void **state)
{
    struct stage *s = alloc_zero(1, sizeof(*s));
    s->next = START;
    rule_preset(&s->rule, SPAN("silent"));
    s->state = alloc_zero(1, rule_silent.state_size(&s->rule));
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

static void seconds(struct stage *s, int n, uint64_t requests)
{
    for (int i = 0; i < n; i++) {
        rule_silent.tick(s->state, &s->rule, s->next++, requests, 0, &s->found);
    }
}

static void ten_minutes_without_a_request_are_a_warning(void **state)
{
    struct stage *s = *state;
    char text[120];
    seconds(s, 300, 2);
    assert_false(rule_silent.can_wait(s->state, &s->rule));
    seconds(s, 599, 0);
    assert_int_equal(s->found.severity, RULE_NONE);
    seconds(s, 1, 0);
    assert_int_equal(s->found.severity, RULE_WARNING);
    assert_int_equal(s->found.onset, START + 300);
    assert_int_equal(s->found.requests, 600);
    rule_silent.evidence(&s->rule, &s->found, text, sizeof(text));
    assert_string_equal(text, "no request for 600 s; 600 in the hour before");
    seconds(s, 100000, 0);
    assert_int_equal(s->found.severity, RULE_WARNING);
    assert_false(rule_silent.is_settled(s->state));
    seconds(s, 1, 1);
    assert_int_equal(s->found.severity, RULE_NONE);
}

static void a_pause_is_counted_from_the_last_request(void **state)
{
    struct stage *s = *state;
    for (int i = 0; i < 20; i++) {
        seconds(s, 1, 1);
        seconds(s, 599, 0);
        assert_int_equal(s->found.severity, RULE_NONE);
    }
    seconds(s, 1, 0);
    assert_int_equal(s->found.severity, RULE_WARNING);
    assert_int_equal(s->found.requests, 6); /* one in ten minutes, in this minute and 59 before */
}

static void too_few_requests_are_not_missed(void **state)
{
    struct stage *s = *state;
    s->rule.min_requests = 10;
    seconds(s, 10, 1);
    seconds(s, 600, 0);
    assert_int_equal(s->found.severity, RULE_NONE);
    assert_true(rule_silent.is_settled(s->state));
    seconds(s, 11, 1); /* with those of ten minutes ago */
    seconds(s, 600, 0);
    assert_int_equal(s->found.severity, RULE_WARNING);
    assert_int_equal(s->found.requests, 21);
}

/* What is left out while it is settled changes nothing. */
static void a_gap_may_be_left_out(void **state)
{
    struct stage *s = *state;
    s->rule.min_requests = 10;
    seconds(s, 5, 1);
    seconds(s, 600, 0);
    assert_true(rule_silent.is_settled(s->state));
    s->next += 86400;
    seconds(s, 20, 1);
    seconds(s, 600, 0);
    assert_int_equal(s->found.requests, 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ten_minutes_without_a_request_are_a_warning),
        TEST(a_pause_is_counted_from_the_last_request),
        TEST(too_few_requests_are_not_missed),
        TEST(a_gap_may_be_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
