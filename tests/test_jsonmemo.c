/*
 * What the memo says of lines that it knows must be what jsonscan says; tests/test_jsonlines.c
 * shows that for many lines, this for what is particular.
 */
#include "scan/jsonmemo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct lines lines;
static struct jsonmemo memo;
static struct marks_set set;

static int set_up(void **state)
{
    (void)state;
    memo = (struct jsonmemo){0};
    jsonscan_marks(&set);
    return 0;
}

/* Members that start with a letter of `barren` are barren objects, others of `skip` not wanted. */
struct names {
    const char *barren, *skip;
};

/* "key=value" of each new member, "*=value" of each known one, "!" when it failed. */
static void walk(struct jsonscan *s, struct names names, char out[512])
{
    struct jsonscan_member m;
    uint8_t *tag;
    size_t at = 0;
    out[0] = '\0';
    jsonmemo_begin(&memo);
    while (jsonmemo_next(&memo, s, &m, &tag)) {
        bool is_new = *tag == JSONMEMO_NEW;
        if (is_new && m.kind == JSONSCAN_OBJECT) {
            *tag = strchr(names.barren, m.key.ptr[0]) ? JSONMEMO_BARREN : JSONMEMO_SKIP;
            continue;
        }
        if (is_new) {
            *tag = strchr(names.skip, m.key.ptr[0]) ? JSONMEMO_SKIP : 1;
        }
        at += (size_t)snprintf(out + at, 512 - at, "%.*s=%.*s ", is_new ? (int)m.key.len : 1,
                               is_new ? m.key.ptr : "*", (int)m.value.len, m.value.ptr);
    }
    snprintf(out + at, 512 - at, "%s", s->failed ? "!" : "");
}

static void expect(const char *line, struct names names, const char *want)
{
    char text[512 + LINES_SLACK], got[512];
    struct jsonscan s;
    int n = snprintf(text, 512, "%s\n", line);
    memset(text + n, '"', LINES_SLACK);
    lines_take(&lines, &set, (struct span){text, (size_t)n + LINES_SLACK});
    jsonscan_among(&s, &lines, lines.at);
    walk(&s, names, got);
    assert_string_equal(got, want);
}

static const struct names none = {"", ""};

static void members_seen_before_are_known(void **state)
{
    (void)state;
    expect("{\"a\":1,\"b\":\"x\",\"c\":{\"d\":[\"y\"]}}", none, "a=1 b=x d=[\"y\"] ");
    expect("{\"a\":22,\"b\":\"\",\"c\":{\"d\":[\"y\",\"z\"]}}", none, "*=22 *= *=[\"y\",\"z\"] ");
    expect("{\"a\":-,\"b\":\"\\\"}\",\"c\":{\"d\":[]}}", none, "*=- *=\\\"} *=[] ");
}

static void a_value_of_another_kind_is_new(void **state)
{
    (void)state;
    expect("{\"a\":1,\"b\":2}", none, "a=1 b=2 ");
    expect("{\"a\":\"1\",\"b\":2}", none, "a=1 *=2 ");
    expect("{\"a\":[1],\"b\":2}", none, "a=[1] *=2 ");
    expect("{\"a\":{\"b\":3},\"b\":2}", none, "b=3 b=2 ");
    expect("{\"a\":1,\"b\":2}", none, "*=1 *=2 ");
}

static void members_nobody_wants_are_not_told_again(void **state)
{
    struct names names = {"", "sx"};
    (void)state;
    expect("{\"a\":1,\"s\":\"?\",\"x\":{\"y\":2},\"b\":3}", names, "a=1 s=? y=2 b=3 ");
    expect("{\"a\":1,\"s\":\"?\",\"x\":{\"y\":2},\"b\":3}", names, "*=1 *=2 *=3 ");
}

static void the_same_key_elsewhere_is_another_member(void **state)
{
    (void)state;
    expect("{\"a\":{\"b\":1},\"c\":{\"b\":2},\"b\":3}", none, "b=1 b=2 b=3 ");
    expect("{\"c\":{\"b\":2},\"a\":{\"b\":1}}", none, "b=2 b=1 "); /* the braces stand elsewhere */
    expect("{\"a\":{\"b\":1},\"c\":{\"b\":2},\"b\":3}", none, "*=1 *=2 *=3 ");
}

/* Two members in turn at one place, as header fields are written by a server that does not order
 * them. */
static void another_order_is_not_new(void **state)
{
    (void)state;
    expect("{\"first\":1,\"one\":{\"k\":1},\"two\":{\"k\":2}}", none, "first=1 k=1 k=2 ");
    expect("{\"first\":1,\"two\":{\"k\":2},\"one\":{\"k\":1}}", none, "*=1 k=2 k=1 ");
    for (int i = 0; i < 3; i++) {
        expect("{\"first\":1,\"one\":{\"k\":1},\"two\":{\"k\":2}}", none, "*=1 *=1 *=2 ");
        expect("{\"first\":1,\"two\":{\"k\":2},\"one\":{\"k\":1}}", none, "*=1 *=2 *=1 ");
    }
}

static void a_barren_object_is_stepped_over(void **state)
{
    struct names names = {"h", ""};
    (void)state;
    expect("{\"h\":{\"a\":1},\"b\":2}", names, "a=1 b=2 "); /* new, so nothing is known of it yet */
    expect("{\"h\":{\"z\":\"}\",\"y\":[\"]\"]},\"b\":3}", names, "b=3 ");
    expect("{\"h\":{\"z\":\"\\\"\", \"y\": 5},\"b\":4}", names, "*=4 ");
    expect("{\"h\":{\"cut\":\"x", names, "!");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(members_seen_before_are_known, set_up),
        cmocka_unit_test_setup(a_value_of_another_kind_is_new, set_up),
        cmocka_unit_test_setup(members_nobody_wants_are_not_told_again, set_up),
        cmocka_unit_test_setup(the_same_key_elsewhere_is_another_member, set_up),
        cmocka_unit_test_setup(another_order_is_not_new, set_up),
        cmocka_unit_test_setup(a_barren_object_is_stepped_over, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
