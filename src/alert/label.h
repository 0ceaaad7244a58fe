/*
 * Names of hosts, routes and upstreams that recent errors refer to: each text is kept once, and as
 * long as somebody refers to it. How many there are is bounded by those who hold them.
 */
#ifndef TEAPOT_ALERT_LABEL_H
#define TEAPOT_ALERT_LABEL_H

#include "base/span.h"

struct label {
    struct label *next; /* of the same slot */
    uint64_t hash;
    uint32_t holders;
    uint32_t len;
    char text[]; /* without NUL */
};

/* A zeroed struct is an empty table. */
struct label_table {
    struct label **slots;
    size_t n_slots, count;
};

/* Valid as long as somebody holds the label. */
static inline struct span label_text(const struct label *label)
{
    return (struct span){label->text, label->len};
}

/* The label of a text, held once more; NULL for an empty text. To be given back with label_drop. */
struct label *label_take(struct label_table *table, struct span text);

/* Holds a label once more and returns it; it may be NULL. */
struct label *label_hold(struct label *label);

/* Gives a label back; it may be NULL. The text goes with its last holder. */
void label_drop(struct label_table *table, struct label *label);

/* Frees the table; all labels must have been given back. */
void label_table_done(struct label_table *table);

#endif
