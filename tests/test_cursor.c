#include "scan/cursor.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void steps_take_a_line_apart(void **state)
{
    struct cursor c = cursor_over(SPAN("one  two [three] rest of it"));
    (void)state;
    assert_true(span_is(cursor_word(&c), "one"));
    assert_true(span_is(cursor_word(&c), "two"));
    cursor_byte(&c, '[');
    assert_true(span_is(cursor_until(&c, ']'), "three"));
    cursor_byte(&c, ' ');
    assert_true(span_is(cursor_rest(&c), "rest of it"));
    assert_false(c.failed);
    assert_int_equal(cursor_rest(&c).len, 0);
}

static void a_word_ends_with_the_line(void **state)
{
    struct cursor c = cursor_over(SPAN("last"));
    (void)state;
    assert_true(span_is(cursor_word(&c), "last"));
    assert_false(c.failed);
    assert_int_equal(cursor_word(&c).len, 0);
    assert_true(c.failed);
}

static void an_empty_piece_before_the_stop_is_one(void **state)
{
    struct cursor c = cursor_over(SPAN("\t\t"));
    (void)state;
    assert_int_equal(cursor_until(&c, '\t').len, 0);
    assert_int_equal(cursor_until(&c, '\t').len, 0);
    assert_false(c.failed);
}

static void after_a_failure_nothing_is_taken(void **state)
{
    struct cursor c = cursor_over(SPAN("one two]"));
    (void)state;
    cursor_byte(&c, 'x');
    assert_true(c.failed);
    assert_int_equal(cursor_word(&c).len, 0);
    assert_int_equal(cursor_until(&c, ']').len, 0);
    cursor_byte(&c, 'o');
    assert_true(span_is(cursor_rest(&c), "one two]"));
    assert_true(c.failed);
}

static void what_is_not_there_fails(void **state)
{
    struct cursor blank = cursor_over(SPAN(" x")), empty = cursor_over(SPAN("")),
                  endless = cursor_over(SPAN("abc"));
    (void)state;
    cursor_word(&blank);
    cursor_byte(&empty, '\0');
    cursor_until(&endless, ']');
    assert_true(blank.failed && empty.failed && endless.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_take_a_line_apart),
        cmocka_unit_test(a_word_ends_with_the_line),
        cmocka_unit_test(an_empty_piece_before_the_stop_is_one),
        cmocka_unit_test(after_a_failure_nothing_is_taken),
        cmocka_unit_test(what_is_not_there_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
