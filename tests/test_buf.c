/* Growing output. */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void numbers_are_written_with_all_their_digits(void **state)
{
    (void)state;
    static const struct {
        uint64_t n;
        const char *text;
    } cases[] = {{0, "0"},
                 {9, "9"},
                 {10, "10"},
                 {1000000, "1000000"},
                 {9007199254740993, "9007199254740993"},
                 {UINT64_MAX, "18446744073709551615"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf b = {0};
        buf_number(&b, cases[i].n);
        assert_string_equal(b.data, cases[i].text);
        assert_int_equal(b.len, strlen(cases[i].text));
        buf_done(&b);
    }
}

/* Whether the text fits into the room that there is, or needs more. */
static void formats_are_whole_at_every_length(void **state)
{
    (void)state;
    char want[301] = "";
    for (int len = 0; len < 300; len++) {
        struct buf b = {0};
        buf_text(&b, "x");
        buf_printf(&b, "%.*s", len, want);
        buf_printf(&b, "%d", 7);
        assert_int_equal(b.len, len + 2);
        assert_memory_equal(b.data + 1, want, (size_t)len);
        assert_string_equal(b.data + 1 + len, "7");
        buf_done(&b);
        want[len] = 'y';
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_with_all_their_digits),
        cmocka_unit_test(formats_are_whole_at_every_length),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
