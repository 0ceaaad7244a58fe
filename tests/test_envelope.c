#include "base/alloc.h"
#include "base/buf.h"
#include "parsers/lang/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static int set_up(void **state)
{
    *state = alloc_zero(1, sizeof(struct envelope));
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

/* What is innermost in `line`. */
static struct span inside(struct envelope *e, const char *line)
{
    envelope_open(e, span_of(line));
    return e->lines[e->n - 1];
}

static void assert_inside(struct envelope *e, const char *line, const char *want)
{
    struct span got = inside(e, line);
    if (!span_is(got, want)) {
        fail_msg("%s: got \"%.*s\", want \"%s\"", line, (int)got.len, got.ptr, want);
    }
}

static void each_envelope_comes_off(void **state)
{
    assert_inside(*state,
                  "{\"log\":\"GET \\\"/tea\\\" 200\\r\\n\",\"stream\":\"stdout\",\"time\":\"t\"}",
                  "GET \"/tea\" 200");
    assert_inside(*state, "2026-11-22T16:43:42.1+01:00 stderr F  a b", " a b");
    assert_inside(*state, "2026-11-22T16:43:42.1Z stdout F:x a", "a");
    assert_inside(*state, "{\"__REALTIME_TIMESTAMP\":\"1795365822123456\",\"MESSAGE\":\"a b\"}",
                  "a b");
    assert_inside(*state, "{\"MESSAGE\":[27,91,51,50,109,97,195,164]}", "a\xc3\xa4");
    assert_inside(*state, "{\"agent\":{\"log\":\"no\"},\"message\":\"yes\"}", "yes");
    assert_inside(*state, "web-1    | (a | b)", "(a | b)");
    assert_inside(*state, "[pod/web-1/nginx] a", "a");
    assert_inside(*state, "[2026-11-22 16:43:42 +0000] [71] [INFO] a", "a");
    assert_inside(*state, "[2026-11-22T16:43:42Z INFO  actix_web::middleware] a", "a");
    assert_inside(*state, "INFO:werkzeug:a", "a");
    assert_inside(*state, "2026-11-22T16:43:42Z a", "a");
    assert_inside(*state, "\x1b[0mGET \x1b[33;1m404\x1b[0m 3", "GET 404 3");
    assert_inside(*state, "<190>Nov 22 16:43:42 web1 nginx: a", "a");
    assert_inside(*state, "45 <190>1 2026-11-22T16:43:42Z web1 nginx 3 - - a", "a");
    assert_inside(*state,
                  "\xef\xbb\xbf"
                  "a",
                  "a");
}

static void envelopes_come_off_in_any_order(void **state)
{
    assert_inside(*state,
                  "\x1b[36mweb-1 | \x1b[0m2026-11-22T16:43:42Z stdout F "
                  "{\"log\":\"Nov 22 16:43:42 web1 nginx: \\u001b[31ma\\n\"}",
                  "a");
    assert_inside(*state, "{\"log\":\"{\\\"MESSAGE\\\":\\\"say \\\\\\\"a\\\\\\\"\\\"}\"}",
                  "say \"a\"");
    assert_inside(*state, "2026-11-22T16:43:42Z 192.0.2.1  { \"a\": 1 }", "{ \"a\": 1 }");
    assert_inside(*state, "a-1 | b-2 | c-3 | d-4 | e-5 | f-6 | g-7 | h", "g-7 | h");
}

static void other_lines_stay_as_they_are(void **state)
{
    static const char *const lines[] = {
        "192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET / HTTP/1.1\" 200 1",
        "{\"status\":200}",
        "{\"log\":{\"a\":1}}",
        "{\"log\":\"cut",
        "192.0.2.1  { \"a\": 1 }",
        "web-1 |",
        "[2026-11-22T16:43:42.127Z] \"GET /tea HTTP/1.1\" 503",
        "[2026-11-22 16:43:42] [71] a",
        "INFO:     192.0.2.7:54321 - a",
        "INFO:werkzeug:",
        "web-1| a",
        "[pod/web-1",
        "[pod/web-1]a",
        "\x1b no colour",
        "2026-11-22T16:43:42Z",
        "45 a",
        "",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_inside(*state, lines[i], lines[i]);
    }
}

static void the_innermost_time_is_told(void **state)
{
    struct envelope *e = *state;
    inside(e, "2026-11-22T16:43:42Z stdout F {\"log\":\"a\",\"time\":\"2026-11-22T16:43:41Z\"}");
    assert_true(span_is(e->time, "2026-11-22T16:43:41Z"));
    inside(e, "web-1 | a");
    assert_int_equal(e->time.len, 0);
}

static void an_empty_text_is_nothing_to_read(void **state)
{
    struct envelope *e = *state;
    inside(e, "{\"log\":\"\\n\",\"stream\":\"stdout\"}");
    assert_true(e->is_silent);
    inside(e, "2026-11-22T16:43:42Z stdout F a");
    assert_false(e->is_silent);
}

static void parts_are_joined_by_stream(void **state)
{
    struct envelope *e = *state;
    inside(e, "2026-11-22T16:43:42Z stdout P GET ");
    assert_true(e->is_silent);
    inside(e, "2026-11-22T16:43:42Z stderr P warn");
    assert_true(e->is_silent);
    inside(e, "2026-11-22T16:43:42Z stdout P /tea");
    assert_true(e->is_silent);
    assert_inside(e, "2026-11-22T16:43:42Z stdout F  200", "GET /tea 200");
    assert_false(e->is_silent);
    assert_inside(e, "2026-11-22T16:43:42Z stdout F a", "a");
    assert_inside(e, "2026-11-22T16:43:42Z stderr F ing", "warning");
}

/* Docker's parts are told by their length: shippers often take the line end off. */
static void parts_of_docker_have_no_line_end(void **state)
{
    struct envelope *e = *state;
    struct buf line = {0};
    buf_add(&line, SPAN("{\"log\":\""));
    for (unsigned i = 0; i < 16384; i++) {
        buf_byte(&line, 'a');
    }
    buf_add(&line, SPAN("\",\"stream\":\"stdout\"}"));
    envelope_open(e, buf_span(&line));
    assert_true(e->is_silent);
    struct span got = inside(e, "{\"log\":\"b\\n\",\"stream\":\"stdout\"}");
    assert_int_equal(got.len, 16385);
    assert_int_equal(got.ptr[16384], 'b');
    assert_inside(e, "{\"log\":\"short\",\"stream\":\"stdout\"}", "short");
    buf_done(&line);
}

static void parts_that_get_too_long_are_lost(void **state)
{
    struct envelope *e = *state;
    struct buf line = {0};
    buf_add(&line, SPAN("2026-11-22T16:43:42Z stdout P "));
    for (unsigned i = 0; i < 40000; i++) {
        buf_byte(&line, 'a');
    }
    envelope_open(e, buf_span(&line));
    envelope_open(e, buf_span(&line));
    const char *last = "2026-11-22T16:43:42Z stdout F b";
    assert_inside(e, last, last);
    assert_inside(e, last, "b");
    buf_done(&line);
}

static void parts_can_be_handed_on(void **state)
{
    struct envelope *from = *state, *e = alloc_zero(1, sizeof(*e));
    assert_int_equal(envelope_sum(from), 0);
    inside(from, "2026-11-22T16:43:42Z stderr P a");
    assert_int_not_equal(envelope_sum(from), 0);
    envelope_take(e, from);
    assert_int_equal(envelope_sum(e), envelope_sum(from));
    assert_inside(e, "2026-11-22T16:43:42Z stdout F b", "b");
    assert_inside(e, "2026-11-22T16:43:42Z stderr F b", "ab");
    assert_int_equal(envelope_sum(e), 0);
    inside(e, "2026-11-22T16:43:42Z stdout P a");
    assert_int_not_equal(envelope_sum(e), envelope_sum(from));
    free(e);
}

/* Each is copied to a block of just its size, so that the sanitizer finds a byte read behind it. */
static void check_within(struct envelope *e, struct span line)
{
    char *copy = alloc_zero(line.len + 1, 1);
    memmove(copy + 1, line.ptr, line.len);
    envelope_open(e, (struct span){copy + 1, line.len});
    assert_in_range(e->n, 1, ENVELOPE_DEPTH + 1);
    volatile char sum = 0;
    for (unsigned i = 0; i < e->n; i++) {
        for (size_t k = 0; k < e->lines[i].len; k++) {
            sum = (char)(sum ^ e->lines[i].ptr[k]);
        }
    }
    free(copy);
}

static void damaged_lines_are_read_within_their_bytes(void **state)
{
    static const char *const lines[] = {
        "{\"log\":\"a\\u001b[31m\\\"b\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-22T16:43:42.1Z\"}",
        "web-1  | 2026-11-22T16:43:42Z stdout P {\"MESSAGE\":[27,91,51]} {",
        "45 <190>1 2026-11-22T16:43:42Z web1 nginx 3 - [a b=\"c\"] [pod/a/b] \x1b[1;2mACCESS x",
        "2026-11-22T16:43:42Z 192.0.2.1  { \"message\": \"Nov 22 16:43:42 web1 nginx: a\" }",
    };
    static const char odd[] = {'"', '\\', ' ', '{', '[', ']', '\x1b', '|', ':', '\0', 'P', '\n'};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char text[256];
        struct span line = {text, strlen(lines[i])};
        for (size_t at = 0; at < line.len; at++) {
            memcpy(text, lines[i], line.len);
            check_within(*state, span_head(line, at));
            for (size_t k = 0; k < sizeof(odd); k++) {
                text[at] = odd[k];
                check_within(*state, line);
            }
        }
    }
}

#define ENVELOPE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENVELOPE_TEST(each_envelope_comes_off),
        ENVELOPE_TEST(envelopes_come_off_in_any_order),
        ENVELOPE_TEST(other_lines_stay_as_they_are),
        ENVELOPE_TEST(the_innermost_time_is_told),
        ENVELOPE_TEST(an_empty_text_is_nothing_to_read),
        ENVELOPE_TEST(parts_are_joined_by_stream),
        ENVELOPE_TEST(parts_of_docker_have_no_line_end),
        ENVELOPE_TEST(parts_that_get_too_long_are_lost),
        ENVELOPE_TEST(parts_can_be_handed_on),
        ENVELOPE_TEST(damaged_lines_are_read_within_their_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
