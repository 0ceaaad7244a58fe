/*
 * What the pieces have in common as which a set is kept (keep.c, journal.c): their version, and how
 * a code stands in them.
 */
#ifndef TEAPOT_ALERT_PIECE_H
#define TEAPOT_ALERT_PIECE_H

#include "base/packing.h"

#include <stdint.h>

enum {
    PIECE_VERSION = 3,
    PIECE_VERSION_LEAST = 2, /* did not say whose a code is */
};

/* Writes a status and the owner of its entry in the dictionary (as in struct verdict), by name, so
 * that a later dictionary reads it. */
void piece_put_code(struct buf *out, uint16_t status, uint16_t entry);

/* Reads them. in->version says which version the piece has; before 3 a code was only a status, and
 * gets the entry of its usual meaning. */
void piece_get_code(struct packing *in, uint16_t *status, uint16_t *entry);

#endif
