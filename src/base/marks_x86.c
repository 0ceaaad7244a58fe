/*
 * Marks with the instructions of x86-64. Those that not every such processor has are compiled here
 * for the functions that use them alone; marks.c asks the processor first.
 */
#include "base/marks_way.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define FOR_AVX2   __attribute__((target("avx2,bmi,popcnt")))
#define FOR_AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi2,bmi,popcnt")))

static MARKS_INLINE uint64_t equal_sse2(const __m128i piece[4], char byte)
{
    const __m128i wanted = _mm_set1_epi8(byte);
    uint64_t bits = 0;
    for (unsigned i = 0; i < 4; i++) {
        unsigned hits = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(piece[i], wanted));
        bits |= (uint64_t)hits << 16 * i;
    }
    return bits;
}

static MARKS_INLINE uint64_t any_sse2(const __m128i piece[4], const char *bytes, unsigned of)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < 4; i++) {
        __m128i any = _mm_cmpeq_epi8(piece[i], _mm_set1_epi8(bytes[0]));
#define LOOK(k) (any = _mm_or_si128(any, _mm_cmpeq_epi8(piece[i], _mm_set1_epi8(bytes[k]))))
        MARKS_EACH(of, LOOK);
#undef LOOK
        bits |= (uint64_t)(unsigned)_mm_movemask_epi8(any) << 16 * i;
    }
    return bits;
}

static MARKS_INLINE void classify_n_sse2(const struct marks_set *set, const char *at, size_t n,
                                         struct marks_block *out, unsigned of)
{
    const bool protects = set->protects;
    char bytes[MARKS_BYTES];
    memcpy(bytes, set->bytes, sizeof bytes);
    for (; n > 0; n--, at += MARKS_BLOCK, out++) {
        __m128i piece[4];
        for (unsigned i = 0; i < 4; i++) {
            piece[i] = _mm_loadu_si128((const __m128i *)(const void *)(at + 16 * i));
        }
        out->hits = any_sse2(piece, bytes, of);
        if (protects) {
            out->quotes = equal_sse2(piece, '"');
            out->backslashes = equal_sse2(piece, '\\');
        }
    }
}

static void classify_sse2(const struct marks_set *set, const char *at, size_t n,
                          struct marks_block *out)
{
    MARKS_WAY_BY_SIZE(classify_n_sse2, set, at, n, out)
}

static uint16_t *extract_sse2(const struct marks_block *blocks, size_t n, size_t base,
                              uint16_t *out)
{
    for (size_t i = 0; i < n; i++) {
        out = marks_way_put(out, blocks[i].hits, base + i * MARKS_BLOCK);
    }
    return out;
}

static MARKS_INLINE void rows_n_sse2(const struct marks_set *set, const char *at, size_t n,
                                     struct marks_rows_out *out, unsigned of)
{
    for (; n > 0; n--, at += MARKS_BLOCK) {
        __m128i piece[4];
        uint64_t words[MARKS_BYTES];
        for (unsigned i = 0; i < 4; i++) {
            piece[i] = _mm_loadu_si128((const __m128i *)(const void *)(at + 16 * i));
        }
#define LOOK(k) (words[k] = equal_sse2(piece, set->bytes[k]))
        MARKS_EACH(of, LOOK);
#undef LOOK
        marks_way_row(out, words, of, set->protects ? equal_sse2(piece, '\\') : 0);
        marks_way_ends(out, words[0]);
    }
}

static void rows_sse2(const struct marks_set *set, const char *at, size_t n,
                      struct marks_rows_out *out){
    MARKS_WAY_ROWS_BY_SIZE(rows_n_sse2, set, at, n, out)}

FOR_AVX2 static MARKS_INLINE uint64_t gather_avx2(__m256i low, __m256i high)
{
    return (uint64_t)(unsigned)_mm256_movemask_epi8(low) |
           (uint64_t)(unsigned)_mm256_movemask_epi8(high) << 32;
}

FOR_AVX2 static MARKS_INLINE uint64_t equal_avx2(__m256i low, __m256i high, char byte)
{
    const __m256i wanted = _mm256_set1_epi8(byte);
    return gather_avx2(_mm256_cmpeq_epi8(low, wanted), _mm256_cmpeq_epi8(high, wanted));
}

