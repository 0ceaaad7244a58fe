/*
 * The requests of a made-up shop. They are drawn first and written by the writer of the wanted
 * format (writer.h), so that the logs of all formats tell the same story.
 */
#ifndef TEAPOT_GENERATE_REQUEST_H
#define TEAPOT_GENERATE_REQUEST_H

#include <stdint.h>

/* How the shop fares. */
struct request_story {
    int64_t start;
    int64_t calm, incident; /* seconds: so long all is well, so long it is not, and again */
    double share;           /* of 5xx during an incident */
};

struct request {
    int64_t second;
    unsigned millisecond, status, duration_ms, address, id, bytes;
    const char *method, *path, *referer, *agent, *host, *upstream; /* static; a '#' is `id` */
    uint64_t luck; /* random bits for what only some formats have: escapes, garbage, lengths */
};

/* Draws the rest of a request whose time is set. The same `rng`, story and time give the same. */
void request_draw(const struct request_story *story, uint64_t *rng, struct request *r);

/* Takes the next random bits of a request: so many, at most 32. */
unsigned request_luck(struct request *r, unsigned bits);

#endif
