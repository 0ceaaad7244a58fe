#include "base/buf.h"
#include "input/framer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* What a framer made of some input: each line as "<text>", or "<n bytes>" for those over 100. */
struct result {
    struct buf lines;
    struct framer framer;
    struct buf rest;
};

static void result_done(struct result *r)
{
    buf_done(&r->lines);
    buf_done(&r->rest);
}

/* Presents what is left and `piece` behind it, as an input does. */
static void feed(struct result *r, struct span piece, bool final)
{
    buf_add(&r->rest, piece);
    struct span rest = buf_span(&r->rest), line;
    while (framer_next(&r->framer, &rest, &line, final)) {
        if (line.len > 100) {
            buf_printf(&r->lines, "<%zu bytes %c…%c>", line.len, line.ptr[0],
                       line.ptr[line.len - 1]);
        } else {
            buf_printf(&r->lines, "<%.*s>", (int)line.len, line.ptr);
        }
    }
    assert_true(rest.len < FRAMER_LINE_BYTES);
    buf_drop(&r->rest, r->rest.len - rest.len);
}

static void lines_are_cut_as_the_table_says(void **state)
{
    (void)state;
    const struct {
        const char *name;
        struct span in;
        bool final;
        const char *want;
        size_t rest;
        uint64_t nuls;
    } table[] = {
        {"nothing", SPAN(""), false, "", 0, 0},
        {"nothing at the end", SPAN(""), true, "", 0, 0},
        {"one line", SPAN("a\n"), false, "<a>", 0, 0},
        {"blank lines", SPAN("\n\n"), false, "<><>", 0, 0},
        {"half a line", SPAN("a\nbc"), false, "<a>", 2, 0},
        {"half a line at the end", SPAN("a\nbc"), true, "<a><bc>", 0, 0},
        {"line feed at the end", SPAN("a\nbc\n"), true, "<a><bc>", 0, 0},
        {"CR before LF", SPAN("a\r\nb\r\n"), false, "<a><b>", 0, 0},
        {"one CR only is taken", SPAN("a\r\r\n"), false, "<a\r>", 0, 0},
        {"CR elsewhere", SPAN("a\rb\n\rc\n"), false, "<a\rb><\rc>", 0, 0},
        {"CR at the very end", SPAN("a\r"), true, "<a>", 0, 0},
        {"CR that may get its LF", SPAN("a\r"), false, "", 2, 0},
        {"NULs before a line", SPAN("\0\0\0a\n"), false, "<a>", 0, 3},
        {"NULs only", SPAN("\0\0\0"), false, "", 0, 3},
        {"NULs only at the end", SPAN("\0\0\0"), true, "", 0, 3},
        {"NULs and a line feed", SPAN("\0\0\nb\n"), false, "<><b>", 0, 2},
        {"NULs between lines", SPAN("a\n\0b\n"), false, "<a><b>", 0, 1},
        {"other line ends are bytes", SPAN("a\v\f\xc2\x85\n"), false, "<a\v\f\xc2\x85>", 0, 0},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct result r = {0};
        feed(&r, table[i].in, table[i].final);
        const char *got = r.lines.data ? r.lines.data : "";
        if (strcmp(got, table[i].want) != 0 || r.rest.len != table[i].rest ||
            r.framer.nul_bytes != table[i].nuls) {
            fail_msg("%s: lines %s, rest %zu, NULs %zu", table[i].name, got, r.rest.len,
                     (size_t)r.framer.nul_bytes);
        }
        result_done(&r);
    }
}

static void a_NUL_inside_a_line_stays(void **state)
{
    (void)state;
    struct framer f = {0};
    struct span rest = SPAN("a\0b\n"), line;
    assert_true(framer_next(&f, &rest, &line, false));
    assert_true(span_equal(line, SPAN("a\0b")));
    assert_int_equal(f.nul_bytes, 0);
}

/* A buffer of `len` bytes 'x', then `tail`. */
static struct buf long_line(size_t len, const char *tail)
{
    struct buf b = {0};
    memset(buf_room(&b, len), 'x', len);
    b.len = len;
    buf_text(&b, tail);
    return b;
}