FOR_AVX2 static MARKS_INLINE void classify_n_avx2(const struct marks_set *set, const char *at,
                                                  size_t n, struct marks_block *out, unsigned of)
{
    const bool protects = set->protects;
    __m256i wanted[MARKS_BYTES];
#define WANT(k) (wanted[k] = _mm256_set1_epi8(set->bytes[k]))
    MARKS_EACH(of, WANT);
#undef WANT
    for (; n > 0; n--, at += MARKS_BLOCK, out++) {
        __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)at);
        __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(at + 32));
        __m256i any_low = _mm256_cmpeq_epi8(low, wanted[0]);
        __m256i any_high = _mm256_cmpeq_epi8(high, wanted[0]);
#define LOOK(k)                                                             \
    (any_low = _mm256_or_si256(any_low, _mm256_cmpeq_epi8(low, wanted[k])), \
     any_high = _mm256_or_si256(any_high, _mm256_cmpeq_epi8(high, wanted[k])))
        MARKS_EACH(of, LOOK);
#undef LOOK
        out->hits = gather_avx2(any_low, any_high);
        if (protects) {
            out->quotes = equal_avx2(low, high, '"');
            out->backslashes = equal_avx2(low, high, '\\');
        }
    }
}

FOR_AVX2 static void classify_avx2(const struct marks_set *set, const char *at, size_t n,
                                   struct marks_block *out){
    MARKS_WAY_BY_SIZE(classify_n_avx2, set, at, n, out)}

FOR_AVX2 static uint16_t *extract_avx2(const struct marks_block *blocks, size_t n, size_t base,
                                       uint16_t *out)
{
    for (size_t i = 0; i < n; i++) {
        out = marks_way_put(out, blocks[i].hits, base + i * MARKS_BLOCK);
    }
    return out;
}

FOR_AVX2 static MARKS_INLINE void rows_n_avx2(const struct marks_set *set, const char *at, size_t n,
                                              struct marks_rows_out *to, unsigned of)
{
    const bool protects = set->protects;
    struct marks_rows_out out = *to;
    __m256i wanted[MARKS_BYTES];
#define WANT(k) (wanted[k] = _mm256_set1_epi8(set->bytes[k]))
    MARKS_EACH(of, WANT);
#undef WANT
    for (; n > 0; n--, at += MARKS_BLOCK) {
        __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)at);
        __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(at + 32));
        uint64_t words[MARKS_BYTES];
#define LOOK(k) \
    (words[k] = gather_avx2(_mm256_cmpeq_epi8(low, wanted[k]), _mm256_cmpeq_epi8(high, wanted[k])))
        MARKS_EACH(of, LOOK);
#undef LOOK
        marks_way_row(&out, words, of, protects ? equal_avx2(low, high, '\\') : 0);
        marks_way_ends(&out, words[0]);
    }
    *to = out;
}

FOR_AVX2 static void rows_avx2(const struct marks_set *set, const char *at, size_t n,
                               struct marks_rows_out *out){
    MARKS_WAY_ROWS_BY_SIZE(rows_n_avx2, set, at, n, out)}

/* The numbers 0 to 63. */
FOR_AVX512 static MARKS_INLINE __m512i places_avx512(void)
{
    uint8_t count[MARKS_BLOCK];
    for (unsigned i = 0; i < MARKS_BLOCK; i++) {
        count[i] = (uint8_t)i;
    }
    return _mm512_loadu_si512(count);
}

/* Those places are pressed together where there are bits. Half of them is stored always, the other
 * half hardly ever. */
FOR_AVX512 static MARKS_INLINE uint16_t *press_avx512(uint64_t bits, __m512i places, size_t base,
                                                      uint16_t *out)
{
    size_t hits = (size_t)__builtin_popcountll(bits);
    __m512i from = _mm512_set1_epi16((short)base);
    __m512i pressed = _mm512_maskz_compress_epi8(bits, places);
    __m512i low = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(pressed));
    _mm512_storeu_si512(out, _mm512_add_epi16(low, from));
    if (hits > MARKS_BLOCK / 2) {
        __m512i high = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(pressed, 1));
        _mm512_storeu_si512(out + MARKS_BLOCK / 2, _mm512_add_epi16(high, from));
    }
    return out + hits;
}

