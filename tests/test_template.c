#include "scan/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    WANTED = 1,
};

/* Makes a template of "sSnNwcil": a step of that shape, in capitals not wanted; anything else is a
 * literal. */
static struct template made(const char *pattern, enum template_escape escape, bool open_end)
{
    static const char letters[] = "xwsnciltXWSNCILT";
    static const enum template_shape shapes[] = {TEMPLATE_TEXT,   TEMPLATE_WORD, TEMPLATE_STATUS,
                                                 TEMPLATE_NUMBER, TEMPLATE_CLF,  TEMPLATE_ISO,
                                                 TEMPLATE_LIST,   TEMPLATE_TAIL};
    struct template t;
    struct problem why;
    template_init(&t, escape);
    for (; *pattern; pattern++) {
        const char *letter = strchr(letters, *pattern);
        if (letter) {
            bool is_wanted = letter - letters < 8;
            assert_int_equal(template_add_field(&t, is_wanted ? WANTED : 0,
                                                shapes[(letter - letters) % 8], &why),
                             0);
        } else {
            assert_int_equal(template_add_literal(&t, (struct span){pattern, 1}, &why), 0);
        }
    }
    assert_int_equal(template_finish(&t, open_end, &why), 0);
    return t;
}

/* Reads a line in memory of just its size, and joins the wanted texts with bars. */
static enum template_result read_line(const struct template *t, const char *line, char *out,
                                      size_t size)
{
    struct span texts[TEMPLATE_STEPS];
    size_t len = strlen(line), at = 0;
    unsigned n_wanted = 0;
    char *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, line, len);
    enum template_result got = template_read(t, (struct span){copy, len}, texts);
    out[0] = '\0';
    for (unsigned i = 0; got != TEMPLATE_NONE && i < t->n_needed; i++) {
        if (t->steps[i].slot == WANTED) {
            at += (size_t)snprintf(out + at, size - at, "%s%.*s", n_wanted++ ? "|" : "",
                                   (int)texts[i].len, texts[i].ptr);
        }
    }
    free(copy);
    return got;
}

struct line_case {
    const char *pattern, *line, *texts;
    enum template_result result;
};

static void check(const struct line_case *cases, size_t n, enum template_escape escape,
                  bool open_end)
{
    static const char *const names[] = {"none", "part", "whole"};
    for (size_t i = 0; i < n; i++) {
        char texts[256];
        struct template t = made(cases[i].pattern, escape, open_end);
        enum template_result got = read_line(&t, cases[i].line, texts, sizeof texts);
        if (got != cases[i].result || strcmp(texts, cases[i].texts) != 0) {
            fail_msg("\"%s\" on \"%s\" is %s: %s", cases[i].pattern, cases[i].line, names[got],
                     texts);
        }
    }
}

static void a_line_is_whole_only_to_its_end(void **state)
{
    static const struct line_case cases[] = {
        {"w \"x\" s n", "a \"b c\" 200 17", "a|b c|200|17", TEMPLATE_WHOLE},
        {"w \"x\" s n", "a \"b c\" 200 17 more", "a|b c|200|17", TEMPLATE_PART},
        {"w \"x\" s n", "a \"b c\" 200 ", "a|b c|200|", TEMPLATE_WHOLE},
        {"w \"x\" s n", "a \"b c\" 200", "a|b c|200|", TEMPLATE_PART},
        {"w \"x\" s n", "a \"b c\" 20", "", TEMPLATE_NONE},
        {"w \"x\" s n", "a \"b c\" -", "", TEMPLATE_NONE},
        {"w \"x\" s n", "a \"b c\" ", "", TEMPLATE_NONE},
        {"w \"x\" s n", "a \"b c", "", TEMPLATE_NONE},
        {"w \"x\" s n", "", "", TEMPLATE_NONE},
        {"w \"x\" s n]", "a \"b c\" 200 17]", "a|b c|200|17", TEMPLATE_WHOLE},
        {"w \"x\" s n]", "a \"b c\" 200 17", "a|b c|200|17", TEMPLATE_PART},
        {"w \"x\" s n]", "a \"b c\" 200 17]]", "a|b c|200|17", TEMPLATE_PART},
        {"(s)", "(99)", "99", TEMPLATE_WHOLE},
        {"(s)", "[99)", "", TEMPLATE_NONE},
        {"s", "20", "20", TEMPLATE_WHOLE},
        {"s N X", "200 1", "200", TEMPLATE_PART},
        {"s l X", "200 a, b", "200|a, b", TEMPLATE_PART},
    };
    (void)state;
    check(cases, sizeof cases / sizeof cases[0], TEMPLATE_BACKSLASH, false);
}

