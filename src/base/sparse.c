/* Two bytes say how many words are zero and how many follow as they are; so on to the end. */
#include "base/sparse.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

enum {
    RUN = UINT8_MAX, /* words, at most */
};

static bool is_zero(const char *word)
{
    static const char zero[SPARSE_WORD];
    return memcmp(word, zero, SPARSE_WORD) == 0;
}

/* How many words from `from` on are zero, or are not. */
static size_t run(const char *from, const char *end, bool zero)
{
    size_t n = 0;
    while (n < RUN && from < end && is_zero(from) == zero) {
        from += SPARSE_WORD;
        n++;
    }
    return n;
}

char *sparse_pack(const void *bytes, size_t size, size_t *len)
{
    const char *from = bytes, *end = from + size;
    assert(size % SPARSE_WORD == 0);
    char *packed = alloc_zero(1, size + 2 * (size / SPARSE_WORD + 1)), *to = packed;
    while (from < end) {
        size_t zeros = run(from, end, true);
        from += zeros * SPARSE_WORD;
        size_t words = run(from, end, false);
        *to++ = (char)zeros;
        *to++ = (char)words;
        memcpy(to, from, words * SPARSE_WORD);
        to += words * SPARSE_WORD;
        from += words * SPARSE_WORD;
    }
    *len = (size_t)(to - packed);
    return alloc_fitted(packed, *len + 1);
}

void sparse_unpack(const char *packed, void *out, size_t size)
{
    char *to = out, *end = to + size;
    while (to < end) {
        size_t zeros = (uint8_t)packed[0] * (size_t)SPARSE_WORD,
               words = (uint8_t)packed[1] * (size_t)SPARSE_WORD;
        assert(zeros + words <= (size_t)(end - to));
        memset(to, 0, zeros);
        memcpy(to + zeros, packed + 2, words);
        to += zeros + words;
        packed += 2 + words;
    }
}
