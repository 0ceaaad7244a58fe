/*
 * Counts by minute, in the log's own time: how many requests there were, and how many of each 4xx
 * and 5xx. What a store keeps for weeks is a sum of these; one in memory has what was counted since
 * it was written last. Adding commutes.
 */
#ifndef TEAPOT_TALLY_HISTORY_H
#define TEAPOT_TALLY_HISTORY_H

#include "tally/window.h"

enum {
    HISTORY_MINUTE = 60, /* widths of steps, in seconds */
    HISTORY_HOUR = 3600,
    HISTORY_MOST = 1 << 18, /* counts in memory; above that new ones are by the hour, and above
                               twice that they are given up */
};

/* What is counted: one of these, or a status code from 400 to 599. */
enum {
    HISTORY_REQUESTS = 0,
    HISTORY_UNPARSED = 1, /* lines that no format read */
};

struct history_count {
    int64_t at; /* first second of the step */
    uint32_t width, kind;
    uint64_t count;
};

/* A zeroed struct is empty. */
struct history {
    struct history_count *items;
    size_t n, cap;
    uint32_t *slots; /* numbers of items, plus 1; n_slots is a power of two */
    size_t n_slots;
    uint64_t lost; /* counts that were given up */
};

void history_done(struct history *h);

/* Which seconds are worth to be counted, and from which on by the minute: before it by the hour. */
struct history_bounds {
    int64_t oldest, minutes, newest; /* newest: the first one that is not */
};

/* Counts the records and errors of a window that are within the bounds. */
void history_add_window(struct history *h, const struct window *w,
                        const struct history_bounds *bounds);

/* Adds one count. */
void history_add(struct history *h, struct history_count c);

/* Adds all counts of `from`, in steps of at least `width` seconds, as far as they are from `oldest`
 * to before `newest`. */
void history_merge(struct history *into, const struct history *from, uint32_t width, int64_t oldest,
                   int64_t newest);

/* By step, then by kind. After it nothing may be added. */
void history_sort(struct history *h);

/* The step of that width that a second is in. */
int64_t history_step(int64_t second, uint32_t width);

#endif
