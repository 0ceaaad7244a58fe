/* JSON as text: commas, names, and numbers that are not whole. */
#include "output/members.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void commas_stand_between_members_and_nowhere_else(void **state)
{
    (void)state;
    struct buf out = {0};
    buf_text(&out, "before\n");
    buf_byte(&out, '{');
    members_number(&out, "a", 1);
    members_open(&out, "b", '[');
    members_close(&out, ']');
    members_open(&out, "c", '[');
    members_number(&out, NULL, 2);
    members_open(&out, NULL, '{');
    members_text(&out, "d", SPAN("["));
    members_word(&out, "e", ":");
    members_word(&out, "f", NULL);
    members_close(&out, '}');
    members_open(&out, NULL, '{');
    members_close(&out, '}');
    members_close(&out, ']');
    members_name(&out, "g");
    members_open(&out, NULL, '{');
    members_close(&out, '}');
    members_close(&out, '}');
    assert_string_equal(out.data, "before\n{\"a\":1,\"b\":[],\"c\":[2,{\"d\":\"[\",\"e\":\":\","
                                  "\"f\":null},{}],\"g\":{}}");
    assert_int_equal(out.len, strlen(out.data));
    buf_done(&out);
}

static void text_of_a_log_is_escaped(void **state)
{
    (void)state;
    struct buf out = {0};
    members_text(&out, NULL, SPAN("a\"b\n"));
    assert_string_equal(out.data, "\"a\\\"b\\u000a\"");
    buf_done(&out);
}

static void reals_are_read_back_as_they_were(void **state)
{
    (void)state;
    static const double reals[] = {0.1, 1.0 / 3,          2.5e-9, 123456.789, 3e9,
                                   -7,  0.30000000000001, 1e300,  DBL_MIN,    1795340000.5};
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
        struct buf out = {0};
        members_real(&out, NULL, reals[i]);
        assert_true(fabs(strtod(out.data, NULL) - reals[i]) <= 0);
        buf_done(&out);
    }
}

static void whole_and_missing_numbers_look_like_themselves(void **state)
{
    (void)state;
    struct buf out = {0};
    buf_byte(&out, '[');
    members_real(&out, NULL, 0);
    members_real(&out, NULL, -0.0);
    members_real(&out, NULL, 60);
    members_real(&out, NULL, 0.25);
    members_real(&out, NULL, NAN);
    members_real(&out, NULL, INFINITY);
    members_close(&out, ']');
    assert_string_equal(out.data, "[0,0,60,0.25,null,null]");
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_stand_between_members_and_nowhere_else),
        cmocka_unit_test(text_of_a_log_is_escaped),
        cmocka_unit_test(reals_are_read_back_as_they_were),
        cmocka_unit_test(whole_and_missing_numbers_look_like_themselves),
    };
    return cmocka_run_group_tests_name("members", tests, NULL, NULL);
}
