/*
 * What survives a restart: where reading of every file stopped, and what was counted up to there.
 * It is one text file, replaced atomically (written beside, synced, renamed, the previous kept as
 * .bak), with a checksum, so both are of the same moment and each line counts once. A damaged file
 * is set aside, never deleted, and the daemon starts anew.
 */
#ifndef TEAPOT_STORE_STORE_H
#define TEAPOT_STORE_STORE_H

#include "base/diag.h"
#include "base/span.h"

struct store_position {
    char *source; /* name of the source */
    char *path;
    uint64_t device, inode, offset, head_hash;
    uint32_t head_len;
};

/* Counts up to just those positions, by the name of what was counted; "" for the sum of all. */
struct store_tally {
    char *name;
    char *bytes; /* as tally/pack.h makes them */
    size_t len;
};

struct store {
    struct store_tally *tallies;
    size_t n_tallies, cap_tallies;
    struct store_position *positions;
    size_t n_positions, cap_positions;
    bool is_sorted; /* for store_find; after store_load */
    uint64_t seq;   /* of the last summary that was given out */
};

/* An empty store is a zeroed struct. store_done frees what it holds and leaves it empty. */
void store_done(struct store *s);

/* Adds a position; the texts are copied. */
void store_add(struct store *s, const struct store_position *p);

/* Adds a tally; the name is copied, `bytes` is taken over and freed by store_done. */
void store_add_tally(struct store *s, const char *name, char *bytes, size_t len);

/* The position of a file of a source by device and inode, or NULL. Valid until the store changes.
 */
const struct store_position *store_find(const struct store *s, const char *source, uint64_t device,
                                        uint64_t inode);

/* Reads the file at `path`, else its .bak; what the store held before is freed. 0 (with `why`
 * filled when the file was damaged but its .bak was good); -ENOENT when there is neither (a first
 * start); -EBADMSG when what was there was damaged; another negative errno when it can't be read.
 * What is damaged is renamed to end in ".damaged-" and the time, and `why` says so. After a failure
 * the store is empty. */
int store_load(struct store *s, const char *path, struct problem *why);

/* Replaces the file. 0, or a negative errno with `why`; then the old file is still there (or
 * already the new one, when only the syncing of its folder failed). */
int store_save(const struct store *s, const char *path, struct problem *why);

#endif
