/*
 * A file in the course of being read by workers. Its pieces are handed out in their order and come
 * back in any; they are merged in their order. Between two files there is no order here: what a
 * file counted is in its source at once but for its seconds, which wait until it is the file's turn
 * to tell the alerts.
 */
#ifndef TEAPOT_RUN_READING_H
#define TEAPOT_RUN_READING_H

#include "run/chunk.h"
#include "run/workers.h"

struct piece;

/* What all files of a scan share. */
struct reading_desk {
    const struct pipeline *pipeline;
    struct workers *workers;
    struct piece *spare;
    unsigned n_pieces; /* handed out and not merged */
    size_t chunk_bytes;
    size_t ahead_bytes; /* memory of seconds that wait */
    int64_t wall_ms;    /* when lines arrived */
};

struct reading {
    struct reading_desk *desk;
    struct source *source;
    const char *path;
    struct file *file;          /* NULL until it was opened */
    struct blocks *blocks;      /* NULL when it is read by offset */
    struct piece *first, *last; /* handed out and not merged, in their order */
    unsigned n_pieces;
    uint64_t next, size, position; /* of the next piece; of the file; merged up to there */
    struct chunk_times *times;     /* counted, but not fed */
    size_t n_times, cap_times;
    bool is_present; /* its seconds are fed as they come */
    bool is_open, is_voted, is_filling;
    bool is_over;  /* there is nothing more to be handed out */
    bool is_ended; /* pieces that are still under way lie behind the end */
    int error;
    struct problem why;
};

/* Hands out the next piece. False when there is none now. */
bool reading_hand_out(struct reading *r);

/* Takes back work that is done, and merges what is next then. */
void reading_come_back(struct work *work);

/* It is the file's turn: what it counted so far is fed. */
void reading_feed(struct reading *r);

/* Is all of it merged? Then its file is closed. */
bool reading_is_done(const struct reading *r);

/* Frees the pieces, when none is under way. */
void reading_desk_done(struct reading_desk *desk);

#endif
