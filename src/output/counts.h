/* The members that a summary and each of its sources have in common, as JSON text. */
#ifndef TEAPOT_OUTPUT_COUNTS_H
#define TEAPOT_OUTPUT_COUNTS_H

#include "base/buf.h"
#include "tally/tally.h"

enum {
    COUNTS_NAMES = 20, /* names that counts_tops shows of each dimension */
};

/* How many lines there were, and what became of them. */
void counts_lines(struct buf *out, const struct tally *t);

/* The same, and all that is told of requests: classes, codes, vendors, blame, durations. */
void counts_write(struct buf *out, const struct tally *t);

/* "top": at most `max` (up to TOP_NAMES) names of the dimension `only`, or of all when it is
 * negative. */
void counts_top(struct buf *out, const struct tally *t, int only, size_t max);

/* The same with COUNTS_NAMES of each; nothing when there are no names. */
void counts_tops(struct buf *out, const struct tally *t);

/* "unparsed_samples"; nothing when there are none. */
void counts_samples(struct buf *out, const struct tally *t);

#endif
