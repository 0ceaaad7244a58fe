/*
 * libcurl is loaded with the first webhook and not linked: most have none, and the thirty libraries
 * that it brings along would cost every start 5 ms and every daemon 3 MiB.
 *
 * One easy handle in one multi handle: libcurl says which sockets and which time it waits for,
 * libuv waits, and each event goes back into curl_multi_socket_action. The body that is being sent
 * is kept beside the queue, so that an overflow never takes it away in the midst of a try.
 *
 * Everything of libcurl is gone when webhook_stop returns; the struct lives on until libuv has
 * closed the two timers. A socket's uv_poll_t has memory of its own, freed in its close callback.
 */
#include "output/webhook.h"

#include "base/alloc.h"
#include "base/library.h"

#include <stddef.h>
#include <stdlib.h>

#include <curl/curl.h>
#include <uv.h>

#ifndef TEAPOT_VERSION
#define TEAPOT_VERSION "0"
#endif

/* What is called of libcurl, without its "curl_". */
#define FUNCTIONS(DO)       \
    DO(easy_cleanup)        \
    DO(easy_getinfo)        \
    DO(easy_init)           \
    DO(easy_setopt)         \
    DO(global_cleanup)      \
    DO(global_init)         \
    DO(multi_add_handle)    \
    DO(multi_assign)        \
    DO(multi_cleanup)       \
    DO(multi_info_read)     \
    DO(multi_init)          \
    DO(multi_remove_handle) \
    DO(multi_setopt)        \
    DO(multi_socket_action) \
    DO(slist_append)        \
    DO(slist_free_all)

struct curl_calls {
#define DECLARE(name) __typeof__(curl_##name) *name;
    FUNCTIONS(DECLARE)
#undef DECLARE
};

struct body {
    char *bytes; /* NULL: none */
    size_t len;
};

struct webhook {
    struct curl_calls curl;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    uv_loop_t *loop;
    uv_timer_t curl_timer, retry_timer;
    int open_timers;
    bool is_sending; /* the easy handle is in the multi handle */
    unsigned tries;  /* of the current body */
    uint64_t backoff_ms;
    size_t answered; /* bytes of the answer so far */
    struct body current, queue[WEBHOOK_QUEUE];
    size_t head, n_queued;
    struct webhook_stats stats;
};

struct watched_socket {
    uv_poll_t poll;
    struct webhook *hook;
    curl_socket_t fd;
};

static void start_next(struct webhook *hook);

/* Doubles with each try. A longer Retry-After of the receiver (RFC 9110, 10.2.3) is respected, but
 * not without end. */
uint64_t webhook_wait_ms(unsigned tries, uint64_t first_ms, int64_t retry_after_s)
{
    uint64_t wait = first_ms;
    for (unsigned i = 1; i < tries && wait < WEBHOOK_BACKOFF_MAX_MS; i++) {
        wait *= 2;
    }
    wait = wait < WEBHOOK_BACKOFF_MAX_MS ? wait : WEBHOOK_BACKOFF_MAX_MS;
    if (retry_after_s > WEBHOOK_RETRY_AFTER_MAX_S) {
        retry_after_s = WEBHOOK_RETRY_AFTER_MAX_S;
    }
    uint64_t asked = retry_after_s > 0 ? (uint64_t)retry_after_s * 1000 : 0;
    return asked > wait ? asked : wait;
}

/* Sent or given up: the next body begins with all its tries. */
static void finish_body(struct webhook *hook)
{
    free(hook->current.bytes);
    hook->current = (struct body){0};
    hook->tries = 0;
    start_next(hook);
}

void webhook_each(const struct webhook *hook, void (*fn)(struct span body, void *ctx), void *ctx)
{
    if (hook->current.bytes) {
        fn((struct span){hook->current.bytes, hook->current.len}, ctx);
    }
    for (size_t i = 0; i < hook->n_queued; i++) {
        const struct body *b = &hook->queue[(hook->head + i) % WEBHOOK_QUEUE];
        fn((struct span){b->bytes, b->len}, ctx);
    }
}

static void on_retry(uv_timer_t *timer)
{
    struct webhook *hook = timer->data;
    hook->stats.retried++;
    start_next(hook);
}

/* Is it worth another try? A fault in the URL stays one; without a final status it was the network.
 */
static bool may_pass(CURLcode fault, long status)
{
    if (fault == CURLE_UNSUPPORTED_PROTOCOL || fault == CURLE_URL_MALFORMAT) {
        return false;
    }
    return status < 200 || status == 408 || status == 429 || (status >= 500 && status <= 599);
}

