/* What Alertmanager and Slack are told, as far as no real one can show it (e2e/test_deliver.py). */
#include "output/alertmanager.h"
#include "output/members.h"
#include "output/slack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void an_address_without_a_path_gets_that_of_the_api(void **state)
{
    static const char *const cases[][2] = {
        {"http://am:9093", "http://am:9093/api/v2/alerts"},
        {"https://am.example/", "https://am.example/api/v2/alerts"},
        {"http://am/prefix/api/v2/alerts", "http://am/prefix/api/v2/alerts"},
        {"http://[::1]:9093", "http://[::1]:9093/api/v2/alerts"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *url = alertmanager_url(cases[i][0]);
        assert_string_equal(url, cases[i][1]);
        free(url);
    }
}

static void an_end_is_told_for_a_while_and_a_silenced_alert_never(void **state)
{
    (void)state;
    struct alert a = {.state = ALERT_FIRING, .at = 1000, .since = 990};
    assert_true(alertmanager_wants(&a, 100000));
    a.silenced = true;
    assert_false(alertmanager_wants(&a, 1001));
    a.silenced = false;
    a.state = ALERT_RESOLVED;
    a.resolved_at = 2000;
    assert_true(alertmanager_wants(&a, 2000 + ALERTMANAGER_RESOLVED_S - 1));
    assert_false(alertmanager_wants(&a, 2000 + ALERTMANAGER_RESOLVED_S));
    a.state = ALERT_PENDING;
    assert_false(alertmanager_wants(&a, 2000));
}

static void labels_have_values_and_times_are_those_of_the_alert(void **state)
{
    (void)state;
    struct buf out = {0};
    struct alert a = {.rule = "spike",
                      .state = ALERT_FIRING,
                      .severity = RULE_WARNING,
                      .host = "shop \"a\"",
                      .since = 1795365822,
                      .baseline = -1,
                      .summary = "it fails"};
    buf_byte(&out, '[');
    alertmanager_add(&out, &a, 1795365900);
    buf_byte(&out, '\0');
    assert_non_null(strstr(out.data, "\"labels\":{\"alertname\":\"spike\",\"severity\":\"warning\","
                                     "\"host\":\"shop \\\"a\\\"\"}"));
    assert_non_null(strstr(out.data, "\"startsAt\":\"2026-11-22T16:43:42Z\""));
    assert_non_null(strstr(out.data, "\"endsAt\":\"2026-11-22T16:49:00Z\"")); /* in four minutes */
    assert_null(strstr(out.data, "\"usual\""));
    buf_done(&out);
}

static void nothing_in_a_message_is_a_mention_or_a_link(void **state)
{
    (void)state;
    struct buf out = {0};
    struct alert a = {.state = ALERT_FIRING,
                      .severity = RULE_CRITICAL,
                      .n_samples = 1,
                      .summary = "502 for <!channel> & <http://x|y>"};
    snprintf(a.samples[0], sizeof a.samples[0], "GET /<@U1> \"q\"");
    slack_alert(&out, &a);
    buf_byte(&out, '\0');
    assert_non_null(strstr(out.data, "{\"text\":\"[critical] 502 for &lt;!channel&gt; &amp; "
                                     "&lt;http://x|y&gt;\",\"blocks\":["));
    assert_null(strstr(out.data, "mrkdwn"));
    assert_non_null(strstr(out.data, "GET /<@U1> \\\"q\\\"")); /* in a block of plain text */
    buf_done(&out);
}

static void a_message_has_no_end_before_it_is_over(void **state)
{
    (void)state;
    struct buf out = {0};
    struct alert a = {.id = "0123456789abcdef",
                      .rule = "spike",
                      .state = ALERT_FIRING,
                      .severity = RULE_CRITICAL,
                      .source = "site",
                      .since = 1795365822,
                      .baseline = -1};
    buf_byte(&out, '{');
    alertmanager_payload(&out, &a, "ops");
    a.state = ALERT_RESOLVED;
    a.resolved_at = 1795365900;
    members_close(&out, '}');
    buf_byte(&out, '{');
    size_t second = out.len;
    alertmanager_payload(&out, &a, "ops");
    buf_byte(&out, '\0');
    assert_non_null(strstr(out.data, "\"version\":\"4\",\"groupKey\":\"0123456789abcdef\""));
    assert_non_null(strstr(out.data, "\"status\":\"firing\",\"receiver\":\"ops\""));
    assert_non_null(strstr(out.data, "\"endsAt\":\"0001-01-01T00:00:00Z\""));
    assert_non_null(strstr(out.data + second, "\"status\":\"resolved\""));
    assert_non_null(strstr(out.data + second, "\"endsAt\":\"2026-11-22T16:45:00Z\""));
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_without_a_path_gets_that_of_the_api),
        cmocka_unit_test(an_end_is_told_for_a_while_and_a_silenced_alert_never),
        cmocka_unit_test(a_message_has_no_end_before_it_is_over),
        cmocka_unit_test(labels_have_values_and_times_are_those_of_the_alert),
        cmocka_unit_test(nothing_in_a_message_is_a_mention_or_a_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