/* The same where there are hardly ever more than eight. */
FOR_AVX512 static MARKS_INLINE uint16_t *press_few_avx512(uint64_t bits, __m512i places,
                                                          size_t base, uint16_t *out)
{
    size_t hits = (size_t)__builtin_popcountll(bits);
    if (hits > 8) {
        return press_avx512(bits, places, base, out);
    }
    __m512i pressed = _mm512_maskz_compress_epi8(bits, places);
    __m128i low = _mm_cvtepu8_epi16(_mm512_castsi512_si128(pressed));
    low = _mm_add_epi16(low, _mm_set1_epi16((short)base));
    _mm_storeu_si128((__m128i *)(void *)out, low);
    return out + hits;
}

FOR_AVX512 static MARKS_INLINE void rows_n_avx512(const struct marks_set *set, const char *at,
                                                  size_t n, struct marks_rows_out *to, unsigned of)
{
    const bool protects = set->protects;
    const __m512i backslash = _mm512_set1_epi8('\\'), places = places_avx512();
    struct marks_rows_out out = *to;
    __m512i wanted[MARKS_BYTES];
#define WANT(k) (wanted[k] = _mm512_set1_epi8(set->bytes[k]))
    MARKS_EACH(of, WANT);
#undef WANT
    for (; n > 0; n--, at += MARKS_BLOCK) {
        __m512i piece = _mm512_loadu_si512(at);
        uint64_t words[MARKS_BYTES];
#define LOOK(k) (words[k] = _mm512_cmpeq_epi8_mask(piece, wanted[k]))
        MARKS_EACH(of, LOOK);
#undef LOOK
        marks_way_row(&out, words, of,
                      protects ? _mm512_cmpeq_epi8_mask(piece, backslash) : (uint64_t)0);
        out.ends = press_few_avx512(words[0], places, (out.block - 1) * MARKS_BLOCK, out.ends);
    }
    *to = out;
}

FOR_AVX512 static void rows_avx512(const struct marks_set *set, const char *at, size_t n,
                                   struct marks_rows_out *out){
    MARKS_WAY_ROWS_BY_SIZE(rows_n_avx512, set, at, n, out)}

FOR_AVX512 static MARKS_INLINE
    void classify_n_avx512(const struct marks_set *set, const char *at, size_t n,
                           struct marks_block *out, unsigned of)
{
    const bool protects = set->protects;
    const __m512i quote = _mm512_set1_epi8('"'), backslash = _mm512_set1_epi8('\\');
    __m512i wanted[MARKS_BYTES];
#define WANT(k) (wanted[k] = _mm512_set1_epi8(set->bytes[k]))
    MARKS_EACH(of, WANT);
#undef WANT
    for (; n > 0; n--, at += MARKS_BLOCK, out++) {
        __m512i piece = _mm512_loadu_si512(at);
        __mmask64 any = _mm512_cmpeq_epi8_mask(piece, wanted[0]);
#define LOOK(k) (any |= _mm512_cmpeq_epi8_mask(piece, wanted[k]))
        MARKS_EACH(of, LOOK);
#undef LOOK
        out->hits = any;
        if (protects) {
            out->quotes = _mm512_cmpeq_epi8_mask(piece, quote);
            out->backslashes = _mm512_cmpeq_epi8_mask(piece, backslash);
        }
    }
}

FOR_AVX512 static void classify_avx512(const struct marks_set *set, const char *at, size_t n,
                                       struct marks_block *out){
    MARKS_WAY_BY_SIZE(classify_n_avx512, set, at, n, out)}

FOR_AVX512 static uint16_t *extract_avx512(const struct marks_block *blocks, size_t n, size_t base,
                                           uint16_t *out)
{
    const __m512i places = places_avx512();
    for (size_t i = 0; i < n; i++) {
        out = press_avx512(blocks[i].hits, places, base + i * MARKS_BLOCK, out);
    }
    return out;
}

const struct marks_way marks_x86_sse2 = {classify_sse2, extract_sse2, rows_sse2};
const struct marks_way marks_x86_avx2 = {classify_avx2, extract_avx2, rows_avx2};
const struct marks_way marks_x86_avx512 = {classify_avx512, extract_avx512, rows_avx512};
#else
/* An empty file is not C. */
typedef int marks_x86_nothing;
#endif
