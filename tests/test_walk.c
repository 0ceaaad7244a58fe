/*
 * Lines that are read many at once must give what each gives when it is read alone: for every
 * format that has a quick way, with every kind of instructions that this processor has, over its
 * corpus, the logs in ../shared/data if they are there, and lines of both that were damaged at
 * random.
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
    BATCH = 64,
    CORPUS_BYTES = 8000, /* of each log: enough for most kinds of line in it */
    DAMAGED = 2,         /* lines for each whole one */
};

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Appends a line with some bytes changed, taken out or put in. */
static void add_damaged(struct buf *out, struct span line, uint64_t *state)
{
    static const char odd[] = "\"\\ [],:-/+.\r\t0123456789aZ{}\x80\xff";
    size_t start = out->len;
    for (size_t i = 0; i < line.len; i++) {
        uint64_t r = next_random(state);
        switch (r % (line.len + 20)) {
        case 0: break;
        case 1: buf_byte(out, odd[(r >> 32) % (sizeof odd - 1)]); break;
        case 2:
            buf_byte(out, odd[(r >> 32) % (sizeof odd - 1)]);
            buf_byte(out, line.ptr[i]);
            break;
        case 3:
            if (r >> 62 == 0) {
                return;
            }
            buf_byte(out, line.ptr[i]);
            break;
        default: buf_byte(out, line.ptr[i]); break;
        }
    }
    if (next_random(state) % 8 == 0 && out->len > start) {
        buf_byte(out, '\r');
    }
}

/* Each line, and some that were damaged, in between the same as it is. */
static void add_lines(struct buf *out, struct span log)
{
    uint64_t state = 1;
    log = span_head(log, CORPUS_BYTES);
    while (log.len) {
        size_t end = span_find(log, '\n');
        struct span line = span_head(log, end);
        buf_add(out, line);
        buf_byte(out, '\n');
        for (unsigned i = 0; i < DAMAGED; i++) {
            add_damaged(out, line, &state);
            buf_byte(out, '\n');
            buf_add(out, line);
            buf_byte(out, '\n');
        }
        log = span_after(log, end + 1);
    }
}

/* Two readers of one format: one reads lines in a row, the other reads them again one by one. */
struct pair {
    struct reader *rows, *singles;
    struct logtime row_times, single_times;
    const char *name;
    size_t n_quick, n_all;
};

static struct span without_cr(struct span line)
{
    line.len -= line.len && line.ptr[line.len - 1] == '\r';
    return line;
}

static void compare(struct pair *p, struct event *quick, const struct event *before)
{
    struct buf want = {0}, got = {0};
    struct event e;
    enum parse_result result = reader_parse(p->singles, quick->line, &e);
    if (quick->same_time && (!before || !span_equal(before->time, quick->time))) {
        fail_msg("%s: has not the time of the line before: %.*s", p->name, (int)quick->line.len,
                 quick->line.ptr);
    }
    event_text(&got, quick, &p->row_times);
    if (result == PARSE_OK) {
        event_text(&want, &e, &p->single_times);
    }
    if (!span_equal(buf_span(&want), buf_span(&got)) || e.is_partial) {
        fail_msg("%s: %.*s\nalone  %.*s\nin row %.*s", p->name, (int)quick->line.len,
                 quick->line.ptr, (int)want.len, want.data, (int)got.len, got.data);
    }
    buf_done(&want);
    buf_done(&got);
}

/* The line at the front is not as usual: both readers take it alone. */
static struct span take_one(struct pair *p, struct span rest)
{
    struct event a, b;
    size_t end = span_find(rest, '\n');
    struct span line = without_cr(span_head(rest, end));
    enum parse_result got = reader_parse(p->rows, line, &a);
    assert_int_equal(reader_parse(p->singles, line, &b), got);
    return span_after(rest, end + 1);
}

static void compare_log(struct pair *p, struct span rest)
{
    static struct lines lines;
    struct event events[BATCH];
    while (rest.len) {
        const struct marks_set *set = reader_marks(p->rows);
        size_t n = 0;
        if (set) {
            lines_take(&lines, set, rest);
            size_t max = 1 + p->n_all % BATCH;
            n = lines.at < lines.end ? reader_lines(p->rows, &lines, events, max) : 0;
        }
        for (size_t i = 0; i < n; i++) {
            struct span line = without_cr(span_head(rest, span_find(rest, '\n')));
            assert_ptr_equal(events[i].line.ptr, line.ptr);
            assert_int_equal(events[i].line.len, line.len);
            compare(p, &events[i], i ? &events[i - 1] : NULL);
            rest = span_after(rest, span_find(rest, '\n') + 1);
        }
        p->n_quick += n;
        p->n_all += n + (n == 0);
        rest = n ? rest : take_one(p, rest);
    }
}

