/*
 * Between marks.c and the files that know one family of processors: how 64 bytes become bits, and
 * bits become positions. Nobody else includes it.
 */
#ifndef TEAPOT_BASE_MARKS_WAY_H
#define TEAPOT_BASE_MARKS_WAY_H

#include "base/marks.h"

/* Inlined into functions for several processors and for several sizes of a set. */
#define MARKS_INLINE inline __attribute__((always_inline))

enum {
    MARKS_BLOCK = 64,
};

/* What 64 bytes are: bit 0 for the first. Quotes and backslashes only when the set protects. */
struct marks_block {
    uint64_t hits;
    uint64_t quotes;
    uint64_t backslashes;
};

/* Looks at `n` times 64 bytes. */
typedef void marks_classify_fn(const struct marks_set *set, const char *at, size_t n,
                               struct marks_block *out);

/* Writes the positions of all hits, `base` for the first byte, and returns where the next one
 * goes. Up to 64 more may be written there. */
typedef uint16_t *marks_extract_fn(const struct marks_block *blocks, size_t n, size_t base,
                                   uint16_t *out);

struct marks_way {
    marks_classify_fn *classify;
    marks_extract_fn *extract;
};

#if defined(__x86_64__)
extern const struct marks_way marks_x86_sse2, marks_x86_avx2, marks_x86_avx512;
#elif defined(__aarch64__)
extern const struct marks_way marks_neon;
#endif

/* A set of three is compared with three bytes, and so on, without a loop: `classify_n` is inlined
 * with the number as a constant. One byte is looked for twice. */
#define MARKS_WAY_BY_SIZE(classify_n, set, at, n, out)        \
    switch ((set)->n) {                                       \
    case 1:                                                   \
    case 2: classify_n(set, at, n, out, 2); break;            \
    case 3: classify_n(set, at, n, out, 3); break;            \
    case 4: classify_n(set, at, n, out, 4); break;            \
    default: classify_n(set, at, n, out, MARKS_BYTES); break; \
    }

/* Eight positions from the lowest bits on; what comes when no bit is left does not matter. */
static MARKS_INLINE uint64_t marks_way_put8(uint16_t *out, uint64_t bits, size_t base)
{
    for (unsigned i = 0; i < 8; i++) {
        /* The highest bit only keeps the search from having nothing to find. */
        out[i] = (uint16_t)(base + (unsigned)__builtin_ctzll(bits | (uint64_t)1 << 63));
        bits &= bits - 1;
    }
    return bits;
}

/* Eight positions are written whether they are there or not, since most blocks have fewer: how many
 * is what nobody can guess. */
static MARKS_INLINE uint16_t *marks_way_put(uint16_t *out, uint64_t bits, size_t base)
{
    unsigned n = (unsigned)__builtin_popcountll(bits);
    bits = marks_way_put8(out, bits, base);
    if (n > 8) {
        bits = marks_way_put8(out + 8, bits, base);
        for (unsigned done = 16; done < n; done += 8) {
            bits = marks_way_put8(out + done, bits, base);
        }
    }
    return out + n;
}

#endif
