/*
 * A piece of one source's log, for a worker: bytes in, counts out. A chunk has all that a worker
 * touches: buffers, and a source of its own with a clone of the reader and an empty tally. It is
 * filled in on the loop, read by a worker, and merged on the loop, in the order of the log.
 *
 * Files that can be read by offset are cut at multiples of a number of bytes, and a line belongs to
 * the chunk in which it begins: a chunk passes over the line that is under way at its start, and
 * reads the one that is under way at its end. So chunks can be handed out before anybody has seen a
 * line end. What follows from lines before the chunk (the format, a #Fields line) is guessed, from
 * what was known when it was handed out; chunk_fits says whether the guess was right.
 */
#ifndef TEAPOT_RUN_CHUNK_H
#define TEAPOT_RUN_CHUNK_H

#include "input/blocks.h"
#include "run/pipeline.h"

enum {
    CHUNK_BYTES = 4194304, /* merging costs little beside reading so many */
};

/* Seconds that a chunk counted: one, but for chunks with very many names. */
struct chunk_times {
    struct window window;
    struct timeline timeline;
};

struct chunk {
    /* What to read, filled in by who hands it out. */
    int fd;               /* of a file that is read by offset; -1: `block` is read */
    uint64_t from, to;    /* lines that begin in [from, to) */
    bool at_line;         /* no line is under way at `from`, or just what `framer` says */
    bool may_grow;        /* a line without line end is left: its rest may come */
    struct framer framer; /* to begin with, when at_line; afterwards that of the end */
    struct block block;   /* its memory belongs to the chunk */
    int64_t wall_ms;      /* when the lines arrived */

    /* What chunk_read found. */
    uint64_t end; /* behind the last byte that was used */
    bool is_end;  /* the file ended before a line began at `to` or later */
    int error;    /* negative errno: reading ended before its time */
    struct chunk_times *times;
    size_t n_times;

    /* Its own. */
    struct pipeline pipeline;
    struct source *piece;
    const struct source *of; /* whose reader the piece's is a clone of */
    char *buf;               /* NULL until a file is read by offset */
    struct span rest;        /* shown to the framer and not used yet */
    uint64_t at;             /* behind those */
    size_t cap_times;
};

/* A chunk for the sources of `p`, freed with chunk_free. Keeps its memory from piece to piece. */
struct chunk *chunk_new(const struct pipeline *p);
void chunk_free(struct chunk *c);

/* On the loop: the chunk is read as a piece of `s`, from the state that its reader has now. The
 * format of `s` must be decided. */
void chunk_prepare(struct chunk *c, const struct source *s);

/* On a worker, for a source whose format is not decided, in place of chunk_prepare: the lines from
 * the start of the chunk on vote. False when they were too few, and the block is not the last:
 * more of it is needed. */
bool chunk_vote(struct chunk *c, const struct source *s);

/* On the loop, after a vote: gives its outcome to the source. Without it, that is done by
 * chunk_take_counts, when the chunk is the whole log. */
void chunk_take_vote(struct chunk *c, struct source *s);

/* On a worker: reads the piece. */
void chunk_read(struct chunk *c);

/* On the loop, when all before it is merged: was it read from the right state? Otherwise it is to
 * be prepared and read again. */
bool chunk_fits(const struct chunk *c, const struct source *s);

/* On the loop: adds what was counted, first all but the seconds. These may come later, so long as
 * they come in order; they are fed to the alerts. */
void chunk_take_counts(struct chunk *c, struct source *s);
void chunk_take_times(struct chunk *c, struct source *s);

/* Frees what times hold. */
void chunk_times_done(struct chunk_times *t);

#endif
