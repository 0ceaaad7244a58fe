#include "alert/privacy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void lines_lose_addresses_and_queries(void **state)
{
    (void)state;
    static const struct {
        const char *name, *line, *want;
    } cases[] = {
        {"combined", "192.0.2.17 - - [x] \"GET /a?t=1 HTTP/1.1\" 502 0 \"http://e/?q=2\" \"UA\"",
         "192.0.2.0 - - [x] \"GET /a HTTP/1.1\" 502 0 \"http://e/\" \"UA\""},
        {"behind a host", "shop.example:443 192.0.2.17 - - [x]",
         "shop.example:443 192.0.2.0 - - [x]"},
        {"IPv6", "2001:db8::17 - - [x]", "- - - [x]"},
        {"long IPv6", "2001:db8:0:0:0:0:0:17 - -", "- - -"},
        {"IPv6 in brackets", "[2001:db8::17]:443 - -", "- - -"},
        {"mapped", "::ffff:192.0.2.17 - -", "- - -"},
        {"haproxy", "Nov 22 16:40:25 lb haproxy[14389]: 192.0.2.17:33317 [22/Nov] www app/s1 0/0",
         "Nov 22 16:40:25 lb haproxy[14389]: 192.0.2.0:33317 [22/Nov] www app/s1 0/0"},
        {"upstream stays", "192.0.2.17 - [x] \"GET /\" 502 10.0.0.7:8080",
         "192.0.2.0 - [x] \"GET /\" 502 10.0.0.7:8080"},
        {"list", "192.0.2.17, 198.51.100.9 - - [x]", "192.0.2.0, 198.51.100.0 - - [x]"},
        {"no address", "1.2.3 1.2.3.4.5 1234.1.1.1 03:12:07 1.2.3.4x",
         "1.2.3 1.2.3.4.5 1234.1.1.1 03:12:07 1.2.3.4x"},
        {"escaped quote", "- \"GET /a?x=\\\"y HTTP/1.1\" 500", "- \"GET /a HTTP/1.1\" 500"},
        {"query at the end", "- GET /a?x", "- GET /a"},
        {"json",
         "{\"remote_ip\":\"192.0.2.17\",\"uri\":\"/a?x=1\",\"upstream_addr\":\"10.0.0.7:80\",\"s\":502}",
         "{\"remote_ip\":\"192.0.2.0\",\"uri\":\"/a\",\"upstream_addr\":\"10.0.0.7:80\",\"s\":502}"},
        {"json list", "{\"X-Forwarded-For\":[\"192.0.2.17, 2001:db8::1\"]}",
         "{\"X-Forwarded-For\":[\"192.0.2.0, -\"]}"},
        {"json behind syslog", "Nov 22 web caddy: {\"ip\":\"2001:db8::1\"}",
         "Nov 22 web caddy: {\"ip\":\"-\"}"},
        {"cut json", "{\"uri\":\"/a?x=1\\", "{\"uri\":\"/a"},
        {"empty", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[256];
        privacy_clean(span_of(cases[i].line), out, sizeof out);
        if (strcmp(out, cases[i].want) != 0) {
            fail_msg("%s: \"%s\", not \"%s\"", cases[i].name, out, cases[i].want);
        }
    }
}

static void result_is_a_string_whatever_the_line_holds(void **state)
{
    (void)state;
    char out[32];
    privacy_clean(SPAN("a\0b\x1b\xff \"\0"), out, sizeof out);
    assert_memory_equal(out, "a?b\x1b\xff \"?", 9);
    privacy_clean(SPAN("0123456789"), out, 4);
    assert_string_equal(out, "012");
    privacy_clean(SPAN("x"), out, 1);
    assert_string_equal(out, "");
}

/* Bytes from a small alphabet of all that the code looks at, in exactly as much memory as they
 * need. */
static void random_lines_stay_in_bounds(void **state)
{
    (void)state;
    static const char alphabet[] = "12.:[]{}\"\\? \t,a%\0x";
    uint64_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        size_t len = (size_t)(i % 40), size = 1 + (size_t)(i % 7) * 8;
        char *line = malloc(len + 1), *out = malloc(size);
        for (size_t k = 0; k < len; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            line[k] = alphabet[(seed >> 33) % (sizeof alphabet - 1)];
        }
        line = realloc(line, len ? len : 1);
        privacy_clean((struct span){line, len}, out, size);
        assert_true(strlen(out) < size && strlen(out) <= len);
        free(line);
        free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_lose_addresses_and_queries),
        cmocka_unit_test(result_is_a_string_whatever_the_line_holds),
        cmocka_unit_test(random_lines_stay_in_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
