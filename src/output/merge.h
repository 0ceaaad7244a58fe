/*
 * The member "merge" of a summary: what another teapotd needs to add this one's counts to its own
 * exactly: cells, duration sketches, top tables with their error bounds, the timeline, seconds.
 */
#ifndef TEAPOT_OUTPUT_MERGE_H
#define TEAPOT_OUTPUT_MERGE_H

#include "base/buf.h"
#include "output/summary.h"

/* Appends the member's value as JSON. The seconds are those of `all`, or the sum over the sources
 * where each is on a clock of its own; the clock is then the latest of theirs. */
void merge_write(struct buf *out, const struct summary *s);

/* "hosts", "upstreams", "routes", "clients". Static. */
const char *merge_dimension_name(enum tally_dimension dimension);

#endif
