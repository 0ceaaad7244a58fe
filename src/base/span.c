/*
 * Text as pointer and length, without a copy and without a NUL at its end: a line from a log is cut
 * into many of these. Nothing here reads beyond the length, allocates, or asks the locale.
 */
#include "base/span.h"

#include "base/digits.h"

struct span span_trim(struct span s)
{
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) {
        s = span_after(s, 1);
    }
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t')) {
        s.len--;
    }
    return s;
}

/* ASCII only. tolower obeys the locale, in some of which "I" has another lower case. */
static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

bool span_equal_nocase(struct span a, struct span b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

/* Digits and nothing else: neither sign nor blank nor hexadecimal, and what does not fit is
 * refused, not cut. `*out` is untouched then. */
bool span_to_u64(struct span s, uint64_t *out)
{
    enum {
        SURE = 19, /* so many digits always fit */
        MOST = 20,
    };
    uint64_t value = 0;
    if (s.len == 0 || s.len > MOST) {
        return false;
    }
    if (s.len <= DIGITS_MOST) {
        return digits_read(s.ptr, s.len, out);
    }
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)(unsigned char)s.ptr[i] - '0';
        if (digit > 9 || (i >= SURE && value > (UINT64_MAX - digit) / 10)) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

bool span_has(struct span s, struct span text)
{
    for (size_t i = 0; i + text.len <= s.len; i++) {
        if (memcmp(s.ptr + i, text.ptr, text.len) == 0) {
            return true;
        }
    }
    return false;
}

bool span_has_nocase(struct span s, struct span text)
{
    for (size_t i = 0; i + text.len <= s.len; i++) {
        if (span_equal_nocase((struct span){s.ptr + i, text.len}, text)) {
            return true;
        }
    }
    return false;
}

static uint64_t mix(uint64_t x)
{
    /* The finaliser of MurmurHash3 (Appleby, public domain constants). */
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    return x ^ (x >> 33);
}

/* The up to seven bytes of `s` as a number, as memcpy into one would give it, but without a call.
 */
static inline uint64_t few_bytes(struct span s)
{
    uint64_t value = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (s.len >= 4) {
        uint32_t head, tail;
        memcpy(&head, s.ptr, 4);
        memcpy(&tail, s.ptr + s.len - 4, 4);
        return head | (uint64_t)tail << (8 * (s.len - 4));
    }
    for (size_t i = 0; i < s.len; i++) {
        value |= (uint64_t)(unsigned char)s.ptr[i] << (8 * i);
    }
#else
    if (s.len) {
        memcpy(&value, s.ptr, s.len);
    }
#endif
    return value;
}

/* Eight bytes at a time, since names are hashed for every line. The seed is fixed: equal names have
 * equal hashes in every run on machines of one byte order, and whoever wants to can make names that
 * collide, so tables of strangers' names need a bound. */
uint64_t span_hash(struct span s)
{
    uint64_t h = 0x9e3779b97f4a7c15ULL ^ s.len;
    while (s.len >= 8) {
        uint64_t piece;
        memcpy(&piece, s.ptr, 8);
        h = (h ^ piece) * 0x9fb21c651e98df25ULL;
        h ^= h >> 32;
        s = span_after(s, 8);
    }
    return mix(h ^ few_bytes(s));
}
