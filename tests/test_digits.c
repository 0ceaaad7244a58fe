#include "base/digits.h"
#include "base/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* In a block of just its size. */
static bool read_exactly(const char *text, uint64_t *out)
{
    size_t len = strlen(text);
    char *copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, text, len);
    bool good = digits_read(copy, len, out);
    free(copy);
    return good;
}

static void numbers_of_each_length_are_read(void **state)
{
    uint64_t seed = 7;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        char text[24];
        uint64_t value = 77;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        int len = 1 + i % DIGITS_MOST;
        snprintf(text, sizeof text, "%016llu", (unsigned long long)(seed % 10000000000000000u));
        text[len] = '\0';
        assert_true(read_exactly(text, &value));
        assert_true(value == strtoull(text, NULL, 10));
    }
}

static void a_byte_that_is_no_digit_is_found_wherever_it_is(void **state)
{
    (void)state;
    for (size_t len = 1; len <= DIGITS_MOST; len++) {
        for (size_t at = 0; at < len; at++) {
            for (int c = 1; c < 256; c++) {
                char text[DIGITS_MOST + 1] = "98765432";
                uint64_t value = 77;
                text[len] = '\0';
                text[at] = (char)c;
                bool is_digit = c >= '0' && c <= '9';
                assert_int_equal(read_exactly(text, &value), is_digit);
                assert_true(is_digit || value == 77);
            }
        }
    }
}

static void longer_numbers_are_read_as_well(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t value;
    } cases[] = {
        {"0", true, 0},
        {"12345678", true, 12345678},
        {"123456789", true, 123456789},
        {"18446744073709551615", true, UINT64_MAX},
        {"18446744073709551616", false, 0},
        {"000000000000000000001", false, 0},
        {"1234567x", false, 0},
        {"-1", false, 0},
        {"", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t value = 0;
        assert_int_equal(span_to_u64(span_of(cases[i].text), &value), cases[i].good);
        assert_true(value == cases[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_each_length_are_read),
        cmocka_unit_test(a_byte_that_is_no_digit_is_found_wherever_it_is),
        cmocka_unit_test(longer_numbers_are_read_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
