/*
 * Backlogs of followed files, read by workers: when a service starts on logs that are there, or was
 * away for a while, the loop only hands out chunks and merges them, and has time for its clients. A
 * file's offset moves when a chunk is merged, so counts and positions always agree.
 */
#ifndef TEAPOT_RUN_CATCHUP_H
#define TEAPOT_RUN_CATCHUP_H

#include "input/tail.h"
#include "run/pipeline.h"

struct lent;
struct batch;

/* Lies in the service. */
struct catchup {
    uv_loop_t *loop;
    uv_idle_t idle; /* runs while there is something to merge */
    unsigned threads;
    struct lent *first, *last; /* files that are lent, the next to be served first */
    struct batch *spare;       /* while any are */
    unsigned n_lent, n_batches;
    bool is_stopping;
};

/* Gets ready, for so many threads; with one, files are left to their tails. */
void catchup_start(struct catchup *c, uv_loop_t *loop, unsigned threads);

/* Takes a backlog over from the tail, as on_backlog of tail_events asks. False when the source's
 * format is not decided yet, or when there is but one thread. */
bool catchup_take(struct catchup *c, struct tail *tail, struct tail_file *file,
                  struct source *source);

/* The tail has the file again, or is stopped (`file` NULL: all of its files): what was read and not
 * merged is forgotten. */
void catchup_forget(struct catchup *c, const struct tail *tail, const struct tail_file *file);

/* Closes the handle. Work that is under way comes back before the loop ends. */
void catchup_stop(struct catchup *c);

#endif
