/*
 * A tally's counts as bytes, to be kept over a restart: all but the seconds of its window, which
 * are in the alerts already. Owners stand by name, so that a later dictionary reads them.
 */
#ifndef TEAPOT_TALLY_PACK_H
#define TEAPOT_TALLY_PACK_H

#include "base/packing.h"
#include "tally/tally.h"

/* Appends the counts. What is empty takes a byte or two. */
void pack_tally(const struct tally *t, struct buf *out);

/* Adds the counts that pack_tally wrote to a tally. False, with what was read so far added, when
 * the bytes are damaged or of a version that is not known; the tally is sound in any case. */
bool pack_read(struct tally *t, struct span bytes);

/* Appends a status and the owner of its entry (as in struct verdict), by name; and reads them. */
void pack_code(struct buf *out, uint16_t status, uint16_t entry);
void pack_read_code(struct packing *in, uint16_t *status, uint16_t *entry);

/* Does a window hold back lines whose second is not known yet? */
bool pack_has_waiting(const struct window *w);

/* Appends those lines; and has a window that is empty, but for its clock, wait for them again.
 * False when the bytes are not understood: the window is sound in any case. */
void pack_waiting(const struct window *w, struct buf *out);
bool pack_read_waiting(struct window *w, struct span bytes);

#endif
