/*
 * The stats socket as a whole: listeners on the loop, a bounded number of new clients in each turn,
 * and a pause when there are no descriptors left, since a listener that is ready and can't be
 * served would spin. What a client says is for socket.c and http.c.
 */
#define _GNU_SOURCE /* accept4 */
#include "serve/serve.h"

#include "base/alloc.h"
#include "serve/clients.h"
#include "serve/http.h"
#include "serve/listen.h"
#include "serve/socket.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    ACCEPTS = 32, /* of one listener in one turn of the loop */
    PAUSE_MS = 100,
};

struct listener {
    struct serve *serve;
    struct listen_socket socket;
    uv_poll_t poll;
};

struct serve {
    struct clients clients;
    struct http *http;
    struct listener *listeners;
    size_t n_listeners;
    uv_timer_t pause; /* runs while the listeners rest */
    bool needs_token;
};

static void on_connection(uv_poll_t *poll, int status, int events);

static void listeners_go_on(struct serve *s)
{
    for (size_t i = 0; i < s->n_listeners; i++) {
        uv_poll_start(&s->listeners[i].poll, UV_READABLE, on_connection);
    }
}

static void on_pause_over(uv_timer_t *timer)
{
    listeners_go_on(timer->data);
}

/* All of them: the descriptors that are missing are missing to each. */
static void listeners_pause(struct serve *s)
{
    for (size_t i = 0; i < s->n_listeners; i++) {
        uv_poll_stop(&s->listeners[i].poll);
    }
    uv_timer_start(&s->pause, on_pause_over, PAUSE_MS, 0);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct listener *l = poll->data;
    struct serve *s = l->serve;
    (void)status;
    (void)events;
    for (int i = 0; i < ACCEPTS; i++) {
        int fd = accept4(l->socket.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            s->clients.stats.accepted++;
            socket_take(&s->clients, s->http, fd, s->needs_token);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            listeners_pause(s); /* EMFILE, ENFILE, ENOMEM …: it may be better later */
            return;
        }
    }
}

/* With socket activation the configuration usually names the very socket that was handed over. */
static bool is_open(const struct serve *s, const char *spec)
{
    for (size_t i = 0; i < s->n_listeners; i++) {
        if (listen_is_at(&s->listeners[i].socket, spec)) {
            return true;
        }
    }
    return false;
}

/* Takes over and opens everything. What was taken is in the list even when this fails. */
static int open_all(struct serve *s, const struct serve_options *o, struct problem *why)
{
    size_t n = o->n_fds;
    for (size_t i = 0; o->listens && o->listens[i]; i++) {
        n++;
    }
    s->listeners = alloc_zero(n, sizeof(*s->listeners));
    int rc = 0;
    for (size_t i = 0; i < o->n_fds; i++) {
        int checked = listen_adopt(o->fds[i], o, &s->listeners[s->n_listeners++].socket,
                                   rc == 0 ? why : NULL);
        rc = rc == 0 ? checked : rc; /* the others are adopted all the same, to be closed */
    }
    for (size_t i = 0; rc == 0 && o->listens && o->listens[i]; i++) {
        if (!is_open(s, o->listens[i])) {
            rc = listen_open(o->listens[i], o, &s->listeners[s->n_listeners].socket, why);
            s->n_listeners += rc == 0 ? 1 : 0;
        }
    }
    return rc;
}

/* At once, so that a successor in this process can listen on the same address right away. */
static void close_all(struct serve *s)
{
    for (size_t i = 0; i < s->n_listeners; i++) {
        listen_close(&s->listeners[i].socket);
    }
}

/* The last handle is closed: nothing on the loop knows us any more. */
static void on_gone(void *owner)
{
    struct serve *s = owner;
    free(s->listeners);
    free(s);
}

static void on_listener_closed(uv_handle_t *handle)
{
    struct listener *l = handle->data;
    clients_closed(&l->serve->clients);
}

static void on_pause_closed(uv_handle_t *handle)
{
    struct serve *s = handle->data;
    clients_closed(&s->clients);
}

/* Ends what runs on the loop; `n_polled` listeners do. */
static void stop(struct serve *s, size_t n_polled)
{
    for (size_t i = 0; i < n_polled; i++) {
        uv_close((uv_handle_t *)&s->listeners[i].poll, on_listener_closed);
    }
    close_all(s);
    uv_close((uv_handle_t *)&s->pause, on_pause_closed);
    clients_stop(&s->clients);
    http_stop(s->http);
}

/* Puts the open listeners on the loop. False when the loop refuses one: then all is being stopped.
 */
static bool poll_all(struct serve *s, struct problem *why)
{
    for (size_t i = 0; i < s->n_listeners; i++) {
        struct listener *l = &s->listeners[i];
        int rc = uv_poll_init(s->clients.loop, &l->poll, l->socket.fd);
        if (rc < 0) {
            problem_set(why, "a listener can't be watched: %s", uv_strerror(rc));
            stop(s, i);
            return false;
        }
        l->serve = s;
        l->poll.data = l;
        clients_opened(&s->clients);
    }
    listeners_go_on(s);
    return true;
}

/* As long as nothing is on the loop, a failure may free at once; after that the last close callback
 * does. */
struct serve *serve_start(uv_loop_t *loop, const struct serve_options *options,
                          serve_answer_fn answer, void *ctx, struct problem *why)
{
    struct serve *s = alloc_zero(1, sizeof(*s));
    s->clients = (struct clients){
        .loop = loop, .answer = answer, .ctx = ctx, .on_gone = on_gone, .owner = s};
    s->needs_token = options->token != NULL;
    if (open_all(s, options, why) != 0) {
        close_all(s);
        on_gone(s);
        return NULL;
    }
    clients_start(&s->clients, options);
    s->pause.data = s;
    uv_timer_init(loop, &s->pause);
    clients_opened(&s->clients);
    s->http = http_start(&s->clients, options->token, why);
    if (!s->http) {
        close_all(s);
        uv_close((uv_handle_t *)&s->pause, on_pause_closed);
        clients_stop(&s->clients);
        return NULL;
    }
    return poll_all(s, why) ? s : NULL;
}

struct serve_stats serve_stats(const struct serve *s)
{
    return s->clients.stats;
}

int serve_port(const struct serve *s, size_t index)
{
    return index < s->n_listeners ? listen_port(&s->listeners[index].socket) : 0;
}

void serve_stop(struct serve *s)
{
    stop(s, s->n_listeners);
}
