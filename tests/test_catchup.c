/* Backlogs that workers read: exact counts, and offsets that agree with them at any time. */
#include "base/alloc.h"
#include "run/catchup.h"
#include "tests/odd_logs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LINES = 60000,
    MANY = 4 * LINES, /* of which a third can't all be under way at once */
    THREADS = 3,
    FILES = 3 * THREADS, /* more than can have a chunk under way */
    DEADLINE_MS = 40000,
};

static const int64_t NOW_MS = 1795400000000;

/* A folder, a loop with a tail and a source, as a section of the daemon has them. */
struct world {
    char folder[40], path[64], other[64];
    uv_loop_t loop;
    struct tail *tail;
    struct catchup catchup;
    struct pipeline pipeline;
    struct source *source;
    struct source *many[FILES]; /* one for each file, when `is_many` */
    size_t n_many;
    bool is_many;
    struct tail_position stored;
    bool is_stored;
    unsigned n_lent, n_truncated, n_rotated, n_caught_up;
    size_t n_bytes; /* that the loop read itself */
};

static size_t on_bytes(struct tail_file *file, struct span bytes, bool final, void *ctx)
{
    struct world *w = ctx;
    struct source *s = tail_file_user(file);
    size_t used = source_bytes(s, tail_file_framer(file), bytes, final, NOW_MS);
    source_feed(s, INT64_MIN);
    w->n_bytes += used;
    return used;
}

static void *on_found(const char *path, void *ctx)
{
    struct world *w = ctx;
    if (!w->is_many) {
        return w->source;
    }
    assert_true(w->n_many < FILES);
    return w->many[w->n_many++] = source_new(&w->pipeline, path, "auto", "");
}

static void on_rotated(struct tail_file *file, bool truncated, uint64_t lost_bytes, void *ctx)
{
    (void)lost_bytes;
    struct world *w = ctx;
    w->n_truncated += truncated;
    w->n_rotated += !truncated;
    if (truncated) {
        catchup_forget(&w->catchup, w->tail, file);
    }
}

static void on_caught_up(struct tail_file *file, void *ctx)
{
    (void)file;
    struct world *w = ctx;
    w->n_caught_up++;
}

static void on_error(const char *path, int error, void *ctx)
{
    (void)ctx;
    fail_msg("%s: %d", path, error);
}

static bool on_backlog(struct tail_file *file, uint64_t bytes, void *ctx)
{
    struct world *w = ctx;
    assert_true(bytes >= TAIL_BACKLOG_BYTES);
    bool is_taken = catchup_take(&w->catchup, w->tail, file, tail_file_user(file));
    w->n_lent += is_taken;
    return is_taken;
}

static bool position_of(const char *path, struct tail_position *out, void *ctx)
{
    (void)path;
    const struct world *w = ctx;
    if (w->is_stored) {
        *out = w->stored;
    }
    return w->is_stored;
}

static int make_world(void **state)
{
    struct world *w = alloc_zero(1, sizeof(*w));
    *state = w;
    snprintf(w->folder, sizeof(w->folder), "/tmp/test_catchup.XXXXXX");
    if (!mkdtemp(w->folder)) {
        return -1;
    }
    snprintf(w->path, sizeof(w->path), "%s/a.log", w->folder);
    snprintf(w->other, sizeof(w->other), "%s/b.log", w->folder);
    uv_loop_init(&w->loop);
    catchup_start(&w->catchup, &w->loop, THREADS);
    pipeline_init(&w->pipeline, NULL, 0, 15, NULL, NULL);
    w->source = source_new(&w->pipeline, "s", "auto", "");
    return 0;
}

static void stop_tail(struct world *w)
{
    if (w->tail) {
        catchup_forget(&w->catchup, w->tail, NULL);
        tail_stop(w->tail);
        w->tail = NULL;
    }
}

static int remove_world(void **state)
{
    struct world *w = *state;
    stop_tail(w);
    catchup_stop(&w->catchup);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    int r = uv_loop_close(&w->loop);
    source_free(w->source);
    pipeline_done(&w->pipeline);
    unlink(w->path);
    unlink(w->other);
    r = rmdir(w->folder) || r;
    free(w);
    return r;
}

static void start_tail(struct world *w)
{
    static const struct tail_events events = {.on_bytes = on_bytes,
                                              .on_found = on_found,
                                              .on_rotated = on_rotated,
                                              .on_caught_up = on_caught_up,
                                              .on_error = on_error,
                                              .on_backlog = on_backlog};
    const char *const paths[] = {w->path, NULL};
    struct tail_options options = {.paths = paths, .position_of = position_of};
    w->tail = tail_start(&w->loop, &options, &events, w);
}

