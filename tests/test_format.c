#include "format/format.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_name_is_a_format(void **state)
{
    struct problem why;
    (void)state;
    for (const struct parser *const *p = format_parsers(); *p; p++) {
        assert_ptr_equal(format_find(span_of((*p)->name)), *p);
    }
    assert_null(format_find(SPAN("")));
    assert_null(format_find(SPAN("nginx ")));

    struct format f;
    assert_int_equal(format_read(&f, SPAN("auto"), &why), 0);
    assert_null(f.parser);
    assert_null(f.args);
    format_done(&f);
}

static void names_are_in_order_and_each_stands_once(void **state)
{
    (void)state;
    for (const struct parser *const *p = format_parsers(); p[1]; p++) {
        assert_string_not_equal(p[0]->name, p[1]->name);
        assert_true(strcmp(p[0]->name, p[1]->name) < 0);
        assert_true(p[0]->summary && p[0]->sample && p[0]->parse);
        assert_in_range(p[0]->weight, 0, 9);
    }
}

static void what_follows_the_colon_is_its_arguments(void **state)
{
    static const struct {
        const char *spec, *name, *args;
    } cases[] = {
        {"nginx", "nginx", ""},
        {"nginx:", "nginx", ""},
        {"nginx:$status:$request", "nginx", "$status:$request"},
        {"nginx:'$status'", "nginx", "$status"},
        {"apache:'%h' %>s 'x'", "apache", "%h' %>s 'x"},
        {"json:status=code", "json", "status=code"},
        {"w3c:time sc-status", "w3c", "time sc-status"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct format f;
        struct problem why = {.text = ""};
        if (format_read(&f, span_of(cases[i].spec), &why)) {
            fail_msg("%s: %s", cases[i].spec, why.text);
        }
        assert_string_equal(f.parser->name, cases[i].name);
        assert_string_equal(f.args ? f.args : "", cases[i].args);
        format_done(&f);
    }
}

static void a_wrong_specification_says_why(void **state)
{
    static const struct {
        const char *spec, *why;
    } cases[] = {
        {"cmbined", "did you mean \"combined\"?"},
        {"ngnix", "did you mean \"nginx\"?"},
        {"", "unknown format"},
        {"something else altogether", "unknown format"},
        {"auto:x", "takes no arguments"},
        {"ltsv:x", "takes no arguments"},
        {"caddy:x", "takes no arguments"},
        {"combined:x", "takes no arguments"},
        {"common:x", "takes no arguments"},
        {"vhost_combined:x", "takes no arguments"},
        {"nginx-ingress:x", "takes no arguments"},
        {"nginx:$request", "no status"},
        {"json:status", "no field=key"},
        {"json:state=x", "no field=key"},
        {"json:status=", "no field=key"},
        {"json:status=x,host=x", "given twice"},
        {"regex:(", "wrong"},
        {"layout", "needs its columns"},
        {"layout:<status> <ststus>", "nothing is called <ststus>"},
        {"nginx\nauto", "auto is no format beside others"},
        {"nginx\ncmbined", "did you mean \"combined\"?"},
        {"w3c:date time", "sc-status"},
        {"haproxy:%ci", "no status"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct format f;
        struct problem why = {.text = ""};
        if (format_read(&f, span_of(cases[i].spec), &why) == 0 || !strstr(why.text, cases[i].why)) {
            fail_msg("%s: %s", cases[i].spec, why.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_a_format),
        cmocka_unit_test(names_are_in_order_and_each_stands_once),
        cmocka_unit_test(what_follows_the_colon_is_its_arguments),
        cmocka_unit_test(a_wrong_specification_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
