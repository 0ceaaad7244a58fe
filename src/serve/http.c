/*
 * libmicrohttpd runs without threads and without a listener: its epoll descriptor is one uv_poll_t
 * on the loop, and MHD_run does what is ready. Its own time-outs are off, because they count
 * silence, not slowness, in whole seconds; the client list drops those who are late by shutting
 * their socket down, which libmicrohttpd sees as the end of the connection. An answer is made once
 * and handed out in pieces, so each piece that is asked for is progress.
 */
#include "serve/http.h"

#include "base/alloc.h"
#include "base/library.h"
#include "serve/command.h"
#include "serve/listen.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

enum {
    PIECE_BYTES = 16 << 10,
    MEMORY_BYTES = 16 << 10, /* of one connection, for the request and the head of the answer */
    SPARE_CLIENTS = 64,      /* dropped already, but libmicrohttpd has not seen it yet */
};

/* What is called of libmicrohttpd, without its "MHD_". */
#define FUNCTIONS(DO)                 \
    DO(add_connection)                \
    DO(add_response_header)           \
    DO(create_response_from_callback) \
    DO(destroy_response)              \
    DO(get_connection_info)           \
    DO(get_daemon_info)               \
    DO(get_timeout)                   \
    DO(lookup_connection_value)       \
    DO(queue_response)                \
    DO(run)                           \
    DO(start_daemon)                  \
    DO(stop_daemon)

struct mhd_calls {
#define DECLARE(name) __typeof__(MHD_##name) *name;
    FUNCTIONS(DECLARE)
#undef DECLARE
};

/* Filled by http_start, always with the same: half of what calls them knows nothing but a
 * connection. */
static struct mhd_calls mhd;

struct http {
    struct clients *all;
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    uv_timer_t again; /* libmicrohttpd wants to be run once more soon */
    int open_handles;
    char *token;
};

struct http_client {
    struct client base; /* first: the list hands out pointers to it */
    struct http *http;
    int fd;
    struct listen_peer peer;
};

/* An answer on its way; libmicrohttpd keeps it as long as it needs it. */
struct body {
    struct buf bytes;
    struct http_client *client; /* outlives the sending, not the answer */
};

/* What is answered, before it becomes a response. */
struct reply {
    unsigned status;
    const char *type;
    struct buf body;
};

static const char text_type[] = "text/plain; charset=utf-8";
static const char json_type[] = "application/json";

/* libmicrohttpd owns the descriptor. It finds the connection at its end in its next run, in which
 * on_connection frees the client; until then only the list has forgotten it. */
static void on_drop(struct client *base)
{
    shutdown(((struct http_client *)base)->fd, SHUT_RDWR);
}

/* Hands out the next piece. With HEAD it is never called. */
static ssize_t on_piece(void *cls, uint64_t position, char *to, size_t max)
{
    struct body *body = cls;
    if (position >= body->bytes.len) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    size_t left = body->bytes.len - (size_t)position;
    size_t n = left < max ? left : max;
    memcpy(to, body->bytes.data + position, n);
    clients_progress(body->client->http->all, &body->client->base);
    return (ssize_t)n;
}

/* May come after the client is gone: it must not be touched here. */
static void on_body_done(void *cls)
{
    struct body *body = cls;
    buf_done(&body->bytes);
    free(body);
}

/* Takes over the reply's bytes, also when there is no response in the end. */
static struct MHD_Response *response_of(struct http_client *client, struct reply *reply)
{
    struct body *body = alloc_zero(1, sizeof(*body));
    body->bytes = reply->body;
    body->client = client;
    struct MHD_Response *response = mhd.create_response_from_callback(body->bytes.len, PIECE_BYTES,
                                                                      on_piece, body, on_body_done);
    if (!response) {
        on_body_done(body);
        return NULL;
    }
    mhd.add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
    mhd.add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    mhd.add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (reply->status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        mhd.add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    } else if (reply->status == MHD_HTTP_UNAUTHORIZED) {
        mhd.add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    }
    return response;
}

