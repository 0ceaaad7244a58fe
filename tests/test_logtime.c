#include "event/logtime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static const int64_t NOON = 1795365822000; /* 2026-11-22 16:43:42 UTC */

static void set_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static int64_t read_with(struct logtime *cache, enum logtime_kind kind, const char *text)
{
    int64_t ms = -1;
    return logtime_read(cache, kind, span_of(text), &ms) ? ms : -1;
}

static int64_t read_at(int64_t now_s, enum logtime_kind kind, const char *text)
{
    struct logtime cache = {.now_s = now_s};
    return read_with(&cache, kind, text);
}

static void notations_of_one_moment_are_the_same_time(void **state)
{
    static const struct {
        enum logtime_kind kind;
        const char *text;
        int64_t more_ms;
    } cases[] = {
        {LOGTIME_CLF, "22/Nov/2026:16:43:42 +0000", 0},
        {LOGTIME_CLF, "22/nov/2026:16:43:42 +0000", 0},
        {LOGTIME_CLF, "22/Nov/2026:13:13:42 -0330", 0},
        {LOGTIME_CLF, "22/Nov/2026:22:28:42 +0545", 0},
        {LOGTIME_CLF, "23/Nov/2026:03:13:42 +1030", 0},
        {LOGTIME_CLF, "22/Nov/2026:16:43:42", 0},
        {LOGTIME_CLF, "22/Nov/2026 16:43:42", 0},
        {LOGTIME_CLF, "22/Nov/2026:16:43:42.537", 537},
        {LOGTIME_CLF, "22/Nov/2026:13:13:42.5 -0330", 500},
        {LOGTIME_ISO, "2026-11-22T16:43:42Z", 0},
        {LOGTIME_ISO, "2026-11-22t16:43:42z", 0},
        {LOGTIME_ISO, "2026-11-22 16:43:42", 0},
        {LOGTIME_ISO, "2026-11-22T16:43:42+00:00", 0},
        {LOGTIME_ISO, "2026-11-22T13:13:42.988268364-03:30", 988},
        {LOGTIME_ISO, "2026-11-22T13:13:42,5-0330", 500},
        {LOGTIME_ISO, "2026-11-22 17:43:42 +01", 0},
        {LOGTIME_ISO, "2026/11/22 16:43:42.763 UTC", 763},
        {LOGTIME_ISO_UTC, "2026-11-22 16:43:42", 0},
        {LOGTIME_ISO_UTC, "2026-11-22\t16:43:42", 0},
        {LOGTIME_EPOCH, "1795365822", 0},
        {LOGTIME_EPOCH, "1795365822.1479", 147},
        {LOGTIME_EPOCH, "1795365822.147", 147},
        {LOGTIME_EPOCH, "1795365822.14", 140},
        {LOGTIME_EPOCH, "1795365822.14799999", 147},
        {LOGTIME_EPOCH, "1795365822.147999999", 147},
        {LOGTIME_EPOCH, "1795365822147", 147},
        {LOGTIME_EPOCH, "1795365822147000", 147},
        {LOGTIME_EPOCH, "1795365822147000999", 147},
        {LOGTIME_RFC3164, "Nov 22 16:43:42", 0},
        {LOGTIME_CTIME, "Sun Nov 22 16:43:42 2026", 0},
        {LOGTIME_DASHED, "2026/11/22 - 16:43:42", 0},
        {LOGTIME_US, "11/22/26, 16:43:42", 0},
        {LOGTIME_US, "11/22/2026, 16:43:42", 0},
    };
    (void)state;
    set_zone("UTC");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ms = read_at(NOON / 1000, cases[i].kind, cases[i].text);
        if (ms != NOON + cases[i].more_ms) {
            fail_msg("%s is read as %lld", cases[i].text, (long long)ms);
        }
    }
}

