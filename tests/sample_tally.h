/* Small tallies for the tests of what is made from them. */
#ifndef TEAPOT_TESTS_SAMPLE_TALLY_H
#define TEAPOT_TESTS_SAMPLE_TALLY_H

#include "tally/tally.h"

#include <stdlib.h>

enum {
    SAMPLE_KEEP_ALL =
        1 << TALLY_HOSTS | 1 << TALLY_UPSTREAMS | 1 << TALLY_ROUTES | 1 << TALLY_CLIENTS,
    SAMPLE_START = 1795339200, /* 2026-11-22 09:20:00 UTC */
};

struct sample_request {
    const char *status, *host, *target, *upstream, *client;
    int64_t bytes, duration_ns;
};

/* Counts one request of a server's log, `times` times, at a second. */
static inline void sample_add(struct tally *t, enum server server, const struct sample_request *r,
                              int64_t second, unsigned times)
{
    struct verdict_table *table = malloc(sizeof(*table));
    struct event e;
    verdict_table_init(table, server, (struct span){0});
    event_clear(&e);
    e.status = status_slot(span_of(r->status));
    e.host = span_of(r->host);
    e.target = span_of(r->target);
    e.upstream = span_of(r->upstream);
    e.client = span_of(r->client);
    e.bytes = r->bytes;
    e.duration_ns = r->duration_ns;
    for (unsigned i = 0; i < times; i++) {
        tally_request(t, &e, verdict_of(table, &e), second * 1000, true,
                      SPAN("GET / as it stood in the log"));
    }
    free(table);
}

/* A request of nginx that was tried at a server behind, more than once when `origin` is a list. */
static inline void sample_tries(struct tally *t, const char *upstream, const char *origin)
{
    struct verdict_table *table = malloc(sizeof(*table));
    struct event e;
    verdict_table_init(table, SERVER_NGINX, (struct span){0});
    event_clear(&e);
    e.status = 502;
    e.upstream = span_of(upstream);
    e.origin = span_of(origin);
    struct judgement j = judge(table, &e);
    tally_request(t, &e, j.verdict, (int64_t)SAMPLE_START * 1000, true, SPAN("GET /"));
    tally_cause(t, &e, &j);
    free(table);
}

/* A request with a status and nothing else. */
static inline void sample_status(struct tally *t, enum server server, const char *status,
                                 unsigned times)
{
    const struct sample_request r = {
        .status = status, .bytes = EVENT_NO_BYTES, .duration_ns = EVENT_NO_DURATION};
    sample_add(t, server, &r, SAMPLE_START, times);
}

#endif
