/*
 * What every parser makes of tests/corpus/NAME/CASE.log stands beside it in CASE.want, one JSON
 * object a line; CASE.format may hold another --format than NAME. UPDATE=1 in the environment
 * writes the .want files anew: read what changed before you keep it. The same lines are then cut
 * and damaged at every byte, in blocks of just their size, so that AddressSanitizer sees a parser
 * that reads on.
 */
#include "base/alloc.h"
#include "base/buf.h"
#include "format/reader.h"
#include "tests/event_text.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum {
    NOW_S = 1795365822, /* 2026-11-22 16:43:42 UTC */
    FIELD_BYTES_MAX = 65536,
};

static const char CORPUS[] = "tests/corpus";

static bool read_file(const char *path, struct buf *out)
{
    FILE *in = fopen(path, "rb");
    if (!in) {
        return false;
    }
    size_t n;
    do {
        char *room = buf_room(out, 4096);
        n = fread(room, 1, 4096, in);
        out->len += n;
    } while (n > 0);
    fclose(in);
    return true;
}

static struct span next_line(struct span *rest)
{
    size_t end = span_find(*rest, '\n');
    struct span line = span_head(*rest, end);
    *rest = span_after(*rest, end + 1);
    return line;
}

static void parse_case(struct reader *r, struct span log, struct buf *out)
{
    static const char *const names[] = {"ok", "skip", "bad"};
    struct logtime times = {.now_s = NOW_S};
    struct event e;
    while (log.len) {
        enum parse_result got = reader_parse(r, next_line(&log), &e);
        buf_printf(out, "{\"result\":\"%s\"", names[got]);
        if (got == PARSE_OK) {
            event_text(out, &e, &times);
        }
        buf_text(out, "}\n");
    }
}

/* A file of the corpus: its format, and what it holds. */
struct corpus_case {
    const char *stem; /* tests/corpus/NAME/CASE, without ending */
    struct format format;
    struct span log;
};

typedef void case_fn(const struct corpus_case *c);

static void run_case(const char *parser, const char *stem, case_fn *fn)
{
    struct buf log = {0}, spec = {0};
    struct problem why = {.text = ""};
    char path[1024];
    snprintf(path, sizeof path, "%s.format", stem);
    if (!read_file(path, &spec)) {
        buf_text(&spec, parser);
    }
    struct span text = span_head(buf_span(&spec), span_find(buf_span(&spec), '\n'));
    struct corpus_case c = {.stem = stem};
    if (format_read(&c.format, text, &why)) {
        fail_msg("%s.format: %s", stem, why.text);
    }
    snprintf(path, sizeof path, "%s.log", stem);
    assert_true(read_file(path, &log));
    c.log = buf_span(&log);
    fn(&c);
    format_done(&c.format);
    buf_done(&log);
    buf_done(&spec);
}

/* Calls `fn` for each case of a parser, and says how many there are. */
static unsigned each_case_of(const char *parser, case_fn *fn)
{
    char path[512];
    unsigned n = 0;
    snprintf(path, sizeof path, "%s/%s", CORPUS, parser);
    DIR *folder = opendir(path);
    for (struct dirent *d; folder && (d = readdir(folder));) {
        struct span name = span_of(d->d_name);
        if (span_ends(name, SPAN(".log"))) {
            snprintf(path, sizeof path, "%s/%s/%.*s", CORPUS, parser, (int)name.len - 4, name.ptr);
            run_case(parser, path, fn);
            n++;
        }
    }
    if (folder) {
        closedir(folder);
    }
    return n;
}

static void each_case(case_fn *fn)
{
    for (const struct parser *const *p = format_parsers(); *p; p++) {
        if (each_case_of((*p)->name, fn) == 0) {
            fail_msg("%s has no case in %s/%s", (*p)->name, CORPUS, (*p)->name);
        }
    }
}

static void compare_lines(const char *stem, struct span want, struct span got)
{
    for (unsigned number = 1; want.len || got.len; number++) {
        struct span w = next_line(&want), g = next_line(&got);
        if (!span_equal(w, g)) {
            fail_msg("%s.log:%u\nwant %.*s\ngot  %.*s", stem, number, (int)w.len, w.ptr, (int)g.len,
                     g.ptr);
        }
    }
}

static void write_want(const char *path, struct span text)
{
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(text.ptr, 1, text.len, out), text.len);
    assert_int_equal(fclose(out), 0);
}

static void check_want(const struct corpus_case *c)
{
    char path[1024];
    struct buf want = {0}, got = {0};
    struct reader *r = reader_new(&c->format, NULL);
    snprintf(path, sizeof path, "%s.want", c->stem);
    parse_case(r, c->log, &got);
    reader_free(r);
    if (getenv("UPDATE")) {
        write_want(path, buf_span(&got));
    }
    read_file(path, &want);
    compare_lines(c->stem, buf_span(&want), buf_span(&got));
    buf_done(&want);
    buf_done(&got);
}

