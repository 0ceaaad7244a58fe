/*
 * What can be waited for (pipes, sockets, terminals) is polled; regular files, which epoll refuses,
 * are read by an idle handle. Either way a loop turn takes one chunk at most, so the timers and the
 * sockets of others are never held up. While an unpacker holds more than a chunk, the idle handle
 * goes on alone.
 */
#include "input/pipe.h"

#include "base/alloc.h"
#include "input/framer.h"
#include "input/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CHUNK_BYTES = 262144,
    PACKED_BYTES = 65536,
};

struct pipe {
    uv_poll_t poll;
    uv_idle_t idle;
    unsigned open_handles;
    bool is_polled;
    bool stopped;
    int poll_error; /* that the last poll told */
    int fd;
    int given_fd; /* by our caller; another than `fd` when that is a terminal opened anew */
    int flags;    /* of the descriptor before libuv made it non-blocking */
    struct pipe_events events;
    void *ctx;
    char *buf; /* FRAMER_LINE_BYTES + CHUNK_BYTES */
    size_t len;
    bool is_known; /* what the bytes are */
    struct unpack *unpack;
    char *packed;
    struct span packed_rest;
};

static void on_closed(uv_handle_t *handle)
{
    struct pipe *p = handle->data;
    if (--p->open_handles) {
        return;
    }
    if (p->flags >= 0) {
        /* Whoever shares the open file with us expects it as it was. */
        (void)fcntl(p->fd, F_SETFL, p->flags);
    }
    if (p->given_fd != p->fd) {
        close(p->given_fd);
    }
    close(p->fd);
    unpack_free(p->unpack);
    free(p->packed);
    free(p->buf);
    free(p);
}

void pipe_stop(struct pipe *p)
{
    if (!p || p->stopped) {
        return;
    }
    p->stopped = true;
    uv_close((uv_handle_t *)&p->idle, on_closed);
    if (p->is_polled) {
        uv_close((uv_handle_t *)&p->poll, on_closed);
    }
}

/* Hands out what is there, and moves what was not used to the front. */
static void deliver(struct pipe *p, bool final)
{
    size_t used = p->events.on_bytes((struct span){p->buf, p->len}, final, p->ctx);
    used = used < p->len ? used : p->len;
    memmove(p->buf, p->buf + used, p->len - used);
    p->len -= used;
}

/* The input is over. What is left counts as the last line, after an error too: it was read. */
static void end(struct pipe *p, int error)
{
    deliver(p, true);
    if (!p->stopped) {
        p->events.on_end(error, p->ctx);
        pipe_stop(p);
    }
}

/* Finds out from the first bytes whether they are packed. */
static void detect(struct pipe *p, bool at_end)
{
    struct span head = {p->buf, p->len};
    enum unpack_kind kind = unpack_detect(head);
    /* No signature holds a line feed, so a short line needn't wait for more bytes. */
    bool is_enough = head.len >= UNPACK_HEAD_BYTES || span_find(head, '\n') < head.len;
    if (kind == UNPACK_PLAIN) {
        p->is_known = is_enough || at_end;
        return;
    }
    p->is_known = true;
    p->unpack = unpack_new(kind);
    p->packed = alloc_zero(PACKED_BYTES, 1);
    memcpy(p->packed, p->buf, p->len);
    p->packed_rest = (struct span){p->packed, p->len};
    p->len = 0;
}

/* Gives out at most a chunk of unpacked bytes. False when there are none without more input. */
static bool give_unpacked(struct pipe *p)
{
    ptrdiff_t n = unpack_some(p->unpack, &p->packed_rest, p->buf + p->len, CHUNK_BYTES);
    if (n > 0) {
        p->len += (size_t)n;
        deliver(p, false);
    } else if (n < 0) {
        end(p, (int)n);
    }
    return n != 0;
}

