/*
 * Searches for bytes that are usually near: fields of a log line are a few dozen bytes long, so the
 * call of memchr costs more than the search. Never reads beyond `end`.
 */
#ifndef TEAPOT_SCAN_FIND_H
#define TEAPOT_SCAN_FIND_H

#include "base/digits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __SSE2__
/* Which of the 16 bytes from `at` on are those of `wanted`, each in its place: bit 0 for the first.
 */
static inline uint64_t find_mask16(const char *at, __m128i wanted)
{
    __m128i piece = _mm_loadu_si128((const __m128i *)(const void *)at);
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(piece, wanted));
}
#endif

/* The first `byte` at or behind `at`; NULL when there is none before `end`. Of 16 to 32 bytes the
 * first and the last 16 are looked at, which may overlap. */
static inline const char *find_byte(const char *at, const char *end, char byte)
{
#ifdef __SSE2__
    const __m128i wanted = _mm_set1_epi8(byte);
    if (end - at >= 16) {
        uint64_t hits = find_mask16(at, wanted);
        if (hits) {
            return at + __builtin_ctzll(hits);
        }
        if (end - at <= 32) {
            hits = find_mask16(end - 16, wanted);
            return hits ? end - 16 + __builtin_ctzll(hits) : NULL;
        }
        at += 16;
    }
#endif
    return at < end ? memchr(at, byte, (size_t)(end - at)) : NULL;
}

/* The `n`th `byte` (1: the first) at or behind `at`; NULL when there are fewer before `end`. Quick
 * where all of them are within 48 bytes. */
static inline const char *find_nth(const char *at, const char *end, char byte, unsigned n)
{
#ifdef __SSE2__
    if (end - at >= 48) {
        const __m128i wanted = _mm_set1_epi8(byte);
        uint64_t mask = find_mask16(at, wanted) | find_mask16(at + 16, wanted) << 16 |
                        find_mask16(at + 32, wanted) << 32;
#pragma GCC unroll 8
        for (unsigned i = 1; i < n; i++) {
            mask &= mask - 1;
        }
        if (mask) {
            return at + __builtin_ctzll(mask);
        }
    }
#endif
    for (; at < end; at++) {
        n -= *at == byte;
        if (n == 0) {
            return at;
        }
    }
    return NULL;
}

/* Are the `len` bytes at both places the same? There are 16 to 32 of them, so the first and the
 * last 16 are compared, which may overlap. */
static inline bool find_same(const char *a, const char *b, size_t len)
{
#ifdef __SSE2__
    __m128i head = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)a),
                                  _mm_loadu_si128((const __m128i *)(const void *)b));
    __m128i tail = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(a + len - 16)),
                                  _mm_loadu_si128((const __m128i *)(const void *)(b + len - 16)));
    return _mm_movemask_epi8(_mm_and_si128(head, tail)) == 0xffff;
#else
    return memcmp(a, b, len) == 0;
#endif
}

/* How many of the bytes from `at` on are digits, 16 when all of the first 16 are; those must be
 * there to be read. */
static inline size_t find_digits16(const char *at)
{
#ifdef __SSE2__
    /* c - '0' as unsigned is above 9 for all else; max(x, 9) == 9 says so for 16 bytes at once. */
    const __m128i nine = _mm_set1_epi8(9);
    __m128i piece = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i value = _mm_sub_epi8(piece, _mm_set1_epi8('0'));
    unsigned digits = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(value, nine), nine));
    return (size_t)__builtin_ctz(~digits);
#else
    size_t n = 0;
    while (n < 16 && at[n] >= '0' && at[n] <= '9') {
        n++;
    }
    return n;
#endif
}

/* shape_timers where it is less than 16 bytes long, else 0; 16 bytes must be there to be read.
 * `*last` becomes where the last of the numbers begins. */
