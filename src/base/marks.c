/*
 * Three steps for each 4 KiB: 64 bytes become a word with a bit for each byte of the set (compare,
 * then gather the results: one instruction each where the processor knows how); bits of quotes that
 * a backslash protects are cleared; the bits become positions. None of them has a branch that
 * depends on where things stand, so that nothing is mispredicted: some 10 cycles for 64 bytes with
 * AVX-512, 25 with AVX2, where looking for one field after the other costs 20 for each.
 *
 * Turning a line into bits, and bits into positions by always writing more of them than there are,
 * is how simdjson reads JSON, and so is telling which quotes are protected by an addition whose
 * carries run through the backslashes: Langdale and Lemire, "Parsing Gigabytes of JSON per Second",
 * VLDB Journal 28 (2019), parts 3.1.1 and 3.2.
 */
#include "base/marks.h"

#include "base/marks_way.h"
#include "base/span.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    STRETCH = 64, /* blocks between two steps: their bits stay in the nearest cache */
};

static void unprotect(struct marks_block *blocks, size_t n, uint64_t *carry)
{
    for (size_t i = 0; i < n; i++) {
        if (blocks[i].backslashes | *carry) {
            blocks[i].hits &= ~(blocks[i].quotes & marks_way_escaped(blocks[i].backslashes, carry));
        }
    }
}

static size_t find(const struct marks_way *way, const struct marks_set *set, struct span bytes,
                   uint16_t *out)
{
    struct marks_block blocks[STRETCH];
    uint16_t *to = out;
    uint64_t carry = 0;
    assert(bytes.len <= MARKS_PIECE);
    for (size_t at = 0; at < bytes.len;) {
        size_t left = bytes.len - at, n = left / MARKS_BLOCK;
        n = n < STRETCH ? n : STRETCH;
        if (n > 0) {
            way->classify(set, bytes.ptr + at, n, blocks);
        } else {
            char padded[MARKS_BLOCK] = {0};
            memcpy(padded, bytes.ptr + at, left);
            way->classify(set, padded, 1, blocks);
            blocks[0].hits &= ((uint64_t)1 << left) - 1;
            n = 1;
        }
        if (set->protects) {
            unprotect(blocks, n, &carry);
        }
        to = way->extract(blocks, n, at, to);
        at += n * MARKS_BLOCK;
    }
    return (size_t)(to - out);
}

static void classify_scalar(const struct marks_set *set, const char *at, size_t n,
                            struct marks_block *out)
{
    uint8_t kind[256] = {0};
    for (unsigned i = 0; i < set->n; i++) {
        kind[(uint8_t)set->bytes[i]] = 1;
    }
    kind['"'] |= 2;
    kind['\\'] |= 4;
    for (; n > 0; n--, at += MARKS_BLOCK) {
        struct marks_block b = {0};
        for (unsigned i = 0; i < MARKS_BLOCK; i++) {
            uint64_t k = kind[(uint8_t)at[i]];
            b.hits |= (k & 1) << i;
            b.quotes |= (k >> 1 & 1) << i;
            b.backslashes |= (k >> 2) << i;
        }
        *out++ = b;
    }
}

static uint16_t *extract_scalar(const struct marks_block *blocks, size_t n, size_t base,
                                uint16_t *out)
{
    for (size_t i = 0; i < n; i++) {
        out = marks_way_put(out, blocks[i].hits, base + i * MARKS_BLOCK);
    }
    return out;
}

static void rows_scalar(const struct marks_set *set, const char *at, size_t n,
                        struct marks_rows_out *out)
{
    for (; n > 0; n--, at += MARKS_BLOCK) {
        uint64_t words[MARKS_BYTES] = {0}, backslashes = 0;
        for (unsigned i = 0; i < MARKS_BLOCK; i++) {
            for (unsigned k = 0; k < set->n; k++) {
                words[k] |= (uint64_t)(at[i] == set->bytes[k]) << i;
            }
            backslashes |= (uint64_t)(set->protects && at[i] == '\\') << i;
        }
        marks_way_row(out, words, set->n, backslashes);
        marks_way_ends(out, words[0]);
    }
}

static const struct marks_way scalar = {classify_scalar, extract_scalar, rows_scalar};

static size_t find_scalar(const struct marks_set *set, const char *at, size_t len, uint16_t *out)
{
    return find(&scalar, set, (struct span){at, len}, out);
}

/* A byte that is not in the set. */
static char foreign_byte(const struct marks_set *set)
{
    char byte = 'a';
    while (memchr(set->bytes, byte, set->n)) {
        byte++;
    }
    return byte;
}