/* Starts to send a reply. That the daemon is not well (503) is an answer too, as for a command
 * line. */
static enum MHD_Result queue(struct MHD_Connection *connection, struct http_client *client,
                             struct reply *reply)
{
    struct clients *all = client->http->all;
    size_t bytes = reply->body.len;
    struct MHD_Response *response = response_of(client, reply);
    if (!response) {
        return MHD_NO;
    }
    if (reply->status < 400 || reply->status == MHD_HTTP_SERVICE_UNAVAILABLE) {
        all->stats.answered++;
    } else {
        all->stats.refused++;
    }
    clients_progress(all, &client->base);
    clients_hold(all, &client->base, bytes);
    client->base.is_idle = false;
    enum MHD_Result queued = mhd.queue_response(connection, reply->status, response);
    mhd.destroy_response(response);
    return queued;
}

/* The texts are ours and hold nothing that JSON would have to escape, but for the word in quotation
 * marks that a usage may show. */
static struct reply error_reply(unsigned status, struct span text)
{
    struct reply reply = {.status = status, .type = json_type};
    buf_text(&reply.body, "{\"error\":\"");
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\') {
            buf_byte(&reply.body, '\\');
        }
        buf_byte(&reply.body, text.ptr[i]);
    }
    buf_text(&reply.body, "\"}\n");
    return reply;
}

/* Compares in a time that depends only on how long `given` is. */
static bool same_secret(struct span given, struct span secret)
{
    volatile unsigned differs = given.len != secret.len;
    for (size_t i = 0; i < given.len; i++) {
        unsigned char want = secret.len ? (unsigned char)secret.ptr[i % secret.len] : 0;
        differs |= (unsigned char)given.ptr[i] ^ want;
    }
    return !differs;
}

/* Only TCP needs it: a unix socket has its mode and group. RFC 6750 has the scheme in any case. */
static bool has_token(struct MHD_Connection *connection, const struct http_client *client)
{
    const char *token = client->http->token;
    if (!token || client->peer.is_local) {
        return true;
    }
    struct span given = span_of(
        mhd.lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION));
    if (given.len < 7 || !span_equal_nocase(span_head(given, 7), SPAN("Bearer "))) {
        return false;
    }
    return same_secret(span_trim(span_after(given, 7)), span_of(token));
}

/* Types as Prometheus' and OpenMetrics' specifications spell them. */
static const char *type_of(const struct serve_request *request)
{
    if (request->topic != SERVE_METRICS) {
        return request->text ? text_type : json_type;
    }
    return request->open_metrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                 : "text/plain; version=0.0.4; charset=utf-8";
}

/* Asks the daemon, and sees to it that there is a body with a line end. */
static struct reply ask(const struct http_client *client, const struct serve_request *request)
{
    struct reply reply = {.type = type_of(request)};
    struct clients *all = client->http->all;
    int status = all->answer(request, &reply.body, all->ctx);
    reply.status = status >= 200 && status <= 599 ? (unsigned)status : 500;
    if (status >= 400 && reply.body.len == 0) {
        buf_done(&reply.body);
        return error_reply(reply.status, SPAN("it could not be done"));
    }
    if (status >= 400 && request->topic == SERVE_METRICS) {
        reply.type = text_type; /* so that no scraper takes it for metrics */
    }
    if (reply.body.len && reply.body.data[reply.body.len - 1] != '\n') {
        buf_byte(&reply.body, '\n');
    }
    return reply;
}

static const char *query_value(struct MHD_Connection *connection, const char *key)
{
    return mhd.lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, key);
}

