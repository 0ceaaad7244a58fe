#include "base/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* What must stand behind lines that are taken. */
#define SLACK "................................................................"

_Static_assert(sizeof(SLACK) == LINES_SLACK + 1, "as much as is asked for");

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
    struct span bytes = SPAN("one\n\"two\"\n\nthr\"e" SLACK);
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

static void a_line_without_slack_behind_it_is_left(void **state)
{
    struct marks_set set = quotes_and_newlines();
    struct span bytes = SPAN("one\ntwo\n" SLACK);
    (void)state;
    lines_take(&lines, &set, bytes);
    assert_ptr_equal(lines.end, bytes.ptr + 8);
    lines_take(&lines, &set, span_head(bytes, bytes.len - 1));
    assert_ptr_equal(lines.end, bytes.ptr + 4);
    lines_take(&lines, &set, span_head(bytes, bytes.len - 5));
    assert_ptr_equal(lines.at, lines.end);
}

/* Of the same bytes both kinds of set tell the same. */
static void rows_have_the_marks_of_a_list(void **state)
{
    static struct lines rows;
    struct marks_set list = quotes_and_newlines(), set = quotes_and_newlines();
    struct span bytes = SPAN("a\"b\\\"\n\"\"\n\n" SLACK "\n" SLACK);
    (void)state;
    marks_set_use_rows(&set);
    lines_take(&lines, &list, bytes);
    lines_take(&rows, &set, bytes);
    assert_ptr_equal(rows.end, lines.end);
    const uint64_t *row = rows.rows.of[marks_set_row(&set, '"')];
    for (const uint16_t *mark = lines.mark; lines.base + *mark < lines.end - 1; mark++) {
        bool is_end = bytes.ptr[*mark] == '\n';
        assert_int_equal(row[*mark / 64] >> *mark % 64 & 1, !is_end);
        rows.mark += is_end && *rows.mark == *mark;
    }
    assert_ptr_equal(rows.base + *rows.mark + 1, rows.end);
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
    struct span bytes = SPAN("\"a\"\n\"b\"\n\"c\"\n\"cut" SLACK);
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
        cmocka_unit_test(a_line_without_slack_behind_it_is_left),
        cmocka_unit_test(rows_have_the_marks_of_a_list),
        cmocka_unit_test(no_more_than_a_piece_is_taken),
        cmocka_unit_test(marks_of_lines_that_somebody_else_took_are_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
