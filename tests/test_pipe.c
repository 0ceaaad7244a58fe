#include "base/alloc.h"
#include "base/buf.h"
#include "input/framer.h"
#include "input/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

enum {
    DEADLINE_MS = 10000,
    PIPE_PIECE_BYTES = 262144, /* at most so many new bytes a turn */
};

/* A loop with a reader that takes whole lines. */
struct world {
    uv_loop_t loop;
    struct pipe *pipe;
    struct buf text; /* all that was used */
    struct framer framer;
    int ends, error; /* how often on_end came, and with what */
    int finals;
    size_t largest;   /* piece that was handed out */
    size_t stop_at;   /* pipe_stop once so many bytes were used, if not 0 */
    bool use_nothing; /* a reader that does not do its work */
    bool is_over;     /* the deadline is */
};

static size_t on_bytes(struct span bytes, bool final, void *ctx)
{
    struct world *w = ctx;
    struct span rest = bytes, line;
    w->finals += final;
    w->largest = bytes.len > w->largest ? bytes.len : w->largest;
    if (w->use_nothing) {
        return 0;
    }
    while (framer_next(&w->framer, &rest, &line, final)) {
        buf_add(&w->text, line);
        buf_byte(&w->text, '\n');
    }
    if (w->stop_at && w->text.len >= w->stop_at) {
        pipe_stop(w->pipe);
    }
    return bytes.len - rest.len;
}

static void on_end(int error, void *ctx)
{
    struct world *w = ctx;
    w->ends++;
    w->error = error;
    w->pipe = NULL;
}

static int make_world(void **state)
{
    struct world *w = alloc_zero(1, sizeof(*w));
    uv_loop_init(&w->loop);
    *state = w;
    return 0;
}

static int remove_world(void **state)
{
    struct world *w = *state;
    pipe_stop(w->pipe);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    int error = uv_loop_close(&w->loop);
    buf_done(&w->text);
    free(w);
    return error;
}

static void start(struct world *w, int fd)
{
    static const struct pipe_events events = {on_bytes, on_end};
    int error = 0;
    w->pipe = pipe_start(&w->loop, fd, &events, w, &error);
    assert_int_equal(error, 0);
    assert_non_null(w->pipe);
}

static void on_deadline(uv_timer_t *timer)
{
    struct world *w = timer->data;
    w->is_over = true;
}

/* Turns the loop until the end came or `bytes` were used. */
static void run_until(struct world *w, size_t bytes)
{
    uv_timer_t deadline;
    uv_timer_init(&w->loop, &deadline);
    deadline.data = w;
    uv_timer_start(&deadline, on_deadline, DEADLINE_MS, 0);
    while (!w->ends && w->text.len < bytes && !w->is_over) {
        uv_run(&w->loop, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&deadline, NULL);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    assert_false(w->is_over);
}

static struct buf sample(size_t lines)
{
    struct buf b = {0};
    for (size_t i = 0; i < lines; i++) {
        buf_printf(&b, "line %zu\n", i);
    }
    return b;
}

/* An unlinked file with these bytes, at its beginning. */
static int file_of(struct span bytes)
{
    FILE *file = tmpfile();
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, file), bytes.len);
    fflush(file);
    int fd = dup(fileno(file));
    fclose(file);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static struct buf gzip_of(struct span text)
{
    struct buf out = {0};
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&z, text.len);
    char *copy = alloc_text(text);
    z.next_in = (Bytef *)copy;
    z.avail_in = (uInt)text.len;
    z.next_out = (Bytef *)buf_room(&out, room);
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out.len = z.total_out;
    deflateEnd(&z);
    free(copy);
    return out;
}

static void give(int fd, struct span bytes)
{
    assert_int_equal(write(fd, bytes.ptr, bytes.len), (ssize_t)bytes.len);
}

static void lines_of_a_pipe_come_as_they_are_written(void **state)
{
    struct world *w = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    start(w, ends[0]);
    give(ends[1], SPAN("a\nhalf"));
    run_until(w, 2);
    assert_true(span_is(buf_span(&w->text), "a\n"));
    give(ends[1], SPAN(" and half\nlast"));
    run_until(w, 16);
    assert_true(span_is(buf_span(&w->text), "a\nhalf and half\n"));
    close(ends[1]);
    run_until(w, SIZE_MAX);
    assert_true(span_is(buf_span(&w->text), "a\nhalf and half\nlast\n"));
    assert_int_equal(w->ends, 1);
    assert_int_equal(w->error, 0);
    assert_int_equal(w->finals, 1);
    assert_int_equal(fcntl(ends[0], F_GETFD), -1);
}

static void a_regular_file_is_read_in_pieces(void **state)
{
    struct world *w = *state;
    struct buf text = sample(100000);
    start(w, file_of(buf_span(&text)));
    run_until(w, SIZE_MAX);
    assert_true(span_equal(buf_span(&w->text), buf_span(&text)));
    assert_true(w->largest <= PIPE_PIECE_BYTES + FRAMER_LINE_BYTES);
    assert_int_equal(w->error, 0);
    buf_done(&text);
}

static void packed_files_and_pipes_are_unpacked_in_pieces(void **state)
{
    struct world *w = *state;
    struct buf text = sample(100000);
    struct buf packed = gzip_of(buf_span(&text));
    start(w, file_of(buf_span(&packed)));
    run_until(w, SIZE_MAX);
    assert_true(span_equal(buf_span(&w->text), buf_span(&text)));
    assert_true(w->largest <= PIPE_PIECE_BYTES + FRAMER_LINE_BYTES);
    buf_done(&text);
    buf_done(&packed);
}

