/* Single values: durations, ratios, switches, modes, addresses. */
#include "config/value.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* One byte more than the path of a unix socket has room for. */
#define TEN "/23456789"
#define LONG_PATH                                                                           \
    "unix:" TEN "0" TEN "1" TEN "2" TEN "3" TEN "4" TEN "5" TEN "6" TEN "7" TEN "8" TEN "9" \
    "12345678"

static void durations_are_read_in_their_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {{"0", 0},
                 {"10", 10000},
                 {"10s", 10000},
                 {"500ms", 500},
                 {"2m", 120000},
                 {"1h", 3600000},
                 {"30d", 2592000000},
                 {"007s", 7000},
                 {"106751991167d", INT64_C(9223372036828800000)}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ms = -1;
        print_message("%s\n", cases[i].text);
        assert_true(value_duration(span_of(cases[i].text), &ms));
        assert_int_equal(ms, cases[i].ms);
    }
}

static void what_is_no_duration_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {"",
                                        "s",
                                        "-1s",
                                        "1.5s",
                                        "1 s",
                                        "1S",
                                        "1w",
                                        "1mss",
                                        "0x1s",
                                        "10s ",
                                        "1h30m",
                                        "106751991168d",
                                        "18446744073709551616",
                                        "99999999999999999999999s"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ms = -1;
        print_message("%s\n", cases[i]);
        assert_false(value_duration(span_of(cases[i]), &ms));
        assert_int_equal(ms, -1);
    }
}

static void ratios_are_percent_or_parts_of_one(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double ratio;
    } cases[] = {{"2%", 0.02}, {"0.02", 0.02}, {"0.5%", 0.005}, {"100%", 1},
                 {"1", 1},     {"0", 0},       {"0%", 0},       {"0.000000001", 1e-9}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double ratio = -1;
        print_message("%s\n", cases[i].text);
        assert_true(value_ratio(span_of(cases[i].text), &ratio));
        assert_float_equal(ratio, cases[i].ratio, 1e-12);
    }
}

static void what_is_no_ratio_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {"",    "%",    "2",   "100.1%",       "1.1",
                                        "-1%", ".5",   "1.%", "5 %",          "nan",
                                        "inf", "1e-2", "2%%", "0.0000000001", "1.2.3%"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double ratio = -1;
        print_message("%s\n", cases[i]);
        assert_false(value_ratio(span_of(cases[i]), &ratio));
        assert_true(ratio < 0);
    }
}

static void a_switch_has_three_words_each_way(void **state)
{
    (void)state;
    static const char *const yes[] = {"true", "yes", "on"}, *const no[] = {"false", "no", "off"};
    for (size_t i = 0; i < 3; i++) {
        bool on = false;
        assert_true(value_switch(span_of(yes[i]), &on) && on);
        assert_true(value_switch(span_of(no[i]), &on) && !on);
    }
    bool on = false;
    assert_false(value_switch(SPAN("1"), &on));
    assert_false(value_switch(SPAN("True"), &on));
    assert_false(value_switch(SPAN(""), &on));
}

static void modes_are_octal_and_have_nine_bits(void **state)
{
    (void)state;
    int mode = -1;
    assert_true(value_mode(SPAN("0660"), &mode));
    assert_int_equal(mode, 0660);
    assert_true(value_mode(SPAN("777"), &mode));
    assert_int_equal(mode, 0777);
    static const char *const bad[] = {"", "8", "1000", "0x1", "-1", "77777777777777777777", "rw"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        print_message("%s\n", bad[i]);
        assert_false(value_mode(span_of(bad[i]), &mode));
    }
}

static void addresses_tell_whether_other_machines_reach_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool outside;
    } cases[] = {{"unix:/run/teapotd/stats.sock", false},
                 {"tcp:127.0.0.1:9418", false},
                 {"tcp:127.255.0.1:0", false},
                 {"tcp:localhost:1", false},
                 {"tcp:[::1]:9418", false},
                 {"tcp:0.0.0.0:80", true},
                 {"tcp:[::]:80", true},
                 {"tcp:web1:80", true},
                 {"tcp:127.evil.example:80", true},
                 {"tcp:127.0.0.256:80", true},
                 {"tcp:127.0.0.1.nip.io:80", true},
                 {"tcp:127.1:80", true},
                 {"tcp:[::ffff:127.0.0.1]:65535", true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool outside = !cases[i].outside;
        print_message("%s\n", cases[i].text);
        assert_int_equal(value_listen(span_of(cases[i].text), &outside, NULL), 0);
        assert_int_equal(outside, cases[i].outside);
    }
}

static void what_is_no_address_is_refused_with_a_reason(void **state)
{
    (void)state;
    static const char *const cases[] = {"",           "unix:",       "unix:run/x", "unix:/",
                                        "/run/x",     "tcp:",        "tcp:80",     "tcp::80",
                                        "tcp:a:",     "tcp:a:65536", "tcp:a:-1",   "tcp:a:http",
                                        "tcp:::1:80", "tcp:[]:80",   "tcp:a b:80", "udp:a:1",
                                        LONG_PATH};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool outside = false;
        struct problem why = {.file = ""};
        print_message("%s\n", cases[i]);
        assert_int_equal(value_listen(span_of(cases[i]), &outside, &why), -EINVAL);
        assert_true(why.text[0]);
    }
}

static void a_webhook_needs_scheme_and_host(void **state)
{
    (void)state;
    assert_int_equal(value_url(SPAN("https://hooks.example/a?b=c"), NULL), 0);
    assert_int_equal(value_url(SPAN("http://127.0.0.1:9093/"), NULL), 0);
    static const char *const bad[] = {"",           "http://",    "http:///x",
                                      "ftp://a",    "a.example",  "https://:80",
                                      "http://a b", "http://a\n", "file:///etc/passwd"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        print_message("%s\n", bad[i]);
        assert_int_equal(value_url(span_of(bad[i]), NULL), -EINVAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read_in_their_units),
        cmocka_unit_test(what_is_no_duration_is_refused),
        cmocka_unit_test(ratios_are_percent_or_parts_of_one),
        cmocka_unit_test(what_is_no_ratio_is_refused),
        cmocka_unit_test(a_switch_has_three_words_each_way),
        cmocka_unit_test(modes_are_octal_and_have_nine_bits),
        cmocka_unit_test(addresses_tell_whether_other_machines_reach_them),
        cmocka_unit_test(what_is_no_address_is_refused_with_a_reason),
        cmocka_unit_test(a_webhook_needs_scheme_and_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
