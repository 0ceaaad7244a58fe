#include "event/field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct event stored(enum field field, const char *text)
{
    struct event e;
    event_clear(&e);
    field_store(&e, field, span_of(text));
    return e;
}

/* An exponent of 0 keeps a number from being read the quick way. */
static void a_usual_number_is_what_its_digits_one_by_one_make(void **state)
{
    uint64_t seed = 9;
    (void)state;
    for (int i = 0; i < 50000; i++) {
        char text[64], slow[80];
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        int places = (int)(seed >> 40) % 16;
        unsigned whole = (unsigned)(seed >> 20) % (i % 3 ? 10 : 10000000);
        int n = snprintf(text, sizeof text, "%u.%015llu", whole,
                         (unsigned long long)(seed % 1000000000000000u));
        text[n - places] = '\0';
        snprintf(slow, sizeof slow, "%se+0", text);
        for (int f = FIELD_DURATION_S; f <= FIELD_DURATION_TEXT; f++) {
            int64_t ns = stored((enum field)f, text).duration_ns;
            if (ns != stored((enum field)f, slow).duration_ns || ns < 0) {
                fail_msg("%s", text);
            }
        }
    }
}

static void durations_are_read_in_their_unit(void **state)
{
    static const struct {
        enum field field;
        const char *text;
        int64_t ns;
    } cases[] = {
        {FIELD_DURATION_S, "0.001", 1000000},
        {FIELD_DURATION_S, "12", 12000000000},
        {FIELD_DURATION_S, ".5", 500000000},
        {FIELD_DURATION_S, "8.9e-05", 89000},
        {FIELD_DURATION_S, "1e+02", 100000000000},
        {FIELD_DURATION_S, "-", -1},
        {FIELD_DURATION_S, "", -1},
        {FIELD_DURATION_S, "-1", -1},
        {FIELD_DURATION_S, ".", -1},
        {FIELD_DURATION_S, "1e+999999", -1},
        {FIELD_DURATION_S, "0e+99", 0},
        {FIELD_DURATION_S, "99999999999", -1},
        {FIELD_DURATION_S, "1.5x", -1},
        {FIELD_DURATION_MS, "15", 15000000},
        {FIELD_DURATION_MS, "+15", 15000000},
        {FIELD_DURATION_MS, "12.5", 12500000},
        {FIELD_DURATION_MS, "-1", -1},
        {FIELD_DURATION_MS, "999999999999999", -1},
        {FIELD_DURATION_US, "1001260", 1001260000},
        {FIELD_DURATION_NS, "109540", 109540},
        {FIELD_DURATION_TEXT, "1.5", 1500000000},
        {FIELD_DURATION_TEXT, "109.54\xc2\xb5s", 109540},
        {FIELD_DURATION_TEXT, "109.54us", 109540},
        {FIELD_DURATION_TEXT, "286.080395ms", 286080395},
        {FIELD_DURATION_TEXT, "0s", 0},
        {FIELD_DURATION_TEXT, "2m3s", 123000000000},
        {FIELD_DURATION_TEXT, "1h2m3.5s", 3723500000000},
        {FIELD_DURATION_TEXT, "12 ms", 12000000},
        {FIELD_DURATION_TEXT, "7 ", 7000000000},
        {FIELD_DURATION_TEXT, "3 parsecs", -1},
        {FIELD_DURATION_TEXT, "1s2", -1},
        {FIELD_DURATION_TEXT, " 5", -1},
        {FIELD_DURATION_TEXT, "5 3", -1},
        {FIELD_DURATION_TEXT, "1e5", -1},
        {FIELD_DURATION_TEXT, "5.", 5000000000},
        {FIELD_DURATION_TEXT, "0.005980897", 5980897},
        {FIELD_DURATION_TEXT, "s", -1},
        {FIELD_DURATION_TEXT, "", -1},
        {FIELD_DURATION_TEXT, "9999999999h", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ns = stored(cases[i].field, cases[i].text).duration_ns;
        if (ns != cases[i].ns) {
            fail_msg("\"%s\" as %d: %lld", cases[i].text, (int)cases[i].field, (long long)ns);
        }
    }
}

static void bytes_are_whole_numbers(void **state)
{
    (void)state;
    assert_true(stored(FIELD_BYTES, "17").bytes == 17);
    assert_true(stored(FIELD_BYTES, "+17").bytes == 17);
    assert_true(stored(FIELD_BYTES, "9223372036854775807").bytes == INT64_MAX);
    assert_true(stored(FIELD_BYTES, "9223372036854775808").bytes == EVENT_NO_BYTES);
    assert_true(stored(FIELD_BYTES, "-").bytes == EVENT_NO_BYTES);
    assert_true(stored(FIELD_BYTES, "1.5").bytes == EVENT_NO_BYTES);
}

static void any_time_is_told_from_its_text(void **state)
{
    static const struct {
        const char *text;
        enum logtime_kind kind;
    } cases[] = {
        {"22/Nov/2026:16:43:42 +0000", LOGTIME_CLF},
        {"[22/Nov/2026:16:43:42 +0000]", LOGTIME_CLF},
        {"2026-11-22T16:43:42Z", LOGTIME_ISO},
        {"2026/11/22 16:43:42", LOGTIME_ISO},
        {"1795365822.147", LOGTIME_EPOCH},
        {"Nov 22 16:43:42", LOGTIME_RFC3164},
        {"", LOGTIME_NONE},
        {"-", LOGTIME_NONE},
        {"[", LOGTIME_NONE},
        {"[]", LOGTIME_NONE},
        {"noon", LOGTIME_NONE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(stored(FIELD_TIME_ANY, cases[i].text).time_kind, cases[i].kind);
    }
}

static void the_first_status_and_time_stay(void **state)
{
    struct event e = stored(FIELD_STATUS, "ok");
    (void)state;
    assert_int_equal(e.status, STATUS_NONE);
    field_store(&e, FIELD_STATUS, SPAN("502"));
    field_store(&e, FIELD_STATUS, SPAN("200"));
    field_store(&e, FIELD_TIME_EPOCH, SPAN("-"));
    field_store(&e, FIELD_TIME_EPOCH, SPAN("1795365822"));
    field_store(&e, FIELD_TIME_ISO, SPAN("2026-11-22T16:43:42Z"));
    assert_int_equal(e.status, 502);
    assert_int_equal(e.time_kind, LOGTIME_EPOCH);
}

static void a_dash_does_not_take_away_what_is_known(void **state)
{
    struct event e = stored(FIELD_HOST, "shop.example");
    (void)state;
    field_store(&e, FIELD_HOST, SPAN("-"));
    field_store(&e, FIELD_HOST, SPAN(""));
    field_store(&e, FIELD_CLIENT, SPAN("-"));
    assert_true(span_is(e.host, "shop.example"));
    assert_int_equal(e.client.len, 0);
}

static void addresses_lose_their_port(void **state)
{
    static const struct {
        const char *text, *address;
    } cases[] = {{"192.0.2.7:80", "192.0.2.7"},
                 {"::1:37240", "::1"},
                 {"[2001:db8::1]:80", "2001:db8::1"},
                 {"[2001:db8::1]", "2001:db8::1"},
                 {"192.0.2.7", "192.0.2.7"},
                 {"unix:3", "unix"},
                 {"host", "host"},
                 {"-", ""},
                 {":80", ":80"},
                 {"80", "80"},
                 {"[]", "[]"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(span_is(stored(FIELD_CLIENT_PORT, cases[i].text).client, cases[i].address));
    }
}

static void the_last_server_of_a_list_is_the_upstream(void **state)
{
    (void)state;
    assert_true(
        span_is(stored(FIELD_UPSTREAM, "10.0.0.1:80, 10.0.0.2:80").upstream, "10.0.0.2:80"));
    assert_true(span_is(stored(FIELD_UPSTREAM, "10.0.0.1:80 : unix:/a").upstream, "unix:/a"));
    assert_true(span_is(stored(FIELD_UPSTREAM, "tea").upstream, "tea"));
    assert_int_equal(stored(FIELD_UPSTREAM, "10.0.0.1:80, -").upstream.len, 0);
    assert_int_equal(stored(FIELD_UPSTREAM, "").upstream.len, 0);
}

static void a_key_is_known_in_any_spelling(void **state)
{
    static const struct {
        const char *key;
        enum field field;
    } cases[] = {
        {"status", FIELD_STATUS},
        {"Status", FIELD_STATUS},
        {"status_code", FIELD_STATUS},
        {"statusCode", FIELD_STATUS},
        {"http.status_code", FIELD_STATUS},
        {"sc-status", FIELD_STATUS},
        {"http.response.status_code", FIELD_STATUS},
        {"@timestamp", FIELD_TIME_ANY},
        {"request_time", FIELD_DURATION_TEXT},
        {"duration_ms", FIELD_DURATION_MS},
        {"remote_addr", FIELD_CLIENT},
        {"code", FIELD_SKIP},
        {"statuses", FIELD_SKIP},
        {"upstream_status", FIELD_ORIGIN},
        {"", FIELD_SKIP},
        {"-_.", FIELD_SKIP},
        {"a_key_that_is_longer_than_any_that_we_know", FIELD_SKIP},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (field_of_key(span_of(cases[i].key)) != cases[i].field) {
            fail_msg("%s", cases[i].key);
        }
    }
}

static void a_head_that_known_keys_have_is_told_from_others(void **state)
{
    (void)state;
    assert_true(field_begins(SPAN("request")));
    assert_true(field_begins(SPAN("Http_Re")));
    assert_true(field_begins(SPAN("status")));
    assert_true(field_begins(SPAN("_"))); /* means nothing, so anything may follow */
    assert_true(field_begins(SPAN("")));
    assert_false(field_begins(SPAN("headers")));
    assert_false(field_begins(SPAN("resp_headers")));
    assert_false(field_begins(SPAN("status_codes")));
    assert_false(field_begins(SPAN("a key that is longer than any of those known")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read_in_their_unit),
        cmocka_unit_test(a_head_that_known_keys_have_is_told_from_others),
        cmocka_unit_test(a_usual_number_is_what_its_digits_one_by_one_make),
        cmocka_unit_test(bytes_are_whole_numbers),
        cmocka_unit_test(any_time_is_told_from_its_text),
        cmocka_unit_test(the_first_status_and_time_stay),
        cmocka_unit_test(a_dash_does_not_take_away_what_is_known),
        cmocka_unit_test(addresses_lose_their_port),
        cmocka_unit_test(the_last_server_of_a_list_is_the_upstream),
        cmocka_unit_test(a_key_is_known_in_any_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
