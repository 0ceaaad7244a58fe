/*
 * Walks over the members of a JSON object on one line, without allocating and without building
 * anything. Lenient where logs are: a number like 009, a bare "-", invalid UTF-8 and escapes that
 * JSON does not know are values like any other. Objects inside are entered, arrays are stepped
 * over.
 */
#ifndef TEAPOT_SCAN_JSONSCAN_H
#define TEAPOT_SCAN_JSONSCAN_H

#include "base/span.h"

enum {
    JSONSCAN_DEPTH = 6, /* objects deeper than this are stepped over */
};

struct jsonscan {
    const char *at, *end;
    struct span keys[JSONSCAN_DEPTH]; /* keys[d] leads to the object at depth d + 1 */
    unsigned depth;                   /* 1: the outermost object */
    bool failed;                      /* the text is no JSON object, or it is cut */
};

struct jsonscan_member {
    struct span key; /* without quotes, escapes as they are */
    struct span
        value; /* without quotes if a string; a number, true, null … as written; an array whole */
    bool is_string, is_array;
};

/* Starts at the opening brace; blanks before it are skipped. */
struct jsonscan jsonscan_over(struct span line);

/* Takes the next member with a plain value or an array, at any depth. False at the end of the
 * outermost object, or when the text fails. */
bool jsonscan_next(struct jsonscan *s, struct jsonscan_member *out);

/* Writes `text` with its escapes replaced (\u00XX and beyond as UTF-8) to `out`, cut to `size`;
 * returns the span in `out`, or `text` itself when there is nothing to replace. */
struct span jsonscan_unescape(struct span text, char *out, size_t size);

#endif
