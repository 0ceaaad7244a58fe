/* An alert set, the traffic that it is fed with, and a record of what it told. */
#ifndef TEAPOT_TESTS_ALERT_WORLD_H
#define TEAPOT_TESTS_ALERT_WORLD_H

#include "alert/alert.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "codes/verdict.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    WORLD_START = 1795364000, /* 2026-11-22T16:13:20Z */
};

struct world {
    struct alert_set *set;
    struct buf told; /* a line for each change */
    size_t n_told;
    struct alert last;
};

static inline void world_on_change(const struct alert *a, void *ctx)
{
    struct world *world = ctx;
    buf_printf(&world->told, "%s %s %s %s|%s at=%lld since=%lld resolved=%lld %llu/%llu %s\n",
               a->id, alert_state_name(a->state), rule_severity_name(a->severity), a->source,
               a->host, (long long)a->at, (long long)a->since, (long long)a->resolved_at,
               (unsigned long long)a->errors, (unsigned long long)a->requests, a->summary);
    world->n_told++;
    world->last = *a;
}

/* The rule of netdata for one series of all, "spike". */
static inline struct rule world_rule(unsigned by)
{
    struct rule rule = {.name = "spike", .by = by};
    rule_preset(&rule, SPAN("netdata"));
    return rule;
}

static inline struct world *world_new(const struct rule *rule)
{
    struct world *world = alloc_zero(1, sizeof *world);
    world->set = alert_set_new(rule, 1, world_on_change, world);
    return world;
}

static inline void world_free(struct world *world)
{
    alert_set_free(world->set);
    buf_done(&world->told);
    free(world);
}

/* Feeds one complete second of a source as a whole. */
static inline void world_second(struct world *world, const char *source, int64_t second,
                                uint32_t requests, uint32_t e5xx)
{
    struct window_record record = {.second = second, .requests = requests, .e5xx = e5xx};
    struct window w = {.records = &record, .n_records = requests > 0};
    alert_set_feed(world->set, source, &w, second + 1);
}

/* The same for `n` seconds from `second` on; returns the second after them. */
static inline int64_t world_seconds(struct world *world, int64_t second, int64_t n,
                                    uint32_t requests, uint32_t e5xx)
{
    for (int64_t i = 0; i < n; i++) {
        world_second(world, "a.log", second + i, requests, e5xx);
    }
    return second + n;
}

/* A line for window_add. */
static inline struct window_line world_line(const char *host, uint16_t status)
{
    return (struct window_line){.host = span_of(host),
                                .route = SPAN("/cart"),
                                .upstream = SPAN("10.0.0.7:8080"),
                                .text = SPAN("192.0.2.17 - - \"GET /cart?id=9 HTTP/1.1\" 502 0"),
                                .status = status,
                                .entry = verdict_entry(status, SERVER_NGINX, SPAN("")),
                                .class = status_class(status),
                                .blame = status == 502 ? BLAME_UPSTREAM : BLAME_NONE};
}

/* Adds `ok` answers with 200 and `bad` ones with `status` of a host. */
static inline void world_add(struct window *w, int64_t second, const char *host, int ok, int bad,
                             uint16_t status)
{
    struct window_line good = world_line(host, 200), wrong = world_line(host, status);
    for (int i = 0; i < ok; i++) {
        window_add(w, second, &good);
    }
    for (int i = 0; i < bad; i++) {
        window_add(w, second, &wrong);
    }
}

#endif
