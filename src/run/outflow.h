/*
 * Lines for a descriptor that somebody may read slowly, or not at all: what can't be written now
 * waits, as much as is sensible, and nothing else ever waits for it.
 */
#ifndef TEAPOT_RUN_OUTFLOW_H
#define TEAPOT_RUN_OUTFLOW_H

#include "base/buf.h"

#include <uv.h>

enum {
    OUTFLOW_MOST = 1 << 20, /* bytes that wait; whole lines above that are dropped */
};

struct outflow;

/* Called with a negative errno when the descriptor can't be written to any more: -EPIPE when nobody
 * reads. Not during outflow_stop. */
typedef void (*outflow_error_fn)(int error, void *ctx);

/* Writes to `fd`, which stays the caller's. The loop must outlive it. */
struct outflow *outflow_start(uv_loop_t *loop, int fd, outflow_error_fn on_error, void *ctx);

/* Writes a line with its end, at once as far as it goes. */
void outflow_write(struct outflow *o, struct span line);

/* How many lines were dropped. */
uint64_t outflow_dropped(const struct outflow *o);

/* Gives the reader `patience_ms` for each piece of what waits. Memory goes when the loop has run
 * the close callback. `o` may be NULL. */
void outflow_stop(struct outflow *o, int patience_ms);

#endif
