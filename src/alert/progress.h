/*
 * How far each source has come: which of its seconds are complete, and whether it has news at all.
 * A source is found by its name, and has a number that never changes.
 */
#ifndef TEAPOT_ALERT_PROGRESS_H
#define TEAPOT_ALERT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress_source {
    char *name;
    uint64_t hash;
    int64_t closed_before; /* INT64_MIN: nothing was heard of it */
    size_t busy_at;        /* its place in `busy`; SIZE_MAX: it is idle */
};

/* A zeroed struct knows no source. */
struct progress {
    struct progress_source *sources; /* never taken out */
    uint32_t *slots;                 /* hash table of numbers + 1; 0: free */
    uint32_t *busy;                  /* numbers of those that are not idle */
    size_t n_sources, cap_sources, n_slots, n_busy;
    int64_t most; /* what any has passed */
};

/* Frees what it holds. */
void progress_done(struct progress *p);

/* The number of a source. A new name gets the next one; it has passed nothing and is not idle. */
size_t progress_source(struct progress *p, const char *name);

/* Seconds of a source before `closed_before` are complete. That only grows: a stamp that goes back
 * does not open a second again. Returns what is complete now. */
int64_t progress_close(struct progress *p, size_t number, int64_t closed_before);

/* A source has no news, or has some again. */
void progress_set_idle(struct progress *p, size_t number, bool idle);

/* What all sources have passed that are not idle; when all are, what any has passed. */
int64_t progress_by_all(const struct progress *p);

#endif
