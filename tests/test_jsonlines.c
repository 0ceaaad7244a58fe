/*
 * JSON lines read in a row against the same lines read one by one: all that there are in the corpus
 * (and in ../shared/data, where that is), and damaged ones; with all levels of instructions.
 */
#include "base/buf.h"
#include "tests/lines_same.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

extern const struct parser parser_json, parser_caddy;

static const struct parser *const parsers[] = {&parser_json, &parser_caddy};

static void add_file(struct buf *out, const char *path)
{
    FILE *in = fopen(path, "rb");
    size_t n;
    assert_non_null(in);
    do {
        char *room = buf_room(out, 65536);
        n = fread(room, 1, 65536, in);
        out->len += n;
    } while (n > 0);
    fclose(in);
    if (out->len && out->data[out->len - 1] != '\n') {
        buf_byte(out, '\n');
    }
}

/* All logs of a folder whose names tell of JSON, or all when `all` is set. False without one. */
static bool add_folder(struct buf *out, const char *folder, bool all)
{
    DIR *dir = opendir(folder);
    size_t before = out->len;
    for (struct dirent *d; dir && (d = readdir(dir));) {
        char path[600];
        bool tells = strstr(d->d_name, "json") || strstr(d->d_name, "caddy");
        if ((all || tells) && span_ends(span_of(d->d_name), SPAN(".log"))) {
            snprintf(path, sizeof path, "%s/%s", folder, d->d_name);
            add_file(out, path);
        }
    }
    if (dir) {
        closedir(dir);
    }
    return out->len > before;
}

static void add_corpus(struct buf *out)
{
    assert_true(add_folder(out, "tests/corpus/json", true));
    assert_true(add_folder(out, "tests/corpus/caddy", true));
    for (size_t i = 0; i < sizeof parsers / sizeof parsers[0]; i++) {
        buf_text(out, parsers[i]->sample);
        buf_byte(out, '\n');
    }
}

/* In a block of just its size (and of what must be behind), by all levels that there are. */
static void compare(struct span text, struct span args)
{
    char *copy = malloc(text.len + LINES_SLACK);
    assert_non_null(copy);
    memcpy(copy, text.ptr, text.len);
    memset(copy + text.len, '"', LINES_SLACK);
    for (unsigned level = 0; level < MARKS_LEVELS; level++) {
        struct marks_set ignored;
        if (!marks_set_init_level(&ignored, "\n", 1, false, (enum marks_level)level)) {
            continue;
        }
        setenv("TEAPOTD_SIMD", marks_level_name((enum marks_level)level), 1);
        for (size_t i = args.len ? 1 : 0; i < sizeof parsers / sizeof parsers[0]; i++) {
            struct lines_same s;
            lines_same_open(&s, args.len ? &parser_json : parsers[i], args);
            if (!lines_same_text(&s, (struct span){copy, text.len + LINES_SLACK})) {
                fail_msg("%s: %s", marks_level_name((enum marks_level)level), s.why);
            }
            lines_same_close(&s);
        }
    }
    unsetenv("TEAPOTD_SIMD");
    free(copy);
}

static void the_corpus_is_read_in_a_row_as_it_is_one_by_one(void **state)
{
    struct buf text = {0};
    (void)state;
    add_corpus(&text);
    compare(buf_span(&text), SPAN(""));
    compare(buf_span(&text), SPAN("status=answer,host=site,path=http.url"));
    buf_done(&text);
}

static void so_are_the_logs_of_others(void **state)
{
    struct buf text = {0};
    (void)state;
    bool generated = add_folder(&text, "../shared/data/generated", false);
    bool public = add_folder(&text, "../shared/data/public", false);
    if (!generated || !public) {
        print_message("no logs in ../shared/data/%s\n", generated ? "public" : "generated");
    }
    if (text.len == 0) {
        skip();
    }
    compare(buf_span(&text), SPAN(""));
    buf_done(&text);
}

