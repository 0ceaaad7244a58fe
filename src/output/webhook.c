/*
 * libcurl is loaded with the first webhook and not linked: most have none, and the thirty libraries
 * that it brings along would cost every start 5 ms and every daemon 3 MiB.
 *
 * One easy handle in one multi handle: libcurl says which sockets and which time it waits for,
 * libuv waits, and each event goes back into curl_multi_socket_action.
 *
 * Everything of libcurl is gone when webhook_stop returns; the struct lives on until libuv has
 * closed the two timers. A socket's uv_poll_t has memory of its own, freed in its close callback.
 */
#include "output/webhook.h"

#include "base/alloc.h"
#include "base/library.h"

#include <stddef.h>
#include <stdio.h>
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
    DO(easy_strerror)       \
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

struct webhook {
    struct curl_calls curl;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    uv_loop_t *loop;
    uv_timer_t curl_timer, retry_timer;
    int open_timers;
    bool is_sending; /* the easy handle is in the multi handle */
    size_t answered; /* bytes of the answer so far */
    struct outbox outbox;
};

struct watched_socket {
    uv_poll_t poll;
    struct webhook *hook;
    curl_socket_t fd;
};

static void start_next(struct webhook *hook);

static void on_retry(uv_timer_t *timer)
{
    start_next(timer->data);
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

static enum outbox_result result_of(CURLcode fault, long status)
{
    /* A whole 2xx is success even when the rest of its body was cut off or never came. */
    if (status >= 200 && status <= 299) {
        return OUTBOX_SENT;
    }
    return may_pass(fault, status) ? OUTBOX_FAILED : OUTBOX_REFUSED;
}

/* The receiver's own words are not repeated: who knows what it puts into them. */
static const char *reason_of(const struct webhook *hook, CURLcode fault, long status, char out[64])
{
    if (!status) {
        return hook->curl.easy_strerror(fault);
    }
    snprintf(out, 64, "it answered with HTTP status %ld", status);
    return out;
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
    enum outbox_result result = result_of(fault, status);
    char why[64];
    uint64_t wait_ms =
        outbox_settle(&hook->outbox, result, retry_after, reason_of(hook, fault, status, why));
    if (wait_ms) {
        uv_timer_start(&hook->retry_timer, on_retry, wait_ms, 0);
    }
    start_next(hook);
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

static void start_next(struct webhook *hook)
{
    if (hook->is_sending || uv_is_active((uv_handle_t *)&hook->retry_timer)) {
        return;
    }
    const struct outbox_body *body = outbox_next(&hook->outbox);
    if (!body) {
        return;
    }
    hook->answered = 0;
    hook->curl.easy_setopt(hook->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
    hook->curl.easy_setopt(hook->easy, CURLOPT_POSTFIELDS, body->bytes);
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

static void add_header(struct webhook *hook, const char *line)
{
    struct curl_slist *more = hook->curl.slist_append(hook->headers, line);
    hook->headers = more ? more : hook->headers;
}

static void add_token(struct webhook *hook, const char *token)
{
    char *line = alloc_printf("Authorization: Bearer %s", token);
    add_header(hook, line);
    free(line);
}

struct webhook *webhook_start(struct uv_loop_s *loop, const char *name, const char *url,
                              const char *token)
{
    struct webhook *hook = alloc_zero(1, sizeof *hook);
    if (!load(&hook->curl) || hook->curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(hook);
        return NULL;
    }
    hook->loop = loop;
    hook->multi = hook->curl.multi_init();
    hook->easy = hook->curl.easy_init();
    /* Without "Expect:" libcurl would ask before it sends a body above 1 MB, and some never answer.
     */
    add_header(hook, "Content-Type: application/json");
    add_header(hook, "Expect:");
    if (token) {
        add_token(hook, token);
    }
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
    outbox_init(&hook->outbox, name);
    return hook;
}

void webhook_send(struct webhook *hook, struct span body)
{
    outbox_put(&hook->outbox, body);
    start_next(hook);
}

void webhook_send_only(struct webhook *hook, struct span body)
{
    if (!hook->is_sending) { /* one may wait for another try */
        uv_timer_stop(&hook->retry_timer);
    }
    outbox_put_only(&hook->outbox, body, hook->is_sending);
    start_next(hook);
}

const struct outbox *webhook_outbox(const struct webhook *hook)
{
    return &hook->outbox;
}

void webhook_set_backoff_ms(struct webhook *hook, uint64_t first_ms)
{
    hook->outbox.first_wait_ms = first_ms;
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
    outbox_done(&hook->outbox);
    uv_close((uv_handle_t *)&hook->curl_timer, on_timer_closed);
    uv_close((uv_handle_t *)&hook->retry_timer, on_timer_closed);
}