/* The values of the query stay libmicrohttpd's; command_path copies what is needed of them. */
static struct reply answer_path(struct MHD_Connection *connection, const struct http_client *client,
                                const char *path)
{
    const struct command_query query = {
        .last = query_value(connection, "last"),
        .code = query_value(connection, "code"),
        .format = query_value(connection, "format"),
        .by = query_value(connection, "by"),
        .n = query_value(connection, "n"),
    };
    struct serve_request request = {
        .owner = client->peer.is_owner,
        .open_metrics = command_prefers_openmetrics(span_of(
            mhd.lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT))),
    };
    char args[COMMAND_ARGS_BYTES];
    struct buf why = {0};
    struct reply reply = {.status = MHD_HTTP_OK, .type = text_type};
    switch (command_path(span_of(path), &query, args, &request, &why)) {
    case COMMAND_ASK: reply = ask(client, &request); break;
    case COMMAND_HELP: command_paths(&reply.body); break;
    case COMMAND_UNKNOWN: reply = error_reply(MHD_HTTP_NOT_FOUND, buf_span(&why)); break;
    case COMMAND_BAD: reply = error_reply(MHD_HTTP_BAD_REQUEST, buf_span(&why)); break;
    }
    buf_done(&why);
    return reply;
}

/* A body is refused by its announcement, before any of it is read. */
static bool has_upload(struct MHD_Connection *connection)
{
    const char *length =
        mhd.lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return (length && !span_is(span_of(length), "0")) ||
           mhd.lookup_connection_value(connection, MHD_HEADER_KIND,
                                       MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

/* What is wrong with a request, whatever it asks for: the status, or 0. */
static unsigned refusal(struct MHD_Connection *connection, const struct http_client *client,
                        struct span method)
{
    const union MHD_ConnectionInfo *head =
        mhd.get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (head && head->header_size > SERVE_REQUEST_BYTES) {
        return MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE;
    }
    if (!has_token(connection, client)) {
        return MHD_HTTP_UNAUTHORIZED;
    }
    if (!span_is(method, MHD_HTTP_METHOD_GET) && !span_is(method, MHD_HTTP_METHOD_HEAD)) {
        return MHD_HTTP_METHOD_NOT_ALLOWED;
    }
    return has_upload(connection) ? MHD_HTTP_CONTENT_TOO_LARGE : 0;
}

static struct span refusal_text(unsigned status)
{
    switch (status) {
    case MHD_HTTP_UNAUTHORIZED: return SPAN("a token is needed: Authorization: Bearer TOKEN");
    case MHD_HTTP_METHOD_NOT_ALLOWED: return SPAN("only GET and HEAD are served");
    case MHD_HTTP_CONTENT_TOO_LARGE: return SPAN("a request must have no body");
    default: return SPAN("the request is too long");
    }
}

static struct http_client *client_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        mhd.get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* Called when the head of a request is there, and again when all of it is. An answer to the first
 * call makes libmicrohttpd close the connection without reading a body, so refusals are given
 * there. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_len, void **request_ctx)
{
    (void)cls;
    (void)version;
    (void)upload;
    struct http_client *client = client_of(connection);
    if (!client || *upload_len) {
        return MHD_NO;
    }
    if (!*request_ctx) {
        *request_ctx = client; /* any pointer: the head was seen */
        unsigned status = refusal(connection, client, span_of(method));
        if (status == 0) {
            return MHD_YES;
        }
        struct reply refused = error_reply(status, refusal_text(status));
        return queue(connection, client, &refused);
    }
    struct reply reply = answer_path(connection, client, url);
    return queue(connection, client, &reply);
}

/* The connection may be used again: the next request has the time of a first one. */
static void on_completed(void *cls, struct MHD_Connection *connection, void **request_ctx,
                         enum MHD_RequestTerminationCode how)
{
    struct http *http = cls;
    struct http_client *client = client_of(connection);
    (void)request_ctx;
    (void)how;
    if (client) {
        clients_hold(http->all, &client->base, 0);
        clients_progress(http->all, &client->base);
        client->base.is_idle = true;
    }
}

/* A connection was handed to libmicrohttpd, or is gone. */
static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http *http = cls;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct http_client *client = alloc_zero(1, sizeof(*client));
        client->base.drop = on_drop;
        client->http = http;
        client->fd = info->connect_fd;
        client->peer = listen_peer(client->fd);
        *context = client;
        clients_add(http->all, &client->base);
    } else {
        struct http_client *client = *context;
        clients_remove(http->all, &client->base);
        free(client);
        *context = NULL;
    }
}