static void append(const char *path, struct span bytes)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    while (bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        assert_true(n > 0);
        bytes = span_after(bytes, (size_t)n);
    }
    close(fd);
}

/* Combined lines, or some of JSON among them, which answer `status`. */
static struct buf make_lines(int n, int status, bool is_mixed)
{
    struct buf out = {0};
    for (int i = 0; i < n; i++) {
        if (is_mixed && (i % 5000 > 4000 || i % 7 == 3)) {
            odd_json(&out, i / 20, status, i);
        } else {
            odd_combined(&out, i / 20, status, i);
        }
        buf_byte(&out, '\n');
    }
    return out;
}

static uint64_t lines(const struct world *w)
{
    uint64_t n = w->source->live ? w->source->live->lines : 0;
    for (size_t i = 0; i < w->n_many; i++) {
        n += w->many[i]->live ? w->many[i]->live->lines : 0;
    }
    return n;
}

static uint64_t requests_with(const struct world *w, uint16_t status)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < w->source->live->n_cells; i++) {
        bool is_it = w->source->live->cells[i].verdict.status == status;
        n += is_it ? w->source->live->cells[i].count : 0;
    }
    return n;
}

static void on_deadline(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

/* Turns the loop until so many lines are counted; with `at_end`, until all was read. */
static void run_until(struct world *w, uint64_t n, bool at_end)
{
    uv_timer_t deadline;
    bool is_over = false;
    uv_timer_init(&w->loop, &deadline);
    deadline.data = &is_over;
    uv_timer_start(&deadline, on_deadline, DEADLINE_MS, 0);
    while ((lines(w) < n || (at_end && w->n_caught_up == 0)) && !is_over) {
        uv_run(&w->loop, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&deadline, NULL);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    if (is_over) {
        fail_msg("%llu of %llu lines", (unsigned long long)lines(w), (unsigned long long)n);
    }
}

static void assert_as_in_one_go(struct world *w, struct span bytes)
{
    struct source *whole = source_new(&w->pipeline, "whole", "auto", "");
    source_bytes(whole, &whole->framer, bytes, true, NOW_MS);
    source_finish(whole);
    source_fold(whole);
    source_finish(w->source);
    source_fold(w->source);
    assert_same_tally(w->source->total, whole->total);
    assert_string_equal(reader_format(w->source->reader), reader_format(whole->reader));
    assert_int_equal(reader_switches(w->source->reader), reader_switches(whole->reader));
    assert_int_equal(w->source->long_lines, whole->long_lines);
    source_free(whole);
}

static void check_backlog(struct world *w, bool is_mixed)
{
    struct buf log = make_lines(LINES, 200, is_mixed), more = make_lines(10, 404, false);
    append(w->path, buf_span(&log));
    start_tail(w);
    run_until(w, LINES / 3, false);
    append(w->path, buf_span(&more));
    buf_add(&log, buf_span(&more));
    run_until(w, LINES + 10, true);
    assert_int_equal(w->n_lent, 1);
    assert_true(w->n_bytes < log.len / 2);
    assert_int_equal(tail_file_position(tail_each(w->tail, NULL)).offset, log.len);
    assert_as_in_one_go(w, buf_span(&log));
    buf_done(&log);
    buf_done(&more);
}

static void a_backlog_counts_as_when_it_is_read_in_one_go(void **state)
{
    check_backlog(*state, false);
}

static void formats_may_change_in_a_backlog(void **state)
{
    check_backlog(*state, true);
}

static void lines_and_holes_longer_than_a_chunk_are_passed_over(void **state)
{
    struct world *w = *state;
    struct buf log = {0}, part = make_lines(LINES / 3, 200, false);
    for (int i = 0; i < 3; i++) {
        buf_add(&log, buf_span(&part));
        odd_fill(&log, 'x', (size_t)i * 2500000);
        odd_fill(&log, '\0', 2500000);
        buf_byte(&log, '\n');
        odd_fill(&log, '\0', 2500000);
    }
    buf_add(&log, buf_span(&part));
    append(w->path, buf_span(&log));
    start_tail(w);
    run_until(w, LINES / 3 * 4 + 3, true);
    assert_int_equal(w->n_lent, 1);
    assert_as_in_one_go(w, buf_span(&log));
    buf_done(&log);
    buf_done(&part);
}

static void a_renamed_file_is_read_to_its_end_before_its_successor(void **state)
{
    struct world *w = *state;
    struct buf log = make_lines(MANY, 200, false), next = make_lines(LINES, 404, false);
    append(w->path, buf_span(&log));
    start_tail(w);
    run_until(w, MANY / 10, false);
    assert_int_equal(rename(w->path, w->other), 0);
    append(w->path, buf_span(&next));
    run_until(w, MANY + 1, false);
    assert_int_equal(requests_with(w, 200), MANY);
    run_until(w, MANY + LINES, false);
    assert_int_equal(requests_with(w, 200), MANY);
    assert_int_equal(requests_with(w, 404), LINES);
    assert_int_equal(w->n_rotated, 1);
    assert_int_equal(w->n_lent, 2);
    buf_done(&log);
    buf_done(&next);
}

static void what_was_read_of_a_truncated_file_and_not_merged_is_void(void **state)
{
    struct world *w = *state;
    struct buf log = make_lines(MANY, 200, false), next = make_lines(LINES, 404, false);
    append(w->path, buf_span(&log));
    start_tail(w);
    run_until(w, MANY / 10, false);
    assert_int_equal(truncate(w->path, 0), 0);
    append(w->path, buf_span(&next));
    run_until(w, lines(w) + LINES, true);
    assert_int_equal(w->n_truncated, 1);
    assert_true(requests_with(w, 200) < MANY);
    assert_int_equal(requests_with(w, 404), LINES);
    assert_int_equal(tail_file_position(tail_each(w->tail, NULL)).offset, next.len);
    buf_done(&log);
    buf_done(&next);
}

static uint64_t line_ends(struct span bytes)
{
    uint64_t n = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        n += bytes.ptr[i] == '\n';
    }
    return n;
}

static void after_a_stop_reading_goes_on_where_counting_stopped(void **state)
{
    struct world *w = *state;
    struct buf log = make_lines(MANY, 200, false);
    append(w->path, buf_span(&log));
    for (int part = 1; part <= 3; part++) {
        start_tail(w);
        run_until(w, MANY / 10 * (uint64_t)part, false);
        w->stored = tail_file_position(tail_each(w->tail, NULL));
        w->is_stored = true;
        assert_int_equal(lines(w), line_ends(span_head(buf_span(&log), w->stored.offset)));
        stop_tail(w);
    }
    start_tail(w);
    run_until(w, MANY, true);
    assert_as_in_one_go(w, buf_span(&log));
    buf_done(&log);
}

static void a_stop_does_not_wait_for_those_who_read(void **state)
{
    struct world *w = *state;
    struct buf log = make_lines(LINES, 200, false);
    append(w->path, buf_span(&log));
    start_tail(w);
    while (w->n_lent == 0) {
        uv_run(&w->loop, UV_RUN_ONCE);
    }
    uint64_t before = lines(w);
    stop_tail(w);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    assert_int_equal(lines(w), before);
    buf_done(&log);
}

static void with_one_thread_the_loop_reads_itself(void **state)
{
    struct world *w = *state;
    struct buf log = make_lines(LINES, 200, false);
    w->catchup.threads = 1;
    append(w->path, buf_span(&log));
    start_tail(w);
    run_until(w, LINES, true);
    assert_int_equal(w->n_lent, 0);
    assert_int_equal(w->n_bytes, log.len);
    buf_done(&log);
}

/* Files take turns, and what is left for the loop is their first lines and their last. */
static void all_backlogs_are_lent_however_many(void **state)
{
    struct world *w = *state;
    char paths[FILES][80];
    struct buf log = make_lines(LINES, 200, false);
    w->is_many = true;
    snprintf(w->path, sizeof(w->path), "%s/*.log", w->folder);
    for (int i = 0; i < FILES; i++) {
        snprintf(paths[i], sizeof(paths[i]), "%s/%d.log", w->folder, i);
        append(paths[i], buf_span(&log));
    }
    start_tail(w);
    run_until(w, (uint64_t)FILES * LINES, false);
    assert_int_equal(w->n_lent, FILES);
    assert_true(w->n_bytes < FILES * log.len / 2);
    assert_null(w->catchup.spare);
    stop_tail(w);
    for (int i = 0; i < FILES; i++) {
        assert_int_equal(w->many[i]->live->requests, LINES);
        source_free(w->many[i]);
        unlink(paths[i]);
    }
    w->n_many = 0;
    buf_done(&log);
}

#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, make_world, remove_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_backlog_counts_as_when_it_is_read_in_one_go),
        WORLD_TEST(formats_may_change_in_a_backlog),
        WORLD_TEST(lines_and_holes_longer_than_a_chunk_are_passed_over),
        WORLD_TEST(a_renamed_file_is_read_to_its_end_before_its_successor),
        WORLD_TEST(what_was_read_of_a_truncated_file_and_not_merged_is_void),
        WORLD_TEST(after_a_stop_reading_goes_on_where_counting_stopped),
        WORLD_TEST(a_stop_does_not_wait_for_those_who_read),
        WORLD_TEST(with_one_thread_the_loop_reads_itself),
        WORLD_TEST(all_backlogs_are_lent_however_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
