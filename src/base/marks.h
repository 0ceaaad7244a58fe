/*
 * Where certain bytes stand in a piece of memory. Looking for the next quote or blank field by
 * field costs a mispredicted branch each time, since nobody can guess how long a field is; finding
 * all of them first, 64 bytes at a time and without a branch, leaves a list that is simply walked.
 * Which instructions do that is chosen once, when a set is made; all of them give the same marks.
 */
#ifndef TEAPOT_BASE_MARKS_H
#define TEAPOT_BASE_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MARKS_BYTES = 8,     /* different bytes in a set */
    MARKS_PIECE = 32768, /* most bytes looked at in one go, so that a mark fits in 16 bits */
    MARKS_ROOM = MARKS_PIECE + 64, /* marks that `out` of marks_find must have room for */
};

/* The instructions, the plainest first. What the processor lacks is not offered. */
enum marks_level {
    MARKS_SCALAR,
    MARKS_SSE2,
    MARKS_AVX2,
    MARKS_AVX512, /* with BW and VBMI2 */
    MARKS_NEON,
    MARKS_LEVELS,
};

struct marks_set {
    uint8_t n;
    char bytes[MARKS_BYTES];
    bool protects; /* a quote behind an odd number of backslashes is not marked */
    size_t (*find)(const struct marks_set *set, const char *at, size_t len, uint16_t *out);
};

/* Makes a set of the `n` bytes at `bytes` (at most MARKS_BYTES; the same one twice counts once).
 * With `protects`, a '"' that a backslash protects is not marked: one behind an odd number of
 * backslashes in a row, counted from `at` on. The best level that the processor has is taken, or
 * the one that the environment names in TEAPOTD_SIMD (scalar, sse2, avx2, avx512, neon; for tests
 * and measurements), when the processor has it. */
void marks_set_init(struct marks_set *set, const char *bytes, unsigned n, bool protects);

/* The same with a given level. False, with the set untouched, when the processor lacks it. */
bool marks_set_init_level(struct marks_set *set, const char *bytes, unsigned n, bool protects,
                          enum marks_level level);

/* The name of a level, as in TEAPOTD_SIMD. Static. */
const char *marks_level_name(enum marks_level level);

/* Writes where the bytes of the set stand in the `len` bytes (at most MARKS_PIECE) from `at` on,
 * ascending, and returns how many there are. `out` has room for MARKS_ROOM; what is written behind
 * the last mark means nothing. Never reads beyond `at + len`. */
static inline size_t marks_find(const struct marks_set *set, const char *at, size_t len,
                                uint16_t *out)
{
    return set->find(set, at, len, out);
}

#endif
