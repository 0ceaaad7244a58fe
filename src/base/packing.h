/*
 * Numbers and texts as bytes, for what is kept over a restart. Numbers have seven bits a byte, the
 * lowest first, and the highest bit set in all but the last; signed ones are folded (0, -1, 1, -2
 * …); texts have their length in front. Reading trusts nothing.
 */
#ifndef TEAPOT_BASE_PACKING_H
#define TEAPOT_BASE_PACKING_H

#include "base/buf.h"

void packing_put(struct buf *out, uint64_t n);
void packing_put_signed(struct buf *out, int64_t n);
void packing_put_double(struct buf *out, double n);
void packing_put_text(struct buf *out, struct span text);

/* What is left to be read. Once anything was wrong `is_bad` is true, and all is 0 and empty. */
struct packing {
    struct span rest;
    bool is_bad;
    unsigned version; /* of the layout, for whoever reads it */
};

uint64_t packing_get(struct packing *in);
int64_t packing_get_signed(struct packing *in);
double packing_get_double(struct packing *in);
/* Points into what is read. */
struct span packing_get_text(struct packing *in);

/* A number that is at most `most`; a larger one is wrong. */
uint64_t packing_get_upto(struct packing *in, uint64_t most);

#endif