static void an_open_end_may_be_followed_by_anything(void **state)
{
    static const struct line_case cases[] = {
        {"w s", "a 200", "a|200", TEMPLATE_WHOLE},
        {"w s", "a 200 more", "a|200", TEMPLATE_WHOLE},
        {"w s", "a 2000", "", TEMPLATE_NONE},
        {"w s X \"X\"", "a 200", "a|200", TEMPLATE_PART},
        {"w s X \"X\"", "a 200 b", "a|200", TEMPLATE_WHOLE},
        {"x s n X", "a 200 x X", "a|200|x", TEMPLATE_WHOLE},
    };
    (void)state;
    check(cases, sizeof cases / sizeof cases[0], TEMPLATE_BACKSLASH, true);
}

static void a_text_ends_where_what_follows_fits(void **state)
{
    static const struct line_case cases[] = {
        {"x [c] s", "a [x] b [22/Nov/2026:16:43:42 +0000] 200",
         "a [x] b|22/Nov/2026:16:43:42 +0000|200", TEMPLATE_WHOLE},
        {"x [c]:s", "a [22/Nov/2026:16:43:42] b [22/Nov/2026:16:43:43 -0330]:200",
         "a [22/Nov/2026:16:43:42] b|22/Nov/2026:16:43:43 -0330|200", TEMPLATE_WHOLE},
        {"\"x\" s n", "\"a\\\" 503 99 b\" 404 5", "a\\\" 503 99 b|404|5", TEMPLATE_WHOLE},
        {"\"x\" s n", "\"a\\\\\" 404 5", "a\\\\|404|5", TEMPLATE_WHOLE},
        {"\"x\" s n", "\"a\" b\" 404 5", "a\" b|404|5", TEMPLATE_WHOLE},
        {"\"x\" s n", "\"\" 404 5", "|404|5", TEMPLATE_WHOLE},
        {"\"x\" s n", "\"\" x 5", "", TEMPLATE_NONE},
        {"x:n w s", "::1:80 a 200", "::1|80|a|200", TEMPLATE_WHOLE},
    };
    (void)state;
    check(cases, sizeof cases / sizeof cases[0], TEMPLATE_BACKSLASH, false);
}

static void in_a_raw_format_a_backslash_protects_nothing(void **state)
{
    static const struct line_case cases[] = {
        {"\"x\" s", "\"a\\\" 404", "a\\|404", TEMPLATE_WHOLE},
        {"\"x\" s", "\"a\"b\" 404", "a\"b|404", TEMPLATE_WHOLE},
    };
    (void)state;
    check(cases, sizeof cases / sizeof cases[0], TEMPLATE_RAW, false);
}

static void times_are_taken_with_fraction_and_zone(void **state)
{
    static const struct line_case cases[] = {
        {"c s", "22/Nov/2026:16:43:42 +0000 200", "22/Nov/2026:16:43:42 +0000|200", TEMPLATE_WHOLE},
        {"c s", "22/Nov/2026:16:43:42 200", "22/Nov/2026:16:43:42|200", TEMPLATE_WHOLE},
        {"c s", "22/Nov/2026:16:43:42.537 200", "22/Nov/2026:16:43:42.537|200", TEMPLATE_WHOLE},
        {"c s", "22/Nov/2026:16:43:42.537 +0545 200", "22/Nov/2026:16:43:42.537 +0545|200",
         TEMPLATE_WHOLE},
        {"c w s", "22/Nov/2026:16:43:42.537 a 200", "22/Nov/2026:16:43:42.537|a|200",
         TEMPLATE_WHOLE},
        {"c,s", "22/Nov/2026:16:43:42 GMT,200", "22/Nov/2026:16:43:42 GMT|200", TEMPLATE_WHOLE},
        {"s c", "200 22/Nov/2026:16:43:42.5 +0100", "200|22/Nov/2026:16:43:42.5 +0100",
         TEMPLATE_WHOLE},
        {"[c] s", "[-] 200", "-|200", TEMPLATE_WHOLE},
        {"i w s", "2026-11-22 16:43:42 a 200", "2026-11-22 16:43:42|a|200", TEMPLATE_WHOLE},
        {"i w s", "2026-11-22T16:43:42.5+05:30 a 200", "2026-11-22T16:43:42.5+05:30|a|200",
         TEMPLATE_WHOLE},
        {"i w s", "2026-11-22T16:43:42Z a 200", "2026-11-22T16:43:42Z|a|200", TEMPLATE_WHOLE},
        {"i w s", "2026-11-22 16:43:42,123 +0100 a 200", "2026-11-22 16:43:42,123 +0100|a|200",
         TEMPLATE_WHOLE},
        {"i w s", "never a 200", "never|a|200", TEMPLATE_WHOLE},
        {"i s", "2026-11-22T16:43", "", TEMPLATE_NONE},
    };
    (void)state;
    check(cases, sizeof cases / sizeof cases[0], TEMPLATE_BACKSLASH, false);
}

