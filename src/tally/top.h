/*
 * The names with the largest counts, in bounded memory. Names are counted exactly until the table
 * is full; then the smaller half is let go and the largest count among them becomes the floor that
 * a new name starts from, so a count may be too high by at most `error`, never too low (the bound
 * of Space-Saving, Metwally et al. 2005; merging as in Agarwal et al., "Mergeable Summaries",
 * 2012).
 */
#ifndef TEAPOT_TALLY_TOP_H
#define TEAPOT_TALLY_TOP_H

#include "base/span.h"

enum {
    TOP_NAMES = 1024,     /* at most so many are held */
    TOP_NAME_BYTES = 200, /* longer names are cut */
    TOP_RECENT = 64,
};

enum top_column {
    TOP_REQUESTS,
    TOP_4XX,
    TOP_5XX,
    TOP_COLUMNS,
};

struct top_entry {
    uint64_t n[TOP_COLUMNS];
    uint64_t error; /* each of n may be too high by at most this */
    uint64_t hash;
    uint32_t name : 20, len : 12; /* where its bytes stand */
    uint32_t second;              /* that top_add_request_in was called with last */
};

struct top {
    struct top_entry *entries;
    uint32_t *slots; /* hash table of entry number + 1 */
    char *bytes;
    uint32_t n_entries, cap_entries, n_slots, len_bytes, cap_bytes;
    uint16_t
        recent[TOP_RECENT]; /* entries that were hit last, by a bit of their name; numbers + 1 */
    uint64_t floor[TOP_COLUMNS]; /* largest count that was let go */
};

/* An empty table, freed with top_free. */
struct top *top_new(void);
void top_free(struct top *t);

/* Forgets all names but keeps the memory. */
void top_clear(struct top *t);

/* Counts one request under `name`: its columns as given (0 or 1 each). */
void top_add(struct top *t, struct span name, const uint64_t n[TOP_COLUMNS]);

/* Counts one request without an error under `name`. */
void top_add_request(struct top *t, struct span name);

/* The same; true when it is the first such call for that name since another `second` was given.
 * Memory that was made room in forgets: then it is true once more. */
bool top_add_request_in(struct top *t, struct span name, uint32_t second);

/* Puts back a name with all its columns and its error, as a table held it that was written down; a
 * table takes at most 2 * TOP_NAMES of them. */
void top_restore(struct top *t, struct span name, const uint64_t n[TOP_COLUMNS], uint64_t error);

/* Adds what `from` counted; the bounds stay true. */
void top_merge(struct top *into, const struct top *from);

/* The name of an entry, valid until the table changes. */
struct span top_name(const struct top *t, const struct top_entry *e);

/* Fills `out` with the at most `max` entries with the most requests (by_errors: with the most 5xx,
 * then 4xx, leaving out those without), the largest first, ties by name. Returns how many. The
 * pointers are valid until the table changes. */
size_t top_largest(const struct top *t, bool by_errors, const struct top_entry **out, size_t max);

#endif
