/*
 * The descriptor is not made non-blocking, for it may be shared with others (a terminal, a shell's
 * pipe). poll(2) says whether a pipe takes PIPE_BUF bytes without blocking; so that is what is
 * written at a time.
 */
#include "run/outflow.h"

#include "base/alloc.h"
#include "base/diag.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

struct outflow {
    uv_poll_t poll;
    uv_loop_t *loop;
    int fd;
    bool has_poll, is_broken;
    struct buf pending;
    size_t at; /* those of them that are written */
    uint64_t dropped;
    outflow_error_fn on_error;
    void *ctx;
};

static bool is_ready(int fd, int wait_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    return poll(&p, 1, wait_ms) > 0;
}

/* Writes what can be written, waiting at most so long for each piece. 0 or a negative errno. */
static int write_pieces(struct outflow *o, int wait_ms)
{
    while (o->at < o->pending.len && is_ready(o->fd, wait_ms)) {
        size_t left = o->pending.len - o->at;
        ssize_t n = write(o->fd, o->pending.data + o->at, left < PIPE_BUF ? left : PIPE_BUF);
        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            return -errno;
        }
        o->at += n > 0 ? (size_t)n : 0;
    }
    if (o->at == o->pending.len) {
        o->at = 0;
        buf_clear(&o->pending);
    }
    return 0;
}

static void on_writable(uv_poll_t *poll, int status, int events);

/* Asks the loop to tell when more can be written; a plain file always can, and libuv refuses it. */
static void settle(struct outflow *o, int error)
{
    if (error) {
        o->is_broken = true;
        buf_clear(&o->pending);
        o->at = 0;
    }
    if (!o->has_poll && o->pending.len) {
        o->has_poll = uv_poll_init(o->loop, &o->poll, o->fd) == 0;
        o->poll.data = o;
    }
    if (o->has_poll && o->pending.len) {
        uv_poll_start(&o->poll, UV_WRITABLE, on_writable);
    } else if (o->has_poll) {
        uv_poll_stop(&o->poll);
    }
    if (error) {
        o->on_error(error, o->ctx);
    }
}

static void on_writable(uv_poll_t *poll, int status, int events)
{
    struct outflow *o = poll->data;
    (void)events;
    int error = write_pieces(o, 0); /* which knows better than libuv what is wrong */
    settle(o, error == 0 && status < 0 && o->pending.len ? status : error);
}

struct outflow *outflow_start(uv_loop_t *loop, int fd, outflow_error_fn on_error, void *ctx)
{
    struct outflow *o = alloc_zero(1, sizeof(*o));
    o->loop = loop;
    o->fd = fd;
    o->on_error = on_error;
    o->ctx = ctx;
    return o;
}

void outflow_write(struct outflow *o, struct span line)
{
    if (o->is_broken) {
        return;
    }
    bool waits = o->pending.len > 0;
    if (waits && o->pending.len - o->at + line.len > OUTFLOW_MOST) {
        if (o->dropped++ == 0) {
            diag_say(DIAG_WARNING, "summaries are dropped: they are not read as fast as they come");
        }
        return;
    }
    buf_add(&o->pending, line);
    if (!waits) {
        settle(o, write_pieces(o, 0));
    }
}

uint64_t outflow_dropped(const struct outflow *o)
{
    return o ? o->dropped : 0;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void outflow_stop(struct outflow *o, int patience_ms)
{
    if (!o) {
        return;
    }
    if (!o->is_broken) {
        (void)write_pieces(o, patience_ms);
    }
    buf_done(&o->pending);
    if (o->has_poll) {
        uv_close((uv_handle_t *)&o->poll, on_closed);
    } else {
        free(o);
    }
}
