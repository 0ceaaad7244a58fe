/*
 * What the stats socket is asked, whatever the manner: HTTP or one command line. The daemon answers
 * through one callback; this folder knows nothing of what is counted.
 */
#ifndef TEAPOT_SERVE_SERVE_H
#define TEAPOT_SERVE_SERVE_H

#include "serve/request.h"

struct serve;

/* Opens all listeners. NULL with `why` when one can't be opened: then none is. A unix socket file
 * that nobody listens on any more is replaced. What was handed over is not opened again, and
 * belongs to this from now on, whatever is returned. `options` is not kept. The loop must outlive
 * it. */
struct serve *serve_start(uv_loop_t *loop, const struct serve_options *options,
                          serve_answer_fn answer, void *ctx, struct problem *why);

/* What became of the clients so far, and how many there are. */
struct serve_stats serve_stats(const struct serve *s);

/* The TCP port of listener number `index`, those handed over first; 0 when it has none. */
int serve_port(const struct serve *s, size_t index);

/* Closes listeners and clients and removes the socket files at once; memory goes in the last close
 * callback. */
void serve_stop(struct serve *s);

#endif
