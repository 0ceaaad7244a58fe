/*
 * Whole lines in a row in one piece of memory, with the marks of the bytes that their format wants
 * to know of. A parser that can reads them one after the other (parser.parse_lines); the newline is
 * in every set, so a walk along the marks that stops at newlines needs no other bound.
 */
#ifndef TEAPOT_BASE_LINES_H
#define TEAPOT_BASE_LINES_H

#include "base/marks.h"
#include "base/span.h"

enum {
    LINES_SLACK = 64, /* bytes that may be read behind the last line */
};

struct lines {
    const struct marks_set *set; /* that the marks are of; it must stay as long as they are used */
    const char *base;            /* the piece: a mark is an offset from here */
    const char *at;              /* the first line that was not read yet */
    const char *end;             /* behind the last line end: nothing left when it is `at` */
    const uint16_t *mark;        /* the first mark that is not before `at` */
    uint16_t marks[MARKS_ROOM];  /* of a set in rows: of the newlines alone, others are in `rows` */
    struct marks_rows rows;
};

/* Takes the whole lines at the front of `bytes`, as many as fit into a piece and have LINES_SLACK
 * bytes behind them in `bytes`. The set must have the newline in it. Nothing is left to be read
 * (`at == end`) when there is no such line: it is for the framer. */
void lines_take(struct lines *lines, const struct marks_set *set, struct span bytes);

/* Goes on at `at`, a line's start: somebody else took the lines before it. At or behind `end`
 * nothing is left. */
void lines_skip(struct lines *lines, const char *at);

#endif