/* Bytes read, 0 at the end, or a negative errno. */
static ssize_t read_some(struct pipe *p)
{
    char *to = p->unpack ? p->packed : p->buf + p->len;
    /* What must fit into `packed` once it is known to be that. */
    size_t size = p->is_known && !p->unpack ? CHUNK_BYTES : PACKED_BYTES - p->len;
    size = p->unpack ? PACKED_BYTES : size;
    ssize_t n;
    do {
        n = read(p->fd, to, size);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/* Reads once and gives out what came. True when an unpacker may have more. */
static bool read_on(struct pipe *p)
{
    ssize_t n = read_some(p);
    if (n == -EAGAIN && p->poll_error == 0) {
        return false;
    }
    if (n > 0 && p->unpack) {
        p->packed_rest = (struct span){p->packed, (size_t)n};
    } else if (n > 0) {
        p->len += (size_t)n;
    }
    if (!p->is_known) {
        detect(p, n <= 0);
    }
    if (n <= 0) {
        bool too_short = n == 0 && p->unpack && !unpack_at_end(p->unpack);
        end(p, too_short ? -EILSEQ : (int)n);
        return false;
    }
    if (p->unpack) {
        return give_unpacked(p);
    }
    if (p->is_known) {
        deliver(p, false);
    }
    return false;
}

static void on_poll(uv_poll_t *poll, int status, int events);
static void on_idle(uv_idle_t *idle);

/* One chunk: first what the unpacker still holds, else from the descriptor. Then waits for the
 * descriptor or goes on with the unpacker, whichever has the next bytes. */
static void turn(struct pipe *p)
{
    if (p->len > FRAMER_LINE_BYTES) {
        /* Nobody uses what we give: rather end than grow. */
        end(p, -ENOBUFS);
        return;
    }
    bool more = p->unpack && give_unpacked(p);
    if (!more && !p->stopped) {
        more = read_on(p);
    }
    if (p->stopped || !p->is_polled) {
        return;
    }
    if (more) {
        uv_poll_stop(&p->poll);
        uv_idle_start(&p->idle, on_idle);
    } else if (!uv_is_active((const uv_handle_t *)&p->poll)) {
        uv_idle_stop(&p->idle);
        uv_poll_start(&p->poll, UV_READABLE | UV_DISCONNECT, on_poll);
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct pipe *p = poll->data;
    /* Also after an error: reading finds out which. */
    p->poll_error = status;
    turn(p);
}

static void on_idle(uv_idle_t *idle)
{
    turn(idle->data);
}

/* A terminal's open file is shared with the shell and with our own output: make an own one before
 * libuv sets it non-blocking. */
static int own_terminal(int fd)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int own = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return own < 0 ? fd : own;
}

/* Finds out how `fd` is to be read. 0 or a negative errno. */
static int inspect(int fd, bool *is_polled, bool *is_terminal)
{
    struct stat st;
    if (fstat(fd, &st)) {
        return -errno;
    }
    if (S_ISDIR(st.st_mode)) {
        return -EISDIR;
    }
    uv_handle_type type = uv_guess_handle(fd);
    *is_terminal = type == UV_TTY;
    *is_polled = type != UV_FILE;
    return type == UV_UNKNOWN_HANDLE ? -EINVAL : 0;
}

static void start_idle(struct pipe *p, uv_loop_t *loop)
{
    uv_idle_init(loop, &p->idle);
    p->idle.data = p;
    p->open_handles++;
    if (!p->is_polled) {
        uv_idle_start(&p->idle, on_idle);
    }
}

static int start_poll(struct pipe *p, uv_loop_t *loop)
{
    p->flags = fcntl(p->fd, F_GETFL);
    int error = uv_poll_init(loop, &p->poll, p->fd);
    if (error == 0) {
        p->poll.data = p;
        p->open_handles++;
        uv_poll_start(&p->poll, UV_READABLE | UV_DISCONNECT, on_poll);
    }
    return error;
}

struct pipe *pipe_start(uv_loop_t *loop, int fd, const struct pipe_events *events, void *ctx,
                        int *error)
{
    bool is_polled = false, is_terminal = false;
    *error = inspect(fd, &is_polled, &is_terminal);
    if (*error) {
        return NULL;
    }
    struct pipe *p = alloc_zero(1, sizeof(*p));
    p->given_fd = fd;
    p->fd = is_terminal ? own_terminal(fd) : fd;
    p->flags = -1;
    p->is_polled = is_polled;
    p->events = *events;
    p->ctx = ctx;
    *error = is_polled ? start_poll(p, loop) : 0;
    if (*error) {
        if (p->fd != fd) {
            close(p->fd);
        }
        free(p);
        return NULL;
    }
    p->buf = alloc_zero(FRAMER_LINE_BYTES + CHUNK_BYTES, 1);
    start_idle(p, loop);
    return p;
}
