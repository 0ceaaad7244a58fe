/*
 * Up to eight decimal digits as a number, all at once: how many there are changes from line to
 * line, so a loop over them ends where the processor did not expect it.
 */
#ifndef TEAPOT_BASE_DIGITS_H
#define TEAPOT_BASE_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    DIGITS_MOST = 8,
};

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* The `len` bytes (1 to 8) at `at` as the last ones of eight, zeros before them. Nothing else is
 * read. */
static inline uint64_t digits_text(const char *at, size_t len)
{
    const unsigned gap = 8 * (unsigned)(DIGITS_MOST - len);
    const uint64_t zeros = (uint64_t)0x3030303030303030u >> 8 >> (56 - gap);
    if (len >= 4) {
        uint32_t first, last; /* they overlap */
        memcpy(&first, at, 4);
        memcpy(&last, at + len - 4, 4);
        return zeros | (uint64_t)first << gap | (uint64_t)last << 32;
    }
    uint64_t first = (unsigned char)at[0], mid = (unsigned char)at[len / 2];
    uint64_t last = (unsigned char)at[len - 1];
    return zeros | first << gap | mid << (gap + 8 * (unsigned)(len / 2)) | last << 56;
}
#endif

/* The number that eight digits are, whose values (not their characters) are the bytes of `text`,
 * the first one the lowest. Neighbouring ones are added up in pairs, then fours, then all eight
 * (Lemire, "Quickly parsing eight digits", lemire.me, 2018). */
static inline uint64_t digits_eight(uint64_t text)
{
    text = text * 10 + (text >> 8);
    return ((text & 0x000000ff000000ffu) * 0x000f424000000064u +
            ((text >> 16) & 0x000000ff000000ffu) * 0x0000271000000001u) >>
           32;
}

/* Reads the `len` digits (1 to 8) at `at`. False, with `*out` untouched, when one is none. */
static inline bool digits_read(const char *at, size_t len, uint64_t *out)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t text = digits_text(at, len) ^ 0x3030303030303030u;
    if (((text + 0x7676767676767676u) | text) & 0x8080808080808080u) {
        return false;
    }
    *out = digits_eight(text);
#else
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        if (at[i] < '0' || at[i] > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(at[i] - '0');
    }
    *out = value;
#endif
    return true;
}

#endif
