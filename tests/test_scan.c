/* Files cut into chunks of any size, read by any number of threads, count as when read in one go.
 */
#include "base/alloc.h"
#include "output/json.h"
#include "run/scan.h"
#include "tests/odd_logs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

enum {
    KEEP_ALL = 15,
    MOST_FILES = 64,
};

static const int64_t NOW_MS = 1795400000000;

static char folder[] = "/tmp/test_scan.XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static char *write_plain(const char *name, struct span bytes)
{
    char *path = alloc_printf("%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.len ? bytes.ptr : "", 1, bytes.len, file), bytes.len);
    fclose(file);
    return path;
}

static char *write_gzip(const char *name, struct span bytes)
{
    char *path = alloc_printf("%s/%s", folder, name);
    gzFile file = gzopen(path, "wb1");
    assert_non_null(file);
    if (bytes.len) {
        assert_int_equal(gzwrite(file, bytes.ptr, (unsigned)bytes.len), (int)bytes.len);
    }
    assert_int_equal(gzclose(file), Z_OK);
    return path;
}

static void remove_file(char *path)
{
    unlink(path);
    free(path);
}

/* Sources of files, and what they told. */
struct trial {
    struct pipeline pipeline;
    struct source *sources[MOST_FILES];
    const char *paths[MOST_FILES];
    size_t n;
    bool failed;
};

static void trial_init(struct trial *t, char *const *paths, size_t n)
{
    static struct rule rule = {.name = "spike", .by = RULE_BY_SOURCE | RULE_BY_HOST};
    rule_preset(&rule, SPAN("netdata"));
    rule.window_s = 10;
    rule.min_requests = 5;
    rule.for_s = rule.clear_for_s = 0;
    *t = (struct trial){.n = n};
    pipeline_init(&t->pipeline, &rule, 1, KEEP_ALL, NULL, NULL);
    for (size_t i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof(name), "s%zu", i);
        t->paths[i] = paths[i];
        t->sources[i] = source_new(&t->pipeline, name, "auto", "");
    }
}

static void trial_done(struct trial *t)
{
    for (size_t i = 0; i < t->n; i++) {
        source_free(t->sources[i]);
    }
    pipeline_done(&t->pipeline);
}

static void trial_scan(struct trial *t, unsigned threads, size_t chunk_bytes)
{
    struct scan scan = {.pipeline = &t->pipeline,
                        .sources = t->sources,
                        .paths = t->paths,
                        .n_sources = t->n,
                        .threads = threads,
                        .chunk_bytes = chunk_bytes,
                        .wall_ms = NOW_MS};
    scan_run(&scan);
    t->failed = scan.failed;
}

/* All that is told of it, as text. */
static struct buf trial_text(const struct trial *t)
{
    struct buf out = {0};
    struct summary_source rows[MOST_FILES];
    struct tally all;
    tally_init(&all, KEEP_ALL, false);
    for (size_t i = 0; i < t->n; i++) {
        rows[i] = source_summary(t->sources[i], t->sources[i]->total ? t->sources[i]->total : &all);
    }
    for (size_t i = 0; i < t->n; i++) {
        if (t->sources[i]->total) {
            tally_merge(&all, t->sources[i]->total, false);
        }
    }
    struct summary summary = {.kind = SUMMARY_SCAN,
                              .host = "h",
                              .seq = 1,
                              .all = &all,
                              .sources = rows,
                              .n_sources = t->n,
                              .alerts = t->pipeline.alerts,
                              .alerts_since = INT64_MIN};
    json_summary(&out, &summary);
    tally_done(&all);
    return out;
}

/* Reads bytes into the first source on this thread, in one go. */
static void read_in_one_go(struct trial *t, struct span bytes)
{
    struct source *s = t->sources[0];
    source_bytes(s, &s->framer, bytes, true, NOW_MS);
    source_feed(s, INT64_MIN);
    source_finish(s);
    source_fold(s);
}

static void assert_same_alerts(const struct alert_set *a, const struct alert_set *b)
{
    struct buf x = {0}, y = {0};
    json_alerts(&x, a);
    json_alerts(&y, b);
    assert_string_equal(x.data, y.data);
    buf_done(&x);
    buf_done(&y);
}

