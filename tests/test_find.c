#include "scan/find.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void a_byte_is_found_within_the_length_only(void **state)
{
    char bytes[80];
    (void)state;
    for (size_t len = 0; len <= 64; len++) {
        for (size_t at = 0; at < 70; at++) {
            memset(bytes, 'x', sizeof bytes);
            bytes[at] = '\\';
            assert_int_equal(find_has(bytes, len, '\\'), at < len);
        }
    }
}

/* Bytes in front of the place and behind the end are the wanted one, too. */
static void the_first_byte_before_the_end_is_found(void **state)
{
    char bytes[80];
    (void)state;
    for (size_t len = 0; len <= 64; len++) {
        for (size_t at = 0; at <= len; at++) {
            memset(bytes, '{', sizeof bytes);
            memset(bytes + 1, 'x', at);
            const char *found = find_byte(bytes + 1, bytes + 1 + len, '{');
            assert_ptr_equal(found, at < len ? bytes + 1 + at : NULL);
        }
    }
}

static void a_text_stands_where_its_bytes_are(void **state)
{
    char text[FIND_TEXT] = ",\"remote_ip\":\"and then a value", at[FIND_TEXT];
    (void)state;
    for (size_t len = 1; len <= FIND_TEXT; len++) {
        uint32_t mask = (uint32_t)(((uint64_t)1 << len) - 1);
        for (size_t other = 0; other < FIND_TEXT; other++) {
            memcpy(at, text, sizeof at);
            assert_true(find_text(at, text, mask));
            at[other] ^= 1;
            assert_int_equal(find_text(at, text, mask), other >= len);
        }
    }
}

/* What ends a value without quotes must stop it; what does not may. */
static void a_bare_word_ends_before_what_ends_it(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        char bytes[FIND_BARE];
        memset(bytes, '7', sizeof bytes);
        bytes[5] = (char)c;
        bool ends = c != 0 && strchr(",}] \t\"\r\n", c);
        bool goes_on = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.';
        size_t n = find_bare(bytes);
        assert_true(n == 5 || n == FIND_BARE);
        assert_false(ends && n != 5);
        assert_false(goes_on && n == 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_byte_is_found_within_the_length_only),
        cmocka_unit_test(the_first_byte_before_the_end_is_found),
        cmocka_unit_test(a_text_stands_where_its_bytes_are),
        cmocka_unit_test(a_bare_word_ends_before_what_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