static void a_packed_pipe_may_come_byte_by_byte_and_burst(void **state)
{
    struct world *w = *state;
    struct buf text = {0};
    int ends[2];
    /* Two million equal bytes pack into a few: more than a piece comes out of one read. */
    for (int i = 0; i < 20000; i++) {
        buf_printf(&text, "%099d\n", 7);
    }
    struct buf packed = gzip_of(buf_span(&text));
    assert_true(packed.len < 60000);
    assert_int_equal(pipe(ends), 0);
    start(w, ends[0]);
    for (size_t i = 0; i < 20; i++) {
        give(ends[1], (struct span){packed.data + i, 1});
        uv_run(&w->loop, UV_RUN_NOWAIT);
    }
    give(ends[1], span_after(buf_span(&packed), 20));
    run_until(w, text.len);
    assert_true(span_equal(buf_span(&w->text), buf_span(&text)));
    assert_int_equal(w->ends, 0);
    assert_true(w->largest <= PIPE_PIECE_BYTES + FRAMER_LINE_BYTES);
    close(ends[1]);
    run_until(w, SIZE_MAX);
    assert_int_equal(w->error, 0);
    buf_done(&text);
    buf_done(&packed);
}

static void a_cut_gzip_stream_is_an_error_after_its_lines(void **state)
{
    struct world *w = *state;
    struct buf text = sample(100000);
    struct buf packed = gzip_of(buf_span(&text));
    start(w, file_of(span_head(buf_span(&packed), packed.len / 2)));
    run_until(w, SIZE_MAX);
    assert_int_equal(w->error, -EILSEQ);
    assert_int_equal(w->finals, 1);
    assert_true(w->text.len > text.len / 4);
    buf_done(&text);
    buf_done(&packed);
}

static void short_input_that_could_be_packed_is_read_at_the_end(void **state)
{
    struct world *w = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    start(w, ends[0]);
    give(ends[1], SPAN("\x28\xb5"));
    close(ends[1]);
    run_until(w, SIZE_MAX);
    assert_true(span_is(buf_span(&w->text), "\x28\xb5\n"));
}

static void a_short_line_needs_no_more_bytes(void **state)
{
    struct world *w = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    start(w, ends[0]);
    give(ends[1], SPAN("x\n"));
    run_until(w, 2);
    assert_true(span_is(buf_span(&w->text), "x\n"));
    close(ends[1]);
}

static void an_empty_input_just_ends(void **state)
{
    struct world *w = *state;
    start(w, open("/dev/null", O_RDONLY));
    run_until(w, SIZE_MAX);
    assert_int_equal(w->error, 0);
    assert_int_equal(w->text.len, 0);
}

static void a_socket_is_read_and_its_flags_are_put_back(void **state)
{
    struct world *w = *state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    int other = dup(ends[0]);
    start(w, ends[0]);
    assert_true(fcntl(other, F_GETFL) & O_NONBLOCK);
    give(ends[1], SPAN("over a socket\n"));
    close(ends[1]);
    run_until(w, SIZE_MAX);
    assert_true(span_is(buf_span(&w->text), "over a socket\n"));
    assert_false(fcntl(other, F_GETFL) & O_NONBLOCK);
    close(other);
}

static void stopping_in_a_callback_is_the_last_of_it(void **state)
{
    struct world *w = *state;
    struct buf text = sample(100000);
    w->stop_at = 1;
    start(w, file_of(buf_span(&text)));
    run_until(w, 1);
    w->pipe = NULL;
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_true(w->text.len < text.len);
    assert_int_equal(w->ends, 0);
    assert_int_equal(w->finals, 0);
    buf_done(&text);
}

static void a_reader_that_uses_nothing_ends_it(void **state)
{
    struct world *w = *state;
    struct buf text = sample(100000);
    w->use_nothing = true;
    start(w, file_of(buf_span(&text)));
    run_until(w, SIZE_MAX);
    assert_int_equal(w->error, -ENOBUFS);
    buf_done(&text);
}

static void what_cannot_be_read_is_refused_and_stays_open(void **state)
{
    struct world *w = *state;
    static const struct pipe_events events = {on_bytes, on_end};
    int error = 0, folder = open("/", O_RDONLY);
    assert_null(pipe_start(&w->loop, folder, &events, w, &error));
    assert_int_equal(error, -EISDIR);
    assert_int_equal(close(folder), 0);
    assert_null(pipe_start(&w->loop, folder, &events, w, &error));
    assert_int_equal(error, -EBADF);
}

static void a_descriptor_for_writing_only_ends_with_an_error(void **state)
{
    struct world *w = *state;
    start(w, open("/dev/null", O_WRONLY));
    run_until(w, SIZE_MAX);
    assert_int_equal(w->error, -EBADF);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, remove_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_of_a_pipe_come_as_they_are_written),
        TEST(a_regular_file_is_read_in_pieces),
        TEST(packed_files_and_pipes_are_unpacked_in_pieces),
        TEST(a_packed_pipe_may_come_byte_by_byte_and_burst),
        TEST(a_cut_gzip_stream_is_an_error_after_its_lines),
        TEST(short_input_that_could_be_packed_is_read_at_the_end),
        TEST(a_short_line_needs_no_more_bytes),
        TEST(an_empty_input_just_ends),
        TEST(a_socket_is_read_and_its_flags_are_put_back),
        TEST(stopping_in_a_callback_is_the_last_of_it),
        TEST(a_reader_that_uses_nothing_ends_it),
        TEST(what_cannot_be_read_is_refused_and_stays_open),
        TEST(a_descriptor_for_writing_only_ends_with_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