/* A copy of just the size: what lies behind it must not be read. */
static size_t compare_lines(const struct format *format, const char *name, struct span log)
{
    char *copy = malloc(log.len + 1);
    assert_non_null(copy);
    memcpy(copy, log.ptr, log.len);
    struct pair p = {.rows = reader_new(format, NULL),
                     .singles = reader_new(format, NULL),
                     .row_times = {.now_s = NOW_S},
                     .single_times = {.now_s = NOW_S},
                     .name = name};
    compare_log(&p, (struct span){copy, log.len});
    reader_free(p.rows);
    reader_free(p.singles);
    free(copy);
    return p.n_quick;
}

static bool add_file(struct buf *out, const char *path)
{
    FILE *in = fopen(path, "rb");
    size_t n = in != NULL;
    while (n > 0) {
        char *room = buf_room(out, 4096);
        n = fread(room, 1, 4096, in);
        out->len += n;
    }
    if (in) {
        fclose(in);
    }
    return in != NULL;
}

/* All lines of all logs in a folder, cut to CORPUS_BYTES each, damaged ones among them. */
static void add_folder(struct buf *out, const char *folder)
{
    char path[512];
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        struct buf log = {0};
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (span_ends(span_of(e->d_name), SPAN(".log")) && add_file(&log, path)) {
            add_lines(out, buf_span(&log));
        }
        buf_done(&log);
    }
    if (d) {
        closedir(d);
    }
}

static const char *const specs[] = {
    "nginx:$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "
    "\"$http_referer\" \"$http_user_agent\" rt=$request_time urt=\"$upstream_response_time\" "
    "ua=\"$upstream_addr\" host=$host",
    "nginx:$msec $status $host \"$request\" $bytes_sent $request_time",
    "nginx:[$time_iso8601] $status \"$request\" $upstream_addr : end",
    "nginx:$status $body_bytes_sent $request",
    "nginx:escape=none $remote_addr [$time_local] \"$request\" $status",
    "apache:%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\" %D",
    "apache:%h %{%Y-%m-%dT%H:%M:%S}t.%{msec_frac}t \"%r\" %>s %b %T",
    "apache:%v %h [%{sec}t] %t \"%r\" %>s %b %D %T %v",
    "haproxy:%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B",
    "layout:<client> [<clf>] <status> <bytes> <s> \"<request>\" ",
    "combined",
    "vhost_combined",
    "apache",
    "nginx",
};

static void compare_format(const char *spec, const char *folder)
{
    struct format format;
    struct problem why = {.text = ""};
    struct buf lines = {0};
    if (format_read(&format, span_of(spec), &why)) {
        fail_msg("%s: %s", spec, why.text);
    }
    add_folder(&lines, folder);
    compare_lines(&format, spec, buf_span(&lines));
    format_done(&format);
    buf_done(&lines);
}

/* Each level in turn; the environment is asked when a format is opened. */
static const char *const levels[] = {"scalar", "sse2", "avx2", "avx512", "neon"};

static void lines_in_a_row_are_read_as_each_alone(void **state)
{
    (void)state;
    for (size_t l = 0; l < sizeof levels / sizeof levels[0]; l++) {
        setenv("TEAPOTD_SIMD", levels[l], 1);
        for (const struct parser *const *p = format_parsers(); *p; p++) {
            char folder[256];
            snprintf(folder, sizeof folder, "tests/corpus/%s", (*p)->name);
            if ((*p)->parse_lines && (*p)->sample[0]) {
                compare_format((*p)->name, folder);
            }
        }
        for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
            compare_format(specs[i], "tests/corpus/nginx");
            compare_format(specs[i], "tests/corpus/apache");
            compare_format(specs[i], "tests/corpus/haproxy");
            compare_format(specs[i], "tests/corpus/layout");
        }
    }
    unsetenv("TEAPOTD_SIMD");
}

