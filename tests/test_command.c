/* The command line and the query as pure text; test_serve.c asks the same by sockets. */
#include "base/alloc.h"
#include "serve/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void durations_have_a_unit_or_are_seconds(void **state)
{
    static const struct {
        const char *text;
        int seconds; /* 0: none */
    } cases[] = {
        {"90", 90},
        {"90s", 90},
        {"10m", 600},
        {"2h", 7200},
        {"1d", 86400},
        {"366d", 31622400},
        {"367d", 0},
        {"0", 0},
        {"0m", 0},
        {"", 0},
        {"m", 0},
        {"-5m", 0},
        {"1.5h", 0},
        {"10M", 0},
        {"10 m", 0},
        {"99999999999999999999s", 0},
        {"18446744073709551615d", 0},
        {"1w", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int seconds = 0;
        bool read = command_duration(span_of(cases[i].text), &seconds);
        if (read != (cases[i].seconds != 0) || seconds != cases[i].seconds) {
            fail_msg("\"%s\": %d", cases[i].text, seconds);
        }
    }
}

static void openmetrics_must_be_preferred_by_weight_and_version(void **state)
{
    static const struct {
        const char *accept;
        bool open;
    } cases[] = {
        {"", false},
        {"*/*", false},
        {"text/plain", false},
        {"application/openmetrics-text", true},
        {"Application/OpenMetrics-Text; version=1.0.0; charset=utf-8", true},
        {"application/openmetrics-text;version=0.0.1", false},
        {"application/openmetrics-text;version=0.0.1,text/plain;q=0.1", false},
        {"application/openmetrics-text;q=0", false},
        {"application/openmetrics-text;q=0.5,text/plain;version=0.0.4;q=0.6", false},
        {"text/plain;version=0.0.4;q=0.5 , application/openmetrics-text;version=1.0.0;q=0.75",
         true},
        {"application/openmetrics-text;q=0.25,text/plain;version=1.0.0", true},
        {"text/html,application/xhtml+xml,*/*;q=0.8", false},
        {",;,;;q=,=", false},
        {"application/openmetrics-text;q=0.x", true}, /* what can't be read counts as 1 */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (command_prefers_openmetrics(span_of(cases[i].accept)) != cases[i].open) {
            fail_msg("%s", cases[i].accept);
        }
    }
}

static void an_unknown_word_is_shown_harmless_and_short(void **state)
{
    (void)state;
    struct buf why = {0};
    struct serve_request request = {0};
    struct span line = SPAN("\xff\xfe"
                            "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz x");
    assert_int_equal(command_line(line, &request, &why), COMMAND_UNKNOWN);
    assert_string_equal(
        why.data, "unknown command \"??abcdefghijklmnopqrstuvwxyzabcdefghijkl...\"; try help");
    buf_done(&why);
}

static void a_near_word_is_suggested(void **state)
{
    static const struct {
        const char *word, *meant; /* NULL: none */
    } cases[] = {
        {"sumary", "summary"}, {"metric", "metrics"},    {"Alerts", "alerts"}, {"healt", "health"},
        {"tpo", "top"},        {"explian", "explain"},   {"x", NULL},          {"stats", NULL},
        {"helth", "health"},   {"summarysummary", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf why = {0};
        struct serve_request request = {0};
        assert_int_equal(command_line(span_of(cases[i].word), &request, &why), COMMAND_UNKNOWN);
        char *wanted = cases[i].meant ? alloc_printf("did you mean \"%s\"?", cases[i].meant)
                                      : alloc_text(SPAN("\"; try help"));
        if (!strstr(why.data, wanted)) {
            fail_msg("%s", why.data);
        }
        free(wanted);
        buf_done(&why);
    }
}

static void arguments_of_a_query_stay_one_word_each(void **state)
{
    char longest[102];
    memset(longest, 'a', sizeof(longest) - 1);
    longest[101] = '\0';
    const struct {
        struct command_query query;
        enum command_result wanted;
        const char *args;
    } cases[] = {
        {{.code = "499"}, COMMAND_ASK, "499"},
        {{.code = "499", .format = "nginx", .by = "x"}, COMMAND_ASK, "499 nginx"},
        {{.format = "nginx"}, COMMAND_BAD, ""},
        {{.code = "499 nginx"}, COMMAND_BAD, ""},
        {{.code = "499\tnginx"}, COMMAND_BAD, ""},
        {{.code = "4\n99"}, COMMAND_BAD, ""},
        {{.code = longest + 1, .format = longest + 1}, COMMAND_ASK, NULL},
        {{.code = longest}, COMMAND_BAD, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char args[COMMAND_ARGS_BYTES];
        struct buf why = {0};
        struct serve_request request = {0};
        assert_int_equal(command_path(SPAN("/explain"), &cases[i].query, args, &request, &why),
                         cases[i].wanted);
        if (cases[i].wanted == COMMAND_ASK && cases[i].args) {
            assert_true(span_is(request.args, cases[i].args));
        }
        buf_done(&why);
    }
}

static void what_changes_something_has_no_path(void **state)
{
    static const char *const paths[] = {"/silence", "/reload", "silence",  "reload",
                                        "",         "//",      "/summary/"};
    const struct command_query query = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        char args[COMMAND_ARGS_BYTES];
        struct buf why = {0};
        struct serve_request request = {0};
        assert_int_equal(command_path(span_of(paths[i]), &query, args, &request, &why),
                         COMMAND_UNKNOWN);
        buf_done(&why);
    }
    assert_true(command_is_owners(SERVE_SILENCE) && command_is_owners(SERVE_RELOAD));
    assert_false(command_is_owners(SERVE_SUMMARY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_have_a_unit_or_are_seconds),
        cmocka_unit_test(openmetrics_must_be_preferred_by_weight_and_version),
        cmocka_unit_test(an_unknown_word_is_shown_harmless_and_short),
        cmocka_unit_test(a_near_word_is_suggested),
        cmocka_unit_test(arguments_of_a_query_stay_one_word_each),
        cmocka_unit_test(what_changes_something_has_no_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
