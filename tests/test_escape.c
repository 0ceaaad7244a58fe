/* Text from a log as JSON, label and terminal show it: tables of what must come out. */
#include "output/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define BAD "\xef\xbf\xbd"

struct json_case {
    const char *name;
    struct span text;
    const char *want;
};

static void json_is_valid_whatever_the_log_says(void **state)
{
    (void)state;
    static const struct json_case cases[] = {
        {"empty", {"", 0}, "\"\""},
        {"plain", {"a.example", 9}, "\"a.example\""},
        {"quote and backslash", {"a\"b\\c", 5}, "\"a\\\"b\\\\c\""},
        {"NUL", {"a\0b", 3}, "\"a" BAD "b\""},
        {"line end and escape", {"\n\x1b[31m", 6}, "\"\\u000a\\u001b[31m\""},
        {"delete and C1", {"\x7f\xc2\x9b", 3}, "\"\\u007f\\u009b\""},
        {"right-to-left override", {"\xe2\x80\xae", 3}, "\"\\u202e\""},
        {"line separator", {"\xe2\x80\xa8", 3}, "\"\\u2028\""},
        {"umlaut and emoji", {"\xc3\xbc\xf0\x9f\xab\x96", 6}, "\"\xc3\xbc\xf0\x9f\xab\x96\""},
        {"stray continuation", {"\x80", 1}, "\"" BAD "\""},
        {"overlong slash", {"\xc0\xaf", 2}, "\"" BAD BAD "\""},
        {"overlong in three", {"\xe0\x80\xaf", 3}, "\"" BAD BAD BAD "\""},
        {"surrogate", {"\xed\xa0\x80", 3}, "\"" BAD BAD BAD "\""},
        {"above Unicode", {"\xf4\x90\x80\x80", 4}, "\"" BAD BAD BAD BAD "\""},
        {"cut character", {"a\xf0\x9f\xab", 4}, "\"a" BAD BAD BAD "\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf got = {0};
        escape_json(&got, cases[i].text);
        if (strcmp(got.data, cases[i].want) != 0) {
            fail_msg("%s: %s, wanted %s", cases[i].name, got.data, cases[i].want);
        }
        buf_done(&got);
    }
}

struct cut_case {
    const char *name;
    struct span text;
    size_t max;
    bool unicode;
    const char *want;
};

static void a_label_is_escaped_and_cut_between_characters(void **state)
{
    (void)state;
    static const struct cut_case cases[] = {
        {"plain", {"web1", 4}, 128, false, "web1"},
        {"quote, backslash, line end", {"a\"b\\c\nd", 7}, 128, false, "a\\\"b\\\\c\\nd"},
        {"controls and broken bytes", {"\x1b\0\xff", 3}, 128, false, BAD BAD BAD},
        {"fits exactly", {"abcd", 4}, 4, false, "abcd"},
        {"too long", {"abcde", 5}, 4, false, "abcd"},
        {"not within a character", {"abc\xc3\xbc", 5}, 4, false, "abc"},
        {"nor within a replacement", {"ab\xff", 3}, 4, false, "ab"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf got = {0};
        buf_text(&got, "");
        escape_label(&got, cases[i].text, cases[i].max);
        if (strcmp(got.data, cases[i].want) != 0) {
            fail_msg("%s: %s, wanted %s", cases[i].name, got.data, cases[i].want);
        }
        buf_done(&got);
    }
}

static void a_terminal_gets_no_control_byte_and_no_column_too_many(void **state)
{
    (void)state;
    static const struct cut_case cases[] = {
        {"plain", {"hello", 5}, 5, true, "hello"},
        {"cut", {"hello!", 6}, 5, true, "hell\xe2\x80\xa6"},
        {"cut in ASCII", {"hello!", 6}, 5, false, "hel.."},
        {"one column", {"hello", 5}, 1, true, "\xe2\x80\xa6"},
        {"one column in ASCII", {"hello", 5}, 1, false, "."},
        {"no column", {"hello", 5}, 0, true, ""},
        {"escape sequence", {"\x1b[2J", 4}, 20, true, "\\x1b[2J"},
        {"C1 control", {"\xc2\x9b", 2}, 20, true, "\\xc2\\x9b"},
        {"broken byte", {"\xff", 1}, 20, true, "\\xff"},
        {"override", {"\xe2\x80\xae", 3}, 20, true, "\\xe2\\x80\\xae"},
        {"an escape is not cut in two", {"ab\x1b", 3}, 5, true, "ab\xe2\x80\xa6"},
        {"umlaut", {"\xc3\xbc", 2}, 1, true, "\xc3\xbc"},
        {"umlaut in ASCII", {"\xc3\xbc", 2}, 20, false, "\\xc3\\xbc"},
        {"wide characters take two",
         {"\xe6\xbc\xa2\xe5\xad\x97", 6},
         3,
         true,
         "\xe6\xbc\xa2\xe2\x80\xa6"},
        {"NUL does not end it", {"a\0b", 3}, 20, true, "a\\x00b"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf got = {0};
        buf_text(&got, ">");
        escape_terminal(&got, cases[i].text, cases[i].max, cases[i].unicode);
        if (strcmp(got.data + 1, cases[i].want) != 0 || got.len != strlen(got.data)) {
            fail_msg("%s: %s, wanted %s", cases[i].name, got.data + 1, cases[i].want);
        }
        buf_done(&got);
    }
}

/* Random bytes of the kinds that matter, the same in every run. */
static size_t random_bytes(char *out, size_t max, uint64_t seed)
{
    static const unsigned char kinds[] = {0,    0x1b, '\n', '"',  '\\', 'a',  'z',  0x7f, 0x80,
                                          0x9b, 0xa8, 0xbf, 0xc2, 0xe2, 0xed, 0xf0, 0xf4, 0xff};
    size_t n = seed % max;
    for (size_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        out[i] = (char)kinds[(seed >> 33) % sizeof(kinds)];
    }
    return n;
}

static bool is_clean(struct span s)
{
    while (s.len) {
        uint32_t point;
        size_t n = escape_point(s, &point);
        if (n == 0 || point < 0x20 || (point >= 0x7f && point < 0xa0)) {
            return false;
        }
        s = span_after(s, n);
    }
    return true;
}

static void random_bytes_come_out_clean_everywhere(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 3000; seed++) {
        char bytes[64];
        struct span text = {bytes, random_bytes(bytes, sizeof(bytes), seed * 2654435761u)};
        struct buf json = {0}, label = {0}, terminal = {0};
        escape_json(&json, text);
        escape_label(&label, text, 32);
        escape_terminal(&terminal, text, seed % 40, seed % 2);
        assert_true(is_clean(buf_span(&json)));
        assert_true(is_clean(buf_span(&label)));
        assert_true(is_clean(buf_span(&terminal)));
        assert_true(escape_columns(buf_span(&terminal)) <= seed % 40);
        buf_done(&json);
        buf_done(&label);
        buf_done(&terminal);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_valid_whatever_the_log_says),
        cmocka_unit_test(a_label_is_escaped_and_cut_between_characters),
        cmocka_unit_test(a_terminal_gets_no_control_byte_and_no_column_too_many),
        cmocka_unit_test(random_bytes_come_out_clean_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
