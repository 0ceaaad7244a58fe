#include "tally/route.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
    const char *target, *route;
} cases[] = {
    {"/", "/"},
    {"/index.html", "/index.html"},
    {"/search?q=1&b=2", "/search"},
    {"/page#top", "/page"},
    {"/page#top?x", "/page"},
    {"/?x=/17/", "/"},
    {"/users/17/cart", "/users/{}/cart"},
    {"/users/17/", "/users/{}/"},
    {"/0", "/{}"},
    {"//a//17", "//a//{}"},
    {"/v1/api2/utf8", "/v1/api2/utf8"},
    {"/1.2.3/x", "/1.2.3/x"},
    {"/a/550e8400-e29b-41d4-a716-446655440000/b", "/a/{}/b"},
    {"/a/ABCDEFAB-ABCD-ABCD-ABCD-ABCDEFABCDEF", "/a/{}"},
    {"/a/550e8400-e29b-41d4-a716_446655440000/b", "/a/{}/b"}, /* a long token with digits */
    {"/abcdefab-abcd-abcd-abcd_abcdefabcdef", "/abcdefab-abcd-abcd-abcd_abcdefabcdef"},
    {"/commit/3f2a9bc1", "/commit/{}"},
    {"/commit/3f2a9bc", "/commit/3f2a9bc"},
    {"/deadbeef/facade", "/deadbeef/facade"},
    {"/img/1234.jpg", "/img/{}.jpg"},
    {"/img/3f2a9bc1d.PNG", "/img/{}.PNG"},
    {"/img/photo-17.jpg", "/img/photo-17.jpg"},
    {"/img/.17", "/img/.17"},
    {"/img/17.", "/img/17."},
    {"/img/17.7z", "/img/17.7z"}, /* an extension begins with a letter, else 1.2 would have one */
    {"/t/zzzzzzzzzzzzzzzzzzzzzzz1", "/t/zzzzzzzzzzzzzzzzzzzzzzz1"},
    {"/t/zzzzzzzzzzzzzzzzzzzzzzzz1", "/t/{}"},
    {"/t/zzzzzzzzzzzzzzzzzzzzzzzz1.min.js", "/t/{}.js"},
    {"/t/a-name-of-forty-bytes-without-any-digits", "/t/a-name-of-forty-bytes-without-any-digits"},
    {"/t/a-name-of-forty-one-bytes-without-digits-", "/t/{}"},
    {"/a%20b/\x01\xff", "/a%20b/\x01\xff"},
    {"http://example.com/users/17?x", "/users/{}"},
    {"https://example.com:8443/", "/"},
    {"http://example.com", "/"},
    {"http://example.com?x=/y", "/"},
    {"", ""},
    {"-", ""},
    {"*", ""},
    {"example.com:443", ""},
    {"://x/y", ""},
    {"garbage", ""},
    {"?x=/a", ""},
};

static void targets_have_these_routes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[ROUTE_BYTES];
        struct span route = route_of(span_of(cases[i].target), out);
        if (!span_is(route, cases[i].route)) {
            print_message("%s: %.*s\n", cases[i].target, (int)route.len, route.ptr);
        }
        assert_true(span_is(route, cases[i].route));
    }
}

static void a_span_without_memory_has_no_route(void **state)
{
    (void)state;
    char out[ROUTE_BYTES];
    assert_int_equal(route_of((struct span){NULL, 0}, out).len, 0);
}

static void a_long_route_is_cut(void **state)
{
    (void)state;
    enum { BYTES = 100000 };
    static char target[BYTES];
    for (size_t i = 0; i < BYTES; i++) {
        target[i] = i % 4 ? 'a' : '/';
    }
    char out[ROUTE_BYTES];
    struct span route = route_of((struct span){target, BYTES}, out);
    assert_int_equal(route.len, ROUTE_BYTES);
    assert_memory_equal(route.ptr, target, ROUTE_BYTES);
}

static void nul_bytes_are_bytes_like_others(void **state)
{
    (void)state;
    char out[ROUTE_BYTES];
    struct span route = route_of(SPAN("/a\0b/17"), out);
    assert_int_equal(route.len, sizeof "/a\0b/{}" - 1);
    assert_memory_equal(route.ptr, "/a\0b/{}", route.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_have_these_routes),
        cmocka_unit_test(a_span_without_memory_has_no_route),
        cmocka_unit_test(a_long_route_is_cut),
        cmocka_unit_test(nul_bytes_are_bytes_like_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
