/*
 * A client goes through four states, one way:
 *
 *     FIRST ──upper-case word──→ HTTP takes the descriptor
 *       └──anything else──→ LINE ──"\n" or end of input──→ ANSWER ──all sent──→ DRAIN ──→ closed
 *
 * DRAIN reads what the client still sends, a bounded number of bytes: closing a TCP socket with
 * unread input resets it, and the client would lose the end of its answer.
 */
#include "serve/socket.h"

#include "base/alloc.h"
#include "serve/command.h"
#include "serve/listen.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_BYTES = 1024,
    SEND_BYTES = 256 << 10, /* at once, so that a fast reader of much leaves time for others */
    DRAIN_BYTES = 64 << 10,
};

enum state {
    FIRST,
    LINE,
    ANSWER,
    DRAIN,
};

struct socket_client {
    struct client base; /* first: the list hands out pointers to it */
    struct clients *all;
    struct http *http;
    uv_poll_t poll;
    int fd;
    enum state state;
    bool needs_token;
    struct listen_peer peer;
    struct buf in, out;
    size_t sent, drained;
};

static void on_event(uv_poll_t *poll, int status, int events);

/* libuv uses the handle until here, so the memory goes last. */
static void on_closed(uv_handle_t *handle)
{
    struct socket_client *c = handle->data;
    clients_closed(c->all);
    free(c);
}

/* Lets the loop forget the client; the descriptor is the caller's again. */
static int release(struct socket_client *c)
{
    int fd = c->fd;
    clients_remove(c->all, &c->base);
    buf_done(&c->in);
    buf_done(&c->out);
    c->fd = -1;
    uv_close((uv_handle_t *)&c->poll, on_closed);
    return fd;
}

static void end(struct socket_client *c)
{
    close(release(c));
}

/* Called by the list, for those who are too slow or too many. */
static void on_drop(struct client *base)
{
    end((struct socket_client *)base);
}

static void wait_for(struct socket_client *c, int events)
{
    uv_poll_start(&c->poll, events, on_event);
}

/* Sends as much as the socket takes. The end of the answer is told by shutdown, as on HAProxy's
 * stats socket; then the client may still be sending, so it is drained. */
static void send_more(struct socket_client *c)
{
    size_t left = c->out.len - c->sent;
    ssize_t n =
        send(c->fd, c->out.data + c->sent, left < SEND_BYTES ? left : SEND_BYTES, MSG_NOSIGNAL);
    if (n < 0) {
        if (errno == EAGAIN || errno == EINTR) {
            wait_for(c, UV_WRITABLE);
        } else {
            end(c);
        }
        return;
    }
    c->sent += (size_t)n;
    clients_progress(c->all, &c->base);
    if (c->sent < c->out.len) {
        wait_for(c, UV_WRITABLE);
        return;
    }
    clients_hold(c->all, &c->base, 0);
    buf_done(&c->out);
    shutdown(c->fd, SHUT_WR);
    c->state = DRAIN;
    c->base.is_idle = true;
    wait_for(c, UV_READABLE);
}

/* `out` is complete: from here on the client only has to read. */
static void start_answer(struct socket_client *c)
{
    if (c->out.len == 0 || c->out.data[c->out.len - 1] != '\n') {
        buf_byte(&c->out, '\n');
    }
    buf_done(&c->in);
    c->state = ANSWER;
    clients_progress(c->all, &c->base);
    clients_hold(c->all, &c->base, c->out.len);
    send_more(c);
}

static void fail(struct socket_client *c, struct span text)
{
    c->all->stats.refused++;
    buf_text(&c->out, "error: ");
    buf_add(&c->out, text);
}

/* Why this client may not ask that, or NULL when it may. */
static const char *refusal(const struct socket_client *c, enum serve_topic topic)
{
    if (!command_is_owners(topic)) {
        return NULL;
    }
    if (!c->peer.is_local) {
        return "not over TCP: only the unix socket takes this command";
    }
    return c->peer.is_owner ? NULL : "only root and the daemon's own user may do this";
}

/* Asks the daemon and puts what it says into `out`. */
static void ask(struct socket_client *c, struct serve_request *request)
{
    request->owner = c->peer.is_owner;
    struct buf answer = {0};
    int status = c->all->answer(request, &answer, c->all->ctx);
    /* That something is wrong is the answer to `health`, not a failure to answer. */
    if (status < 400 || request->topic == SERVE_HEALTH) {
        c->all->stats.answered++;
        c->out = answer;
    } else if (answer.len && answer.data[0] == '{') {
        c->all->stats.refused++;
        c->out = answer;
    } else {
        fail(c, answer.len ? buf_span(&answer) : SPAN("it could not be done"));
        buf_done(&answer);
    }
}

