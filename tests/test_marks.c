/*
 * Every level that this processor has against a loop that a child could check. The bytes lie at the
 * end of a page behind which there is none, so that reading too far ends the test.
 */
#define _DEFAULT_SOURCE
#include "base/marks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    char *end; /* MARKS_PIECE bytes before it are ours, those behind it nobody's */
    char *pages;
    size_t size;
    uint16_t got[MARKS_ROOM], want[MARKS_ROOM];
};

static int set_up(void **state)
{
    static struct world w;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t ours = (MARKS_PIECE + page - 1) / page * page;
    w.size = ours + page;
    w.pages = mmap(NULL, w.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(w.pages != MAP_FAILED);
    w.end = w.pages + ours;
    assert_int_equal(mprotect(w.end, page, PROT_NONE), 0);
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    return munmap(w->pages, w->size);
}

static size_t naive(const struct marks_set *set, const char *at, size_t len, uint16_t *out)
{
    size_t n = 0, row = 0; /* backslashes right before */
    for (size_t i = 0; i < len; i++) {
        bool is_protected = set->protects && at[i] == '"' && row % 2 == 1;
        if (memchr(set->bytes, at[i], set->n) && !is_protected) {
            out[n++] = (uint16_t)i;
        }
        row = at[i] == '\\' ? row + 1 : 0;
    }
    return n;
}

/* The last `len` bytes before the end, by all levels. */
static void check(struct world *w, const char *bytes, bool protects, size_t len)
{
    for (unsigned level = 0; level < MARKS_LEVELS; level++) {
        struct marks_set set;
        if (!marks_set_init_level(&set, bytes, (unsigned)strlen(bytes), protects,
                                  (enum marks_level)level)) {
            continue;
        }
        const char *at = w->end - len;
        size_t want = naive(&set, at, len, w->want), got = marks_find(&set, at, len, w->got);
        if (got != want || memcmp(w->got, w->want, want * sizeof *w->want) != 0) {
            fail_msg("%s: %zu marks of \"%s\" in %zu bytes, not %zu, or others",
                     marks_level_name((enum marks_level)level), got, bytes, len, want);
        }
    }
}

static const char *const sets[] = {"\"\n",     "\n",     " \"\n",     "\"\\\n",
                                   " \"[]\n,", "\"\"\n", "abc\"defg", "\n \"["};

/* `len` bytes, most of them from the few in `from`. */
static void fill(struct world *w, size_t len, const char *from)
{
    size_t n = strlen(from);
    for (char *p = w->end - len; p < w->end; p++) {
        unsigned dice = (unsigned)rand();
        *p = (dice & 3) == 0 ? (char)(dice >> 2) : from[(dice >> 2) % n];
    }
}

static void all_levels_find_what_a_loop_finds_at_every_length(void **state)
{
    static const char *const mixes[] = {"\"\\", "a", "\"\n \\abc[]", "\\\\\\\\\\\\\\\"",
                                        "abcdefghijklmnopqrstuvwxyz\""};
    struct world *w = *state;
    srand(3);
    for (size_t len = 0; len <= 200; len++) {
        for (size_t m = 0; m < sizeof mixes / sizeof *mixes; m++) {
            fill(w, len, mixes[m]);
            for (size_t s = 0; s < sizeof sets / sizeof *sets; s++) {
                check(w, sets[s], true, len);
                check(w, sets[s], false, len);
            }
        }
    }
}

static void pieces_of_the_largest_size_are_searched_to_their_end(void **state)
{
    struct world *w = *state;
    srand(4);
    for (size_t len = MARKS_PIECE - 130; len <= MARKS_PIECE; len += 13) {
        fill(w, len, "\"\n \\abcdefghijkl");
        check(w, "\"\n", true, len);
        check(w, " \"\n", false, len);
    }
}

static void a_piece_may_be_nothing_but_marks(void **state)
{
    struct world *w = *state;
    for (size_t len = 1; len <= MARKS_PIECE; len = len < 300 ? len + 1 : len * 2) {
        memset(w->end - len, '"', len);
        check(w, "\"\n", true, len);
    }
}

static void a_null_byte_can_be_in_a_set_but_nothing_behind_the_end_is(void **state)
{
    struct world *w = *state;
    memset(w->end - 100, '\0', 100);
    for (unsigned level = 0; level < MARKS_LEVELS; level++) {
        struct marks_set set;
        if (marks_set_init_level(&set, "\0\n", 2, false, (enum marks_level)level)) {
            assert_int_equal(marks_find(&set, w->end - 100, 100, w->got), 100);
            assert_int_equal(marks_find(&set, w->end - 3, 3, w->got), 3);
        }
    }
}

static void runs_of_backslashes_protect_across_blocks(void **state)
{
    struct world *w = *state;
    for (size_t begin = 0; begin < 130; begin++) {
        for (size_t run = 0; run < 140; run++) {
            memset(w->end - 300, 'x', 300);
            memset(w->end - 300 + begin, '\\', run);
            w->end[-300 + (long)(begin + run)] = '"';
            check(w, "\"\n", true, 300);
        }
    }
    memset(w->end - 300, '\\', 300);
    for (long quote = 0; quote < 300; quote++) {
        w->end[-300 + quote] = '"';
        check(w, "\"\n", true, 300);
        w->end[-300 + quote] = '\\';
    }
}

static void a_byte_given_twice_counts_once(void **state)
{
    struct marks_set set;
    (void)state;
    assert_true(marks_set_init_level(&set, "\n\"\n\"\n", 5, false, MARKS_SCALAR));
    assert_int_equal(set.n, 2);
}

static void the_environment_names_the_level(void **state)
{
    struct marks_set set, wanted;
    (void)state;
    setenv("TEAPOTD_SIMD", "scalar", 1);
    marks_set_init(&set, "\n", 1, false);
    assert_true(marks_set_init_level(&wanted, "\n", 1, false, MARKS_SCALAR));
    assert_true(set.find == wanted.find);
    setenv("TEAPOTD_SIMD", "abacus", 1); /* there is none: the best one */
    marks_set_init(&set, "\n", 1, false);
    unsetenv("TEAPOTD_SIMD");
    marks_set_init(&wanted, "\n", 1, false);
    assert_true(set.find == wanted.find);
}

static void a_level_that_is_missing_leaves_the_set_alone(void **state)
{
    struct marks_set set = {.n = 77};
    (void)state;
#if defined(__x86_64__)
    assert_false(marks_set_init_level(&set, "\n", 1, false, MARKS_NEON));
#else
    assert_false(marks_set_init_level(&set, "\n", 1, false, MARKS_SSE2));
#endif
    assert_int_equal(set.n, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_levels_find_what_a_loop_finds_at_every_length),
        cmocka_unit_test(pieces_of_the_largest_size_are_searched_to_their_end),
        cmocka_unit_test(a_piece_may_be_nothing_but_marks),
        cmocka_unit_test(a_null_byte_can_be_in_a_set_but_nothing_behind_the_end_is),
        cmocka_unit_test(runs_of_backslashes_protect_across_blocks),
        cmocka_unit_test(a_byte_given_twice_counts_once),
        cmocka_unit_test(the_environment_names_the_level),
        cmocka_unit_test(a_level_that_is_missing_leaves_the_set_alone),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
