/*
 * Names as small numbers, so that a record holds a number instead of a text. The first
 * NAMETABLE_MAX names get one of their own; all later ones share NAMETABLE_OTHER.
 */
#ifndef TEAPOT_TALLY_NAMETABLE_H
#define TEAPOT_TALLY_NAMETABLE_H

#include "base/span.h"

enum {
    NAMETABLE_NONE = 0,  /* the number of no name */
    NAMETABLE_OTHER = 1, /* of all that came when it was full */
    NAMETABLE_FIRST = 2,
    NAMETABLE_MAX = 512,
    NAMETABLE_NUMBERS = NAMETABLE_FIRST + NAMETABLE_MAX, /* numbers are below this */
    NAMETABLE_BYTES = 200,                               /* longer names are cut */
};

struct nametable_item {
    uint64_t hash;
    uint32_t at, len; /* where its bytes stand */
    uint32_t mark;    /* the owner may keep something here; 0 at first */
};

struct nametable {
    struct nametable_item *items; /* by number; the first NAMETABLE_FIRST have no text */
    uint16_t *slots;              /* hash table of numbers; 0: free */
    char *bytes;
    uint32_t n, cap, n_slots, len_bytes, cap_bytes; /* n: the next number */
};

/* An empty set of names, freed with nametable_free. */
struct nametable *nametable_new(void);
void nametable_free(struct nametable *names);

/* Forgets all names but keeps the memory. */
void nametable_clear(struct nametable *names);

/* The number of a name, given to it now if it is new; NAMETABLE_NONE for an empty one. `*last` is a
 * number that the caller keeps from call to call (0 at first): when the name is that one, nothing
 * is hashed. */
uint32_t nametable_number(struct nametable *names, struct span text, uint32_t *last);

/* The number of a name that has one; NAMETABLE_OTHER when it has none, NAMETABLE_NONE for an empty
 * one. */
uint32_t nametable_find(const struct nametable *names, struct span text);

/* The text of a number, "other" for NAMETABLE_OTHER, empty for NAMETABLE_NONE and numbers that are
 * not in use. Valid until a name is added or all are forgotten. */
struct span nametable_text(const struct nametable *names, uint32_t number);

#endif
