/*
 * A little HTTP receiver on the test's own loop, on 127.0.0.1: it answers with a list of statuses,
 * one for each request, and keeps what it got. Status 0: it never answers.
 */
#ifndef TEAPOT_TESTS_WEBHOOK_RECEIVER_H
#define TEAPOT_TESTS_WEBHOOK_RECEIVER_H

#include "base/alloc.h"
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#include <uv.h>

enum {
    RECEIVER_MAX = 1024,
};

struct receiver {
    uv_loop_t *loop;
    uv_tcp_t listener;
    int port;
    const int *statuses; /* the last one is used again and again */
    size_t n_statuses;
    const char *extra; /* header lines, each with its line end */
    struct buf head;   /* of the last request */
    char *got[RECEIVER_MAX];
    size_t n_got;
    bool is_open;
};

struct receiver_client {
    uv_tcp_t tcp;
    struct receiver *receiver;
    struct buf in;
    char space[4096], answer[512];
    uv_write_t write;
};

static inline void receiver_on_client_closed(uv_handle_t *handle)
{
    struct receiver_client *client = handle->data;
    buf_done(&client->in);
    free(client);
}

static inline void receiver_alloc(uv_handle_t *handle, size_t size, uv_buf_t *out)
{
    struct receiver_client *client = handle->data;
    (void)size;
    *out = uv_buf_init(client->space, sizeof client->space);
}

static inline void receiver_answer(struct receiver_client *client)
{
    struct receiver *r = client->receiver;
    size_t n = r->n_got - 1;
    int status = r->statuses[n < r->n_statuses ? n : r->n_statuses - 1];
    if (status == 0) {
        return;
    }
    int len = snprintf(client->answer, sizeof client->answer,
                       "HTTP/1.1 %d Word\r\nContent-Length: 2\r\n%s\r\nok", status,
                       r->extra ? r->extra : "");
    uv_buf_t out = uv_buf_init(client->answer, (unsigned)len);
    uv_write(&client->write, (uv_stream_t *)&client->tcp, &out, 1, NULL);
}

/* Takes one whole request out of what was read; false when there is none yet. */
static inline bool receiver_take(struct receiver_client *client)
{
    struct receiver *r = client->receiver;
    char *end = client->in.data ? strstr(client->in.data, "\r\n\r\n") : NULL;
    char *length = client->in.data ? strstr(client->in.data, "Content-Length: ") : NULL;
    if (!end || !length) {
        return false;
    }
    size_t head = (size_t)(end - client->in.data) + 4, body = strtoul(length + 16, NULL, 10);
    if (client->in.len < head + body || r->n_got == RECEIVER_MAX) {
        return false;
    }
    buf_clear(&r->head);
    buf_add(&r->head, (struct span){client->in.data, head});
    r->got[r->n_got++] = alloc_text((struct span){client->in.data + head, body});
    buf_drop(&client->in, head + body);
    return true;
}

static inline void receiver_on_bytes(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
    struct receiver_client *client = stream->data;
    if (n < 0) {
        uv_close((uv_handle_t *)&client->tcp, receiver_on_client_closed);
        return;
    }
    buf_add(&client->in, (struct span){bytes->base, (size_t)n});
    if (receiver_take(client)) {
        receiver_answer(client);
    }
}

static inline void receiver_on_connection(uv_stream_t *listener, int status)
{
    struct receiver_client *client = alloc_zero(1, sizeof *client);
    (void)status;
    client->receiver = listener->data;
    uv_tcp_init(listener->loop, &client->tcp);
    client->tcp.data = client;
    uv_accept(listener, (uv_stream_t *)&client->tcp);
    uv_read_start((uv_stream_t *)&client->tcp, receiver_alloc, receiver_on_bytes);
}

/* Binds to a port (0: a free one) without listening: whoever connects is refused. */
static inline void receiver_bind(struct receiver *r, uv_loop_t *loop, int port)
{
    struct sockaddr_in address;
    int len = sizeof address;
    r->loop = loop;
    uv_ip4_addr("127.0.0.1", port, &address);
    uv_tcp_init(loop, &r->listener);
    r->listener.data = r;
    uv_tcp_bind(&r->listener, (const struct sockaddr *)&address, 0);
    uv_tcp_getsockname(&r->listener, (struct sockaddr *)&address, &len);
    r->port = ntohs(address.sin_port);
    r->is_open = true;
}

static inline int receiver_listen(struct receiver *r)
{
    return uv_listen((uv_stream_t *)&r->listener, 16, receiver_on_connection);
}

/* Stops listening; connections end when the other side closes them. */
static inline void receiver_close(struct receiver *r)
{
    if (r->is_open) {
        uv_close((uv_handle_t *)&r->listener, NULL);
        r->is_open = false;
    }
}

/* Frees what was kept; the loop must have run the close callbacks. */
static inline void receiver_done(struct receiver *r)
{
    for (size_t i = 0; i < r->n_got; i++) {
        free(r->got[i]);
    }
    buf_done(&r->head);
}

#endif
