/*
 * Texts on their way to one receiver: a bounded queue, and how often and when each is tried again.
 * What carries them (webhook.h, run/program.h) asks for the next one, tries, and says how it went.
 */
#ifndef TEAPOT_OUTPUT_OUTBOX_H
#define TEAPOT_OUTPUT_OUTBOX_H

#include "base/span.h"

enum {
    OUTBOX_QUEUE = 256,       /* bodies that may wait; then the oldest goes */
    OUTBOX_TRIES = 64,        /* an hour; then a body is given up, and that is counted */
    OUTBOX_BACKOFF_MS = 1000, /* before the second try; doubled before each further one */
    OUTBOX_BACKOFF_MAX_MS = 60000,
    OUTBOX_RETRY_AFTER_MAX_S = 3600 /* a longer wish of the receiver is cut to this */
};

struct outbox_stats {
    uint64_t sent, failed, dropped, waiting;
    uint64_t retried; /* tries beyond the first */
};

struct outbox_body {
    char *bytes; /* NULL: none */
    size_t len;
};

/* Made by outbox_init; its members are outbox.c's business. */
struct outbox {
    char *name;                                      /* of the receiver, in messages */
    bool is_failing;                                 /* the last try failed, and that was said */
    unsigned tries;                                  /* of the current body */
    uint64_t first_wait_ms;                          /* 0: OUTBOX_BACKOFF_MS */
    struct outbox_body current, queue[OUTBOX_QUEUE]; /* the current one is beside the queue, so that
                                                        an overflow never takes it from a try */
    size_t head, n_queued;
    struct outbox_stats stats;
};

enum outbox_result {
    OUTBOX_SENT,
    OUTBOX_REFUSED, /* another try would end the same way */
    OUTBOX_FAILED,  /* another one may not */
};

/* Makes an empty one, for a receiver that messages call `name`; freed with outbox_done. */
void outbox_init(struct outbox *o, const char *name);

/* Queues a copy of one body. */
void outbox_put(struct outbox *o, struct span body);

/* The same, in place of all that wait; also of the current one, unless it is being tried. */
void outbox_put_only(struct outbox *o, struct span body, bool is_trying);

/* The body to be tried now; NULL when there is none. Valid until it is settled. */
const struct outbox_body *outbox_next(struct outbox *o);

/* How a try of the current body went, and `why` it failed in words (else NULL): said on stderr when
 * it was refused, or is the first to fail since one succeeded. Returns after how many milliseconds
 * it is to be tried again, up to a quarter more than outbox_wait_ms says, so that many hosts don't
 * come at once; 0 when it is done with. `retry_after_s` is what the receiver asked for, 0 or below
 * for nothing. */
uint64_t outbox_settle(struct outbox *o, enum outbox_result result, int64_t retry_after_s,
                       const char *why);

/* Calls `fn` for each body that was not sent yet, in order, the current one included. */
void outbox_each(const struct outbox *o, void (*fn)(struct span body, void *ctx), void *ctx);

/* What became of the bodies so far. */
struct outbox_stats outbox_stats(const struct outbox *o);

/* How long to wait after `tries` tries that failed, when the first wait is `first_ms` and the
 * receiver asked for `retry_after_s`. */
uint64_t outbox_wait_ms(unsigned tries, uint64_t first_ms, int64_t retry_after_s);

/* Frees what waits. */
void outbox_done(struct outbox *o);

#endif
