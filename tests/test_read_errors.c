/* A disk that can't be read for a moment, in the moments when files are compared. */
#define _GNU_SOURCE /* syscall */

#include "base/clock.h"
#include "tail_world.h"

#include <sys/syscall.h>

#include <zlib.h>

enum {
    MANY = 1 << 20,
    GIVEN_UP = 150,    /* looks, more than as many failures as a file is given */
    WAITING_MS = 1500, /* longer than a look goes back */
    READS = 5,         /* as many as one look at a name takes, and more */
};

/* Reads of the file with this inode fail, so many of them. */
static struct {
    ino_t inode;
    unsigned left;
} failing;

/* Stands in for that of the C library. */
ssize_t pread(int fd, void *buf, size_t n, off_t at)
{
    struct stat st;
    if (failing.left && fstat(fd, &st) == 0 && st.st_ino == failing.inode) {
        failing.left--;
        errno = EIO;
        return -1;
    }
    return (ssize_t)syscall(SYS_pread64, fd, buf, n, at);
}

static void let_fail(const struct world *w, const char *name, unsigned reads)
{
    struct stat st;
    char *path = world_path(w, name);
    assert_int_equal(stat(path, &st), 0);
    free(path);
    failing.inode = st.st_ino;
    failing.left = reads;
}

static bool has_error(struct world *w, const void *what)
{
    (void)what;
    return w->errors.len > 0;
}

static bool has_found(struct world *w, const void *what)
{
    return world_source(w, what)->rotated > 0;
}

/* A log is renamed while a line of it can't be read. */
static void rename_unread(struct world *w)
{
    w->hide_ends = true;
    world_write(w, "a.log", "one\n");
    world_follow(w, "a.log");
    world_expect(w, "a.log", "one\n");
    let_fail(w, "a.log", MANY);
    world_write(w, "a.log", "unread\n");
    world_wait(w, has_error, NULL);
    world_rename(w, "a.log", "a.log.1");
}

static void what_was_not_read_when_it_was_renamed_is_read_under_its_new_name(void **state)
{
    struct world *w = *state;
    rename_unread(w);
    world_write(w, "a.log", "");
    world_wait(w, has_found, "a.log");
    failing.left = 0;
    world_expect(w, "a.log", "one\nunread\n");
    world_write(w, "a.log", "new\n");
    world_expect(w, "a.log", "one\nunread\nnew\n");
    assert_int_equal(world_source(w, "a.log")->lost_bytes, 0);
    assert_string_equal(w->errors.data, "a.log:EIO ");
}

/* world_look would wait until all is read. */
static void look_often(struct world *w, int n)
{
    for (int i = 0; i < n; i++) {
        tail_look(w->tail);
        uv_run(&w->loop, UV_RUN_NOWAIT);
        uv_run(&w->loop, UV_RUN_NOWAIT);
    }
}

/* Else it would be opened and read for ever. What it had is said with the next rotation. */
static void a_rotated_file_that_never_can_be_read_is_given_up(void **state)
{
    struct world *w = *state;
    rename_unread(w);
    world_write(w, "a.log", "two\n");
    world_expect(w, "a.log", "one\ntwo\n");
    unsigned left = failing.left;
    look_often(w, GIVEN_UP);
    assert_in_range(left - failing.left, 50, 400);
    left = failing.left;
    look_often(w, 10);
    assert_int_equal(failing.left, left);
    failing.left = 0;
    world_rename(w, "a.log", "a.log.2");
    world_write(w, "a.log", "three\n");
    world_expect(w, "a.log", "one\ntwo\nthree\n");
    assert_int_equal(world_source(w, "a.log")->lost_bytes, strlen("unread\n"));
}

/* Packs a file as gzip does, which keeps the time of its last change: here `ago_ms` before now, and
 * maybe in whole seconds. */
