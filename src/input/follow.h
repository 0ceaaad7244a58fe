/*
 * What the followed names lead to, and what is to be read of it: the part of a tail that decides.
 * tail.c owns it and drives it from the loop; no handles of the loop here but the folders' watches.
 */
#ifndef TEAPOT_INPUT_FOLLOW_H
#define TEAPOT_INPUT_FOLLOW_H

#include "input/known.h"
#include "input/moved.h"

/* Lies in the tail, which sets the first four members, `tick`, `look_all` and `is_stopping`. */
struct follow {
    uv_loop_t *loop;
    struct tail_events events;
    void *ctx;
    struct watch_set watches;
    bool (*position_of)(const char *path, struct tail_position *out, void *ctx);
    size_t (*positions_at)(const char *path, struct tail_position *out, size_t max,
                           int64_t *looked_ms, void *ctx);
    unsigned n_looks; /* beyond the first ones, at files beside names */
    struct names names;
    struct moved moved;
    struct known known;
    struct tail_file *active_first, *active_last; /* with bytes to be read */
    struct name *queued;                          /* to be looked at */
    char *buf;                                    /* TAIL_CHUNK_BYTES, from the first use on */
    bool from_end;                                /* until the start is over */
    bool has_rotated;                             /* there may be files that were rotated away */
    unsigned n_ticks;                             /* looks by the clock, so far */
    bool tick;         /* look by the clock: at what may have changed unseen */
    bool look_all;     /* look at everything */
    bool look_rotated; /* look at the files that were rotated away */
    bool is_stopping;  /* no callback any more */
};

/* Finds what is there now. `loop`, `events`, `ctx` and `watches` must be set, the rest zero. */
void follow_init(struct follow *w, const struct tail_options *options);

/* Something happened to `path`, or anywhere when that is NULL. True when that asks for a look. */
bool follow_mark(struct follow *w, const char *path);

/* Another file is at `path` now, or none; `from` is where it was renamed from, or NULL. */
void follow_moved(struct follow *w, const char *path, const char *from);

/* Looks at what was marked, at what is due by the clock, or at everything. */
void follow_look(struct follow *w);

/* Reads one chunk of each file that has bytes, or of as many files as make TAIL_TURN_BYTES: then
 * the others come first in the next turn. True when there is more to do in it. */
bool follow_read(struct follow *w);

/* What is behind tail_advance and tail_resume. */
bool follow_advance(struct follow *w, struct tail_file *f, uint64_t offset);
void follow_resume(struct follow *w, struct tail_file *f);

/* Frees everything; the watches must be closed. */
void follow_done(struct follow *w);

#endif
