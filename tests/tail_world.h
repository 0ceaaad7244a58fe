/*
 * A folder with logs, a loop, and a tail whose lines are collected by the name they were found
 * under. For tests of tail: wait for a state, never for a time.
 */
#ifndef TEAPOT_TESTS_TAIL_WORLD_H
#define TEAPOT_TESTS_TAIL_WORLD_H

#include "base/alloc.h"
#include "base/buf.h"
#include "input/framer.h"
#include "input/tail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    WORLD_SOURCES = 64,
    WORLD_DEADLINE_MS = 20000,
};

/* What was read under one name. */
struct world_source {
    char name[64];   /* of the file in the folder */
    struct buf text; /* its lines; "|" where a final piece ended */
    int rotated, truncated, caught_up, found;
    uint64_t lost_bytes;
};

struct world {
    uv_loop_t loop;
    struct tail *tail;
    char folder[32];
    struct world_source sources[WORLD_SOURCES];
    size_t n_sources;
    struct buf errors; /* "name:errno " */
    struct tail_position stored[8];
    size_t n_stored;
    size_t n_lines;    /* of all sources */
    size_t largest;    /* piece that was handed out */
    bool hide_ends;    /* no "|" */
    bool stop_at_once; /* tail_stop in the next on_bytes */
    bool wants_backlogs;
    struct tail_file *lent; /* the last backlog that was taken */
    bool is_over;           /* the deadline is */
};

static inline const char *world_short(const struct world *w, const char *path)
{
    size_t len = strlen(w->folder);
    return strncmp(path, w->folder, len) == 0 && path[len] == '/' ? path + len + 1 : path;
}

static inline struct world_source *world_source(struct world *w, const char *name)
{
    size_t i = 0;
    while (i < w->n_sources && strcmp(w->sources[i].name, name) != 0) {
        i++;
    }
    if (i == w->n_sources) {
        assert_true(w->n_sources < WORLD_SOURCES);
        snprintf(w->sources[w->n_sources++].name, sizeof(w->sources[i].name), "%s", name);
    }
    return &w->sources[i];
}

static inline size_t world_on_bytes(struct tail_file *file, struct span bytes, bool final,
                                    void *ctx)
{
    struct world *w = ctx;
    struct world_source *source = tail_file_user(file);
    struct span rest = bytes, line;
    w->largest = bytes.len > w->largest ? bytes.len : w->largest;
    while (framer_next(tail_file_framer(file), &rest, &line, final)) {
        buf_add(&source->text, line);
        buf_byte(&source->text, '\n');
        w->n_lines++;
    }
    if (final && !w->hide_ends) {
        buf_byte(&source->text, '|');
    }
    if (w->stop_at_once) {
        tail_stop(w->tail);
        w->tail = NULL;
    }
    return bytes.len - rest.len;
}

static inline void *world_on_found(const char *path, void *ctx)
{
    struct world_source *source = world_source(ctx, world_short(ctx, path));
    source->found++;
    return source;
}

static inline void world_on_rotated(struct tail_file *file, bool truncated, uint64_t lost_bytes,
                                    void *ctx)
{
    (void)ctx;
    struct world_source *source = tail_file_user(file);
    source->rotated += !truncated;
    source->truncated += truncated;
    source->lost_bytes += lost_bytes;
}

static inline void world_on_caught_up(struct tail_file *file, void *ctx)
{
    (void)ctx;
    struct world_source *source = tail_file_user(file);
    source->caught_up++;
}

static inline void world_on_error(const char *path, int error, void *ctx)
{
    struct world *w = ctx;
    buf_printf(&w->errors, "%s:%s ", world_short(w, path), uv_err_name(error));
}

static inline bool world_on_backlog(struct tail_file *file, uint64_t bytes, void *ctx)
{
    struct world *w = ctx;
    assert_true(bytes >= TAIL_BACKLOG_BYTES);
    w->lent = w->wants_backlogs ? file : w->lent;
    return w->wants_backlogs;
}

static inline bool world_position_of(const char *path, struct tail_position *out, void *ctx)
{
    (void)path;
    const struct world *w = ctx;
    for (size_t i = 0; i < w->n_stored; i++) {
        if (w->stored[i].device == out->device && w->stored[i].inode == out->inode) {
            *out = w->stored[i];
            return true;
        }
    }
    return false;
}

static inline int world_make(void **state)
{
    struct world *w = alloc_zero(1, sizeof(*w));
    snprintf(w->folder, sizeof(w->folder), "/tmp/test_tail.XXXXXX");
    uv_loop_init(&w->loop);
    *state = w;
    return mkdtemp(w->folder) ? 0 : -1;
}

/* Removes a folder and what is in it. */
static inline void world_remove_folder(const char *path)
{
    DIR *dir = opendir(path);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        char *inner = alloc_printf("%s/%s", path, entry->d_name);
        bool is_own = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
        if (is_own && unlink(inner)) {
            world_remove_folder(inner);
        }
        free(inner);
    }
    if (dir) {
        closedir(dir);
    }
    rmdir(path);
}

