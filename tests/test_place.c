/* Where things stand in a configuration file, and what is refused before libConfuse sees it. */
#include "config/place.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char text[] = "# source a { path = \"no\" }\n"
                           "lateness = 2s\n"
                           "/* two\n"
                           "   lines */ source a { path = {\"x\",\n"
                           "  'y}', z} format = \"ä\" vendor = v }\n"
                           "source \"b\" {\n"
                           "\tpath = x\n"
                           "\tpath += {y, z} // more\n"
                           "\tstart = begin start = end\n"
                           "}\n"
                           "stats { mode = 0660 }\n";

static void titles_and_values_are_found(void **state)
{
    (void)state;
    static const struct {
        struct place_of what;
        int line, column;
    } cases[] = {
        {{NULL, 0, "lateness", 0}, 2, 12},   {{"source", 0, NULL, 0}, 4, 20},
        {{"source", 0, "path", 0}, 4, 32},   {{"source", 0, "path", 1}, 5, 3},
        {{"source", 0, "path", 2}, 5, 9},    {{"source", 0, "format", 0}, 5, 21},
        {{"source", 0, "vendor", 0}, 5, 34}, {{"source", 1, NULL, 0}, 6, 8},
        {{"source", 1, "path", 0}, 7, 9},    {{"source", 1, "path", 2}, 8, 14},
        {{"source", 1, "start", 0}, 9, 24},  {{"stats", 0, NULL, 0}, 11, 1},
        {{"stats", 0, "mode", 0}, 11, 16},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct place at = place_find(span_of(text), cases[i].what);
        print_message("case %zu: %d:%d\n", i, at.line, at.column);
        assert_int_equal(at.line, cases[i].line);
        assert_int_equal(at.column, cases[i].column);
    }
}

static void what_is_not_there_gives_its_section_or_the_beginning(void **state)
{
    (void)state;
    struct place at = place_find(span_of(text), (struct place_of){"source", 1, "vendor", 0});
    assert_int_equal(at.line, 6);
    at = place_find(span_of(text), (struct place_of){"source", 7, "path", 0});
    assert_int_equal(at.line, 1);
    assert_int_equal(at.column, 1);
}

static void words_are_found_on_their_line_and_first_as_names(void **state)
{
    (void)state;
    struct span one = SPAN("source frmat { frmat = frmat }\n  x \"y\" x\n");
    struct place at = place_word(one, 1, SPAN("frmat"));
    assert_int_equal(at.column, 16);
    at = place_word(one, 2, SPAN("y"));
    assert_int_equal(at.line, 2);
    assert_int_equal(at.column, 5);
    at = place_word(one, 2, SPAN("absent"));
    assert_int_equal(at.line, 2);
    assert_int_equal(at.column, 3);
}

static void cleaning_blanks_comments_and_keeps_every_place(void **state)
{
    (void)state;
    struct buf out = {0};
    struct span dirty = SPAN("a = b # c\r\n/* d\n e */ f = '# g' // h\ni = j//k\n");
    assert_int_equal(place_clean(dirty, &out, NULL), 0);
    assert_string_equal(out.data, "a = b     \n    \n      f = '# g'     \ni = j//k\n");
    buf_done(&out);
}

static void what_libconfuse_can_not_take_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int line, column;
    } cases[] = {
        {"a = b\n  /* c", 2, 3}, {"a = 'b\n", 1, 5},
        {"a = \"b\\\"", 1, 5},   {"path = /var/*.log", 1, 13},
        {"a = b+c", 1, 6},       {"'a' = b", 1, 1},
        {"s|a = b", 1, 1},       {"\n\"{}\" += {}", 2, 1},
        {"a = 'b\\", 1, 5},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out = {0};
        struct problem why = {.file = ""};
        print_message("%s\n", cases[i].text);
        assert_int_equal(place_clean(span_of(cases[i].text), &out, &why), -EINVAL);
        assert_int_equal(why.line, cases[i].line);
        assert_int_equal(why.column, cases[i].column);
        buf_done(&out);
    }
}

static void an_environment_variable_is_one_word(void **state)
{
    (void)state;
    struct buf out = {0};
    assert_int_equal(place_clean(SPAN("a = ${x # 'y} # z"), &out, NULL), 0);
    assert_string_equal(out.data, "a = ${x # 'y}    ");
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(titles_and_values_are_found),
        cmocka_unit_test(what_is_not_there_gives_its_section_or_the_beginning),
        cmocka_unit_test(words_are_found_on_their_line_and_first_as_names),
        cmocka_unit_test(cleaning_blanks_comments_and_keeps_every_place),
        cmocka_unit_test(what_libconfuse_can_not_take_is_refused_with_its_place),
        cmocka_unit_test(an_environment_variable_is_one_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