static inline size_t find_timers16(const char *at, size_t *last)
{
#ifdef __SSE2__
    const __m128i nine = _mm_set1_epi8(9);
    __m128i piece = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i value = _mm_sub_epi8(piece, _mm_set1_epi8('0'));
    __m128i slash = _mm_cmpeq_epi8(piece, _mm_set1_epi8('/'));
    __m128i sign = _mm_or_si128(_mm_cmpeq_epi8(piece, _mm_set1_epi8('-')),
                                _mm_cmpeq_epi8(piece, _mm_set1_epi8('+')));
    __m128i digit = _mm_cmpeq_epi8(_mm_max_epu8(value, nine), nine);
    unsigned all = (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(slash, sign), digit));
    unsigned n = (unsigned)__builtin_ctz(~all);
    unsigned slashes = (unsigned)_mm_movemask_epi8(slash) & ((1U << n) - 1);
    /* There are four when one is left after three were taken away, lowest first. */
    slashes &= slashes - 1;
    slashes &= slashes - 1;
    slashes &= slashes - 1;
    *last = slashes ? (size_t)__builtin_ctz(slashes) + 1 : n;
    return n < 16 && slashes && (slashes & (slashes - 1)) == 0 ? n : 0;
#else
    (void)at;
    *last = 0;
    return 0;
#endif
}

/* How many of the bytes from `at` on are digits. */
static inline size_t find_digits(const char *at, const char *end)
{
    size_t n = 0;
    if (end - at >= 16) {
        n = find_digits16(at);
        if (n < 16) {
            return n;
        }
    }
    while (at + n < end && at[n] >= '0' && at[n] <= '9') {
        n++;
    }
    return n;
}

/* Reads the number that the one to eight bytes before `end` are, when all are digits; the eight
 * bytes before `end` must be there. */
static inline bool find_number(const char *end, size_t len, uint64_t *value)
{
    uint64_t text;
    memcpy(&text, end - 8, 8);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    text = __builtin_bswap64(text);
#endif
    text ^= 0x3030303030303030u;
    text &= ~(uint64_t)0 << (8 * (8 - len));
    *value = digits_eight(text);
    return ((text | (text + 0x7676767676767676u)) & 0x8080808080808080u) == 0;
}

/* Is `byte` one of the `len` bytes from `at` on? 32 bytes must be there to be read. */
static inline bool find_has(const char *at, size_t len, char byte)
{
#ifdef __SSE2__
    if (len <= 32) {
        const __m128i wanted = _mm_set1_epi8(byte);
        uint64_t hits = find_mask16(at, wanted) | find_mask16(at + 16, wanted) << 16;
        return (hits & (((uint64_t)1 << len) - 1)) != 0;
    }
#endif
    return memchr(at, byte, len) != NULL;
}

enum {
    FIND_TEXT = 32, /* bytes that find_text reads */
};

/* Does `text` stand at `at`? Of both FIND_TEXT bytes are read, and those compared for which `mask`
 * has a bit: the first ones, one after the other. */
static inline bool find_text(const char *at, const char *text, uint32_t mask)
{
#ifdef __SSE2__
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)text);
    __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(text + 16));
    return (~find_mask16(at, low) & mask & 0xffff) == 0 &&
           (mask <= 0xffff || (~find_mask16(at + 16, high) & mask >> 16) == 0);
#else
    return memcmp(at, text, (size_t)__builtin_popcount(mask)) == 0;
#endif
}

enum {
    FIND_BARE = 16, /* bytes that find_bare reads */
};

/* How many of the FIND_BARE bytes from `at` on are letters, digits and the signs in numbers and
 * words. None of those behind which a JSON value without quotes ends is among them; but for some
 * ('+') that are no such end it stops as well. */
static inline size_t find_bare(const char *at)
{
#ifdef __SSE2__
    /* Above ',' as a signed byte, and no ']' or '}', which are one but for the bit 0x20. */
    __m128i piece = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i above = _mm_cmpgt_epi8(piece, _mm_set1_epi8(','));
    __m128i closes = _mm_cmpeq_epi8(_mm_or_si128(piece, _mm_set1_epi8(0x20)), _mm_set1_epi8('}'));
    unsigned bare = (unsigned)_mm_movemask_epi8(_mm_andnot_si128(closes, above));
    return (size_t)__builtin_ctz(~bare | 0x10000);
#else
    size_t n = 0;
    while (n < FIND_BARE && at[n] > ',' && (at[n] | 0x20) != '}' &&
           !((unsigned char)at[n] & 0x80)) {
        n++;
    }
    return n;
#endif
}

#endif
