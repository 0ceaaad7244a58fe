/* Proxy-Status headers, as logs have them. */
#include "event/proxy_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void the_proxy_nearest_to_the_origin_counts(void **unused)
{
    static const struct {
        const char *header, *proxy, *error, *received;
    } cases[] = {
        {"", "", "", ""},
        {"-", "", "", ""},
        {"cdn", "", "", ""},
        {"cdn; error=dns_error", "cdn", "dns_error", ""},
        {"cdn;error=dns_error;details=\"NXDOMAIN\"", "cdn", "dns_error", ""},
        {"a; received-status=502, b; error=http_protocol_error", "b", "http_protocol_error", "502"},
        {"a; error=dns_error, b; error=proxy_internal_error", "a", "dns_error", ""},
        {"a, b; received-status=503", "", "", ""}, /* b's answer came from a */
        {"error=dns_error", "", "", ""},           /* a proxy of that name */
        {"\"a; error=x, b\"; error=dns_error", "\"a; error=x, b\"", "dns_error", ""},
        {"a; details=\\\"; error=x\\\"; error=dns_error", "a", "dns_error", ""},
        {"a; details=\\x22; error=x\\x22; error=dns_error", "a", "dns_error", ""},
        {"a; details=\"never closed; error=dns_error", "", "", ""},
        {";;,,; error=", "", "", ""},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct proxy_status got = proxy_status_read(span_of(cases[i].header));
        if (!span_is(got.proxy, cases[i].proxy) || !span_is(got.error, cases[i].error) ||
            !span_is(got.received, cases[i].received)) {
            fail_msg("%s: \"%.*s\" \"%.*s\" \"%.*s\"", cases[i].header, (int)got.proxy.len,
                     got.proxy.ptr, (int)got.error.len, got.error.ptr, (int)got.received.len,
                     got.received.ptr);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_proxy_nearest_to_the_origin_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
