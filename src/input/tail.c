/*
 * The loop's side of following: events of folders and the timer ask for looks, an idle handle reads
 * as long as there are bytes, and nothing runs otherwise. Events that come in quick succession, as
 * from a log with thousands of lines a second, are taken together: a turn follows the last one
 * after TURN_MS.
 */
#include "input/tail.h"

#include "base/alloc.h"
#include "input/follow.h"

#include <stdlib.h>

struct tail {
    struct follow follow;
    uv_timer_t timer; /* looks at everything */
    uv_idle_t idle;   /* runs while there is something to read */
    unsigned n_open;  /* the handles above, and the watches as one */
};

static void on_idle(uv_idle_t *idle);

/* One turn: look first, so that what is read is known to be the file that was meant. */
static void turn(struct tail *t)
{
    follow_look(&t->follow);
    bool more = follow_read(&t->follow);
    if (t->follow.is_stopping) {
        return;
    }
    if (more || t->follow.look_all) {
        uv_idle_start(&t->idle, on_idle);
    } else {
        uv_idle_stop(&t->idle);
    }
}

static void on_idle(uv_idle_t *idle)
{
    turn(idle->data);
}

static void on_timer(uv_timer_t *timer)
{
    struct tail *t = timer->data;
    t->follow.tick = true;
    turn(t);
}

/* Nothing is done here but noting: several events of one file make one look. */
static void on_name(const char *path, void *ctx)
{
    struct tail *t = ctx;
    if (follow_mark(&t->follow, path)) {
        uv_idle_start(&t->idle, on_idle);
    }
}

static void on_moved(const char *path, const char *from, void *ctx)
{
    struct tail *t = ctx;
    follow_moved(&t->follow, path, from);
}

static void on_folder_error(const char *folder, int error, void *ctx)
{
    struct tail *t = ctx;
    t->follow.events.on_error(folder, error, t->follow.ctx);
}

/* Called for each handle that is closed. Files stay until then, because a callback that stops the
 * tail returns into a turn that still has one in its hands. */
static void close_one(struct tail *t)
{
    if (--t->n_open == 0) {
        follow_done(&t->follow);
        free(t);
    }
}

static void on_stopped(void *ctx)
{
    close_one(ctx);
}

static void on_closed(uv_handle_t *handle)
{
    close_one(handle->data);
}

struct tail *tail_start(uv_loop_t *loop, const struct tail_options *options,
                        const struct tail_events *events, void *ctx)
{
    static const struct watch_events watch_events = {on_name, on_moved, on_folder_error,
                                                     on_stopped};
    struct tail *t = alloc_zero(1, sizeof(*t));
    t->follow.loop = loop;
    t->follow.events = *events;
    t->follow.ctx = ctx;
    watch_init(&t->follow.watches, loop, &watch_events, t);
    uv_timer_init(loop, &t->timer);
    uv_idle_init(loop, &t->idle);
    t->timer.data = t->idle.data = t;
    t->n_open = 3;
    follow_init(&t->follow, options);
    uv_timer_start(&t->timer, on_timer, TAIL_LOOK_MS, TAIL_LOOK_MS);
    uv_idle_start(&t->idle, on_idle);
    return t;
}

void tail_stop(struct tail *t)
{
    if (t->follow.is_stopping) {
        return;
    }
    t->follow.is_stopping = true;
    uv_close((uv_handle_t *)&t->timer, on_closed);
    uv_close((uv_handle_t *)&t->idle, on_closed);
    watch_stop(&t->follow.watches);
}

void tail_look(struct tail *t)
{
    t->follow.look_all = true;
    if (!t->follow.is_stopping) {
        uv_idle_start(&t->idle, on_idle);
    }
}

/* A file that was written anew is to be read from its start. */
static void wake(struct tail *t)
{
    if (!t->follow.is_stopping) {
        uv_idle_start(&t->idle, on_idle);
    }
}

bool tail_advance(struct tail *t, struct tail_file *f, uint64_t offset)
{
    bool is_same = follow_advance(&t->follow, f, offset);
    if (!is_same) {
        wake(t);
    }
    return is_same;
}

void tail_resume(struct tail *t, struct tail_file *f)
{
    follow_resume(&t->follow, f);
    wake(t);
}

struct tail_file *tail_each(struct tail *t, struct tail_file *file)
{
    return file ? file->next : t->follow.known.first;
}