static void each_line_of_the_corpus_is_read_as_it_should(void **state)
{
    (void)state;
    each_case(check_want);
}

static void each_sample_is_a_line_of_its_format(void **state)
{
    (void)state;
    for (const struct parser *const *p = format_parsers(); *p; p++) {
        struct span sample = span_of((*p)->sample);
        struct problem why;
        struct format format;
        struct event e;
        bool accepted = sample.len == 0; /* regex fits nothing by itself */
        if (accepted) {
            continue;
        }
        assert_int_equal(format_read(&format, span_of((*p)->name), &why), 0);
        struct reader *r = reader_new(&format, NULL);
        while (sample.len) {
            enum parse_result got = reader_parse(r, next_line(&sample), &e);
            accepted = accepted || (got == PARSE_OK && !e.is_partial) ||
                       (got == PARSE_SKIP && (*p)->is_silent);
        }
        reader_free(r);
        format_done(&format);
        if (!accepted) {
            fail_msg("%s refuses its own sample", (*p)->name);
        }
    }
}

/* Reads each byte, so that the sanitizer sees a span that leads astray. */
static void touch(struct span s)
{
    volatile char sum = 0;
    assert_true(s.len <= FIELD_BYTES_MAX);
    for (size_t i = 0; i < s.len; i++) {
        sum = (char)(sum ^ s.ptr[i]);
    }
}

static void check_event(struct event *e)
{
    struct logtime times = {.now_s = NOW_S};
    int64_t ms;
    assert_true(e->status < STATUS_SLOTS);
    assert_true(e->bytes >= EVENT_NO_BYTES && e->duration_ns >= EVENT_NO_DURATION);
    event_split(e);
    touch(e->client);
    touch(e->host);
    touch(e->request);
    touch(e->method);
    touch(e->target);
    touch(e->upstream);
    touch(e->time);
    logtime_read(&times, e->time_kind, e->time, &ms);
}

/* Reads a copy of just the size of the line. */
static void read_exactly(struct reader *r, struct span line)
{
    struct event e;
    char *copy = malloc(line.len ? line.len : 1);
    assert_non_null(copy);
    memcpy(copy, line.ptr, line.len);
    struct span exact = {copy, line.len};
    if (reader_parse(r, exact, &e) == PARSE_OK) {
        check_event(&e);
    }
    free(copy);
}

static void damage_each_byte(const struct corpus_case *c)
{
    static const char nasty[] = {'\0', '"', '\\', ' ', ':', '[', '\xff'};
    struct reader *r = reader_new(&c->format, NULL);
    struct span log = c->log;
    while (log.len) {
        struct span line = next_line(&log);
        char *copy = alloc_text(line);
        read_exactly(r, line);
        for (size_t at = 0; at < line.len; at++) {
            read_exactly(r, span_head(line, at));
            for (size_t i = 0; i < sizeof nasty; i++) {
                copy[at] = nasty[i];
                read_exactly(r, (struct span){copy, line.len});
            }
            copy[at] = line.ptr[at];
        }
        read_exactly(r, line); /* a directive stands again as it was */
        free(copy);
    }
    reader_free(r);
}

static void no_parser_reads_beyond_a_damaged_line(void **state)
{
    (void)state;
    each_case(damage_each_byte);
}

/* A line that is cut has the whole line's status, or none: never the beginning of one. (Where the
 * line ends in it, nobody can see the cut.) */
static void compare_prefixes(const struct corpus_case *c)
{
    struct span log = c->log;
    struct reader *r = reader_new(&c->format, NULL);
    while (log.len) {
        struct span line = next_line(&log);
        struct event whole, part;
        char status[STATUS_TEXT];
        if (reader_parse(r, line, &whole) != PARSE_OK ||
            span_ends(line, span_of(status_text(whole.status, status)))) {
            continue;
        }
        for (size_t n = 0; n < line.len; n++) {
            bool is_ok = reader_parse(r, span_head(line, n), &part) == PARSE_OK;
            if (is_ok && part.status != whole.status) {
                fail_msg("%s: status %u instead of %u when cut after: %.*s", c->stem, part.status,
                         whole.status, (int)n, line.ptr);
            }
        }
    }
    reader_free(r);
}

/* Any label may be the last, and any end may be what an expression asks for. */
static bool may_end_anywhere(const char *parser)
{
    return strcmp(parser, "ltsv") == 0 || strcmp(parser, "regex") == 0;
}

static void a_cut_line_never_shows_another_status(void **state)
{
    (void)state;
    for (const struct parser *const *p = format_parsers(); *p; p++) {
        if (!may_end_anywhere((*p)->name)) {
            each_case_of((*p)->name, compare_prefixes);
        }
    }
}

int main(void)
{
    setenv("TZ", "UTC", 1);
    tzset();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_of_the_corpus_is_read_as_it_should),
        cmocka_unit_test(each_sample_is_a_line_of_its_format),
        cmocka_unit_test(no_parser_reads_beyond_a_damaged_line),
        cmocka_unit_test(a_cut_line_never_shows_another_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
