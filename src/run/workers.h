/*
 * Threads for work that takes longer than a turn of the loop. Work is handed over as a whole and
 * comes back as a whole, so nothing in it needs a lock. With one thread there is no other one: work
 * is then done by who waits for it.
 */
#ifndef TEAPOT_RUN_WORKERS_H
#define TEAPOT_RUN_WORKERS_H

#include <uv.h>

/* One piece of work, a member of whatever it is about. */
struct work {
    void (*run)(struct work *work); /* on a thread */
    struct work *next;
    struct workers *workers;
    uv_work_t request;
};

struct workers;

/* How many threads are meant by a number: 0 is as many as this process may use cores. */
unsigned workers_threads(int wanted);

/* Makes libuv's pool so large, for whoever uses that. Before the first work only. */
void workers_set_pool(unsigned threads);

/* Freed with workers_free, when no work is left. */
struct workers *workers_new(unsigned threads);
void workers_free(struct workers *w);

/* Hands over work. */
void workers_add(struct workers *w, struct work *work);

/* Waits for work that is done and gives it back, in the order in which it was done. NULL when there
 * is none to wait for. */
struct work *workers_next(struct workers *w);

#endif