/* Every format on every log, its own and all others. */
static void so_are_logs_of_all_servers(void **state)
{
    static const char *const folders[] = {"../shared/data/generated", "../shared/data/public"};
    (void)state;
    for (size_t f = 0; f < sizeof folders / sizeof folders[0]; f++) {
        DIR *d = opendir(folders[f]);
        if (!d) {
            printf("%s is not there\n", folders[f]);
            skip();
        }
        closedir(d);
        for (const struct parser *const *p = format_parsers(); *p; p++) {
            if ((*p)->parse_lines && (*p)->sample[0]) {
                compare_format((*p)->name, folders[f]);
            }
        }
        for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
            compare_format(specs[i], folders[f]);
        }
    }
}

/* How many lines of a log are read many at once. */
static size_t count_quick(const char *spec, struct buf *log)
{
    struct format format;
    struct problem why;
    assert_int_equal(format_read(&format, span_of(spec), &why), 0);
    size_t n = compare_lines(&format, spec, buf_span(log));
    format_done(&format);
    buf_done(log);
    return n;
}

/* A quick way that is never taken would pass all of the above. */
static void usual_lines_go_the_quick_way(void **state)
{
    static const char *const names[] = {"combined", "nginx", "vhost_combined", "apache"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf log = {0};
        for (unsigned k = 0; k < 200; k++) {
            buf_printf(&log,
                       "%s192.0.2.7 - - [22/Nov/2026:16:43:%02u +0000] \"GET /tea/%u HTTP/1.1\" "
                       "%u %u \"-\" \"curl\"\n",
                       strcmp(names[i], "vhost_combined") == 0 ? "shop.example:80 " : "", k / 4, k,
                       200 + k, k * k * k);
        }
        size_t n_quick = count_quick(names[i], &log);
        if (n_quick < 150) {
            fail_msg("%s: only %zu of 200 lines", names[i], n_quick);
        }
    }
}

/* All ways in which W3C logs are written, by IIS, Tomcat and CloudFront, also with date and time
 * apart, or the date above; then the same with damaged lines among them. */
static void usual_w3c_lines_do_whatever_their_columns(void **state)
{
    static const struct {
        const char *head, *lines;
    } cases[] = {
        {"#Fields: date time cs-method cs-uri-stem sc-status sc-bytes time-taken\n",
         "2026-11-22 16:43:45 GET /tea 200 0 15\n2026-11-22 16:43:45 - - 404 123456789 15\n"},
        {"#Software: Microsoft\r\n#Fields: date time sc-status sc-bytes time-taken\r\n",
         "2026-11-22 16:43:45 200 0 15\r\n2026-11-22 16:43:46 404 - 12345\r\n"},
        {"#Fields: time sc-status bytes sc-bytes date\n",
         "16:43:45 200 1 - 2026-11-22\n16:43:45.250 404 +1 20 2026-11-22\n"},
        {"#Fields: sc-status time cs-host x-host-header\n#Date: 2026-11-22\n",
         "200 16:43:45 a.example b.example\n404 16:43:45 a.example -\n"},
        {"#Fields: date time sc-status time-taken cs(User-Agent)\n",
         "2026-11-22 16:43:45 200 0.015 \"curl\" \n"
         "2026-11-22 16:43:46 404 1 \"He said \"\"500\"\" loudly\" \n"},
        {"#Fields: cs(User-Agent) date time sc-status cs-uri\n",
         "\"\" 2026-11-22 16:43:45 200 /a\"b\tc\n\"a b\" 2026-11-22 16:43:45 404 \"/a b\"\n"},
        {"#Fields: date time sc-status sc-bytes cs(User-Agent) c-ip\n",
         "2026-11-22\t16:43:45\t200\t0\tHe said \"500\"\t2001:db8::17\n"
         "2026-11-22\t16:43:45\t404\t0\t\"\t192.0.2.7\n"},
        {"#Fields: sc-status\n", "200\n404\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf log = {0}, damaged = {0};
        buf_text(&log, cases[i].head);
        for (unsigned k = 0; k < 100; k++) {
            buf_text(&log, cases[i].lines);
        }
        add_lines(&damaged, buf_span(&log));
        size_t n_quick = count_quick("w3c", &log);
        if (n_quick < 160) { /* the last ones have no slack behind them */
            fail_msg("%s: only %zu of 200 lines", cases[i].head, n_quick);
        }
        count_quick("w3c", &damaged);
    }
}

int main(void)
{
    setenv("TZ", "UTC", 1);
    tzset();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_in_a_row_are_read_as_each_alone),
        cmocka_unit_test(so_are_logs_of_all_servers),
        cmocka_unit_test(usual_lines_go_the_quick_way),
        cmocka_unit_test(usual_w3c_lines_do_whatever_their_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
