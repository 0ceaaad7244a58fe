/*
 * Delivers alerts by HTTP POST, on the loop (libcurl's multi interface), without ever making
 * anything wait: a bounded queue, retries with back-off, and a count of what was dropped.
 */
#ifndef TEAPOT_OUTPUT_WEBHOOK_H
#define TEAPOT_OUTPUT_WEBHOOK_H

#include "base/span.h"

enum {
    WEBHOOK_QUEUE = 256,          /* bodies that may wait; then the oldest goes */
    WEBHOOK_TRIES = 8,            /* then a body is given up, and that is counted */
    WEBHOOK_TIMEOUT_MS = 10000,   /* of one try */
    WEBHOOK_CONNECT_MS = 5000,    /* of that, for the connection */
    WEBHOOK_ANSWER_BYTES = 65536, /* of an answer's body that are read before it is cut off */
    WEBHOOK_BACKOFF_MS = 1000,    /* before the second try; doubled before each further one */
    WEBHOOK_BACKOFF_MAX_MS = 60000,
    WEBHOOK_RETRY_AFTER_MAX_S = 3600 /* a longer Retry-After is cut to this */
};

struct uv_loop_s; /* uv_loop_t of libuv */

struct webhook;

struct webhook_stats {
    uint64_t sent, failed, dropped, waiting;
    uint64_t retried; /* tries beyond the first */
};

/* Starts a sender to `url`, http or https. The loop must outlive it. Returns NULL when libcurl
 * is not there or can't be started. */
struct webhook *webhook_start(struct uv_loop_s *loop, const char *url);

/* Queues one JSON body, which is copied. Bodies to one URL go in order, one at a time. A network
 * fault, 408, 429 and 5xx are tried again (after 1 s, 2 s, 4 s … at most 60 s; Retry-After is
 * obeyed), any other answer that is not 2xx is final. */
void webhook_send(struct webhook *hook, struct span body);

/* The same, in place of all that wait, also for another try; a body under way is still sent. */
void webhook_send_only(struct webhook *hook, struct span body);

/* Calls `fn` for each body that was not sent yet, in order, the one under way included. */
void webhook_each(const struct webhook *hook, void (*fn)(struct span body, void *ctx), void *ctx);

/* What became of the bodies so far. */
struct webhook_stats webhook_stats(const struct webhook *hook);

/* Waits `first_ms` instead of WEBHOOK_BACKOFF_MS before the second try; for tests. */
void webhook_set_backoff_ms(struct webhook *hook, uint64_t first_ms);

/* How long to wait after `tries` tries that failed, when the first wait is `first_ms` and the
 * receiver asked for `retry_after_s` (0 or below: it did not). */
uint64_t webhook_wait_ms(unsigned tries, uint64_t first_ms, int64_t retry_after_s);

/* Stops at once: what waits is dropped. Memory goes when the loop has run the close callbacks.
 * `hook` may be NULL. */
void webhook_stop(struct webhook *hook);

#endif