static void a_long_line_gives_its_first_bytes_without_waiting_for_its_end(void **state)
{
    (void)state;
    struct buf in = long_line(FRAMER_LINE_BYTES, "");
    struct result r = {0};
    feed(&r, buf_span(&in), false);
    assert_string_equal(r.lines.data, "<65536 bytes x…x>");
    assert_int_equal(r.rest.len, 0);
    feed(&r, SPAN("yyy"), false);
    feed(&r, SPAN("yyy\nnext\n"), false);
    assert_string_equal(r.lines.data, "<65536 bytes x…x><next>");
    assert_int_equal(r.framer.long_lines, 1);
    result_done(&r);
    buf_done(&in);
}

static void a_line_of_just_the_limit_is_not_long(void **state)
{
    (void)state;
    struct buf in = long_line(FRAMER_LINE_BYTES, "\nnext\n");
    struct result r = {0};
    feed(&r, buf_span(&in), false);
    assert_string_equal(r.lines.data, "<65536 bytes x…x><next>");
    assert_int_equal(r.framer.long_lines, 0);
    result_done(&r);
    buf_done(&in);
}

static void one_byte_less_waits_for_its_end(void **state)
{
    (void)state;
    struct buf in = long_line(FRAMER_LINE_BYTES - 1, "");
    struct result r = {0};
    feed(&r, buf_span(&in), false);
    assert_int_equal(r.lines.len, 0);
    assert_int_equal(r.rest.len, FRAMER_LINE_BYTES - 1);
    feed(&r, SPAN("\n"), false);
    assert_string_equal(r.lines.data, "<65535 bytes x…x>");
    result_done(&r);
    buf_done(&in);
}

static void after_the_end_of_a_long_line_the_framer_is_at_a_start(void **state)
{
    (void)state;
    struct buf in = long_line(FRAMER_LINE_BYTES + 10, "");
    struct result r = {0};
    feed(&r, buf_span(&in), true);
    assert_false(r.framer.skipping);
    feed(&r, SPAN("a\n"), false);
    assert_string_equal(r.lines.data, "<65536 bytes x…x><a>");
    result_done(&r);
    buf_done(&in);
}

static void no_bytes_at_all_end_a_long_line_too(void **state)
{
    (void)state;
    struct framer f = {.skipping = true, .cut = true};
    struct span rest = {0}, line;
    assert_false(framer_next(&f, &rest, &line, true));
    assert_false(f.skipping);
    assert_false(framer_next(&f, &rest, &line, true));
}

static void many_NULs_need_no_room(void **state)
{
    (void)state;
    struct result r = {0};
    char *nuls = calloc(1, 100000);
    for (int i = 0; i < 10; i++) {
        feed(&r, (struct span){nuls, 100000}, false);
        assert_int_equal(r.rest.len, 0);
    }
    feed(&r, SPAN("good\n"), false);
    assert_string_equal(r.lines.data, "<good>");
    assert_int_equal(r.framer.nul_bytes, 1000000);
    assert_int_equal(r.framer.long_lines, 0);
    free(nuls);
    result_done(&r);
}

/* Feeds `in` in pieces that end at the cuts (rising), and compares with the whole. */
static void check_cuts(struct span in, const size_t *cuts, size_t n_cuts)
{
    struct result whole = {0}, parts = {0};
    feed(&whole, in, true);
    size_t at = 0;
    for (size_t i = 0; i < n_cuts; i++) {
        feed(&parts, (struct span){in.ptr + at, cuts[i] - at}, false);
        at = cuts[i];
    }
    feed(&parts, span_after(in, at), true);
    if (!span_equal(buf_span(&whole.lines), buf_span(&parts.lines)) ||
        whole.framer.long_lines != parts.framer.long_lines ||
        whole.framer.nul_bytes != parts.framer.nul_bytes) {
        fail_msg("cut at %zu: %s", n_cuts ? cuts[0] : 0, parts.lines.data);
    }
    result_done(&whole);
    result_done(&parts);
}

static void every_two_cuts_of_a_short_text_give_the_same_lines(void **state)
{
    (void)state;
    struct span in = SPAN("\0\0a\r\n\r\nb\0c\n\0\0\n\n\xff\xfe\r\r\n\0d\0\r\n\0\0e\r");
    for (size_t i = 0; i <= in.len; i++) {
        for (size_t j = i; j <= in.len; j++) {
            size_t cuts[] = {i, j};
            check_cuts(in, cuts, 2);
        }
    }
}

