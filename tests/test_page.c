/* How numbers, shares, times and durations read. */
#include "output/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void expect(const char *got, const char *want)
{
    assert_string_equal(got, want);
}

static void numbers_have_separators(void **state)
{
    (void)state;
    char text[PAGE_CELL];
    expect(page_number(0, text), "0");
    expect(page_number(999, text), "999");
    expect(page_number(1000, text), "1,000");
    expect(page_number(12345678, text), "12,345,678");
    expect(page_number(UINT64_MAX, text), "18,446,744,073,709,551,615");
    expect(page_short_number(999999999999, text), "999,999,999,999");
    expect(page_short_number(UINT64_MAX, text), "18,446,744 T");
}

static void shares_tell_nothing_from_little_and_nearly_all_from_all(void **state)
{
    (void)state;
    char text[PAGE_CELL];
    expect(page_share(0, 0, text), "0 %");
    expect(page_share(0, 7, text), "0 %");
    expect(page_share(1, 1000000, text), "<0.01 %");
    expect(page_share(1, 1000, text), "0.10 %");
    expect(page_share(1, 8, text), "12.5 %");
    expect(page_share(99999, 100000, text), "99.9 %");
    expect(page_share(7, 7, text), "100 %");
}

static void times_are_in_units_that_people_use(void **state)
{
    (void)state;
    char text[PAGE_CELL];
    expect(page_time(1795339200, text), "2026-11-22 09:20:00");
    expect(page_span(0, text), "0 s");
    expect(page_span(60, text), "1 min");
    expect(page_span(750, text), "12 min 30 s");
    expect(page_span(3600, text), "1 h");
    expect(page_span(100000, text), "27 h 46 min");
    expect(page_span(176400, text), "2 d 1 h");
    expect(page_duration(0, text), "0.00 us");
    expect(page_duration(0.0000123, text), "12.3 us");
    expect(page_duration(0.00123, text), "1.23 ms");
    expect(page_duration(0.9999, text), "1.00 s");
    expect(page_duration(60, text), "60.0 s");
    expect(page_duration(750, text), "12 min 30 s");
}

static void bytes_and_rates_keep_three_digits(void **state)
{
    (void)state;
    char text[PAGE_CELL];
    expect(page_bytes(999, text), "999 bytes");
    expect(page_bytes(1000, text), "1.00 kB");
    expect(page_bytes(999999, text), "1.00 MB");
    expect(page_bytes(UINT64_MAX, text), "18.4 EB");
    expect(page_rate(3429.4, text), "3,429/s");
    expect(page_rate(2, text), "2.0/s");
    expect(page_rate(0.5, text), "30.0/min");
    expect(page_rate(0.001, text), "3.6/h");
}

static void text_is_wrapped_at_blanks_and_long_words_are_broken(void **state)
{
    (void)state;
    struct buf out = {0};
    struct page p = page_over(&out, 40, false, false);
    page_wrapped(&p, 4, PAGE_PLAIN,
                 SPAN("one two three four five six seven eight "
                      "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww nine"));
    expect(out.data, "    one two three four five six seven\n"
                     "    eight\n"
                     "    wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww\n"
                     "    wwwwwwwwwwwwwwww nine\n");
    buf_done(&out);
}

static void a_bar_shows_that_little_is_not_nothing(void **state)
{
    (void)state;
    struct buf out = {0};
    struct page p = page_over(&out, 80, false, true), ascii = page_over(&out, 80, false, false);
    page_bar(&p, PAGE_PLAIN, 1, 1000000, 4);
    page_bar(&p, PAGE_PLAIN, 5, 8, 4);
    page_bar(&p, PAGE_PLAIN, 8, 8, 4);
    page_bar(&ascii, PAGE_PLAIN, 1, 1000000, 4);
    page_bar(&ascii, PAGE_PLAIN, 0, 8, 4);
    page_bar(&ascii, PAGE_PLAIN, 8, 8, 4);
    expect(out.data, "▏   ██▌ ████#       ####");
    buf_done(&out);
}

static void a_sparkline_is_blank_only_for_nothing(void **state)
{
    (void)state;
    static const double values[] = {0, 0.001, 5, 10};
    struct buf out = {0};
    struct page p = page_over(&out, 80, false, true), ascii = page_over(&out, 80, false, false);
    page_sparkline(&p, PAGE_PLAIN, values, 4);
    page_sparkline(&ascii, PAGE_PLAIN, values, 4);
    expect(out.data, " ▁▅█ .+@");
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_separators),
        cmocka_unit_test(shares_tell_nothing_from_little_and_nearly_all_from_all),
        cmocka_unit_test(times_are_in_units_that_people_use),
        cmocka_unit_test(bytes_and_rates_keep_three_digits),
        cmocka_unit_test(text_is_wrapped_at_blanks_and_long_words_are_broken),
        cmocka_unit_test(a_bar_shows_that_little_is_not_nothing),
        cmocka_unit_test(a_sparkline_is_blank_only_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