static uint64_t dice(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

/* One of the lines, damaged in up to three places. */
static void add_damaged(struct buf *out, struct span from, uint64_t *seed)
{
    static const char *const pieces[] = {"\"",
                                         "\\",
                                         "\\\"",
                                         "\\\\\"",
                                         "{",
                                         "}",
                                         "[",
                                         "]",
                                         ",",
                                         ":",
                                         " ",
                                         ", ",
                                         ": ",
                                         "\t",
                                         "\r",
                                         "null",
                                         "-1",
                                         "009",
                                         "[]",
                                         "{}",
                                         "[\"",
                                         "\"]",
                                         "\",\"",
                                         "\":\"",
                                         "\"\"\"\"",
                                         "},",
                                         "{\"a\":",
                                         "\"status\"",
                                         "502",
                                         "\xc3\xa9",
                                         "1e+10",
                                         "\\u00e9",
                                         "\"request\":{",
                                         "}}",
                                         "true",
                                         "\"x\":[1,{\"y\":\"}\"}],",
                                         "x",
                                         "headers",
                                         "\"status\":503,",
                                         "\"\":1,",
                                         "\"time\": \"2026-11-22T16:43:42Z\" ,"};
    size_t len = span_find(from, '\n'), start = out->len;
    buf_add(out, span_head(from, len));
    for (uint64_t i = dice(seed) % 4; i > 0 && out->len > start; i--) {
        const char *piece = pieces[dice(seed) % (sizeof pieces / sizeof pieces[0])];
        size_t at = start + dice(seed) % (out->len - start), n = strlen(piece);
        size_t left = out->len - at, cut = dice(seed) % 3 ? 0 : dice(seed) % 9;
        cut = cut < left ? cut : left;
        n = dice(seed) % 4 ? n : 0;
        buf_room(out, n + 1);
        memmove(out->data + at + n, out->data + at + cut, left - cut);
        memcpy(out->data + at, piece, n);
        out->len = out->len + n - cut;
    }
    if (dice(seed) % 16 == 0) {
        out->len -= dice(seed) % (out->len - start + 1); /* cut off */
    }
    buf_text(out, dice(seed) % 8 ? "\n" : "\r\n");
}

/* The lines of the corpus in turn, so that what is remembered of one format meets the others. */
static void so_are_damaged_lines(void **state)
{
    enum {
        ROUNDS = 20,
        LINES = 5000,
    };
    struct buf corpus = {0}, text = {0};
    uint64_t seed = 2026;
    (void)state;
    add_corpus(&corpus);
    for (int round = 0; round < ROUNDS; round++) {
        struct span left = buf_span(&corpus);
        text.len = 0;
        for (int i = 0; i < LINES; i++) {
            add_damaged(&text, left, &seed);
            left = span_after(left, span_find(left, '\n') + 1);
            left = left.len ? left : buf_span(&corpus);
        }
        compare(buf_span(&text), SPAN(""));
    }
    buf_done(&corpus);
    buf_done(&text);
}

/* Members, arrays and objects of few keys, nearly as they should be. */
static void add_members(struct buf *out, unsigned depth, uint64_t *seed)
{
    static const char *const keys[] = {"status", "headers", "request", "Accept", "tls", "msg",
                                       "logger", "time",    "uri",     "x",      "",    "a\\\"b"};
    static const char *const values[] = {"\"handled request\"",
                                         "\"a\"",
                                         "200",
                                         "[\"x\"]",
                                         "[\"x\",\"y\", \"z\"]",
                                         "[]",
                                         "{}",
                                         "[1]",
                                         "true",
                                         "\"\"\"\"",
                                         "-",
                                         "",
                                         "\"\\\"\"",
                                         "12345678901234567890",
                                         "\"x\" ",
                                         "[\"x\"]]",
                                         "\"http.log.access\""};
    for (uint64_t i = dice(seed) % 6; i > 0; i--) {
        buf_printf(out, dice(seed) % 32 ? "\"%s\":" : "\"%s\" : ",
                   keys[dice(seed) % (sizeof keys / sizeof keys[0])]);
        if (dice(seed) % 4 == 0 && depth < 9) {
            buf_byte(out, '{');
            add_members(out, depth + 1, seed);
            buf_byte(out, '}');
        } else {
            /* The usual ones are at the front. */
            uint64_t n = sizeof values / sizeof values[0];
            buf_text(out, values[dice(seed) % (dice(seed) % 8 ? 6 : n)]);
        }
        buf_text(out, i > 1 && dice(seed) % 64 ? "," : dice(seed) % 32 ? "" : " ");
    }
}

static void so_are_objects_in_objects(void **state)
{
    enum {
        ROUNDS = 10,
        LINES = 5000,
    };
    struct buf text = {0};
    uint64_t seed = 3;
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        text.len = 0;
        for (int i = 0; i < LINES; i++) {
            buf_byte(&text, '{');
            add_members(&text, 1, &seed);
            buf_text(&text, dice(&seed) % 4 ? ",\"status\":502}\n" : "}\n");
        }
        compare(buf_span(&text), SPAN(""));
    }
    buf_done(&text);
}

/* A batch must end before there is less room for unescaped values than a single line has. */
static void escapes_have_the_same_room_in_each_line(void **state)
{
    struct buf text = {0};
    (void)state;
    for (int i = 0; i < 40; i++) {
        buf_printf(&text, "{\"uri\":\"\\\\%0*d\",\"host\":\"\\\\x%d\",\"status\":200}\n", 300 * i,
                   0, i);
    }
    compare(buf_span(&text), SPAN(""));
    buf_done(&text);
}

static void nothing_is_read_before_a_nul(void **state)
{
    static const char text[34 + LINES_SLACK] = "\0{\"status\":200}\n{\"status\":201}\n";
    struct lines_same s;
    struct event events[2];
    (void)state;
    lines_same_open(&s, &parser_json, SPAN(""));
    lines_take(&s.lines, parser_json.marks(s.many), (struct span){text, sizeof text});
    assert_int_equal(parser_json.parse_lines(s.many, &s.lines, events, 2), 0);
    lines_skip(&s.lines, text + 16);
    assert_int_equal(parser_json.parse_lines(s.many, &s.lines, events, 2), 1);
    assert_int_equal(events[0].status, 201);
    assert_ptr_equal(s.lines.at, s.lines.end);
    lines_same_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_corpus_is_read_in_a_row_as_it_is_one_by_one),
        cmocka_unit_test(so_are_the_logs_of_others),
        cmocka_unit_test(so_are_damaged_lines),
        cmocka_unit_test(so_are_objects_in_objects),
        cmocka_unit_test(escapes_have_the_same_room_in_each_line),
        cmocka_unit_test(nothing_is_read_before_a_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
