/*
 * Searches for bytes that are usually near: fields of a log line are a few dozen bytes long, so the
 * call of memchr costs more than the search. Never reads beyond `end`.
 */
#ifndef TEAPOT_SCAN_FIND_H
#define TEAPOT_SCAN_FIND_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __SSE2__
/* Which of the 16 bytes from `at` on are `wanted`: bit 0 for the first. */
static inline uint64_t find_mask16(const char *at, __m128i wanted)
{
    __m128i piece = _mm_loadu_si128((const __m128i *)(const void *)at);
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(piece, wanted));
}
#endif

/* The first `byte` at or behind `at`; NULL when there is none before `end`. */
static inline const char *find_byte(const char *at, const char *end, char byte)
{
#ifdef __SSE2__
    const __m128i wanted = _mm_set1_epi8(byte);
    if (end - at >= 16) {
        uint64_t hits = find_mask16(at, wanted);
        if (hits) {
            return at + __builtin_ctzll(hits);
        }
        at += 16;
    }
#endif
    return at < end ? memchr(at, byte, (size_t)(end - at)) : NULL;
}

/* The same for a byte that is expected within 64: looked at in one go, since how many pieces it
 * takes is what the processor can't predict. */
static inline const char *find_byte_wide(const char *at, const char *end, char byte)
{
#ifdef __SSE2__
    if (end - at >= 64) {
        const __m128i wanted = _mm_set1_epi8(byte);
        uint64_t hits = find_mask16(at, wanted) | find_mask16(at + 16, wanted) << 16 |
                        find_mask16(at + 32, wanted) << 32 | find_mask16(at + 48, wanted) << 48;
        if (hits) {
            return at + __builtin_ctzll(hits);
        }
        at += 64;
    }
#endif
    return at < end ? memchr(at, byte, (size_t)(end - at)) : NULL;
}

/* The same for a byte that is expected within 32. */
static inline const char *find_byte_near(const char *at, const char *end, char byte)
{
#ifdef __SSE2__
    if (end - at >= 32) {
        const __m128i wanted = _mm_set1_epi8(byte);
        uint64_t hits = find_mask16(at, wanted) | find_mask16(at + 16, wanted) << 16;
        if (hits) {
            return at + __builtin_ctzll(hits);
        }
        at += 32;
    }
#endif
    return find_byte_wide(at, end, byte);
}

/* How many of the bytes from `at` on are digits. */
static inline size_t find_digits(const char *at, const char *end)
{
    size_t n = 0;
#ifdef __SSE2__
    if (end - at >= 16) {
        /* c - '0' as unsigned is above 9 for all else; max(x, 9) == 9 says so for 16 bytes at once.
         */
        const __m128i nine = _mm_set1_epi8(9);
        __m128i piece = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i value = _mm_sub_epi8(piece, _mm_set1_epi8('0'));
        unsigned digits =
            (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(value, nine), nine));
        if (digits != 0xffff) {
            return (size_t)__builtin_ctz(~digits);
        }
        n = 16;
    }
#endif
    while (at + n < end && at[n] >= '0' && at[n] <= '9') {
        n++;
    }
    return n;
}

/* The number that the one to eight digits before `end` are; the bytes of eight before `end` must be
 * there. */
static inline uint64_t find_number(const char *end, size_t len)
{
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    uint64_t value = 0;
    for (const char *p = end - len; p < end; p++) {
        value = value * 10 + (uint64_t)(*p - '0');
    }
    return value;
#else
    uint64_t text, keep = ~(uint64_t)0 << (8 * (8 - len));
    memcpy(&text, end - 8, 8);
    /* Neighbouring digits are added up in pairs, then fours, then all eight (little-endian). */
    text = ((text & keep) | (0x3030303030303030u & ~keep)) - 0x3030303030303030u;
    text = text * 10 + (text >> 8);
    return ((text & 0x000000ff000000ffu) * 0x000f424000000064u +
            ((text >> 16) & 0x000000ff000000ffu) * 0x0000271000000001u) >>
           32;
#endif
}

#endif
