/* Standard input or a FIFO on the loop, until its end. gzip and zstd are unpacked. */
#ifndef TEAPOT_INPUT_PIPE_H
#define TEAPOT_INPUT_PIPE_H

#include "base/span.h"

#include <uv.h>

struct pipe;

struct pipe_events {
    /* Unread bytes; returns how many were used. At most FRAMER_LINE_BYTES may be left over.
     * `final`: these are the last; that call always comes, perhaps with no bytes. */
    size_t (*on_bytes)(struct span bytes, bool final, void *ctx);
    /* The end was reached (`error` 0) or reading failed (a negative errno; -EILSEQ: packed bytes
     * that are damaged or end too early). The pipe closes itself: it must not be used after this.
     */
    void (*on_end)(int error, void *ctx);
};

/* Reads `fd` (pipe, FIFO, socket, terminal or regular file) on the loop; the descriptor is closed
 * at the end. NULL with `*error` a negative errno when it can't be read; then the descriptor stays
 * open. */
struct pipe *pipe_start(uv_loop_t *loop, int fd, const struct pipe_events *events, void *ctx,
                        int *error);

/* Stops reading; memory goes in the close callback. No callback comes after this. `p` may be NULL.
 */
void pipe_stop(struct pipe *p);

#endif
