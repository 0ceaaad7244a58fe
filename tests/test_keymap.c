#include "input/keymap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    THINGS = 3000,
};

/* How often `thing` is found by `key`. */
static int count(const struct keymap *m, uint64_t key, const void *thing)
{
    size_t at = 0;
    int n = 0;
    for (void *got = keymap_next(m, key, &at); got; got = keymap_next(m, key, &at)) {
        n += got == thing;
    }
    return n;
}

static void an_empty_map_finds_nothing_and_removes_nothing(void **state)
{
    (void)state;
    struct keymap m = {0};
    int thing = 0;
    assert_int_equal(count(&m, 1, &thing), 0);
    keymap_remove(&m, 1, &thing);
    keymap_done(&m);
}

static void things_with_one_key_are_all_found(void **state)
{
    (void)state;
    struct keymap m = {0};
    int things[100];
    for (size_t i = 0; i < 100; i++) {
        keymap_add(&m, 7, &things[i]);
    }
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(count(&m, 7, &things[i]), 1);
        assert_int_equal(count(&m, 8, &things[i]), 0);
    }
    keymap_done(&m);
}

/* Adds and removes at random, and compares with an array of what must be there. */
static void what_is_left_is_found_whatever_was_removed(void **state)
{
    (void)state;
    struct keymap m = {0};
    static int things[THINGS];
    bool is_there[THINGS] = {false};
    uint32_t x = 1;
    for (int step = 0; step < 60000; step++) {
        x = x * 1664525U + 1013904223U;
        size_t i = (x >> 8) % THINGS;
        uint64_t key = i / 3; /* three to a key */
        if (is_there[i]) {
            keymap_remove(&m, key, &things[i]);
        } else {
            keymap_add(&m, key, &things[i]);
        }
        is_there[i] = !is_there[i];
    }
    size_t left = 0;
    for (size_t i = 0; i < THINGS; i++) {
        assert_int_equal(count(&m, i / 3, &things[i]), is_there[i]);
        left += is_there[i];
    }
    assert_int_equal(m.n_things, left);
    keymap_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_finds_nothing_and_removes_nothing),
        cmocka_unit_test(things_with_one_key_are_all_found),
        cmocka_unit_test(what_is_left_is_found_whatever_was_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