static void on_again(uv_timer_t *timer);

/* Lets libmicrohttpd do what is ready. When it has more to do (bytes that it read already, say) its
 * epoll descriptor need not become ready again, so it says how soon it wants to be run. */
static void run(struct http *http)
{
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    mhd.run(http->daemon);
    if (mhd.get_timeout(http->daemon, &wait_ms) == MHD_YES) {
        uv_timer_start(&http->again, on_again, wait_ms, 0);
    } else {
        uv_timer_stop(&http->again);
    }
}

static void on_again(uv_timer_t *timer)
{
    run(timer->data);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run(poll->data);
}

/* Time-out 0 turns its own off; the limit leaves room for the clients that were dropped just now.
 */
static struct MHD_Daemon *start_daemon(struct http *http)
{
    return mhd.start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request, http,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)http->all->max + SPARE_CLIENTS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, 0U,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, http, MHD_OPTION_END);
}

static bool load(void)
{
    static const char *const names[] = {"libmicrohttpd.so.12", "libmicrohttpd.so.1", NULL};
    static const struct library_function functions[] = {
#define NAME(name) {"MHD_" #name, offsetof(struct mhd_calls, name)},
        FUNCTIONS(NAME)
#undef NAME
    };
    return library_load(names, functions, sizeof functions / sizeof *functions, &mhd);
}

struct http *http_start(struct clients *all, const char *token, struct problem *why)
{
    if (!load()) {
        problem_set(why, "libmicrohttpd is not there, or is none that is known");
        return NULL;
    }
    struct http *http = alloc_zero(1, sizeof(*http));
    http->all = all;
    http->daemon = start_daemon(http);
    const union MHD_DaemonInfo *info =
        http->daemon ? mhd.get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info || uv_poll_init(all->loop, &http->poll, info->epoll_fd) < 0) {
        problem_set(why, "libmicrohttpd can't be started");
        if (http->daemon) {
            mhd.stop_daemon(http->daemon);
        }
        free(http);
        return NULL;
    }
    uv_timer_init(all->loop, &http->again);
    http->poll.data = http;
    http->again.data = http;
    http->open_handles = 2;
    clients_opened(all);
    http->token = token ? alloc_text(span_of(token)) : NULL;
    uv_poll_start(&http->poll, UV_READABLE, on_ready);
    return http;
}

void http_take(struct http *http, int fd)
{
    struct sockaddr_storage from = {0};
    socklen_t len = sizeof(from);
    if (getpeername(fd, (struct sockaddr *)&from, &len) < 0) {
        close(fd);
        return;
    }
    /* By the family libmicrohttpd knows that TCP's options mean nothing to a unix socket. */
    if (mhd.add_connection(http->daemon, fd, (struct sockaddr *)&from, sizeof(from)) != MHD_YES) {
        http->all->stats.refused++;
        return;
    }
    run(http);
}

static void on_closed(uv_handle_t *handle)
{
    struct http *http = handle->data;
    if (--http->open_handles > 0) {
        return;
    }
    struct clients *all = http->all;
    free(http->token);
    free(http);
    clients_closed(all);
}

void http_stop(struct http *http)
{
    /* The loop lets go of the epoll descriptor before libmicrohttpd closes it. */
    uv_close((uv_handle_t *)&http->poll, on_closed);
    uv_close((uv_handle_t *)&http->again, on_closed);
    mhd.stop_daemon(http->daemon);
}
