/*
 * The route of a request target: its path without query, with numbers, UUIDs, hex and long tokens
 * replaced by {}, so that /users/17/cart and /users/18/cart are one.
 */
#ifndef TEAPOT_TALLY_ROUTE_H
#define TEAPOT_TALLY_ROUTE_H

#include "base/span.h"

enum {
    ROUTE_BYTES = 160, /* longer routes are cut */
};

/* Writes the route of `target` (a path, or an absolute URI whose authority is left out) to `out`
 * and returns it as a span into `out`; empty when the target is no path ("*", "-", garbage). */
struct span route_of(struct span target, char out[ROUTE_BYTES]);

#endif
