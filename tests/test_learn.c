/* Layouts that are found in lines alone, and lines in which none may be found. */
#include "format/reader.h"
#include "parsers/lang/learn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    MANY = 12,
};

/* Lines in which "@" is a digit that changes, "#" 200, 404 or 502, and "%" an odd number. */
static void fill(struct buf *out, const char *pattern, unsigned lines)
{
    static const char *const codes[] = {"200", "404", "502"};
    for (unsigned i = 0; i < lines; i++) {
        for (const char *at = pattern; *at; at++) {
            if (*at == '@') {
                buf_number(out, i % 10);
            } else if (*at == '#') {
                buf_text(out, codes[i % 3]);
            } else if (*at == '%') {
                buf_number(out, 137 + 91 * i);
            } else {
                buf_byte(out, *at);
            }
        }
        buf_byte(out, '\n');
    }
}

static void layout_of(const char *pattern, unsigned lines, const char *want)
{
    struct buf log = {0}, layout = {0};
    fill(&log, pattern, lines);
    assert_int_equal(learn_layout(buf_span(&log), &layout) > 0, want != NULL);
    buf_byte(&layout, '\0');
    assert_string_equal(layout.data, want ? want : "");
    buf_done(&log);
    buf_done(&layout);
}

static void test_columns_are_told_by_their_texts(void **state)
{
    (void)state;
    layout_of("10.0.0.@ [22/Nov/2026:16:43:4@ +0000] # % 0.00@ \"GET /a/@ HTTP/1.1\" \"x y\" u=/a",
              MANY, "<client> [<clf>] <status> <bytes> <s> \"<request>\" ");
    layout_of("w@.example.com|2026-11-22T16:43:4@Z|10.0.0.@|GET /@ HTTP/1.1|#|%|10.1.1.1:80|x",
              MANY, "<host>|<iso>|<client>|<request>|<status>|<bytes>|<upstream>|");
    layout_of("179536582@\twww.example\tGET\t/f/@\t\t#\t%\tagent", MANY,
              "<epoch>\t<host>\t<method>\t<target>\t<text>\t<status>\t<bytes>\t");
    layout_of("[2026-11-22 16:43:4@.123] INFO 10.0.0.@:5432 -> GET /a/@ # % ms", MANY,
              "[<iso>] <text> <client:port> <text> <method> <target> <status> <ms> ");
    layout_of("client=2001:db8::@; req=\"GET /@ HTTP/1.1\"; st=#; len=%", MANY,
              "client=<client>; req=\"<request>\"; st=<status>; len=<bytes>");
    layout_of("2026-11-22 16:43:4@ \"GET /@ HTTP/1.1\" #", MANY, "<iso> \"<request>\" <status>");
}

static void test_numbers_that_are_no_codes_are_not_taken_for_any(void **state)
{
    (void)state;
    layout_of("10.0.0.@ 2026-11-22T16:43:4@Z \"GET /a/@ HTTP/1.1\" % 7", MANY, NULL);
    layout_of("2026-11-22T16:43:4@Z worker @: job /a/@ took % ms", MANY, NULL);
    layout_of("# things were counted in 10.0.0.@", MANY, NULL); /* no request */
    layout_of("/srv/file@ #", MANY, NULL);                      /* neither time nor client */
}

static void test_few_lines_show_nothing(void **state)
{
    (void)state;
    const char pattern[] = "10.0.0.@ \"GET /@ HTTP/1.1\" #";
    layout_of(pattern, LEARN_LEAST - 1, NULL);
    layout_of(pattern, LEARN_LEAST, "<client> \"<request>\" <status>");
    layout_of("", 0, NULL);
}

/* A reader that has to choose, after the lines that voted. */
static struct reader *reader_after(struct span lines)
{
    struct format any = {0};
    struct problem why;
    assert_int_equal(format_read(&any, SPAN("auto"), &why), 0);
    struct reader *r = reader_new(&any, NULL);
    while (lines.len) {
        struct span line = span_head(lines, span_find(lines, '\n'));
        lines = span_after(lines, line.len + 1);
        reader_vote(r, line);
    }
    reader_decide(r);
    format_done(&any);
    return r;
}

static unsigned count_read(struct reader *r, struct span lines)
{
    unsigned n = 0;
    struct event e;
    while (lines.len) {
        struct span line = span_head(lines, span_find(lines, '\n'));
        lines = span_after(lines, line.len + 1);
        n += reader_parse(r, line, &e) == PARSE_OK && e.status != STATUS_NONE;
    }
    return n;
}

static void test_a_log_that_begins_with_few_lines_is_learned_later(void **state)
{
    (void)state;
    struct buf log = {0};
    fill(&log, "w@.example.com|2026-11-22T16:43:4@Z|GET /@ HTTP/1.1|#|%", MANY);
    struct span first = span_head(buf_span(&log), span_find(buf_span(&log), '\n') + 1);
    struct reader *r = reader_after(first);
    assert_string_equal(reader_format(r), "unknown");
    assert_int_equal(count_read(r, first), 0);
    count_read(r, buf_span(&log));
    assert_string_equal(reader_format(r), "layout");
    assert_string_equal(reader_layout(r), "<host>|<iso>|<request>|<status>|<bytes>");
    assert_int_equal(count_read(r, buf_span(&log)), MANY);
    reader_free(r);
    buf_done(&log);
}

static void test_a_clone_gets_what_was_learned_after_it_was_made(void **state)
{
    (void)state;
    struct buf log = {0};
    fill(&log, "w@.example.com|2026-11-22T16:43:4@Z|GET /@ HTTP/1.1|#|%", MANY);
    struct reader *r = reader_after(span_head(buf_span(&log), span_find(buf_span(&log), '\n') + 1));
    struct reader *clone = reader_clone(r);
    assert_int_equal(count_read(clone, buf_span(&log)), 0); /* it does not learn itself */
    count_read(r, buf_span(&log));
    assert_non_null(reader_layout(r));
    assert_false(reader_fits(clone, r));
    reader_resume(clone, r);
    assert_string_equal(reader_layout(clone), reader_layout(r));
    assert_int_equal(count_read(clone, buf_span(&log)), MANY);
    reader_free(r);
    reader_free(clone);
    buf_done(&log);
}

static void test_lines_in_envelopes_and_clones_are_read_alike(void **state)
{
    (void)state;
    struct buf log = {0};
    fill(&log, "{\"log\":\"10.0.0.@ # /a/@ 2026-11-22T16:43:4@Z x\\n\",\"stream\":\"stdout\"}",
         MANY);
    struct reader *r = reader_after(buf_span(&log));
    assert_string_equal(reader_layout(r), "<client> <status> <target> <iso> ");
    struct reader *clone = reader_clone(r);
    assert_int_equal(count_read(r, buf_span(&log)), MANY);
    assert_int_equal(count_read(clone, buf_span(&log)), MANY);
    reader_free(r);
    assert_string_equal(reader_layout(clone), "<client> <status> <target> <iso> ");
    assert_int_equal(count_read(clone, buf_span(&log)), MANY);
    reader_free(clone);
    buf_done(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_are_told_by_their_texts),
        cmocka_unit_test(test_numbers_that_are_no_codes_are_not_taken_for_any),
        cmocka_unit_test(test_few_lines_show_nothing),
        cmocka_unit_test(test_a_log_that_begins_with_few_lines_is_learned_later),
        cmocka_unit_test(test_a_clone_gets_what_was_learned_after_it_was_made),
        cmocka_unit_test(test_lines_in_envelopes_and_clones_are_read_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