static void what_is_no_time_is_refused(void **state)
{
    static const struct {
        enum logtime_kind kind;
        const char *text;
    } cases[] = {
        {LOGTIME_NONE, "22/Nov/2026:16:43:42 +0000"},
        {LOGTIME_CLF, ""},
        {LOGTIME_CLF, "-"},
        {LOGTIME_CLF, "22/Nov/2026:16:43"},
        {LOGTIME_CLF, "22/Nov/2026:16:43:4"},
        {LOGTIME_CLF, "32/Nov/2026:16:43:42 +0000"},
        {LOGTIME_CLF, "00/Nov/2026:16:43:42 +0000"},
        {LOGTIME_CLF, "31/Nov/2026:16:43:42 +0000"},
        {LOGTIME_CLF, "29/Feb/2026:16:43:42 +0000"},
        {LOGTIME_CLF, "22/Nux/2026:16:43:42 +0000"},
        {LOGTIME_CLF, "22/Nov/2026:24:43:42 +0000"},
        {LOGTIME_CLF, "22/Nov/2026:16:60:42 +0000"},
        {LOGTIME_CLF, "22/Nov/2026:16:43:61 +0000"},
        {LOGTIME_CLF, "22/Nov/2026:16:43:42 +00"
                      "0x"},
        {LOGTIME_CLF, "22/Nov/2026:16:43:42 CEST"},
        {LOGTIME_CLF, "22/Nov/2026:16:43:42 +2400"},
        {LOGTIME_CLF, "22/Nov/2026:16:43:42."},
        {LOGTIME_ISO, "2026-13-22T16:43:42Z"},
        {LOGTIME_ISO, "2026-11-22T16:43:42Zulu"},
        {LOGTIME_ISO, "2026-11-22"},
        {LOGTIME_ISO, "22/Nov/2026:16:43:42 +0000"},
        {LOGTIME_EPOCH, ""},
        {LOGTIME_EPOCH, "-1"},
        {LOGTIME_EPOCH, "."},
        {LOGTIME_EPOCH, "1.5x"},
        {LOGTIME_EPOCH, "1795365822.14x"},
        {LOGTIME_EPOCH, "1795365822.147x"},
        {LOGTIME_EPOCH, "17953x5822.147"},
        {LOGTIME_EPOCH, "179536582x.147"},
        {LOGTIME_EPOCH, "1795365822."},
        {LOGTIME_EPOCH, "99999999999999999999"},
        {LOGTIME_EPOCH, "1e9"},
        {LOGTIME_RFC3164, "Nov  0 16:43:42"},
        {LOGTIME_CTIME, "Sun Nov 22 16:43:42"},
        {LOGTIME_CTIME, "Sun Nov 31 16:43:42 2026"},
        {LOGTIME_CTIME, "Sun Nov 22 16:43:42 026"},
        {LOGTIME_DASHED, "2026/11/22 16:43:42"},
        {LOGTIME_DASHED, "2026/13/22 - 16:43:42"},
        {LOGTIME_US, "22/11/26, 16:43:42"},
        {LOGTIME_US, "11/22/26 16:43:42"},
        {LOGTIME_US, "11/22/26, 16:43:42 PM"},
        {LOGTIME_RFC3164, "Nov 22 16:43:42 2026"},
        {LOGTIME_RFC3164, "Nov   2 16:43:42"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ms = 7;
        struct logtime cache = {.now_s = NOON / 1000};
        bool got = logtime_read(&cache, cases[i].kind, span_of(cases[i].text), &ms);
        if (got || ms != 7) {
            fail_msg("%s is taken for a time", cases[i].text);
        }
    }
}

static void the_29th_of_february_is_a_day_in_leap_years(void **state)
{
    (void)state;
    assert_true(read_at(0, LOGTIME_CLF, "29/Feb/2028:00:00:00 +0000") == 1835395200000);
    assert_true(read_at(0, LOGTIME_CLF, "29/Feb/2000:00:00:00 +0000") == 951782400000);
    assert_true(read_at(0, LOGTIME_CLF, "29/Feb/1900:00:00:00 +0000") == -1);
}

static void a_leap_second_is_the_first_of_the_next_minute(void **state)
{
    (void)state;
    assert_true(read_at(0, LOGTIME_CLF, "31/Dec/2016:23:59:60 +0000") == 1483228800000);
    assert_true(read_at(0, LOGTIME_ISO, "2016-12-31T23:59:60.25Z") == 1483228800250);
}

static void a_stamp_without_a_year_is_of_the_year_that_brings_it_near(void **state)
{
    static const int64_t new_year_s = 1798761600; /* 2027-01-01 00:00 UTC */
    (void)state;
    set_zone("UTC");
    assert_true(read_at(new_year_s + 5, LOGTIME_RFC3164, "Dec 31 23:59:58") ==
                (new_year_s - 2) * 1000);
    assert_true(read_at(new_year_s + 5, LOGTIME_RFC3164, "Jan  1 00:00:02") ==
                (new_year_s + 2) * 1000);
    /* A clock that is ahead of ours, or a zone to the east: it was read as January a year ago. */
    assert_true(read_at(new_year_s - 5, LOGTIME_RFC3164, "Jan  1 00:00:02") ==
                (new_year_s + 2) * 1000);
    assert_true(read_at(new_year_s - 5, LOGTIME_RFC3164, "Jan  3 00:00:00") == 1767398400000);
}

static void a_time_without_a_zone_is_local(void **state)
{
    (void)state;
    set_zone("Asia/Kathmandu"); /* +05:45 all year */
    assert_true(read_at(0, LOGTIME_CLF, "22/Nov/2026:22:28:42") == NOON);
    assert_true(read_at(0, LOGTIME_ISO, "2026-11-22 22:28:42.5") == NOON + 500);
    assert_true(read_at(NOON / 1000, LOGTIME_RFC3164, "Nov 22 22:28:42") == NOON);
    assert_true(read_at(0, LOGTIME_ISO_UTC, "2026-11-22 16:43:42") == NOON);
    set_zone("Europe/Berlin");
    assert_true(read_at(0, LOGTIME_CLF, "22/Nov/2026:17:43:42") == NOON);
    assert_true(read_at(0, LOGTIME_ISO, "2026-07-01 12:00:00") == 1782900000000);
    set_zone("UTC");
}

static void what_is_kept_of_a_line_serves_only_lines_of_its_minute_and_zone(void **state)
{
    struct logtime cache = {.now_s = NOON / 1000};
    (void)state;
    set_zone("UTC");
    for (int round = 0; round < 2; round++) {
        assert_true(read_with(&cache, LOGTIME_CLF, "22/Nov/2026:16:43:42 +0000") == NOON);
        assert_true(read_with(&cache, LOGTIME_CLF, "22/Nov/2026:16:43:59 +0000") == NOON + 17000);
        assert_true(read_with(&cache, LOGTIME_CLF, "22/Nov/2026:16:43:42 +0100") == NOON - 3600000);
        assert_true(read_with(&cache, LOGTIME_CLF, "22/Nov/2026:16:44:42 +0100") == NOON - 3540000);
        assert_true(read_with(&cache, LOGTIME_CLF, "22/Nov/2026:16:44:4x +0100") == -1);
        assert_true(read_with(&cache, LOGTIME_ISO, "2026-11-22 16:43:42 +01") == NOON - 3600000);
        assert_true(read_with(&cache, LOGTIME_ISO, "2026-11-22 16:43:42") == NOON);
        assert_true(read_with(&cache, LOGTIME_ISO_UTC, "2026-11-22 16:43:43") == NOON + 1000);
        assert_true(read_with(&cache, LOGTIME_RFC3164, "Nov 22 16:43:42") == NOON);
        assert_true(read_with(&cache, LOGTIME_ISO, "2026-11-22 16:43:42                    ") ==
                    NOON);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notations_of_one_moment_are_the_same_time),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(the_29th_of_february_is_a_day_in_leap_years),
        cmocka_unit_test(a_leap_second_is_the_first_of_the_next_minute),
        cmocka_unit_test(a_stamp_without_a_year_is_of_the_year_that_brings_it_near),
        cmocka_unit_test(a_time_without_a_zone_is_local),
        cmocka_unit_test(what_is_kept_of_a_line_serves_only_lines_of_its_minute_and_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