static void assert_same_source(const struct source *a, const struct source *b)
{
    assert_int_equal(!a->total, !b->total);
    if (a->total) {
        assert_same_tally(a->total, b->total);
    }
    assert_int_equal(a->long_lines, b->long_lines);
    assert_string_equal(reader_format(a->reader), reader_format(b->reader));
    assert_string_equal(reader_reason(a->reader), reader_reason(b->reader));
    assert_int_equal(reader_switches(a->reader), reader_switches(b->reader));
}

/* Does a file count as its bytes do in one go? `text` is what the first trial of a chunk size told.
 */
static void check(char *path, struct span bytes, size_t chunk_bytes)
{
    static const unsigned threads[] = {1, 2, 5};
    struct trial whole;
    struct buf first = {0};
    trial_init(&whole, &path, 1);
    read_in_one_go(&whole, bytes);
    for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
        struct trial t;
        trial_init(&t, &path, 1);
        trial_scan(&t, threads[i], chunk_bytes);
        assert_false(t.failed);
        assert_same_source(t.sources[0], whole.sources[0]);
        assert_same_alerts(t.pipeline.alerts, whole.pipeline.alerts);
        struct buf text = trial_text(&t);
        if (i == 0) {
            first = text;
        } else {
            assert_string_equal(text.data, first.data);
            buf_done(&text);
        }
        trial_done(&t);
    }
    buf_done(&first);
    trial_done(&whole);
}

/* Tiny chunks are for small logs; long lines are longer than all but one size anyway. */
static void check_kind(enum odd_log kind, char *(*write)(const char *name, struct span bytes))
{
    static const size_t sizes[] = {64, 333, 5000, 65536, 100000, 1 << 22};
    struct buf log = odd_make(kind, 1);
    char *path = write(odd_names[kind], buf_span(&log));
    for (size_t i = log.len > 300000 ? 2 : 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        check(path, buf_span(&log), sizes[i]);
    }
    remove_file(path);
    buf_done(&log);
}

static void chunks_of_any_size_count_as_the_whole(void **state)
{
    (void)state;
    for (enum odd_log kind = ODD_EMPTY; kind < ODD_LOGS; kind++) {
        check_kind(kind, write_plain);
    }
}

static void blocks_of_a_packed_file_count_as_the_whole(void **state)
{
    (void)state;
    for (enum odd_log kind = ODD_EMPTY; kind < ODD_LOGS; kind++) {
        check_kind(kind, write_gzip);
    }
}

/* Plain and packed files, good and bad, in a row; what they told is compared. */
static struct buf told_of_all(char *const *paths, size_t n, unsigned threads)
{
    struct trial t;
    trial_init(&t, paths, n);
    trial_scan(&t, threads, 1000);
    assert_true(t.failed);
    struct buf text = trial_text(&t);
    trial_done(&t);
    return text;
}

static void many_files_tell_the_same_with_any_number_of_threads(void **state)
{
    (void)state;
    char *paths[MOST_FILES];
    size_t n = 0;
    for (enum odd_log kind = ODD_EMPTY; kind < ODD_LOGS; kind++) {
        struct buf log = odd_make(kind, 3);
        char name[32];
        snprintf(name, sizeof(name), "plain%zu", n);
        paths[n++] = write_plain(name, buf_span(&log));
        snprintf(name, sizeof(name), "packed%zu", n);
        paths[n++] = write_gzip(name, buf_span(&log));
        buf_done(&log);
    }
    paths[n++] = alloc_printf("%s/missing", folder);
    struct buf log = odd_make(ODD_INCIDENT, 4);
    paths[n] = write_gzip("cut", buf_span(&log));
    assert_int_equal(truncate(paths[n++], 3000), 0);
    paths[n++] = write_plain("last", buf_span(&log));
    buf_done(&log);
    struct buf one = told_of_all(paths, n, 1);
    for (unsigned threads = 2; threads < 8; threads++) {
        struct buf many = told_of_all(paths, n, threads);
        assert_string_equal(many.data, one.data);
        buf_done(&many);
    }
    buf_done(&one);
    while (n) {
        remove_file(paths[--n]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_of_any_size_count_as_the_whole),
        cmocka_unit_test(blocks_of_a_packed_file_count_as_the_whole),
        cmocka_unit_test(many_files_tell_the_same_with_any_number_of_threads),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
