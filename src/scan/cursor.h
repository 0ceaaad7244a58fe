/*
 * Reads a log line from left to right. A step that finds something else than it was asked for marks
 * the cursor as failed and the later steps do nothing, so a parser checks once, at its end.
 */
#ifndef TEAPOT_SCAN_CURSOR_H
#define TEAPOT_SCAN_CURSOR_H

#include "base/span.h"

struct cursor {
    const char *at, *end;
    bool failed;
};

/* Starts at the beginning of `line`, which must outlive the cursor and every span it hands out. */
struct cursor cursor_over(struct span line);

/* Takes a word and the blanks after it. Fails when the word is empty. */
struct span cursor_word(struct cursor *c);

/* Takes what stands up to `stop`, and `stop` itself. Fails when there is none. */
struct span cursor_until(struct cursor *c, char stop);

/* Takes one byte. Fails when another stands there. */
void cursor_byte(struct cursor *c, char byte);

/* Takes all that is left; never fails. */
struct span cursor_rest(struct cursor *c);

#endif