/* libcurl begins a transfer when a handle is added, so it must be taken out before the next try. */
static void settle_try(struct webhook *hook, CURLcode fault)
{
    long status = 0;
    curl_off_t retry_after = 0;
    hook->curl.easy_getinfo(hook->easy, CURLINFO_RESPONSE_CODE, &status);
    hook->curl.easy_getinfo(hook->easy, CURLINFO_RETRY_AFTER, &retry_after);
    hook->curl.multi_remove_handle(hook->multi, hook->easy);
    hook->is_sending = false;
    hook->tries++;
    /* A whole 2xx is success even when the rest of its body was cut off or never came. */
    if (status >= 200 && status <= 299) {
        hook->stats.sent++;
        finish_body(hook);
    } else if (!may_pass(fault, status) || hook->tries >= WEBHOOK_TRIES) {
        hook->stats.failed++;
        finish_body(hook);
    } else {
        uv_timer_start(&hook->retry_timer, on_retry,
                       webhook_wait_ms(hook->tries, hook->backoff_ms, retry_after), 0);
    }
}

static void look_for_end(struct webhook *hook)
{
    int left = 0;
    for (CURLMsg *m; (m = hook->curl.multi_info_read(hook->multi, &left)) != NULL;) {
        if (m->msg == CURLMSG_DONE) {
            settle_try(hook, m->data.result);
        }
    }
}

static void act(struct webhook *hook, curl_socket_t fd, int flags)
{
    int running = 0;
    hook->curl.multi_socket_action(hook->multi, fd, flags, &running);
    look_for_end(hook);
}

static void on_curl_time(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static void on_socket_event(uv_poll_t *poll, int status, int events)
{
    struct watched_socket *watched = poll->data;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    flags |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
    flags |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
    act(watched->hook, watched->fd, flags);
}

/* Not earlier: libuv uses the handle until here. */
static void on_socket_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* libcurl gives the pointer back with each later call for this socket. */
static struct watched_socket *watch_socket(struct webhook *hook, curl_socket_t fd)
{
    struct watched_socket *watched = alloc_zero(1, sizeof *watched);
    if (uv_poll_init_socket(hook->loop, &watched->poll, fd) != 0) {
        free(watched);
        return NULL;
    }
    watched->hook = hook;
    watched->fd = fd;
    watched->poll.data = watched;
    hook->curl.multi_assign(hook->multi, fd, watched);
    return watched;
}

/* libcurl wants a socket watched for `what`, or not any more. */
static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *of_socket)
{
    struct webhook *hook = ctx;
    struct watched_socket *watched = of_socket;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watched) {
            hook->curl.multi_assign(hook->multi, fd, NULL);
            uv_close((uv_handle_t *)&watched->poll, on_socket_closed);
        }
        return 0;
    }
    watched = watched ? watched : watch_socket(hook, fd);
    if (watched) {
        int events =
            (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
        uv_poll_start(&watched->poll, events, on_socket_event);
    }
    return 0;
}

/* libcurl wants to be called after `wait_ms`, or below 0 not at all. */
static int on_curl_timer(CURLM *multi, long wait_ms, void *ctx)
{
    struct webhook *hook = ctx;
    (void)multi;
    if (wait_ms < 0) {
        uv_timer_stop(&hook->curl_timer);
    } else {
        uv_timer_start(&hook->curl_timer, on_curl_time, (uint64_t)wait_ms, 0);
    }
    return 0;
}

/* What the receiver says beside its status is of no interest; an endless answer is cut off. */
static size_t on_answer(char *bytes, size_t size, size_t count, void *ctx)
{
    struct webhook *hook = ctx;
    (void)bytes;
    hook->answered += size * count;
    return hook->answered > WEBHOOK_ANSWER_BYTES ? 0 : size * count;
}

/* Sends the current body, or makes the next one current first. */
static void start_next(struct webhook *hook)
{
    if (hook->is_sending || uv_is_active((uv_handle_t *)&hook->retry_timer)) {
        return;
    }
    if (!hook->current.bytes) {
        if (hook->n_queued == 0) {
            return;
        }
        hook->current = hook->queue[hook->head];
        hook->head = (hook->head + 1) % WEBHOOK_QUEUE;
        hook->n_queued--;
    }
    hook->answered = 0;
    hook->curl.easy_setopt(hook->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)hook->current.len);
    hook->curl.easy_setopt(hook->easy, CURLOPT_POSTFIELDS, hook->current.bytes);
    hook->is_sending = hook->curl.multi_add_handle(hook->multi, hook->easy) == CURLM_OK;
}

/* No redirects and no other protocols: alerts name hosts and paths, and go only where the
 * configuration says. Signals are off, since libcurl might use SIGALRM for its time-outs. */
