#include "scan/jsonscan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* "depth key=value" for each member, "!" when the walk failed. */
static void walk(struct jsonscan *s, char out[256])
{
    struct jsonscan_member m;
    size_t at = 0;
    out[0] = '\0';
    while (jsonscan_next(s, &m)) {
        if (m.kind == JSONSCAN_OBJECT) {
            continue;
        }
        at += (size_t)snprintf(out + at, 256 - at, "%u%.*s=%.*s%s ", s->depth, (int)m.key.len,
                               m.key.ptr, (int)m.value.len, m.value.ptr,
                               m.kind == JSONSCAN_STRING  ? "\""
                               : m.kind == JSONSCAN_ARRAY ? "]"
                                                          : "");
    }
    snprintf(out + at, 256 - at, "%s", s->failed ? "!" : "");
}

/* Over a line by itself, in memory of just its size; then over the same line among others, which
 * must be left behind its end. */
static char *walked(const char *line, char out[256])
{
    static struct lines lines;
    size_t len = strlen(line);
    char *copy = malloc(len + 5 + LINES_SLACK), among[256];
    struct marks_set set;
    struct jsonscan s;
    assert_non_null(copy);
    char *alone = copy + LINES_SLACK + 5;
    memcpy(alone, line, len);
    jsonscan_over(&s, (struct span){alone, len});
    walk(&s, out);

    memcpy(copy, line, len);
    memset(copy + len, '"', LINES_SLACK + 5);
    memcpy(copy + len, "\r\n{}\n", 5);
    jsonscan_marks(&set);
    lines_take(&lines, &set, (struct span){copy, len + 5 + LINES_SLACK});
    jsonscan_among(&s, &lines, lines.at);
    walk(&s, among);
    assert_string_equal(among, out);
    assert_int_equal(jsonscan_leave(&s, &lines).len, len);
    assert_memory_equal(lines.at, "{}\n", 3);
    assert_memory_equal(lines.base + *lines.mark, "\n", 1);
    free(copy);
    return out;
}

static void members_come_one_by_one(void **state)
{
    static const struct {
        const char *line, *members;
    } cases[] = {
        {"{}", ""},
        {" { } ", ""},
        {"{\"a\":1}", "1a=1 "},
        {"{ \"a\" : 1 , \"b\" : \"x\" }", "1a=1 1b=x\" "},
        {"{\"a\":{\"b\":1,\"c\":{\"d\":2}},\"e\":3}", "2b=1 3d=2 1e=3 "},
        {"{\"a\":{},\"b\":1}", "1b=1 "},
        {"{\"a\":[1,{\"b\":\"]\"},[2]],\"c\":1}", "1a=[1,{\"b\":\"]\"},[2]]] 1c=1 "},
        {"{\"a\":\"x\\\"}\",\"b\":\"\\\\\",\"c\":null}", "1a=x\\\"}\" 1b=\\\\\" 1c=null "},
        {"{\"a\":009,\"b\":-,\"c\":,\"d\":1}", "1a=009 1b=- 1c= 1d=1 "},
        {"{\"a\":\"\"\"\",\"b\":1}", "1a=\" 1b=1 "},
        {"{\"a\":1,}", "1a=1 "},
        {"{\"a\":1} tail", "1a=1 "},
        {"", "!"},
        {"[1]", "!"},
        {"{", "!"},
        {"{\"a", "!"},
        {"{\"a\"", "!"},
        {"{\"a\":", "!"},
        {"{\"a\":1", "!"},
        {"{\"a\":1,\"b\":\"x", "1a=1 !"},
        {"{\"a\":1,\"b\":[1,", "1a=1 !"},
        {"{\"a\":{\"b\":1", "!"},
        {"{\"a\":{\"b\":1}", "2b=1 !"},
        {"{1:2}", "!"},
        {"{\"a\" 1}", "!"},
        {"{\"a\":1,}}}", "1a=1 "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char got[256];
        if (strcmp(walked(cases[i].line, got), cases[i].members) != 0) {
            fail_msg("%s gives %s", cases[i].line, got);
        }
    }
}

static void objects_too_deep_are_stepped_over(void **state)
{
    char line[256] = "", got[256];
    (void)state;
    for (int i = 0; i < JSONSCAN_DEPTH; i++) {
        strncat(line, "{\"a\":", sizeof line - strlen(line) - 1);
    }
    strncat(line, "{\"status\":\"}\"}", sizeof line - strlen(line) - 1);
    for (int i = 0; i < JSONSCAN_DEPTH; i++) {
        strncat(line, i == JSONSCAN_DEPTH - 1 ? ",\"b\":1}" : "}", sizeof line - strlen(line) - 1);
    }
    assert_string_equal(walked(line, got), "6a= 1b=1 ");
}

static void the_keys_that_lead_to_a_member_are_known(void **state)
{
    struct jsonscan s;
    jsonscan_over(&s, SPAN("{\"one\":{\"two\":{\"three\":1}},\"four\":1}"));
    struct jsonscan_member m;
    (void)state;
    assert_true(jsonscan_next(&s, &m));
    assert_true(m.kind == JSONSCAN_OBJECT && span_is(m.key, "one"));
    assert_true(jsonscan_next(&s, &m));
    assert_true(m.kind == JSONSCAN_OBJECT && span_is(m.key, "two"));
    assert_true(jsonscan_next(&s, &m));
    assert_int_equal(s.depth, 3);
    assert_true(span_is(s.keys[0], "one") && span_is(s.keys[1], "two") && span_is(m.key, "three"));
    assert_true(jsonscan_next(&s, &m));
    assert_int_equal(s.depth, 1);
}

static void escapes_become_what_they_stand_for(void **state)
{
    static const struct {
        const char *text, *plain;
    } cases[] = {
        {"plain", "plain"},
        {"a\\\"b\\\\c\\/d", "a\"b\\c/d"},
        {"\\b\\f\\n\\r\\t", "\b\f\n\r\t"},
        {"\\u0041\\u00e9\\u20AC", "A\xc3\xa9\xe2\x82\xac"},
        {"\\ud83d\\ude00", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\\u12", "u12"},
        {"\\uzzzz", "\xef\xbf\xbd"},
        {"\\x16", "x16"},
        {"end\\", "end\\"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[64];
        struct span plain = jsonscan_unescape(span_of(cases[i].text), out, sizeof out);
        if (!span_is(plain, cases[i].plain)) {
            fail_msg("%s", cases[i].text);
        }
    }
}

static void unescaping_stays_within_its_room(void **state)
{
    (void)state;
    for (size_t size = 0; size < 24; size++) {
        char *out = malloc(size ? size : 1);
        assert_non_null(out);
        assert_true(jsonscan_unescape(SPAN("\\u20ac\\u20ac\\u20ac\\u20ac"), out, size).len <= size);
        free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_one_by_one),
        cmocka_unit_test(objects_too_deep_are_stepped_over),
        cmocka_unit_test(the_keys_that_lead_to_a_member_are_known),
        cmocka_unit_test(escapes_become_what_they_stand_for),
        cmocka_unit_test(unescaping_stays_within_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