static void byte_by_byte_gives_the_same_lines(void **state)
{
    (void)state;
    struct span in = SPAN("\0\0a\r\n\r\nb\0c\n\0\0\n\n\xff\xfe\r\r\n\0d\0\r\n\0\0e\r");
    size_t cuts[64];
    for (size_t i = 0; i < in.len; i++) {
        cuts[i] = i + 1;
    }
    check_cuts(in, cuts, in.len);
}

static void cuts_in_and_around_long_lines_give_the_same_lines(void **state)
{
    (void)state;
    static const size_t lengths[] = {FRAMER_LINE_BYTES - 2, FRAMER_LINE_BYTES - 1,
                                     FRAMER_LINE_BYTES, FRAMER_LINE_BYTES + 1,
                                     2 * FRAMER_LINE_BYTES + 7};
    static const char *const ends[] = {"\nab\n", "\r\nab\n", "\r", "\ry\nab"};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        for (size_t j = 0; j < sizeof(ends) / sizeof(ends[0]); j++) {
            struct buf in = long_line(lengths[i], ends[j]);
            for (size_t cut = FRAMER_LINE_BYTES - 4; cut < FRAMER_LINE_BYTES + 6; cut++) {
                size_t at = cut < in.len ? cut : in.len;
                check_cuts(buf_span(&in), &at, 1);
                size_t again[] = {at, at < in.len ? at + 1 : at, in.len};
                check_cuts(buf_span(&in), again, 3);
            }
            buf_done(&in);
        }
    }
}

/* Does framer_cut know without looking at lines what framer_next makes of the bytes? */
static void check_cut(struct framer start, struct span bytes)
{
    struct framer f = start, next;
    struct span rest = bytes, line;
    while (framer_next(&f, &rest, &line, false)) {
    }
    size_t n = framer_cut(&start, bytes, &next);
    if (n != bytes.len - rest.len || next.skipping != f.skipping ||
        (f.skipping && next.cut != f.cut)) {
        fail_msg("%zu bytes: %zu, not %zu", bytes.len, n, bytes.len - rest.len);
    }
}

static void check_cuts_of(struct span bytes)
{
    check_cut((struct framer){0}, bytes);
    check_cut((struct framer){.skipping = true}, bytes);
    check_cut((struct framer){.skipping = true, .cut = true}, bytes);
}

static void whole_lines_are_told_without_reading_them(void **state)
{
    (void)state;
    static const size_t lengths[] = {0,
                                     1,
                                     FRAMER_LINE_BYTES - 1,
                                     FRAMER_LINE_BYTES,
                                     FRAMER_LINE_BYTES + 1,
                                     2 * FRAMER_LINE_BYTES + 7};
    struct span in = SPAN("\0\0a\r\n\r\nb\0c\n\0\0\n\n\xff\xfe\r\r\n\0d\0\r\n\0\0e\r");
    for (size_t i = 0; i <= in.len; i++) {
        check_cuts_of(span_head(in, i));
    }
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct buf long_one = long_line(lengths[i], ""), b = {0};
        check_cuts_of(buf_span(&long_one));
        buf_add(&b, SPAN("first\n\0\0"));
        buf_add(&b, buf_span(&long_one));
        check_cuts_of(buf_span(&b));
        buf_text(&b, "\nab");
        check_cuts_of(buf_span(&b));
        buf_done(&b);
        buf_done(&long_one);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_cut_as_the_table_says),
        cmocka_unit_test(a_NUL_inside_a_line_stays),
        cmocka_unit_test(a_long_line_gives_its_first_bytes_without_waiting_for_its_end),
        cmocka_unit_test(a_line_of_just_the_limit_is_not_long),
        cmocka_unit_test(one_byte_less_waits_for_its_end),
        cmocka_unit_test(after_the_end_of_a_long_line_the_framer_is_at_a_start),
        cmocka_unit_test(no_bytes_at_all_end_a_long_line_too),
        cmocka_unit_test(many_NULs_need_no_room),
        cmocka_unit_test(every_two_cuts_of_a_short_text_give_the_same_lines),
        cmocka_unit_test(byte_by_byte_gives_the_same_lines),
        cmocka_unit_test(cuts_in_and_around_long_lines_give_the_same_lines),
        cmocka_unit_test(whole_lines_are_told_without_reading_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