static void set_options(struct webhook *hook, const char *url)
{
    hook->curl.easy_setopt(hook->easy, CURLOPT_URL, url);
#if LIBCURL_VERSION_NUM >= 0x075500
    hook->curl.easy_setopt(hook->easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    hook->curl.easy_setopt(hook->easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    hook->curl.easy_setopt(hook->easy, CURLOPT_FOLLOWLOCATION, 0L);
    hook->curl.easy_setopt(hook->easy, CURLOPT_POST, 1L);
    hook->curl.easy_setopt(hook->easy, CURLOPT_HTTPHEADER, hook->headers);
    hook->curl.easy_setopt(hook->easy, CURLOPT_USERAGENT, "teapotd/" TEAPOT_VERSION);
    hook->curl.easy_setopt(hook->easy, CURLOPT_TIMEOUT_MS, (long)WEBHOOK_TIMEOUT_MS);
    hook->curl.easy_setopt(hook->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)WEBHOOK_CONNECT_MS);
    hook->curl.easy_setopt(hook->easy, CURLOPT_NOSIGNAL, 1L);
    hook->curl.easy_setopt(hook->easy, CURLOPT_WRITEFUNCTION, on_answer);
    hook->curl.easy_setopt(hook->easy, CURLOPT_WRITEDATA, hook);
    hook->curl.multi_setopt(hook->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    hook->curl.multi_setopt(hook->multi, CURLMOPT_SOCKETDATA, hook);
    hook->curl.multi_setopt(hook->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    hook->curl.multi_setopt(hook->multi, CURLMOPT_TIMERDATA, hook);
}

/* Also ends what webhook_start had begun. */
static void free_curl(struct webhook *hook)
{
    if (hook->is_sending) {
        hook->curl.multi_remove_handle(hook->multi, hook->easy);
    }
    hook->curl.easy_cleanup(hook->easy);
    hook->curl.multi_cleanup(hook->multi);
    hook->curl.slist_free_all(hook->headers);
    hook->curl.global_cleanup();
}

/* Debian has it once with OpenSSL and once with GnuTLS; either will do. */
static bool load(struct curl_calls *calls)
{
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", NULL};
    static const struct library_function functions[] = {
#define NAME(name) {"curl_" #name, offsetof(struct curl_calls, name)},
        FUNCTIONS(NAME)
#undef NAME
    };
    return library_load(names, functions, sizeof functions / sizeof *functions, calls);
}

struct webhook *webhook_start(struct uv_loop_s *loop, const char *url)
{
    struct webhook *hook = alloc_zero(1, sizeof *hook);
    if (!load(&hook->curl) || hook->curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(hook);
        return NULL;
    }
    hook->loop = loop;
    hook->backoff_ms = WEBHOOK_BACKOFF_MS;
    hook->multi = hook->curl.multi_init();
    hook->easy = hook->curl.easy_init();
    /* Without "Expect:" libcurl would ask before it sends a body above 1 MB, and some never answer.
     */
    hook->headers = hook->curl.slist_append(NULL, "Content-Type: application/json");
    hook->headers = hook->curl.slist_append(hook->headers, "Expect:");
    if (!hook->multi || !hook->easy || !hook->headers) {
        free_curl(hook);
        free(hook);
        return NULL;
    }
    uv_timer_init(loop, &hook->curl_timer);
    uv_timer_init(loop, &hook->retry_timer);
    hook->open_timers = 2;
    hook->curl_timer.data = hook->retry_timer.data = hook;
    set_options(hook, url);
    return hook;
}

/* A full queue loses its oldest body: the newest one says most about how things are now. */
void webhook_send(struct webhook *hook, struct span body)
{
    if (hook->n_queued == WEBHOOK_QUEUE) {
        free(hook->queue[hook->head].bytes);
        hook->head = (hook->head + 1) % WEBHOOK_QUEUE;
        hook->n_queued--;
        hook->stats.dropped++;
    }
    size_t at = (hook->head + hook->n_queued++) % WEBHOOK_QUEUE;
    hook->queue[at] = (struct body){alloc_text(body), body.len};
    start_next(hook);
}

/* They are not counted as dropped: the new body says what they said. */
void webhook_send_only(struct webhook *hook, struct span body)
{
    while (hook->n_queued) {
        free(hook->queue[hook->head].bytes);
        hook->head = (hook->head + 1) % WEBHOOK_QUEUE;
        hook->n_queued--;
    }
    if (hook->current.bytes && !hook->is_sending) { /* one that waits for another try */
        uv_timer_stop(&hook->retry_timer);
        free(hook->current.bytes);
        hook->current = (struct body){0};
        hook->tries = 0;
    }
    webhook_send(hook, body);
}

/* The body that is being sent still waits, until an answer settles it. */
struct webhook_stats webhook_stats(const struct webhook *hook)
{
    struct webhook_stats stats = hook->stats;
    stats.waiting = hook->n_queued + (hook->current.bytes ? 1 : 0);
    return stats;
}

void webhook_set_backoff_ms(struct webhook *hook, uint64_t first_ms)
{
    hook->backoff_ms = first_ms;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct webhook *hook = handle->data;
    if (--hook->open_timers == 0) {
        free(hook);
    }
}

/* libcurl goes first, because on its way out it calls back to have sockets let go. */
void webhook_stop(struct webhook *hook)
{
    if (!hook) {
        return;
    }
    free_curl(hook);
    free(hook->current.bytes);
    for (size_t i = 0; i < hook->n_queued; i++) {
        free(hook->queue[(hook->head + i) % WEBHOOK_QUEUE].bytes);
    }
    uv_close((uv_handle_t *)&hook->curl_timer, on_timer_closed);
    uv_close((uv_handle_t *)&hook->retry_timer, on_timer_closed);
}
