/*
 * A piece of someone else's bytes: never owned, never NUL-terminated. Everything read from a log is
 * handed around as spans into the input buffer, and is gone when that buffer is used again.
 */
#ifndef TEAPOT_BASE_SPAN_H
#define TEAPOT_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const char *ptr;
    size_t len;
};

#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})

/* The bytes of a C string without its NUL. `text` may be NULL, which gives an empty span. */
static inline struct span span_of(const char *text)
{
    return (struct span){text, text ? strlen(text) : 0};
}

/* Are both the same bytes? */
static inline bool span_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Below, at or above 0 as `a` stands before, at or after `b`: byte by byte and not by the locale,
 * so that lists read the same everywhere. */
static inline int span_compare(struct span a, struct span b)
{
    size_t least = a.len < b.len ? a.len : b.len;
    int order = least ? memcmp(a.ptr, b.ptr, least) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Is `s` just the C string `text`? */
static inline bool span_is(struct span s, const char *text)
{
    return span_equal(s, span_of(text));
}

/* Does `s` begin with `head`? */
static inline bool span_starts(struct span s, struct span head)
{
    return s.len >= head.len && memcmp(s.ptr, head.ptr, head.len) == 0;
}

/* Does `s` end with `tail`? */
static inline bool span_ends(struct span s, struct span tail)
{
    return s.len >= tail.len && memcmp(s.ptr + (s.len - tail.len), tail.ptr, tail.len) == 0;
}

/* What is left of `s` after its first `n` bytes; empty when it has no more than that. */
static inline struct span span_after(struct span s, size_t n)
{
    return n < s.len ? (struct span){s.ptr + n, s.len - n} : (struct span){s.ptr + s.len, 0};
}

/* The first `n` bytes of `s`, or all of it. */
static inline struct span span_head(struct span s, size_t n)
{
    return (struct span){s.ptr, n < s.len ? n : s.len};
}

/* Where `byte` stands in `s` for the first time; `s.len` when it does not. */
static inline size_t span_find(struct span s, char byte)
{
    const char *at = s.len ? memchr(s.ptr, byte, s.len) : NULL;
    return at ? (size_t)(at - s.ptr) : s.len;
}

/* Copies `size` bytes of the front and of the back of `s`, which may overlap, to where they belong
 * in a copy of it. */
static inline void span_copy_ends(char *to, struct span s, size_t size)
{
    memcpy(to, s.ptr, size);
    memcpy(to + s.len - size, s.ptr + s.len - size, size);
}

/* Copies the bytes of `s` to `to`. Names and times have a few dozen, which go in two moves: where
 * the compiler knows how many there are at most, it makes a string instruction of memcpy, and that
 * is slow to start. */
static inline void span_copy(char *to, struct span s)
{
    if (s.len > 32) {
        memcpy(to, s.ptr, s.len);
    } else if (s.len >= 16) {
        span_copy_ends(to, s, 16);
    } else if (s.len >= 8) {
        span_copy_ends(to, s, 8);
    } else if (s.len >= 4) {
        span_copy_ends(to, s, 4);
    } else if (s.len) {
        to[0] = s.ptr[0];
        to[s.len / 2] = s.ptr[s.len / 2];
        to[s.len - 1] = s.ptr[s.len - 1];
    }
}

/* `s` without blanks and tabs at both ends. */
struct span span_trim(struct span s);

/* Are both the same bytes when ASCII letters count alike in either case? */
bool span_equal_nocase(struct span a, struct span b);

/* Is `text`, which is not empty, somewhere in `s`? The second takes ASCII letters alike in either
 * case. */
bool span_has(struct span s, struct span text);
bool span_has_nocase(struct span s, struct span text);

/* Reads all of `s` as decimal digits. False, with `*out` untouched, when it is empty, holds
 * anything else, or does not fit. */
bool span_to_u64(struct span s, uint64_t *out);

/* A 64-bit hash that is the same in every process, so that it may be stored (wyhash-like mixing of
 * 8-byte pieces; not for adversarial uniqueness). */
uint64_t span_hash(struct span s);

#endif