/* What comes behind the first line is not looked at: one question, one answer, the end. */
static void answer_line(struct socket_client *c, struct span line)
{
    struct serve_request request = {0};
    struct buf why = {0};
    if (c->needs_token && !c->peer.is_local) {
        fail(c, SPAN("a token is needed: ask by HTTP, with Authorization: Bearer TOKEN"));
        start_answer(c);
        return;
    }
    switch (command_line(line, &request, &why)) {
    case COMMAND_ASK: {
        const char *refused = refusal(c, request.topic);
        if (refused) {
            fail(c, span_of(refused));
        } else {
            ask(c, &request);
        }
        break;
    }
    case COMMAND_HELP:
        command_help(&c->out);
        c->all->stats.answered++;
        break;
    case COMMAND_UNKNOWN:
    case COMMAND_BAD: fail(c, buf_span(&why)); break;
    }
    buf_done(&why);
    start_answer(c);
}

/* One read per turn of the loop, so that nobody who sends much holds up the others. */
static void read_line(struct socket_client *c)
{
    ssize_t n = recv(c->fd, buf_room(&c->in, READ_BYTES), READ_BYTES, 0);
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            end(c);
        }
        return;
    }
    size_t seen = c->in.len;
    c->in.len += (size_t)n;
    size_t at = seen + span_find(span_after(buf_span(&c->in), seen), '\n');
    if (at > SERVE_REQUEST_BYTES) {
        fail(c, SPAN("the command line is too long"));
        start_answer(c);
    } else if (at < c->in.len || n == 0) {
        struct span line = span_head(buf_span(&c->in), at);
        line.len -= line.len && line.ptr[line.len - 1] == '\r' ? 1 : 0;
        answer_line(c, line);
    }
}

/*
 * Is this the beginning of an HTTP request: an upper-case word, a blank, and '/', '*' or the 'h' of
 * "http://"? A beginning that is cut before that counts as one, so that nothing has to be waited
 * for: our commands are lower-case.
 */
static bool is_http(struct span bytes)
{
    size_t word = 0;
    while (word < bytes.len && bytes.ptr[word] >= 'A' && bytes.ptr[word] <= 'Z') {
        word++;
    }
    if (word == 0 || word == bytes.len) {
        return word > 0;
    }
    struct span target = span_after(bytes, word + 1);
    return bytes.ptr[word] == ' ' && (target.len == 0 || target.ptr[0] == '/' ||
                                      target.ptr[0] == '*' || target.ptr[0] == 'h');
}

/* Peeks, since libmicrohttpd must find the bytes still in the socket. */
static void look(struct socket_client *c)
{
    char first[32];
    ssize_t n = recv(c->fd, first, sizeof(first), MSG_PEEK);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n > 0 && is_http((struct span){first, (size_t)n})) {
        struct http *http = c->http;
        int fd = release(c);
        http_take(http, fd);
        return;
    }
    c->state = LINE;
    read_line(c);
}

/* Bounded in bytes here, and in time by the deadline, which reading does not extend. */
static void drain(struct socket_client *c)
{
    char waste[16384];
    ssize_t n = recv(c->fd, waste, sizeof(waste), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    c->drained += n > 0 ? (size_t)n : 0;
    if (n <= 0 || c->drained > DRAIN_BYTES) {
        end(c);
    }
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct socket_client *c = poll->data;
    (void)events;
    if (status < 0) {
        end(c);
        return;
    }
    switch (c->state) {
    case FIRST: look(c); break;
    case LINE: read_line(c); break;
    case ANSWER: send_more(c); break;
    case DRAIN: drain(c); break;
    }
}

/* Takes the descriptor over in any case: when the loop refuses it, it is closed. */
void socket_take(struct clients *all, struct http *http, int fd, bool needs_token)
{
    struct socket_client *c = alloc_zero(1, sizeof(*c));
    if (uv_poll_init(all->loop, &c->poll, fd) < 0) {
        close(fd);
        free(c);
        return;
    }
    c->base.drop = on_drop;
    c->all = all;
    c->http = http;
    c->fd = fd;
    c->needs_token = needs_token;
    c->peer = listen_peer(fd);
    c->poll.data = c;
    clients_opened(all);
    clients_add(all, &c->base);
    wait_for(c, UV_READABLE);
}
