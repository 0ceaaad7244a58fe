/* Several records in one line. */
#include "parsers/lang/bundle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The records, each in angle brackets; "none" for a line that is no bundle. */
static const char *taken(const char *line)
{
    static char out[256];
    struct span records, record;
    if (!bundle_open(span_of(line), &records)) {
        return "none";
    }
    out[0] = '\0';
    while (bundle_next(&records, &record)) {
        size_t n = strlen(out);
        snprintf(out + n, sizeof out - n, "<%.*s>", (int)record.len, record.ptr);
    }
    return out;
}

static void records_end_where_they_should(void **state)
{
    (void)state;
    assert_string_equal(taken("{\"records\":[{\"a\":1},{\"b\":2}]}"), "<{\"a\":1}><{\"b\":2}>");
    assert_string_equal(taken("{ \"Records\" : [ {\"a\":[1,{}]} , 2 ] }"), "<{\"a\":[1,{}]}><2>");
    assert_string_equal(taken("{\"records\":[{\"a\":\"},]\\\"\"},3]}"), "<{\"a\":\"},]\\\"\"}><3>");
    assert_string_equal(taken("{\"records\":[]}"), "");
    assert_string_equal(taken("{\"records\":["), "");
    assert_string_equal(taken("{\"records\":[{\"a\":1},{\"b"), "<{\"a\":1}><{\"b>");
    assert_string_equal(taken("{\"records\":[\"\\"), "<\"\\>");
    assert_string_equal(taken("{\"records\":[}}}]"), "<}}}>");
    assert_string_equal(taken("{\"record\":[1]}"), "none");
    assert_string_equal(taken("{\"records\":{}}"), "none");
    assert_string_equal(taken("[1]"), "none");
    assert_string_equal(taken(""), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_end_where_they_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
