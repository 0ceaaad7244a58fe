/*
 * Opened states of parsers. A parser that remembers nothing of earlier lines (memory_size is 0)
 * reads the same from any of its states, so all sources that one thread reads may share one.
 */
#ifndef TEAPOT_FORMAT_STATES_H
#define TEAPOT_FORMAT_STATES_H

#include "event/field.h"
#include "parsers/parser.h"

/* A new state of a parser with arguments that were found good before; NULL for a parser without
 * state. `dropped` are fields that nobody wants, FIELD_SKIP at the end, or NULL. To be freed with
 * states_free. */
void *states_new(const struct parser *p, struct span args, const enum field *dropped);
void states_free(const struct parser *p, void *state);

/* States that are shared; an empty one is a zeroed struct. It belongs to one thread. */
struct states {
    const enum field *dropped; /* of all of them; outlives them */
    struct states_item *items;
    size_t n_items;
};

/* Frees all; nobody may hold one any more. */
void states_done(struct states *s);

/* The state that is shared by all who take it; each gives it back with states_drop. The parser must
 * remember nothing. */
void *states_take(struct states *s, const struct parser *p, struct span args);
void states_drop(struct states *s, void *state);

#endif
