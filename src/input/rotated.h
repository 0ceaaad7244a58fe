/*
 * Files that were rotated away unseen: while nobody followed, or faster than somebody looked. They
 * are found beside the name (siblings.h) by what is known of them, and read from where reading had
 * stopped: the rest of the file that was read before, and all of those that came and went since.
 */
#ifndef TEAPOT_INPUT_ROTATED_H
#define TEAPOT_INPUT_ROTATED_H

#include "input/known.h"
#include "input/siblings.h"

enum {
    ROTATED = 64,           /* files that are found at once */
    ROTATED_STORED = 64,    /* positions of one name */
    ROTATED_QUIET_MS = 200, /* a file that was never seen is looked at when it was quiet so long */
    ROTATED_MARGIN_MS = 3000, /* a file that is known no more was quiet for TAIL_ROTATE_WAIT_MS */
};

struct rotated {
    struct tail_file *files[ROTATED]; /* open, at their positions, the oldest first; the caller's */
    size_t n;
    struct tail_position missing[ROTATED_STORED]; /* that no file belongs to any more */
    size_t n_missing;
    unsigned looks;  /* that were taken */
    int64_t left_ns; /* when the oldest of those was made that may still be in the making, 0: none
                        is; they are for rotated_since */
};

/* What is known of a name when it is found for the first time. */
struct rotated_before {
    struct tail_position stored[ROTATED_STORED]; /* of the files that were read under it */
    size_t n_stored;
    int64_t looked_ms; /* wall time since which nobody looked; 0: files that are new since are not
                          looked for */
    unsigned looks;    /* at the folder, at most: more than one when a rotation is under way */
};

/* Finds what was rotated away since. `now` is the open file that the name leads to, with its `st`;
 * -1 when it leads nowhere. Files that are known already are left out. 0, or a negative errno when
 * `now` can't be compared with what was read: then nothing is said of what was rotated. */
int rotated_find(struct rotated *r, const struct siblings_at *at,
                 const struct rotated_before *before, int now, const struct stat *st,
                 const struct known *known);

/* Opens a file that is known, but closed, and was renamed: a descriptor, or -1 when it is not found
 * by its inode, as one that was packed. */
int rotated_open(const struct siblings_at *at, const struct tail_file *f);

/* The copy of a file that was truncated, as copytruncate makes it, when it has bytes behind what
 * was read. NULL: there is none. The caller's, at its position. */
struct tail_file *rotated_copy(const struct siblings_at *at, const struct tail_position *read,
                               const struct known *known);

/* Files that came and went since a moment, by the time when the file system made them (one that
 * does not tell gives none). `now` is the open file of the name, or -1: a copy of what it holds is
 * left for later, unless it is known to have stood at the name. Returns when the oldest of those
 * that are left was made, 0 when none is. */
int64_t rotated_since(struct rotated *r, const struct siblings_at *at, int64_t since_ns, int now,
                      const struct known *known);

#endif
