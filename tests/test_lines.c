#include "base/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct lines lines;

static struct marks_set quotes_and_newlines(void)
{
    struct marks_set set;
    marks_set_init(&set, "\"\n", 2, true);
    return set;
}

static void only_whole_lines_are_taken(void **state)
{
    struct marks_set set = quotes_and_newlines();
    struct span bytes = SPAN("one\n\"two\"\n\nthr\"e");
    (void)state;
    lines_take(&lines, &set, bytes);
    assert_ptr_equal(lines.base, bytes.ptr);
    assert_ptr_equal(lines.at, bytes.ptr);
    assert_ptr_equal(lines.end, bytes.ptr + 11);
    static const uint16_t want[] = {3, 4, 8, 9, 10};
    assert_memory_equal(lines.mark, want, sizeof want);
}

static void nothing_is_left_when_no_line_ends(void **state)
{
    struct marks_set set = quotes_and_newlines();
    (void)state;
    lines_take(&lines, &set, SPAN("\"cut\""));
    assert_ptr_equal(lines.at, lines.end);
    lines_take(&lines, &set, (struct span){NULL, 0});
    assert_ptr_equal(lines.at, lines.end);
}

static void no_more_than_a_piece_is_taken(void **state)
{
    struct marks_set set = quotes_and_newlines();
    size_t len = 3 * (size_t)MARKS_PIECE;
    char *bytes = malloc(len);
    (void)state;
    assert_non_null(bytes);
    memset(bytes, '\n', len);
    lines_take(&lines, &set, (struct span){bytes, len});
    assert_ptr_equal(lines.end, bytes + MARKS_PIECE);
    memset(bytes, 'x', len);
    bytes[MARKS_PIECE] = '\n';
    lines_take(&lines, &set, (struct span){bytes, len});
    assert_ptr_equal(lines.at, lines.end);
    bytes[MARKS_PIECE - 1] = '\n';
    lines_take(&lines, &set, (struct span){bytes, len});
    assert_ptr_equal(lines.end, bytes + MARKS_PIECE);
    free(bytes);
}

static void marks_of_lines_that_somebody_else_took_are_skipped(void **state)
{
    struct marks_set set = quotes_and_newlines();
    struct span bytes = SPAN("\"a\"\n\"b\"\n\"c\"\n\"cut");
    (void)state;
    lines_take(&lines, &set, bytes);
    lines_skip(&lines, bytes.ptr);
    assert_int_equal(*lines.mark, 0);
    lines_skip(&lines, bytes.ptr + 4);
    assert_ptr_equal(lines.at, bytes.ptr + 4);
    assert_int_equal(*lines.mark, 4);
    lines_skip(&lines, bytes.ptr + 8);
    assert_int_equal(*lines.mark, 8);
    lines_skip(&lines, bytes.ptr + 12);
    assert_ptr_equal(lines.at, lines.end);
    lines_skip(&lines, bytes.ptr + bytes.len);
    assert_ptr_equal(lines.at, lines.end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_whole_lines_are_taken),
        cmocka_unit_test(nothing_is_left_when_no_line_ends),
        cmocka_unit_test(no_more_than_a_piece_is_taken),
        cmocka_unit_test(marks_of_lines_that_somebody_else_took_are_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