static void pack(struct world *w, const char *name, int64_t ago_ms, bool in_seconds)
{
    char *path = world_path(w, name), *packed = alloc_printf("%s.gz", path), bytes[64];
    FILE *in = fopen(path, "rb");
    gzFile out = gzopen(packed, "wb");
    size_t n = fread(bytes, 1, sizeof bytes, in);
    assert_int_equal(gzwrite(out, bytes, (unsigned)n), (int)n);
    fclose(in);
    gzclose(out);
    int64_t ms = clock_wall_ms() - ago_ms;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                {ms / 1000, in_seconds ? 0 : ms % 1000 * 1000000}};
    assert_int_equal(utimensat(AT_FDCWD, packed, times, 0), 0);
    world_unlink(w, name);
    free(path);
    free(packed);
}

static bool has_lines(struct world *w, const void *n)
{
    return w->n_lines >= *(const size_t *)n;
}

static bool is_later(struct world *w, const void *ms)
{
    tail_look(w->tail);
    return clock_mono_ms() > *(const int64_t *)ms;
}

/* While the log can't be read, nobody knows whether what is packed is a copy of it; and it is older
 * than the file it is in. */
static void what_was_packed_is_read_though_it_had_to_wait(void **state)
{
    struct world *w = *state;
    w->hide_ends = true;
    for (int i = 0; i < 2; i++) {
        world_write(w, "a.log", "one\n");
        world_follow(w, "a.log");
        world_expect(w, "a.log", "one\n");
        world_settle(w);
        world_rename(w, "a.log", "a.log.2");
        world_write(w, "a.log", "two\n");
        world_rename(w, "a.log", "a.log.1");
        pack(w, "a.log.1", 100, i);
        world_write(w, "a.log", "three\n");
        let_fail(w, "a.log", MANY);
        world_wait(w, is_later, &(int64_t){clock_mono_ms() + WAITING_MS});
        failing.left = 0;
        world_wait(w, has_lines, &(size_t){3});
        assert_non_null(strstr(world_source(w, "a.log")->text.data, "two\n"));
        world_stop(w);
        world_forget(w);
        world_unlink(w, "a.log");
        world_unlink(w, "a.log.1.gz");
        world_unlink(w, "a.log.2");
    }
}

static size_t positions_at(const char *path, struct tail_position *out, size_t room,
                           int64_t *looked_ms, void *ctx)
{
    (void)path;
    const struct world *w = ctx;
    size_t n = w->n_stored < room ? w->n_stored : room;
    *looked_ms = 0;
    for (size_t i = 0; i < n; i++) {
        out[i] = w->stored[i];
    }
    return n;
}

/* A start with a position of a log that has grown since, or was copied and truncated. */
static void start_again(struct world *w, bool is_truncated, unsigned reads)
{
    world_write(w, "a.log", "one\ntwo\n");
    world_follow(w, "a.log");
    world_expect(w, "a.log", "one\ntwo\n");
    w->stored[0] = tail_file_position(tail_each(w->tail, NULL));
    w->n_stored = 1;
    world_stop(w);
    world_write(w, "a.log", "three\n");
    if (is_truncated) {
        world_write(w, "a.log.1", "one\ntwo\nthree\n");
        world_truncate(w, "a.log", 0);
        world_write(w, "a.log", "four\nfive\nsix\n");
    }
    let_fail(w, "a.log", reads);
    world_start(
        w, (const char *const[]){"a.log", NULL},
        (struct tail_options){.position_of = world_position_of, .positions_at = positions_at});
    world_expect(w, "a.log",
                 is_truncated ? "one\ntwo\nthree\nfour\nfive\nsix\n" : "one\ntwo\nthree\n");
    failing.left = 0;
    world_stop(w);
    world_forget(w);
    world_unlink(w, "a.log");
    if (is_truncated) {
        world_unlink(w, "a.log.1");
    }
}

static void a_start_at_which_the_first_reads_fail_counts_each_line_once(void **state)
{
    struct world *w = *state;
    w->hide_ends = true;
    for (unsigned reads = 0; reads < READS; reads++) {
        start_again(w, false, reads);
        start_again(w, true, reads);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_make, world_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_not_read_when_it_was_renamed_is_read_under_its_new_name),
        TEST(a_rotated_file_that_never_can_be_read_is_given_up),
        TEST(what_was_packed_is_read_though_it_had_to_wait),
        TEST(a_start_at_which_the_first_reads_fail_counts_each_line_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
