/*
 * Delivers alerts to a program, on the loop: each text on its standard input, one after the other,
 * with a time limit. No shell is between us and it: it gets just the arguments of the
 * configuration, whatever a log says.
 */
#ifndef TEAPOT_RUN_PROGRAM_H
#define TEAPOT_RUN_PROGRAM_H

#include "output/outbox.h"

#include <uv.h>

enum {
    PROGRAM_LIMIT_MS = 30000, /* of one run; then it is killed with all it started */
};

struct program;

/* Gets ready to run `argv` (NULL at the end, copied), that messages call `name`. Its output goes
 * to our stderr. The loop must outlive it. */
struct program *program_start(uv_loop_t *loop, const char *name, const char *const *argv);

/* Queues one text, which is copied. An exit status of 0 settles it; after any other, a signal, or
 * when it can't be started, it is run again as outbox.h says. */
void program_send(struct program *p, struct span text);

/* What waits, and what became of the rest. */
const struct outbox *program_outbox(const struct program *p);

/* Other waits than PROGRAM_LIMIT_MS and OUTBOX_BACKOFF_MS; for tests. */
void program_set_times(struct program *p, uint64_t limit_ms, uint64_t backoff_ms);

/* Stops at once, and kills what runs. Memory goes when the loop has run the close callbacks. `p`
 * may be NULL. */
void program_stop(struct program *p);

#endif
