/*
 * Where things stand in the text of a configuration file. libConfuse knows only lines, and loses
 * count of those in comments; this walks over the text by the same rules, token by token, and finds
 * the line and column of a section's title or of a setting's value. It keeps nothing and borrows
 * the text.
 */
#ifndef TEAPOT_CONFIG_PLACE_H
#define TEAPOT_CONFIG_PLACE_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/span.h"

/* A place: both count from 1; columns are characters, a tab is one. */
struct place {
    int line, column;
};

/* What is looked for: value number `index` of the last `key` in the n-th section of a kind (both
 * from 0). `section` NULL: outside sections. `key` NULL: the title of the section, or its kind when
 * it has none. */
struct place_of {
    const char *section;
    size_t n;
    const char *key;
    size_t index;
};

/* Copies the text to `out` with its comments made blank, so that lines and columns stay. 0; or
 * -EINVAL with `why` and the place in it, when a string, comment or brace is not closed, or a byte
 * can't stand there. */
int place_clean(struct span text, struct buf *out, struct problem *why);

/* Finds it; line 1, column 1 when it is not there. */
struct place place_find(struct span text, struct place_of what);

/* The first token on or after `line` that is `word`, in quotes or not; else the first token of the
 * line. */
struct place place_word(struct span text, int line, struct span word);

#endif
