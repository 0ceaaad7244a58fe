/*
 * Lines in a row. The marks are found in all of the piece and the last newline among them, so that
 * the bytes are looked at once; only the line that the piece cuts is looked at again, with the
 * next.
 */
#include "base/lines.h"

#include <assert.h>

void lines_take(struct lines *lines, const struct marks_set *set, struct span bytes)
{
    assert(memchr(set->bytes, '\n', set->n));
    size_t len = bytes.len < MARKS_PIECE ? bytes.len : MARKS_PIECE;
    size_t n = set->in_rows ? marks_find_rows(set, bytes.ptr, len, &lines->rows, lines->marks)
                            : marks_find(set, bytes.ptr, len, lines->marks);
    size_t most = bytes.len > LINES_SLACK ? bytes.len - LINES_SLACK : 0;
    while (n > 0 && (bytes.ptr[lines->marks[n - 1]] != '\n' || lines->marks[n - 1] >= most)) {
        n--;
    }
    lines->set = set;
    lines->base = lines->at = lines->end = bytes.ptr;
    lines->mark = lines->marks;
    if (n > 0) {
        lines->end += lines->marks[n - 1] + 1;
    }
}

void lines_skip(struct lines *lines, const char *at)
{
    if (at >= lines->end) {
        lines->at = lines->end;
        return;
    }
    /* The mark of the last line end is not before `at`. */
    while (lines->base + *lines->mark < at) {
        lines->mark++;
    }
    lines->at = at;
}
