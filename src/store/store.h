/*
 * What survives a restart: where reading of every file stopped, what was counted up to there, and
 * what else was known at that moment. One SQLite file holds it, and each checkpoint is one
 * transaction, so all of it is always of the same moment and each line counts once.
 */
#ifndef TEAPOT_STORE_STORE_H
#define TEAPOT_STORE_STORE_H

#include "base/diag.h"
#include "base/span.h"
#include "tally/history.h"

enum {
    STORE_HOURS_S = 400 * 86400, /* so long history is kept by the hour */
};

struct store_position {
    char *source; /* name of the source */
    char *path;
    uint64_t device, inode, offset, head_hash, tail_hash; /* as in struct tail_position */
    uint32_t head_len, tail_len;
    int64_t looked_ms; /* wall time at which what was rotated away of its log was looked for last,
                          where that can't be read since; 0: the moment of the store */
};

enum store_kind {
    STORE_TALLY,    /* counts up to just those positions, as tally/pack.h makes them, by the name of
                       what was counted; "" for the sum of all */
    STORE_INTERVAL, /* the same of the interval that was under way */
    STORE_ALERTS,   /* what the alerts knew: pieces in their order */
    STORE_CLOCK,    /* how far the time of a source's log had come, by its name */
    STORE_SERVICE,  /* what the service itself has to know */
    STORE_QUEUE,    /* what waits for a receiver, by its address; the first first */
    STORE_KINDS,
};

/* Bytes that only those who made them understand. */
struct store_note {
    enum store_kind kind;
    char *name;
    char *bytes;
    size_t len;
};

/* All that was known at one moment. An empty one is a zeroed struct. */
struct store {
    struct store_note *notes;
    size_t n_notes, cap_notes;
    struct store_position *positions;
    size_t n_positions, cap_positions;
    bool is_sorted;   /* for store_find; after store_open */
    bool adds_alerts; /* to be saved: notes of STORE_ALERTS go behind those that the file has */
    struct history history; /* to be saved: counts to be added to those that the file has */
    int64_t history_s;      /* so long they are kept by the minute */
    uint64_t seq;           /* of the last summary that was given out */
    int64_t saved_ms;       /* wall time of that moment; 0: there was none */
};

/* Frees what it holds and leaves it empty. */
void store_done(struct store *s);

/* Adds a position; the texts are copied. */
void store_add(struct store *s, const struct store_position *p);

/* Adds a note; the name is copied, `bytes` is taken over and freed by store_done. */
void store_add_note(struct store *s, enum store_kind kind, const char *name, char *bytes,
                    size_t len);

/* The position of a file of a source by device and inode, or NULL. Valid until the store changes.
 */
const struct store_position *store_find(const struct store *s, const char *source, uint64_t device,
                                        uint64_t inode);

/* An open file. It may be used by one thread at a time. */
struct store_file;

/* Opens the file at `path`, makes it when it is not there, and reads it into `s`, which must be
 * empty and stays so in a new file. A file that is damaged, no store, or of a newer version is
 * renamed, never deleted, and a new one begun: then `why` says so and 0 is returned. -EBUSY:
 * another process has it. Otherwise a negative errno with `why`, and `*out` is NULL. Close it with
 * store_close. */
int store_open(struct store_file **out, const char *path, struct store *s, struct problem *why);

/* Replaces what the file holds, in one transaction; what is as it was is not written again. 0, or a
 * negative errno with `why`: then the file holds what it held before, and the next time all of it
 * is tried again. */
int store_save(struct store_file *f, const struct store *s, struct problem *why);

/* Adds to `out` what a store at `path` has of history, in steps of HISTORY_MINUTE or HISTORY_HOUR,
 * from `from` to before `to`; it may be open, by another thread too. `*saved_ms` is the moment that
 * this is of. 0 or a negative errno. */
int store_read_history(const char *path, uint32_t width, int64_t from, int64_t to,
                       struct history *out, int64_t *saved_ms);

/* Must the next snapshot have all notes of STORE_ALERTS? So it is until one with all of them was
 * saved, and after each that failed. True for NULL. */
bool store_needs_all(const struct store_file *f);

/* Is it the file at that path? NULL is at none. */
bool store_is_at(const struct store_file *f, const char *path);

/* NULL is fine. */
void store_close(struct store_file *f);

#endif
