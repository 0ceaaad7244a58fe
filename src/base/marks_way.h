/*
 * Between marks.c and the files that know one family of processors: how 64 bytes become bits, and
 * bits become positions. Nobody else includes it.
 */
#ifndef TEAPOT_BASE_MARKS_WAY_H
#define TEAPOT_BASE_MARKS_WAY_H

#include "base/marks_set.h"

/* Inlined into functions for several processors and for several sizes of a set. */
#define MARKS_INLINE inline __attribute__((always_inline))

/* `DO(k)` for each byte of a set, whose number `of` is a constant where this is inlined: a loop
 * would stay one. */
#define MARKS_EACH(of, DO) \
    do {                   \
        if ((of) > 0) {    \
            DO(0);         \
        }                  \
        if ((of) > 1) {    \
            DO(1);         \
        }                  \
        if ((of) > 2) {    \
            DO(2);         \
        }                  \
        if ((of) > 3) {    \
            DO(3);         \
        }                  \
        if ((of) > 4) {    \
            DO(4);         \
        }                  \
        if ((of) > 5) {    \
            DO(5);         \
        }                  \
        if ((of) > 6) {    \
            DO(6);         \
        }                  \
        if ((of) > 7) {    \
            DO(7);         \
        }                  \
    } while (0)

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

/* Where rows are written, and what the blocks before left. */
struct marks_rows_out {
    uint64_t (*rows)[MARKS_WORDS];
    uint16_t *ends; /* the next newline goes here; up to 64 may be written behind it */
    uint64_t carry; /* as for marks_way_escaped */
    size_t block;   /* the next one's number */
};

/* Looks at `n` times 64 bytes. */
typedef void marks_rows_fn(const struct marks_set *set, const char *at, size_t n,
                           struct marks_rows_out *out);

struct marks_way {
    marks_classify_fn *classify;
    marks_extract_fn *extract;
    marks_rows_fn *rows;
};

/* Which bytes stand behind an odd number of `backslashes`. `carry` says that the first one does,
 * and comes back for the block behind. A run that begins at an even place and has an odd length
 * ends at an odd one, and the other way round; adding its first bit to a run carries to its end. */
static MARKS_INLINE uint64_t marks_way_escaped(uint64_t backslashes, uint64_t *carry)
{
    const uint64_t even = 0x5555555555555555u;
    uint64_t first = *carry;
    backslashes &= ~first;
    uint64_t starts = backslashes & ~(backslashes << 1);
    uint64_t from_even = backslashes + (starts & even);
    uint64_t from_odd = backslashes + (starts & ~even);
    *carry = from_odd < backslashes; /* the run goes to the block's end */
    return (((from_even & ~even) | (from_odd & even)) & ~backslashes) | first;
}

/* Writes the words of a block: `words[k]` has the hits of byte k, `words[1]` those of the quote
 * when the set protects. */
static MARKS_INLINE void marks_way_row(struct marks_rows_out *out, uint64_t *words, unsigned of,
                                       uint64_t backslashes)
{
    if (backslashes | out->carry) {
        words[1] &= ~marks_way_escaped(backslashes, &out->carry);
    }
#define STORE(k) (out->rows[k][out->block] = words[k])
    MARKS_EACH(of, STORE);
#undef STORE
    out->block++;
}

/* The newlines of a block. Few lines are so short that there are more than two. */
static MARKS_INLINE void marks_way_ends(struct marks_rows_out *out, uint64_t bits)
{
    const uint64_t guard = (uint64_t)1 << 63;
    size_t base = (out->block - 1) * MARKS_BLOCK;
    uint16_t *to = out->ends;
    out->ends += __builtin_popcountll(bits);
    do {
        to[0] = (uint16_t)(base + (unsigned)__builtin_ctzll(bits | guard));
        bits &= bits - 1;
        to[1] = (uint16_t)(base + (unsigned)__builtin_ctzll(bits | guard));
        bits &= bits - 1;
        to += 2;
    } while (bits);
}

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

/* The same for rows. What is left over in a set of five to seven is its first byte once more, and
 * goes to rows that nobody asks for. */
#define MARKS_WAY_ROWS_BY_SIZE(rows_n, set, at, n, out)   \
    switch ((set)->n) {                                   \
    case 1: rows_n(set, at, n, out, 1); break;            \
    case 2: rows_n(set, at, n, out, 2); break;            \
    case 3: rows_n(set, at, n, out, 3); break;            \
    case 4: rows_n(set, at, n, out, 4); break;            \
    case 5: rows_n(set, at, n, out, 5); break;            \
    default: rows_n(set, at, n, out, MARKS_BYTES); break; \
    }

/* Eight positions from the lowest bits on; what comes when no bit is left does not matter. */
static MARKS_INLINE uint64_t marks_way_put8(uint16_t *out, uint64_t bits, size_t base)
{
    /* The highest bit only keeps the search from having nothing to find. */
    const uint64_t guard = (uint64_t)1 << 63;
#define PUT(i)                                                           \
    out[i] = (uint16_t)(base + (unsigned)__builtin_ctzll(bits | guard)); \
    bits &= bits - 1
    MARKS_EACH(8, PUT);
#undef PUT
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
