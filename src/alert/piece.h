/*
 * What the pieces have in common as which a set is kept (keep.c, journal.c): their version, and how
 * a code is read, which pack_code wrote.
 */
#ifndef TEAPOT_ALERT_PIECE_H
#define TEAPOT_ALERT_PIECE_H

#include "base/packing.h"

#include <stdint.h>

enum {
    PIECE_VERSION = 4,
    PIECE_VERSION_LEAST = 2, /* did not say whose a code is */
};

/* Reads a status and its entry in the dictionary. in->version says which version the piece has;
 * before 3 a code was only a status, and gets the entry of its usual meaning. */
void piece_get_code(struct packing *in, uint16_t *status, uint16_t *entry);

#endif
