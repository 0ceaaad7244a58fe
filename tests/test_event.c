#include "event/event.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_request_line_is_split_at_its_ends(void **state)
{
    static const struct {
        const char *request, *method, *target;
    } cases[] = {
        {"GET /tea HTTP/1.1", "GET", "/tea"},
        {"GET /a b HTTP/1.1", "GET", "/a b"},
        {"GET /a HTTP/1.1 b", "GET", "/a HTTP/1.1 b"},
        {"GET /", "GET", "/"},
        {"PRI * HTTP/2.0", "PRI", "*"},
        {"CONNECT shop.example:443 HTTP/1.1", "CONNECT", "shop.example:443"},
        {"GET http://shop.example/tea HTTP/1.1", "GET", "http://shop.example/tea"},
        {"BASELINE-CONTROL /tea HTTP/1.1", "BASELINE-CONTROL", "/tea"},
        {"get / null", "get", "/ null"},
        {"", "", ""},
        {"-", "", ""},
        {" ", "", ""},
        {"  ", "", ""},
        {"GET", "", ""},
        {"- http://localhost HTTP/1.0", "", ""},
        {"\\x16\\x03\\x01 a b", "", ""},
        {"<BADREQ>", "", ""},
        {"AMETHODTHATISTOOLONGTOBEONE / HTTP/1.1", "", ""},
        {"GET  HTTP/1.1", "GET", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct event e;
        event_clear(&e);
        e.request = span_of(cases[i].request);
        event_split(&e);
        if (!span_is(e.method, cases[i].method) || !span_is(e.target, cases[i].target)) {
            fail_msg("%s: \"%.*s\" \"%.*s\"", cases[i].request, (int)e.method.len, e.method.ptr,
                     (int)e.target.len, e.target.ptr);
        }
    }
}

static void what_the_log_has_by_itself_is_not_replaced(void **state)
{
    struct event e;
    (void)state;
    event_clear(&e);
    e.request = SPAN("GET /tea?milk=no HTTP/1.1");
    e.target = SPAN("/tea");
    event_split(&e);
    assert_true(span_is(e.method, "GET") && span_is(e.target, "/tea"));
    event_clear(&e);
    e.request = SPAN("GET /tea HTTP/1.1");
    e.method = SPAN("HEAD");
    event_split(&e);
    assert_true(span_is(e.method, "HEAD") && span_is(e.target, "/tea"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_line_is_split_at_its_ends),
        cmocka_unit_test(what_the_log_has_by_itself_is_not_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
