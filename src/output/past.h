/* History as JSON: schema teapotd.history/1. */
#ifndef TEAPOT_OUTPUT_PAST_H
#define TEAPOT_OUTPUT_PAST_H

#include "base/buf.h"
#include "tally/history.h"

/* Appends the steps of a sorted history that have anything in them, each of `width` seconds, from
 * `from` to before `to`. */
void past_write(struct buf *out, const struct history *h, uint32_t width, int64_t from, int64_t to);

#endif
