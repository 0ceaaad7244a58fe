/*
 * Whose 499 is this, and who has to act? A format's server gives an order of owners (resolution
 * table in verdict.c); the first that has the code and may name it in that format wins. The answer
 * for every status is made once per source, so a line costs one array index.
 */
#ifndef TEAPOT_CODES_VERDICT_H
#define TEAPOT_CODES_VERDICT_H

#include "codes/codes.h"
#include "event/event.h"

enum {
    VERDICT_UNASSIGNED = 0xffff, /* no entry of the dictionary */
};

struct verdict {
    uint16_t status; /* slot */
    uint16_t entry;  /* number in the dictionary, or VERDICT_UNASSIGNED */
    enum blame blame;
};

struct verdict_table {
    struct verdict of[STATUS_SLOTS];
    uint64_t hinted[(STATUS_SLOTS + 63) / 64]; /* a bit for each status that hint.h has rules for */
    enum server server;
};

/* Fills the table for a server. `vendor` (may be empty) is an owner or server that wins wherever it
 * has the code, whatever the format says. */
void verdict_table_init(struct verdict_table *table, enum server server, struct span vendor);

/* The verdict on one request by its status alone, which must be a slot; what else its line tells is
 * judge.h's business. */
static inline struct verdict verdict_of(const struct verdict_table *table,
                                        const struct event *event)
{
    return table->of[event->status];
}

/* The entry that a server's log means by a status, or VERDICT_UNASSIGNED. */
uint16_t verdict_entry(uint16_t status, enum server server, struct span vendor);

/* The entry that an owner has for a status: what verdict_vendor says of it gives it back. Without
 * an owner, or when it has none, VERDICT_UNASSIGNED. */
uint16_t verdict_entry_of(uint16_t status, struct span owner);

/* The dictionary entry of a verdict, or NULL when the code is unassigned. Static. */
const struct code *verdict_code(struct verdict v);

/* The owner's name, or "" when the code is unassigned. Static. */
const char *verdict_vendor(struct verdict v);

/* The code's name, "Unassigned" when it has no entry. Static. */
const char *verdict_name(struct verdict v);

#endif
