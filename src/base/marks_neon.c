/*
 * Marks with the instructions that every 64-bit ARM processor has.
 */
#include "base/marks_way.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

/* Each byte of a comparison gives the bit of its place; neighbours are added up until eight bytes
 * are left, since there is no instruction that gathers them. */
static MARKS_INLINE uint64_t gather_neon(const uint8x16_t hits[4])
{
    const uint8x16_t bit = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201u));
    uint8x16_t low = vpaddq_u8(vandq_u8(hits[0], bit), vandq_u8(hits[1], bit));
    uint8x16_t high = vpaddq_u8(vandq_u8(hits[2], bit), vandq_u8(hits[3], bit));
    uint8x16_t all = vpaddq_u8(low, high);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(all, all)), 0);
}

static MARKS_INLINE uint64_t any_neon(const uint8x16_t piece[4], const char *bytes, unsigned of)
{
    uint8x16_t any[4];
    for (unsigned i = 0; i < 4; i++) {
        any[i] = vceqq_u8(piece[i], vdupq_n_u8((uint8_t)bytes[0]));
        for (unsigned k = 1; k < of; k++) {
            any[i] = vorrq_u8(any[i], vceqq_u8(piece[i], vdupq_n_u8((uint8_t)bytes[k])));
        }
    }
    return gather_neon(any);
}

static MARKS_INLINE void classify_n_neon(const struct marks_set *set, const char *at, size_t n,
                                         struct marks_block *out, unsigned of)
{
    const bool protects = set->protects;
    char bytes[MARKS_BYTES];
    memcpy(bytes, set->bytes, sizeof bytes);
    for (; n > 0; n--, at += MARKS_BLOCK, out++) {
        uint8x16_t piece[4];
        for (unsigned i = 0; i < 4; i++) {
            piece[i] = vld1q_u8((const uint8_t *)at + 16 * i);
        }
        out->hits = any_neon(piece, bytes, of);
        if (protects) {
            out->quotes = any_neon(piece, "\"", 1);
            out->backslashes = any_neon(piece, "\\", 1);
        }
    }
}

static void classify_neon(const struct marks_set *set, const char *at, size_t n,
                          struct marks_block *out)
{
    MARKS_WAY_BY_SIZE(classify_n_neon, set, at, n, out)
}

static uint16_t *extract_neon(const struct marks_block *blocks, size_t n, size_t base,
                              uint16_t *out)
{
    for (size_t i = 0; i < n; i++) {
        out = marks_way_put(out, blocks[i].hits, base + i * MARKS_BLOCK);
    }
    return out;
}

static void rows_neon(const struct marks_set *set, const char *at, size_t n,
                      struct marks_rows_out *out)
{
    for (; n > 0; n--, at += MARKS_BLOCK) {
        uint8x16_t piece[4];
        uint64_t words[MARKS_BYTES];
        for (unsigned i = 0; i < 4; i++) {
            piece[i] = vld1q_u8((const uint8_t *)at + 16 * i);
        }
        for (unsigned k = 0; k < set->n; k++) {
            words[k] = any_neon(piece, &set->bytes[k], 1);
        }
        marks_way_row(out, words, set->n, set->protects ? any_neon(piece, "\\", 1) : 0);
        marks_way_ends(out, words[0]);
    }
}

const struct marks_way marks_neon = {classify_neon, extract_neon, rows_neon};
#else
/* An empty file is not C. */
typedef int marks_neon_nothing;
#endif
