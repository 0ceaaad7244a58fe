#include "tally/nametable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static uint32_t number_of(struct nametable *n, const char *text)
{
    uint32_t last = 0;
    return nametable_number(n, span_of(text), &last);
}

static void a_name_keeps_its_number(void **state)
{
    (void)state;
    struct nametable *n = nametable_new();
    uint32_t a = number_of(n, "a.example"), b = number_of(n, "b.example");
    assert_int_not_equal(a, b);
    assert_true(a >= NAMETABLE_FIRST && b >= NAMETABLE_FIRST);
    assert_int_equal(number_of(n, "a.example"), a);
    assert_int_equal(nametable_find(n, SPAN("b.example")), b);
    assert_true(span_is(nametable_text(n, b), "b.example"));
    nametable_free(n);
}

static void the_last_number_is_tried_first_and_kept(void **state)
{
    (void)state;
    struct nametable *n = nametable_new();
    uint32_t last = 0, a = nametable_number(n, SPAN("a"), &last);
    assert_int_equal(last, a);
    uint32_t b = nametable_number(n, SPAN("b"), &last);
    assert_int_equal(last, b);
    assert_int_equal(nametable_number(n, SPAN("b"), &last), b);
    assert_int_equal(nametable_number(n, SPAN("a"), &last), a);
    nametable_free(n);
}

static void no_name_has_number_none(void **state)
{
    (void)state;
    struct nametable *n = nametable_new();
    assert_int_equal(number_of(n, ""), NAMETABLE_NONE);
    assert_int_equal(nametable_find(n, SPAN("")), NAMETABLE_NONE);
    assert_int_equal(nametable_text(n, NAMETABLE_NONE).len, 0);
    assert_int_equal(nametable_text(n, NAMETABLE_FIRST).len, 0);
    nametable_free(n);
}

static void a_full_set_calls_new_nametable_other(void **state)
{
    (void)state;
    struct nametable *n = nametable_new();
    char text[32];
    for (unsigned i = 0; i < NAMETABLE_MAX; i++) {
        snprintf(text, sizeof text, "host%u", i);
        assert_int_equal(number_of(n, text), NAMETABLE_FIRST + i);
    }
    assert_int_equal(number_of(n, "one too many"), NAMETABLE_OTHER);
    assert_int_equal(number_of(n, "host0"), NAMETABLE_FIRST);
    assert_int_equal(number_of(n, "host511"), NAMETABLE_FIRST + 511);
    assert_int_equal(nametable_find(n, SPAN("one too many")), NAMETABLE_OTHER);
    assert_true(span_is(nametable_text(n, NAMETABLE_OTHER), "other"));
    nametable_free(n);
}

static void long_nametable_are_cut(void **state)
{
    (void)state;
    struct nametable *n = nametable_new();
    char text[NAMETABLE_BYTES + 50];
    memset(text, 'x', sizeof text);
    uint32_t last = 0;
    uint32_t number = nametable_number(n, (struct span){text, sizeof text}, &last);
    assert_int_equal(nametable_text(n, number).len, NAMETABLE_BYTES);
    assert_int_equal(nametable_find(n, (struct span){text, NAMETABLE_BYTES}), number);
    nametable_free(n);
}

static void forgotten_nametable_come_anew(void **state)
{
    (void)state;
    struct nametable *n = nametable_new();
    uint32_t last = 0;
    nametable_number(n, SPAN("old"), &last);
    nametable_clear(n);
    assert_int_equal(nametable_find(n, SPAN("old")), NAMETABLE_OTHER);
    assert_int_equal(nametable_number(n, SPAN("new"), &last), NAMETABLE_FIRST);
    assert_true(span_is(nametable_text(n, NAMETABLE_FIRST), "new"));
    nametable_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_keeps_its_number),
        cmocka_unit_test(the_last_number_is_tried_first_and_kept),
        cmocka_unit_test(no_name_has_number_none),
        cmocka_unit_test(a_full_set_calls_new_nametable_other),
        cmocka_unit_test(long_nametable_are_cut),
        cmocka_unit_test(forgotten_nametable_come_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
