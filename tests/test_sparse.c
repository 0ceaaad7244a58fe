#include "base/alloc.h"
#include "base/sparse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    WORDS = 700, /* more than two longest runs */
};

static void check(const uint32_t *words, size_t n)
{
    uint32_t *out = alloc_zero(n + 1, sizeof(*out));
    memset(out, 0xff, (n + 1) * sizeof(*out));
    size_t len;
    char *packed = sparse_pack(words, n * sizeof(*words), &len);
    sparse_unpack(packed, out, n * sizeof(*words));
    assert_memory_equal(out, words, n * sizeof(*words));
    assert_int_equal(out[n], UINT32_MAX);
    free(packed);
    free(out);
}

/* Runs of every length, at the beginning, in the midst and at the end. */
static void any_words_come_back(void **state)
{
    (void)state;
    uint32_t *words = alloc_zero(WORDS, sizeof(*words));
    for (size_t zeros = 0; zeros <= WORDS; zeros += zeros < 4 ? 1 : 63) {
        for (size_t i = 0; i < WORDS; i++) {
            words[i] = i % (zeros + 1) < zeros ? 0 : (uint32_t)i + 1;
        }
        for (size_t n = 0; n <= WORDS; n += n < 4 ? 1 : 58) {
            check(words, n);
            check(words + WORDS - n, n);
        }
    }
    free(words);
}

/* A copy of what was packed ends with it: nothing behind it is read. */
static void zeros_cost_next_to_nothing(void **state)
{
    (void)state;
    uint32_t words[WORDS] = {[10] = 7, [600] = 8};
    size_t len;
    char *packed = sparse_pack(words, sizeof(words), &len);
    assert_true(len < 24);
    char *copy = alloc_zero(len, 1);
    memcpy(copy, packed, len);
    uint32_t out[WORDS];
    sparse_unpack(copy, out, sizeof(out));
    assert_memory_equal(out, words, sizeof(out));
    free(copy);
    free(packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_words_come_back),
        cmocka_unit_test(zeros_cost_next_to_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
