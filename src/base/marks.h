/*
 * Where certain bytes stand in a piece of memory. Looking for the next quote or blank field by
 * field costs a mispredicted branch each time, since nobody can guess how long a field is; finding
 * all of them first, 64 bytes at a time and without a branch, leaves a list that is simply walked.
 * Which instructions do that is chosen once, when a set is made; all of them give the same marks.
 */
#ifndef TEAPOT_BASE_MARKS_H
#define TEAPOT_BASE_MARKS_H

#include "base/marks_set.h"

#include <string.h>

/* The instructions, the plainest first. What the processor lacks is not offered. */
enum marks_level {
    MARKS_SCALAR,
    MARKS_SSE2,
    MARKS_AVX2,
    MARKS_AVX512, /* with BW and VBMI2 */
    MARKS_NEON,
    MARKS_LEVELS,
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

/* Makes a set that has the newline one for marks_find_rows. The order of its bytes changes: the
 * newline is first, then the quote if it may be protected. */
void marks_set_use_rows(struct marks_set *set);

/* The row of a byte that is in the set. */
unsigned marks_set_row(const struct marks_set *set, char byte);

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

/* The same for a set in rows: fills rows 1 to n - 1 up to the word that the last byte is in, and
 * one more, and writes to `out` where the newlines stand. Returns how many newlines there are. */
size_t marks_find_rows(const struct marks_set *set, const char *at, size_t len,
                       struct marks_rows *rows, uint16_t *out);

/* The first place in a row that is among the 57 bytes from `from` on; UINT32_MAX when none is. */
static inline uint32_t marks_near(const uint64_t *row, uint32_t from)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t bits;
    memcpy(&bits, (const char *)row + (from >> 3), sizeof(bits));
    bits >>= from & 7;
    return bits ? from + (uint32_t)__builtin_ctzll(bits) : UINT32_MAX;
#else
    (void)row;
    (void)from;
    return UINT32_MAX;
#endif
}

/* The first place in a row that is not before `from`, when it is before `limit`; else `limit` or
 * some place behind it. Both are places in the piece. */
static inline uint32_t marks_next(const uint64_t *row, uint32_t from, uint32_t limit)
{
    uint64_t bits;
    for (; from < limit; from = (from & ~63U) + 64) {
        bits = row[from >> 6] >> (from & 63);
        if (bits) {
            return from + (uint32_t)__builtin_ctzll(bits);
        }
    }
    return limit;
}

#endif