static void words_have_no_blanks(void **state)
{
    static const struct line_case cases[] = {
        {"w,s", "a,200", "a|200", TEMPLATE_WHOLE},
        {"w,s", "a b,200", "", TEMPLATE_NONE},
        {"w,s", ",200", "|200", TEMPLATE_WHOLE},
        {"s w", "200 a b", "200|", TEMPLATE_PART},
    };
    (void)state;
    check(cases, sizeof cases / sizeof cases[0], TEMPLATE_BACKSLASH, false);
}

static void lists_hold_blanks_only_at_their_signs(void **state)
{
    static const struct line_case cases[] = {
        {"l s", "a 200", "a|200", TEMPLATE_WHOLE},
        {"l s", "a, b, c 200", "a, b, c|200", TEMPLATE_WHOLE},
        {"l s", "a : b, c 200", "a : b, c|200", TEMPLATE_WHOLE},
        {"l s", "- 200", "-|200", TEMPLATE_WHOLE},
        {"s \"l\"", "200 \"a, b\"", "200|a, b", TEMPLATE_WHOLE},
        {"s \"l\" \"l\"", "200 \"a\" \"b : c\"", "200|a|b : c", TEMPLATE_WHOLE},
        {"s \"l\"", "200 \"a, b", "200|a, b", TEMPLATE_PART},
        {"s l", "200 a,", "200|a,", TEMPLATE_WHOLE},
        {"s l", "200 ", "200|", TEMPLATE_WHOLE},
    };
    (void)state;
    check(cases, sizeof cases / sizeof cases[0], TEMPLATE_BACKSLASH, false);
}

static void numbers_may_be_missing_or_something_else(void **state)
{
    static const struct line_case cases[] = {
        {"s n w", "200 -1 a", "200|-1|a", TEMPLATE_WHOLE},
        {"s n w", "200 - a", "200|-|a", TEMPLATE_WHOLE},
        {"s n w", "200 0.25 a", "200|0.25|a", TEMPLATE_WHOLE},
        {"s n w", "200  a", "200||a", TEMPLATE_WHOLE},
        {"s n w", "200 x a", "200|x|a", TEMPLATE_WHOLE},
    };
    (void)state;
    check(cases, sizeof cases / sizeof cases[0], TEMPLATE_BACKSLASH, false);
}

static void variables_without_a_gap_are_one(void **state)
{
    static const struct line_case cases[] = {
        {"xTt s", "/tea?a=b 200", "/tea?a=b|200", TEMPLATE_WHOLE}, /* $uri$is_args$args */
        {"XX s", "ab 200", "200", TEMPLATE_WHOLE},
        {"sX", "200abc", "200", TEMPLATE_WHOLE},
        {"nX s", "12ms 200", "12|200", TEMPLATE_WHOLE},
    };
    (void)state;
    check(cases, sizeof cases / sizeof cases[0], TEMPLATE_BACKSLASH, false);
}

static void a_template_that_can_not_work_is_refused(void **state)
{
    struct template t;
    struct problem why;
    (void)state;
    template_init(&t, TEMPLATE_RAW);
    assert_int_not_equal(template_finish(&t, true, &why), 0);
    template_init(&t, TEMPLATE_RAW);
    assert_int_equal(template_add_field(&t, 0, TEMPLATE_TEXT, &why), 0);
    assert_int_not_equal(template_add_field(&t, 0, TEMPLATE_STATUS, &why), 0);
}

static void a_template_is_limited(void **state)
{
    static const char blanks[300] = {0};
    struct template t;
    struct problem why;
    int r = 0;
    (void)state;
    template_init(&t, TEMPLATE_RAW);
    assert_int_not_equal(template_add_literal(&t, (struct span){blanks, sizeof blanks}, &why), 0);
    for (unsigned i = 0; i <= TEMPLATE_STEPS && r == 0; i++) {
        r = template_add_field(&t, 0, TEMPLATE_NUMBER, &why);
        assert_int_equal(r == 0, i < TEMPLATE_STEPS);
    }
    template_init(&t, TEMPLATE_RAW);
    for (unsigned i = 0; i <= TEMPLATE_LITERALS / 200 &&
                         (r = template_add_literal(&t, (struct span){blanks, 200}, &why)) == 0;
         i++) {
        assert_int_equal(template_add_field(&t, 0, TEMPLATE_TEXT, &why), 0);
    }
    assert_int_not_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_whole_only_to_its_end),
        cmocka_unit_test(an_open_end_may_be_followed_by_anything),
        cmocka_unit_test(a_text_ends_where_what_follows_fits),
        cmocka_unit_test(in_a_raw_format_a_backslash_protects_nothing),
        cmocka_unit_test(times_are_taken_with_fraction_and_zone),
        cmocka_unit_test(words_have_no_blanks),
        cmocka_unit_test(lists_hold_blanks_only_at_their_signs),
        cmocka_unit_test(numbers_may_be_missing_or_something_else),
        cmocka_unit_test(variables_without_a_gap_are_one),
        cmocka_unit_test(a_template_that_can_not_work_is_refused),
        cmocka_unit_test(a_template_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
