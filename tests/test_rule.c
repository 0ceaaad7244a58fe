#include "alert/rule.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct rule good_rule(void)
{
    return (struct rule){.name = "spike",
                         .on = {.classes = ON_5XX},
                         .by = RULE_BY_SOURCE,
                         .window_s = 60,
                         .min_requests = 120,
                         .warning = 0.02,
                         .warning_clear = 0.01,
                         .critical = 0.05,
                         .critical_clear = 0.02};
}

static bool is_about(double a, double b)
{
    return fabs(a - b) < 1e-12;
}

static void netdata_preset_has_the_figures_of_netdata(void **state)
{
    (void)state;
    struct rule rule = {.name = "mine", .by = RULE_BY_HOST, .for_s = 9};
    assert_true(rule_preset(&rule, SPAN("netdata")));
    assert_string_equal(rule.name, "mine");
    assert_int_equal(rule.by, RULE_BY_HOST);
    assert_int_equal(rule.on.classes, ON_5XX);
    assert_int_equal(rule.window_s, 60);
    assert_int_equal(rule.min_requests, 120);
    assert_int_equal(rule.for_s, 0);
    assert_true(is_about(rule.warning, 0.02) && is_about(rule.warning_clear, 0.01));
    assert_true(is_about(rule.critical, 0.05) && is_about(rule.critical_clear, 0.02));
}

static void prometheus_preset_is_critical_only_and_holds_for_a_minute(void **state)
{
    (void)state;
    struct rule rule = {.name = "mine", .min_requests = 7};
    assert_true(rule_preset(&rule, SPAN("prometheus")));
    assert_int_equal(rule.for_s, 60);
    assert_int_equal(rule.min_requests, 0);
    assert_true(is_about(rule.warning, 0));
    assert_true(is_about(rule.critical, 0.05) && is_about(rule.critical_clear, 0.05));
}

static void every_listed_preset_is_a_valid_rule(void **state)
{
    (void)state;
    size_t n = 0;
    for (; rule_presets()[n]; n++) {
        struct rule rule = {.name = "mine"};
        struct problem why = {0};
        assert_true(rule_preset(&rule, span_of(rule_presets()[n])));
        assert_int_equal(rule_check(&rule, &why), 0);
    }
    assert_int_equal(n, 8);
}

static void unknown_preset_leaves_the_rule_alone(void **state)
{
    (void)state;
    struct rule rule = good_rule();
    assert_false(rule_preset(&rule, SPAN("nagios")));
    assert_int_equal(rule.window_s, 60);
}

static void check_names_the_figure_that_is_wrong(void **state)
{
    (void)state;
    struct rule r[16];
    for (size_t i = 0; i < 16; i++) {
        r[i] = good_rule();
    }
    r[1].name[0] = '\0';
    r[2].window_s = 0;
    r[3].window_s = RULE_WINDOW_MAX_S + 1;
    r[4].for_s = -1;
    r[5].clear_for_s = RULE_WAIT_MAX_S + 1;
    r[6].warning = -0.1;
    r[7].critical = 1;
    r[8].warning = (double)NAN;
    r[9].warning_clear = 0.03;
    r[10].critical_clear = 0.06;
    r[11].warning = r[11].critical = 0;
    r[12].warning = 0.06;
    r[13].by = 16;
    r[14].warning = 0, r[14].warning_clear = 0.5; /* fine: warning is off */
    r[15].warning_clear = (double)NAN;
    static const char *const want[16] = {
        NULL,
        "name",
        "window",
        "window",
        "for",
        "clear_for",
        "warning",
        "critical",
        "warning",
        "warning_clear",
        "critical_clear",
        "limit",
        "above critical",
        "by source",
        NULL,
        "warning_clear",
    };
    for (size_t i = 0; i < 16; i++) {
        struct problem why = {0};
        int got = rule_check(&r[i], &why);
        if (got != (want[i] ? -EINVAL : 0) || (want[i] && !strstr(why.text, want[i]))) {
            fail_msg("rule %zu: %d \"%s\"", i, got, why.text);
        }
    }
}

static void check_needs_no_problem_to_fill(void **state)
{
    (void)state;
    struct rule rule = good_rule();
    rule.window_s = 0;
    assert_int_equal(rule_check(&rule, NULL), -EINVAL);
}

static void rules_are_equal_when_all_figures_are(void **state)
{
    (void)state;
    struct rule a = good_rule(), b = good_rule();
    b.name[20] = 'x'; /* behind the end of the name */
    assert_true(rule_equal(&a, &b));
    b.critical = 0.051;
    assert_false(rule_equal(&a, &b));
    b = good_rule();
    b.by = 0;
    assert_false(rule_equal(&a, &b));
    b = good_rule();
    b.name[0] = 'S';
    assert_false(rule_equal(&a, &b));
}

static void percent_has_sensible_digits(void **state)
{
    (void)state;
    static const struct {
        double ratio;
        const char *want;
    } cases[] = {
        {0, "0 %"},       {0.00001, "under 0.01 %"}, {0.0012, "0.12 %"}, {0.001, "0.1 %"},
        {0.034, "3.4 %"}, {0.0994, "9.9 %"},         {0.0997, "10 %"},   {0.314, "31 %"},
        {0.994, "99 %"},  {0.9999, "over 99 %"},     {1, "100 %"},       {-1, "0 %"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[RULE_PERCENT];
        assert_string_equal(rule_percent(cases[i].ratio, out), cases[i].want);
    }
}

static void severities_have_names(void **state)
{
    (void)state;
    assert_string_equal(rule_severity_name(RULE_WARNING), "warning");
    assert_string_equal(rule_severity_name(RULE_CRITICAL), "critical");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(netdata_preset_has_the_figures_of_netdata),
        cmocka_unit_test(prometheus_preset_is_critical_only_and_holds_for_a_minute),
        cmocka_unit_test(every_listed_preset_is_a_valid_rule),
        cmocka_unit_test(unknown_preset_leaves_the_rule_alone),
        cmocka_unit_test(check_names_the_figure_that_is_wrong),
        cmocka_unit_test(check_needs_no_problem_to_fill),
        cmocka_unit_test(rules_are_equal_when_all_figures_are),
        cmocka_unit_test(percent_has_sensible_digits),
        cmocka_unit_test(severities_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
