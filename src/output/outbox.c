#include "output/outbox.h"

#include "base/alloc.h"
#include "base/diag.h"

#include <stdlib.h>

/* Doubles with each try. A longer wish of the receiver (Retry-After: RFC 9110, 10.2.3) is
 * respected, but not without end. */
uint64_t outbox_wait_ms(unsigned tries, uint64_t first_ms, int64_t retry_after_s)
{
    uint64_t wait = first_ms;
    for (unsigned i = 1; i < tries && wait < OUTBOX_BACKOFF_MAX_MS; i++) {
        wait *= 2;
    }
    wait = wait < OUTBOX_BACKOFF_MAX_MS ? wait : OUTBOX_BACKOFF_MAX_MS;
    if (retry_after_s > OUTBOX_RETRY_AFTER_MAX_S) {
        retry_after_s = OUTBOX_RETRY_AFTER_MAX_S;
    }
    uint64_t asked = retry_after_s > 0 ? (uint64_t)retry_after_s * 1000 : 0;
    return asked > wait ? asked : wait;
}

void outbox_init(struct outbox *o, const char *name)
{
    *o = (struct outbox){.name = alloc_text(span_of(name))};
}

static struct outbox_body take_oldest(struct outbox *o)
{
    struct outbox_body oldest = o->queue[o->head];
    o->head = (o->head + 1) % OUTBOX_QUEUE;
    o->n_queued--;
    return oldest;
}

/* The next one begins with all its tries. */
static void finish_current(struct outbox *o)
{
    free(o->current.bytes);
    o->current = (struct outbox_body){0};
    o->tries = 0;
}

/* A full queue loses its oldest body: the newest one says most about how things are now. */
void outbox_put(struct outbox *o, struct span body)
{
    if (o->n_queued == OUTBOX_QUEUE) {
        free(take_oldest(o).bytes);
        o->stats.dropped++;
    }
    size_t at = (o->head + o->n_queued++) % OUTBOX_QUEUE;
    o->queue[at] = (struct outbox_body){alloc_text(body), body.len};
}

/* They are not counted as dropped: the new body says what they said. */
void outbox_put_only(struct outbox *o, struct span body, bool is_trying)
{
    while (o->n_queued) {
        free(take_oldest(o).bytes);
    }
    if (!is_trying) {
        finish_current(o);
    }
    outbox_put(o, body);
}

const struct outbox_body *outbox_next(struct outbox *o)
{
    if (!o->current.bytes && o->n_queued) {
        o->current = take_oldest(o);
    }
    o->stats.retried += o->tries > 0;
    return o->current.bytes ? &o->current : NULL;
}

/* A receiver that is away for an hour is said once, not sixty times. */
static void report(struct outbox *o, enum outbox_result result, bool is_last, const char *why)
{
    if (result == OUTBOX_SENT) {
        if (o->is_failing) {
            diag_say(DIAG_INFO, "notify \"%s\": alerts are delivered again", o->name);
        }
    } else if (is_last) {
        diag_say(DIAG_WARNING, "notify \"%s\": an alert was not delivered: %s", o->name, why);
    } else if (!o->is_failing) {
        diag_say(DIAG_WARNING, "notify \"%s\": %s; tried again for an hour", o->name, why);
    }
    o->is_failing = result != OUTBOX_SENT;
}

uint64_t outbox_settle(struct outbox *o, enum outbox_result result, int64_t retry_after_s,
                       const char *why)
{
    o->tries++;
    bool is_last = result != OUTBOX_FAILED || o->tries >= OUTBOX_TRIES;
    report(o, result, is_last, why);
    if (!is_last) {
        uint64_t first_ms = o->first_wait_ms ? o->first_wait_ms : OUTBOX_BACKOFF_MS;
        uint64_t wait = outbox_wait_ms(o->tries, first_ms, retry_after_s);
        struct span body = {o->current.bytes, o->current.len};
        return wait + (span_hash(body) + o->tries * 0x9e3779b97f4a7c15u) % (wait / 4 + 1);
    }
    o->stats.sent += result == OUTBOX_SENT;
    o->stats.failed += result != OUTBOX_SENT;
    finish_current(o);
    return 0;
}

void outbox_each(const struct outbox *o, void (*fn)(struct span body, void *ctx), void *ctx)
{
    if (o->current.bytes) {
        fn((struct span){o->current.bytes, o->current.len}, ctx);
    }
    for (size_t i = 0; i < o->n_queued; i++) {
        const struct outbox_body *b = &o->queue[(o->head + i) % OUTBOX_QUEUE];
        fn((struct span){b->bytes, b->len}, ctx);
    }
}

/* The current body still waits, until it is settled. */
struct outbox_stats outbox_stats(const struct outbox *o)
{
    struct outbox_stats stats = o->stats;
    stats.waiting = o->n_queued + (o->current.bytes ? 1 : 0);
    return stats;
}

void outbox_done(struct outbox *o)
{
    finish_current(o);
    while (o->n_queued) {
        free(take_oldest(o).bytes);
    }
    free(o->name);
    o->name = NULL;
}
