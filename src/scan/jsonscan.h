/*
 * Walks over the members of a JSON object on one line, without allocating and without building
 * anything. Lenient where logs are: a number like 009, a bare "-", invalid UTF-8 and escapes that
 * JSON does not know are values like any other. Objects inside are entered, arrays are stepped
 * over.
 * A line among others (base/lines.h) is read the same way, but where its strings end is told by
 * their marks. scan/jsonmemo reads members it has seen before without asking here.
 */
#ifndef TEAPOT_SCAN_JSONSCAN_H
#define TEAPOT_SCAN_JSONSCAN_H

#include "base/lines.h"
#include "base/span.h"

enum {
    JSONSCAN_DEPTH = 6, /* objects deeper than this are stepped over */
};

struct jsonscan {
    const char *at;
    const char *end;      /* of the line; NULL: among others, and nobody had to know yet */
    const char *base;     /* of the marks */
    const uint16_t *mark; /* the first one that is not before `at`; NULL: a line by itself */
    struct span keys[JSONSCAN_DEPTH]; /* keys[d] leads to the object at depth d + 1 */
    unsigned depth;                   /* 1: the outermost object; 0: it has ended */
    bool is_behind;                   /* a value, and not an opening brace */
    bool failed;                      /* the text is no JSON object, or it is cut */
};

enum jsonscan_kind {
    JSONSCAN_BARE, /* a number, true, null … as written; nothing for an object stepped over */
    JSONSCAN_STRING,
    JSONSCAN_ARRAY,
    JSONSCAN_OBJECT, /* its members come next, one deeper; it has no value of its own */
};

struct jsonscan_member {
    struct span key;   /* without quotes, escapes as they are */
    struct span value; /* without quotes, escapes as they are; an array with its brackets */
    enum jsonscan_kind kind;
};

/* Starts at the opening brace of a line by itself; blanks before it are skipped. */
void jsonscan_over(struct jsonscan *s, struct span line);

/* The same for the line at lines->at, from `from` on, which is in it. The marks must be those of
 * jsonscan_marks. */
void jsonscan_among(struct jsonscan *s, const struct lines *lines, const char *from);

/* The bytes whose marks jsonscan_among needs: quotes that no backslash protects, and newlines. */
void jsonscan_marks(struct marks_set *set);

/* Goes on behind the line that `s` is in, wherever in it that has got to, and returns the line
 * without its end. */
struct span jsonscan_leave(const struct jsonscan *s, struct lines *lines);

/* Takes the next member, at any depth; an object comes before its own members. False at the end of
 * the outermost object, or when the text fails. */
bool jsonscan_next(struct jsonscan *s, struct jsonscan_member *out);

/* The quote that ends the string at `at`: the first that no backslash protects; NULL when there is
 * none on the line. Only for a line by itself. */
const char *jsonscan_close(const struct jsonscan *s, const char *at);

/* Writes `text` with its escapes replaced (\u00XX and beyond as UTF-8) to `out`, cut to `size`;
 * returns the span in `out`, or `text` itself when there is nothing to replace. */
struct span jsonscan_unescape(struct span text, char *out, size_t size);

#endif
