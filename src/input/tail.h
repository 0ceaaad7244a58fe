/*
 * Follows files by name: growth, rotation (rename + create), truncation, names of a glob that
 * appear. A tail is one or more globs or paths; each file it finds is a `tail_file` with its own
 * offset. inotify on the folders wakes, stat decides, and a look at everything once a second is the
 * safety net. Bytes are handed over at most a chunk per file and loop turn, so no file starves
 * another.
 *
 * Only whole lines move the offset: the reader hands out everything from the offset on, and is told
 * how many bytes were used; the rest is read again later, when the file has grown.
 */
#ifndef TEAPOT_INPUT_TAIL_H
#define TEAPOT_INPUT_TAIL_H

#include "input/tail_file.h"
#include "input/tail_types.h"

#include <uv.h>

struct tail;

/* Starts to follow. Options are copied. The files that are there are found before this returns;
 * their bytes come from the loop. `ctx` goes to every callback. Never NULL. */
struct tail *tail_start(uv_loop_t *loop, const struct tail_options *options,
                        const struct tail_events *events, void *ctx);

/* Stops, closes all handles; memory goes in the last close callback. No callback comes after this.
 */
void tail_stop(struct tail *t);

/* Looks at everything in the next turn of the loop (also after a SIGHUP). */
void tail_look(struct tail *t);

/* For a file that the caller reads (on_backlog): all before `offset` is done with. False when it
 * turned out that the file was written anew: then on_rotated was called, and what was read of it
 * is void. */
bool tail_advance(struct tail *t, struct tail_file *f, uint64_t offset);

/* The tail reads the file on. */
void tail_resume(struct tail *t, struct tail_file *f);

/* Each file in turn: `file` NULL gives the first, NULL comes after the last. Files that were
 * rotated away are among them while they are read, or as long as another followed name leads to
 * them. */
struct tail_file *tail_each(struct tail *t, struct tail_file *file);

#endif