static inline void world_stop(struct world *w)
{
    if (w->tail) {
        tail_stop(w->tail);
        w->tail = NULL;
    }
    uv_run(&w->loop, UV_RUN_DEFAULT);
}

/* Forgets what was read. */
static inline void world_forget(struct world *w)
{
    for (size_t i = 0; i < w->n_sources; i++) {
        buf_done(&w->sources[i].text);
        w->sources[i] = (struct world_source){0};
    }
    w->n_sources = 0;
    w->n_lines = 0;
}

static inline int world_remove(void **state)
{
    struct world *w = *state;
    world_stop(w);
    int error = uv_loop_close(&w->loop);
    world_remove_folder(w->folder);
    world_forget(w);
    buf_done(&w->errors);
    free(w);
    return error;
}

/* The path of a name in the folder, to be freed. */
static inline char *world_path(const struct world *w, const char *name)
{
    return alloc_printf("%s/%s", w->folder, name);
}

/* Appends to a file, which is made when it is not there. */
static inline void world_write(const struct world *w, const char *name, const char *text)
{
    char *path = world_path(w, name);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    free(path);
}

static inline void world_rename(const struct world *w, const char *from, const char *to)
{
    char *a = world_path(w, from), *b = world_path(w, to);
    assert_int_equal(rename(a, b), 0);
    free(a);
    free(b);
}

static inline void world_unlink(const struct world *w, const char *name)
{
    char *path = world_path(w, name);
    assert_int_equal(unlink(path), 0);
    free(path);
}

static inline void world_truncate(const struct world *w, const char *name, off_t size)
{
    char *path = world_path(w, name);
    assert_int_equal(truncate(path, size), 0);
    free(path);
}

/* Follows `names` (up to four, NULL behind them), which may be globs. */
static inline void world_start(struct world *w, const char *const *names, struct tail_options o)
{
    static const struct tail_events events = {.on_bytes = world_on_bytes,
                                              .on_found = world_on_found,
                                              .on_rotated = world_on_rotated,
                                              .on_caught_up = world_on_caught_up,
                                              .on_error = world_on_error,
                                              .on_backlog = world_on_backlog};
    char *paths[5] = {NULL};
    for (size_t i = 0; names[i]; i++) {
        paths[i] = world_path(w, names[i]);
    }
    const char *const given[5] = {paths[0], paths[1], paths[2], paths[3], NULL};
    o.paths = given;
    w->tail = tail_start(&w->loop, &o, &events, w);
    for (size_t i = 0; i < 4; i++) {
        free(paths[i]);
    }
}

/* Follows one name without any options. */
static inline void world_follow(struct world *w, const char *name)
{
    world_start(w, (const char *const[]){name, NULL}, (struct tail_options){0});
}

static inline void world_on_deadline(uv_timer_t *timer)
{
    struct world *w = timer->data;
    w->is_over = true;
}

/* Turns the loop until `is_so` says so. Fails after the deadline, showing what was read. */
static inline void world_wait(struct world *w, bool (*is_so)(struct world *w, const void *what),
                              const void *what)
{
    uv_timer_t deadline;
    uv_timer_init(&w->loop, &deadline);
    deadline.data = w;
    uv_timer_start(&deadline, world_on_deadline, WORLD_DEADLINE_MS, 0);
    while (!is_so(w, what) && !w->is_over) {
        uv_run(&w->loop, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&deadline, NULL);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    for (size_t i = 0; w->is_over && i < w->n_sources; i++) {
        const struct buf *text = &w->sources[i].text;
        print_error("%s: %.500s\n", w->sources[i].name, text->data ? text->data : "");
    }
    assert_false(w->is_over);
}

struct world_text {
    const char *name, *text;
};

static inline bool world_has_text(struct world *w, const void *what)
{
    const struct world_text *want = what;
    struct buf *got = &world_source(w, want->name)->text;
    return span_is(buf_span(got), want->text);
}

/* Waits until just this was read under a name. */
static inline void world_expect(struct world *w, const char *name, const char *text)
{
    world_wait(w, world_has_text, &(struct world_text){name, text});
}

static inline bool world_is_caught_up(struct world *w, const void *what)
{
    (void)what;
    bool all = true;
    for (struct tail_file *f = tail_each(w->tail, NULL); f; f = tail_each(w->tail, f)) {
        all = all && tail_file_is_caught_up(f);
    }
    return all && uv_backend_timeout(&w->loop) != 0;
}

/* Waits until everything that is known was read, and the loop is idle. */
static inline void world_settle(struct world *w)
{
    world_wait(w, world_is_caught_up, NULL);
}

static inline bool world_has_looked(struct world *w, const void *what)
{
    (void)what;
    return world_is_caught_up(w, NULL);
}

/* Looks at everything, and reads it. */
static inline void world_look(struct world *w)
{
    for (int i = 0; i < 2; i++) {
        tail_look(w->tail);
        uv_run(&w->loop, UV_RUN_NOWAIT);
        world_wait(w, world_has_looked, NULL);
    }
}

static inline size_t world_count_files(struct world *w)
{
    size_t n = 0;
    for (struct tail_file *f = tail_each(w->tail, NULL); f; f = tail_each(w->tail, f)) {
        n++;
    }
    return n;
}

#endif
