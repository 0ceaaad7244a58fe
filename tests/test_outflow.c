/* Lines for a reader that is slow, gone, or not there yet. */
#include "base/alloc.h"
#include "run/outflow.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    LINE_BYTES = 10000,
};

struct stage {
    uv_loop_t loop;
    int fds[2];
    struct outflow *out;
    int error;
    struct buf got;
};

static void on_error(int error, void *ctx)
{
    ((struct stage *)ctx)->error = error;
}

static int set_up(void **state)
{
    struct stage *s = alloc_zero(1, sizeof(*s));
    signal(SIGPIPE, SIG_IGN); /* as the daemon does */
    uv_loop_init(&s->loop);
    assert_int_equal(pipe(s->fds), 0);
    s->out = outflow_start(&s->loop, s->fds[1], on_error, s);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *s = *state;
    outflow_stop(s->out, 1);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    int left = uv_loop_close(&s->loop);
    close(s->fds[0]);
    close(s->fds[1]);
    buf_done(&s->got);
    free(s);
    return left;
}

/* Number `i`, as long as LINE_BYTES. */
static void write_line(struct stage *s, int i)
{
    char *line = alloc_printf("%0*d\n", LINE_BYTES - 1, i);
    outflow_write(s->out, span_of(line));
    free(line);
}

static void read_some(struct stage *s)
{
    ssize_t n = read(s->fds[0], buf_room(&s->got, 65536), 65536);
    s->got.len += n > 0 ? (size_t)n : 0;
}

static void what_waits_comes_whole_and_in_order(void **state)
{
    struct stage *s = *state;
    for (int i = 0; i < 50; i++) { /* eight times what a pipe holds */
        write_line(s, i);
    }
    while (s->got.len < 50 * LINE_BYTES) {
        read_some(s);
        uv_run(&s->loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(outflow_dropped(s->out), 0);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(atoi(s->got.data + i * LINE_BYTES), i);
    }
    assert_int_equal(s->got.len, 50 * LINE_BYTES);
}

static void above_the_limit_whole_lines_are_dropped(void **state)
{
    struct stage *s = *state;
    int n = 0, before = -1;
    while (outflow_dropped(s->out) < 10) {
        write_line(s, n++);
    }
    assert_in_range((n - 10) * LINE_BYTES, OUTFLOW_MOST - LINE_BYTES, OUTFLOW_MOST + 131072);
    while (s->got.len < (size_t)(n - 10) * LINE_BYTES) {
        read_some(s);
        uv_run(&s->loop, UV_RUN_NOWAIT);
    }
    write_line(s, n);
    read_some(s);
    for (size_t at = 0; at < s->got.len; at += LINE_BYTES) {
        int number = atoi(s->got.data + at);
        assert_true(number > before);
        before = number;
    }
    assert_int_equal(before, n);
}

static void a_reader_that_goes_is_told_once(void **state)
{
    struct stage *s = *state;
    close(s->fds[0]);
    write_line(s, 1);
    assert_int_equal(s->error, -EPIPE);
    s->error = 0;
    write_line(s, 2);
    assert_int_equal(s->error, 0);
    s->fds[0] = dup(s->fds[1]); /* for tear_down */
}

static void one_that_goes_while_lines_wait_is_told_by_the_loop(void **state)
{
    struct stage *s = *state;
    for (int i = 0; i < 20; i++) {
        write_line(s, i);
    }
    assert_int_equal(s->error, 0);
    close(s->fds[0]);
    while (s->error == 0) {
        uv_run(&s->loop, UV_RUN_ONCE);
    }
    assert_int_equal(s->error, -EPIPE);
    s->fds[0] = dup(s->fds[1]);
}

static void a_plain_file_takes_all_at_once(void **state)
{
    struct stage *s = *state;
    FILE *file = tmpfile();
    struct outflow *out = outflow_start(&s->loop, fileno(file), on_error, s);
    char *line = alloc_printf("%0*d\n", 3 * OUTFLOW_MOST, 1);
    outflow_write(out, span_of(line));
    assert_int_equal(lseek(fileno(file), 0, SEEK_END), strlen(line));
    outflow_stop(out, 1);
    free(line);
    fclose(file);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_waits_comes_whole_and_in_order),
        TEST(above_the_limit_whole_lines_are_dropped),
        TEST(a_reader_that_goes_is_told_once),
        TEST(one_that_goes_while_lines_wait_is_told_by_the_loop),
        TEST(a_plain_file_takes_all_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
