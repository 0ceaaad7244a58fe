/*
 * What is looked for, and how large the pieces are in which it is: shared by marks.h, which
 * everybody uses, and marks_way.h, where the instructions are.
 */
#ifndef TEAPOT_BASE_MARKS_SET_H
#define TEAPOT_BASE_MARKS_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MARKS_BYTES = 8,     /* different bytes in a set */
    MARKS_PIECE = 32768, /* most bytes looked at in one go, so that a mark fits in 16 bits */
    MARKS_ROOM = MARKS_PIECE + 64,      /* marks that `out` of marks_find must have room for */
    MARKS_WORDS = MARKS_PIECE / 64 + 1, /* of a row: one more, which is 0 */
};

/* Where each byte of a set stands, one row a byte: bit i % 64 of word i / 64 for place i. */
struct marks_rows {
    uint64_t of[MARKS_BYTES][MARKS_WORDS];
};

struct marks_way; /* base/marks_way.h: what a level can do */

struct marks_set {
    uint8_t n;
    char bytes[MARKS_BYTES];
    bool protects; /* a quote behind an odd number of backslashes is not marked */
    bool in_rows;  /* for marks_find_rows */
    const struct marks_way *way;
    size_t (*find)(const struct marks_set *set, const char *at, size_t len, uint16_t *out);
};

#endif
