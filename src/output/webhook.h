/*
 * Delivers alerts by HTTP POST, on the loop (libcurl's multi interface), without ever making
 * anything wait: a bounded queue, retries with back-off, and a count of what was dropped.
 */
#ifndef TEAPOT_OUTPUT_WEBHOOK_H
#define TEAPOT_OUTPUT_WEBHOOK_H

#include "output/outbox.h"

enum {
    WEBHOOK_TIMEOUT_MS = 10000,   /* of one try */
    WEBHOOK_CONNECT_MS = 5000,    /* of that, for the connection */
    WEBHOOK_ANSWER_BYTES = 65536, /* of an answer's body that are read before it is cut off */
};

struct uv_loop_s; /* uv_loop_t of libuv */

struct webhook;

/* Starts a sender to `url`, http or https, that messages call `name`, for a URL may hold secrets.
 * `token` (may be NULL) is shown as a bearer's (RFC 6750). The loop must outlive it. Returns NULL
 * when libcurl is not there or can't be started. */
struct webhook *webhook_start(struct uv_loop_s *loop, const char *name, const char *url,
                              const char *token);

/* Queues one JSON body, which is copied. Bodies to one URL go in order, one at a time. A network
 * fault, 408, 429 and 5xx are tried again (after 1 s, 2 s, 4 s … at most 60 s; Retry-After is
 * obeyed), any other answer that is not 2xx is final, and is said on stderr with `name`. */
void webhook_send(struct webhook *hook, struct span body);

/* The same, in place of all that wait, also for another try; a body under way is still sent. */
void webhook_send_only(struct webhook *hook, struct span body);

/* What waits, and what became of the rest. */
const struct outbox *webhook_outbox(const struct webhook *hook);

/* Waits `first_ms` instead of OUTBOX_BACKOFF_MS before the second try; for tests. */
void webhook_set_backoff_ms(struct webhook *hook, uint64_t first_ms);

/* Stops at once: what waits is dropped. Memory goes when the loop has run the close callbacks.
 * `hook` may be NULL. */
void webhook_stop(struct webhook *hook);

#endif