size_t marks_find_rows(const struct marks_set *set, const char *at, size_t len,
                       struct marks_rows *rows, uint16_t *out)
{
    struct marks_rows_out to = {.rows = rows->of, .ends = out};
    size_t blocks = len / MARKS_BLOCK, left = len % MARKS_BLOCK;
    assert(len <= MARKS_PIECE && set->in_rows);
    if (blocks) {
        set->way->rows(set, at, blocks, &to);
    }
    if (left) {
        char padded[MARKS_BLOCK];
        memset(padded, foreign_byte(set), sizeof padded);
        memcpy(padded, at + blocks * MARKS_BLOCK, left);
        set->way->rows(set, padded, 1, &to);
    }
    for (unsigned k = 1; k < set->n && to.block < MARKS_WORDS; k++) {
        rows->of[k][to.block] = 0;
    }
    return (size_t)(to.ends - out);
}

#if defined(__x86_64__)
static size_t find_sse2(const struct marks_set *set, const char *at, size_t len, uint16_t *out)
{
    return find(&marks_x86_sse2, set, (struct span){at, len}, out);
}

static size_t find_avx2(const struct marks_set *set, const char *at, size_t len, uint16_t *out)
{
    return find(&marks_x86_avx2, set, (struct span){at, len}, out);
}

static size_t find_avx512(const struct marks_set *set, const char *at, size_t len, uint16_t *out)
{
    return find(&marks_x86_avx512, set, (struct span){at, len}, out);
}
#elif defined(__aarch64__)
static size_t find_neon(const struct marks_set *set, const char *at, size_t len, uint16_t *out)
{
    return find(&marks_neon, set, (struct span){at, len}, out);
}
#endif

static const char *const names[MARKS_LEVELS] = {"scalar", "sse2", "avx2", "avx512", "neon"};

static size_t (*const finders[MARKS_LEVELS])(const struct marks_set *set, const char *at,
                                             size_t len, uint16_t *out) = {
    [MARKS_SCALAR] = find_scalar,
#if defined(__x86_64__)
    [MARKS_SSE2] = find_sse2,
    [MARKS_AVX2] = find_avx2,
    [MARKS_AVX512] = find_avx512,
#elif defined(__aarch64__)
    [MARKS_NEON] = find_neon,
#endif
};

static const struct marks_way *const ways[MARKS_LEVELS] = {
    [MARKS_SCALAR] = &scalar,
#if defined(__x86_64__)
    [MARKS_SSE2] = &marks_x86_sse2,
    [MARKS_AVX2] = &marks_x86_avx2,
    [MARKS_AVX512] = &marks_x86_avx512,
#elif defined(__aarch64__)
    [MARKS_NEON] = &marks_neon,
#endif
};

static bool has(enum marks_level level)
{
#if defined(__x86_64__)
    if (level == MARKS_AVX2 || level == MARKS_AVX512) {
        bool first = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                     __builtin_cpu_supports("popcnt");
        return first && (level == MARKS_AVX2 || (__builtin_cpu_supports("avx512bw") &&
                                                 __builtin_cpu_supports("avx512vbmi2")));
    }
#endif
    return finders[level] != NULL;
}

/* The level that the environment names, or the best one. */
static enum marks_level chosen(void)
{
    const char *wish = getenv("TEAPOTD_SIMD");
    enum marks_level best = MARKS_SCALAR;
    for (unsigned i = 0; i < MARKS_LEVELS; i++) {
        enum marks_level level = (enum marks_level)i;
        if (!has(level)) {
            continue;
        }
        if (wish && strcmp(wish, names[level]) == 0) {
            return level;
        }
        best = level;
    }
    return best;
}

const char *marks_level_name(enum marks_level level)
{
    return names[level];
}

bool marks_set_init_level(struct marks_set *set, const char *bytes, unsigned n, bool protects,
                          enum marks_level level)
{
    assert(n > 0 && n <= MARKS_BYTES);
    if (!has(level)) {
        return false;
    }
    *set = (struct marks_set){.find = finders[level], .way = ways[level]};
    for (unsigned i = 0; i < n; i++) {
        if (!memchr(set->bytes, bytes[i], set->n)) {
            set->bytes[set->n++] = bytes[i];
        }
    }
    set->protects = protects && memchr(set->bytes, '"', set->n);
    /* What is left over is compared as well: with one that is wanted anyway. */
    memset(set->bytes + set->n, set->bytes[0], (size_t)(MARKS_BYTES - set->n));
    return true;
}

void marks_set_init(struct marks_set *set, const char *bytes, unsigned n, bool protects)
{
    bool done = marks_set_init_level(set, bytes, n, protects, chosen());
    assert(done);
    (void)done;
}

unsigned marks_set_row(const struct marks_set *set, char byte)
{
    const char *at = memchr(set->bytes, byte, set->n);
    assert(at);
    return (unsigned)(at - set->bytes);
}

static void move_to(struct marks_set *set, unsigned place, char byte)
{
    unsigned from = marks_set_row(set, byte);
    set->bytes[from] = set->bytes[place];
    set->bytes[place] = byte;
}

void marks_set_use_rows(struct marks_set *set)
{
    move_to(set, 0, '\n');
    if (set->protects) {
        move_to(set, 1, '"');
    }
    set->in_rows = true;
}
